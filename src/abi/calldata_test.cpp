#include "abi/calldata.hpp"

#include <gtest/gtest.h>

namespace scope::abi {
namespace {

constexpr size_t PLENTY = 1000;

struct Pair {
    uint256 left;
    uint256 right;
    friend bool operator==(const Pair&, const Pair&) = default;
};
constexpr auto abi_fields(const Pair*) {
    return std::tuple{&Pair::left, &Pair::right};
}
struct Item {
    uint256 number;
    Bytes text;
    std::vector<Pair> pairs;
    friend bool operator==(const Item&, const Item&) = default;
};
constexpr auto abi_fields(const Item*) {
    return std::tuple{&Item::number, &Item::text, &Item::pairs};
}
struct Order {
    Unread note;
    std::vector<Item> items;
};
constexpr auto abi_fields(const Order*) {
    return std::tuple{&Order::note, &Order::items};
}
/// As a caller has it.
struct FullOrder {
    Bytes note;
    std::vector<Item> items;
};
constexpr auto abi_fields(const FullOrder*) {
    return std::tuple{&FullOrder::note, &FullOrder::items};
}

const Selector ORDER = selector("order((bytes,(uint256,bytes,(uint256,uint256)[])[]))");

Bytes word(const uint256& value) {
    return to_bytes(to_be(value));
}
template <typename... Words>
Bytes calldata(const Words&... words) {
    return concat(ORDER, word(uint256{words})...);
}
AbiResult<Order> read(const Bytes& calldata, size_t max_words = PLENTY) {
    return decode_call_as_solidity<Order>(ORDER, calldata, max_words);
}
AbiError error_of(const Bytes& calldata, size_t max_words = PLENTY) {
    const auto order = read(calldata, max_words);
    EXPECT_FALSE(order.has_value());
    return order ? AbiError{} : order.error();
}
const std::vector<Item> ITEMS{{uint256{7u}, Bytes(33, 0xaa), {{uint256{1u}, uint256{2u}}}},
                              {uint256{8u}, {}, {}}};

TEST(abi_calldata, reads_what_encode_gives) {
    const auto order = read(call(ORDER, FullOrder{Bytes(5, 1), ITEMS}));
    ASSERT_TRUE(order.has_value());
    EXPECT_EQ(order->items, ITEMS);
}

TEST(abi_calldata, takes_bytes_behind_the_end_and_any_padding) {
    Bytes bytes = call(ORDER, FullOrder{{}, {{uint256{7u}, Bytes(33, 0xaa), {}}}});
    append(bytes, Bytes(77, 0xff));
    EXPECT_TRUE(read(bytes).has_value());

    // The text's padding: its last byte is at the end of the second word.
    bytes = calldata(32, /*order:*/ 0, 64, /*items:*/ 1, 32, /*item:*/ 5, 96, 160, /*text:*/ 1,
                     ~uint256{}, /*pairs:*/ 0);
    const auto order = read(bytes);
    ASSERT_TRUE(order.has_value());
    EXPECT_EQ(order->items[0].text, Bytes{0xff});

    // No padding at all.
    bytes = calldata(32, 0, 64, 1, 32, 5, 128, 96, /*pairs:*/ 0, /*text:*/ 2);
    append(bytes, Bytes{1, 2});
    EXPECT_EQ(read(bytes)->items[0].text, (Bytes{1, 2}));
}

TEST(abi_calldata, finds_tails_wherever_they_stand) {
    // Items before their order, an item before its array, two of them shared.
    const auto order = read(
        calldata(/*at 0:*/ 8 * 32, /*item, at 1:*/ 5, uint256{} - uint256{32u}, 3 * 32,
                 /*pairs, at 4:*/ 0, /*items, at 5:*/ 2, uint256{} - uint256{5u * 32u},
                 uint256{} - uint256{5u * 32u}, /*order, at 8:*/ 0, uint256{} - uint256{3u * 32u}));
    ASSERT_TRUE(order.has_value());
    // Its text's length is what stands one word before the item: 256.
    EXPECT_EQ(order->items.size(), 2u);
    EXPECT_EQ(order->items[0], order->items[1]);
    EXPECT_EQ(order->items[0].number, uint256{5u});
    EXPECT_EQ(order->items[0].text.size(), 256u);
    EXPECT_TRUE(order->items[0].pairs.empty());
}

TEST(abi_calldata, is_zero_before_its_start) {
    constexpr uint256 LOWEST{0, 0, 0, uint64_t{1} << 63};
    // The offsets of text and pairs are far below zero.
    const auto order = read(calldata(32, LOWEST, 64, 1, 32, 5, LOWEST, LOWEST));
    ASSERT_TRUE(order.has_value());
    EXPECT_EQ(order->items, (std::vector<Item>{{uint256{5u}, {}, {}}}));
    EXPECT_TRUE(read(calldata(32, 0, LOWEST))->items.empty());
}

TEST(abi_calldata, does_not_look_at_what_is_unread) {
    EXPECT_TRUE(read(calldata(32, ~uint256{} >> 1, 64, 0)).has_value());
}

TEST(abi_calldata, refuses_what_reverts) {
    const Bytes valid = call(ORDER, FullOrder{{}, ITEMS});
    constexpr uint256 TOO_LARGE{0, 1, 0, 0};
    EXPECT_EQ(error_of({}), AbiError::truncated);
    EXPECT_EQ(error_of(concat(selector("other()"), word(32))), AbiError::wrong_selector);
    EXPECT_EQ(error_of(to_bytes(BytesView{valid}.first(35))), AbiError::truncated);
    EXPECT_EQ(error_of(calldata(TOO_LARGE, 0, 64, 0)), AbiError::bad_offset);
    EXPECT_EQ(error_of(calldata(~uint64_t{0}, 0, 64, 0)), AbiError::bad_offset);
    EXPECT_EQ(error_of(calldata(64, 0, 64)), AbiError::bad_offset);  // half an order
    EXPECT_EQ(error_of(calldata(32, 0, 65, 0)), AbiError::bad_offset);
    EXPECT_EQ(error_of(calldata(32, 0, 64, TOO_LARGE)), AbiError::length_too_large);
    EXPECT_EQ(error_of(calldata(32, 0, 64, 2, 0)), AbiError::length_too_large);
    EXPECT_EQ(error_of(calldata(32, 0, 64, ~uint64_t{0})), AbiError::length_too_large);
    EXPECT_EQ(error_of(calldata(32, 0, 64, 1, 32, 5, 0)), AbiError::bad_offset);  // half an item
    EXPECT_EQ(error_of(calldata(32, 0, 64, 1, 32, 5, 64, 0)), AbiError::length_too_large);
}

TEST(abi_calldata, bounds_what_shared_tails_become) {
    // 10 items that share a text of 10 words.
    Bytes bytes = calldata(32, 0, 64, 10);
    for (int i = 0; i < 10; ++i) append(bytes, word(10 * 32));
    for (const unsigned value : {5u, 96u, 3u * 32u + 11u * 32u, 320u}) append(bytes, word(value));
    append(bytes, Bytes(320, 0xaa));
    append(bytes, word(uint256{}));
    EXPECT_EQ(error_of(bytes, 109), AbiError::length_too_large);
    EXPECT_EQ(read(bytes, 110)->items.size(), 10u);
}

struct Flags {
    bool flag = false;
    Address address;
    uint8_t small = 0;
    Unread rest;
};
constexpr auto abi_fields(const Flags*) {
    return std::tuple{&Flags::flag, &Flags::address, &Flags::small, &Flags::rest};
}

TEST(abi_calldata, refuses_dirty_bits_of_narrow_values) {
    const auto flags = [](const uint256& flag, const uint256& address, const uint256& small) {
        return decode_call_as_solidity<Flags>(ORDER, calldata(32, flag, address, small, 0), PLENTY);
    };
    EXPECT_TRUE(flags(uint256{1u}, ~uint256{} >> 96, uint256{255u}).has_value());
    EXPECT_EQ(flags(uint256{2u}, {}, {}).error(), AbiError::bad_bool);
    EXPECT_EQ(flags({}, ~uint256{} >> 95, {}).error(), AbiError::dirty_padding);
    EXPECT_EQ(flags({}, {}, uint256{256u}).error(), AbiError::dirty_padding);
}

}  // namespace
}  // namespace scope::abi
