#include "base/printable.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace scope {

namespace {

/// A code point, and the bytes that it takes; of what is no UTF-8, U+FFFD and one byte.
struct Read {
    char32_t point = 0xfffd;
    size_t size = 1;
};

constexpr bool is_continuation(char c) {
    return (static_cast<uint8_t>(c) & 0xc0) == 0x80;
}

/// Reads the first code point. RFC 3629: no overlong forms, no surrogates, none above U+10FFFF.
/// REQUIRES: not empty.
Read read_point(std::string_view text) {
    const auto first = static_cast<uint8_t>(text.front());
    if (first < 0x80) return {first, 1};
    const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
    char32_t point = first & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; ++i) {
        if (!is_continuation(text[i])) return {};
        point = point << 6 | (static_cast<uint8_t>(text[i]) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> LEAST{0, 0, 0x80, 0x800, 0x10000};
    if (point < LEAST[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return {};
    return {point, size};
}

/// Returns whether a terminal does something with it in place of showing it.
bool is_control(char32_t point) {
    struct Range {
        char32_t first;
        char32_t last;
    };
    static constexpr auto RANGES = std::to_array<Range>({{0x00, 0x1f},
                                                         {0x7f, 0x9f},
                                                         {0x061c, 0x061c},
                                                         {0x200b, 0x200f},
                                                         {0x2028, 0x202e},
                                                         {0x2060, 0x206f},
                                                         {0xfeff, 0xfeff}});
    for (const auto& [first, last] : RANGES)
        if (point >= first && point <= last) return true;
    return false;
}

std::string escaped(char32_t point) {
    switch (point) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return point < 0x100 ? fmt::format("\\x{:02x}", static_cast<uint32_t>(point))
                                 : fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(point));
    }
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto [point, size] = read_point(text);
        if (is_control(point))
            out += escaped(point);
        else if (point == 0xfffd)
            out += "\ufffd";
        else
            out += text.substr(0, size);
        text.remove_prefix(size);
    }
    return out;
}

}  // namespace scope
