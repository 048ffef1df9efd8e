#pragma once

#include <memory>

#include "builder/bundle.hpp"

namespace scope::builder {

/// Builds one scope: takes roots in order, then makes the bundle.
///
///     ScopeBuilder scope{network, options, attributes};
///     auto root = scope.add(L2Root{901, tx});     // simulate, plan, execute on every chain; or
///     refuse without a trace auto bundle = scope.seal(prover);           // L2 blocks, batches,
///     blobs, proofs, one L1 transaction auto settled = settle(network, *bundle);
///
/// Chains' heads don't change before settle. One slot per builder: L1's next block, and one block
/// on each rollup that a root touches.
class ScopeBuilder {
  public:
    /// @param network  Must outlive it; heads must not change meanwhile.
    ScopeBuilder(const Network& network, BuilderOptions options, const SlotAttributes& attributes);
    ~ScopeBuilder();
    ScopeBuilder(const ScopeBuilder&) = delete;
    ScopeBuilder& operator=(const ScopeBuilder&) = delete;

    /// Simulates the root on the running state, executes its plan on every chain it touches, and
    /// keeps it only if execution reached what simulation did and the streams of every pair match.
    /// A refused root leaves no trace.
    Result<RootTrace, Refusal> add(const Root& root);

    /// An ordinary transaction of a rollup, in no root: it can't make scoped calls (NoOpenRoot).
    Result<execution::Outcome, execution::TxError> add_transaction(uint64_t chain_id,
                                                                   const Transaction& tx);

    [[nodiscard]] const std::vector<RootTrace>& roots() const noexcept;
    [[nodiscard]] const StepTimes& times() const noexcept;

    /// Once only. REQUIRES: the prover follows the same L1.
    Result<Bundle, SealError> seal(prover::Prover& prover);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace scope::builder
