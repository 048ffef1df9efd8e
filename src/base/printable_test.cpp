#include "base/printable.hpp"

#include <gtest/gtest.h>

namespace scope {
namespace {

using namespace std::string_view_literals;

TEST(printable, leaves_text_as_it_is) {
    for (const auto text : {""sv, "no price"sv, "größe → 1 \U0001f600"sv, "\ufffd"sv})
        EXPECT_EQ(printable(text), text);
}

TEST(printable, escapes_what_controls_a_terminal) {
    EXPECT_EQ(printable("\x1b[2J\x1b[31mHELLO\n{}\r\t\0end\x7f"sv),
              "\\x1b[2J\\x1b[31mHELLO\\n{}\\r\\t\\x00end\\x7f");
    EXPECT_EQ(printable("a\u009bb\u202ec\u2028d\ufeff"), "a\\x9bb\\u{202e}c\\u{2028}d\\u{feff}");
}

TEST(printable, replaces_bytes_that_are_no_utf8) {
    for (const auto& [text, shown] : {std::pair{"\xff\xfe"
                                                "A"sv,
                                                "\ufffd\ufffdA"},
                                      {"\xc3"sv, "\ufffd"},
                                      {"\xc0\x80"sv, "\ufffd\ufffd"},
                                      {"\xed\xa0\x80"sv, "\ufffd\ufffd\ufffd"},
                                      {"\xf4\x90\x80\x80"sv, "\ufffd\ufffd\ufffd\ufffd"},
                                      {"\xe2\x82(", "\ufffd\ufffd("}})
        EXPECT_EQ(printable(text), shown);
}

TEST(printable, gives_utf8_without_controls_whatever_it_gets) {
    std::string all;
    for (int first = 0; first < 256; ++first)
        for (const int second : {0x00, 0x41, 0x80, 0xbf, 0xff})
            all += {static_cast<char>(first), static_cast<char>(second)};
    const auto shown = printable(all);
    EXPECT_EQ(printable(shown), shown);
    for (const char c : shown) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

}  // namespace
}  // namespace scope
