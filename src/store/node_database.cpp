#include "store/node_database.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"

namespace scope::store {

namespace {

/// Of a chain's part of the cache, blocks get a fifth and its latest state the rest.
constexpr size_t BLOCKS_SHARE = 5;
constexpr size_t LEAST_BYTES = size_t{1} << 20;

NodeDatabaseOptions with_cache(NodeDatabaseOptions options) {
    options.disk.cache_bytes = options.cache_bytes / 2;
    return options;
}

}  // namespace

NodeDatabase::NodeDatabase() : database_(make_memory_database()), rows_(*database_) {}

NodeDatabase::NodeDatabase(NodeDatabaseOptions options)
    : options_(with_cache(std::move(options))),
      database_(open_disk_database(options_->disk)),
      rows_(*database_) {}

void NodeDatabase::commit() {
    if (holds_ == 0) rows_.commit();
}

void NodeDatabase::begin_commit() {
    if (holds_ != 0) return;
    if (is_on_disk())
        rows_.begin_commit();
    else
        rows_.commit();
}

chain::Chain NodeDatabase::open_chain(chain::ChainSpec spec, const chain::Genesis& genesis) {
    if (!options_) return {std::move(spec), genesis};
    const size_t share =
        options_->cache_bytes / 2 / std::max<size_t>(options_->chains, 1) / BLOCKS_SHARE;
    auto store = std::make_unique<StoredChain>(
        rows_, spec.chain_id,
        StoredChainOptions{.depth = options_->depth,
                           .state_bytes = std::max(share * (BLOCKS_SHARE - 1), LEAST_BYTES),
                           .block_bytes = std::max(share, LEAST_BYTES)});
    if (const auto first = store->canonical_block(genesis.number)) {
        const Hash expected = chain::genesis_hash(spec, genesis);
        if (first->hash != expected)
            throw DatabaseError{
                DatabaseRule::other_network,
                fmt::format("{}: its chain {} began with block {}, this network's with {}: open it "
                            "with the options that it was made with, or take another folder",
                            options_->disk.folder.string(), spec.chain_id.number(),
                            to_hex(first->hash), to_hex(expected))};
    }
    return {std::move(spec), genesis, std::move(store)};
}

}  // namespace scope::store
