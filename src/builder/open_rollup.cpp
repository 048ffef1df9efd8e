#include "builder/open_rollup.hpp"

#include <algorithm>

#include "protocol/callable.hpp"
#include "protocol/fault.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// The gas of views, which nobody pays for.
constexpr uint64_t VIEW_GAS = 30'000'000;

/// L1 takes origins of the last 256 blocks (docs/protocol.md, section 11). So far behind L1's head a
/// batch's last block may name one, and the scope may still miss some slots.
constexpr uint64_t MAX_ORIGIN_AGE = 128;

std::unique_ptr<rollup::ScratchChain> make_scratch(const chain::Chain& followed, const Hash& parent,
                                                   const std::vector<UnsettledBlockPtr>& blocks) {
    if (blocks.empty()) return nullptr;
    auto scratch = std::make_unique<rollup::ScratchChain>(followed, parent);
    for (const auto& each : blocks) scratch->add(each->block, each->state);
    return scratch;
}

/// Returns the gas that is left for the last block of a batch.
uint64_t gas_left(const BlockHeader& batch_parent, uint64_t timestamp_s, uint64_t used) {
    const uint64_t most = rollup::max_batch_gas(batch_parent, timestamp_s);
    return most - std::min(most, used);
}

}  // namespace

OpenRollup::OpenRollup(const rollup::Follower::Rollup& followed, rollup::BatchBlock block,
                       const protocol::RegisteredRollup& registered, state::Journal& journal,
                       std::vector<UnsettledBlockPtr> unsettled)
    : followed_(&followed),
      batch_parent_(followed.chain.head()),
      unsettled_(std::move(unsettled)),
      scratch_(make_scratch(followed.chain, batch_parent_->hash, unsettled_)),
      frame_{.chain_id = followed.config.chain_id(),
             .number = followed.next_batch(),
             .first_block = batch_parent_->header().number + 1,
             .blocks = {}},
      block_frame_(std::move(block)),
      registered_(registered) {
    for (const auto& each : unsettled_) {
        unsettled_gas_ += each->all_gas_used;
        unsettled_size_ += each->batch_size;
    }
    if (!unsettled_.empty())
        needs_own_block_ =
            block_frame_.l1_origin_number - unsettled_.back()->content.l1_origin_number >=
            MAX_ORIGIN_AGE;
    const auto& chain = scratch_ ? scratch_->chain() : followed.chain;
    block_ = std::make_unique<chain::BlockBuilder>(
        chain, chain.head()->hash,
        rollup::attributes_of(block_frame_, gas_left(batch_parent_->header(),
                                                     block_frame_.timestamp_s, unsettled_gas_)),
        &journal);
}

Result<void, Failure> OpenRollup::open_scope(const std::vector<uint256>& remotes,
                                             const std::vector<uint256>& new_chains) {
    if (unsettled_.empty())
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

rollup::BatchBlock OpenRollup::content() const {
    auto content = block_frame_;
    content.transactions = block_->transactions();
    return content;
}

size_t OpenRollup::content_size() const {
    return rollup::size_in_batch(block_frame_, transactions_size_);
}

rollup::Batch OpenRollup::batch() const {
    auto batch = frame_;
    for (const auto& each : unsettled_) batch.blocks.push_back(each->content);
    if (has_own_block() || unsettled_.empty()) batch.blocks.push_back(content());
    return batch;
}

size_t OpenRollup::batch_size() const {
    const bool has_own = has_own_block() || unsettled_.empty();
    return rollup::encoded_size(frame_, unsettled_size_ + (has_own ? content_size() : 0));
}

void OpenRollup::rollback(const Checkpoint& checkpoint) {
    block_->rollback(checkpoint.block);
    transactions_size_ = checkpoint.transactions_size;
    limited_.resize(checkpoint.limited);
}

}  // namespace scope::builder
