#include "node_app/l1_reading.hpp"

#include <chrono>
#include <utility>

#include "cli/clock.hpp"
#include "rollup/follower_rows.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

/// Of the node's folder: blobs are many bytes that nothing else is committed with.
constexpr std::string_view BLOBS_FOLDER = "blobs";
/// A blob is written once, and read again by few.
constexpr size_t BLOBS_CACHE_BYTES = size_t{8} << 20;

l1::L1Identity identity_of(const node::NetworkFile& file) {
    return {file.network.contracts.settlement.l1_chain_id,
            {file.network.first_l1_block, file.first_l1_block_hash}};
}

/// The L1 block that a follower on this database has followed last.
std::optional<l1::L1BlockId> last_l1_block(store::NodeDatabase& database,
                                           const node::Network& network) {
    const auto last =
        rollup::FollowerRows{database.rows(), network.contracts.settlement.l1_chain_id}
            .last_block();
    return last ? std::optional{last->id} : std::nullopt;
}

uint64_t next_l1_block(store::NodeDatabase& database, const node::Network& network) {
    const auto last = last_l1_block(database, network);
    return last ? last->number + 1 : network.first_l1_block;
}

std::shared_ptr<blobs::KeptBlobs> open_blobs(const config::NodeConfig& config) {
    const auto& keep = config.blobs.keep;
    std::optional<uint64_t> keep_s;
    if (keep) keep_s = static_cast<uint64_t>(chrono::duration_cast<chrono::seconds>(*keep).count());
    return std::make_shared<blobs::KeptBlobs>(
        store::open_disk_database({.folder = config.path_of(config.data) / BLOBS_FOLDER,
                                   .mode = store::OpenMode::create_if_missing,
                                   .cache_bytes = BLOBS_CACHE_BYTES}),
        keep_s);
}

}  // namespace

std::shared_ptr<store::NodeDatabase> open_database(const config::NodeConfig& config,
                                                   const node::NetworkFile& file) {
    return std::make_shared<store::NodeDatabase>(store::NodeDatabaseOptions{
        .disk = {.folder = config.path_of(config.data), .mode = store::OpenMode::create_if_missing},
        .depth = config.database.archive ? store::PruneDepth{} : store::DEFAULT_PRUNE_DEPTH,
        .cache_bytes = config.database.cache_bytes,
        .chains = file.network.rollups.size()});
}

L1Reading::L1Reading(const config::NodeConfig& config, const node::NetworkFile& file,
                     store::NodeDatabase& database, NodeLog& log, std::function<void()> on_news,
                     std::function<void(std::exception_ptr)> on_failure)
    : kept_(open_blobs(config)),
      access_(config, identity_of(file), log),
      ahead_(std::make_shared<l1::PrefetchingSource>(
          std::make_shared<blobs::KeepingSource>(access_.source(), kept_, cli::now_s),
          l1::PrefetchOptions{.settlement = file.network.contracts.settlement.settlement,
                              .poll = config.l1.poll,
                              .on_news = std::move(on_news),
                              .on_failure = std::move(on_failure)},
          next_l1_block(database, file.network))),
      noting_(std::make_shared<service::NotingSource>(ahead_,
                                                      file.network.contracts.settlement.settlement,
                                                      last_l1_block(database, file.network))) {}

void L1Reading::subscribe() {
    subscription_ =
        access_.subscribe([ahead = ahead_] { ahead->wake(); },
                          [ahead = ahead_](chrono::milliseconds poll) { ahead->look_every(poll); });
}

}  // namespace scope::node_app
