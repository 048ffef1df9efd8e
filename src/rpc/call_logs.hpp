#pragma once

#include <utility>

#include "rpc/frames.hpp"
#include "state/state.hpp"
#include "types/block.hpp"

namespace scope::rpc {

/// A log of a simulated call, with its index in the block.
struct IndexedLog {
    Log log;
    size_t index = 0;
};

/// A tracer of the logs of a block's calls, as eth_simulateV1 shows them: on demand with one for
/// each transfer of ether, as if an ERC-20 contract at ERC-7528's address had made it. Indices count
/// undone logs too, as geth's.
class CallLogs final : public FrameTracer {
  public:
    CallLogs(const state::State& state, bool with_transfers)
        : state_(state), with_transfers_(with_transfers) {}

    void on_call_start(const evm::Message& message) override;
    void on_call_end(const evm::CallResult& result) override;
    void on_instruction(const evm::TraceStep& step) override;
    void on_cost(int64_t gas_cost, int64_t gas_refund, std::optional<evm::Status> failure) override;

    /// Returns the logs of the call that has ended.
    std::vector<IndexedLog> take() { return std::exchange(ended_, {}); }

    /// Returns the index of a log that it did not see itself.
    size_t take_index() noexcept { return next_index_++; }

  private:
    void add(Log log);
    void add_transfer(const Address& from, const Address& to, const uint256& value);
    [[nodiscard]] Address target_of(const evm::Message& message) const;

    const state::State& state_;
    bool with_transfers_;
    size_t next_index_ = 0;
    std::vector<std::vector<IndexedLog>> open_;  // by frame
    std::vector<IndexedLog> ended_;
    std::optional<Log> announced_;
    std::optional<Address> beneficiary_;  // of the SELFDESTRUCT that runs
    uint256 destroyed_value_;
};

}  // namespace scope::rpc
