#include "builder/open_rollup.hpp"

#include "protocol/callable.hpp"

namespace scope::builder {

OpenRollup::OpenRollup(const rollup::Follower::Rollup& followed, rollup::BatchBlock block,
                       const l1::L1Head& l1_origin, const protocol::RegisteredRollup& registered,
                       state::Journal& journal)
    : followed_(&followed),
      parent_(followed.chain.head()),
      frame_{.chain_id = followed.config.chain_id(),
             .number = followed.next_batch(),
             .l1_origin_hash = l1_origin.hash,
             .l1_origin_number = l1_origin.header.number,
             .first_block = parent_->header().number + 1,
             .blocks = {std::move(block)}},
      registered_(registered),
      block_(std::make_unique<chain::BlockBuilder>(
          followed.chain, parent_->hash, rollup::attributes_of(frame_, frame_.blocks.front()),
          &journal)) {}

Result<void, Failure> OpenRollup::open_scope(const std::vector<uint256>& remotes) {
    const auto opened = run_system(protocol::callable::open_scope(remotes));
    if (opened) return {};
    return std::unexpected{opened.error()};
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
    tx.gas_limit = SYSTEM_GAS;
    tx.to = system().target;
    tx.data = std::move(calldata);
    execution::Host host{block_->state(), block_->environment()};
    auto outcome = run(tx, sender, &host);
    if (outcome) return std::move(*outcome);
    if (outcome.error() == execution::TxError::aborted)
        return std::unexpected{reverted(*host.rollup()->abort_reason())};
    if (outcome.error() != execution::TxError::system_failed)
        return std::unexpected{Failure{std::string{to_string(outcome.error())}, {}}};
    return std::unexpected{reverted(call(sender, tx.data, false))};
}

Bytes OpenRollup::view(const Bytes& calldata) {
    return call({}, calldata, true);
}

Bytes OpenRollup::call(const Address& sender, const Bytes& calldata, bool is_static) {
    auto& state = block_->state();
    const auto checkpoint = state.checkpoint();
    execution::Host host{state, block_->environment()};
    host.open_transaction({.origin = sender});
    auto result = host.call({.is_static = is_static,
                             .gas = SYSTEM_GAS,
                             .recipient = system().target,
                             .sender = sender,
                             .code_address = system().target,
                             .input = calldata});
    state.rollback(checkpoint);
    return std::move(result.output);
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
}

}  // namespace scope::builder
