#include "abi/abi.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/hex.hpp"

namespace scope::abi {
namespace {

using namespace scope::literals;

struct Mark {
    uint256 chain_id;
    Hash trace;
    friend bool operator==(const Mark&, const Mark&) = default;
};
constexpr auto abi_fields(const Mark*) {
    return std::tuple{&Mark::chain_id, &Mark::trace};
}

struct Request {
    Address to;
    uint64_t gas_limit = 0;
    Bytes data;
    std::vector<Mark> marks;
    friend bool operator==(const Request&, const Request&) = default;
};
constexpr auto abi_fields(const Request*) {
    return std::tuple{&Request::to, &Request::gas_limit, &Request::data, &Request::marks};
}

/// Words written below each other.
Bytes words(std::initializer_list<std::string_view> lines) {
    Bytes out;
    for (const std::string_view line : lines) append(out, *from_hex(line));
    return out;
}
Bytes word(uint64_t value) {
    return to_bytes(to_be(uint256{value}));
}

// The examples of the Solidity documentation, "Contract ABI Specification".

TEST(abi_encode, selectors) {
    EXPECT_EQ(to_hex(selector("baz(uint32,bool)")), "0xcdcd77c0");
    EXPECT_EQ(to_hex(selector("bar(bytes3[2])")), "0xfce353f6");
    EXPECT_EQ(to_hex(selector("sam(bytes,bool,uint256[])")), "0xa5643bf2");
    EXPECT_EQ(to_hex(selector("transfer(address,uint256)")), "0xa9059cbb");
    EXPECT_EQ(topic("Transfer(address,address,uint256)"),
              "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"_hash);
}

TEST(abi_encode, static_arguments) {
    const Bytes expected =
        words({"cdcd77c0", "0000000000000000000000000000000000000000000000000000000000000045",
               "0000000000000000000000000000000000000000000000000000000000000001"});
    EXPECT_EQ(call("baz(uint32,bool)", uint32_t{69}, true), expected);
    EXPECT_EQ((decode_call<uint32_t, bool>(selector("baz(uint32,bool)"), expected)),
              (std::tuple{uint32_t{69}, true}));

    const auto bytes3 = [](std::string_view text) { return FixedBytes<3>::from(as_bytes(text)); };
    EXPECT_EQ(call("bar(bytes3[2])", std::array{bytes3("abc"), bytes3("def")}),
              words({"fce353f6",  //
                     "6162630000000000000000000000000000000000000000000000000000000000",
                     "6465660000000000000000000000000000000000000000000000000000000000"}));
}

TEST(abi_encode, dynamic_arguments) {
    const std::vector<uint256> numbers{1, 2, 3};
    const Bytes expected =
        words({"a5643bf2",  //
               "0000000000000000000000000000000000000000000000000000000000000060",
               "0000000000000000000000000000000000000000000000000000000000000001",
               "00000000000000000000000000000000000000000000000000000000000000a0",
               "0000000000000000000000000000000000000000000000000000000000000004",
               "6461766500000000000000000000000000000000000000000000000000000000",
               "0000000000000000000000000000000000000000000000000000000000000003",
               "0000000000000000000000000000000000000000000000000000000000000001",
               "0000000000000000000000000000000000000000000000000000000000000002",
               "0000000000000000000000000000000000000000000000000000000000000003"});
    const std::string_view sam = "sam(bytes,bool,uint256[])";
    EXPECT_EQ(call(sam, as_bytes("dave"), true, numbers), expected);
    EXPECT_EQ(call(sam, as_bytes("dave"), true, std::span<const uint256>{numbers}), expected);
    EXPECT_EQ((decode_call<Bytes, bool, std::vector<uint256>>(selector(sam), expected)),
              (std::tuple{to_bytes(as_bytes("dave")), true, numbers}));
}

TEST(abi_encode, dynamic_and_static_arguments) {
    EXPECT_EQ(call("f(uint256,uint32[],bytes10,bytes)", uint256{0x123},
                   std::vector<uint32_t>{0x456, 0x789},
                   FixedBytes<10>::from(as_bytes("1234567890")), as_bytes("Hello, world!")),
              words({"8be65246",  //
                     "0000000000000000000000000000000000000000000000000000000000000123",
                     "0000000000000000000000000000000000000000000000000000000000000080",
                     "3132333435363738393000000000000000000000000000000000000000000000",
                     "00000000000000000000000000000000000000000000000000000000000000e0",
                     "0000000000000000000000000000000000000000000000000000000000000002",
                     "0000000000000000000000000000000000000000000000000000000000000456",
                     "0000000000000000000000000000000000000000000000000000000000000789",
                     "000000000000000000000000000000000000000000000000000000000000000d",
                     "48656c6c6f2c20776f726c642100000000000000000000000000000000000000"}));
}

TEST(abi_encode, nested_arrays) {
    const std::vector<std::vector<uint256>> numbers{{1, 2}, {3}};
    const std::vector<std::string> names{"one", "two", "three"};
    const Bytes expected =
        words({"2289b18c",  //
               "0000000000000000000000000000000000000000000000000000000000000040",
               "0000000000000000000000000000000000000000000000000000000000000140",
               "0000000000000000000000000000000000000000000000000000000000000002",
               "0000000000000000000000000000000000000000000000000000000000000040",
               "00000000000000000000000000000000000000000000000000000000000000a0",
               "0000000000000000000000000000000000000000000000000000000000000002",
               "0000000000000000000000000000000000000000000000000000000000000001",
               "0000000000000000000000000000000000000000000000000000000000000002",
               "0000000000000000000000000000000000000000000000000000000000000001",
               "0000000000000000000000000000000000000000000000000000000000000003",
               "0000000000000000000000000000000000000000000000000000000000000003",
               "0000000000000000000000000000000000000000000000000000000000000060",
               "00000000000000000000000000000000000000000000000000000000000000a0",
               "00000000000000000000000000000000000000000000000000000000000000e0",
               "0000000000000000000000000000000000000000000000000000000000000003",
               "6f6e650000000000000000000000000000000000000000000000000000000000",
               "0000000000000000000000000000000000000000000000000000000000000003",
               "74776f0000000000000000000000000000000000000000000000000000000000",
               "0000000000000000000000000000000000000000000000000000000000000005",
               "7468726565000000000000000000000000000000000000000000000000000000"});
    EXPECT_EQ(call("g(uint256[][],string[])", numbers, names), expected);
    EXPECT_EQ((decode_call<std::vector<std::vector<uint256>>, std::vector<std::string>>(
                  selector("g(uint256[][],string[])"), expected)),
              (std::tuple{numbers, names}));
}

TEST(abi_encode, words_of_each_type) {
    const Address address = "0x00112233445566778899aabbccddeeff00112233"_address;
    EXPECT_EQ(to_hex(encode(address)),
              "0x00000000000000000000000000112233445566778899aabbccddeeff00112233");
    EXPECT_EQ(to_hex(encode(Bytes20{address})),
              "0x00112233445566778899aabbccddeeff00112233000000000000000000000000");
    EXPECT_EQ(to_hex(encode(int8_t{-1})), "0x" + std::string(64, 'f'));
    EXPECT_EQ(encode(std::numeric_limits<int64_t>::min()),
              concat(Bytes(24, 0xff), "8000000000000000"_hex));
    EXPECT_EQ(encode(Selector{{1, 2, 3, 4}}), concat("01020304"_hex, Bytes(28)));
    EXPECT_EQ(encode(), Bytes{});
    EXPECT_EQ(encode(std::string{}), concat(word(32), word(0)));
}

TEST(abi_encode, structs_as_tuples) {
    const Request request{{{1}}, 7, "aabb"_hex, {{1, {{2}}}, {3, {{4}}}}};
    const auto& [to, gas_limit, data, marks] = request;
    const std::tuple same{to, gas_limit, data,
                          std::vector{std::tuple{marks[0].chain_id, marks[0].trace},
                                      std::tuple{marks[1].chain_id, marks[1].trace}}};
    const Bytes encoded = encode(request);
    EXPECT_EQ(encoded, encode(same));
    EXPECT_EQ(encoded, concat(word(32), encode(to, gas_limit, data, marks)));
    EXPECT_EQ(std::get<0>(*decode<Request>(encoded)), request);
    // A static struct stands in the head.
    EXPECT_EQ(encode(marks[0], true), encode(marks[0].chain_id, marks[0].trace, true));
    EXPECT_EQ((decode<Mark, bool>(encode(marks[0], true))), (std::tuple{marks[0], true}));
    const std::array<Request, 2> pair{request, {}};
    EXPECT_EQ((decode<std::array<Request, 2>>(encode(pair))), std::tuple{pair});
}

TEST(abi_decode, gives_what_stands_behind) {
    const Bytes bytes = concat(encode(as_bytes("abc"), true), "1234"_hex);
    const auto prefix = decode_prefix<Bytes, bool>(bytes);
    ASSERT_TRUE(prefix);
    EXPECT_EQ(to_hex(prefix->rest), "0x1234");
    EXPECT_EQ((decode<Bytes, bool>(bytes)).error(), AbiError::trailing_bytes);
    // A view borrows from the input.
    const auto view = decode_prefix<BytesView, bool>(bytes);
    EXPECT_EQ(std::get<0>(view->values).data(), bytes.data() + 96);
}

template <typename... Ts>
std::string_view error_of(const Bytes& bytes) {
    const auto result = decode<Ts...>(bytes);
    return result ? std::string_view{} : to_string(result.error());
}

TEST(abi_decode, refuses_each_broken_rule) {
    const auto truncated = to_string(AbiError::truncated);
    const auto bad_offset = to_string(AbiError::bad_offset);
    const auto too_large = to_string(AbiError::length_too_large);
    const auto dirty = to_string(AbiError::dirty_padding);
    const Bytes max(32, 0xff);
    using Numbers = std::vector<uint256>;

    EXPECT_EQ(error_of<uint256>({}), truncated);
    EXPECT_EQ(error_of<uint256>(Bytes(31)), truncated);
    EXPECT_EQ(error_of<uint256>(Bytes(33)), to_string(AbiError::trailing_bytes));
    EXPECT_EQ(error_of<bool>(word(2)), to_string(AbiError::bad_bool));
    EXPECT_EQ(error_of<uint8_t>(word(256)), dirty);
    EXPECT_EQ(error_of<uint64_t>(max), dirty);
    EXPECT_EQ(error_of<int8_t>(word(128)), dirty);
    EXPECT_EQ(error_of<int8_t>(max), "");
    EXPECT_EQ(error_of<Address>(max), dirty);
    EXPECT_EQ(error_of<Bytes20>(max), dirty);
    EXPECT_EQ(error_of<FixedBytes<31>>(word(1)), dirty);

    EXPECT_EQ(error_of<Bytes>(word(32)), truncated);
    EXPECT_EQ(error_of<Bytes>(concat(word(0), word(0))), bad_offset);
    EXPECT_EQ(error_of<Bytes>(concat(word(64), word(0), word(0))), bad_offset);
    EXPECT_EQ(error_of<Bytes>(concat(max, word(0))), bad_offset);
    EXPECT_EQ(error_of<Bytes>(concat(word(32), word(1))), too_large);
    EXPECT_EQ(error_of<Bytes>(concat(word(32), word(1), Bytes{5})), too_large);
    EXPECT_EQ(error_of<Bytes>(concat(word(32), max, word(0))), too_large);
    EXPECT_EQ(error_of<Bytes>(concat(word(32), word(~uint64_t{0}), word(0))), too_large);
    EXPECT_EQ(error_of<Bytes>(concat(word(32), word(1), word(1))), dirty);
    EXPECT_EQ(error_of<std::string>(concat(word(32), word(1), word(1))), dirty);

    EXPECT_EQ(error_of<Numbers>(concat(word(32), word(2), word(1))), too_large);
    EXPECT_EQ(error_of<Numbers>(concat(word(32), word(uint64_t{1} << 59), word(1))), too_large);
    EXPECT_EQ(error_of<Numbers>(concat(word(32), max, word(1))), too_large);
    // Two elements that share one tail.
    EXPECT_EQ(error_of<std::vector<Bytes>>(concat(word(32), word(2), word(64), word(64), word(0))),
              bad_offset);
    EXPECT_EQ((error_of<Bytes, Bytes>(concat(word(96), word(64), word(0), word(0)))), bad_offset);
    EXPECT_EQ((error_of<std::array<Bytes, 2>>(concat(word(32), word(64)))), truncated);

    EXPECT_EQ(decode_call<bool>(selector("f()"), "12"_hex).error(), AbiError::truncated);
    EXPECT_EQ(decode_call<bool>(selector("f()"), call("g()", true)).error(),
              AbiError::wrong_selector);
}

TEST(abi_decode, accepts_only_what_encode_gives) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    using Strings = std::vector<std::vector<std::string>>;
    const Request request{{{1}}, 7, "aabb"_hex, {{1, {{2}}}, {3, {{4}}}}};
    const Bytes valid = encode(request, true, Strings{{"a", ""}, {}, {"b"}}, int16_t{-5});
    size_t accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        Bytes bytes = valid;
        if (random() % 8 == 0) bytes.resize(random() % (valid.size() + 64));
        for (unsigned changes = random() % 3; changes > 0 && !bytes.empty(); --changes) {
            // Often the last byte of a word: lengths, offsets and bools.
            size_t at = random() % bytes.size();
            if (random() % 2 == 0) at |= 31;
            if (at < bytes.size())
                bytes[at] = static_cast<uint8_t>(random() % 2 == 0 ? random() % 4 * 32 : random());
        }
        const auto decoded = decode<Request, bool, Strings, int16_t>(bytes);
        if (!decoded) continue;
        ++accepted;
        const Bytes again = std::apply([](const auto&... v) { return encode(v...); }, *decoded);
        ASSERT_EQ(again, bytes);
    }
    EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace scope::abi
