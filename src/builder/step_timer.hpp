#pragma once

#include "builder/bundle.hpp"

namespace scope::builder {

/// A timer that adds its own lifetime to a step.
class StepTimer {
  public:
    explicit StepTimer(StepTimes::Duration& step) : step_(step) {}
    StepTimer(const StepTimer&) = delete;
    StepTimer& operator=(const StepTimer&) = delete;
    ~StepTimer() { step_ += std::chrono::steady_clock::now() - start_; }

  private:
    StepTimes::Duration& step_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace scope::builder
