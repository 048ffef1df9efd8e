#include "pool/tx_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <queue>

#include "base/check.hpp"
#include "crypto/keccak.hpp"
#include "execution/transaction.hpp"
#include "types/blob.hpp"

namespace scope::pool {

namespace {

using execution::Environment;
using execution::TxError;

std::unexpected<PoolRefusal> refuse(PoolRule rule, std::string detail) {
    return std::unexpected{PoolRefusal{rule, {}, std::move(detail)}};
}
std::unexpected<PoolRefusal> refuse(TxError error, std::string detail = {}) {
    return std::unexpected{PoolRefusal{PoolRule::invalid, error, std::move(detail)}};
}

/// Rules that no later block mends, in the order in which geth's pool looks at them. Others (a nonce
/// that is too high, a base fee) may hold later, or are the pool's own to check.
constexpr std::array LASTING{
    TxError::type_1_before_berlin,
    TxError::type_2_before_london,
    TxError::type_3_before_cancun,
    TxError::type_4_before_prague,
    TxError::system_not_enabled,
    TxError::init_code_too_large,
    TxError::gas_limit_above_maximum,
    TxError::priority_fee_above_max_fee,
    TxError::nonce_is_max,
    TxError::intrinsic_gas_too_low,
    TxError::below_floor_gas,
    TxError::blob_creates,
    TxError::no_blobs,
    TxError::too_many_blobs,
    TxError::invalid_versioned_hash,
    TxError::set_code_creates,
    TxError::no_authorizations,
    TxError::nonce_too_low,
    TxError::sender_not_eoa,
    TxError::gas_cost_overflow,
};

std::string numbers_of(TxError error, const Transaction& tx, const Environment& environment,
                       uint64_t next_nonce) {
    switch (error) {
        case TxError::nonce_too_low:
            return fmt::format("next nonce {}, tx nonce {}", next_nonce, tx.nonce);
        case TxError::intrinsic_gas_too_low:
            return fmt::format("gas {}, minimum needed {}", tx.gas_limit,
                               execution::intrinsic_gas(tx, environment.revision).intrinsic);
        case TxError::below_floor_gas:
            return fmt::format("gas {}, minimum needed {}", tx.gas_limit,
                               execution::intrinsic_gas(tx, environment.revision).floor);
        case TxError::gas_limit_above_maximum:
            return fmt::format("cap: {}, tx: {}", environment.rules().max_transaction_gas,
                               tx.gas_limit);
        case TxError::init_code_too_large:
            return fmt::format("code size {}, limit {}", tx.data.size(),
                               environment.rules().max_init_code_size);
        case TxError::priority_fee_above_max_fee:
            return fmt::format("maxPriorityFeePerGas: {}, maxFeePerGas: {}",
                               to_decimal(tx.max_priority_fee_per_gas),
                               to_decimal(tx.max_fee_per_gas));
        default:
            return {};
    }
}

/// Returns the wei that a transaction may take; all that there can be if the sum is above 2^256.
uint256 cost_of(const Transaction& tx) {
    const auto product = [](const uint256& price, uint64_t gas) {
        if (significant_bytes(price) <= 24 || gas == 0) return price * uint256{gas};
        return price > ~uint256{} / uint256{gas} ? ~uint256{} : price * uint256{gas};
    };
    const auto sum = [](const uint256& a, const uint256& b) {
        return a + b < a ? ~uint256{} : a + b;
    };
    const uint64_t blob_gas = tx.blob_versioned_hashes.size() * GAS_PER_BLOB;
    return sum(
        sum(product(tx.max_fee_per_gas, tx.gas_limit), product(tx.max_fee_per_blob_gas, blob_gas)),
        tx.value);
}

size_t size_of_blobs(const Transaction& tx) noexcept {
    return tx.blob_versioned_hashes.size() * sizeof(Blob);
}

/// The worth of a transaction to who builds the next block: a greater one goes first.
struct Price {
    bool pays_base_fee = false;
    uint256 tip;  // a gas; 0 if it doesn't pay the base fee
    uint256 max_fee;
    friend auto operator<=>(const Price&, const Price&) = default;
};
Price price_of(const Transaction& tx, const uint256& base_fee) {
    if (tx.max_fee_per_gas < base_fee) return {false, {}, tx.max_fee_per_gas};
    return {true, execution::effective_gas_price(tx, base_fee) - base_fee, tx.max_fee_per_gas};
}

/// Returns whether @p fee is at least 10% more than @p old, as geth counts it.
bool is_bumped(const uint256& fee, const uint256& old) {
    const uint256 bump = old / uint256{10u};
    const uint256 least = old + bump + (old % uint256{10u} ? uint256{1u} : uint256{});
    return least >= old && fee >= least && fee > old;
}

bool may_replace(const Transaction& tx, const Transaction& old) {
    return is_bumped(tx.max_fee_per_gas, old.max_fee_per_gas) &&
           (is_bumped(tx.max_priority_fee_per_gas, old.max_priority_fee_per_gas) ||
            (old.max_priority_fee_per_gas.is_zero() && tx.max_priority_fee_per_gas.is_zero()));
}

Account account_of(const state::StateView& head, const Address& address) {
    return head.account(address).value_or(Account{});
}

}  // namespace

std::string_view to_string(PoolRule rule) noexcept {
    switch (rule) {
        case PoolRule::already_known:
            return "already_known";
        case PoolRule::invalid:
            return "invalid";
        case PoolRule::replacement_underpriced:
            return "replacement_underpriced";
        case PoolRule::underpriced:
            return "underpriced";
        case PoolRule::insufficient_funds:
            return "insufficient_funds";
        case PoolRule::gas_limit_above_block:
            return "gas_limit_above_block";
        case PoolRule::sender_full:
            return "sender_full";
        case PoolRule::nonce_too_far:
            return "nonce_too_far";
        case PoolRule::too_large:
            return "too_large";
    }
    return "unknown";
}

std::string_view message_of(TxError error) noexcept {
    switch (error) {
        case TxError::type_1_before_berlin:
        case TxError::type_2_before_london:
        case TxError::type_3_before_cancun:
        case TxError::type_4_before_prague:
        case TxError::system_not_enabled:
        case TxError::system_wrong_target:
        case TxError::system_pays_or_sends:
        case TxError::system_failed:
            return "transaction type not supported";
        case TxError::chain_id_before_spurious_dragon:
            return "only replay-protected (EIP-155) transactions allowed over RPC";
        case TxError::wrong_chain_id:
            return "invalid chain id for signer";
        case TxError::invalid_signature:
        case TxError::high_s:
            return "invalid sender";
        case TxError::nonce_too_low:
            return "nonce too low";
        case TxError::nonce_too_high:
            return "nonce too high";
        case TxError::nonce_is_max:
            return "nonce has max value";
        case TxError::sender_not_eoa:
            return "sender not an eoa";
        case TxError::intrinsic_gas_too_low:
            return "intrinsic gas too low";
        case TxError::below_floor_gas:
            return "insufficient gas for floor data gas cost";
        case TxError::gas_limit_above_maximum:
            return "transaction gas limit too high";
        case TxError::block_gas_exceeded:
            return "exceeds block gas limit";
        case TxError::insufficient_funds:
        case TxError::gas_cost_overflow:
            return "insufficient funds for gas * price + value";
        case TxError::fee_below_base_fee:
            return "max fee per gas less than block base fee";
        case TxError::priority_fee_above_max_fee:
            return "max priority fee per gas higher than max fee per gas";
        case TxError::init_code_too_large:
            return "max initcode size exceeded";
        case TxError::no_blobs:
            return "blobless blob transaction";
        case TxError::too_many_blobs:
            return "too many blobs in transaction";
        case TxError::block_blob_gas_exceeded:
            return "would exceed maximum blob allowance";
        case TxError::invalid_versioned_hash:
            return "blob transaction has invalid versioned hash";
        case TxError::blob_fee_below_base_fee:
            return "max fee per blob gas less than block blob gas fee";
        case TxError::blob_creates:
            return "blob transaction of type create";
        case TxError::no_authorizations:
            return "EIP-7702 transaction with empty auth list";
        case TxError::set_code_creates:
            return "EIP-7702 transaction cannot be used to create contract";
        case TxError::aborted:
            return "transaction aborted: ScopedCallable can't go on";
        case TxError::root_without_load:
            return "a root can't stand as an ordinary transaction";
        case TxError::load_without_root:
            return "a loaded root has to follow its load";
        case TxError::block_logs_exceeded:
            return "exceeds the block's room for logs";
        case TxError::block_size_exceeded:
            return "exceeds the block's size";
    }
    return "invalid transaction";
}

std::string to_string(const PoolRefusal& refusal) {
    const auto with = [&](std::string_view message) {
        return refusal.detail.empty() ? std::string{message}
                                      : fmt::format("{}: {}", message, refusal.detail);
    };
    switch (refusal.rule) {
        case PoolRule::already_known:
            return "already known";
        case PoolRule::invalid:
            return with(refusal.tx_error ? message_of(*refusal.tx_error) : "invalid transaction");
        case PoolRule::replacement_underpriced:
            return with("replacement transaction underpriced");
        case PoolRule::underpriced:
            return with("transaction underpriced");
        case PoolRule::insufficient_funds:
            return with("insufficient funds for gas * price + value");
        case PoolRule::gas_limit_above_block:
            return with("exceeds block gas limit");
        case PoolRule::sender_full:
            return with("account limit exceeded");
        case PoolRule::nonce_too_far:
            return with("nonce too high");
        case PoolRule::too_large:
            return with("oversized data");
    }
    return "invalid transaction";
}

TxPool::TxPool(PoolOptions options) : options_(options) {}

Result<PooledPtr, PoolRefusal> TxPool::add(const Transaction& transaction, const Address& sender,
                                           const state::StateView& head,
                                           const Environment& environment) {
    return add(TRY(admit(transaction, sender, head, environment)));
}

PooledPtr TxPool::add(Admission admission) {
    auto& [candidate, replaced, victims] = admission;
    CHECK(candidate.arrival == arrivals_);
    if (replaced) erase(*replaced);
    for (const auto& victim : victims) erase(*victim);

    ++arrivals_;
    auto pooled = std::make_shared<const PooledTransaction>(std::move(candidate));
    bytes_ += pooled->size_bytes;
    by_hash_.emplace(pooled->hash, pooled);
    if (options_.notes_changes) changes_.push_back({pooled, true});
    by_sender_[pooled->sender].emplace(pooled->transaction.nonce, pooled);
    costs_[pooled->sender] += cost_of(pooled->transaction);
    return pooled;
}

Result<TxPool::Admission, PoolRefusal> TxPool::admit(const Transaction& transaction,
                                                     const Address& sender,
                                                     const state::StateView& head,
                                                     const Environment& environment) const {
    // Before it is encoded: what has no fields of its type has no encoding.
    if (transaction.type == TxType::system) return refuse(TxError::system_not_enabled);
    const Bytes envelope = encode(transaction);
    PooledTransaction candidate{transaction, crypto::keccak256(envelope), sender, arrivals_,
                                envelope.size() + size_of_blobs(transaction)};
    if (by_hash_.contains(candidate.hash)) return refuse(PoolRule::already_known, {});
    TRY_VOID(check_rules(candidate, head, environment));
    TRY_VOID(check_place(candidate, account_of(head, sender)));

    PooledPtr replaced;
    if (const auto of_sender = by_sender_.find(sender); of_sender != by_sender_.end())
        if (const auto old = of_sender->second.find(transaction.nonce);
            old != of_sender->second.end())
            replaced = old->second;
    auto victims = TRY(victims_of(candidate, replaced, environment.block.base_fee));
    return Admission{std::move(candidate), std::move(replaced), std::move(victims)};
}

Result<void, PoolRefusal> TxPool::check_rules(const PooledTransaction& candidate,
                                              const state::StateView& head,
                                              const Environment& environment) const {
    const auto& tx = candidate.transaction;
    if (const size_t size = candidate.size_bytes - size_of_blobs(tx); size > MAX_TRANSACTION_SIZE)
        return refuse(PoolRule::too_large,
                      fmt::format("transaction size {}, limit {}", size, MAX_TRANSACTION_SIZE));
    if (environment.rollup && tx.type == TxType::blob)
        return refuse(TxError::type_3_before_cancun, "a rollup takes no blob transactions");
    if (tx.gas_limit > environment.block.gas_limit)
        return refuse(PoolRule::gas_limit_above_block,
                      fmt::format("tx: {}, block: {}", tx.gas_limit, environment.block.gas_limit));
    const state::State state{head};
    const auto broken = execution::broken_rules(state, environment, tx, candidate.sender);
    for (const TxError error : LASTING)
        if (broken.test(static_cast<size_t>(error)))
            return refuse(error, numbers_of(error, tx, environment,
                                            account_of(head, candidate.sender).nonce));
    if (tx.max_fee_per_gas < options_.min_gas_price)
        return refuse(PoolRule::underpriced, fmt::format("gas fee cap {}, minimum needed {}",
                                                         to_decimal(tx.max_fee_per_gas),
                                                         to_decimal(options_.min_gas_price)));
    return {};
}

Result<void, PoolRefusal> TxPool::check_place(const PooledTransaction& candidate,
                                              const Account& account) const {
    const auto& tx = candidate.transaction;
    if (tx.nonce - account.nonce > options_.max_nonce_gap)
        return refuse(PoolRule::nonce_too_far,
                      fmt::format("next nonce {}, tx nonce {}", account.nonce, tx.nonce));
    const uint256 cost = cost_of(tx);
    uint256 queued;  // by all others of the sender
    if (const auto found = by_sender_.find(candidate.sender); found != by_sender_.end()) {
        queued = costs_.at(candidate.sender);
        const auto replaced = found->second.find(tx.nonce);
        const bool is_replacement = replaced != found->second.end();
        if (is_replacement) {
            if (!may_replace(tx, replaced->second->transaction))
                return refuse(PoolRule::replacement_underpriced, {});
            queued -= cost_of(replaced->second->transaction);
        }
        if (!is_replacement && found->second.size() >= options_.max_per_sender)
            return refuse(PoolRule::sender_full,
                          fmt::format("{} transactions of the account wait", found->second.size()));
    }
    if (account.balance < cost)
        return refuse(
            PoolRule::insufficient_funds,
            fmt::format("balance {}, tx cost {}, overshot {}", to_decimal(account.balance),
                        to_decimal(cost), to_decimal(cost - account.balance)));
    if (account.balance - cost < queued)
        return refuse(PoolRule::insufficient_funds,
                      fmt::format("balance {}, queued cost {}, tx cost {}, overshot {}",
                                  to_decimal(account.balance), to_decimal(queued), to_decimal(cost),
                                  to_decimal(queued - (account.balance - cost))));
    return {};
}

Result<std::vector<PooledPtr>, PoolRefusal> TxPool::victims_of(const PooledTransaction& candidate,
                                                               const PooledPtr& replaced,
                                                               const uint256& base_fee) const {
    size_t count = by_hash_.size() + 1 - (replaced ? 1 : 0);
    size_t bytes = bytes_ + candidate.size_bytes - (replaced ? replaced->size_bytes : 0);
    std::vector<PooledPtr> victims;
    if (count <= options_.max_transactions && bytes <= options_.max_bytes) return victims;

    // Of each sender only the last goes, so that nobody's others get a gap before them.
    using Tail = std::pair<Price, PooledPtr>;
    const auto is_dearer = [](const Tail& a, const Tail& b) {
        return a.first != b.first ? a.first > b.first : a.second->arrival < b.second->arrival;
    };
    std::priority_queue<Tail, std::vector<Tail>, decltype(is_dearer)> tails{is_dearer};
    for (const auto& [sender, transactions] : by_sender_)
        if (sender != candidate.sender) {
            const auto& last = transactions.rbegin()->second;
            tails.emplace(price_of(last->transaction, base_fee), last);
        }
    const Price price = price_of(candidate.transaction, base_fee);
    while (count > options_.max_transactions || bytes > options_.max_bytes) {
        if (tails.empty() || tails.top().first >= price)
            return refuse(PoolRule::underpriced, "the pool is full of transactions that pay more");
        const auto victim = tails.top().second;
        tails.pop();
        --count;
        bytes -= victim->size_bytes;
        victims.push_back(victim);
        const auto& of_sender = by_sender_.at(victim->sender);
        const auto place = of_sender.find(victim->transaction.nonce);
        if (place != of_sender.begin()) {
            const auto& before = std::prev(place)->second;
            tails.emplace(price_of(before->transaction, base_fee), before);
        }
    }
    return victims;
}

std::vector<PooledPtr> TxPool::ready(const state::StateView& head,
                                     const Environment& environment) const {
    const uint256& base_fee = environment.block.base_fee;
    struct Next {
        Price price;
        OfSender::const_iterator place;
        OfSender::const_iterator end;
    };
    const auto goes_later = [this](const Next& a, const Next& b) {
        if (options_.order == Order::fees && a.price != b.price) return a.price < b.price;
        return a.place->second->arrival > b.place->second->arrival;
    };
    std::priority_queue<Next, std::vector<Next>, decltype(goes_later)> next{goes_later};
    const auto push = [&](OfSender::const_iterator place, OfSender::const_iterator end) {
        const auto& tx = place->second->transaction;
        const Price price = price_of(tx, base_fee);
        if (price.pays_base_fee &&
            (tx.type != TxType::blob || tx.max_fee_per_blob_gas >= environment.block.blob_base_fee))
            next.push({price, place, end});
    };
    for (const auto& [sender, transactions] : by_sender_) {
        const auto first = transactions.find(account_of(head, sender).nonce);
        if (first != transactions.end()) push(first, transactions.end());
    }
    std::vector<PooledPtr> ordered;
    while (!next.empty()) {
        const auto [price, place, end] = next.top();
        next.pop();
        ordered.push_back(place->second);
        const auto after = std::next(place);
        if (after != end && after->first == place->first + 1) push(after, end);
    }
    return ordered;
}

std::vector<PooledPtr> TxPool::update(const state::StateView& head,
                                      const Environment& environment) {
    std::vector<PooledPtr> stale;
    for (const auto& [sender, transactions] : by_sender_) {
        const Account account = account_of(head, sender);
        for (const auto& [nonce, pooled] : transactions)
            if (nonce < account.nonce || cost_of(pooled->transaction) > account.balance ||
                pooled->transaction.gas_limit > environment.block.gas_limit)
                stale.push_back(pooled);
    }
    for (const auto& pooled : stale) erase(*pooled);
    return stale;
}

PooledPtr TxPool::find(const Hash& hash) const {
    const auto found = by_hash_.find(hash);
    return found == by_hash_.end() ? nullptr : found->second;
}

std::vector<PooledPtr> TxPool::of(const Address& sender) const {
    std::vector<PooledPtr> transactions;
    if (const auto found = by_sender_.find(sender); found != by_sender_.end())
        for (const auto& [nonce, pooled] : found->second) transactions.push_back(pooled);
    return transactions;
}

uint64_t TxPool::next_nonce(const Address& sender, uint64_t head_nonce) const {
    const auto found = by_sender_.find(sender);
    if (found == by_sender_.end()) return head_nonce;
    uint64_t next = head_nonce;
    for (auto place = found->second.find(next);
         place != found->second.end() && place->first == next; ++place)
        ++next;
    return next;
}

std::vector<PooledPtr> TxPool::all() const {
    std::vector<PooledPtr> transactions;
    transactions.reserve(by_hash_.size());
    for (const auto& [sender, of_sender] : by_sender_)
        for (const auto& [nonce, pooled] : of_sender) transactions.push_back(pooled);
    return transactions;
}

size_t TxPool::size() const noexcept {
    return by_hash_.size();
}

bool TxPool::remove(const Hash& hash) {
    const auto pooled = find(hash);
    if (pooled == nullptr) return false;
    erase(*pooled);
    return true;
}

void TxPool::erase(const PooledTransaction& pooled) {
    // Copies: what is erased may be what @p pooled refers to.
    const Hash hash = pooled.hash;
    const Address sender = pooled.sender;
    const uint64_t nonce = pooled.transaction.nonce;
    bytes_ -= pooled.size_bytes;
    costs_.at(sender) -= cost_of(pooled.transaction);
    const auto of_sender = by_sender_.find(sender);
    of_sender->second.erase(nonce);
    if (of_sender->second.empty()) {
        by_sender_.erase(of_sender);
        costs_.erase(sender);
    }
    const auto known = by_hash_.find(hash);
    if (options_.notes_changes) changes_.push_back({known->second, false});
    by_hash_.erase(known);
}

std::vector<TxPool::Change> TxPool::take_changes() {
    CHECK(options_.notes_changes);
    return std::exchange(changes_, {});
}

void TxPool::clear() {
    if (options_.notes_changes)
        for (const auto& [hash, pooled] : by_hash_) changes_.push_back({pooled, false});
    by_sender_.clear();
    costs_.clear();
    by_hash_.clear();
    bytes_ = 0;
}

}  // namespace scope::pool
