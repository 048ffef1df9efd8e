#include "rollup/follower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <unordered_set>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"

namespace scope::rollup {

namespace {

constexpr std::array<std::string_view, FOLLOW_RULE_COUNT> RULE_NAMES{
    "l1_unreachable",
    "l1_unsteady",
    "bad_l1_data",
    "missing_data",
    "bad_batch",
    "refused_batch",
    "wrong_batch_number",
    "wrong_parent_block",
    "wrong_last_block_hash",
    "wrong_streams",
    "wrong_forced_queue_position",
    "pruned_state",
};
static_assert(!RULE_NAMES.back().empty());

/// The number of times that reading begins again where L1 is reorganised meanwhile.
constexpr int MAX_ATTEMPTS = 8;
/// Executions of its own that a node remembers for a rollup: a few versions of the next batch.
constexpr size_t MAX_REMEMBERED = 8;

FollowError make_error(FollowRule rule, uint64_t l1_block, std::string detail) {
    FollowError error;
    error.rule = rule;
    error.l1_block = l1_block;
    error.detail = std::move(detail);
    return error;
}

std::unexpected<FollowError> refuse(FollowRule rule, uint64_t l1_block, std::string detail) {
    return std::unexpected{make_error(rule, l1_block, std::move(detail))};
}

std::unexpected<FollowError> unreachable(l1::L1Error error, uint64_t l1_block) {
    return refuse(FollowRule::l1_unreachable, l1_block, l1::to_string(error));
}

std::string differ(const Hash& settled, const Hash& own) {
    return fmt::format("settled {}, own {}", to_hex(settled), to_hex(own));
}

/// Returns the reason why a batch doesn't derive as that for which its rollup stops.
FollowError stop_of(const DerivationError& error, uint64_t next_batch, uint64_t l1_block) {
    const bool missing =
        error.rule == DerivationRule::missing_blob || error.rule == DerivationRule::wrong_blob;
    auto stop = make_error(missing ? FollowRule::missing_data : FollowRule::bad_batch, l1_block,
                           to_string(error));
    stop.chain_id = error.chain_id;
    stop.batch_number = next_batch;
    stop.derivation = error;
    return stop;
}

const protocol::SettlementId& settlement_of(const std::vector<RollupConfig>& rollups) {
    CHECK(!rollups.empty());
    return rollups[0].settlement;
}

/// Returns the events in L1 blocks after @p after up to @p up_to.
std::span<const RollupEvent> events_between(const std::vector<RollupEvent>& events, uint64_t after,
                                            uint64_t up_to) {
    if (up_to <= after) return {};
    const auto first = std::ranges::upper_bound(events, after, {}, &RollupEvent::l1_block);
    const auto last = std::ranges::upper_bound(events, up_to, {}, &RollupEvent::l1_block);
    return {first, last};
}

/// Returns the chains that they are about, ascending.
std::vector<ChainId> chains_between(const std::vector<RollupEvent>& events, uint64_t after,
                                    uint64_t up_to) {
    std::vector<ChainId> chain_ids;
    for (const auto& event : events_between(events, after, up_to))
        chain_ids.push_back(event.chain_id);
    std::ranges::sort(chain_ids);
    return chain_ids;
}

/// The first field in which an execution differs from what settled, if any.
std::optional<FollowError> difference(const protocol::BatchClaim& claim,
                                      const BatchExecution& executed) {
    const auto differs = [](FollowRule rule, std::string detail) {
        return make_error(rule, 0, std::move(detail));
    };
    if (claim.last_block_hash != executed.last_block_hash)
        return differs(FollowRule::wrong_last_block_hash,
                       differ(claim.last_block_hash, executed.last_block_hash));
    if (claim.remotes != executed.remotes)
        return differs(FollowRule::wrong_streams, "streams, values or limits differ");
    if (claim.forced_queue_position != uint256{executed.forced_queue_position})
        return differs(FollowRule::wrong_forced_queue_position,
                       fmt::format("settled {}, own {}", to_decimal(claim.forced_queue_position),
                                   executed.forced_queue_position));
    return std::nullopt;
}

}  // namespace

std::string_view to_string(FollowRule rule) noexcept {
    return RULE_NAMES[static_cast<size_t>(rule)];
}

std::string to_string(const FollowError& error) {
    std::string text = fmt::format("L1 block {}", error.l1_block);
    if (error.chain_id)
        text += fmt::format(", chain {}, batch {}", *error.chain_id, error.batch_number);
    text += fmt::format(": {}", to_string(error.rule));
    if (!error.detail.empty()) text += ": " + error.detail;
    return text;
}

Follower::Follower(const l1::L1Source& l1, std::vector<RollupConfig> rollups, uint64_t first_block,
                   std::shared_ptr<store::NodeDatabase> database)
    : source_(l1),
      database_(database ? std::move(database) : std::make_shared<store::NodeDatabase>()),
      settlement_(settlement_of(rollups)),
      first_block_(first_block),
      rows_(database_->rows(), settlement_.l1_chain_id) {
    for (auto& config : rollups) {
        CHECK(config.settlement == settlement_);
        const ChainId chain_id = config.chain_id();
        auto chain = database_->open_chain(config.spec, config.genesis);
        const bool is_new = rollups_
                                .emplace(chain_id, Rollup{.config = std::move(config),
                                                          .chain = std::move(chain),
                                                          .history = {}})
                                .second;
        CHECK(is_new);
    }
    rows_.require_network(settlement_.settlement, first_block_, chain_ids());
    load_l1();
    for (auto& [chain_id, rollup] : rollups_) {
        load(chain_id, rollup);
        rollup.stopped = rows_.stop(chain_id);
        // Behind it only if it ended while it went back.
        const Hash& head = rollup.history.back().head;
        const bool is_pruned = rollup.stopped && rollup.stopped->rule == FollowRule::pruned_state;
        if (!is_pruned && rollup.chain.head()->hash != head) rollup.chain.set_head(head);
    }
    database_->commit();
}

std::vector<ChainId> Follower::chain_ids() const {
    const auto ids = rollups_ | std::views::keys;
    return {ids.begin(), ids.end()};
}

// ---- rows

void Follower::load_l1() {
    labels_ = rows_.labels();
    events_ = rows_.events();
    l1_.clear();
    const auto last = rows_.last_block();
    if (!last) return;
    l1_.push_front(*last);
    while (l1_.front().id.number > std::max(labels_.finalized, first_block_)) {
        const auto before = rows_.block(l1_.front().id.number - 1);
        if (!before) break;
        l1_.push_front(*before);
    }
}

void Follower::load(ChainId chain_id, Rollup& rollup) {
    rollup.history = rows_.positions(chain_id, labels_.finalized);
    const auto& genesis = rollup.config.genesis;
    const auto is_final = [&](const Position& at) { return at.l1_block <= labels_.finalized; };
    if (std::ranges::count_if(rollup.history, is_final) < FollowerRows::FINAL_POSITIONS)
        rollup.history.insert(
            rollup.history.begin(),
            Position{.head = rollup.chain.store().canonical_block(genesis.number)->hash,
                     .head_number = genesis.number});
    rollup.upgrades = rows_.upgrades(chain_id);
    const auto closed = std::ranges::find(events_.closed, chain_id, &RollupEvent::chain_id);
    rollup.closed_at =
        closed == events_.closed.end() ? std::nullopt : std::optional{closed->l1_block};
    const uint64_t position = head(chain_id, Label::finalized).position.forced_queue_position;
    rollup.forced_queue = {rows_.queue(chain_id, position)};
    rollup.chain.keep_states(head(chain_id, Label::finalized).position.head_number);
}

void Follower::set_stopped(Rollup& rollup, std::optional<FollowError> stopped) {
    rows_.put_stop(rollup.config.chain_id(), stopped);
    rollup.stopped = std::move(stopped);
}

// ---- reading

uint64_t Follower::Rollup::batches_of(uint64_t l1_block) const {
    if (history.size() == 1 || history.back().l1_block != l1_block) return 0;
    return next_batch() - history[history.size() - 2].next_batch;
}

const Follower::Rollup* Follower::rollup(ChainId chain_id) const noexcept {
    const auto found = rollups_.find(chain_id);
    return found != rollups_.end() ? &found->second : nullptr;
}

Follower::Head Follower::head(ChainId chain_id, Label label) const {
    const auto* const known = rollup(chain_id);
    CHECK(known != nullptr);
    const auto& history = known->history;
    const auto& stopped = known->stopped;
    if (label == Label::latest) return {history.back(), stopped};
    const uint64_t l1_block = label == Label::safe ? labels_.safe : labels_.finalized;
    const auto after = std::ranges::upper_bound(history, l1_block, {}, &Position::l1_block);
    return {after == history.begin() ? history.front() : *std::prev(after), stopped};
}

std::optional<FollowedBlock> Follower::l1_block(uint64_t number) const {
    if (number < first_block_ || number >= next_l1_block()) return std::nullopt;
    const uint64_t first = l1_.front().id.number;
    if (number < first) return rows_.block(number);
    return l1_[static_cast<size_t>(number - first)];
}

bool Follower::can_go_back_to(uint64_t l1_block) const {
    return std::ranges::all_of(rollups_, [&](const auto& each) {
        const auto& [chain_id, rollup] = each;
        const auto position = rows_.position(chain_id, l1_block);
        const auto& store = rollup.chain.store();
        const Hash head =
            position ? position->head : store.canonical_block(rollup.config.genesis.number)->hash;
        return store.state(head) != nullptr;
    });
}

std::optional<L1Origins::Origin> Follower::l1_origin(uint64_t number) const {
    const auto block = l1_block(number);
    if (!block) return std::nullopt;
    return Origin{block->id.hash, block->timestamp_s};
}

std::vector<ChainId> Follower::registered(uint64_t after, uint64_t up_to) const {
    CHECK(up_to <= after || up_to < next_l1_block());
    return chains_between(events_.registered, after, up_to);
}

std::vector<ChainId> Follower::closed(uint64_t after, uint64_t up_to) const {
    CHECK(up_to <= after || up_to < next_l1_block());
    return chains_between(events_.closed, after, up_to);
}

uint64_t Follower::chains_changed(uint64_t after, uint64_t up_to) const {
    CHECK(up_to < next_l1_block());
    return events_between(events_.registered, after, up_to).size() +
           events_between(events_.closed, after, up_to).size();
}

std::optional<Bytes> Follower::upgrade(ChainId chain_id, uint64_t after, uint64_t up_to) const {
    const auto* const known = rollup(chain_id);
    CHECK(known != nullptr);
    for (const auto& [l1_block, code] : known->upgrades | std::views::reverse)
        if (l1_block > after && l1_block <= up_to) return code;
    return std::nullopt;
}

const QueuedEntry* Follower::forced_entry(ChainId chain_id, uint64_t index) const {
    const auto* const known = rollup(chain_id);
    if (known == nullptr) return nullptr;
    const auto& queue = known->forced_queue;
    if (index < queue.first || index >= queue.length()) return nullptr;
    return &queue.entries[static_cast<size_t>(index - queue.first)];
}

BatchOptions Follower::options_for(const Rollup& rollup) const noexcept {
    BatchOptions options;
    options.l1 = this;
    options.parent_l1_origin_number = rollup.l1_origin_number();
    options.parent_forced_queue_position = rollup.forced_queue_position();
    return options;
}

// ---- following

Result<Followed, FollowError> Follower::advance() {
    Followed followed;
    for (int attempt = 0; attempt < MAX_ATTEMPTS; ++attempt) {
        const auto heads = source_.heads();
        if (!heads) return unreachable(heads.error(), next_l1_block());
        if (!TRY(unwind(heads->latest, followed))) continue;
        if (!TRY(read_up_to(heads->latest.number, followed))) continue;
        set_labels(*heads);
        followed.batches += TRY(try_missing_data_again());
        database_->commit();
        return followed;
    }
    return refuse(FollowRule::l1_unsteady, next_l1_block(),
                  fmt::format("no block {} on the one followed before, tried {} times",
                              next_l1_block(), MAX_ATTEMPTS));
}

Result<bool, FollowError> Follower::read_up_to(uint64_t head, Followed& followed) {
    while (next_l1_block() <= head) {
        const uint64_t number = next_l1_block();
        const auto block = source_.block(number);
        if (!block) return unreachable(block.error(), number);
        if (*block == nullptr) return false;
        const auto& header = (*block)->header();
        if (header.number != number)
            return refuse(FollowRule::bad_l1_data, number,
                          fmt::format("its header says {}", header.number));
        if (!l1_.empty() && header.parent_hash != l1_.back().id.hash) return false;
        followed.batches += TRY(follow_whole(**block));
        database_->begin_commit();
    }
    return true;
}

Result<size_t, FollowError> Follower::follow_whole(const chain::StoredBlock& block) {
    try {
        const size_t batches = TRY(follow(block, [](const Rollup&) { return true; }));
        note_events(block);
        return batches;
    } catch (...) {
        // Nothing of it may be committed: who goes on follows it again.
        unwind_to(block.header().number);
        throw;
    }
}

void Follower::note_events(const chain::StoredBlock& block) {
    auto events = rollup_events(block, settlement_,
                                [this](ChainId chain_id) { return rollup(chain_id) != nullptr; });
    const uint64_t number = block.header().number;
    const auto of = [this](const uint256& chain_id) -> auto& {
        return *rollups_.find(ChainId::from(chain_id).value());
    };
    for (auto& upgraded : events.upgrades) {
        auto& [chain_id, rollup] = of(upgraded.chain_id);
        rollup.upgrades.push_back({number, std::move(upgraded.code)});
        rows_.put_upgrade(chain_id, rollup.upgrades.back());
    }
    for (auto& [id, index, entry] : events.queued) {
        auto& [chain_id, rollup] = of(id);
        auto& queue = rollup.forced_queue;
        // The contract gives no other index.
        if (index != queue.length()) continue;
        queue.entries.push_back({index, number, std::move(entry)});
        rows_.put_entry(chain_id, queue.entries.back());
    }
    for (const ChainId chain_id : events.closed)
        if (const auto found = rollups_.find(chain_id); found != rollups_.end())
            found->second.closed_at = number;
    for (const ChainId chain_id : events.registered)
        events_.registered.push_back({number, chain_id});
    for (const ChainId chain_id : events.closed) events_.closed.push_back({number, chain_id});
    rows_.put_events(number, events.registered, events.closed);
    l1_.push_back({{number, block.hash}, block.header().timestamp_s});
    rows_.put(l1_.back());
}

Result<size_t, FollowError> Follower::follow(const chain::StoredBlock& block,
                                             const std::function<bool(const Rollup&)>& wanted) {
    const uint64_t number = block.header().number;
    const auto scopes = derive_scopes(source_, block, settlement_, [&](ChainId chain_id) {
        const auto* const known = rollup(chain_id);
        return known != nullptr && wanted(*known);
    });
    if (!scopes) {
        const bool is_unreachable = scopes.error().rule == DerivationRule::unreachable;
        auto error =
            make_error(is_unreachable ? FollowRule::l1_unreachable : FollowRule::bad_l1_data,
                       number, to_string(scopes.error()));
        error.derivation = scopes.error();
        return std::unexpected{std::move(error)};
    }
    // A rollup that stopped in the middle of the block has its first ones already.
    std::map<ChainId, uint64_t> to_pass_over;
    for (const auto& [chain_id, rollup] : rollups_)
        to_pass_over[chain_id] = rollup.batches_of(number);
    size_t applied = 0;
    for (const auto& scope : *scopes) {
        for (const auto& batch : scope.batches) {
            auto& rollup = rollups_.at(batch ? batch->batch.chain_id : *batch.error().chain_id);
            if (rollup.stopped) continue;
            if (auto& left = to_pass_over[rollup.config.chain_id()]; left > 0) {
                --left;
                continue;
            }
            if (!batch)
                set_stopped(rollup, stop_of(batch.error(), rollup.next_batch(), number));
            else if (auto applying = apply(rollup, *batch, number); !applying)
                set_stopped(rollup, std::move(applying.error()));
            else
                ++applied;
        }
    }
    return applied;
}

Result<void, FollowError> Follower::apply(Rollup& rollup, const DerivedBatch& derived,
                                          uint64_t l1_block) {
    // It is there but if going back, below, was cut short too.
    rollup.chain.set_head(rollup.history.back().head);
    auto executed = execute(rollup, derived);
    if (!executed) {
        auto error = std::move(executed.error());
        error.l1_block = l1_block;
        error.chain_id = rollup.config.chain_id();
        error.batch_number = derived.batch.number;
        return std::unexpected{std::move(error)};
    }
    const Position after{.l1_block = l1_block,
                         .head = executed->last_block_hash,
                         .head_number = derived.batch.first_block + derived.batch.blocks.size() - 1,
                         .next_batch = derived.batch.number + 1,
                         .l1_origin_number = derived.batch.blocks.back().l1_origin_number,
                         .forced_queue_position = executed->forced_queue_position};
    // The whole batch or nothing of it, whatever throws: the head is where the history ends.
    try {
        adopt_batch(rollup.chain, rollup.config, derived.batch, options_for(rollup),
                    std::move(*executed));
        // Several batches in one L1 block are one step: it is undone as a whole.
        if (rollup.history.size() > 1 && rollup.history.back().l1_block == l1_block)
            rollup.history.back() = after;
        else
            rollup.history.push_back(after);
        rows_.put_position(rollup.config.chain_id(), after);
    } catch (...) {
        rollup.chain.set_head(rollup.history.back().head);
        throw;
    }
    return {};
}

Result<BatchExecution, FollowError> Follower::execute(Rollup& rollup, const DerivedBatch& derived) {
    if (derived.batch.number != rollup.next_batch())
        return refuse(FollowRule::wrong_batch_number, 0,
                      fmt::format("settled {}, own {}", derived.batch.number, rollup.next_batch()));
    const auto head = rollup.chain.head();
    if (derived.claim.parent_block_hash != head->hash)
        return refuse(FollowRule::wrong_parent_block, 0,
                      differ(derived.claim.parent_block_hash, head->hash));
    const auto refuse_batch = [](BatchRefusal refusal) {
        auto error = refuse(FollowRule::refused_batch, 0, to_string(refusal));
        error.error().batch = std::move(refusal);
        return error;
    };
    auto options = options_for(rollup);
    options.max_kept_bytes = MAX_KEPT_BYTES;
    auto executed = recall(rollup, derived.batch);
    if (executed) {
        // L1 may be another one than when it was executed.
        if (auto form = check_form(rollup.config, derived.batch, head->header(), options); !form)
            return refuse_batch(std::move(form.error()));
    } else {
        auto fresh = execute_batch(rollup.chain, rollup.config, derived.batch, options);
        if (!fresh) return refuse_batch(std::move(fresh.error()));
        executed = std::move(*fresh);
    }
    if (auto differs = difference(derived.claim, *executed))
        return std::unexpected{std::move(*differs)};
    return std::move(*executed);
}

Result<size_t, FollowError> Follower::try_missing_data_again() {
    size_t applied = 0;
    for (auto& [chain_id, rollup] : rollups_) {
        if (!rollup.stopped || rollup.stopped->rule != FollowRule::missing_data) continue;
        const auto stopped = *rollup.stopped;
        for (uint64_t number = stopped.l1_block; number < next_l1_block(); ++number) {
            // Unless it gets beyond this block, it is from here that it goes on later.
            auto waits = stopped;
            waits.l1_block = number;
            waits.batch_number = rollup.next_batch();
            set_stopped(rollup, std::move(waits));
            const auto block = source_.block(number);
            if (!block) return unreachable(block.error(), number);
            if (*block == nullptr || (*block)->hash != l1_block(number)->id.hash) break;
            const auto waiting = rollup.stopped;
            set_stopped(rollup, std::nullopt);
            const auto followed =
                follow(**block, [&](const Rollup& any) { return &any == &rollup; });
            if (!followed) {
                set_stopped(rollup, waiting);
                return std::unexpected{followed.error()};
            }
            applied += *followed;
            if (rollup.stopped) break;
        }
    }
    return applied;
}

// ---- going back

Result<bool, FollowError> Follower::unwind(const l1::L1BlockId& head, Followed& followed) {
    const uint64_t before = next_l1_block();
    uint64_t next = before;
    for (; next > first_block_; --next) {
        const auto last = l1_block(next - 1)->id;
        if (last == head) break;
        if (last.number >= head.number) continue;
        const auto block = source_.block(last.number);
        if (!block) return unreachable(block.error(), last.number);
        if (*block == nullptr) return false;  // below its head: nothing is known
        if ((*block)->hash == last.hash) break;
    }
    if (next < before) unwind_to(next);
    followed.unwound += before - next;
    return true;
}

void Follower::unwind_to(uint64_t next) {
    rows_.erase_from(next, chain_ids());
    for (auto* const label : {&labels_.safe, &labels_.finalized})
        if (*label >= next) *label = next == 0 ? 0 : next - 1;
    rows_.put(labels_);
    load_l1();
    for (auto& [chain_id, rollup] : rollups_) {
        load(chain_id, rollup);
        if (rollup.stopped && rollup.stopped->l1_block >= next) set_stopped(rollup, std::nullopt);
    }
    // A head that is left behind, if one before it throws, is set with the rollup's next batch.
    for (auto& [chain_id, rollup] : rollups_) {
        const Hash head = rollup.history.back().head;
        if (rollup.chain.head()->hash == head) continue;
        note_undone(rollup);
        if (rollup.chain.store().state(head) != nullptr) {
            rollup.chain.set_head(head);
            continue;
        }
        auto stopped = make_error(
            FollowRule::pruned_state, next == 0 ? 0 : next - 1,
            fmt::format("L1 gave up blocks from {} on, which it had called final, and the state of "
                        "block {} isn't kept: follow L1 from the beginning in another folder",
                        next, rollup.history.back().head_number));
        stopped.chain_id = chain_id;
        stopped.batch_number = rollup.next_batch();
        set_stopped(rollup, std::move(stopped));
    }
}

/// Before the chain's head goes back to where its history ends.
void Follower::note_undone(Rollup& rollup) {
    std::vector<chain::StoredBlockPtr> blocks;
    for (auto block = rollup.chain.head(); block->hash != rollup.history.back().head;
         block = rollup.chain.store().block(block->header().parent_hash))
        blocks.push_back(block);
    // Before what was undone earlier, which stood on them or beside them; each once, so that L1
    // going back and forth doesn't make it longer.
    const auto before = std::exchange(rollup.undone, {});
    std::unordered_set<Hash> known;
    const auto add = [&](const chain::TransactionPlace& place) {
        if (known.insert(place.block->transaction_hashes[place.index]).second)
            rollup.undone.push_back(place);
    };
    for (const auto& block : blocks | std::views::reverse)
        for (size_t i = 0; i < block->block.transactions.size(); ++i)
            if (block->block.transactions[i].type != TxType::system) add({block, i});
    std::ranges::for_each(before, add);
}

std::vector<Transaction> Follower::take_undone(ChainId chain_id) {
    const auto found = rollups_.find(chain_id);
    CHECK(found != rollups_.end());
    auto& rollup = found->second;
    std::vector<Transaction> transactions;
    for (const auto& [block, index] : std::exchange(rollup.undone, {}))
        if (!rollup.chain.store().transaction(block->transaction_hashes[index]))
            transactions.push_back(block->block.transactions[index]);
    return transactions;
}

void Follower::set_labels(const l1::L1Heads& heads) {
    const auto before = labels_;
    const auto set = [this](uint64_t& label, const l1::L1BlockId& block) {
        const auto followed = l1_block(block.number);
        if (block.number < first_block_ || (followed && followed->id == block))
            label = block.number;
    };
    set(labels_.safe, heads.safe);
    set(labels_.finalized, heads.finalized);
    if (labels_ != before) rows_.put(labels_);
    if (labels_.finalized < before.finalized) {
        // L1 gave up what it had called final, and more than what is in memory may be undone.
        load_l1();
        for (auto& [chain_id, rollup] : rollups_) load(chain_id, rollup);
    }
    while (l1_.size() > 1 && l1_.front().id.number < labels_.finalized) l1_.pop_front();
    for (auto& [chain_id, rollup] : rollups_) {
        forget_final(rollup);
        forget_taken(rollup);
    }
}

void Follower::forget_final(Rollup& rollup) const {
    auto& history = rollup.history;
    const auto after =
        std::ranges::upper_bound(history, labels_.finalized, {}, &Position::l1_block);
    constexpr auto KEPT = FollowerRows::FINAL_POSITIONS;
    if (after - history.begin() > KEPT) history.erase(history.begin(), after - KEPT);
    rollup.chain.keep_states(head(rollup.config.chain_id(), Label::finalized).position.head_number);
}

/// Forgets the entries that no batch can take any more unless L1 gives up what is final.
void Follower::forget_taken(Rollup& rollup) const {
    auto& queue = rollup.forced_queue;
    const auto& stopped = rollup.stopped;
    const bool is_over = stopped && stopped->rule != FollowRule::missing_data &&
                         stopped->l1_block <= labels_.finalized;
    const uint64_t kept_from =
        is_over ? queue.length()
                : head(rollup.config.chain_id(), Label::finalized).position.forced_queue_position;
    for (; queue.first < kept_from && !queue.entries.empty(); ++queue.first)
        queue.entries.pop_front();
}

// ---- what this node itself executed

void Follower::remember(const Batch& batch, BatchExecution execution) {
    const auto found = rollups_.find(batch.chain_id);
    if (found == rollups_.end()) return;
    auto& executed = found->second.executed;
    Executed latest{crypto::keccak256(encode(batch)), std::move(execution), 0};
    for (const auto& sealed : latest.execution.blocks)
        latest.size_bytes += chain::size_in_memory(sealed.block);
    if (latest.execution.blocks.empty() || latest.size_bytes > MAX_KEPT_BYTES) return;
    // The same one once more takes no second place.
    std::erase_if(executed, [&](const Executed& each) {
        return each.is_of(latest.batch_hash, latest.execution.parent_block_hash);
    });
    executed.push_back(std::move(latest));

    size_t size_bytes = 0;
    for (const auto& each : executed) size_bytes += each.size_bytes;
    for (; executed.size() > MAX_REMEMBERED || size_bytes > MAX_KEPT_BYTES; executed.pop_front())
        size_bytes -= executed.front().size_bytes;
}

std::optional<BatchExecution> Follower::recall(Rollup& rollup, const Batch& batch) {
    auto& executed = rollup.executed;
    if (executed.empty()) return std::nullopt;
    const Hash hash = crypto::keccak256(encode(batch));
    const auto found = std::ranges::find_if(executed, [&](const Executed& each) {
        return each.is_of(hash, rollup.chain.head()->hash);
    });
    if (found == executed.end()) return std::nullopt;
    auto execution = std::move(found->execution);
    executed.erase(found);
    return execution;
}

}  // namespace scope::rollup
