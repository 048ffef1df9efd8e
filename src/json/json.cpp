#include "json/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <sstream>

#include "base/hex.hpp"
#include "types/blob.hpp"

namespace scope::json {

namespace {

[[noreturn]] void refuse(const char* expected, std::string_view found) {
    throw FormatError{fmt::format("expected {}, found \"{}\"", expected, shortened(found))};
}
[[noreturn]] void refuse(const char* expected, Json found) {
    throw FormatError{
        fmt::format("expected {}, found {}", expected, shortened(simdjson::minify(found)))};
}

std::string_view text(Json value, const char* expected) {
    std::string_view view;
    if (value.get(view) != simdjson::SUCCESS) refuse(expected, value);
    return view;
}

bool is_number(std::string_view text) {
    const bool is_hex = text.starts_with("0x");
    if (is_hex) text.remove_prefix(2);
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return is_hex ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : c >= '0' && c <= '9';
    });
}

[[noreturn]] void refuse_number(const char* expected, std::string_view found) {
    if (!is_number(found)) refuse(expected, found);
    throw NumberTooLarge{fmt::format("expected {}, found \"{}\"", expected, shortened(found))};
}

std::string_view number_text(Json value, const char* expected) {
    std::string_view view = text(value, expected);
    if (view.starts_with(BIG_INTEGER)) view.remove_prefix(BIG_INTEGER.size());
    return view == "0x" ? "0x0" : view;
}

/// Makes strings of integers that have too many digits for 64 bits: the parser knows none.
std::string quote_large_integers(std::string_view text) {
    constexpr size_t DIGITS_OF_64_BITS = 19;  // any number with so many fits
    std::string result;
    result.reserve(text.size() + text.size() / 8);
    for (size_t i = 0; i < text.size();) {
        size_t end = i + 1;
        if (text[i] == '"') {
            while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
            end = std::min(end + 1, text.size());
            result += text.substr(i, end - i);
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            end = std::min(text.find_first_not_of("0123456789+-.eE", i), text.size());
            const std::string_view number = text.substr(i, end - i);
            const bool is_large =
                number.size() > DIGITS_OF_64_BITS && number.front() != '0' && is_number(number);
            result += is_large ? fmt::format("\"{}{}\"", BIG_INTEGER, number) : std::string{number};
        } else {
            result += text[i];
        }
        i = end;
    }
    return result;
}

}  // namespace

Document::Document(std::string_view text) {
    auto error = parser_.parse(text.data(), text.size()).get(root_);
    if (error == simdjson::NUMBER_ERROR)
        error = parser_.parse(quote_large_integers(text)).get(root_);
    if (error != simdjson::SUCCESS)
        throw FormatError{fmt::format("no JSON: {}", simdjson::error_message(error))};
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream content;
    if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(content << file.rdbuf())))
        throw std::runtime_error{fmt::format("{}: can't read it", path.string())};
    return std::move(content).str();
}

Json field(Json object, std::string_view key) {
    if (!object.is_object()) refuse("an object", object);
    Json result;
    if (object[key].get(result) != simdjson::SUCCESS)
        throw FormatError{std::string{key}, "missing"};
    return result;
}

std::optional<Json> optional_field(Json object, std::string_view key) {
    Json result;
    if (object[key].get(result) != simdjson::SUCCESS || result.is_null()) return std::nullopt;
    return result;
}

simdjson::dom::object object(Json value) {
    simdjson::dom::object result;
    if (value.get(result) != simdjson::SUCCESS) refuse("an object", value);
    return result;
}

simdjson::dom::array array(Json value) {
    simdjson::dom::array result;
    if (value.get(result) != simdjson::SUCCESS) refuse("an array", value);
    return result;
}

std::string_view string(Json value) {
    return text(value, "a string");
}

bool boolean(Json value) {
    bool result = false;
    if (value.get(result) != simdjson::SUCCESS) refuse("true or false", value);
    return result;
}

Bytes bytes(Json value) {
    const std::string_view hex = text(value, "bytes as a string");
    auto result = from_hex(hex);
    if (!result) refuse("bytes", hex);
    return std::move(*result);
}

Address address(Json value) {
    const std::string_view hex = text(value, "an address as a string");
    const auto result = fixed_from_hex<20>(hex);
    if (!result) refuse("an address", hex);
    return *result;
}

Hash hash(Json value) {
    const std::string_view hex = text(value, "a hash as a string");
    const auto result = fixed_from_hex<32>(hex);
    if (!result) refuse("a hash", hex);
    return *result;
}

uint256 u256(Json value) {
    constexpr auto EXPECTED = "a number below 2^256";
    if (uint64_t number = 0; value.get(number) == simdjson::SUCCESS) return uint256{number};
    const std::string_view digits = number_text(value, EXPECTED);
    const auto result = uint256_from_text(digits);
    if (!result) refuse_number(EXPECTED, digits);
    return *result;
}

