#include "builder/revert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "base/printable.hpp"
#include "builder/error_text.hpp"

namespace scope::builder {

namespace {

/// Written by tools/generate_errors.py out of contracts/out.
constexpr auto ERRORS = std::to_array<std::string_view>({
#include "builder/errors.inc"
});

std::string describe_word(std::string_view type, BytesView word) {
    if (type == "address") return to_hex(word.subspan(12));
    if (type == "bool") return word.back() != 0 ? "true" : "false";
    if (type.starts_with("uint")) return to_decimal(from_be(word));
    const bool is_dynamic = type == "bytes" || type == "string" || type.ends_with(']');
    return is_dynamic ? "..." : to_hex(word);
}

/// Dynamic arguments are left out: "...".
std::string describe_arguments(std::string_view signature, BytesView arguments) {
    std::string text;
    size_t at = signature.find('(') + 1;
    while (signature[at] != ')') {
        const size_t end = signature.find_first_of(",)", at);
        if (arguments.size() < abi::WORD) break;
        if (!text.empty()) text += ", ";
        text += describe_word(signature.substr(at, end - at), arguments.first(abi::WORD));
        arguments = arguments.subspan(abi::WORD);
        at = signature[end] == ',' ? end + 1 : end;
    }
    return text;
}

/// Shows no more than its beginning if it is longer than anything that tells a reason.
std::string describe_text(std::string_view text) {
    constexpr size_t MAX_SHOWN = 1'000;
    if (text.size() <= MAX_SHOWN) return fmt::format("\"{}\"", printable(text));
    return fmt::format("\"{}\"... ({} bytes)", printable(text.substr(0, MAX_SHOWN)), text.size());
}

std::string describe_error(BytesView data) {
    constexpr size_t MAX_SHOWN = 68;
    if (data.empty()) return "reverted without data";
    if (const auto text = error_text(data)) return describe_text(*text);
    const auto known = std::ranges::find_if(ERRORS, [&](std::string_view signature) {
        return abi::has_selector(abi::selector(signature), data);
    });
    if (known != ERRORS.end())
        return fmt::format("{}({})", known->substr(0, known->find('(')),
                           describe_arguments(*known, data.subspan(abi::Selector{}.size())));
    if (data.size() <= MAX_SHOWN) return to_hex(data);
    return fmt::format("{}... ({} bytes)", to_hex(data.first(MAX_SHOWN)), data.size());
}

}  // namespace

std::string describe_revert(BytesView data) {
    static const auto OPERATION_REFUSED = abi::selector("OperationRefused(bytes)");
    if (const auto reason = abi::decode_call<Bytes>(OPERATION_REFUSED, data))
        return fmt::format("OperationRefused({})", describe_error(std::get<0>(*reason)));
    return describe_error(data);
}

Failure reverted(Bytes data) {
    std::string reason = describe_revert(data);
    return {.reason = std::move(reason), .revert_data = std::move(data)};
}

}  // namespace scope::builder
