#include "json/json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"

namespace scope::json {

namespace {

std::string_view text(Json value) {
    std::string_view view;
    if (value.get(view) != simdjson::SUCCESS) throw FormatError{"expected a string"};
    return view;
}

[[noreturn]] void refuse(const char* expected, std::string_view found) {
    throw FormatError{fmt::format("expected {}, found \"{}\"", expected, found)};
}

}  // namespace

Json field(Json object, std::string_view key) {
    Json result;
    if (object[key].get(result) != simdjson::SUCCESS)
        throw FormatError{fmt::format("no field \"{}\"", key)};
    return result;
}

std::optional<Json> optional_field(Json object, std::string_view key) {
    Json result;
    if (object[key].get(result) != simdjson::SUCCESS || result.is_null()) return std::nullopt;
    return result;
}

simdjson::dom::object object(Json value) {
    simdjson::dom::object result;
    if (value.get(result) != simdjson::SUCCESS) throw FormatError{"expected an object"};
    return result;
}

simdjson::dom::array array(Json value) {
    simdjson::dom::array result;
    if (value.get(result) != simdjson::SUCCESS) throw FormatError{"expected an array"};
    return result;
}

Bytes bytes(Json value) {
    auto result = from_hex(text(value));
    if (!result) refuse("bytes", text(value));
    return std::move(*result);
}

Address address(Json value) {
    const auto result = fixed_from_hex<20>(text(value));
    if (!result) refuse("an address", text(value));
    return *result;
}

Hash hash(Json value) {
    const auto result = fixed_from_hex<32>(text(value));
    if (!result) refuse("a hash", text(value));
    return *result;
}

uint256 u256(Json value) {
    std::string_view view = text(value);
    if (view.starts_with("0x:bigint ")) view.remove_prefix(10);
    if (view == "0x") return {};
    const auto result = uint256_from_text(view);
    if (!result) refuse("a number below 2^256", view);
    return *result;
}

uint64_t u64(Json value) {
    if (uint64_t number = 0; value.get(number) == simdjson::SUCCESS) return number;
    const uint256 result = u256(value);
    if (!result.fits_u64()) refuse("a number below 2^64", text(value));
    return static_cast<uint64_t>(result);
}

Hash word(Json value) {
    return to_be(u256(value));
}

state::GenesisAlloc alloc(Json pre) {
    state::GenesisAlloc result;
    for (const auto& [key, value] : object(pre)) {
        const auto owner = fixed_from_hex<20>(key);
        if (!owner) refuse("an address", key);
        auto& account = result[*owner];
        if (const auto nonce = optional_field(value, "nonce")) account.nonce = u64(*nonce);
        for (const char* const name : {"balance", "wei"})  // genesis tests know both
            if (const auto balance = optional_field(value, name)) account.balance = u256(*balance);
        if (const auto code = optional_field(value, "code")) account.code = bytes(*code);
        const auto storage = optional_field(value, "storage");
        if (!storage) continue;
        for (const auto& [slot, content] : object(*storage)) {
            const auto number = uint256_from_text(slot);
            if (!number) refuse("a storage key", slot);
            account.storage[to_be(*number)] = word(content);
        }
    }
    return result;
}

AccessList access_list(Json list) {
    AccessList result;
    for (const Json entry : array(list)) {
        auto& added = result.emplace_back();
        added.address = address(field(entry, "address"));
        for (const Json key : array(field(entry, "storageKeys")))
            added.storage_keys.push_back(hash(key));
    }
    return result;
}

std::vector<Authorization> authorization_list(Json list) {
    std::vector<Authorization> result;
    for (const Json entry : array(list)) {
        auto& added = result.emplace_back();
        added.chain_id = u256(field(entry, "chainId"));
        added.address = address(field(entry, "address"));
        added.nonce = u64(field(entry, "nonce"));
        const auto y_parity = optional_field(entry, "yParity");
        added.y_parity = u256(y_parity ? *y_parity : field(entry, "v"));
        added.r = u256(field(entry, "r"));
        added.s = u256(field(entry, "s"));
    }
    return result;
}

execution::BlobParameters blob_parameters(Json entry) {
    return {u64(field(entry, "target")), u64(field(entry, "max")),
            u64(field(entry, "baseFeeUpdateFraction"))};
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
