#include "json/appender.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace scope::json {
namespace {

using namespace literals;

TEST(appender, puts_commas_between_members_and_elements_and_nowhere_else) {
    Appender json;
    json.begin_object();
    json.key("empty").begin_object();
    json.end_object();
    json.key("list").begin_array();
    json.number(uint64_t{1});
    json.begin_array();
    json.end_array();
    json.begin_object();
    json.key("a").null();
    json.key("b").boolean(true);
    json.end_object();
    json.raw("2");
    json.end_array();
    json.hex_key(Bytes{0xab}).boolean(false);
    json.text_key("a\"b").string("c");
    json.end_object();
    EXPECT_EQ(json.take(),
              R"({"empty":{},"list":[1,[],{"a":null,"b":true},2],"0xab":false,"a\"b":"c"})");
    json.begin_array();
    json.end_array();
    EXPECT_EQ(json.take(), "[]");
}

TEST(appender, writes_quantities_as_json_rpc_has_them) {
    const std::vector<std::pair<uint256, std::string>> cases{
        {uint256{}, "0x0"},
        {uint256{1u}, "0x1"},
        {uint256{15u}, "0xf"},
        {uint256{16u}, "0x10"},
        {uint256{0x400u}, "0x400"},
        {uint256{~uint64_t{0}}, "0xffffffffffffffff"},
        {uint256{1u} << 64, "0x10000000000000000"},
        {(uint256{1u} << 128) + uint256{0xabu}, "0x1000000000000000000000000000000ab"},
        {~uint256{}, "0x" + std::string(64, 'f')},
    };
    for (const auto& [value, text] : cases) {
        EXPECT_EQ(quantity_json(value), '"' + text + '"');
        EXPECT_EQ(quantity_json(value), '"' + to_quantity(value) + '"');
    }
    for (unsigned bit = 0; bit < 256; ++bit) {
        const uint256 power = uint256{1u} << bit;
        for (const uint256& value : {power, power - uint256{1u}, power + uint256{1u}})
            EXPECT_EQ(quantity_json(value), '"' + to_quantity(value) + '"');
    }
}

TEST(appender, writes_every_byte_as_two_digits) {
    Bytes all;
    std::string digits = "\"0x";
    for (unsigned i = 0; i < 256; ++i) {
        all.push_back(static_cast<uint8_t>(i));
        digits += "0123456789abcdef"[i / 16];
        digits += "0123456789abcdef"[i % 16];
    }
    EXPECT_EQ(hex_json(all), digits + '"');
    EXPECT_EQ(hex_json({}), "\"0x\"");
}

TEST(appender, escapes_what_json_escapes) {
    for (const std::string& text :
         {std::string{}, std::string{"plain"}, std::string{"\"\\/\b\f\n\r\t"}, std::string(1, '\0'),
          std::string{"\x1f\x7f"}, std::string{"größe €"}, std::string{"\xf0\x9f\x98\x80"}}) {
        simdjson::dom::parser parser;
        std::string_view read;
        ASSERT_EQ(parser.parse(string_json(text)).get(read), simdjson::SUCCESS) << text;
        EXPECT_EQ(read, text);
    }
    EXPECT_EQ(string_json("\xff"), "\"\xef\xbf\xbd\"");
}

TEST(appender, writes_doubles_that_are_read_back_as_they_were) {
    for (const double value : {0.0, 1.0, 0.5, 0.00072868, 0.1 + 0.2, 1e-9, 1e22}) {
        Appender json;
        json.number(value);
        EXPECT_EQ(std::stod(json.take()), value);
    }
}

}  // namespace
}  // namespace scope::json
