#pragma once

#include <cstdio>
#include <string>

#include "evm/tracer.hpp"

namespace scope::app {

/// Prints each instruction as one line of JSON (EIP-3155).
class TracePrinter final : public evm::Tracer {
  public:
    explicit TracePrinter(std::FILE* out) noexcept : out_(out) {}

    void on_instruction(const evm::TraceStep& step) override;
    void on_cost(int64_t gas_cost, std::optional<evm::Status> failure) override;

  private:
    std::FILE* out_;
    std::string head_;  // of the line whose cost is not known yet
    std::string tail_;
};

}  // namespace scope::app
