#include "builder/open_rollup.hpp"

#include <algorithm>

#include "protocol/callable.hpp"
#include "protocol/fault.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// The gas of views, which nobody pays for.
constexpr uint64_t VIEW_GAS = 30'000'000;

}  // namespace

OpenRollup::OpenRollup(const rollup::Follower::Rollup& followed, rollup::BatchBlock block,
                       const protocol::RegisteredRollup& registered, state::Journal& journal)
    : followed_(&followed),
      parent_(followed.chain.head()),
      frame_{.chain_id = followed.config.chain_id(),
             .number = followed.next_batch(),
             .first_block = parent_->header().number + 1,
             .blocks = {std::move(block)}},
      registered_(registered),
      block_(std::make_unique<chain::BlockBuilder>(
          followed.chain, parent_->hash,
          rollup::attributes_of(
              frame_.blocks.front(),
              rollup::max_batch_gas(parent_->header(), frame_.blocks.front().timestamp_s)),
          &journal)) {}

Result<void, Failure> OpenRollup::open_scope(const std::vector<uint256>& remotes,
                                             const std::vector<uint256>& new_chains) {
    if (const auto opened = run_system(callable::open_scope(remotes)); !opened)
        return std::unexpected{opened.error()};
    if (!new_chains.empty())
        if (const auto added = run_system(callable::add_chains(new_chains)); !added)
            return std::unexpected{added.error()};
    opening_transactions_ = block_->transactions().size();
    return {};
}

Result<execution::Outcome, execution::TxError> OpenRollup::run(const Transaction& tx,
                                                               const Address& sender,
                                                               execution::Host* host) {
    auto outcome = TRY(block_->try_transaction_of(sender, tx, host));
    transactions_size_ += rollup::size_in_batch(tx);
    return outcome;
}

Result<execution::Outcome, Failure> OpenRollup::run_system(Bytes calldata) {
    const Address& sender = system().sender;
    Transaction tx;
    tx.type = TxType::system;
    tx.chain_id = chain_id();
    tx.nonce = block_->state().nonce(sender);
    tx.gas_limit = system_gas();
    tx.to = system().target;
    tx.data = std::move(calldata);
    execution::Host host{block_->state(), block_->environment()};
    auto outcome = run(tx, sender, &host);
    if (outcome) return std::move(*outcome);
    return std::unexpected{failure_of(tx, outcome.error(), host)};
}

Failure OpenRollup::failure_of(const Transaction& tx, execution::TxError error,
                               const execution::Host& host) {
    using execution::TxError;
    Failure failure;
    if (error == TxError::aborted) {
        failure = reverted(*host.rollup()->abort_reason());
    } else if (error == TxError::system_failed) {
        failure = reverted(call(system().sender, tx.data, tx.gas_limit, false));
    } else {
        failure.reason = to_string(error);
        failure.is_full = error == TxError::block_gas_exceeded ||
                          error == TxError::block_logs_exceeded ||
                          error == TxError::block_size_exceeded;
    }
    // What ran out of gas may say nothing.
    const bool lacks_gas =
        error == TxError::intrinsic_gas_too_low ||
        protocol::fault_of(failure.revert_data) == protocol::Fault::too_little_gas ||
        (error == TxError::system_failed && failure.revert_data.empty());
    failure.is_full |= lacks_gas && is_short_of_gas();
    return failure;
}

Bytes OpenRollup::view(const Bytes& calldata) {
    return call({}, calldata, VIEW_GAS, true);
}

Bytes OpenRollup::call(const Address& sender, const Bytes& calldata, uint64_t gas, bool is_static) {
    auto& state = block_->state();
    const auto checkpoint = state.checkpoint();
    execution::Host host{state, block_->environment()};
    host.open_transaction({.origin = sender});
    auto result = host.call({.is_static = is_static,
                             .gas = static_cast<int64_t>(gas),
                             .recipient = system().target,
                             .sender = sender,
                             .code_address = system().target,
                             .input = calldata});
    state.rollback(checkpoint);
    return std::move(result.output);
}

bool OpenRollup::is_limited(const uint256& remote) const {
    return std::ranges::find(limited_, remote) != limited_.end();
}

void OpenRollup::add_limits(const std::vector<protocol::Limit>& limits) {
    for (const auto& limit : limits) limited_.push_back(limit.chain_id);
}

rollup::Batch OpenRollup::batch() const {
    rollup::Batch batch = frame_;
    batch.blocks.front().transactions = block_->transactions();
    return batch;
}

size_t OpenRollup::batch_size() const {
    return rollup::encoded_size(frame_, transactions_size_);
}

void OpenRollup::rollback(const Checkpoint& checkpoint) {
    block_->rollback(checkpoint.block);
    transactions_size_ = checkpoint.transactions_size;
    limited_.resize(checkpoint.limited);
}

}  // namespace scope::builder
