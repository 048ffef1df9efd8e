#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "spec/fixtures.hpp"
#include "types/block.hpp"

namespace scope::spec {
namespace {

namespace dom = simdjson::dom;

std::string hex_of(dom::element text) {
    return std::string{text.get_string().value()};
}

/// A valid block's bytes, against the header that stands beside them.
void expect_block(const Bytes& bytes, dom::element header) {
    const auto block = decode_block(bytes);
    ASSERT_TRUE(block) << to_string(block.error());
    EXPECT_EQ(to_hex(hash(block->header)), hex_of(header["hash"]));
    EXPECT_EQ(to_hex(encode(*block)), to_hex(bytes));
    EXPECT_EQ(to_hex(transactions_root(block->transactions)), hex_of(header["transactionsTrie"]));
    if (block->withdrawals)
        EXPECT_EQ(to_hex(withdrawals_root(*block->withdrawals)), hex_of(header["withdrawalsRoot"]));
    for (const Transaction& tx : block->transactions) EXPECT_TRUE(recover_sender(tx));
}

size_t expect_blocks(const std::filesystem::path& folder) {
    size_t count = 0;
    for_each_json(folder, [&](const std::filesystem::path& path, dom::element document) {
        for (const auto [name, test] : document.get_object()) {
            SCOPED_TRACE(path.filename().string() + " " + std::string{name});
            if (test["network"].get_string().value() == "Amsterdam") continue;
            dom::element genesis_rlp;
            if (test["genesisRLP"].get(genesis_rlp) == simdjson::SUCCESS)
                expect_block(bytes_of(genesis_rlp), test["genesisBlockHeader"]);
            for (const dom::element block : test["blocks"].get_array()) {
                const Bytes bytes = bytes_of(block["rlp"]);
                dom::element header;
                if (block["blockHeader"].get(header) == simdjson::SUCCESS) {
                    expect_block(bytes, header);
                    ++count;
                } else if (const auto decoded = decode_block(bytes)) {
                    EXPECT_EQ(encode(*decoded), bytes);
                }
            }
        }
    });
    return count;
}

TEST(spec_block, ethereum_tests) {
    EXPECT_GT(expect_blocks(FIXTURE_FOLDER_OR_SKIP("ethereum-tests-blocks", "BlockchainTests")),
              300u);
}

TEST(spec_block, execution_spec_tests) {
    EXPECT_GT(expect_blocks(FIXTURE_FOLDER_OR_SKIP("eest-blockchain-tests", "blockchain_tests")),
              3000u);
}

}  // namespace
}  // namespace scope::spec
