#include "terminal/calldata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>

#include "abi/abi.hpp"
#include "base/hex.hpp"

namespace scope::terminal {

namespace {

/// One encoded argument: the word in the head, or the tail that the head points to.
struct Encoded {
    bool is_dynamic = false;
    Bytes bytes;
};
using EncodeResult = Result<Encoded, std::string>;

std::unexpected<std::string> wrong(std::string_view argument, std::string_view type) {
    return std::unexpected{fmt::format("'{}' is no {}", argument, type)};
}

/// Returns the number behind a type's name, "256" of uint256; nullopt if it is none of @p least to
/// @p most.
std::optional<unsigned> size_of(std::string_view digits, unsigned least, unsigned most) {
    unsigned size = 0;
    const char* const end = digits.data() + digits.size();
    const auto [parsed, error] = std::from_chars(digits.data(), end, size);
    if (error != std::errc{} || parsed != end || size < least || size > most) return std::nullopt;
    return size;
}

Encoded word(const uint256& number) {
    return {false, to_bytes(to_be(number))};
}

EncodeResult encode_number(std::string_view type, std::string_view text, bool is_signed,
                           unsigned bits) {
    const bool is_negative = is_signed && text.starts_with('-');
    const auto number = uint256_from_text(text.substr(is_negative ? 1 : 0));
    if (!number) return wrong(text, type);
    // The largest magnitude: 2^bits - 1, or 2^(bits-1), less one where it is not negative.
    const uint256 limit = is_signed ? uint256{1u} << (bits - 1) : uint256{};
    const uint256 most = is_signed     ? (is_negative ? limit : limit - uint256{1u})
                         : bits == 256 ? ~uint256{}
                                       : (uint256{1u} << bits) - uint256{1u};
    if (*number > most) return wrong(text, type);
    return word(is_negative ? -*number : *number);
}

Encoded dynamic(BytesView content) {
    Encoded encoded{true, to_bytes(to_be(uint256{content.size()}))};
    append(encoded.bytes, content);
    encoded.bytes.resize(abi::WORD + abi::padded(content.size()));
    return encoded;
}

EncodeResult encode(std::string_view type, const std::string& text) {
    if (type == "string") return dynamic(as_bytes(text));
    if (type == "bool") {
        if (text != "true" && text != "false") return wrong(text, type);
        return word(uint256{text == "true" ? 1u : 0u});
    }
    if (type == "address") {
        const auto address = fixed_from_hex<20>(text);
        if (!address) return wrong(text, type);
        return word(from_be(*address));
    }
    if (type == "uint" || type == "int") return encode_number(type, text, type == "int", 256);
    for (const std::string_view kind : {"uint", "int"})
        if (type.starts_with(kind))
            if (const auto bits = size_of(type.substr(kind.size()), 8, 256); bits && *bits % 8 == 0)
                return encode_number(type, text, kind == "int", *bits);
    if (type.starts_with("bytes")) {
        const auto bytes = from_hex(text);
        if (type == "bytes") return bytes ? EncodeResult{dynamic(*bytes)} : wrong(text, type);
        if (const auto size = size_of(type.substr(5), 1, 32)) {
            if (!bytes || bytes->size() != *size) return wrong(text, type);
            Encoded encoded{false, *bytes};
            encoded.bytes.resize(abi::WORD);
            return encoded;
        }
    }
    return std::unexpected{
        fmt::format("there is no way here to write a {}: give the calldata in hex", type)};
}

}  // namespace

Result<Bytes, std::string> encode_call(std::string_view signature,
                                       std::span<const std::string> arguments) {
    if (signature.empty() || signature.starts_with("0x")) {
        auto calldata = from_hex(signature);
        if (!calldata) return std::unexpected{fmt::format("'{}' is no hex", signature)};
        if (!arguments.empty())
            return std::unexpected{std::string{"calldata in hex takes no arguments"}};
        return std::move(*calldata);
    }
    const auto open = signature.find('(');
    if (open == std::string_view::npos || !signature.ends_with(')'))
        return std::unexpected{
            fmt::format("'{}' is no signature such as transfer(address,uint256)", signature)};
    std::vector<std::string_view> types;
    for (const auto part :
         std::views::split(signature.substr(open + 1, signature.size() - open - 2), ','))
        if (!part.empty()) types.emplace_back(part.begin(), part.end());
    if (types.size() != arguments.size())
        return std::unexpected{fmt::format("{} takes {} arguments, and there are {}", signature,
                                           types.size(), arguments.size())};

    Bytes heads;
    Bytes tails;
    for (size_t i = 0; i < types.size(); ++i) {
        const auto encoded = encode(types[i], arguments[i]);
        if (!encoded) return std::unexpected{encoded.error()};
        if (encoded->is_dynamic) {
            append(heads, to_be(uint256{types.size() * abi::WORD + tails.size()}));
            append(tails, encoded->bytes);
        } else {
            append(heads, encoded->bytes);
        }
    }
    return concat(abi::selector(signature), heads, tails);
}

}  // namespace scope::terminal
