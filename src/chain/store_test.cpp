#include "chain/store.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace scope::chain {
namespace {

struct Part {
    const char* name;
    size_t size_bytes;  ///< that it has at least
    std::function<void(StoredBlock&)> add;
};

TEST(stored_block, counts_all_that_it_holds) {
    const std::vector<Part> parts{
        {"data", 1000,
         [](StoredBlock& block) { block.block.transactions.emplace_back().data.resize(1000); }},
        {"access list", 10 * (Address::size() + 20 * Hash::size()),
         [](StoredBlock& block) {
             block.block.transactions.emplace_back().access_list.resize(
                 10, {{}, std::vector<Hash>(20)});
         }},
        {"authorizations", 10 * sizeof(Authorization),
         [](StoredBlock& block) {
             block.block.transactions.emplace_back().authorization_list.resize(10);
         }},
        {"empty logs", 10 * sizeof(Log),
         [](StoredBlock& block) { block.receipts.emplace_back().logs.resize(10); }},
        {"topics", 4 * Hash::size(),
         [](StoredBlock& block) {
             block.receipts.emplace_back().logs.emplace_back().topics.resize(4);
         }},
        {"data of a log", 1000,
         [](StoredBlock& block) {
             block.receipts.emplace_back().logs.emplace_back().data.resize(1000);
         }},
        {"hashes and senders", Hash::size() + Address::size(),
         [](StoredBlock& block) {
             block.transaction_hashes.emplace_back();
             block.senders.emplace_back();
         }},
        {"requests", 1000, [](StoredBlock& block) { block.requests.emplace_back(1000); }},
        {"state", 1000, [](StoredBlock& block) { block.state_bytes = 1000; }},
    };
    const size_t empty = size_in_memory({});
    EXPECT_GE(empty, sizeof(BlockHeader));
    for (const auto& part : parts) {
        StoredBlock block;
        part.add(block);
        const size_t size_bytes = size_in_memory(block) - empty;
        EXPECT_GE(size_bytes, part.size_bytes) << part.name;
        // What holds it is small beside it.
        EXPECT_LE(size_bytes, part.size_bytes + 1024) << part.name;
    }
}

}  // namespace
}  // namespace scope::chain
