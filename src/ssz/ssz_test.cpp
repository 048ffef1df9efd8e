#include <gtest/gtest.h>

#include <array>

#include "base/hex.hpp"
#include "crypto/sha256.hpp"
#include "ssz/merkle.hpp"
#include "ssz/stateless_input.hpp"

namespace scope::ssz {
namespace {

using namespace literals;

Hash pair(const Hash& left, const Hash& right) {
    return crypto::sha256(concat(left, right));
}
Hash chunk(uint8_t first) {
    Hash result;
    result[0] = first;
    return result;
}

TEST(ssz_merkle, fills_up_with_zero_chunks) {
    const Hash zero;
    const std::array chunks{chunk(1), chunk(2), chunk(3)};
    EXPECT_EQ(merkleize(chunks, 4), pair(pair(chunks[0], chunks[1]), pair(chunks[2], zero)));
    EXPECT_EQ(merkleize({}, 4), pair(pair(zero, zero), pair(zero, zero)));
    EXPECT_EQ(merkleize({}, 1), zero);
    EXPECT_EQ(merkleize(std::span{chunks}.first(1), 1), chunks[0]);
    EXPECT_EQ(merkleize(std::span{chunks}.first(1), 3),
              pair(pair(chunks[0], zero), pair(zero, zero)));
}

TEST(ssz_merkle, mixes_in_the_length_of_a_list) {
    EXPECT_EQ(root_of_byte_list("01"_hex, 32), pair(chunk(1), chunk(1)));
    EXPECT_EQ(root_of_byte_list({}, 32), pair({}, {}));
    EXPECT_EQ(root_of_byte_list("01"_hex, 64), pair(pair(chunk(1), {}), chunk(1)));
    EXPECT_EQ(root_of_list(std::array{chunk(7)}, 2), pair(pair(chunk(7), {}), chunk(1)));
}

TEST(ssz_merkle, writes_numbers_little_endian) {
    EXPECT_EQ(to_hex(root_of(uint64_t{0x0102})),
              "0x0201000000000000000000000000000000000000000000000000000000000000");
    EXPECT_EQ(to_hex(root_of(uint256{0, 0, 0, 0xff})),
              "0x000000000000000000000000000000000000000000000000ff00000000000000");
    EXPECT_EQ(root_of_bytes("0100000000000000000000000000000000000000"_hex), chunk(1));
}

TEST(ssz_decode, container_and_its_errors) {
    constexpr std::array<size_t, 3> SIZES{2, VARIABLE, VARIABLE};
    const Bytes good = "aabb0a0000000c000000010203"_hex;
    const auto fields = container_fields(good, SIZES);
    ASSERT_TRUE(fields);
    EXPECT_EQ(to_hex((*fields)[0]), "0xaabb");
    EXPECT_EQ(to_hex((*fields)[1]), "0x0102");
    EXPECT_EQ(to_hex((*fields)[2]), "0x03");

    const auto error = [&](const Bytes& bytes) { return container_fields(bytes, SIZES).error(); };
    EXPECT_EQ(error({}), SszError::truncated);
    EXPECT_EQ(error("aabb0a0000000c0000"_hex), SszError::truncated);
    EXPECT_EQ(error("aabb0b0000000c000000010203"_hex), SszError::bad_offset);
    EXPECT_EQ(error("aabb0a00000009000000010203"_hex), SszError::bad_offset);
    EXPECT_EQ(error("aabb0a0000000e000000010203"_hex), SszError::bad_offset);
    EXPECT_EQ(error("aabb0a000000ffffffff010203"_hex), SszError::bad_offset);
    constexpr std::array<size_t, 1> FIXED{2};
    EXPECT_EQ(container_fields("aabbcc"_hex, FIXED).error(), SszError::trailing_bytes);
}

TEST(ssz_decode, lists_and_their_errors) {
    EXPECT_TRUE(list_of_byte_lists({}, 1, 1)->empty());
    const Bytes good = "08000000090000000102"_hex;
    const auto list = list_of_byte_lists(good, 2, 1);
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 2u);
    EXPECT_EQ(to_hex((*list)[1]), "0x02");

    const auto error = [](const Bytes& bytes) { return list_of_byte_lists(bytes, 2, 1).error(); };
    EXPECT_EQ(error("080000"_hex), SszError::truncated);
    EXPECT_EQ(error("00000000"_hex), SszError::bad_offset);
    EXPECT_EQ(error("06000000000000000102"_hex), SszError::bad_offset);
    EXPECT_EQ(error("0c000000"_hex), SszError::bad_offset);
    EXPECT_EQ(error("0c0000000c0000000c000000"_hex), SszError::too_long);
    EXPECT_EQ(error("040000000102"_hex), SszError::too_long);
    EXPECT_EQ(list_of_fixed("010203"_hex, 2, 9).error(), SszError::truncated);
    EXPECT_EQ(list_of_fixed("01020304"_hex, 2, 1).error(), SszError::too_long);
}

TEST(ssz_stateless_input, refuses_what_is_cut_off) {
    EXPECT_EQ(decode_stateless_input({}).error(), SszError::truncated);
    EXPECT_EQ(decode_stateless_input(Bytes(20)).error(), SszError::bad_offset);
}

}  // namespace
}  // namespace scope::ssz
