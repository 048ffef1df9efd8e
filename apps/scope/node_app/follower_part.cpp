#include "node_app/follower_part.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/hex.hpp"
#include "rollup/follower_rows.hpp"

namespace scope::node_app {

namespace {

/// Blocks of L1 that are followed at once from which on it is worth a line.
constexpr uint64_t MANY_BLOCKS = 32;

uint64_t now_s() {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
}

l1::L1Identity identity_of(const node::NetworkFile& file) {
    return {file.network.contracts.settlement.l1_chain_id,
            {file.network.first_l1_block, file.first_l1_block_hash}};
}

std::shared_ptr<store::NodeDatabase> open_database(const config::NodeConfig& config,
                                                   const node::NetworkFile& file) {
    return std::make_shared<store::NodeDatabase>(store::NodeDatabaseOptions{
        .disk = {.folder = config.path_of(config.data), .mode = store::OpenMode::create_if_missing},
        .depth = config.database.archive ? store::PruneDepth{} : store::DEFAULT_PRUNE_DEPTH,
        .cache_bytes = config.database.cache_bytes,
        .chains = file.network.rollups.size()});
}

/// The L1 block that a follower on this database reads next.
uint64_t next_l1_block(store::NodeDatabase& database, const node::Network& network) {
    const auto last =
        rollup::FollowerRows{database.rows(), network.contracts.settlement.l1_chain_id}
            .last_block();
    return last ? last->id.number + 1 : network.first_l1_block;
}

std::vector<rpc::Network::NamedContract> contracts_of(const node::NetworkFile& file) {
    std::vector<rpc::Network::NamedContract> contracts;
    for (const auto& [chain_id, name, address] : file.contracts)
        contracts.push_back({chain_id, name, address});
    return contracts;
}

}  // namespace

FollowerPart::FollowerPart(const config::NodeConfig& config, const node::NetworkFile& file,
                           NodeLog& log, net::Worker& worker)
    : log_(log),
      worker_(worker),
      database_(open_database(config, file)),
      l1_(std::make_unique<L1Access>(config.l1, identity_of(file), log)),
      ahead_(std::make_shared<l1::PrefetchingSource>(
          l1_->source(),
          l1::PrefetchOptions{.settlement = file.network.contracts.settlement.settlement,
                              .poll = config.l1.poll,
                              .on_news = [this] { on_news(); }},
          next_l1_block(*database_, file.network))),
      noting_(std::make_shared<service::NotingSource>(
          ahead_, file.network.contracts.settlement.settlement)),
      node_(file.network,
            {.source = noting_, .database = database_, .attester = {}, .builder = {}}),
      network_(node_, contracts_of(file)),
      subscription_(l1_->subscribe([ahead = ahead_] { ahead->wake(); })) {}

void FollowerPart::begin() {
    is_following_ = false;
    on_news();
}

FollowerPart::~FollowerPart() {
    stop();
}

void FollowerPart::stop() {
    ahead_->stop();
}

/// On the thread that reads, or where this is made.
void FollowerPart::on_news() {
    if (is_following_.exchange(true)) return;
    worker_.post([this] { follow(); });
}

void FollowerPart::follow() {
    is_following_ = false;
    const uint64_t before = node_.follower().next_l1_block();
    const auto followed = network_.follow();
    const bool has_missed = ahead_->take_missed();
    note_scopes();
    note_stopped();
    if (!followed) {
        // What isn't here yet is read, and then is news.
        if (!has_missed) note_trouble(followed.error());
        return;
    }
    note_progress(before, *followed);
}

void FollowerPart::note_trouble(const rollup::FollowError& error) {
    failure_ = to_string(error);
    const auto source = ahead_->status();
    const std::string rules =
        fmt::format("{} {}", to_string(error.rule),
                    source.error ? to_string(source.error->rule) : std::string_view{});
    if (std::exchange(told_trouble_, rules) == rules) return;
    if (failing_since_s_ == 0) failing_since_s_ = now_s();
    log_.warn("l1_trouble", fmt::format("can't follow L1, and tries again: {}", *failure_),
              {{"l1_block", error.l1_block}, {"rule", std::string{to_string(error.rule)}}});
}

void FollowerPart::note_progress(uint64_t before, const rollup::Followed& followed) {
    if (!std::exchange(told_trouble_, {}).empty())
        log_.info("l1_trouble_over",
                  fmt::format("follows L1 again, after {} s", now_s() - failing_since_s_));
    failure_.reset();
    failing_since_s_ = 0;
    if (followed.unwound > 0) {
        ++reorganisations_;
        unwound_blocks_ += followed.unwound;
        log_.warn("reorganisation",
                  fmt::format("L1 was reorganised: {} blocks were undone, from {} on",
                              followed.unwound, before - followed.unwound),
                  {{"depth", uint64_t{followed.unwound}}, {"l1_block", before - followed.unwound}});
    }
    const uint64_t next = node_.follower().next_l1_block();
    const auto heads = ahead_->status().heads;
    if (next >= before + MANY_BLOCKS && heads)
        log_.info("syncing",
                  fmt::format("followed L1 to block {} of {}", next - 1, heads->latest.number),
                  {{"l1_block", next - 1}, {"l1_head", heads->latest.number}});
}

void FollowerPart::note_scopes() {
    for (const auto& scope : noting_->take(node_.follower())) {
        ++scopes_;
        std::string rollups;
        std::string heads;
        for (const auto& batch : scope.batches) {
            const auto chain_id = ChainId::from(batch.chain_id);
            const auto* const rollup = chain_id ? node_.follower().rollup(*chain_id) : nullptr;
            if (rollup == nullptr) continue;  // others settle there too
            rollups += fmt::format("{}{}", rollups.empty() ? "" : " ", chain_id->number());
            heads += fmt::format("{}{}@{}", heads.empty() ? "" : " ", chain_id->number(),
                                 rollup->history.back().head_number);
        }
        const auto slot = l1_->slot_of(scope.l1_timestamp_s);
        NodeLog::Fields fields{{"scope", to_hex(scope.l1_transaction)},
                               {"l1_block", scope.l1_block.number},
                               {"rollups", rollups},
                               {"heads", heads},
                               {"blobs", uint64_t{scope.blobs}}};
        if (slot) fields.push_back({"slot", *slot});
        log_.info(
            "scope",
            fmt::format("scope {} settled in L1 block {}{}: heads {}", to_hex(scope.l1_transaction),
                        scope.l1_block.number, slot ? fmt::format(" (slot {})", *slot) : "", heads),
            fields);
    }
}

void FollowerPart::note_stopped() {
    for (const auto& [chain_id, rollup] : node_.follower().rollups()) {
        auto& told = told_stopped_[chain_id];
        const std::string now = rollup.stopped ? to_string(*rollup.stopped) : "";
        if (std::exchange(told, now) == now) continue;
        const uint64_t id = chain_id.number();
        if (now.empty())
            log_.info("rollup_goes_on", fmt::format("rollup {} goes on", id), {{"chain_id", id}});
        else
            log_.error("rollup_stopped", fmt::format("rollup {} has stopped: {}", id, now),
                       {{"chain_id", id},
                        {"rule", std::string{to_string(rollup.stopped->rule)}},
                        {"l1_block", rollup.stopped->l1_block}});
    }
}

NodeStatus FollowerPart::status() const {
    const auto source = ahead_->status();
    NodeStatus status;
    status.now_s = now_s();
    status.l1 = source.heads;
    status.l1_error = failure_;
    status.l1_failing_since_s = failing_since_s_;
    const uint64_t next = node_.follower().next_l1_block();
    if (next > 0) status.followed = node_.follower().l1_block(next - 1);
    for (const auto& [chain_id, rollup] : node_.follower().rollups()) {
        const auto number = [&](rpc::Label label) {
            return node_.follower().head(chain_id, label).position.head_number;
        };
        status.rollups.push_back(
            {.chain_id = chain_id,
             .latest = number(rpc::Label::latest),
             .safe = number(rpc::Label::safe),
             .finalized = number(rpc::Label::finalized),
             .stopped = rollup.stopped ? std::optional{to_string(*rollup.stopped)} : std::nullopt});
    }
    status.scopes = scopes_;
    status.reorganisations = reorganisations_;
    status.unwound_blocks = unwound_blocks_;
    status.l1_errors = l1_->errors();
    return status;
}

}  // namespace scope::node_app
