#include "demo/rpc_demo_l1.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "demo/l1_identity.hpp"
#include "demo/purse.hpp"
#include "l1/beacon_blobs.hpp"
#include "l1/l1_account.hpp"
#include "l1/rpc_l1_sender.hpp"
#include "l1/rpc_l1_source.hpp"
#include "l1/rpc_l1_view.hpp"
#include "terminal/text.hpp"

namespace scope::demo {

namespace {

constexpr uint64_t GWEI = 1'000'000'000;  // wei
constexpr size_t MAX_TRIES = 10;
/// Slots without a transaction in a block after which nobody waits on.
constexpr uint64_t PATIENCE_SLOTS = 20;
constexpr std::chrono::milliseconds MAX_LOOK{500};
/// Gas of the transactions that wait together. A pool wants all of it paid for, at the price that
/// they offer.
constexpr uint64_t GAS_AT_ONCE = uint64_t{1} << 25;
/// Less isn't worth the way back.
constexpr uint64_t LEAST_TO_TAKE_BACK = 100 * GWEI * Purse::PAYMENT_GAS / 10;

L1Identity identified(const std::shared_ptr<const l1::RpcEndpoint>& endpoint) {
    auto identity = identify(endpoint);
    if (!identity) throw std::runtime_error{identity.error()};
    return std::move(*identity);
}

std::vector<std::shared_ptr<const l1::BlobSource>> blob_sources(
    const std::optional<net::HttpUrl>& beacon) {
    if (!beacon) return {};
    return {std::make_shared<const l1::BeaconBlobs>(*beacon)};
}

PatientSender::Patience patience_of(const L1Identity& identity) {
    const std::chrono::milliseconds slot{1000 * identity.slot_s};
    return {.most = PATIENCE_SLOTS * slot, .each_look = std::min(slot / 4, MAX_LOOK)};
}

std::string ether(const uint256& wei) {
    return terminal::amount(wei) + " ETH";
}

class RpcDemoL1 final : public DemoL1 {
  public:
    RpcDemoL1(const RpcDemoOptions& options, const Progress& progress)
        : progress_(progress),
          endpoint_(std::make_shared<const l1::RpcEndpoint>(options.url)),
          identity_(identified(endpoint_)),
          words_{endpoint_->name(), identity_.client},
          blobs_(blob_sources(options.beacon)),
          funder_(options.funder),
          sender_(std::make_shared<PatientSender>(
              std::make_shared<l1::RpcL1Sender>(endpoint_, make_source()), patience_of(identity_))),
          view_(std::make_shared<const l1::RpcL1View>(
              identity_.spec, endpoint_,
              l1::RpcL1ViewOptions{.slot_s = identity_.slot_s,
                                   .now_s = [] { return static_cast<uint64_t>(time(nullptr)); },
                                   .followed = [this] { return followed(); }})),
          purse_(endpoint_, sender_, identity_.spec.chain_id),
          seed_(make_seed()) {}

    [[nodiscard]] devnet::L1Roles roles() override {
        return {.make_source = [this] { return make_source(); }, .view = view_, .sender = sender_};
    }
    [[nodiscard]] const l1::L1View& view() const override { return *view_; }
    [[nodiscard]] const L1Words* words() const noexcept override { return &words_; }
    [[nodiscard]] std::string why_no_blobs() const override {
        if (identity_.is_anvil)
            return "no follower takes anvil's blocks with blobs, whose root is of more than their "
                   "transactions";
        if (blobs_.empty()) return "followers need a source of them, --beacon";
        return {};
    }
    [[nodiscard]] const l1::L1Head& first_head() const noexcept override { return identity_.head; }

    [[nodiscard]] Person person(const std::string& name) const override {
        const auto key = crypto::SecretKey::from(
            crypto::keccak256(concat(as_bytes("scope.demo." + name), seed_)));
        CHECK(key.has_value());
        return {name, *key, crypto::address_of(*key)};
    }
    [[nodiscard]] Fees fees(const BlockHeader& head) const override {
        // Covers several full blocks (EIP-1559: an eighth each).
        return {.max_fee = chain::next_base_fee(head) * uint256{2u} + uint256{GWEI},
                .priority_fee = uint256{GWEI}};
    }
    void fund(std::span<const Need> needs) override;
    void take_back() override;
    Result<void, IncludeError> include(std::span<const Transaction> transactions) override;
    void stand_on(const rollup::Follower& follower) override { follower_ = &follower; }
    [[nodiscard]] size_t max_tries() const noexcept override { return MAX_TRIES; }

