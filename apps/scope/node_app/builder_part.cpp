#include "node_app/builder_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "attester/https_attester.hpp"
#include "base/hex.hpp"
#include "cli/clock.hpp"
#include "cli/command.hpp"
#include "keys/read_key.hpp"
#include "l1/rpc_l1_sender.hpp"
#include "node_app/builder_metrics.hpp"
#include "node_app/own_keys.hpp"
#include "node_app/urls.hpp"
#include "prover/committee.hpp"
#include "state/unavailable.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

/// From what is sent to the tick that looks at it: what is sent beside it comes into the same scope.
constexpr chrono::milliseconds GATHER{10};
/// Members that would make no difference are waited for so long, of a slot a part, that one which
/// hangs costs no scope its slot.
constexpr chrono::milliseconds MAX_GRACE{2'000};
constexpr int GRACE_OF_SLOT = 6;

crypto::SignerPtr submitter_of(const config::NodeConfig& config) {
    const auto& builder = *config.builder;
    const bool is_own = builder.calldata && !builder.calldata_key.key.empty();
    return read_signer(is_own ? "builder.calldata_key" : "builder.key",
                       is_own ? builder.calldata_key : builder.key, config);
}

builder::BuilderOptions builder_options(const config::NodeConfig& config) {
    const auto& builder = *config.builder;
    builder::BuilderOptions options;
    options.submitter = submitter_of(config);
    options.data_availability =
        builder.calldata ? builder::DataAvailability::calldata : builder::DataAvailability::blobs;
    options.max_priority_fee_per_gas = uint256{builder.max_priority_fee_per_gas_wei};
    options.max_fee_per_gas = uint256{builder.max_fee_per_gas_wei};
    options.max_fee_per_blob_gas = uint256{builder.max_fee_per_blob_gas_wei};
    return options;
}

/// Returns the committee, each member in a process of its own.
std::shared_ptr<prover::Committee> committee_of(const config::NodeConfig& config) {
    const auto& builder = *config.builder;
    const auto own = read_identity("builder.tls_certificate", builder.tls_certificate, config);
    std::vector<std::unique_ptr<prover::AttesterClient>> members;
    for (const auto& attester : builder.attesters) {
        const auto address = fixed_from_hex<20>(attester.address);
        const auto key = net::parse_fingerprint(attester.key);
        CHECK(address && key);  // checked with the configuration
        members.push_back(std::make_unique<attester::HttpsAttester>(
            *address, url_of("builder.attesters.url", attester.url, config),
            net::TlsOptions{.own = own, .peer = key}, builder.proof_timeout));
    }
    return std::make_shared<prover::Committee>(
        std::move(members),
        prover::CommitteeOptions{.threshold = builder.threshold,
                                 .timeout = builder.proof_timeout,
                                 .grace = std::min(MAX_GRACE, config.l1.slot / GRACE_OF_SLOT)});
}

service::BuilderNetworkOptions network_options(const config::NodeConfig& config,
                                               const node::NetworkFile& file,
                                               const l1::PrefetchingSource& source,
                                               std::function<void()> on_work) {
    const auto& builder = *config.builder;
    return {.pool = {},
            .block_time_ms = static_cast<uint64_t>(builder.block_time.count()),
            .settle_after_ms = static_cast<uint64_t>(builder.settle_after.count()),
            .contracts = contracts_of(file),
            .l1_head_number =
                [&source] {
                    const auto heads = source.status().heads;
                    return heads ? heads->latest.number : 0;
                },
            .clock_ms = cli::steady_ms,
            .on_work = std::move(on_work)};
}

}  // namespace

/// Logs what a builder's network tells.
class BuilderPart::Told final : public rpc::Listener {
  public:
    explicit Told(NodeLog& log) : log_(log) {}

    void on_blocks(ChainId, std::span<const chain::StoredBlockPtr>,
                   std::span<const chain::StoredBlockPtr>) override {}
    void on_pending(ChainId, const pool::PooledTransaction&) override {}
    void on_scope(const rpc::ScopeRecordPtr&) override {}  // FollowLog tells of all
    void on_refusal(const rpc::RefusalRecord& refusal) override {
        const uint64_t chain_id = refusal.chain_id.number();
        log_.info(
            "refused",
            fmt::format("chain {}: {} refused: {}", chain_id, to_hex(refusal.hash), refusal.reason),
            {{"chain_id", chain_id}, {"hash", to_hex(refusal.hash)}});
    }
    void on_trouble(std::string_view reason) override {
        log_.warn("trouble", fmt::format("nothing settles: {}", reason));
    }

  private:
    NodeLog& log_;
};

