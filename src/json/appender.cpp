#include "json/appender.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/check.hpp"
#include "json/writer.hpp"

namespace scope::json {

namespace {

constexpr char DIGITS[] = "0123456789abcdef";

/// The two digits of each byte.
constexpr auto PAIRS = [] {
    std::array<std::array<char, 2>, 256> pairs{};
    for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = {DIGITS[i >> 4], DIGITS[i & 15]};
    return pairs;
}();

/// Makes room for @p count characters at the end of a text, which write(place) fills in.
template <typename Write>
void extend(std::string& text, size_t count, Write&& write) {
    const size_t before = text.size();
    // At least twice the capacity, as appending has it: exact growth would copy again and again.
    if (before + count > text.capacity())
        text.reserve(std::max(before + count, 2 * text.capacity()));
    text.resize_and_overwrite(before + count, [&](char* data, size_t size) {
        write(data + before);
        return size;
    });
}

/// Writes the digits of @p word; returns the place behind them.
char* write_digits(char* place, uint64_t word, unsigned count) {
    for (unsigned i = count; i-- > 0;) *place++ = DIGITS[word >> (4 * i) & 15];
    return place;
}

unsigned digits_of(uint64_t word) {
    return word == 0 ? 1 : (67U - static_cast<unsigned>(std::countl_zero(word))) / 4;
}

}  // namespace

void Appender::string(std::string_view text) {
    separate();
    for (const char c : text) {
        if (c < ' ' || c == '"' || c == '\\' || c > '~') {
            text_ += quote(text);
            after_value_ = true;
            return;
        }
    }
    text_ += '"';
    text_ += text;
    text_ += '"';
    after_value_ = true;
}

void Appender::number(double value) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    CHECK(error == std::errc{});
    raw({digits.data(), static_cast<size_t>(end - digits.data())});
}

void Appender::quantity(uint64_t value) {
    separate();
    const unsigned count = digits_of(value);
    extend(text_, count + 4, [&](char* place) {
        *place++ = '"';
        *place++ = '0';
        *place++ = 'x';
        *write_digits(place, value, count) = '"';
    });
    after_value_ = true;
}

void Appender::quantity(const uint256& value) {
    if (value.fits_u64()) return quantity(value[0]);
    separate();
    size_t top = 3;
    while (value[top] == 0) --top;
    const unsigned first = digits_of(value[top]);
    extend(text_, first + 16 * top + 4, [&](char* place) {
        *place++ = '"';
        *place++ = '0';
        *place++ = 'x';
        place = write_digits(place, value[top], first);
        for (size_t i = top; i-- > 0;) place = write_digits(place, value[i], 16);
        *place = '"';
    });
    after_value_ = true;
}

void Appender::hex(BytesView bytes) {
    separate();
    extend(text_, 2 * bytes.size() + 4, [&](char* place) {
        *place++ = '"';
        *place++ = '0';
        *place++ = 'x';
        for (const uint8_t byte : bytes) {
            std::memcpy(place, PAIRS[byte].data(), 2);
            place += 2;
        }
        *place = '"';
    });
    after_value_ = true;
}

std::string quantity_json(const uint256& value) {
    Appender json;
    json.quantity(value);
    return json.take();
}

std::string hex_json(BytesView bytes) {
    Appender json;
    json.hex(bytes);
    return json.take();
}

std::string string_json(std::string_view text) {
    Appender json;
    json.string(text);
    return json.take();
}

}  // namespace scope::json
