#include "terminal/calldata.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

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

// ---- signatures

constexpr std::string_view SPACES = " \t\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(SPACES);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(SPACES) - first + 1);
}

/// Returns the part of @p text that the parenthesis at its beginning encloses, with both; nullopt if
/// it doesn't begin with one, or that one is not closed.
std::optional<std::string_view> parenthesized(std::string_view text) {
    size_t depth = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (depth == 0) return std::nullopt;
        if (text[i] == ')' && --depth == 0) return text.substr(0, i + 1);
    }
    return std::nullopt;
}

/// Returns what stands between commas, outside of parentheses.
std::vector<std::string_view> split_list(std::string_view list) {
    std::vector<std::string_view> parts;
    size_t depth = 0;
    size_t begin = 0;
    for (size_t i = 0; i < list.size(); ++i) {
        if (list[i] == '(') ++depth;
        if (list[i] == ')') --depth;
        if (list[i] != ',' || depth != 0) continue;
        parts.push_back(list.substr(begin, i - begin));
        begin = i + 1;
    }
    parts.push_back(list.substr(begin));
    return parts;
}

std::string canonical_type(std::string_view parameter);

/// Returns the types of "(address to, uint amount)" as the ABI names them; nullopt if one has none.
std::optional<std::vector<std::string>> canonical_types(std::string_view list) {
    const auto inside = trimmed(list.substr(1, list.size() - 2));
    std::vector<std::string> types;
    if (inside.empty()) return types;
    for (const auto parameter : split_list(inside)) {
        types.push_back(canonical_type(trimmed(parameter)));
        if (types.back().empty()) return std::nullopt;
    }
    return types;
}

std::string joined(const std::vector<std::string>& types) {
    return fmt::format("({})", fmt::join(types, ","));
}

/// Returns a parameter's type as the ABI names it: without the parameter's name and place, uint as
/// uint256; empty if there is none.
std::string canonical_type(std::string_view parameter) {
    if (parameter.starts_with("tuple(")) parameter.remove_prefix(5);
    if (const auto tuple = parenthesized(parameter)) {
        const auto types = canonical_types(*tuple);
        const auto rest = parameter.substr(tuple->size());
        return types ? joined(*types) + std::string{rest.substr(0, rest.find_first_of(SPACES))}
                     : std::string{};
    }
    const auto type = parameter.substr(0, parameter.find_first_of(SPACES));
    const auto base = type.substr(0, type.find('['));
    const auto dimensions = type.substr(base.size());
    const bool lacks_size = base == "uint" || base == "int";
    return fmt::format("{}{}{}", base, lacks_size ? "256" : "", dimensions);
}

struct Signature {
    std::string name;
    std::vector<std::string> types;

    [[nodiscard]] std::string canonical() const { return name + joined(types); }
};

/// Reads a function's signature as people write it: with names and spaces, and with the types that
/// it returns behind it, as cast takes it.
std::optional<Signature> read_signature(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with("function ")) text = trimmed(text.substr(9));
    const auto open = text.find('(');
    if (open == std::string_view::npos) return std::nullopt;
    const auto name = trimmed(text.substr(0, open));
    if (name.empty() || name.find_first_of(SPACES) != std::string_view::npos) return std::nullopt;
    const auto parameters = parenthesized(text.substr(open));
    if (!parameters) return std::nullopt;
    auto rest = trimmed(text.substr(open + parameters->size()));
    constexpr std::array<std::string_view, 6> WORDS{"external", "public", "payable",
                                                    "view",     "pure",   "returns"};
    while (!rest.empty() && rest.front() != '(') {
        const auto word = rest.substr(0, rest.find_first_of(" \t\n("));
        if (std::ranges::find(WORDS, word) == WORDS.end()) return std::nullopt;
        rest = trimmed(rest.substr(word.size()));
    }
    if (!rest.empty() && parenthesized(rest) != rest) return std::nullopt;
    auto types = canonical_types(*parameters);
    if (!types) return std::nullopt;
    return Signature{std::string{name}, std::move(*types)};
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
    const auto function = read_signature(signature);
    if (!function)
        return std::unexpected{
            fmt::format("'{}' is no signature such as transfer(address,uint256)", signature)};
    const auto& types = function->types;
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
    return concat(abi::selector(function->canonical()), heads, tails);
}

}  // namespace scope::terminal