BuilderPart::BuilderPart(const config::NodeConfig& config, const node::NetworkFile& file,
                         NodeLog& log, net::Worker& worker)
    : NodePart(config, file, log, worker),
      watch_(
          log,
          {.now_s = cli::now_s,
           .slot_of = [this](uint64_t timestamp_s) { return l1().access().slot_of(timestamp_s); }}),
      told_(std::make_unique<Told>(log)),
      network_(std::make_unique<service::BuilderNetwork>(
          file.network, components(config, file),
          network_options(config, file, l1().ahead(), [this] { tick_after(GATHER); }))) {
    network_->listen(told_.get());
}

BuilderPart::~BuilderPart() {
    stop();
}

node::Components BuilderPart::components(const config::NodeConfig& config,
                                         const node::NetworkFile& file) {
    const auto endpoint = l1().access().endpoint();
    const auto slot_s = chrono::ceil<chrono::seconds>(config.l1.slot).count();
    view_ = std::make_shared<l1::RpcL1View>(
        file.l1_spec, endpoint,
        l1::RpcL1ViewOptions{.slot_s = static_cast<uint64_t>(slot_s),
                             .now_s = cli::now_s,
                             .followed = [this] { return followed_head(); }});
    auto options = builder_options(config);
    submitter_ = options.submitter->address();
    return {.source = l1().source(),
            .database = database(),
            .attester = {},
            .builder = node::Components::Builder{
                .view = view_,
                .sender = watch_.watch(std::make_shared<l1::RpcL1Sender>(endpoint, l1().source())),
                .prover = watch_.watch(committee_of(config)),
                .options = std::move(options)}};
}

std::optional<l1::L1BlockId> BuilderPart::followed_head() {
    if (network_ == nullptr) return std::nullopt;
    const auto& follower = network_->node().follower();
    const uint64_t next = follower.next_l1_block();
    const auto block = next == 0 ? std::nullopt : follower.l1_block(next - 1);
    if (!block) return std::nullopt;
    if (block->id.hash != told_head_) {
        const auto read = l1().source()->block(block->id.number);
        if (read && *read != nullptr && (*read)->hash == block->id.hash)
            view_->keep(block->id.hash, (*read)->header());
        told_head_ = block->id.hash;
    }
    return block->id;
}

NodeStatus BuilderPart::status() {
    auto status = NodePart::status();
    status.builder = NodeStatus::Builder{.is_loaded = network_->is_loaded(),
                                         .trouble = network_->trouble(),
                                         .trouble_since_s = trouble_since_s_};
    return status;
}

std::optional<uint256> BuilderPart::submitter_balance() {
    const auto head = followed_head();
    if (!network_->is_ready() || head == balance_at_) return balance_;
    balance_at_ = head;  // once for each, also where it fails
    try {
        if (const auto l1 = network_->l1_state())
            balance_ = l1->state->account(submitter_).value_or(Account{}).balance;
    } catch (const state::Unavailable&) {
        balance_.reset();
    }
    return balance_;
}

std::string BuilderPart::role_metrics() {
    BuilderMetrics metrics{.scopes = watch_.counts(),
                           .waiting = {},
                           .unsettled = {},
                           .is_in_flight = node().in_flight().has_value(),
                           .submitter = submitter_,
                           .balance = submitter_balance()};
    const auto& network = node().network();
    metrics.waiting[network.contracts.settlement.l1_chain_id] = network_->waiting_operations();
    for (const ChainId id : network_->chains()) {
        auto& chain = *network_->chain(id);
        metrics.waiting[id] = chain.pool()->size();
        metrics.unsettled[id] = chain.head()->header().number -
                                node().follower().rollup(id)->chain.head()->header().number;
    }
    return metrics_text(metrics);
}

void BuilderPart::look() {
    network_->on_new_head();
    tick();
}

void BuilderPart::tick() {
    network_->tick();
    const std::string& failure = network_->why_not_following();
    if (failure.empty())
        follow_log().note(network_->node(), std::nullopt);
    else if (!l1().ahead().take_missed())  // what isn't here yet is read, and then is news
        follow_log().note(network_->node(), FollowLog::Failure{failure, failure});
    if (network_->trouble().empty())
        trouble_since_s_ = 0;
    else if (trouble_since_s_ == 0)
        trouble_since_s_ = cli::now_s();
    if (const auto wait = network_->ms_to_next_tick()) tick_after(chrono::milliseconds{*wait});
}

void BuilderPart::tick_after(chrono::milliseconds wait) {
    const auto due = net::Worker::Clock::now() + wait;
    if (next_tick_ && *next_tick_ <= due) return;
    next_tick_ = due;
    worker().post_after(wait, [this, due] {
        if (next_tick_ != due) return;  // an earlier one took its place
        next_tick_.reset();
        tick();
    });
}

}  // namespace scope::node_app
