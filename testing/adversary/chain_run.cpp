#include "adversary/chain_run.hpp"

#include "protocol/fault.hpp"
#include "rollup/rollup_config.hpp"
#include "rollup/scratch_chain.hpp"

namespace scope::adversary {

std::vector<execution::Outcome> run_batch(const chain::Chain& chain, const rollup::Batch& batch,
                                          evm::Tracer* tracer) {
    std::vector<execution::Outcome> outcomes;
    rollup::ScratchChain scratch{chain, chain.head()->hash};
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