uint64_t u64(Json value) {
    constexpr auto EXPECTED = "a number below 2^64";
    if (uint64_t number = 0; value.get(number) == simdjson::SUCCESS) return number;
    const std::string_view digits = number_text(value, EXPECTED);
    const auto result = uint256_from_text(digits);
    if (!result || !result->fits_u64()) refuse_number(EXPECTED, digits);
    return static_cast<uint64_t>(*result);
}

Hash word(Json value) {
    return to_be(u256(value));
}

namespace {

std::map<Hash, Hash> storage(Json slots) {
    std::map<Hash, Hash> result;
    for (const auto& [slot, content] : object(slots)) {
        const auto number = uint256_from_text(slot);
        if (!number) refuse("a storage key", slot);
        const Json value = content;
        result[to_be(*number)] = within(slot, [&] { return word(value); });
    }
    return result;
}

auto account(Json value) {
    state::GenesisAlloc::mapped_type result;
    object(value);
    result.nonce = get_optional(value, "nonce", u64).value_or(0);
    for (const char* const name : {"balance", "wei"})  // genesis tests know both
        if (const auto balance = get_optional(value, name, u256)) result.balance = *balance;
    result.code = get_optional(value, "code", bytes).value_or(Bytes{});
    if (auto slots = get_optional(value, "storage", storage))
        for (const auto& [slot, content] : *slots) result.storage[slot] = content;
    return result;
}

uint256 y_parity(Json entry) {
    const auto y_parity = get_optional(entry, "yParity", u256);
    const auto v = get_optional(entry, "v", u256);
    if (!y_parity && !v) throw FormatError{"yParity", "missing"};
    if (y_parity && v && *y_parity != *v) throw FormatError{"yParity", "v is another number"};
    const uint256 value = y_parity ? *y_parity : *v;
    if (value > uint256{0xffu})
        throw NumberTooLarge{y_parity ? "yParity" : "v", "expected a number below 2^8"};
    return value;
}

}  // namespace

state::GenesisAlloc alloc(Json pre) {
    state::GenesisAlloc result;
    for (const auto& [key, value] : object(pre)) {
        const auto owner = fixed_from_hex<20>(key);
        if (!owner) refuse("an address", key);
        const Json content = value;
        result[*owner] = within(key, [&] { return account(content); });
    }
    return result;
}

AccessList access_list(Json entries) {
    return list(entries, [](Json entry) {
        return AccessListEntry{
            get(entry, "address", address),
            get(entry, "storageKeys", [](Json keys) { return list(keys, hash); })};
    });
}

std::vector<Authorization> authorization_list(Json entries) {
    return list(entries, [](Json entry) {
        return Authorization{.chain_id = get(entry, "chainId", u256),
                             .address = get(entry, "address", address),
                             .nonce = get(entry, "nonce", u64),
                             .y_parity = y_parity(entry),
                             .r = get(entry, "r", u256),
                             .s = get(entry, "s", u256)};
    });
}

execution::BlobParameters blob_parameters(Json entry) {
    constexpr uint64_t MOST_BLOBS = 1'000'000;  // products with their gas stay below 2^64
    const execution::BlobParameters result{get(entry, "target", u64), get(entry, "max", u64),
                                           get(entry, "baseFeeUpdateFraction", u64)};
    if (result.max < 1 || result.max > MOST_BLOBS)
        throw FormatError{"max", fmt::format("{} is not from 1 to {}", result.max, MOST_BLOBS)};
    if (result.target > result.max)
        throw FormatError{"target", fmt::format("{} is above max, {}", result.target, result.max)};
    if (result.base_fee_update_fraction == 0)
        throw FormatError{"baseFeeUpdateFraction", "must not be 0"};
    return result;
}

std::string shortened(std::string_view text) {
    constexpr size_t MOST = 100;
    constexpr size_t SHOWN = 32;
    if (text.size() <= MOST) return std::string{text};
    return fmt::format("{}...{} ({} characters)", text.substr(0, SHOWN),
                       text.substr(text.size() - SHOWN), text.size());
}

std::vector<std::filesystem::path> json_files(const std::filesystem::path& path) {
    namespace fs = std::filesystem;
    if (!fs::exists(path)) throw std::runtime_error{fmt::format("{}: no such path", path.string())};
    std::vector<fs::path> files;
    if (fs::is_directory(path)) {
        for (const auto& entry : fs::recursive_directory_iterator{path})
            if (entry.is_regular_file() && entry.path().extension() == ".json")
                files.push_back(entry.path());
        std::ranges::sort(files);
    } else {
        files.push_back(path);
    }
    return files;
}

}  // namespace scope::json
