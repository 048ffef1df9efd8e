#include "service/builder_network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "execution/transaction.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"
#include "state/unavailable.hpp"

namespace scope::service {

namespace {

using rpc::RpcError;

/// L1 had another head a moment ago: it is looked at again after so long.
constexpr uint64_t MOVED_ON_MS = 200;
/// Most L1 blocks that are followed in one commit.
constexpr uint64_t MAX_HELD_BLOCKS = 256;

RpcError cant_read(const std::string& why) {
    return {rpc::SERVER_ERROR, "L1 can't be read: " + why, {}};
}

std::unexpected<RpcError> refuse(std::string message) {
    return std::unexpected{RpcError{rpc::SERVER_ERROR, std::move(message), {}}};
}

/// Returns what @p work does, a Result of RpcError; one that says so where L1 can't be read.
template <typename Work>
std::invoke_result_t<Work> reading(const Work& work) {
    try {
        return work();
    } catch (const state::Unavailable& error) {
        return std::unexpected{cant_read(error.what())};
    }
}

/// Returns what @p work does; throws RpcFailure where L1 can't be read.
template <typename Work>
std::invoke_result_t<Work> reading_or_failing(const Work& work) {
    try {
        return work();
    } catch (const state::Unavailable& error) {
        throw rpc::RpcFailure{cant_read(error.what())};
    }
}

node::Components with(node::Components components, std::shared_ptr<store::NodeDatabase> database) {
    components.database = std::move(database);
    return components;
}

std::map<ChainId, ServedChain> serve(const node::Node& node, const L1Now& l1,
                                     pool::PoolOptions options) {
    options.notes_changes = true;
    std::map<ChainId, ServedChain> chains;
    for (const auto& rollup : node.network().rollups)
        chains.try_emplace(rollup.chain_id(), rollup.chain_id(), l1, node, options);
    return chains;
}

std::vector<Address> contracts_on(ChainId chain_id,
                                  std::span<const rpc::Network::NamedContract> contracts) {
    std::vector<Address> addresses;
    for (const auto& contract : contracts)
        if (contract.chain_id == chain_id) addresses.push_back(contract.address);
    return addresses;
}

/// Returns whether the blocks have anything that somebody waits for.
bool are_worth_settling(const builder::UnsettledBlocks& unsettled) {
    return std::ranges::any_of(unsettled, [](const auto& of_rollup) {
        return std::ranges::any_of(of_rollup.second, [](const auto& block) {
            return builder::is_awaited_by_user(*block);
        });
    });
}

}  // namespace

BuilderNetwork::BuilderNetwork(node::Network network, node::Components components,
                               BuilderNetworkOptions options)
    : options_(std::move(options)),
      source_(components.source),
      database_(components.database ? components.database
                                    : std::make_shared<store::NodeDatabase>()),
      hold_(std::in_place, *database_),
      l1_id_(network.contracts.settlement.l1_chain_id),
      scope_rows_(database_->rows(), l1_id_),
      pool_rows_(database_->rows(), l1_id_),
      node_(std::move(network), with(components, database_)),
      l1_now_(components.builder ? components.builder->view : nullptr),
      chains_(serve(node_, l1_now_, options_.pool)),
      refusals_(herald_, &pool_rows_),
      scopes_(node_.network().contracts.settlement.settlement, scope_rows_),
      operations_(l1_now_, node_.network().contracts.settlement, refusals_, &pool_rows_),
      door_(l1_now_, node_, contracts_on(l1_id_, options_.contracts)),
      unserved_(l1_now_, node_),
      queue_({.node = node_,
              .door = door_,
              .rollups = served(),
              .operations = operations_,
              .refusals = refusals_,
              .scopes = scopes_,
              .herald = herald_}) {
    CHECK(components.builder.has_value());
    CHECK(options_.clock_ms != nullptr && options_.settle_after_blocks > 0);
}

BuilderNetwork::~BuilderNetwork() = default;

ServedChain* BuilderNetwork::find(ChainId chain_id) {
    const auto found = chains_.find(chain_id);
    return found == chains_.end() ? nullptr : &found->second;
}

std::vector<ServedChain*> BuilderNetwork::served() {
    std::vector<ServedChain*> served;
    for (auto& [id, chain] : chains_) served.push_back(&chain);
    return served;
}

std::optional<l1::L1BlockId> BuilderNetwork::followed_head() const {
    const uint64_t next = node_.follower().next_l1_block();
    const auto followed = next == 0 ? std::nullopt : node_.follower().l1_block(next - 1);
    return followed ? std::optional{followed->id} : std::nullopt;
}

bool BuilderNetwork::is_ready() const {
    return is_loaded_ && is_at_head_;
}

std::string BuilderNetwork::trouble() const {
    return cant_follow_.empty() ? queue_.stalled() : cant_follow_;
}

// ---- when

void BuilderNetwork::tick() {
    const uint64_t now = options_.clock_ms();
    const auto is_due = [now](const std::optional<uint64_t>& at) { return at && now >= *at; };
    const bool looks =
        std::exchange(has_new_head_, false) || is_due(retry_at_ms_) || is_due(look_at_ms_);
    has_work_ = false;
    if (looks) {
        retry_at_ms_.reset();
        look_at_ms_.reset();
    }
    try {
        if (looks) follow();
        if (is_ready()) {
            build_blocks(now);
            settle(now, looks);
        }
    } catch (const state::Unavailable& error) {
        fall_behind({l1::L1Error::unreachable, error.what()});
    }
    finish();
}

std::optional<uint64_t> BuilderNetwork::settles_at_ms() const {
    if (!unsettled_since_ms_ || options_.settle_after_ms == 0) return std::nullopt;
    return *unsettled_since_ms_ + options_.settle_after_ms;
}

std::optional<uint64_t> BuilderNetwork::ms_to_next_tick() const {
    if (has_new_head_ || (has_work_ && is_ready() && !retry_at_ms_)) return 0;
    auto at = retry_at_ms_;
    const auto earlier = [&](uint64_t time) { at = std::min(at.value_or(time), time); };
    if (look_at_ms_) earlier(*look_at_ms_);
    if (is_ready() && !node_.in_flight() && !retry_at_ms_) {
        if (const auto settles = settles_at_ms()) earlier(*settles);
        for (const auto& [id, time] : next_block_at_ms_) earlier(time);
    }
    if (!at) return std::nullopt;
    const uint64_t now = options_.clock_ms();
    return *at > now ? *at - now : 0;
}

void BuilderNetwork::fail(std::string reason) {
    herald_.tell_trouble(std::move(reason));
    retry_at_ms_ = options_.clock_ms() + options_.retry_ms;
}

void BuilderNetwork::look_soon(uint64_t ms) {
    const uint64_t at = options_.clock_ms() + ms;
    look_at_ms_ = std::min(look_at_ms_.value_or(at), at);
}

void BuilderNetwork::note_work() {
    has_work_ = true;
    if (options_.on_work) options_.on_work();
}

void BuilderNetwork::fall_behind(const l1::L1Error& why) {
    is_at_head_ = false;
    // It has moved on meanwhile, which is no trouble.
    if (why == l1::L1Error::reorganised) return look_soon(MOVED_ON_MS);
    fall_behind(to_string(why.rule), to_string(why));
}

void BuilderNetwork::fall_behind(std::string_view rule, std::string reason) {
    is_at_head_ = false;
    cant_follow_ = std::move(reason);
    // Each block that isn't there yet is the same trouble.
    if (std::exchange(behind_by_, rule) != rule) return fail(cant_follow_);
    retry_at_ms_ = options_.clock_ms() + options_.retry_ms;
}

// ---- heads

void BuilderNetwork::follow() {
    const auto heads = source_->heads();
    if (!heads) return fall_behind(heads.error());
    // From far behind it commits on its way, unless a reorganisation has undone what was promised.
    const auto last = followed_head();
    if (heads->latest.number > node_.follower().next_l1_block() + MAX_HELD_BLOCKS && last) {
        const auto block = source_->block(last->number);
        if (block && *block != nullptr && (*block)->hash == last->hash) hold_.reset();
    }
    const auto followed = node_.follow();
    if (!hold_) hold_.emplace(*database_);
    if (!followed)
        return fall_behind(to_string(followed.error().rule), to_string(followed.error()));
    finalized_ = heads->finalized.number;
    cant_follow_.clear();
    is_at_head_ =
        !options_.l1_head_number || node_.follower().next_l1_block() > options_.l1_head_number();
    moved();
    if (cant_follow_.empty()) behind_by_.clear();
}

void BuilderNetwork::moved() {
    door_.heads_moved();
    Herald::News news;
    if (const auto noted = note_scopes(news); !noted)
        fall_behind(noted.error());
    else if (const auto gone = l1_now_.go_on_to(node_); !gone)
        fall_behind(gone.error());
    herald_.note({.changes = {}, .scopes = std::move(news.scopes)});
    // Before L1's head is known nothing can be said of what waits.
    if (l1_now_.is_known()) {
        try {
            if (is_at_head_ && !is_loaded_) load();
            if (is_loaded_) update_pools();
            if (is_loaded_ && is_at_head_) operations_.update(scopes_, finalized_);
        } catch (const state::Unavailable& error) {
            fall_behind({l1::L1Error::unreachable, error.what()});
        }
    }
    for (const auto& [chain_id, reason, blocks] : node_.take_dropped())
        if (!node_.follower().rollup(chain_id)->closed_at)
            herald_.tell_trouble(fmt::format(
                "chain {}: {} dropped: {}", chain_id.number(),
                blocks.size() == 1 ? "1 block was" : fmt::format("{} blocks were", blocks.size()),
                reason));
    if (!are_worth_settling(node_.unsettled()))
        unsettled_since_ms_.reset();
    else if (!unsettled_since_ms_)
        unsettled_since_ms_ = options_.clock_ms();
    Herald::News blocks;
    for (auto& [id, chain] : chains_)
        if (auto changes = chain.take_changes(); !changes.empty())
            blocks.changes.emplace_back(id, std::move(changes));
    herald_.note(std::move(blocks));
}

void BuilderNetwork::update_pools() {
    for (auto& [id, chain] : chains_) {
        if (node_.follower().rollup(id)->closed_at) leave_out(chain);
        queue_.update_pool(chain);
    }
    take_back_undone();
}

void BuilderNetwork::take_back_undone() {
    for (auto& [id, chain] : chains_) {
        const auto undone = node_.take_undone(id);
        if (is_loaded_)
            for (const auto& transaction : undone) queue_.give_back(chain, transaction);
        else
            pool_rows_.add_transactions(id, undone);
    }
}

void BuilderNetwork::load() {
    operations_.load(scopes_);
    for (auto& [id, chain] : chains_) {
        const auto& store = chain.chain().store();
        for (const auto& transaction : pool_rows_.take_transactions(id))
            if (const Hash known = hash(transaction);
                !store.transaction(known) && chain.pool()->find(known) == nullptr)
                queue_.give_back(chain, transaction);
    }
    is_loaded_ = true;
    has_work_ = true;
}

uint64_t BuilderNetwork::first_not_noted() const {
    const uint64_t first = node_.network().first_l1_block;
    const auto is_canonical = [&](const l1::L1BlockId& block) {
        const auto followed = node_.follower().l1_block(block.number);
        return followed && followed->id == block;
    };
    const auto told = scope_rows_.told();
    if (!told) return first;
    if (is_canonical(*told)) return told->number + 1;
    // A branch that is no more: what is final is on this one, and so are the scopes that are left.
    const auto last = scopes_.last_block();
    return std::max({first, last ? last->number + 1 : first, std::min(finalized_, told->number)});
}

Result<void, l1::L1Error> BuilderNetwork::note_scopes(Herald::News& news) {
    const auto& follower = node_.follower();
    while (const auto last = scopes_.last_block()) {
        const auto followed = follower.l1_block(last->number);
        if (followed && followed->id == *last) break;
        scopes_.remove(last->hash);
    }
    for (uint64_t number = first_not_noted(); number < follower.next_l1_block(); ++number) {
        const auto followed = follower.l1_block(number);
        if (!followed) continue;
        const auto block = TRY(source_->block(number));
        if (block == nullptr || block->hash != followed->id.hash)
            return std::unexpected{l1::L1Error{l1::L1Error::reorganised,
                                               fmt::format("block {} is another one", number)}};
        std::ranges::move(scopes_.add(*block), std::back_inserter(news.scopes));
        scope_rows_.put_told(followed->id);
    }
    return {};
}

void BuilderNetwork::leave_out(ServedChain& chain) {
    const std::string reason = rpc::why_closed(chain.id());
    const builder::Refusal refusal{builder::RefusalRule::unknown_chain, reason, {}};
    if (chain.head()->hash != chain.head(rpc::Label::safe)->hash)
        node_.drop_unsettled(chain.id(), 0, reason);
    for (const auto& transaction : node_.take_undone(chain.id()))
        refusals_.note({chain.id(), hash(transaction), refusal, reason});
    for (const auto& pooled : chain.pool()->all()) queue_.drop(chain, *pooled, refusal, reason);
}

void BuilderNetwork::finish() {
    // Heads may have moved before something failed: what that undid is in the same commit.
    take_back_undone();
    for (auto& [id, chain] : chains_) pool_rows_.save(id, *chain.pool());
    database_->rows().commit();
    herald_.tell_news();
}

// ---- blocks and scopes

void BuilderNetwork::build_blocks(uint64_t now) {
    for (auto& [id, chain] : chains_) {
        if (retry_at_ms_) return;
        if (node_.follower().rollup(id)->closed_at) next_block_at_ms_.erase(id);
        if (node_.follower().rollup(id)->closed_at || node_.is_in_flight(id)) continue;
        const auto ordinary = chain.ready_ordinary();
        if (ordinary.empty() && !node_.takes_entries_next(id)) {
            next_block_at_ms_.erase(id);
            continue;
        }
        // The first after a while stands in a block at once.
        const auto [next, is_first] = next_block_at_ms_.try_emplace(id, now);
        if (now < next->second) continue;
        if (options_.block_time_ms == 0)
            next_block_at_ms_.erase(next);
        else
            next->second = now + options_.block_time_ms;
        build_block(chain, ordinary);
    }
}

void BuilderNetwork::build_block(ServedChain& chain, const std::vector<pool::PooledPtr>& ordinary) {
    std::vector<Transaction> transactions;
    std::vector<Address> senders;
    for (const auto& pooled : ordinary) {
        transactions.push_back(pooled->transaction);
        senders.push_back(pooled->sender);
    }
    const auto built = node_.build_block(chain.id(), transactions, node::EmptyBlock::no, senders);
    if (!built) return fail(to_string(built.error()));
    const auto outcome = queue_.take_outcomes(chain, ordinary, *built);
    moved();
    const auto unsettled = node_.unsettled();
    const auto blocks = unsettled.find(chain.id());
    must_settle_ |= outcome.is_full || (blocks != unsettled.end() &&
                                        blocks->second.size() >= options_.settle_after_blocks);
    // What found no place in this block may in the next one.
    has_work_ |= built->block != nullptr && !outcome.is_full && options_.block_time_ms == 0 &&
                 !chain.ready_ordinary().empty();
}

void BuilderNetwork::settle(uint64_t now, bool has_new_head) {
    if (retry_at_ms_) return;
    const auto at = settles_at_ms();
    const bool settles_blocks = must_settle_ || node_.must_settle() || (at && now >= *at);
    const bool is_flying = node_.in_flight().has_value();
    const bool has_roots = !is_flying && queue_.has_roots();
    // Each head is looked at: entries may have come, and what is in flight may have landed.
    if (!has_new_head && (is_flying || (!has_roots && !settles_blocks))) return;
    must_settle_ = false;
    const auto progress =
        queue_.settle([&] { return settles_blocks ? node_.settle_unsettled() : node_.step(); },
                      [&] { moved(); }, false);
    if (progress == RootQueue::Progress::failed) retry_at_ms_ = now + options_.retry_ms;
    if (progress == RootQueue::Progress::some) has_work_ = true;
    if (node_.in_flight()) look_soon(options_.retry_ms);
    if (unsettled_since_ms_ && at && now >= *at) unsettled_since_ms_ = now;  // again as long after
}

// ---- the ways in

Result<void, RpcError> BuilderNetwork::require_loaded() const {
    if (is_loaded_) return {};
    return std::unexpected{
        cant_read(cant_follow_.empty() ? "it has not been followed yet" : cant_follow_)};
}

void BuilderNetwork::expect(ChainId chain_id, std::vector<Transaction> transactions) {
    senders_.forget();
    const auto* const chain = find(chain_id);
    if (chain != nullptr && l1_now_.is_known())
        senders_.expect(std::move(transactions), chain->next_environment());
}

Result<Hash, RpcError> BuilderNetwork::send(ChainId chain_id, const Transaction& transaction,
                                            std::span<const chain::StoredBlobPtr> /*blobs*/,
                                            std::optional<Address> sender) {
    auto* const chain = find(chain_id);
    if (chain == nullptr)
        return std::unexpected{RpcError{
            rpc::UNKNOWN_CHAIN, fmt::format("there is no chain {}", chain_id.number()), {}}};
    if (sender) return refuse("nobody is impersonated here: sign the transaction");
    TRY_VOID(require_loaded());
    if (node_.follower().rollup(chain_id)->closed_at)
        return std::unexpected{rpc::closed_for_good(chain_id)};
    return reading([&]() -> Result<Hash, RpcError> {
        if (const auto& why = unserved_.why(chain_id))
            return std::unexpected{rpc::unserved(chain_id, *why)};
        const Address from =
            TRY(senders_.sender_of(transaction, chain->next_environment(), chain_id));
        const auto pooled =
            TRY(queue_.take_in(*chain, transaction, from, RootQueue::CheckRoots::yes));
        herald_.tell_pending(chain_id, *pooled);
        note_work();
        return pooled->hash;
    });
}

Result<Hash, RpcError> BuilderNetwork::send_operation(const protocol::SignedOperation& operation,
                                                      std::optional<uint64_t> root_index) {
    TRY_VOID(require_loaded());
    return reading([&]() -> Result<Hash, RpcError> {
        const auto admission = TRY([&] {
            const auto limit = node_.limit_reads();  // of a stranger's account's code, too
            return operations_.admit(operation);
        }());
        builder::L1Root root{operation, root_index};
        if (admission.is_next)
            if (auto checked = door_.check(root); !checked)
                return std::unexpected{rpc::refused(l1_id_, checked.error(), admission.hash)};
        TRY_VOID(operations_.add(std::move(root), admission));
        note_work();
        return admission.hash;
    });
}

std::optional<uint256> BuilderNetwork::next_operation_nonce(const Address& account) const {
    return reading_or_failing([&] { return operations_.next_nonce(account); });
}

Result<builder::RootCallResult, builder::Refusal> BuilderNetwork::simulate(
    const builder::RootCall& call) {
    return reading_or_failing([&] { return door_.simulate(call); });
}

std::vector<Result<builder::RootResult, builder::Refusal>> BuilderNetwork::simulate(
    std::span<const builder::Root> roots) {
    return reading_or_failing([&] { return door_.simulate(roots); });
}

// ---- what is told

std::vector<ChainId> BuilderNetwork::chains() const {
    std::vector<ChainId> ids;
    for (const auto& [id, chain] : chains_) ids.push_back(id);
    return ids;
}

rpc::ChainView* BuilderNetwork::chain(ChainId chain_id) {
    return find(chain_id);
}

std::optional<rpc::Network::L1State> BuilderNetwork::l1_state() {
    return L1State{l1_now_.state(), l1_now_.head_environment(), l1_now_.next_block().timestamp_s};
}

const builder::L1Contracts* BuilderNetwork::contracts() const {
    return &node_.network().contracts;
}

const rollup::Follower* BuilderNetwork::follower() const {
    return &node_.follower();
}

std::vector<rpc::Network::NamedContract> BuilderNetwork::named_contracts() const {
    return options_.contracts;
}

const rpc::RefusalRecord* BuilderNetwork::refusal(const Hash& hash) const {
    return refusals_.find(hash);
}

std::optional<std::string> BuilderNetwork::why_waiting(const Hash& hash) {
    if (!queue_.waits(hash)) return std::nullopt;
    if (auto why = trouble(); !why.empty()) return "nothing settles: " + why;
    if (reading_or_failing([&] { return queue_.is_behind_gap(hash); }))
        return "nothing with the nonces before it is there, or its fee is too low";
    if (const auto flight = node_.in_flight())
        return fmt::format("a scope is on its way to L1 since block {}, in transaction {}",
                           flight->since, to_hex(flight->transaction));
    return "it comes with the next scope";
}

rpc::ScopeRecordPtr BuilderNetwork::scope(uint64_t number) const {
    return scopes_.find(number);
}

rpc::ScopeRecordPtr BuilderNetwork::scope(const Hash& hash) const {
    return scopes_.find(hash);
}

uint64_t BuilderNetwork::scopes() const {
    return scopes_.size();
}

}  // namespace scope::service
