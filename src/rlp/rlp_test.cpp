#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

namespace scope::rlp {
namespace {

using namespace scope::literals;

struct Pair {
    uint64_t number = 0;
    Bytes text;
    friend bool operator==(const Pair&, const Pair&) = default;
};
constexpr auto rlp_fields(const Pair*) {
    return std::tuple{&Pair::number, &Pair::text};
}
struct Nested {
    std::vector<Pair> pairs;
    std::optional<Address> address;
    bool flag = false;
    friend bool operator==(const Nested&, const Nested&) = default;
};
constexpr auto rlp_fields(const Nested*) {
    return std::tuple{&Nested::pairs, &Nested::address, &Nested::flag};
}

Bytes bytes_of(std::string_view text) {
    return to_bytes(as_bytes(text));
}

TEST(rlp_encode, numbers) {
    EXPECT_EQ(to_hex(encode(0u)), "0x80");
    EXPECT_EQ(to_hex(encode(1u)), "0x01");
    EXPECT_EQ(to_hex(encode(0x7fu)), "0x7f");
    EXPECT_EQ(to_hex(encode(0x80u)), "0x8180");
    EXPECT_EQ(to_hex(encode(uint64_t{0x0400})), "0x820400");
    EXPECT_EQ(to_hex(encode(~uint64_t{0})), "0x88ffffffffffffffff");
    EXPECT_EQ(to_hex(encode(uint8_t{0xff})), "0x81ff");
    EXPECT_EQ(to_hex(encode(true)), "0x01");
    EXPECT_EQ(to_hex(encode(false)), "0x80");
    EXPECT_EQ(to_hex(encode(uint256{})), "0x80");
    EXPECT_EQ(to_hex(encode(uint256{1u} << 64)), "0x89010000000000000000");
    EXPECT_EQ(encode(~uint256{}), concat("a0"_hex, to_be(~uint256{})));
}

TEST(rlp_encode, strings_and_lists) {
    EXPECT_EQ(to_hex(encode(BytesView{})), "0x80");
    EXPECT_EQ(to_hex(encode(Bytes{0x00})), "0x00");
    EXPECT_EQ(to_hex(encode(bytes_of("dog"))), "0x83646f67");
    EXPECT_EQ(to_hex(encode_list()), "0xc0");
    EXPECT_EQ(to_hex(encode_list(bytes_of("cat"), bytes_of("dog"))), "0xc88363617483646f67");
    // The set-theoretical representation of three: [ [], [[]], [ [], [[]] ] ].
    const std::tuple<> zero;
    const std::tuple<std::tuple<>> one;
    EXPECT_EQ(to_hex(encode_list(zero, one, std::tuple{zero, one})), "0xc7c0c1c0c3c0c1c0");
    const Bytes long_string(1024, 0x61);
    EXPECT_EQ(encode(long_string), concat("b90400"_hex, long_string));
    EXPECT_EQ(encode_list(Raw{long_string}), concat("f90400"_hex, long_string));
    EXPECT_EQ(to_hex(encode(std::optional<Address>{})), "0x80");
}

TEST(rlp_encode, closes_a_list_of_what_was_appended) {
    for (const size_t count : {0u, 1u, 55u, 56u, 300u}) {
        Bytes out = "0102"_hex;
        for (size_t i = 0; i < count; ++i) encode_to(out, 7u);
        close_list(out, 2);
        EXPECT_EQ(out, concat("0102"_hex, encode(std::vector<uint64_t>(count, 7))));
    }
}

TEST(rlp_decode, structs) {
    const Nested value{{{5, bytes_of("five")}, {0, {}}}, Address{{1, 2, 3}}, true};
    const Bytes encoded = encode(value);
    EXPECT_EQ(encoded.size(), encoded_size(value));
    EXPECT_EQ(decode<Nested>(encoded), value);
    EXPECT_EQ(decode<Nested>(encode(Nested{})), Nested{});
    EXPECT_EQ(decode<Nested>("c3c08080"_hex), Nested{});
    EXPECT_EQ(decode<Nested>("c2c080"_hex).error(), RlpError::missing_item);
    EXPECT_EQ(decode<Nested>("c4c0808080"_hex).error(), RlpError::trailing_bytes);
    EXPECT_EQ(decode<Nested>("c3c08180"_hex).error(), RlpError::wrong_size);
}

struct Refusal {
    std::string_view encoded;
    RlpError error;
};

TEST(rlp_decode, refuses_each_broken_rule) {
    constexpr Refusal REFUSALS[] = {
        {"", RlpError::missing_item},
        {"81", RlpError::truncated},
        {"83646f", RlpError::truncated},
        {"b8", RlpError::truncated},
        {"b840", RlpError::truncated},
        {"c3", RlpError::truncated},
        {"c283646f", RlpError::truncated},
        {"ffffffff", RlpError::truncated},
        {"8080", RlpError::trailing_bytes},
        {"8100", RlpError::long_form_byte},
        {"817f", RlpError::long_form_byte},
        {"c2817f", RlpError::long_form_byte},
        {"b801ff", RlpError::long_form_size},
        {"f800", RlpError::size_zero_byte},
        {"f801c0", RlpError::long_form_size},
        {"b90001ff", RlpError::size_zero_byte},
        {"f90001c0", RlpError::size_zero_byte},
        {"bf0100000000000000", RlpError::too_large},
        {"ff8000000000000000", RlpError::too_large},
        {"fa10000001", RlpError::truncated},
    };
    for (const auto& [encoded, error] : REFUSALS) {
        const auto result = validate(*from_hex(encoded));
        ASSERT_FALSE(result) << encoded;
        EXPECT_EQ(to_string(result.error()), to_string(error)) << encoded;
    }
}

TEST(rlp_decode, refuses_each_wrong_kind) {
    const auto error = []<typename T>(std::type_identity<T>, const Bytes& bytes) {
        const auto result = decode<T>(bytes);
        return result ? std::string_view{} : to_string(result.error());
    };
    constexpr std::type_identity<uint64_t> U64;
    constexpr std::type_identity<uint256> U256;
    constexpr std::type_identity<Address> ADDRESS;
    EXPECT_EQ(error(U64, "c0"_hex), to_string(RlpError::expected_string));
    EXPECT_EQ(error(U64, "00"_hex), to_string(RlpError::leading_zero));
    EXPECT_EQ(error(U64, "8200ff"_hex), to_string(RlpError::leading_zero));
    EXPECT_EQ(error(U64, "89010000000000000000"_hex), to_string(RlpError::number_too_large));
    EXPECT_EQ(error(U256, concat("a101"_hex, Hash{})), to_string(RlpError::number_too_large));
    EXPECT_EQ(error(ADDRESS, "80"_hex), to_string(RlpError::wrong_size));
    EXPECT_EQ(error(std::type_identity<bool>{}, "02"_hex), to_string(RlpError::number_too_large));
    EXPECT_EQ(error(std::type_identity<std::vector<uint64_t>>{}, "80"_hex),
              to_string(RlpError::expected_list));
    EXPECT_EQ(error(std::type_identity<std::vector<uint64_t>>{}, "c180"_hex), "");
}

TEST(rlp_decode, leaves_the_reader_in_place_after_an_error) {
    const Bytes bytes = "8200ff05"_hex;
    Reader reader{bytes};
    EXPECT_EQ(reader.u64().error(), RlpError::leading_zero);
    EXPECT_EQ(reader.fixed<3>().error(), RlpError::wrong_size);
    EXPECT_EQ(reader.list().error(), RlpError::expected_list);
    EXPECT_EQ(reader.string()->size(), 2u);
    EXPECT_EQ(reader.u64(), 5u);
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(reader.u64().error(), RlpError::missing_item);
}

TEST(rlp_decode, bounds_the_depth) {
    const auto nested = [](size_t depth) {
        Bytes out;
        for (size_t i = 0; i < depth; ++i) close_list(out, 0);
        return out;
    };
    EXPECT_TRUE(validate(nested(MAX_DEPTH)));
    EXPECT_EQ(validate(nested(MAX_DEPTH + 1)).error(), RlpError::too_deep);
    EXPECT_EQ(validate(nested(10'000)).error(), RlpError::too_deep);
}

/// A canonical re-encoding of what stands in @p input.
void encode_again(Reader reader, Bytes& out) {
    while (!reader.at_end()) {
        if (reader.next_is_list()) {
            const size_t start = out.size();
            encode_again(*reader.list(), out);
            close_list(out, start);
        } else {
            encode_to(out, *reader.string());
        }
    }
}

TEST(rlp_decode, accepts_only_what_encode_gives) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    const Bytes valid =
        encode(Nested{{{5, Bytes(60, 0x80)}, {~uint64_t{0}, {1}}, {0, {0x80}}}, Address{}, true});
    size_t accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        Bytes bytes = valid;
        bytes.resize(random() % (valid.size() + 1));
        for (unsigned changes = random() % 4; changes > 0 && !bytes.empty(); --changes)
            bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        if (!bytes.empty() && random() % 2 == 0)  // so that more of them are whole
            bytes[0] = static_cast<uint8_t>(0xc0 + std::min<size_t>(bytes.size() - 1, 55));
        if (const auto decoded = decode<Nested>(bytes)) EXPECT_EQ(encode(*decoded), bytes);
        if (!validate(bytes)) continue;
        ++accepted;
        Bytes again;
        encode_again(Reader{bytes}, again);
        ASSERT_EQ(again, bytes) << to_hex(bytes);
    }
    EXPECT_GT(accepted, 100u);
}

}  // namespace
}  // namespace scope::rlp
