#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "spec/fixtures.hpp"

namespace scope::spec {
namespace {

namespace dom = simdjson::dom;

/// The encoding of a JSON value; nothing for a number of more than 256 bits.
std::optional<Bytes> encode_json(dom::element value) {
    Bytes out;
    switch (value.type()) {
        case dom::element_type::ARRAY:
            for (const dom::element item : value.get_array()) {
                const auto encoded = encode_json(item);
                if (!encoded) return std::nullopt;
                append(out, *encoded);
            }
            rlp::close_list(out, 0);
            return out;
        case dom::element_type::STRING: {
            const std::string_view text = value.get_string().value();
            if (!text.starts_with('#')) return rlp::encode(as_bytes(text));
            const auto number = uint256_from_text(text.substr(1));
            if (!number) return std::nullopt;
            return rlp::encode(*number);
        }
        default:
            return rlp::encode(value.get_uint64().value());
    }
}

TEST(spec_rlp, valid) {
    const auto folder = FIXTURE_FOLDER_OR_SKIP("ethereum-tests-basic", "RLPTests");
    dom::parser parser;
    size_t encoded_count = 0;
    for (const auto [name, test] : parser.load((folder / "rlptest.json").string()).get_object()) {
        const Bytes expected = bytes_of(test["out"]);
        EXPECT_TRUE(rlp::validate(expected)) << name;
        if (const auto encoded = encode_json(test["in"])) {
            EXPECT_EQ(to_hex(*encoded), to_hex(expected)) << name;
            ++encoded_count;
        } else {
            EXPECT_EQ(rlp::decode<uint256>(expected).error(), rlp::RlpError::number_too_large);
        }
    }
    EXPECT_GT(encoded_count, 20u);
    for_each_json(folder / "RandomRLPTests", [](const auto&, dom::element document) {
        for (const auto [name, test] : document.get_object())
            EXPECT_EQ(rlp::validate(bytes_of(test["out"])).has_value(),
                      test["in"].get_string().value() == "VALID")
                << name;
    });
}

TEST(spec_rlp, invalid) {
    const auto folder = FIXTURE_FOLDER_OR_SKIP("ethereum-tests-basic", "RLPTests");
    dom::parser parser;
    size_t count = 0;
    const dom::element document = parser.load((folder / "invalidRLPTest.json").string());
    for (const auto [name, test] : document.get_object()) {
        EXPECT_FALSE(rlp::validate(bytes_of(test["out"]))) << name;
        ++count;
    }
    EXPECT_GT(count, 20u);
}

}  // namespace
}  // namespace scope::spec
