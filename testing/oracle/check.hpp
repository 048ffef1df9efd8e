#pragma once

#include "oracle/many_chains.hpp"

namespace scope::oracle {

/// The outcome of one program's comparison.
enum class Verdict : uint8_t { equal, different, refused };

struct Finding {
    Verdict verdict = Verdict::equal;
    /// The difference, or why a root was refused.
    std::string detail;
    /// The smallest program found that has a difference, and its own difference; empty without one.
    std::string smallest;
};

/// A checker that runs the programs of consecutive seeds both ways, and compares. Each hundredth
/// publishes its batches in blobs.
///
/// For one thread.
class Checker {
  public:
    explicit Checker(const ManyChains& many) : many_(many) {}

    /// @param on_finding  Called for each seed, in order.
    void check(uint64_t first_seed, uint64_t count,
               const std::function<void(uint64_t seed, const Finding&)>& on_finding);

    [[nodiscard]] const Coverage& coverage() const noexcept { return coverage_; }

  private:
    Finding check(ManyChains::World& world, const Program& program);
    [[nodiscard]] Finding check_alone(const Program& program) const;
    [[nodiscard]] Finding explain(const Program& program, Finding finding) const;

    const ManyChains& many_;
    Coverage coverage_;
};

}  // namespace scope::oracle
