#include "rpc/replay.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"

namespace scope::rpc {

namespace {

std::shared_ptr<const state::WorldState> state_before(ChainView& chain,
                                                      const chain::StoredBlock& block) {
    if (block.header().number == 0) fail(SERVER_ERROR, "genesis is not traceable");
    auto state = chain.state(block.header().parent_hash);
    if (!state)
        fail(SERVER_ERROR, fmt::format("historical state of block {} is not available",
                                       to_hex(block.header().parent_hash)));
    return state;
}

execution::BlockInputs inputs_of(const chain::ChainSpec& spec, const chain::StoredBlock& block) {
    execution::BlockInputs inputs;
    inputs.parent_hash = block.header().parent_hash;
    inputs.parent_beacon_block_root = block.header().parent_beacon_block_root;
    inputs.withdrawals = block.block.withdrawals;
    inputs.deposit_contract = spec.deposit_contract;
    // Receipts are those of the block: nobody reads these.
    inputs.intermediate_root = [](const state::State&) { return Hash{}; };
    return inputs;
}

}  // namespace

Replay::Replay(ChainView& chain, chain::StoredBlockPtr block)
    : block_(std::move(block)),
      parent_state_(state_before(chain, *block_)),
      ancestors_(chain.chain().ancestors(block_->header().parent_hash)),
      environment_(
          chain::make_environment(chain.chain().spec(), block_->header(), ancestors_.get())),
      state_(*parent_state_),
      executor_(state_, environment_, inputs_of(chain.chain().spec(), *block_)) {
    executor_.begin();
}

execution::Outcome Replay::next(evm::Tracer* tracer) {
    execution::Host host{state_, environment_};
    host.set_tracer(tracer);
    auto outcome =
        executor_.execute(block_->block.transactions[next_], block_->senders[next_], &host);
    if (!outcome)
        fail(INTERNAL_ERROR, fmt::format("transaction {} of block {} can't be replayed: {}", next_,
                                         to_hex(block_->hash), to_string(outcome.error())));
    logs_ += outcome->logs.size();
    ++next_;
    if (outcome->created) outcome->output = state_.code(*outcome->created)->bytes;
    return std::move(*outcome);
}

void Replay::trace_next(TraceRecorder& recorder, json::Appender& out) {
    recorder.begin(block_->block.transactions[next_], block_->senders[next_], environment_, state_,
                   logs_);
    const auto outcome = next(&recorder);
    recorder.end(state_);
    recorder.write(out, outcome);
}

void Replay::finish() {
    if (!executor_.finish()) fail(INTERNAL_ERROR, "the block's end can't be replayed");
}

void Replay::skip_to(size_t index) {
    while (next_ < index) next();
}

}  // namespace scope::rpc
