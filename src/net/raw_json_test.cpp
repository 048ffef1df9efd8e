#include "net/raw_json.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace scope::net {
namespace {

std::vector<std::string> items(std::string_view text) {
    std::vector<std::string> all;
    RawItems walk{text};
    while (const auto item = walk.next()) all.emplace_back(*item);
    return all;
}

TEST(RawItems, gives_values_as_they_are_written) {
    using List = std::vector<std::string>;
    const struct {
        std::string_view text;
        List expect;
    } cases[] = {
        {"[]", {}},
        {" [ ] ", {}},
        {"{}", {}},
        {"[1.0,1e3,-0]", {"1.0", "1e3", "-0"}},
        {" [ 1 , \"a,]\" ,null ] ", {"1", "\"a,]\"", "null"}},
        {R"({"a":1,"b": [1,{"c":"]"}] ,"a":"\"}\\"})", {"1", R"([1,{"c":"]"}])", R"("\"}\\")"}},
        {R"({"\"":true,"":{}})", {"true", "{}"}},
        {"[[],{},\"\"]", {"[]", "{}", "\"\""}},
    };
    for (const auto& [text, expect] : cases) EXPECT_EQ(items(text), expect) << text;
}

TEST(RawItems, never_reads_outside_of_other_text) {
    for (const std::string_view text : {"", " ", "[", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "[1",
                                        "[\"\\", "]", "}", "[}", "{1:2", "x", "[[[", "[\"a\\\""}) {
        const std::string copy{text};  // on the heap, for the sanitizer
        EXPECT_LE(items(copy).size(), 2U) << text;
    }
}

TEST(QuoteBigNumbers, quotes_what_may_be_out_of_range_and_nothing_else) {
    const struct {
        std::string_view text, expect;
    } cases[] = {
        {"[1,1.5,-7,true]", "[1,1.5,-7,true]"},
        {"[123456789012345678]", "[123456789012345678]"},
        {"[1234567890123456789]", "[\"1234567890123456789\"]"},
        {"[-1234567890123456789]", "[\"-1234567890123456789\"]"},
        {"[1e400 , 1E+2]", "[\"1e400\" , \"1E+2\"]"},
        {"[\"1e400\",\"\\\"1e400\"]", "[\"1e400\",\"\\\"1e400\"]"},
        // No JSON, which it stays.
        {"{1e400:1}", "{1e400:1}"},
        {"{1234567890123456789 :1}", "{1234567890123456789 :1}"},
        {"[01234567890123456789]", "[01234567890123456789]"},
        {"[1.e400]", "[1.e400]"},
        {"[1e]", "[1e]"},
        {"[1e400x]", "[1e400x]"},
        {"[--1e400]", "[--1e400]"},
    };
    for (const auto& [text, expect] : cases) EXPECT_EQ(quote_big_numbers(text), expect);
}

TEST(AppendJsonString, escapes_and_stays_utf8) {
    const struct {
        std::string_view text, expect;
    } cases[] = {
        {"", "\"\""},
        {"a\"b\\c", R"("a\"b\\c")"},
        {"\n\x1f", R"("\u000a\u001f")"},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"a\xff", R"("a\ufffd")"},
    };
    for (const auto& [text, expect] : cases) {
        std::string out;
        append_json_string(out, text);
        EXPECT_EQ(out, expect);
    }
}

}  // namespace
}  // namespace scope::net
