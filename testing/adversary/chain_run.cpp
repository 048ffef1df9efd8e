#include "adversary/chain_run.hpp"

#include "protocol/callable.hpp"
#include "protocol/fault.hpp"
#include "rollup/forced.hpp"
#include "rollup/scratch_chain.hpp"

namespace scope::adversary {

namespace {

/// Runs the entries that a transaction takes, if it takes any; returns whether they can stand.
bool run_entries(const rollup::Follower& follower, const rollup::Follower::Rollup& rollup,
                 chain::BlockBuilder& builder, const Transaction& tx) {
    const auto position = rollup::position_taken_by(tx);
    if (!position) return true;
    const auto entries = rollup::entries_between(follower, rollup.config.chain_id(),
                                                 rollup.forced_queue_position(), *position);
    return entries && rollup::run_forced(builder, rollup.config, *entries);
}

}  // namespace

std::vector<execution::Outcome> run_batch(const rollup::Follower& follower,
                                          const rollup::Batch& batch, evm::Tracer* tracer) {
    std::vector<execution::Outcome> outcomes;
    const auto& rollup = *follower.rollup(batch.chain_id);
    rollup::ScratchChain scratch{rollup.chain, rollup.chain.head()->hash};
    for (const auto& block : batch.blocks) {
        if (block.timestamp_s <= scratch.head()->header().timestamp_s) return outcomes;
        chain::BlockBuilder builder{scratch.chain(), scratch.head()->hash,
                                    rollup::attributes_of(block)};
        execution::Host host{builder.state(), builder.environment()};
        host.set_tracer(tracer);
        for (const auto& tx : block.transactions) {
            auto outcome = builder.try_transaction(tx, &host);
            if (!outcome) return outcomes;
            outcomes.push_back(std::move(*outcome));
            if (!run_entries(follower, rollup, builder, tx)) return outcomes;
        }
        auto sealed = builder.seal();
        if (!sealed) return outcomes;
        scratch.add(*sealed);
    }
    return outcomes;
}

void FaultWatcher::on_frame_start(const evm::Message& message, const evm::Code& /*code*/) {
    frames_.push_back(message.code_address == callable_);
}

void FaultWatcher::on_frame_end(const evm::CallResult& result) {
    const bool is_own = frames_.back();
    frames_.pop_back();
    if (is_own && result.status == evm::Status::revert && protocol::fault_of(result.output))
        saw_fault_ = true;
}

}  // namespace scope::adversary
