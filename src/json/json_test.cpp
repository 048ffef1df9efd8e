#include "json/json.hpp"

#include <gtest/gtest.h>

#include "json/writer.hpp"

namespace scope::json {
namespace {

/// Returns the error of reading a document's field "x"; empty if it is read.
template <typename Read>
std::string error_of(const std::string& text, Read read) {
    try {
        const Document document{text};
        get(document.root(), "x", read);
    } catch (const FormatError& error) {
        return error.what();
    }
    return "";
}

TEST(json, reads_numbers_in_every_form) {
    const uint256 two_to_64 = uint256{1u} << 64;
    const std::vector<std::pair<std::string, uint256>> cases{
        {R"("0x10")", uint256{16u}},
        {R"("16")", uint256{16u}},
        {"16", uint256{16u}},
        {"0", uint256{}},
        {R"("0x")", uint256{}},
        {"18446744073709551615", two_to_64 - uint256{1u}},
        {"18446744073709551616", two_to_64},
        {R"("18446744073709551616")", two_to_64},
        {"115792089237316195423570985008687907853269984665640564039457584007913129639935",
         ~uint256{}},
    };
    for (const auto& [text, value] : cases) {
        const Document document{R"({"y": "a \" 99999999999999999999, b", "x": )" + text + "}"};
        EXPECT_EQ(get(document.root(), "x", u256), value) << text;
        EXPECT_EQ(get(document.root(), "y", string), "a \" 99999999999999999999, b");
    }
}

TEST(json, refuses_what_is_no_number_of_its_field) {
    const std::string two_to_256 =
        "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    struct Case {
        std::string text;
        bool is_too_large;  // a number, but for its size
    };
    for (const auto& [text, is_too_large] :
         {Case{"-1", false}, Case{"1.5", false}, Case{"1e30", false}, Case{R"("")", false},
          Case{R"("-1")", false}, Case{"true", false}, Case{"[1]", false}, Case{R"("0xg")", false},
          Case{two_to_256, true}, Case{'"' + two_to_256 + '"', true},
          Case{R"("0x:bigint 0x1)" + std::string(64, '0') + '"', true}}) {
        const Document document{R"({"x": )" + text + "}"};
        try {
            get(document.root(), "x", u256);
            ADD_FAILURE() << text;
        } catch (const NumberTooLarge& error) {
            EXPECT_TRUE(is_too_large) << text;
            EXPECT_EQ(error.path, "x");
        } catch (const FormatError& error) {
            EXPECT_FALSE(is_too_large) << text;
            EXPECT_EQ(error.path, "x");
        }
    }
    EXPECT_EQ(error_of(R"({"x": 18446744073709551616})", u64),
              "x: expected a number below 2^64, found \"18446744073709551616\"");
}

TEST(json, messages_name_the_field) {
    const auto account = R"({"x": {"0x1000000000000000000000000000000000000001": )";
    EXPECT_EQ(error_of(account + std::string{R"({"balance": "x"}}})"}, alloc),
              "x.0x1000000000000000000000000000000000000001.balance: expected a number below "
              "2^256, found \"x\"");
    EXPECT_EQ(error_of(account + std::string{R"({"storage": {"0x1": true}}}})"}, alloc),
              "x.0x1000000000000000000000000000000000000001.storage.0x1: expected a number below "
              "2^256, found true");
    EXPECT_EQ(error_of(R"({"x": [{"address": "0x00", "storageKeys": []}]})", access_list),
              "x[0].address: expected an address, found \"0x00\"");
    EXPECT_EQ(error_of(R"({"x": [{"chainId": 1}]})", authorization_list), "x[0].address: missing");
    EXPECT_EQ(error_of(R"({"y": 1})", u64), "x: missing");
}

TEST(json, blob_parameters_leave_room_and_have_a_price) {
    const auto text = [](const char* target, const char* max, const char* fraction) {
        return std::string{R"({"x": {"target": )"} + target + R"(, "max": )" + max +
               R"(, "baseFeeUpdateFraction": )" + fraction + "}}";
    };
    struct Case {
        const char* target;
        const char* max;
        const char* fraction;
        std::string field;  // at fault; empty: none
    };
    for (const auto& [target, max, fraction, field] :
         {Case{"6", "9", "5007716", ""}, Case{"0", "1", "1", ""}, Case{"9", "9", "1", ""},
          Case{"0", "1000000", "1", ""}, Case{"0", "0", "1", "x.max"},
          Case{"10", "9", "1", "x.target"}, Case{"6", "9", "0", "x.baseFeeUpdateFraction"},
          Case{"6", "1000001", "1", "x.max"}, Case{"-1", "9", "1", "x.target"},
          Case{"6", "18446744073709551616", "1", "x.max"},
          Case{"18446744073709551616", "9", "1", "x.target"},
          Case{"6", "9", "18446744073709551616", "x.baseFeeUpdateFraction"},
          Case{"6", "9", "\"x\"", "x.baseFeeUpdateFraction"}}) {
        const std::string error = error_of(text(target, max, fraction), blob_parameters);
        EXPECT_EQ(error.substr(0, error.find(':')), field) << text(target, max, fraction);
    }
}

TEST(json, long_text_is_shortened_in_messages) {
    EXPECT_EQ(shortened("0x1234"), "0x1234");
    const std::string huge(100'000, '9');
    EXPECT_LT(error_of(R"({"x": ")" + huge + R"("})", u64).size(), 200u);
    EXPECT_LT(error_of(R"({"x": )" + huge + "}", u256).size(), 200u);
    EXPECT_LT(error_of(R"({"x": [)" + huge + "]}", bytes).size(), 200u);
}

TEST(json, writes_utf8_only) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"plain", "\"plain\""},
        {"\"\\\n", "\"\\\"\\\\\\u000a\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"a\xff"
         "b",
         "\"a\xef\xbf\xbd"
         "b\""},
        {"\xc3", "\"\xef\xbf\xbd\""},                                  // cut off
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                  // too long a form
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},  // a surrogate
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(quote(text), expected);
}

TEST(json_writer, puts_json_text_in_its_place) {
    JsonWriter json;
    json.begin_object();
    json.key("before");
    json.raw(R"({"a":[1,2]})");
    json.member("after", true);
    json.end_object();
    EXPECT_EQ(json.finish(), "{\n  \"before\": {\"a\":[1,2]},\n  \"after\": true\n}\n");
}

}  // namespace
}  // namespace scope::json
