#include "rollup/batch.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "rollup/blob_codec.hpp"

namespace scope::rollup {
namespace {

Batch sample(size_t data_size = 100) {
    Transaction system;
    system.type = TxType::system;
    system.chain_id = ChainId{901};
    system.gas_limit = 1'000'000;
    system.to = Address{};
    system.data = Bytes(data_size, 0xab);
    Transaction user;
    user.type = TxType::dynamic_fee;
    user.chain_id = ChainId{901};
    user.nonce = 7;
    user.gas_limit = 21'000;
    user.max_fee_per_gas = 10u;
    user.to = Address{};
    user.r = 1u;
    user.s = 2u;
    return {ChainId{901},
            3,
            5,
            {{BlockKind::regular, 0, 17, Hash{{1}}, 100, Address{}, {system, user}},
             {BlockKind::based, 9, 18, Hash{{2}}, 112, Address{}, {}}}};
}

TEST(batch, round_trip) {
    Batch batch = sample();
    for (const auto kind : {BlockKind::regular, BlockKind::end, BlockKind::based}) {
        batch.blocks[0].kind = kind;
        EXPECT_EQ(decode_batch(encode(batch)), batch);
    }
}

TEST(batch, its_size_is_known_without_encoding) {
    // Around every size at which an RLP header grows.
    constexpr size_t SIZES[]{0, 1, 20, 40, 54, 55, 56, 150, 200, 255, 256, 65'300, 65'600};
    for (const size_t data_size : SIZES) {
        for (const uint64_t number : {uint64_t{0}, uint64_t{0x80}, ~uint64_t{0}}) {
            Batch batch = sample(data_size);
            batch.number = batch.blocks[0].slot = batch.blocks[0].l1_origin_number = number;
            size_t blocks_size = 0;
            for (const auto& block : batch.blocks) {
                size_t transactions_size = 0;
                for (const auto& tx : block.transactions) transactions_size += size_in_batch(tx);
                blocks_size += size_in_batch(block, transactions_size);
            }
            Batch frame = batch;
            frame.blocks.clear();
            EXPECT_EQ(encoded_size(frame, blocks_size), encode(batch).size()) << data_size;
            batch.blocks.pop_back();
            batch.blocks[0].transactions.clear();
            EXPECT_EQ(encoded_size(frame, size_in_batch(batch.blocks[0], 0)), encode(batch).size());
        }
    }
}

TEST(batch, refuses_malformed_bytes_by_rule) {
    const Bytes good = encode(sample());
    EXPECT_EQ(decode_batch({}).error(), BatchError::empty);
    EXPECT_EQ(decode_batch(Bytes(MAX_BATCH_SIZE + 1, 1)).error(), BatchError::too_large);

    Bytes bytes = good;
    bytes[0] = 1;
    EXPECT_EQ(decode_batch(bytes).error(), BatchError::unknown_version);
    bytes = good;
    bytes.push_back(0);
    EXPECT_EQ(decode_batch(bytes).error(), BatchError::malformed_rlp);
    bytes = good;
    bytes.pop_back();
    EXPECT_EQ(decode_batch(bytes).error(), BatchError::malformed_rlp);

    Batch batch = sample();
    batch.blocks[0].transactions[1].type = TxType::blob;
    EXPECT_EQ(decode_batch(encode(batch)).error(), BatchError::blob_transaction);
    batch = sample();
    batch.blocks[1].kind = static_cast<BlockKind>(3);
    EXPECT_EQ(decode_batch(encode(batch)).error(), BatchError::unknown_kind);
}

TEST(batch, its_slice_lies_inside_the_data) {
    const Bytes data{1, 2, 3, 4};
    const auto slice = [&](const uint256& offset, const uint256& length) {
        const auto bytes = slice_of(data, offset, length);
        return bytes ? std::optional{to_bytes(*bytes)} : std::nullopt;
    };
    EXPECT_EQ(slice(uint256{}, uint256{4u}), data);
    EXPECT_EQ(slice(uint256{1u}, uint256{2u}), (Bytes{2, 3}));
    EXPECT_EQ(slice(uint256{4u}, uint256{}), Bytes{});
    EXPECT_EQ(slice(uint256{}, uint256{5u}), std::nullopt);
    EXPECT_EQ(slice(uint256{4u}, uint256{1u}), std::nullopt);
    EXPECT_EQ(slice(uint256{5u}, uint256{}), std::nullopt);
    EXPECT_EQ(slice(uint256{1u}, ~uint256{}), std::nullopt);
    EXPECT_EQ(slice(uint256{0, 1, 0, 0}, uint256{}), std::nullopt);
}

TEST(batch, every_prefix_is_refused) {
    const Bytes good = encode(sample());
    for (size_t size = 0; size < good.size(); ++size)
        ASSERT_FALSE(decode_batch(BytesView{good}.first(size)).has_value()) << size;
}

TEST(batch, a_changed_byte_is_refused_or_another_batch) {
    const Batch batch = sample();
    const Bytes good = encode(batch);
    for (size_t i = 0; i < good.size(); ++i) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            Bytes bytes = good;
            bytes[i] = static_cast<uint8_t>(bytes[i] ^ flip);
            const auto decoded = decode_batch(bytes);
            if (!decoded) continue;
            ASSERT_NE(*decoded, batch);
            ASSERT_EQ(encode(*decoded), bytes);
        }
    }
}

TEST(blob_codec, round_trip_at_the_edges) {
    std::mt19937_64 random{3};
    for (const size_t size : {size_t{1}, size_t{27}, size_t{28}, BLOB_CONTENT_SIZE - 4,
                              BLOB_CONTENT_SIZE - 3, 2 * BLOB_CONTENT_SIZE, MAX_BATCH_SIZE}) {
        Bytes bytes(size);
        for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
        const auto blobs = to_blobs(bytes);
        ASSERT_TRUE(blobs.has_value());
        EXPECT_EQ(blobs->size(), (size + 4 + BLOB_CONTENT_SIZE - 1) / BLOB_CONTENT_SIZE);
        EXPECT_EQ(from_blobs(*blobs), bytes);
    }
    EXPECT_EQ(to_blobs(Bytes(MAX_BATCH_SIZE + 1)).error(), BatchError::too_large);
    EXPECT_EQ(to_blobs({}).error(), BatchError::empty);
}

TEST(blob_codec, refuses_what_to_blobs_does_not_give) {
    const auto good = to_blobs(Bytes(200'000, 0xee)).value();
    ASSERT_EQ(good.size(), 2u);
    EXPECT_EQ(from_blobs({}).error(), BatchError::empty);
    EXPECT_EQ(from_blobs(std::span{good}.first(1)).error(), BatchError::bad_blob_length);

    auto blobs = good;
    blobs[1][32] = 1;
    EXPECT_EQ(from_blobs(blobs).error(), BatchError::bad_field_element);
    blobs = good;
    blobs[1][crypto::Blob::size() - 1] = 1;
    EXPECT_EQ(from_blobs(blobs).error(), BatchError::bad_padding);
    blobs = good;
    blobs.emplace_back();
    EXPECT_EQ(from_blobs(blobs).error(), BatchError::bad_padding);
    EXPECT_EQ(from_blobs(std::vector<crypto::Blob>(1)).error(), BatchError::empty);
}

}  // namespace
}  // namespace scope::rollup
