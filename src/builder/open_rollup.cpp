#include "builder/open_rollup.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "builder/next_origin.hpp"
#include "protocol/callable.hpp"
#include "protocol/fault.hpp"
#include "rollup/forced.hpp"
#include "rollup/predeploy_views.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// The gas of views, which nobody pays for. ScopedCallable takes the most for 253 remotes, of which it
/// reads a cold slot each (EIP-2929), about 600,000; an upgrade may have made it any code (§12).
constexpr uint64_t VIEW_GAS = 5'000'000;

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
                       uint64_t l1_head, const protocol::RegisteredRollup& registered,
                       state::Journal& journal, std::vector<UnsettledBlockPtr> unsettled)
    : followed_(&followed),
      batch_parent_(followed.chain.head()),
      unsettled_(std::move(unsettled)),
      scratch_(make_scratch(followed.chain, batch_parent_->hash, unsettled_)),
      frame_{.chain_id = followed.config.chain_id(),
             .number = followed.next_batch(),
             .first_block = batch_parent_->header().number + 1,
             .blocks = {}},
      block_frame_(std::move(block)),
      registered_(registered),
      forced_position_(registered.forced_queue_position) {
    for (const auto& each : unsettled_) {
        unsettled_gas_ += each->all_gas_used;
        unsettled_size_ += each->batch_size;
        if (each->forced_position) forced_position_ = *each->forced_position;
    }
    if (!unsettled_.empty()) {
        needs_own_block_ = l1_head - unsettled_.back()->content.l1_origin_number >= MAX_ORIGIN_AGE;
        waits_since_s_ = unsettled_.front()->content.timestamp_s;
    }
    const auto& chain = scratch_ ? scratch_->chain() : followed.chain;
    block_ = std::make_unique<chain::BlockBuilder>(
        chain, chain.head()->hash,
        rollup::attributes_of(block_frame_, gas_left(batch_parent_->header(),
                                                     block_frame_.timestamp_s, unsettled_gas_)),
        &journal);
}

Result<void, Failure> OpenRollup::open_scope(const rollup::L1Origins& l1,
                                             const std::vector<uint256>& remotes) {
    const bool is_first = unsettled_.empty();
    const uint64_t before =
        is_first ? followed_->l1_origin_number() : unsettled_.back()->content.l1_origin_number;
    const uint64_t origin = block_frame_.l1_origin_number;
    if (is_first) TRY(run_opening(callable::open_scope(remotes)));
    if (const auto added = rollup::chains_to_add(l1, chain_id(), before, origin); !added.empty())
        TRY(run_opening(callable::add_chains(added)));
    if (const auto removed = rollup::chains_to_remove(l1, chain_id(), before, origin);
        !removed.empty())
        TRY(run_opening(callable::remove_chains(removed)));
    if (const auto code = rollup::upgrade_to(l1, chain_id(), before, origin)) {
        upgrade_ = callable::upgrade(*code);
        TRY(run_opening(upgrade_));
        TRY_VOID(require_predeploy());
    }
    count_deposits(l1, registered_.forced_queue_position, forced_position_);
    if (is_first) TRY_VOID(take_forced(l1));
    opening_transactions_ = block_->transactions().size();
    return {};
}

/// Refuses a predeploy whose views don't answer: no batch can stand on it.
Result<void, Failure> OpenRollup::require_predeploy() {
    const auto views =
        rollup::read_views(followed_->config, block_->header(), block_->state().as_view());
    if (views && views->forced_queue_position == forced_position_) return {};
    return std::unexpected{
        Failure{"its predeploy was upgraded to code that is no ScopedCallable", {}}};
}

Result<void, Failure> OpenRollup::take_forced(const rollup::L1Origins& l1) {
    const auto range =
        rollup::forced_range(l1, chain_id(), forced_position_, block_frame_.l1_origin_number);
    if (range.at_most == forced_position_) return {};
    TRY(run_opening(callable::take_forced(range.at_most)));
    const auto entries = rollup::entries_between(l1, chain_id(), forced_position_, range.at_most);
    CHECK(entries.has_value());  // they were just counted
    first_of_entries_ = block_->transactions().size();
    const auto ran = rollup::run_forced(*block_, followed_->config, *entries);
    if (!ran)
        return std::unexpected{
            Failure{fmt::format("entry {} of its forced queue: {}", ran.error().index,
                                ran.error().error ? to_string(*ran.error().error) : "late"),
                    {}}};
    end_of_entries_ = block_->transactions().size();
    if (const auto queued_in = l1.l1_origin(entries->front()->queued_at))
        waits_since_s_ = queued_in->timestamp_s;
    count_deposits(l1, forced_position_, range.at_most);
    forced_position_ = range.at_most;
    takes_entries_ = true;
    return {};
}

void OpenRollup::count_deposits(const rollup::L1Origins& l1, uint64_t from, uint64_t to) {
    const auto entries = rollup::entries_between(l1, chain_id(), from, to);
    CHECK(entries.has_value());  // of L1 blocks that are origins of its blocks
    for (const auto* const queued : *entries)
        if (queued->entry.kind == protocol::ForcedKind::deposit)
            deposited_wei_ += queued->entry.value;
}

Result<execution::Outcome, execution::TxError> OpenRollup::run(const Transaction& tx,
                                                               const Address& sender,
                                                               execution::Host* host) {
    auto outcome = TRY(block_->try_transaction_of(sender, tx, host));
    transactions_size_ += rollup::size_in_batch(tx);
    return outcome;
}

Result<execution::Outcome, Failure> OpenRollup::run_system(Bytes calldata, uint64_t gas_limit) {
    const Address& sender = system().sender;
    Transaction tx;
    tx.type = TxType::system;
    tx.chain_id = chain_id();
    tx.nonce = block_->state().nonce(sender);
    tx.gas_limit = gas_limit;
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
    const auto begin = content.transactions.begin();
    content.transactions.erase(begin + static_cast<std::ptrdiff_t>(first_of_entries_),
                               begin + static_cast<std::ptrdiff_t>(end_of_entries_));
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
