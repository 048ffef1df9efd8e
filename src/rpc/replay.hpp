#pragma once

#include "execution/block_executor.hpp"
#include "rpc/network.hpp"
#include "rpc/trace_recorder.hpp"

namespace scope::rpc {

/// A block's transactions once more, one after the other, on the state that they ran on.
class Replay {
  public:
    /// Runs what comes before the first. Throws RpcFailure: it is the genesis, or its parent's
    /// state is not kept.
    Replay(ChainView& chain, chain::StoredBlockPtr block);
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    [[nodiscard]] const chain::StoredBlock& block() const noexcept { return *block_; }
    [[nodiscard]] state::State& state() noexcept { return state_; }
    [[nodiscard]] const execution::Environment& environment() const noexcept {
        return environment_;
    }
    /// Returns the index of the transaction that comes next.
    [[nodiscard]] size_t next_index() const noexcept { return next_; }
    [[nodiscard]] bool is_over() const noexcept {
        return next_ == block_->block.transactions.size();
    }

    /// Runs the next transaction. REQUIRES: there is one.
    execution::Outcome next(evm::Tracer* tracer = nullptr);
    /// Runs the next transaction and appends its trace.
    void trace_next(TraceRecorder& recorder, json::Appender& out);
    /// Runs those before @p index.
    void skip_to(size_t index);
    /// Runs what comes behind the last one. REQUIRES: is_over(), and once only.
    void finish();
    [[nodiscard]] const state::WorldState& parent_state() const noexcept { return *parent_state_; }

  private:
    chain::StoredBlockPtr block_;
    std::shared_ptr<const state::WorldState> parent_state_;
    std::unique_ptr<execution::BlockHashes> ancestors_;
    execution::Environment environment_;
    state::State state_;
    execution::BlockExecutor executor_;
    size_t next_ = 0;
    size_t logs_ = 0;  // of those that ran
};

}  // namespace scope::rpc