  private:
    [[nodiscard]] std::shared_ptr<const l1::L1Source> make_source() const {
        return std::make_shared<l1::RpcL1Source>(endpoint_, blobs_);
    }
    [[nodiscard]] std::optional<l1::L1BlockId> followed() const {
        if (follower_ == nullptr || follower_->next_l1_block() == 0) return std::nullopt;
        const auto block = follower_->l1_block(follower_->next_l1_block() - 1);
        return block ? std::optional{block->id} : std::nullopt;
    }
    [[nodiscard]] Hash make_seed() const {
        const auto message =
            fmt::format("scope.demo: the people of a run on chain {}, from nonce {} on",
                        identity_.spec.chain_id, purse_.next_nonce(funder_));
        const auto signature = funder_->sign(as_bytes(message));
        if (!signature) throw std::runtime_error{"--key: " + signature.error()};
        return crypto::keccak256(crypto::to_rsv(*signature));
    }
    [[nodiscard]] BlockHeader latest() const {
        const auto head = l1::RpcL1View{identity_.spec, endpoint_}.head();
        if (!head) throw std::runtime_error{"L1: " + l1::to_string(head.error())};
        return head->header;
    }
    /// Brings the transactions from @p first to @p end into blocks.
    Result<void, IncludeError> include(std::span<const Transaction> transactions, size_t first,
                                       size_t end);

    const Progress& progress_;
    std::shared_ptr<const l1::RpcEndpoint> endpoint_;
    L1Identity identity_;
    L1Words words_;
    std::vector<std::shared_ptr<const l1::BlobSource>> blobs_;
    crypto::SignerPtr funder_;
    std::shared_ptr<PatientSender> sender_;
    const rollup::Follower* follower_ = nullptr;
    std::shared_ptr<const l1::RpcL1View> view_;
    Purse purse_;
    Hash seed_;                   ///< of the people's keys: a secret
    std::vector<Person> funded_;  ///< those that may have something left
};

// ---- money

void RpcDemoL1::fund(std::span<const Need> needs) {
    const auto head = latest();
    const uint256 max_fee = fees(head).max_fee;
    const uint64_t soon = head.timestamp_s + 1;
    const uint256 blob_fee =
        execution::blob_base_fee(chain::next_excess_blob_gas(identity_.spec, head, soon),
                                 identity_.spec.blobs_at(soon)) *
        uint256{2u};
    const auto cost_of = [&](const Need& need) {
        return need.value + uint256{need.gas} * max_fee +
               uint256{need.blobs * GAS_PER_BLOB} * blob_fee;
    };
    uint256 stays;
    uint256 total = uint256{needs.size() * Purse::PAYMENT_GAS} * max_fee;
    for (const auto& need : needs) {
        stays += need.value;
        total += cost_of(need);
    }
    const uint256 has = purse_.balance(funder_->address());
    progress_.say(
        fmt::format("L1: takes up to {} of {}: {} stay with the rollups and as their "
                    "bonds, the rest is for gas, and what is left of it goes back",
                    ether(total), to_hex(funder_->address()), ether(stays)));
    if (has < total)
        throw std::runtime_error{
            fmt::format("--key: {} has {} on L1, and the demonstration takes "
                        "up to {}",
                        to_hex(funder_->address()), ether(has), ether(total))};
    for (const auto& need : needs) {
        funded_.push_back(need.person);
        purse_.pay(funder_, need.person.address, cost_of(need), max_fee);
    }
}

void RpcDemoL1::take_back() {
    if (funded_.empty()) return;
    uint256 sum;
    while (!funded_.empty()) {
        const auto person = std::move(funded_.back());
        funded_.pop_back();
        const uint256 max_fee = fees(latest()).max_fee;
        const uint256 price = max_fee * uint256{Purse::PAYMENT_GAS};
        const uint256 has = purse_.balance(person.address);
        if (has < price + uint256{LEAST_TO_TAKE_BACK}) continue;
        purse_.pay(crypto::local_signer(person.key), funder_->address(), has - price, max_fee);
        sum += has - price;
    }
    progress_.say(fmt::format("L1: {} went back to {}", ether(sum), to_hex(funder_->address())));
}

// ---- transactions

Result<void, IncludeError> RpcDemoL1::include(std::span<const Transaction> transactions) {
    for (size_t first = 0; first < transactions.size();) {
        size_t end = first;
        for (uint64_t gas = 0; end < transactions.size(); ++end) {
            gas += transactions[end].gas_limit;
            if (gas > GAS_AT_ONCE && end > first) break;
        }
        TRY_VOID(include(transactions, first, end));
        first = end;
    }
    return {};
}

Result<void, IncludeError> RpcDemoL1::include(std::span<const Transaction> transactions,
                                              size_t first, size_t end) {
    const auto fail = [](size_t index, const std::string& why) {
        return std::unexpected{IncludeError{fmt::format("transaction {} to L1: {}", index, why)}};
    };
    for (size_t i = first; i < end; ++i)
        if (const auto sent = sender_->below()->send(transactions[i], {}); !sent)
            return fail(i, to_string(sent.error()));
    for (size_t i = first; i < end; ++i) {
        const auto place = sender_->wait_for(hash(transactions[i]));
        if (!place) return fail(i, place.error());
        if (!l1::receipt_at(*place).success)
            return fail(i, fmt::format("it failed in block {}", place->block->header().number));
    }
    return {};
}

}  // namespace

std::unique_ptr<DemoL1> make_rpc_l1(RpcDemoOptions options, const Progress& progress) {
    CHECK(options.funder != nullptr);
    return std::make_unique<RpcDemoL1>(std::move(options), progress);
}

}  // namespace scope::demo
