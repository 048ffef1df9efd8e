#include "devnet/live_network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "builder/why_unserved.hpp"
#include "crypto/kzg.hpp"
#include "crypto/secp256k1.hpp"
#include "devnet/live_network_impl.hpp"
#include "execution/transaction.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"
#include "rpc/view.hpp"

namespace scope::devnet {

namespace {

using rpc::RpcError;

std::unexpected<RpcError> refuse(std::string message) {
    return std::unexpected{RpcError{rpc::SERVER_ERROR, std::move(message), {}}};
}

/// Returns the error of what was refused without a rule of its own: on L1 a transaction that its
/// block refused, on a rollup a root that kept its scope from sealing.
std::unexpected<RpcError> not_sealed(const rpc::RefusalRecord& refused) {
    return std::unexpected{RpcError{rpc::NOT_SEALED, refused.reason, {}}};
}

builder::Refusal no_scope(const node::SettleError& error) {
    return {builder::RefusalRule::unknown_chain, "no scope can be opened: " + to_string(error), {}};
}

/// Returns why blobs are not those of the transaction; nullopt if they are.
std::optional<std::string> why_not_of(std::span<const chain::StoredBlobPtr> blobs,
                                      const Transaction& transaction) {
    const auto& hashes = transaction.blob_versioned_hashes;
    if (blobs.size() != hashes.size())
        return fmt::format("blobs: {} of {} versioned hashes", blobs.size(), hashes.size());
    for (size_t i = 0; i < blobs.size(); ++i) {
        const auto& [blob, commitment, proof] = *blobs[i];
        if (crypto::versioned_hash(commitment) != hashes[i])
            return fmt::format("blobs[{}]: its commitment has another versioned hash", i);
        if (!crypto::verify_blob_proof(blob, commitment, proof))
            return fmt::format("blobs[{}]: its KZG proof does not hold", i);
    }
    return std::nullopt;
}

}  // namespace

// ---- making it

LiveNetwork::Impl::Impl(chain::ChainSpec l1_spec, const chain::Genesis& l1_genesis,
                        node::Network network, LiveOptions options)
    : options_(std::move(options)),
      l1_id_(l1_spec.chain_id),
      database_(options_.devnet.databases.node ? options_.devnet.databases.node
                                               : std::make_shared<store::NodeDatabase>()),
      hold_(*database_),
      rows_(database_->rows(), l1_id_),
      offset_ms_(rows_.clock()),
      saved_offset_ms_(offset_ms_),
      automine_(options_.automine),
      interval_ms_(options_.interval_ms) {
    CHECK(options_.clock_ms != nullptr && options_.settle_after_blocks > 0);
    require_l1();
    l1_spec.forced = load_forced(l1_id_);
    for (auto& rollup : network.rollups) rollup.spec.forced = load_forced(rollup.chain_id());
    // So a test can see a rollup closed: any batch of it undoes that.
    options_.devnet.builder.answers_closings = false;
    options_.devnet.databases.node = database_;
    devnet_ = std::make_unique<Devnet>(
        std::make_unique<l1::LocalL1>(
            database_->open_chain(std::move(l1_spec), l1_genesis),
            l1::LocalL1Options{.coinbase = options_.coinbase,
                               .now_s = [this] { return now_ms() / 1000; }}),
        network, options_.devnet);
    scopes_.emplace(network.contracts.settlement.settlement, rows_, l1().chain());
    // The genesis block may have registered rollups.
    follow();
    chains_.try_emplace(l1_id_, l1_id_, l1(), node(), options_.pool);
    for (const auto& rollup : network.rollups)
        chains_.try_emplace(rollup.chain_id(), rollup.chain_id(), l1(), node(), options_.pool);
    genesis_ = genesis_snapshot();
    next_interval_ms_ = options_.clock_ms() + interval_ms_;
    auto told = l1().chain().store().block(rows_.told().value_or(genesis_.l1_head));
    if (told == nullptr)
        throw store::DatabaseError{store::DatabaseRule::bad_row,
                                   "scopes are noted up to an L1 block that is not there"};
    l1_chain().set_told(std::move(told));
    moved();  // what could not be built again is undone
    finish();
}

void LiveNetwork::Impl::require_l1() const {
    const store::ChainRows l1{database_->rows(), l1_id_};
    const bool is_used = rollup::FollowerRows{database_->rows(), l1_id_}.is_used();
    if (is_used && !l1.head())
        throw store::DatabaseError{
            store::DatabaseRule::other_network,
            "the node's database has followed an L1 and has none: it is another node's, such as an "
            "attester's"};
}

std::shared_ptr<execution::Forced> LiveNetwork::Impl::load_forced(ChainId chain_id) {
    auto forced = std::make_shared<execution::Forced>();
    forced->set_contents(saved_forced_[chain_id] = rows_.forced(chain_id));
    return forced;
}

void LiveNetwork::Impl::finish() {
    if (std::exchange(has_changed_, false) && database_->is_on_disk()) {
        for (auto& [id, chain] : chains_) {
            auto& saved = saved_forced_.at(id);
            auto now = chain.forced().contents();
            rows_.put_forced(id, saved, now);
            saved = std::move(now);
        }
        if (saved_offset_ms_ != offset_ms_) rows_.put_clock(saved_offset_ms_ = offset_ms_);
    }
    database_->rows().commit();
    for (const auto& [changes, scopes] : std::exchange(notices_, {}))
        for (auto* const listener : std::vector{listeners_}) {
            for (const auto& [id, change] : changes)
                listener->on_blocks(id, change.removed, change.added);
            for (const auto& scope : scopes) listener->on_scope(scope);
        }
}

LiveChain* LiveNetwork::Impl::find(ChainId chain_id) {
    const auto found = chains_.find(chain_id);
    return found == chains_.end() ? nullptr : &found->second;
}

std::vector<ChainId> LiveNetwork::Impl::ids() const {
    std::vector<ChainId> ids{l1_id_};
    for (const auto& [id, chain] : chains_)
        if (id != l1_id_) ids.push_back(id);
    return ids;
}

uint64_t LiveNetwork::Impl::now_ms() const {
    const auto now = static_cast<int64_t>(options_.clock_ms()) + offset_ms_;
    return now > 0 ? static_cast<uint64_t>(now) : 0;
}

// ---- the ways in

const std::optional<std::string>& LiveNetwork::Impl::why_unserved(ChainId chain_id) {
    auto& [at, why] = unserved_[chain_id];
    auto& l1 = l1_chain();
    if (at == l1.head()->hash) return why;
    const auto registered = protocol::decode_rollup(
        view(l1, node().network().contracts.settlement.settlement, protocol::get_rollup(chain_id)));
    const bool is_open = registered && !registered->closed && !registered->verifier.is_zero();
    why = is_open ? builder::why_unserved(node().follower().rollup(chain_id)->config, *registered)
                  : std::nullopt;
    at = l1.head()->hash;
    return why;
}

Result<Address, RpcError> LiveNetwork::Impl::sender_of(LiveChain& chain,
                                                       const Transaction& transaction,
                                                       const execution::Environment& environment,
                                                       const std::optional<Address>& impersonated) {
    if (transaction.type == TxType::system)
        return refuse(std::string{pool::message_of(execution::TxError::system_not_enabled)});
    if (impersonated) {
        if (transaction.chain_id && *transaction.chain_id != chain.id())
            return refuse(std::string{pool::message_of(execution::TxError::wrong_chain_id)});
        // As who loads a scope, a test would load one that no batch can follow.
        TRY_VOID(require_user(*impersonated));
        return *impersonated;
    }
    const auto sender = expected_ ? expected_->sender_of(transaction, environment)
                                  : execution::sender_of(transaction, environment);
    if (expected_ && expected_->has_ended()) expected_.reset();
    if (sender) return *sender;
    if (sender.error() == execution::TxError::wrong_chain_id)
        return refuse(fmt::format("invalid chain id for signer: have {} want {}",
                                  transaction.chain_id->number(), chain.id().number()));
    return refuse(std::string{pool::message_of(sender.error())});
}

void LiveNetwork::Impl::expect(ChainId chain_id, std::vector<Transaction> transactions) {
    expected_.reset();
    auto* const chain = find(chain_id);
    if (chain != nullptr) expected_.emplace(std::move(transactions), chain->next_environment());
}

Result<pool::PooledPtr, RpcError> LiveNetwork::Impl::take_into_pool(
    LiveChain& chain, const Transaction& transaction, const Address& from,
    const execution::Environment& environment) {
    auto admitted = chain.pool()->admit(transaction, from, *chain.latest_state(), environment);
    if (!admitted) return refuse(to_string(admitted.error()));
    // With automine the scope itself says at once what the door would; but then the one that it takes
    // the place of is gone.
    if ((!automine_ || admitted->replaced != nullptr) && chain.is_root(transaction))
        if (auto checked = check_at_door(chain, admitted->candidate); !checked) {
            const Hash& hash = admitted->candidate.hash;
            note_refusal({chain.id(), hash, checked.error(), checked.error().reason});
            return std::unexpected{rpc::refused(chain.id(), checked.error(), hash)};
        }
    return chain.pool()->add(std::move(*admitted));
}

Result<Hash, RpcError> LiveNetwork::Impl::send(ChainId chain_id, const Transaction& transaction,
                                               std::span<const chain::StoredBlobPtr> blobs,
                                               std::optional<Address> sender) {
    auto* const chain = TRY(chain_of(chain_id));
    if (!chain->is_l1())
        if (const auto& why = why_unserved(chain_id))
            return std::unexpected{rpc::unserved(chain_id, *why)};
    const auto environment = chain->next_environment();
    const Address from = TRY(sender_of(*chain, transaction, environment, sender));
    if (transaction.type == TxType::blob && chain->is_l1())
        if (auto why = why_not_of(blobs, transaction)) return refuse(std::move(*why));
    // The door simulates it, and so has to know who sends it.
    const bool is_new_sender = sender && !chain->forced().sender(transaction);
    if (is_new_sender) chain->forced().set_sender(scope::hash(transaction), from);
    has_changed_ |= is_new_sender;
    const auto pooled = take_into_pool(*chain, transaction, from, environment);
    if (!pooled && is_new_sender) chain->forced().forget_sender(scope::hash(transaction));
    TRY_VOID(pooled);
    const Hash hash = (*pooled)->hash;
    refusals_.erase(hash);  // it may do this time
    if (!blobs.empty() && chain->is_l1()) {
        // What this one took the place of goes at once: no block may come for long.
        drop_blobs();
        blobs_[hash] = {blobs.begin(), blobs.end()};
    }

    for (auto* const listener : std::vector{listeners_}) listener->on_pending(chain_id, **pooled);
    if (!automine_) return hash;
    work();
    if (const auto* const refused = refusals_.find(hash);
        refused != nullptr && chain->pool()->find(hash) == nullptr) {
        if (refused->refusal)
            return std::unexpected{rpc::refused(chain_id, *refused->refusal, hash)};
        return not_sealed(*refused);
    }
    return hash;
}

Result<Hash, RpcError> LiveNetwork::Impl::send_operation(const protocol::SignedOperation& operation,
                                                         std::optional<uint64_t> root_index) {
    const auto& settlement = node().network().contracts.settlement;
    const Hash hash = protocol::operation_hash(settlement, operation.operation);
    const auto key = std::pair{operation.operation.account, operation.operation.nonce};
    const uint256 next = operation_nonce(key.first);
    if (key.second < next)
        return refuse(fmt::format("nonce too low: next nonce {}, operation nonce {}",
                                  to_decimal(next), to_decimal(key.second)));
    if (const auto old = operations_.find(key); old != operations_.end()) {
        if (old->second.hash == hash) return refuse("already known");
        const uint256 fee = old->second.root.operation.operation.fee;
        const uint256 least = fee + fee / uint256{10u} + uint256{1u};
        if (least < fee || operation.operation.fee < least)
            return refuse("replacement transaction underpriced");
    } else if (key.second - next >= uint256{MAX_OPERATIONS_OF_ACCOUNT}) {
        return refuse(
            fmt::format("nonce too high: next nonce {}, operation nonce {}; {} operations "
                        "of an account may wait",
                        to_decimal(next), to_decimal(key.second), MAX_OPERATIONS_OF_ACCOUNT));
    }
    TRY_VOID(check_operation(operation));
    builder::L1Root root{operation, root_index};
    if (key.second == next) {
        auto scope = open_scope();
        auto simulated =
            scope ? (*scope)->simulate(root)
                  : Result<builder::RootResult, builder::Refusal>{std::unexpected{scope.error()}};
        // What has no room beside the blocks that wait has it in the scope behind them.
        if (!simulated &&
            !(node::needs_another_scope(simulated.error().rule) && !node().unsettled().empty())) {
            note_refusal({l1_id_, hash, simulated.error(), simulated.error().reason});
            return std::unexpected{rpc::refused(l1_id_, simulated.error(), hash)};
        }
    }
    if (!operations_.contains(key)) TRY_VOID(make_room(key.second == next));
    refusals_.erase(hash);
    operations_.insert_or_assign(key, WaitingOperation{std::move(root), hash});
    if (!automine_) return hash;
    work();
    if (const auto* const refused = refusals_.find(hash);
        refused != nullptr && !operations_.contains(key) && !scopes_->find(hash)) {
        if (refused->refusal) return std::unexpected{rpc::refused(l1_id_, *refused->refusal, hash)};
        return not_sealed(*refused);
    }
    return hash;
}

std::optional<uint256> LiveNetwork::Impl::next_operation_nonce(const Address& account) {
    if (operations_.lower_bound({account, uint256{}}) == operations_.end()) return std::nullopt;
    uint256 next = operation_nonce(account);
    while (operations_.contains({account, next})) next += uint256{1u};
    return next;
}

Result<void, builder::Refusal> LiveNetwork::Impl::check_at_door(
    LiveChain& chain, const pool::PooledTransaction& root) {
    const auto account = chain.latest_state()->account(root.sender).value_or(Account{});
    if (root.transaction.nonce > chain.pool()->next_nonce(root.sender, account.nonce)) return {};
    if (root.transaction.nonce == account.nonce) {
        auto* const scope = TRY(open_scope());
        auto simulated = scope->simulate(builder::L2Root{chain.id(), root.transaction});
        // What has no room beside the blocks that wait has it in the scope behind them.
        if (simulated ||
            (node::needs_another_scope(simulated.error().rule) && !node().unsettled().empty()))
            return {};
        return std::unexpected{std::move(simulated.error())};
    }
    // Behind others of its sender, which wait too.
    auto scope = node().open_scope();
    if (!scope) return {};  // the scope that takes it will say
    for (const auto& before : chain.pool()->of(root.sender)) {
        if (before->transaction.nonce >= root.transaction.nonce) break;
        const builder::L2Root other{chain.id(), before->transaction};
        const bool added =
            scope->is_ordinary(other.chain_id, other.transaction)
                ? scope->add_transaction(other.chain_id, other.transaction).has_value()
                : scope->add(other).has_value();
        if (!added) return {};
    }
    auto simulated = scope->simulate(builder::L2Root{chain.id(), root.transaction});
    if (simulated || node::needs_another_scope(simulated.error().rule)) return {};
    return std::unexpected{std::move(simulated.error())};
}

// ---- operations that wait

Result<void, RpcError> LiveNetwork::Impl::check_operation(
    const protocol::SignedOperation& operation) {
    const auto& one = operation.operation;
    const uint64_t timestamp_s = l1_chain().next_block().timestamp_s;
    if (one.deadline < uint256{timestamp_s})
        return refuse(fmt::format("deadline: {} has passed: L1's next block is at {}",
                                  to_decimal(one.deadline), timestamp_s));
    const auto sum = [](const uint256& a, const uint256& b) {
        return a + b < a ? ~uint256{} : a + b;
    };
    uint256 needed = sum(one.value, one.fee);
    for (auto place = operations_.lower_bound({one.account, uint256{}});
         place != operations_.end() && place->first.first == one.account; ++place) {
        const auto& other = place->second.root.operation.operation;
        if (other.nonce != one.nonce) needed = sum(needed, sum(other.value, other.fee));
    }
    const auto account = l1_chain().latest_state()->account(one.account).value_or(Account{});
    if (account.balance < needed)
        return refuse(
            fmt::format("insufficient funds: the account {} has {} wei, its operations "
                        "that wait take {} with this one",
                        to_hex(one.account), to_decimal(account.balance), to_decimal(needed)));
    return check_signature(operation);
}

Result<void, RpcError> LiveNetwork::Impl::check_signature(
    const protocol::SignedOperation& operation) {
    const auto& settlement = node().network().contracts.settlement;
    const Address& account = operation.operation.account;
    const auto view_address = [&](const Address& to, const Bytes& calldata) {
        return protocol::decode_address(view(l1_chain(), to, calldata));
    };
    Address owner = operation.owner;
    if (l1_chain().latest_state()->code(account)->bytes.empty()) {
        const auto factory = view_address(settlement.settlement, protocol::account_factory());
        if (!factory || view_address(*factory, protocol::account_of(owner)) != account)
            return refuse(
                fmt::format("account: {} has no code, and is not the signer's", to_hex(account)));
    } else if (const auto told = view_address(account, abi::call("owner()"))) {
        owner = *told;
    } else {
        return {};  // an account of another kind: its own code says what a signature is
    }
    const BytesView bytes = operation.signature;
    const auto signer =
        bytes.size() == 65
            ? crypto::recover(protocol::operation_digest(settlement, operation.operation),
                              from_be(bytes.first(32)), from_be(bytes.subspan(32, 32)),
                              bytes[64] == 28)
            : std::nullopt;
    if (signer == owner) return {};
    return refuse(fmt::format("signature: it is not of the account's owner {}", to_hex(owner)));
}

Result<void, RpcError> LiveNetwork::Impl::make_room(bool is_next) {
    if (operations_.size() < MAX_OPERATIONS) return {};
    if (is_next) {
        const auto kept = operations_without_gap();
        for (auto place = operations_.rbegin(); place != operations_.rend(); ++place) {
            if (kept.contains(place->first)) continue;
            const Hash hash = place->second.hash;
            operations_.erase(std::next(place).base());
            const std::string reason = "operations: others that can run needed its room";
            note_refusal({l1_id_, hash,
                          builder::Refusal{builder::RefusalRule::operation, reason, {}}, reason});
            return {};
        }
    }
    return refuse(fmt::format("operations: {} wait already", operations_.size()));
}

std::set<std::pair<Address, uint256>> LiveNetwork::Impl::operations_without_gap() {
    std::set<std::pair<Address, uint256>> keys;
    std::map<Address, uint256> next;
    for (const auto& [key, waiting] : operations_) {
        auto [place, is_new] = next.try_emplace(key.first, uint256{});
        if (is_new) place->second = operation_nonce(key.first);
        if (place->second != key.second) continue;
        place->second += uint256{1u};
        keys.insert(key);
    }
    return keys;
}

void LiveNetwork::Impl::update_operations() {
    if (operations_.empty()) return;
    const uint64_t timestamp_s = l1_chain().next_block().timestamp_s;
    std::map<Address, uint256> next;
    std::vector<Hash> late;
    std::erase_if(operations_, [&](const auto& entry) {
        auto [place, is_new] = next.try_emplace(entry.first.first, uint256{});
        if (is_new) place->second = operation_nonce(entry.first.first);
        // Another operation used the nonce, or it was invalidated.
        if (entry.first.second < place->second) return true;
        const bool is_late = entry.second.root.operation.operation.deadline < uint256{timestamp_s};
        if (is_late) late.push_back(entry.second.hash);
        return is_late;
    });
    for (const Hash& hash : late) {
        const std::string reason = "deadline: it has passed";
        note_refusal(
            {l1_id_, hash, builder::Refusal{builder::RefusalRule::operation, reason, {}}, reason});
    }
}

std::optional<std::string> LiveNetwork::Impl::why_waiting(const Hash& hash) {
    const bool is_operation = std::ranges::any_of(
        operations_, [&](const auto& entry) { return entry.second.hash == hash; });
    const bool is_root = std::ranges::any_of(chains_, [&](auto& entry) {
        auto& chain = entry.second;
        const auto pooled = chain.is_l1() ? nullptr : chain.pool()->find(hash);
        return pooled != nullptr && chain.is_root(pooled->transaction);
    });
    if (!is_operation && !is_root) return std::nullopt;
    if (!stalled_.empty()) return "nothing settles: " + stalled_;
    const bool is_ready =
        is_operation
            ? std::ranges::any_of(operations_without_gap(),
                                  [&](const auto& key) { return operations_.at(key).hash == hash; })
            : std::ranges::any_of(chains_, [&](const auto& entry) {
                  return std::ranges::any_of(entry.second.ready(), [&](const auto& pooled) {
                      return pooled->hash == hash;
                  });
              });
    if (!is_ready) return "nothing with the nonces before it is there, or its fee is too low";
    if (automine_) return "it comes with the next scope";
    if (interval_ms_ != 0) return "the next block is mined at an interval";
    return "blocks are mined by hand: evm_mine";
}

// ---- simulations

Result<builder::ScopeBuilder*, builder::Refusal> LiveNetwork::Impl::open_scope() {
    const uint64_t timestamp_s = l1_chain().next_block().timestamp_s;
    if (open_ && open_->timestamp_s == timestamp_s) return &open_->scope;
    open_.reset();
    auto opened = node().open_scope();
    if (!opened) return std::unexpected{no_scope(opened.error())};
    open_.emplace(std::move(*opened), timestamp_s);
    return &open_->scope;
}

Result<builder::RootCallResult, builder::Refusal> LiveNetwork::Impl::simulate(
    const builder::RootCall& call) {
    auto* const scope = TRY(open_scope());
    return scope->simulate_call(call);
}

std::vector<Result<builder::RootResult, builder::Refusal>> LiveNetwork::Impl::simulate(
    std::span<const builder::Root> roots) {
    std::vector<Result<builder::RootResult, builder::Refusal>> results;
    results.reserve(roots.size());
    if (roots.size() == 1) {
        auto scope = open_scope();
        if (scope)
            results.push_back((*scope)->simulate(roots.front()));
        else
            results.emplace_back(std::unexpected{scope.error()});
        return results;
    }
    // One after the other: in a scope of their own, which is thrown away.
    auto scope = node().open_scope();
    for (const auto& root : roots) {
        if (scope)
            results.push_back(scope->add(root));
        else
            results.emplace_back(std::unexpected{no_scope(scope.error())});
    }
    return results;
}

// ---- views

Bytes LiveNetwork::Impl::view(LiveChain& chain, const Address& to, const Bytes& calldata,
                              std::vector<Hash>* read) {
    return rpc::view(*chain.latest_state(), chain.next_environment(), to, calldata, read);
}

uint256 LiveNetwork::Impl::operation_nonce(const Address& account) {
    const auto& settlement = node().network().contracts.settlement.settlement;
    return protocol::decode_nonce(view(l1_chain(), settlement, protocol::nonce_of(account)))
        .value_or(uint256{});
}

// ---- rpc::Network

LiveNetwork::LiveNetwork(chain::ChainSpec l1_spec, const chain::Genesis& l1_genesis,
                         node::Network network, LiveOptions options)
    : impl_(std::make_unique<Impl>(std::move(l1_spec), l1_genesis, std::move(network),
                                   std::move(options))) {}

LiveNetwork::~LiveNetwork() = default;

Devnet& LiveNetwork::devnet() noexcept {
    return *impl_->devnet_;
}

bool LiveNetwork::is_logging() const noexcept {
    return impl_->is_logging_;
}

void LiveNetwork::tick() {
    impl_->tick();
    impl_->finish();
}

void LiveNetwork::finish() {
    impl_->finish();
}

std::optional<uint64_t> LiveNetwork::ms_to_next_tick() const {
    return impl_->ms_to_next_tick();
}

Result<void, RpcError> LiveNetwork::settle() {
    const bool has_settled = impl_->settle(Impl::Wanted::blocks);
    impl_->finish();
    if (has_settled || impl_->node().unsettled().empty()) return {};
    return refuse("nothing settled: " + impl_->last_failure());
}

std::vector<ChainId> LiveNetwork::chains() const {
    return impl_->ids();
}

rpc::ChainView* LiveNetwork::chain(ChainId chain_id) {
    return impl_->find(chain_id);
}

const builder::L1Contracts* LiveNetwork::contracts() const {
    return &impl_->node().network().contracts;
}

const rollup::Follower* LiveNetwork::follower() const {
    return &impl_->node().follower();
}

std::vector<rpc::Network::NamedContract> LiveNetwork::named_contracts() const {
    return impl_->options_.contracts;
}

std::span<const rpc::DevAccount> LiveNetwork::accounts() const {
    return impl_->options_.accounts;
}

void LiveNetwork::expect(ChainId chain_id, std::vector<Transaction> transactions) {
    impl_->expect(chain_id, std::move(transactions));
}

Result<Hash, RpcError> LiveNetwork::send(ChainId chain_id, const Transaction& transaction,
                                         std::span<const chain::StoredBlobPtr> blobs,
                                         std::optional<Address> sender) {
    return impl_->send(chain_id, transaction, blobs, sender);
}

Result<Hash, RpcError> LiveNetwork::send_operation(const protocol::SignedOperation& operation,
                                                   std::optional<uint64_t> root_index) {
    return impl_->send_operation(operation, root_index);
}

std::optional<uint256> LiveNetwork::next_operation_nonce(const Address& account) const {
    return impl_->next_operation_nonce(account);
}

Result<builder::RootCallResult, builder::Refusal> LiveNetwork::simulate(
    const builder::RootCall& call) {
    return impl_->simulate(call);
}

std::vector<Result<builder::RootResult, builder::Refusal>> LiveNetwork::simulate(
    std::span<const builder::Root> roots) {
    return impl_->simulate(roots);
}

const rpc::RefusalRecord* LiveNetwork::refusal(const Hash& hash) const {
    return impl_->refusals_.find(hash);
}

std::optional<std::string> LiveNetwork::why_waiting(const Hash& hash) {
    return impl_->why_waiting(hash);
}

rpc::ScopeRecordPtr LiveNetwork::scope(uint64_t number) const {
    return impl_->scopes_->find(number);
}

rpc::ScopeRecordPtr LiveNetwork::scope(const Hash& hash) const {
    return impl_->scopes_->find(hash);
}

uint64_t LiveNetwork::scopes() const {
    return impl_->scopes_->size();
}

void LiveNetwork::listen(rpc::Listener* listener) {
    impl_->listeners_.push_back(listener);
}

void LiveNetwork::unlisten(rpc::Listener* listener) {
    std::erase(impl_->listeners_, listener);
}

rpc::TestControls* LiveNetwork::controls() {
    return impl_.get();
}

}  // namespace scope::devnet
