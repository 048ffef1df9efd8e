#include "devnet/live_network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
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
      scope_rows_(database_->rows(), l1_id_),
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
    l1_now_.emplace(l1());
    // The genesis block may have registered rollups.
    follow();
    std::vector<service::ServedChain*> served;
    const auto serve = [&](ChainId id) -> LiveChain& {
        return chains_.try_emplace(id, id, l1(), *l1_now_, node(), options_.pool).first->second;
    };
    serve(l1_id_);
    for (const auto& rollup : network.rollups) serve(rollup.chain_id());
    for (auto& [id, chain] : chains_)
        if (!chain.is_l1()) served.push_back(&chain);
    const auto& settlement = network.contracts.settlement;
    scopes_.emplace(settlement.settlement, scope_rows_);
    operations_.emplace(*l1_now_, settlement, refusals_, nullptr);
    door_.emplace(*l1_now_, node());
    unserved_.emplace(*l1_now_, node());
    queue_.emplace(service::RootQueue::Parts{.node = node(),
                                             .door = *door_,
                                             .rollups = std::move(served),
                                             .operations = *operations_,
                                             .refusals = refusals_,
                                             .scopes = *scopes_,
                                             .herald = herald_});
    genesis_ = genesis_snapshot();
    next_interval_ms_ = options_.clock_ms() + interval_ms_;
    const auto last_told = scope_rows_.told();
    auto told = l1().chain().store().block(last_told ? last_told->hash : genesis_.l1_head);
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
    herald_.tell_news();
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

Result<Address, RpcError> LiveNetwork::Impl::sender_of(LiveChain& chain,
                                                       const Transaction& transaction,
                                                       const execution::Environment& environment,
                                                       const std::optional<Address>& impersonated) {
    if (!impersonated) return senders_.sender_of(transaction, environment, chain.id());
    if (transaction.type == TxType::system)
        return service::refused_by(execution::TxError::system_not_enabled);
    if (transaction.chain_id && *transaction.chain_id != chain.id())
        return service::refused_by(execution::TxError::wrong_chain_id);
    // As who loads a scope, a test would load one that no batch can follow.
    TRY_VOID(require_user(*impersonated));
    return *impersonated;
}

void LiveNetwork::Impl::expect(ChainId chain_id, std::vector<Transaction> transactions) {
    senders_.forget();
    auto* const chain = find(chain_id);
    if (chain != nullptr) senders_.expect(std::move(transactions), chain->next_environment());
}

Result<Hash, RpcError> LiveNetwork::Impl::send(ChainId chain_id, const Transaction& transaction,
                                               std::span<const chain::StoredBlobPtr> blobs,
                                               std::optional<Address> sender) {
    auto* const chain = TRY(chain_of(chain_id));
    if (!chain->is_l1())
        if (const auto& why = unserved_->why(chain_id))
            return std::unexpected{rpc::unserved(chain_id, *why)};
    const auto environment = chain->next_environment();
    const Address from = TRY(sender_of(*chain, transaction, environment, sender));
    if (transaction.type == TxType::blob && chain->is_l1())
        if (auto why = why_not_of(blobs, transaction)) return refuse(std::move(*why));
    // The door simulates it, and so has to know who sends it.
    const bool is_new_sender = sender && !chain->forced().sender(transaction);
    if (is_new_sender) chain->forced().set_sender(scope::hash(transaction), from);
    has_changed_ |= is_new_sender;
    // With automine the scope itself says at once what the door would.
    using CheckRoots = service::RootQueue::CheckRoots;
    const auto pooled =
        queue_->take_in(*chain, transaction, from, automine_ ? CheckRoots::no : CheckRoots::yes);
    if (!pooled && is_new_sender) chain->forced().forget_sender(scope::hash(transaction));
    TRY_VOID(pooled);
    const Hash hash = (*pooled)->hash;
    if (!blobs.empty() && chain->is_l1()) {
        // What this one took the place of goes at once: no block may come for long.
        drop_blobs();
        blobs_[hash] = {blobs.begin(), blobs.end()};
    }

    herald_.tell_pending(chain_id, **pooled);
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
    const auto admission = TRY(operations_->admit(operation));
    const Hash& hash = admission.hash;
    builder::L1Root root{operation, root_index};
    if (admission.is_next)
        if (auto checked = door_->check(root); !checked) {
            refusals_.note({l1_id_, hash, checked.error(), checked.error().reason});
            return std::unexpected{rpc::refused(l1_id_, checked.error(), hash)};
        }
    TRY_VOID(operations_->add(std::move(root), admission));
    if (!automine_) return hash;
    work();
    if (const auto* const refused = refusals_.find(hash);
        refused != nullptr && !operations_->contains(hash) && !scopes_->find(hash)) {
        if (refused->refusal) return std::unexpected{rpc::refused(l1_id_, *refused->refusal, hash)};
        return not_sealed(*refused);
    }
    return hash;
}

std::optional<std::string> LiveNetwork::Impl::why_waiting(const Hash& hash) {
    if (!queue_->waits(hash)) return std::nullopt;
    if (!queue_->stalled().empty()) return "nothing settles: " + queue_->stalled();
    if (queue_->is_behind_gap(hash))
        return "nothing with the nonces before it is there, or its fee is too low";
    if (automine_) return "it comes with the next scope";
    if (interval_ms_ != 0) return "the next block is mined at an interval";
    return "blocks are mined by hand: evm_mine";
}

// ---- views

Bytes LiveNetwork::Impl::view(LiveChain& chain, const Address& to, const Bytes& calldata,
                              std::vector<Hash>* read) {
    return rpc::view(*chain.latest_state(), chain.next_environment(), to, calldata, read);
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
    return refuse("nothing settled: " + impl_->herald_.last_trouble());
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
    return impl_->operations_->next_nonce(account);
}

Result<builder::RootCallResult, builder::Refusal> LiveNetwork::simulate(
    const builder::RootCall& call) {
    return impl_->door_->simulate(call);
}

std::vector<Result<builder::RootResult, builder::Refusal>> LiveNetwork::simulate(
    std::span<const builder::Root> roots) {
    return impl_->door_->simulate(roots);
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
    impl_->herald_.listen(listener);
}

void LiveNetwork::unlisten(rpc::Listener* listener) {
    impl_->herald_.unlisten(listener);
}

rpc::TestControls* LiveNetwork::controls() {
    return impl_.get();
}

}  // namespace scope::devnet
