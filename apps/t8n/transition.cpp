#include "transition.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "chain/chain.hpp"
#include "chain/refuse.hpp"
#include "interchange/exception_names.hpp"

namespace scope::t8n {

using evm::Revision;

namespace {

class GivenHashes final : public execution::BlockHashes {
  public:
    explicit GivenHashes(const std::map<uint64_t, Hash>& hashes) noexcept : hashes_(hashes) {}

    [[nodiscard]] Hash block_hash(uint64_t number) const override {
        const auto found = hashes_.find(number);
        if (found != hashes_.end()) return found->second;
        missing_ = number;
        return {};
    }
    void throw_if_missing() const {
        if (missing_)
            throw std::runtime_error{fmt::format(
                "BLOCKHASH asks for block {}, which env.blockHashes does not have", *missing_)};
    }

  private:
    const std::map<uint64_t, Hash>& hashes_;
    mutable std::optional<uint64_t> missing_;
};

/// A reward of nothing, too, touches the coinbase.
void touch_coinbase(state::State& state, const execution::Environment& environment) {
    state.begin_transaction();
    state.touch(environment.block.coinbase);
    state.end_transaction(environment.revision >= Revision::spurious_dragon
                              ? state::EmptyAccounts::remove
                              : state::EmptyAccounts::keep);
}

}  // namespace

Transition run_transition(const chain::ChainSpec& spec, const Env& env,
                          const state::MemoryState& pre,
                          const std::vector<GivenTransaction>& transactions, const Reward& reward,
                          const Watch& watch) {
    const GivenHashes hashes{env.block_hashes};
    const auto environment = chain::make_environment(spec, env.header, &hashes);
    state::State state{pre};
    execution::BlockInputs inputs;
    inputs.parent_hash = env.parent_hash;
    inputs.parent_beacon_block_root = env.header.parent_beacon_block_root;
    inputs.ommers = env.ommers;
    inputs.withdrawals = env.withdrawals;
    inputs.deposit_contract = spec.deposit_contract;
    inputs.intermediate_root = [&](const state::State& now) {
        return pre.after(now.diff())->state_root();
    };
    inputs.block_reward = reward.value_or(uint256{});
    execution::BlockExecutor executor{state, environment, std::move(inputs)};
    executor.begin();

    Transition result;
    result.header = env.header;
    result.blob_base_fee = environment.block.blob_base_fee;
    for (size_t i = 0; i < transactions.size(); ++i) {
        const GivenTransaction& tx = transactions[i];
        const auto reject = [&](std::string why) { result.rejected.push_back({i, why}); };
        if (!tx) {
            reject(tx.error());
            continue;
        }
        const auto sender = execution::sender_of(*tx, environment);
        if (!sender) {
            reject(interchange::describe(sender.error()));
            continue;
        }
        execution::Host host{state, environment};
        if (watch.begin) host.set_tracer(watch.begin(result.transactions.size(), *tx));
        auto outcome = executor.execute(*tx, *sender, &host);
        if (!outcome) {
            reject(interchange::describe(outcome.error()));
            continue;
        }
        if (watch.end) watch.end(*outcome);
        result.transactions.push_back(*tx);
        result.outcomes.push_back(std::move(*outcome));
    }
    const auto finished = executor.finish();
    if (reward && reward->is_zero() && environment.revision < Revision::paris)
        touch_coinbase(state, environment);
    hashes.throw_if_missing();

    execution::BlockOutcome outcome = executor.outcome();
    if (env.header.gas_limit > execution::MAX_GAS)
        result.error = chain::BlockError::gas_limit_too_big;
    else if (!finished)
        result.error = chain::to_block_error(finished.error());
    result.receipts = std::move(outcome.receipts);
    result.requests = std::move(outcome.requests);
    result.state = pre;
    result.state.apply(state.diff());
    BlockHeader& header = result.header;
    header.state_root = result.state.state_root();
    header.transactions_root = transactions_root(result.transactions);
    header.receipts_root = receipts_root(result.receipts);
    header.logs_bloom = outcome.logs_bloom;
    header.gas_used = outcome.gas_used;
    if (header.blob_gas_used) header.blob_gas_used = outcome.blob_gas_used;
    header.requests_hash = outcome.requests_hash;
    return result;
}

}  // namespace scope::t8n
