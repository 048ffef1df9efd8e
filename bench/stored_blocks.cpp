// A block of 1,000 transfers of ether on a chain in memory, on one in a database in memory, and on one on a disk: built
// (executed, with its state's root), stored with its state, made the head, committed. Each run is the next block of its
// chain; all chains get the same. They begin behind the block from which on each prunes the states of another.
//
// hot: among 4,000 accounts, so that what is touched is in memory by then; cold: among all accounts. Signatures are left
// out. The disk is not waited for (Durability::process); merging tables is on other threads and not in the time.

#include <fmt/format.h>

#include "bench/suite.hpp"
#include "bench/transfer_chain.hpp"

namespace scope::bench {

namespace {

constexpr size_t HOT_ACCOUNTS = 4000;
constexpr size_t FIRST_BLOCKS = 140;  // more than store::DEFAULT_PRUNE_DEPTH

}  // namespace

void measure_stored_blocks(Suite& suite) {
    for (const size_t count : {size_t{100'000}, size_t{1'000'000}}) {
        const auto name = [&](const char* what) {
            return fmt::format("stored_block/{}_of_{}_{}", TransferChain::TRANSFERS, count, what);
        };
        if (suite.options().quick && count > 100'000) continue;
        if (!suite.wants(name("hot")) && !suite.wants(name("cold"))) continue;
        const TemporaryFolder folder;
        const auto genesis = genesis_of_accounts(count);
        TransferChain memory{genesis, nullptr};
        TransferChain database{genesis, store::make_memory_database()};
        TransferChain disk{genesis,
                           store::open_disk_database({.folder = folder.path() / "database"})};
        for (auto* const chain : {&memory, &database, &disk})
            for (size_t i = 0; i < FIRST_BLOCKS; ++i) {
                chain->prepare(HOT_ACCOUNTS);
                chain->advance();
            }
        const auto measure = [&](const char* what, size_t accounts) {
            const auto contender = [&](const char* which, TransferChain& chain) {
                return Contender{which, [&] { chain.advance(); },
                                 [&chain, accounts] { chain.prepare(accounts); }};
            };
            suite.measure(name(what),
                          {contender("memory", memory), contender("database_in_memory", database),
                           contender("disk", disk)},
                          TransferChain::TRANSFERS, "tx");
        };
        measure("hot", HOT_ACCOUNTS);
        measure("cold", count);
    }
}

}  // namespace scope::bench
