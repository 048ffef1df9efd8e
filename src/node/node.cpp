#include "node/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "base/hex.hpp"
#include "builder/candidate.hpp"
#include "builder/next_origin.hpp"
#include "execution/transaction.hpp"
#include "node/refuse.hpp"
#include "protocol/registry.hpp"
#include "store/keys.hpp"

namespace scope::node {

namespace {

const l1::L1Source& required(const std::shared_ptr<const l1::L1Source>& source) {
    CHECK(source != nullptr);
    return *source;
}

/// Most bytes that blocks of all rollups have before they have to settle: so the scope that does it
/// has room for roots.
constexpr size_t MAX_UNSETTLED_IN_BLOBS = rollup::MAX_BATCH_SIZE / 2;
/// A byte of calldata takes up to 40 gas of 16'777'216 (EIP-7623).
constexpr size_t MAX_UNSETTLED_IN_CALLDATA = 128 * 1024;

/// Adds what was submitted: a rollup's transaction that is no root by its rule as it is.
Result<void, builder::Refusal> add(builder::ScopeBuilder& scope, const builder::Root& root) {
    const auto* const on_rollup = std::get_if<builder::L2Root>(&root);
    if (on_rollup && scope.is_ordinary(on_rollup->chain_id, on_rollup->transaction)) {
        auto added = scope.add_transaction(on_rollup->chain_id, on_rollup->transaction);
        if (!added) return std::unexpected{std::move(added.error())};
        return {};
    }
    auto added = scope.add(root);
    if (!added) return std::unexpected{std::move(added.error())};
    return {};
}

}  // namespace

bool needs_another_scope(builder::RefusalRule rule) noexcept {
    return rule == builder::RefusalRule::scope_full ||
           rule == builder::RefusalRule::transient_storage;
}

std::string_view to_string(SettleRule rule) noexcept {
    switch (rule) {
        case SettleRule::not_sealed:
            return "not_sealed";
        case SettleRule::stale:
            return "stale";
        case SettleRule::unreachable:
            return "unreachable";
        case SettleRule::not_sent:
            return "not_sent";
        case SettleRule::not_included:
            return "not_included";
        case SettleRule::reverted:
            return "reverted";
        case SettleRule::not_followed:
            return "not_followed";
        case SettleRule::other_head:
            return "other_head";
        case SettleRule::left_out:
            return "left_out";
        case SettleRule::in_flight:
            return "in_flight";
    }
    return "unknown";
}

std::string to_string(const SettleError& error) {
    std::string text{to_string(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

std::string_view to_string(SubmitError error) noexcept {
    switch (error) {
        case SubmitError::queue_full:
            return "queue_full";
        case SubmitError::known_bad:
            return "known_bad";
    }
    return "unknown";
}

Node::Node(Network network, Components components)
    : network_(std::move(network)),
      components_(std::move(components)),
      database_(components_.database ? components_.database
                                     : std::make_shared<store::NodeDatabase>()),
      follower_(required(components_.source), network_.rollups, network_.first_l1_block, database_),
      unsettled_rows_(database_->rows()) {
    for (const auto& [chain_id, rollup] : follower_.rollups())
        latest_.try_emplace(chain_id, rollup);
    if (components_.attester) attester_.emplace(components_.attester, follower_);
    if (const auto& part = components_.builder)
        CHECK(part->view != nullptr && part->sender != nullptr && part->prover != nullptr &&
              part->options.submitter != nullptr);
    if (components_.builder) load_unsettled();
}

// ---- what outlives the process

void Node::load_unsettled() {
    for (auto& [chain_id, latest] : latest_) load_unsettled(chain_id, latest);
    commit();
}

void Node::load_unsettled(ChainId chain_id, LatestChain& latest) {
    const auto& followed = *follower_.rollup(chain_id);
    rollup::ScratchChain scratch{followed.chain, followed.chain.head()->hash};
    for (const auto& [block, l1_origin] : unsettled_rows_.load(chain_id)) {
        const auto one = followed.stopped
                             ? nullptr
                             : builder::rebuild_unsettled(scratch, block, l1_origin, follower_);
        if (one == nullptr) {
            // Those that have settled since stand on the chain, and undone are those that don't.
            for (const auto& tx : block.transactions)
                if (tx.type != TxType::system) undone_[chain_id].push_back(tx);
            database_->rows().erase(
                store::number_key(store::Column::unsettled, chain_id, block.header.number));
            continue;
        }
        scratch.add(one->block, one->state);
        latest.add(one);
    }
}

void Node::commit() {
    if (!database_->is_on_disk()) return;
    unsettled_rows_.save(unsettled());
    database_->commit();
}

// ---- follower, and what is built over its heads

Result<rollup::Followed, rollup::FollowError> Node::follow() {
    return advance();
}

Result<rollup::Followed, rollup::FollowError> Node::advance() {
    auto followed = follower_.advance();
    reconcile();  // it may have moved before it failed
    commit();
    return followed;
}

void Node::reconcile() {
    for (auto& [chain_id, latest] : latest_)
        note_dropped(chain_id, latest.reconcile(follower_), "the followed head is another one");
}

void Node::note_dropped(ChainId chain_id, std::vector<builder::UnsettledBlockPtr> blocks,
                        const std::string& reason) {
    if (blocks.empty()) return;
    DroppedBlocks dropped{chain_id, reason, {}};
    auto& undone = undone_[chain_id];
    for (auto& each : blocks) {
        for (const auto& tx : each->content.transactions)
            if (tx.type != TxType::system) undone.push_back(tx);
        dropped.blocks.push_back(each->block);
    }
    if (dropped_.size() == MAX_DROPS) dropped_.pop_front();
    dropped_.push_back(std::move(dropped));
}

std::vector<Transaction> Node::take_undone(ChainId chain_id) {
    auto undone = follower_.take_undone(chain_id);
    auto dropped = std::exchange(undone_[chain_id], {});
    undone.insert(undone.end(), std::make_move_iterator(dropped.begin()),
                  std::make_move_iterator(dropped.end()));
    std::unordered_set<Hash> known;
    const auto& store = latest(chain_id).store();
    std::erase_if(undone, [&](const Transaction& tx) {
        const Hash tx_hash = hash(tx);
        return store.transaction(tx_hash).has_value() || !known.insert(tx_hash).second;
    });
    return undone;
}

std::vector<DroppedBlocks> Node::take_dropped() {
    auto dropped = std::exchange(dropped_, {});
    return {std::make_move_iterator(dropped.begin()), std::make_move_iterator(dropped.end())};
}

const chain::Chain& Node::latest(ChainId chain_id) const {
    const auto found = latest_.find(chain_id);
    CHECK(found != latest_.end());
    return found->second.chain();
}

builder::UnsettledBlocks Node::unsettled() const {
    builder::UnsettledBlocks unsettled;
    for (const auto& [chain_id, latest] : latest_)
        if (!latest.blocks().empty()) unsettled.emplace(chain_id, latest.blocks());
    return unsettled;
}

bool Node::has_unsettled(const std::set<ChainId>& besides) const {
    return std::ranges::any_of(latest_, [&](const auto& each) {
        return !each.second.blocks().empty() && !besides.contains(each.first);
    });
}

void Node::set_unsettled(const builder::UnsettledBlocks& blocks) {
    for (auto& [chain_id, latest] : latest_) {
        latest.drop();
        const auto given = blocks.find(chain_id);
        if (given == blocks.end()) continue;
        for (const auto& block : given->second)
            if (block->block->header().parent_hash == latest.chain().head()->hash)
                latest.add(block);
        latest.reconcile(follower_);
    }
    commit();
}

void Node::drop_unsettled(ChainId chain_id, size_t kept, const std::string& reason) {
    const auto found = latest_.find(chain_id);
    CHECK(found != latest_.end());
    note_dropped(chain_id, found->second.drop(kept), reason);
    commit();
}

bool Node::has_entries(ChainId chain_id) const {
    const auto& latest = latest_.at(chain_id);
    const auto* const followed = follower_.rollup(chain_id);
    if (followed->stopped || followed->closed_at) return false;
    const uint64_t position = latest.forced_position().value_or(followed->forced_queue_position());
    return follower_.forced_entry(chain_id, position) != nullptr;
}

bool Node::takes_entries_next(ChainId chain_id) const {
    return latest_.at(chain_id).blocks().empty() && has_entries(chain_id);
}

bool Node::has_entries_behind_unsettled() const {
    return std::ranges::any_of(latest_, [this](const auto& each) {
        return !each.second.blocks().empty() && has_entries(each.first);
    });
}

bool Node::may_have_to_settle() const {
    const uint64_t next = follower_.next_l1_block();
    return std::ranges::any_of(follower_.rollups(), [&](const auto& each) {
        const auto& [chain_id, rollup] = each;
        if (rollup.stopped || rollup.closed_at) return false;
        const bool may_be_closing = components_.builder->options.answers_closings &&
                                    next - rollup.l1_origin_number() > protocol::CLOSING_IDLE;
        return may_be_closing || has_entries(chain_id);
    });
}

bool Node::must_settle() const {
    if (has_entries_behind_unsettled()) return true;
    size_t size = 0;
    for (const auto& [chain_id, latest] : latest_) {
        if (latest.must_settle()) return true;
        size += latest.batch_size();
    }
    const bool in_blobs = components_.builder && components_.builder->options.data_availability ==
                                                     builder::DataAvailability::blobs;
    return size > (in_blobs ? MAX_UNSETTLED_IN_BLOBS : MAX_UNSETTLED_IN_CALLDATA);
}

// ---- builder

Result<builder::ScopeBuilder, SettleError> Node::open_scope() {
    CHECK(components_.builder.has_value());
    return open_scope(components_.builder->options);
}

Result<builder::ScopeBuilder, SettleError> Node::open_scope(
    const builder::BuilderOptions& options) {
    CHECK(components_.builder.has_value());
    if (const auto followed = advance(); !followed)
        return refuse(SettleRule::not_followed, to_string(followed.error()));
    return open_on_followed(options);
}

void Node::rehearse(const l1::Foreseen& foreseen,
                    const std::function<void(builder::ScopeBuilder&)>& simulate) const {
    CHECK(components_.builder.has_value());
    const auto& part = *components_.builder;
    part.view->rehearse(foreseen, [&](const l1::L1View& guessed) {
        auto scope = builder::ScopeBuilder::open(guessed, follower_, network_.contracts,
                                                 part.options, unsettled());
        if (scope) simulate(*scope);
    });
}

l1::ReadLimit Node::limit_reads() const {
    CHECK(components_.builder.has_value());
    return l1::ReadLimit{*components_.builder->view};
}

bool Node::is_behind(ChainId chain_id) const {
    const auto& followed = *follower_.rollup(chain_id);
    const uint64_t next = follower_.next_l1_block();
    if (next == 0 || followed.stopped || followed.closed_at) return false;
    const uint64_t before =
        latest_.at(chain_id).l1_origin_number().value_or(followed.l1_origin_number());
    return builder::can_come_to(follower_, followed, next - 1) &&
           builder::next_origin(follower_, before, latest(chain_id).head()->header().timestamp_s,
                                next - 1) != next - 1;
}

size_t Node::catch_up(ChainId chain_id) {
    size_t built = 0;
    while (is_behind(chain_id) && catch_up_by_a_block(chain_id)) ++built;
    return built;
}

bool Node::catch_up_all(const std::set<ChainId>& besides) {
    bool has_more = false;
    for (const auto& [chain_id, latest] : latest_) {
        if (besides.contains(chain_id)) continue;
        const bool has_built = catch_up(chain_id) > 0;
        has_more |= has_built || (is_behind(chain_id) && !latest.blocks().empty());
    }
    return has_more;
}

bool Node::catch_up_by_a_block(ChainId chain_id) {
    if (is_in_flight(chain_id)) return false;
    auto& latest = latest_.at(chain_id);
    const auto before = latest.l1_origin_number();
    // Where the batch could end with that origin, roots get what is left of its gas.
    const bool is_recent = before && follower_.next_l1_block() - *before <= builder::MAX_ORIGIN_AGE;
    if (is_recent && latest.must_settle()) return false;
    auto scope = open_block_on_followed(chain_id);
    if (!scope || scope->why_absent(chain_id) || scope->l1_origin_number(chain_id) == before)
        return false;
    auto ended = end_block(*scope);
    if (!ended) return false;
    latest.add(std::move(*ended));
    return true;
}

Result<builder::ScopeBuilder, SettleError> Node::open_on_followed(
    const builder::BuilderOptions& options) {
    catch_up_all(options.held_back);
    while (true) {
        auto scope = TRY(reading([&]() -> Result<builder::ScopeBuilder, SettleError> {
            auto opened = builder::ScopeBuilder::open(*components_.builder->view, follower_,
                                                      network_.contracts, options, unsettled());
            if (!opened) return refuse(opened.error());
            return std::move(*opened);
        }));
        TRY_VOID(require_followed(scope));
        bool can_all_settle = true;
        for (auto& [chain_id, latest] : latest_) {
            const auto why = latest.blocks().empty() ? std::nullopt : scope.why_absent(chain_id);
            if (!why || options.held_back.contains(chain_id)) continue;
            note_dropped(chain_id, latest.drop(), *why);
            can_all_settle = false;
        }
        if (!can_all_settle) continue;
        commit();  // of what caught up, and what was dropped
        return scope;
    }
}

Result<builder::ScopeBuilder, SettleError> Node::open_block_on_followed(ChainId chain_id) {
    const auto& part = *components_.builder;
    return reading([&]() -> Result<builder::ScopeBuilder, SettleError> {
        auto scope = builder::ScopeBuilder::open_block(*part.view, follower_, network_.contracts,
                                                       part.options, unsettled(), chain_id);
        if (!scope) return refuse(scope.error());
        TRY_VOID(require_followed(*scope));
        return std::move(*scope);
    });
}

Result<void, SettleError> Node::require_followed(const builder::ScopeBuilder& scope) const {
    const auto& parent = scope.l1_parent();
    const auto followed = follower_.l1_block(parent.header.number);
    if (followed && followed->id.hash == parent.hash) return {};
    return refuse(SettleRule::stale, "L1 moved on meanwhile");
}

Result<BuiltBlock, SettleError> Node::build_block(ChainId chain_id,
                                                  std::span<const Transaction> transactions,
                                                  EmptyBlock empty,
                                                  std::span<const Address> senders) {
    CHECK(components_.builder.has_value());
    CHECK(senders.empty() || senders.size() == transactions.size());
    auto& latest = latest_.at(chain_id);
    if (const auto followed = advance(); !followed)
        return refuse(SettleRule::not_followed, to_string(followed.error()));
    if (is_in_flight(chain_id))
        return refuse(SettleRule::in_flight, "a scope with its blocks is on its way to L1");
    catch_up(chain_id);
    auto scope = TRY(open_block_on_followed(chain_id));
    if (scope.why_absent(chain_id) && !latest.blocks().empty()) {
        TRY(open_on_followed(components_.builder->options));  // drops what can't settle
        if (latest.blocks().empty()) scope = TRY(open_block_on_followed(chain_id));
    }
    if (auto why = scope.why_absent(chain_id)) return refuse(SettleRule::left_out, *why);

    BuiltBlock built;
    bool has_any = empty == EmptyBlock::yes || scope.takes_entries(chain_id);
    TRY_VOID(reading([&]() -> Result<void, SettleError> {
        for (size_t i = 0; i < transactions.size(); ++i) {
            built.outcomes.push_back(
                scope.add_transaction(chain_id, transactions[i],
                                      senders.empty() ? std::nullopt : std::optional{senders[i]}));
            has_any |= built.outcomes.back().has_value();
        }
        return {};
    }));
    if (!has_any) return built;
    auto ended = TRY(end_block(scope));
    built.block = ended->block;
    latest.add(std::move(ended));
    commit();
    return built;
}

Result<builder::UnsettledBlockPtr, SettleError> Node::end_block(builder::ScopeBuilder& scope) {
    return reading([&]() -> Result<builder::UnsettledBlockPtr, SettleError> {
        auto ended = scope.end_block();
        if (!ended) return refuse(SettleRule::not_sealed, to_string(ended.error()));
        return std::move(*ended);
    });
}

Result<builder::Bundle, builder::SealError> Node::seal(builder::ScopeBuilder& scope) {
    CHECK(components_.builder.has_value());
    return scope.seal(*components_.builder->prover);
}

// ---- loop

Result<void, SubmitError> Node::submit(builder::Root root) {
    if (waiting_.size() == MAX_WAITING) return std::unexpected{SubmitError::queue_full};
    const Hash identity = identity_of(root);
    if (known_bad_.find(identity) != nullptr) return std::unexpected{SubmitError::known_bad};
    const auto sender = sender_of(root);
    waiting_.push_back({std::move(root), identity, sender});
    return {};
}

std::vector<builder::Root> Node::take_waiting() {
    std::vector<builder::Root> roots;
    roots.reserve(waiting_.size());
    for (auto& waiting : waiting_) roots.push_back(std::move(waiting.root));
    waiting_.clear();
    return roots;
}

Hash Node::identity_of(const builder::Root& root) const {
    if (const auto* const on_rollup = std::get_if<builder::L2Root>(&root))
        return hash(on_rollup->transaction);
    return protocol::operation_hash(network_.contracts.settlement,
                                    std::get<builder::L1Root>(root).operation.operation);
}

std::optional<Address> Node::sender_of(const builder::Root& root) const {
    const auto* const on_rollup = std::get_if<builder::L2Root>(&root);
    if (on_rollup == nullptr) return std::get<builder::L1Root>(root).operation.operation.account;
    const auto* const rollup = follower_.rollup(on_rollup->chain_id);
    if (rollup == nullptr) return std::nullopt;
    const auto& chain = rollup->chain;
    const auto sender = execution::sender_of(
        on_rollup->transaction,
        chain::make_environment(chain.spec(), chain.head()->header(), nullptr));
    return sender ? std::optional{*sender} : std::nullopt;
}

Node::Turn Node::step() {
    return take_turn(Wanted::roots);
}

Node::Turn Node::settle_unsettled() {
    return take_turn(Wanted::blocks);
}

Node::Turn Node::take_turn(Wanted wanted) {
    CHECK(components_.builder.has_value());
    Turn turn;
    const auto followed = advance();
    if (!followed) {
        turn.failed = SettleError{SettleRule::not_followed, to_string(followed.error())};
        return turn;
    }
    turn.followed = *followed;
    ++turn_;
    if (!go_on_with_sent(turn, wanted)) return turn;
    const bool has_caught_up = catch_up_all(held_back());
    if (has_entries_behind_unsettled() || has_caught_up) wanted = Wanted::blocks;
    if (waiting_.empty() && !may_have_to_settle() && (wanted == Wanted::roots || !has_unsettled()))
        return turn;
    auto taken = settle_waiting(turn, wanted);
    // Where L1 went on meanwhile, the next turn goes on looking.
    if (taken || taken.error().rule != SettleRule::stale) left_out_.clear();
    if (taken)
        turn.settled = std::move(*taken);
    else
        turn.failed = std::move(taken.error());
    turn.in_flight = in_flight();
    return turn;
}

builder::BuilderOptions Node::options_of_turn() const {
    auto options = components_.builder->options;
    options.max_without_roots = max_without_roots_;
    if (max_without_roots_ < builder::MAX_WITHOUT_ROOTS)
        options.first_without_roots = first_without_roots_;
    options.held_back = held_back();
    options.least_fees = least_fees();
    return options;
}

std::set<ChainId> Node::held_back() const {
    auto chains = left_out_;
    for (const auto& rollup : network_.rollups)
        if (rollups_back_off_.holds_back(rollup.chain_id(), turn_))
            chains.insert(rollup.chain_id());
    for (const auto& suspect : suspects_.left_out(turn_))
        if (const auto* const chain_id = std::get_if<ChainId>(&suspect)) chains.insert(*chain_id);
    return chains;
}

bool Node::holds_back(const Address& sender) const {
    return senders_back_off_.holds_back(sender, turn_) ||
           suspects_.left_out(turn_).contains(sender);
}

void Node::allow_without_roots() {
    first_without_roots_ += max_without_roots_;
    max_without_roots_ = std::min(builder::MAX_WITHOUT_ROOTS, 2 * max_without_roots_ + 1);
}

void Node::allow_fewer_without_roots() {
    first_without_roots_ += max_without_roots_;
    max_without_roots_ /= 2;
}

bool Node::leave_out(const builder::SealError& error) {
    for (const auto& chains : error.suspects) {
        if (chains.size() > 1) continue;
        rollups_back_off_.add(chains.front(), turn_);
        left_out_.clear();  // it may have been the only one
    }
    for (auto chains : error.suspects) {
        if (chains.size() == 1) continue;
        // Another half in another turn, so that each rollup comes to be in one that is proved.
        const auto first = static_cast<std::ptrdiff_t>(turn_ % chains.size());
        std::ranges::rotate(chains, chains.begin() + first);
        chains.resize(chains.size() / 2);
        left_out_.insert(chains.begin(), chains.end());
    }
    return !error.suspects.empty();
}

Result<std::optional<Settled>, SettleError> Node::settle_waiting(Turn& turn, Wanted wanted) {
    size_t max_roots = MAX_WAITING;
    while (true) {
        auto scope = TRY(open_on_followed(options_of_turn()));
        auto [taken, is_full] = TRY(take(scope, max_roots, turn));
        const bool has_blocks = has_unsettled(held_back()) && max_without_roots_ > 0;
        const bool must_settle = scope.must_settle();
        if (taken.empty() && !must_settle &&
            !(has_blocks && (wanted == Wanted::blocks || is_full))) {
            if (!turn.suspected.empty())
                return refuse(SettleRule::not_sealed, to_string(turn.suspected.front()));
            allow_without_roots();
            return std::nullopt;
        }
        auto sealed = seal_reading(scope);
        if (!sealed) {
            put_back(std::move(taken));
            return std::unexpected{std::move(sealed.error())};
        }
        auto& bundle = *sealed;
        if (bundle) return settle_bundle(std::move(*bundle), std::move(taken), wanted, turn);
        TRY_VOID(mend({std::move(bundle.error()), std::move(taken), has_blocks || must_settle},
                      max_roots, turn));
    }
}

Result<Result<builder::Bundle, builder::SealError>, SettleError> Node::seal_reading(
    builder::ScopeBuilder& scope) {
    return reading([&]() -> Result<Result<builder::Bundle, builder::SealError>, SettleError> {
        return seal(scope);
    });
}

Result<void, SettleError> Node::mend(Unsealed scope, size_t& max_roots, Turn& turn) {
    auto& [error, taken, settles_without_roots] = scope;
    if (error.rule == builder::SealRule::empty) {
        // Roots of L1 that touch no rollup, and no other to settle with: if they waited, they could
        // fill the queue for nothing.
        for (auto& root : taken)
            turn.refused.emplace_back(
                std::move(root.root),
                builder::Refusal{builder::RefusalRule::operation,
                                 "it touches no rollup, and no root that does waits with it",
                                 {}});
        return {};
    }
    const auto of_no_root = fault_of_no_root(scope);
    if (of_no_root && *of_no_root && leave_out(**of_no_root)) {
        turn.suspected.push_back(**of_no_root);
        put_back(std::move(taken));
        return {};
    }
    const auto culprit = [&]() -> Result<Culprit, SettleError> {
        if (TRY(of_no_root)) return refuse(SettleRule::not_sealed, to_string(error));
        auto found = TRY(find_culprit(taken, error));
        if (turn.dropped.size() == MAX_DROPPED) found.alone.reset();
        if (!found.alone && found.place == 0)
            return refuse(SettleRule::not_sealed, to_string(error));
        return found;
    }();
    if (!culprit) {
        allow_fewer_without_roots();
        put_back(std::move(taken));
        return std::unexpected{culprit.error()};
    }
    if (!culprit->alone) {
        max_roots = culprit->place;
        put_back(std::move(taken));
        return {};
    }
    const auto place = taken.begin() + static_cast<std::ptrdiff_t>(culprit->place);
    auto dropped = std::move(*place);
    taken.erase(place);
    put_back(std::move(taken));
    drop(std::move(dropped), *culprit->alone, turn);
    return {};
}

Result<std::optional<builder::SealError>, SettleError> Node::fault_of_no_root(
    const Unsealed& scope) {
    if (!may_be_of_a_root(scope.error.rule) || scope.taken.empty()) return scope.error;
    if (!scope.settles_without_roots) return std::nullopt;
    return why_not_sealed({});
}

Result<Node::Taken, SettleError> Node::take(builder::ScopeBuilder& scope, size_t max_roots,
                                            Turn& turn) {
    auto [taken, is_full] = Taken{};
    std::vector<Waiting> passed_over;
    // Whose next nonce is that of a root that waits: on a rollup, or on L1.
    std::set<std::pair<std::optional<ChainId>, Address>> waiting_senders;
    size_t needing_left_out = 0;
    while (!waiting_.empty() && taken.size() < max_roots && turn.refused.size() < MAX_REFUSED) {
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        const auto* const on_rollup = std::get_if<builder::L2Root>(&next.root);
        const std::pair nonces{on_rollup ? std::optional{on_rollup->chain_id} : std::nullopt,
                               next.sender.value_or(Address{})};
        if (next.sender && (holds_back(*next.sender) || waiting_senders.contains(nonces))) {
            passed_over.push_back(std::move(next));
            continue;
        }
        auto tried = reading([&]() -> Result<Result<void, builder::Refusal>, SettleError> {
            const auto limit = limit_reads();
            try {
                return add(scope, next.root);
            } catch (const state::TooManyReads& error) {
                return Result<void, builder::Refusal>{std::unexpected{
                    builder::Refusal{builder::RefusalRule::gas_budget, error.what(), {}}}};
            }
        });
        if (!tried) {
            passed_over.push_back(std::move(next));
            put_back(std::move(passed_over));
            put_back(std::move(taken));
            return std::unexpected{std::move(tried.error())};
        }
        auto& added = *tried;
        if (added) {
            taken.push_back(std::move(next));
        } else if (needs_another_scope(added.error().rule) &&
                   (!taken.empty() || has_unsettled(held_back()) || scope.must_settle())) {
            passed_over.push_back(std::move(next));
            is_full = true;
            break;
        } else if (added.error().rule == builder::RefusalRule::unknown_chain &&
                   (!turn.suspected.empty() || !left_out_.empty() ||
                    !suspects_.left_out(turn_).empty())) {
            if (next.sender) waiting_senders.insert(nonces);
            passed_over.push_back(std::move(next));
            if (++needing_left_out == MAX_REFUSED) break;
        } else {
            turn.refused.emplace_back(std::move(next.root), std::move(added.error()));
        }
    }
    put_back(std::move(passed_over));
    return Taken{std::move(taken), is_full};
}

void Node::put_back(std::vector<Waiting> taken) {
    waiting_.insert(waiting_.begin(), std::make_move_iterator(taken.begin()),
                    std::make_move_iterator(taken.end()));
}

Result<Node::Culprit, SettleError> Node::find_culprit(std::span<const Waiting> roots,
                                                      builder::SealError error) {
    size_t sealing = 0;  // so many seal
    size_t failing = roots.size();
    while (failing - sealing > 1) {
        const size_t middle = sealing + (failing - sealing) / 2;
        if (auto why = TRY(why_not_sealed(roots.first(middle)))) {
            failing = middle;
            error = std::move(*why);
        } else {
            sealing = middle;
        }
    }
    if (sealing == 0) return Culprit{0, std::move(error)};
    return Culprit{sealing, TRY(why_not_sealed(roots.subspan(sealing, 1)))};
}

Result<std::optional<builder::SealError>, SettleError> Node::why_not_sealed(
    std::span<const Waiting> roots) {
    auto scope = TRY(open_on_followed(options_of_turn()));
    return reading([&]() -> Result<std::optional<builder::SealError>, SettleError> {
        for (const auto& root : roots)
            if (!add(scope, root.root)) return std::nullopt;  // it needs those before it
        auto rehearsed = scope.rehearse();
        if (rehearsed || !may_be_of_a_root(rehearsed.error().rule)) return std::nullopt;
        return std::move(rehearsed.error());
    });
}

void Node::drop(Waiting root, builder::SealError error, Turn& turn) {
    known_bad_.set(root.identity, {});
    if (root.sender) senders_back_off_.add(*root.sender, turn_);
    std::erase_if(waiting_, [&](const Waiting& other) { return other.identity == root.identity; });
    turn.dropped.emplace_back(std::move(root.root), std::move(error));
}

void Node::run(const std::function<bool(const Turn&)>& next) {
    while (next(step())) {
    }
}

// ---- attester

Result<prover::Attestation, prover::Disagreement> Node::attest(
    BytesView proof_input, const std::optional<Address>& requester) {
    CHECK(attester_.has_value());
    auto attestation = attester_->attest(proof_input, requester);
    reconcile();  // it follows L1
    return attestation;
}

}  // namespace scope::node
