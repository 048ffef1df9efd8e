#include "service/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "crypto/secp256k1.hpp"
#include "rpc/errors.hpp"
#include "rpc/view.hpp"

namespace scope::service {

namespace {

using builder::RefusalRule;
using rpc::RpcError;

std::unexpected<RpcError> error(std::string message) {
    return std::unexpected{RpcError{net::SERVER_ERROR, std::move(message), {}}};
}

/// Returns the sum, or the highest number where that is none.
uint256 sum(const uint256& a, const uint256& b) {
    return a + b < a ? ~uint256{} : a + b;
}

}  // namespace

// ---- what L1 says

Bytes Operations::view(const Address& to, const Bytes& calldata) const {
    return rpc::view(*l1_.state(), l1_.next_environment(), to, calldata);
}

uint256 Operations::nonce_of(const Address& account) const {
    return protocol::decode_nonce(view(settlement_.settlement, protocol::nonce_of(account)))
        .value_or(uint256{});
}

// ---- looking

bool Operations::contains(const Hash& hash) const {
    return by_hash_.contains(hash);
}

const builder::L1Root* Operations::find(const Hash& hash) const {
    const auto found = by_hash_.find(hash);
    return found == by_hash_.end() ? nullptr : &waiting_.at(found->second).root;
}

std::vector<Hash> Operations::hashes() const {
    std::vector<Hash> hashes;
    for (const auto& [hash, key] : by_hash_) hashes.push_back(hash);
    return hashes;
}

std::optional<uint256> Operations::next_nonce(const Address& account) const {
    const auto first = waiting_.lower_bound({account, uint256{}});
    if (first == waiting_.end() || first->first.first != account) return std::nullopt;
    uint256 next = nonce_of(account);
    while (waiting_.contains({account, next})) next += uint256{1u};
    return next;
}

std::vector<Hash> Operations::without_gap() const {
    std::vector<Hash> hashes;
    std::map<Address, uint256> next;
    for (const auto& [key, waiting] : waiting_) {
        auto [place, is_new] = next.try_emplace(key.first, uint256{});
        if (is_new) place->second = nonce_of(key.first);
        if (place->second != key.second) continue;
        place->second += uint256{1u};
        hashes.push_back(waiting.hash);
    }
    return hashes;
}

// ---- the way in

Result<Operations::Admission, RpcError> Operations::admit(
    const protocol::SignedOperation& operation) const {
    const auto& one = operation.operation;
    const Hash hash = protocol::operation_hash(settlement_, one);
    const uint256 next = nonce_of(one.account);
    if (one.nonce < next)
        return error(fmt::format("nonce too low: next nonce {}, operation nonce {}",
                                 to_decimal(next), to_decimal(one.nonce)));
    if (const auto old = waiting_.find({one.account, one.nonce}); old != waiting_.end()) {
        if (old->second.hash == hash) return error("already known");
        const uint256 fee = old->second.root.operation.operation.fee;
        const uint256 least = fee + fee / uint256{10u} + uint256{1u};
        if (least < fee || one.fee < least) return error("replacement transaction underpriced");
    } else if (one.nonce - next >= uint256{MAX_OF_ACCOUNT}) {
        return error(
            fmt::format("nonce too high: next nonce {}, operation nonce {}; {} operations "
                        "of an account may wait",
                        to_decimal(next), to_decimal(one.nonce), MAX_OF_ACCOUNT));
    }
    const uint64_t timestamp_s = l1_.next_block().timestamp_s;
    if (one.deadline < uint256{timestamp_s})
        return error(fmt::format("deadline: {} has passed: L1's next block is at {}",
                                 to_decimal(one.deadline), timestamp_s));
    TRY_VOID(check_funds(one));
    TRY_VOID(check_signature(operation));
    return Admission{hash, one.nonce == next};
}

Result<void, RpcError> Operations::check_funds(const protocol::Operation& one) const {
    uint256 needed = sum(one.value, one.fee);
    for (auto place = waiting_.lower_bound({one.account, uint256{}});
         place != waiting_.end() && place->first.first == one.account; ++place) {
        const auto& other = place->second.root.operation.operation;
        if (other.nonce != one.nonce) needed = sum(needed, sum(other.value, other.fee));
    }
    const auto account = l1_.state()->account(one.account).value_or(Account{});
    if (account.balance >= needed) return {};
    return error(
        fmt::format("insufficient funds: the account {} has {} wei, its operations "
                    "that wait take {} with this one",
                    to_hex(one.account), to_decimal(account.balance), to_decimal(needed)));
}

Result<void, RpcError> Operations::check_signature(
    const protocol::SignedOperation& operation) const {
    const Address& account = operation.operation.account;
    const auto view_address = [&](const Address& to, const Bytes& calldata) {
        return protocol::decode_address(view(to, calldata));
    };
    Address owner = operation.owner;
    if (l1_.state()->code(account)->bytes.empty()) {
        const auto factory = view_address(settlement_.settlement, protocol::account_factory());
        if (!factory || view_address(*factory, protocol::account_of(owner)) != account)
            return error(
                fmt::format("account: {} has no code, and is not the signer's", to_hex(account)));
    } else if (const auto told = view_address(account, abi::call("owner()"))) {
        owner = *told;
    } else {
        // An account of another kind: its own code says what a signature is, where it is simulated.
        if (operation.operation.nonce == nonce_of(account)) return {};
        return error(fmt::format(
            "nonce: the account {} tells no owner, so that only its next operation is taken",
            to_hex(account)));
    }
    const BytesView bytes = operation.signature;
    const auto signer =
        bytes.size() == 65
            ? crypto::recover(protocol::operation_digest(settlement_, operation.operation),
                              from_be(bytes.first(32)), from_be(bytes.subspan(32, 32)),
                              bytes[64] == 28)
            : std::nullopt;
    if (signer == owner) return {};
    return error(fmt::format("signature: it is not of the account's owner {}", to_hex(owner)));
}

Result<void, RpcError> Operations::make_room(bool is_next) {
    if (waiting_.size() < MAX) return {};
    if (is_next) {
        const auto hashes = without_gap();
        const std::set<Hash> kept{hashes.begin(), hashes.end()};
        for (auto place = waiting_.end(); place != waiting_.begin();) {
            --place;
            if (kept.contains(place->second.hash)) continue;
            refuse(place, "operations: others that can run needed its room");
            return {};
        }
    }
    return error(fmt::format("operations: {} wait already", waiting_.size()));
}

Result<void, RpcError> Operations::add(builder::L1Root root, const Admission& admission) {
    return add(std::move(root), admission, arrivals_++);
}

Result<void, RpcError> Operations::add(builder::L1Root root, const Admission& admission,
                                       uint64_t arrival) {
    const auto old = waiting_.find(key_of(root));
    if (old == waiting_.end())
        TRY_VOID(make_room(admission.is_next));
    else
        refuse(old, "replaced by " + to_hex(admission.hash));
    refusals_.erase(admission.hash);
    put({std::move(root), admission.hash, arrival});
    return {};
}

void Operations::put(Waiting waiting) {
    const Key key = key_of(waiting.root);
    if (rows_ != nullptr) rows_->put_operation(waiting.arrival, waiting.root);
    by_hash_.insert_or_assign(waiting.hash, key);
    waiting_.insert_or_assign(key, std::move(waiting));
}

// ---- the ways out

Operations::Place Operations::erase(Place place) {
    if (rows_ != nullptr) rows_->erase_operation(place->second.arrival);
    by_hash_.erase(place->second.hash);
    return waiting_.erase(place);
}

void Operations::refuse(Place place, std::optional<builder::Refusal> refusal, std::string reason) {
    const Hash hash = place->second.hash;
    erase(place);
    refusals_.note({settlement_.l1_chain_id, hash, std::move(refusal), std::move(reason)});
}

void Operations::refuse(Place place, const std::string& reason) {
    refuse(place, builder::Refusal{RefusalRule::operation, reason, {}}, reason);
}

bool Operations::refuse(const Hash& hash, std::optional<builder::Refusal> refusal,
                        std::string reason) {
    const auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return false;
    refuse(waiting_.find(found->second), std::move(refusal), std::move(reason));
    return true;
}

void Operations::settled(std::span<const builder::RootResult> roots) {
    if (rows_ != nullptr) return;  // update finds them in the log of scopes
    for (const auto& root : roots)
        if (const auto found = by_hash_.find(root.context.operation_hash); found != by_hash_.end())
            erase(waiting_.find(found->second));
}

void Operations::clear() {
    while (!waiting_.empty()) erase(waiting_.begin());
}

void Operations::update() {
    if (waiting_.empty()) return;
    const uint64_t timestamp_s = l1_.next_block().timestamp_s;
    std::map<Address, uint256> next;
    for (const auto& [key, waiting] : waiting_)
        if (!next.contains(key.first)) next.emplace(key.first, nonce_of(key.first));
    std::vector<Hash> late;
    for (auto place = waiting_.begin(); place != waiting_.end();) {
        // Another operation used the nonce, or it was invalidated.
        if (place->first.second < next.at(place->first.first)) {
            place = erase(place);
            continue;
        }
        if (place->second.root.operation.operation.deadline < uint256{timestamp_s})
            late.push_back(place->second.hash);
        ++place;
    }
    for (const Hash& hash : late)
        refuse(waiting_.find(by_hash_.at(hash)), "deadline: it has passed");
}

// ---- those that are kept

void Operations::load(const ScopeLog& scopes) {
    CHECK(rows_ != nullptr);
    // Those that were loaded before reading failed have their rows still.
    waiting_.clear();
    by_hash_.clear();
    settled_.clear();
    for (auto& [arrival, root] : rows_->operations()) {
        arrivals_ = std::max(arrivals_, arrival + 1);
        const Hash hash = protocol::operation_hash(settlement_, root.operation.operation);
        if (const auto scope = scopes.find(hash)) {
            settled_.emplace(arrival,
                             Settled{{std::move(root), hash, arrival}, scope->l1_block_number});
            continue;
        }
        const auto admitted = admit(root.operation);
        auto added = admitted ? add(std::move(root), *admitted, arrival)
                              : Result<void, RpcError>{std::unexpected{admitted.error()}};
        if (added) continue;
        rows_->erase_operation(arrival);
        const auto& reason = added.error().message;
        refusals_.note({settlement_.l1_chain_id, hash,
                        builder::Refusal{RefusalRule::operation, reason, {}}, reason});
    }
}

void Operations::update(const ScopeLog& scopes, uint64_t finalized) {
    CHECK(rows_ != nullptr);
    // Read before anything changes: reading may fail.
    std::map<Address, uint256> next;
    for (const auto& [key, waiting] : waiting_)
        if (!next.contains(key.first)) next.emplace(key.first, nonce_of(key.first));

    for (auto place = settled_.begin(); place != settled_.end();) {
        auto& [operation, l1_block] = place->second;
        const auto scope = scopes.find(operation.hash);
        if (scope != nullptr) l1_block = scope->l1_block_number;
        const bool is_final = scope != nullptr && l1_block <= finalized;
        if (scope != nullptr && !is_final && settled_.size() <= MAX_SETTLED) {
            ++place;
            continue;
        }
        rows_->erase_operation(operation.arrival);
        // Undone: it waits again, unless another one has its place.
        if (scope == nullptr) {
            if (waiting_.contains(key_of(operation.root)))
                refusals_.note({settlement_.l1_chain_id,
                                operation.hash,
                                {},
                                "L1 undid its scope, and another one of its nonce waits"});
            else
                put(std::move(operation));
        }
        place = settled_.erase(place);
    }
    for (auto place = waiting_.begin(); place != waiting_.end();) {
        const auto used = next.find(place->first.first);
        if (used == next.end() || !(place->first.second < used->second)) {
            ++place;
            continue;
        }
        if (const auto scope = scopes.find(place->second.hash)) {
            by_hash_.erase(place->second.hash);
            const uint64_t arrival = place->second.arrival;
            settled_.emplace(arrival, Settled{std::move(place->second), scope->l1_block_number});
            place = waiting_.erase(place);
            continue;
        }
        const auto after = std::next(place);
        refuse(place, "nonce: another operation has used it, or its account has invalidated it");
        place = after;
    }
    update();
}

}  // namespace scope::service
