#pragma once

#include "chain/block_builder.hpp"
#include "evm/tracer.hpp"
#include "rollup/follower.hpp"

namespace scope::adversary {

/// Runs a batch's transactions on its rollup's head, up to the first that its block refuses, with
/// what the forced queue has for it. REQUIRES: the rollup is followed.
/// @param tracer  Sees all of it but that, the refused one included; may be null.
/// @return  The outcomes of the batch's own before it, over all blocks.
std::vector<execution::Outcome> run_batch(const rollup::Follower& follower,
                                          const rollup::Batch& batch, evm::Tracer* tracer);

/// A tracer that looks for faults of a ScopedCallable.
class FaultWatcher final : public evm::Tracer {
  public:
    explicit FaultWatcher(const Address& callable) : callable_(callable) {}

    void on_frame_start(const evm::Message& message, const evm::Code& code) override;
    void on_frame_end(const evm::CallResult& result) override;

    /// Returns whether a frame of its own ended with a reserved error.
    [[nodiscard]] bool saw_fault() const noexcept { return saw_fault_; }

  private:
    Address callable_;
    std::vector<bool> frames_;  // of each: whether it is the callable's own
    bool saw_fault_ = false;
};

}  // namespace scope::adversary
