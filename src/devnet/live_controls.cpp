#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "devnet/live_genesis.hpp"
#include "devnet/live_network_impl.hpp"
#include "evm/analysis.hpp"
#include "execution/system_contracts.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"

namespace scope::devnet {

namespace {

using rpc::RpcError;

/// The latest time that a test may set: farther than any clock goes.
constexpr uint64_t MAX_TIMESTAMP_S = uint64_t{1} << 40;

std::unexpected<RpcError> refuse(std::string message) {
    return std::unexpected{RpcError{rpc::INVALID_PARAMS, std::move(message), {}}};
}

Result<void, RpcError> require_timestamp(uint64_t timestamp_s) {
    if (timestamp_s <= MAX_TIMESTAMP_S) return {};
    return refuse(fmt::format("timestamp: {} is above {}", timestamp_s, MAX_TIMESTAMP_S));
}

/// An account by name.
struct Role {
    Address account;
    std::string_view name;
};

/// Contracts that blocks of all chains call: what they read or ask is part of the header.
constexpr auto SYSTEM_CONTRACTS = std::to_array<Role>({
    {execution::BEACON_ROOTS, "EIP-4788's contract"},
    {execution::HISTORY, "EIP-2935's contract"},
    {execution::WITHDRAWALS, "EIP-7002's contract"},
    {execution::CONSOLIDATIONS, "EIP-7251's contract"},
});
/// A rollup's own: the predeploy counts its reserve as ETH that doesn't exist, and system
/// transactions are their sender's.
constexpr auto ROLLUP_ACCOUNTS = std::to_array<Role>({
    {rollup::PREDEPLOY, "ScopedCallable of rollups"},
    {rollup::SYSTEM_SENDER, "the sender of system transactions"},
});

std::string find_role(std::span<const Role> roles, const Address& account) {
    const auto found = std::ranges::find(roles, account, &Role::account);
    return found == roles.end() ? std::string{} : std::string{found->name};
}

}  // namespace

Result<LiveChain*, RpcError> LiveNetwork::Impl::chain_of(ChainId chain_id) {
    auto* const chain = find(chain_id);
    if (chain != nullptr) return chain;
    return std::unexpected{
        RpcError{rpc::UNKNOWN_CHAIN, fmt::format("there is no chain {}", chain_id.number()), {}}};
}

// ---- snapshots

LiveNetwork::Impl::Snapshot LiveNetwork::Impl::take_snapshot() {
    Snapshot snapshot{l1().chain().head()->hash, node().unsettled(), {}, offset_ms_};
    for (const auto& [id, chain] : chains_) snapshot.forced.emplace(id, chain.forced().contents());
    return snapshot;
}

LiveNetwork::Impl::Snapshot LiveNetwork::Impl::genesis_snapshot() {
    Snapshot genesis{l1().chain().store().canonical_block(0)->hash, {}, {}, 0};
    for (const auto& [id, chain] : chains_)
        genesis.forced.emplace(id, std::make_shared<const execution::Forced::Contents>());
    return genesis;
}

Result<void, RpcError> LiveNetwork::Impl::require_kept(const Hash& l1_block) {
    const auto block = l1().chain().store().block(l1_block);
    CHECK(block != nullptr);
    const uint64_t number = block->header().number;
    if (l1().chain().store().state(l1_block) != nullptr && node().follower().can_go_back_to(number))
        return {};
    return refuse(
        fmt::format("the states behind L1 block {} are not kept: a devnet that runs with --archive "
                    "from that block on can go back to it",
                    number));
}

void LiveNetwork::Impl::restore(const Snapshot& snapshot) {
    for (auto& [id, chain] : chains_) {
        // What waits goes on waiting, so its senders, too, have to be known.
        const auto senders = chain.forced_senders_in_pool();
        chain.forced().set_contents(snapshot.forced.at(id));
        for (const auto& [transaction, sender] : senders)
            chain.forced().set_sender(transaction, sender);
    }
    offset_ms_ = snapshot.offset_ms;
    has_changed_ = true;
    next_timestamp_s_.clear();
    queue_->forget_stalled();
    herald_.forget_trouble();
    l1().set_head(snapshot.l1_head);
    follow();
    node().set_unsettled(snapshot.unsettled);
    moved(Undone::dropped);
}

uint64_t LiveNetwork::Impl::snapshot() {
    snapshots_.emplace(++last_snapshot_, take_snapshot());
    if (snapshots_.size() > MAX_SNAPSHOTS) snapshots_.erase(snapshots_.begin());
    return last_snapshot_;
}

Result<bool, RpcError> LiveNetwork::Impl::revert(uint64_t id) {
    const auto found = snapshots_.find(id);
    if (found == snapshots_.end()) return false;
    TRY_VOID(require_kept(found->second.l1_head));
    restore(found->second);
    // As in other clients: it is used up, and those after it are of a future that is no more.
    snapshots_.erase(snapshots_.find(id), snapshots_.end());
    return true;
}

Result<void, RpcError> LiveNetwork::Impl::reset() {
    TRY_VOID(require_kept(genesis_.l1_head));
    for (auto& [id, chain] : chains_) chain.pool()->clear();
    operations_->clear();
    snapshots_.clear();
    impersonated_.clear();
    auto_impersonate_ = false;
    automine_ = options_.automine;
    set_interval(options_.interval_ms);
    set_coinbase(options_.coinbase);
    restore(genesis_);
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::go_back(LiveChain& chain, uint64_t depth) {
    const auto head = chain.head();
    if (chain.is_l1()) {
        if (depth > head->header().number)
            return refuse(fmt::format("depth: {}, the chain has {} blocks behind its genesis",
                                      depth, head->header().number));
        const auto target = chain.chain().store().canonical_block(head->header().number - depth);
        TRY_VOID(require_kept(target->hash));
        l1().set_head(target->hash);
        if (const auto followed = node().follow(); !followed)
            return refuse("L1 can't be followed: " + to_string(followed.error()));
        TRY_VOID(mend_escrows());
    } else {
        const auto unsettled = node().unsettled();
        const auto blocks = unsettled.find(chain.id());
        const size_t count = blocks == unsettled.end() ? 0 : blocks->second.size();
        if (depth > count)
            return refuse(
                fmt::format("depth: {}, the rollup has {} blocks that no scope has settled; those "
                            "before go back with L1",
                            depth, count));
        node().drop_unsettled(chain.id(), count - depth, "a test took them back");
    }
    moved(Undone::dropped);
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::rollback(ChainId chain_id, uint64_t depth) {
    return go_back(*TRY(chain_of(chain_id)), depth);
}

Result<void, RpcError> LiveNetwork::Impl::reorg(
    ChainId chain_id, uint64_t depth, std::vector<std::pair<Transaction, uint64_t>> blocks) {
    auto* const chain = TRY(chain_of(chain_id));
    for (const auto& [transaction, place] : blocks)
        if (place >= depth)
            return refuse(fmt::format("txBlockPairs: block {} of a branch of {}", place, depth));
    TRY_VOID(go_back(*chain, depth));
    for (uint64_t number = 0; number < depth; ++number) {
        std::vector<Transaction> transactions;
        for (const auto& [transaction, place] : blocks)
            if (place == number) transactions.push_back(transaction);
        // A block of the other branch may not be the one that it takes the place of.
        if (chain->is_l1()) {
            const Hash randomness =
                crypto::keccak256(concat(as_bytes("scope.devnet.reorg"), chain->head()->hash));
            l1().set_next({.prev_randao = randomness});
            if (const auto mined = l1().mine(transactions); !mined)
                return refuse("L1: " + chain::to_string(mined.error()));
            follow();
        } else {
            const auto built = node().build_block(chain_id, transactions, node::EmptyBlock::yes);
            if (!built) return refuse(to_string(built.error()));
        }
    }
    moved(Undone::dropped);
    return {};
}

// ---- time and mining

void LiveNetwork::Impl::increase_time(uint64_t seconds) {
    const auto more_ms = static_cast<int64_t>(std::min(seconds, MAX_TIMESTAMP_S)) * 1000;
    // From the latest block on, which may be ahead of the clock: many came in one second.
    const auto ahead_ms = static_cast<int64_t>(latest_timestamp_s()) * 1000 -
                          static_cast<int64_t>(options_.clock_ms());
    offset_ms_ = std::min<int64_t>(std::max(offset_ms_, ahead_ms) + more_ms,
                                   static_cast<int64_t>(MAX_TIMESTAMP_S) * 1000);
    forget_wanted_time();
}

void LiveNetwork::Impl::forget_wanted_time() {
    next_timestamp_s_.clear();
    l1().forget_next();
    door_->heads_moved();
    has_changed_ = true;
}

int64_t LiveNetwork::Impl::time_offset_s() const {
    return offset_ms_ / 1000;
}

Result<void, RpcError> LiveNetwork::Impl::set_time(uint64_t timestamp_s) {
    TRY_VOID(require_timestamp(timestamp_s));
    offset_ms_ =
        static_cast<int64_t>(timestamp_s) * 1000 - static_cast<int64_t>(options_.clock_ms());
    forget_wanted_time();
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::set_next_block_timestamp(uint64_t timestamp_s) {
    TRY_VOID(require_timestamp(timestamp_s));
    for (const auto& [id, chain] : chains_) {
        const uint64_t head_s = chain.head()->header().timestamp_s;
        if (timestamp_s <= head_s)
            return refuse(
                fmt::format("Timestamp error: {} is lower than or equal to previous "
                            "block's timestamp {} (chain {})",
                            timestamp_s, head_s, id.number()));
    }
    for (const auto& [id, chain] : chains_) next_timestamp_s_[id] = timestamp_s;
    want_time(l1_chain());
    // Time goes on from there.
    const uint64_t now = options_.clock_ms();
    offset_ms_ =
        std::max(offset_ms_, static_cast<int64_t>(timestamp_s) * 1000 - static_cast<int64_t>(now));
    door_->heads_moved();
    has_changed_ = true;
    return {};
}

void LiveNetwork::Impl::set_automine(bool on) {
    automine_ = on;
    if (!on) return;
    // As in anvil, one way of mining takes the place of the other, unless both were asked for.
    const bool is_mixed = options_.automine && options_.interval_ms != 0;
    if (!is_mixed) set_interval(0);
    work();
}

void LiveNetwork::Impl::set_interval(uint64_t milliseconds) {
    interval_ms_ = milliseconds;
    next_interval_ms_ = options_.clock_ms() + milliseconds;
}

Result<void, RpcError> LiveNetwork::Impl::mine(ChainId chain_id, uint64_t blocks,
                                               std::optional<uint64_t> interval_s) {
    auto* const chain = TRY(chain_of(chain_id));
    const uint64_t most = chain->is_l1() ? MAX_MINED_L1 : MAX_MINED_ROLLUP;
    if (blocks > most)
        return refuse(fmt::format("blocks: {}, one call mines at most {}", blocks, most));
    constexpr uint64_t MOST_S = uint64_t{1} << 32;
    if (interval_s && *interval_s > MOST_S)
        return refuse(fmt::format("interval: {} s is above {}", *interval_s, MOST_S));
    for (uint64_t i = 0; i < blocks; ++i) {
        if (interval_s && i > 0) {
            const uint64_t next_s =
                chain->head()->header().timestamp_s + std::max<uint64_t>(*interval_s, 1);
            next_timestamp_s_[chain_id] = next_s;
        }
        TRY_VOID(mine_one(*chain));
    }
    const auto ahead_ms = static_cast<int64_t>(chain->head()->header().timestamp_s) * 1000 -
                          static_cast<int64_t>(now_ms());
    if (interval_s && ahead_ms > 0) {
        offset_ms_ += ahead_ms;
        has_changed_ = true;
    }
    return {};
}

// ---- by force

std::string LiveNetwork::Impl::role_of(LiveChain& chain, const Address& account) {
    if (auto role = find_role(SYSTEM_CONTRACTS, account); !role.empty()) return role;
    if (!chain.is_l1()) return find_role(ROLLUP_ACCOUNTS, account);
    const auto& contracts = node().network().contracts;
    const Address& settlement = contracts.settlement.settlement;
    if (account == settlement) return "the settlement contract";
    if (account == contracts.l1_callable) return "ScopedCallable of L1";
    if (account == contracts.forced_queue) return "the forced queue";
    if (account == contracts.registry) return "the registry of rollups";
    if (account == contracts.exits) return "RollupExit, which pays those who leave";
    if (account == options_.devnet.builder.submitter->address())
        return "the submitter, who settles";
    const auto& members = options_.devnet.members;
    if (std::ranges::find(members, account, crypto::address_of) != members.end())
        return "an attester";
    for (const auto& [id, rollup] : chains_) {
        if (rollup.is_l1()) continue;
        const auto registered =
            protocol::decode_rollup(view(chain, settlement, protocol::get_rollup(id)));
        if (registered && registered->verifier == account)
            return fmt::format("the verifier of chain {}", id.number());
    }
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::require_free(LiveChain& chain, const Address& account) {
    const auto role = role_of(chain, account);
    if (role.empty()) return {};
    return refuse(
        fmt::format("address: {} is {}: without it as it is nothing would settle, so it "
                    "can't be changed by force",
                    to_hex(account), role));
}

Result<void, RpcError> LiveNetwork::Impl::require_user(const Address& account) {
    for (auto& [id, chain] : chains_)
        if (const auto role = role_of(chain, account); !role.empty())
            return refuse(
                fmt::format("address: {} is {}: nobody may send in its name, since then "
                            "nothing would settle",
                            to_hex(account), role));
    return {};
}

void LiveNetwork::Impl::force(LiveChain& chain, const std::function<void(state::State&)>& change) {
    chain::force_state(chain.chain(), chain.head()->hash, change);
    door_->heads_moved();
    queue_->update_pool(chain);
    has_changed_ = true;
}

Result<void, RpcError> LiveNetwork::Impl::patch_escrow(ChainId rollup, const uint256& before,
                                                       const uint256& after) {
    if (before == after) return {};
    const auto& contracts = node().network().contracts;
    const Address settlement = contracts.settlement.settlement;
    auto& chain = l1_chain();
    const Escrow escrow = TRY(escrow_of(rollup));
    const uint256& held = escrow.wei;
    const uint256 locked =
        chain.latest_state()->account(contracts.l1_callable).value_or(Account{}).balance;
    const bool grows = after > before;
    const uint256 change = grows ? after - before : before - after;
    // No more can be taken than is held: the rest was ETH that L1 never had.
    const uint256 moved = grows ? change : std::min(change, std::min(held, locked));
    if (grows && (held + moved < held || locked + moved < locked))
        return refuse("balance: with it L1 would hold 2^256 wei or more for the rollup");
    force(chain, [&](state::State& state) {
        state.set_storage(settlement, escrow.slot, to_be(grows ? held + moved : held - moved));
        state.set_balance(contracts.l1_callable, grows ? locked + moved : locked - moved);
    });
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::mend_escrows() {
    for (const auto& [id, chain] : chains_) {
        if (chain.is_l1() || chain.forced().empty()) continue;
        const auto state = chain.latest_state();
        const uint256 exists =
            state->supply() - state->account(rollup::PREDEPLOY).value_or(Account{}).balance;
        const uint256 held = TRY(escrow_of(id)).wei;
        if (held < exists) TRY_VOID(patch_escrow(id, held, exists));
    }
    return {};
}

Result<LiveNetwork::Impl::Escrow, RpcError> LiveNetwork::Impl::escrow_of(ChainId rollup) {
    const Address settlement = node().network().contracts.settlement.settlement;
    std::vector<Hash> slots;
    const Bytes answer =
        view(l1_chain(), settlement, abi::call("escrowOf(uint256)", uint256{rollup}), &slots);
    // One slot of the registry, unless a dump that was loaded has forced something else there.
    if (answer.size() != abi::WORD || slots.size() != 1)
        return refuse("the settlement contract does not tell what it holds for the rollup");
    return Escrow{from_be(answer), slots.front()};
}

Result<void, RpcError> LiveNetwork::Impl::set_balance(ChainId chain_id, const Address& account,
                                                      const uint256& wei) {
    auto* const chain = TRY(chain_of(chain_id));
    TRY_VOID(require_free(*chain, account));
    if (!chain->is_l1())
        TRY_VOID(patch_escrow(
            chain_id, chain->latest_state()->account(account).value_or(Account{}).balance, wei));
    force(*chain, [&](state::State& state) { state.set_balance(account, wei); });
    if (automine_) work();
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::set_code(ChainId chain_id, const Address& account,
                                                   Bytes code) {
    auto* const chain = TRY(chain_of(chain_id));
    TRY_VOID(require_free(*chain, account));
    if (code.size() > MAX_FORCED_CODE)
        return refuse(fmt::format("code: {} bytes, at most {} can be set by force", code.size(),
                                  MAX_FORCED_CODE));
    force(*chain, [&](state::State& state) {
        state.set_code(account, code.empty() ? evm::empty_code() : evm::make_code(std::move(code)));
    });
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::set_nonce(ChainId chain_id, const Address& account,
                                                    uint64_t nonce) {
    auto* const chain = TRY(chain_of(chain_id));
    TRY_VOID(require_free(*chain, account));
    force(*chain, [&](state::State& state) { state.set_nonce(account, nonce); });
    if (automine_) work();
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::set_storage(ChainId chain_id, const Address& account,
                                                      const Hash& key, const Hash& value) {
    auto* const chain = TRY(chain_of(chain_id));
    TRY_VOID(require_free(*chain, account));
    force(*chain, [&](state::State& state) { state.set_storage(account, key, value); });
    return {};
}

bool LiveNetwork::Impl::drop_transaction(ChainId chain_id, const Hash& hash) {
    auto* const chain = find(chain_id);
    if (chain == nullptr) return false;
    const std::string reason = "a test dropped it";
    if (const auto pooled = chain->pool()->find(hash)) {
        queue_->drop_ordinary(*chain, *pooled, reason);
        return true;
    }
    return chain->is_l1() &&
           operations_->refuse(hash, builder::Refusal{builder::RefusalRule::operation, reason, {}},
                               reason);
}

void LiveNetwork::Impl::drop_all_transactions(ChainId chain_id) {
    auto* const chain = find(chain_id);
    if (chain == nullptr) return;
    for (const auto& pooled : chain->pool()->all()) drop_transaction(chain_id, pooled->hash);
    if (!chain->is_l1()) return;
    for (const Hash& hash : operations_->hashes()) drop_transaction(chain_id, hash);
}

void LiveNetwork::Impl::set_coinbase(const Address& coinbase) {
    l1().set_coinbase(coinbase);
    door_->heads_moved();
}

Result<void, RpcError> LiveNetwork::Impl::set_next_base_fee(ChainId chain_id, const uint256& wei) {
    auto* const chain = TRY(chain_of(chain_id));
    if (!wei.fits_u64()) return refuse("baseFeePerGas: above 2^64 - 1 wei");
    const Hash head = chain->head()->hash;
    auto child = chain->forced().child(head);
    child.base_fee = wei;
    chain->forced().set_child(head, child);
    has_changed_ = true;
    door_->heads_moved();
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::set_gas_limit(ChainId chain_id, uint64_t gas) {
    auto* const chain = TRY(chain_of(chain_id));
    if (gas < MIN_FORCED_GAS_LIMIT || gas > MAX_FORCED_GAS_LIMIT)
        return refuse(fmt::format("gasLimit: {} is not from {} to {}", gas, MIN_FORCED_GAS_LIMIT,
                                  MAX_FORCED_GAS_LIMIT));
    if (chain->is_l1() && gas < MIN_DEVNET_GAS_LIMIT)
        return refuse(fmt::format("gasLimit: {} is below {}, which settling on L1 needs", gas,
                                  MIN_DEVNET_GAS_LIMIT));
    if (!chain->is_l1() && gas < rollup::MIN_GAS_LIMIT)
        return refuse(fmt::format("gasLimit: {} is below {}, which the forced queue needs", gas,
                                  rollup::MIN_GAS_LIMIT));
    const Hash head = chain->head()->hash;
    auto child = chain->forced().child(head);
    child.gas_limit = gas;
    chain->forced().set_child(head, child);
    has_changed_ = true;
    door_->heads_moved();
    return {};
}

Result<void, RpcError> LiveNetwork::Impl::impersonate(const Address& account, bool on) {
    if (!on) {
        impersonated_.erase(account);
        return {};
    }
    TRY_VOID(require_user(account));
    if (impersonated_.size() == MAX_IMPERSONATED) impersonated_.erase(impersonated_.begin());
    impersonated_.insert(account);
    return {};
}

bool LiveNetwork::Impl::is_impersonated(const Address& account) const {
    return auto_impersonate_ || impersonated_.contains(account);
}

bool LiveNetwork::Impl::is_patched(ChainId chain_id) const {
    const auto found = chains_.find(chain_id);
    return found != chains_.end() && !found->second.forced().empty();
}

}  // namespace scope::devnet
