#include "types/block.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "crypto/secp256k1.hpp"
#include "rlp/encode.hpp"
#include "types/rlp_fields.hpp"
#include "types/signing.hpp"

namespace scope {
namespace {

using namespace literals;

/// Ethereum's mainnet, block 0.
BlockHeader genesis() {
    BlockHeader header;
    header.state_root = "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544"_hash;
    header.difficulty = uint256{17'179'869'184u};
    header.gas_limit = 5000;
    header.extra_data = "11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa"_hex;
    header.nonce = {{0, 0, 0, 0, 0, 0, 0, 0x42}};
    return header;
}

enum class Fork { paris, london, shanghai, cancun, prague };
constexpr Fork FORKS[] = {Fork::paris, Fork::london, Fork::shanghai, Fork::cancun, Fork::prague};

BlockHeader header_of(Fork fork) {
    BlockHeader header = genesis();
    if (fork >= Fork::london) header.base_fee_per_gas = uint256{7u};
    if (fork >= Fork::shanghai) header.withdrawals_root = EMPTY_TRIE_ROOT;
    if (fork >= Fork::cancun) {
        header.blob_gas_used = 131'072;
        header.excess_blob_gas = 0;
        header.parent_beacon_block_root = Hash{{1}};
    }
    if (fork >= Fork::prague) header.requests_hash = Hash{{2}};
    return header;
}

Block example() {
    const auto key = crypto::SecretKey::from(Hash{{1}});
    Block block;
    block.header = header_of(Fork::prague);
    for (const TxType type : {TxType::legacy, TxType::dynamic_fee, TxType::system}) {
        Transaction tx;
        tx.type = type;
        tx.chain_id = ChainId{902};
        tx.gas_limit = 21'000;
        tx.to = Address{{1}};
        if (type != TxType::system) sign(tx, *key);
        block.transactions.push_back(tx);
    }
    block.ommers = {genesis()};
    block.withdrawals = {{1, 2, Address{{3}}, 4}};
    return block;
}

TEST(block, hash_of_mainnet_genesis) {
    EXPECT_EQ(hash(genesis()),
              "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"_hash);
}

TEST(block, headers_of_every_fork_come_back) {
    for (const Fork fork : FORKS) {
        const BlockHeader header = header_of(fork);
        const auto decoded = decode_header(encode(header));
        ASSERT_TRUE(decoded) << to_string(decoded.error());
        EXPECT_EQ(*decoded, header);
    }
}

TEST(block, comes_back) {
    Block block = example();
    EXPECT_EQ(decode_block(encode(block)), block);
    block.withdrawals.emplace();
    EXPECT_EQ(decode_block(encode(block)), block);
    block.withdrawals.reset();
    EXPECT_EQ(decode_block(encode(block)), block);
}

template <typename T>
std::string_view error_of(const Result<T, BlockDecodeError>& result) {
    return result ? std::string_view{"accepted"} : to_string(result.error());
}

TEST(block_decode, refuses_headers_with_fields_missing) {
    const Bytes whole = encode(header_of(Fork::prague));
    rlp::Raw items{BytesView{whole}.subspan(3)};
    std::vector<size_t> ends;  // where an item ends
    for (size_t at = 0; at < items.encoded.size();) {
        const uint8_t first = items.encoded[at];
        at += first < 0x80 ? 1 : first < 0xb8 ? first - 0x7fu : 3u + 256;
        ends.push_back(at);
    }
    ASSERT_EQ(ends.size(), 21u);
    ASSERT_EQ(ends.back(), items.encoded.size());
    for (size_t count = 0; count <= ends.size(); ++count) {
        const BytesView part = items.encoded.first(count == 0 ? 0 : ends[count - 1]);
        const bool is_fork =
            count == 15 || count == 16 || count == 17 || count == 20 || count == 21;
        EXPECT_EQ(error_of(decode_header(rlp::encode_list(rlp::Raw{part}))),
                  is_fork ? "accepted" : to_string(BlockDecodeError::missing_field))
            << count;
    }
    EXPECT_EQ(error_of(decode_header(rlp::encode_list(items, 1u))),
              to_string(BlockDecodeError::trailing_bytes));
    EXPECT_EQ(error_of(decode_header(concat(whole, "80"_hex))),
              to_string(BlockDecodeError::trailing_bytes));
}

TEST(block_decode, refuses_each_bad_part) {
    const Bytes header = encode(genesis());
    const auto block = [&](auto... items) {
        return error_of(decode_block(rlp::encode_list(rlp::Raw{header}, items...)));
    };
    const std::tuple<> none;
    const Bytes legacy = encode(example().transactions[0]);
    const Bytes typed = encode(example().transactions[1]);
    const auto bad_transaction = to_string(BlockDecodeError::bad_transaction);
    const auto malformed = to_string(BlockDecodeError::malformed_rlp);
    const auto missing = to_string(BlockDecodeError::missing_field);

    EXPECT_EQ(block(none, none), "accepted");
    EXPECT_EQ(block(none, none, none), "accepted");
    EXPECT_EQ(block(none), missing);
    EXPECT_EQ(block(none, none, none, none), to_string(BlockDecodeError::trailing_bytes));
    EXPECT_EQ(block(1u, none), malformed);
    EXPECT_EQ(block(none, none, 1u), malformed);
    EXPECT_EQ(block(std::tuple{rlp::Raw{legacy}, typed}, none), "accepted");
    EXPECT_EQ(block(std::tuple{legacy}, none), bad_transaction);
    EXPECT_EQ(block(std::tuple{rlp::Raw{typed}}, none), bad_transaction);
    EXPECT_EQ(block(std::tuple{Bytes{}}, none), bad_transaction);
    EXPECT_EQ(block(none, std::make_tuple(none)), missing);
    EXPECT_EQ(block(none, none, std::make_tuple(std::tuple{1u, 2u, Bytes(19, 1), 3u})),
              to_string(BlockDecodeError::bad_field_length));
    EXPECT_EQ(block(none, none, std::make_tuple(std::tuple{uint256{1u} << 64, 2u, Address{}, 3u})),
              to_string(BlockDecodeError::field_too_large));
    EXPECT_EQ(block(none, none, std::make_tuple(std::tuple{1u, 2u, Address{}})), missing);
    EXPECT_EQ(error_of(decode_block({})), missing);
    EXPECT_EQ(error_of(decode_block("80"_hex)), malformed);
}

TEST(block_decode, accepts_only_what_encode_gives) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    const Bytes valid = encode(example());
    size_t accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        Bytes bytes = valid;
        for (unsigned changes = 1 + random() % 2; changes > 0; --changes) {
            const auto place = bytes.begin() + static_cast<long>(random() % bytes.size());
            switch (random() % 16) {
                case 0:
                    bytes.erase(place);
                    break;
                case 1:
                    bytes.insert(place, static_cast<uint8_t>(random()));
                    break;
                default:
                    *place = static_cast<uint8_t>(random());
                    break;
            }
        }
        const auto decoded = decode_block(bytes);
        if (!decoded) continue;
        ++accepted;
        ASSERT_EQ(to_hex(encode(*decoded)), to_hex(bytes));
    }
    EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace scope
