#pragma once

#include <simdjson.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "execution/environment.hpp"
#include "state/memory_state.hpp"
#include "types/transaction.hpp"

/// What the official test fixtures have in common, read from JSON.
namespace scope::json {

/// The file is not what it should be. The message names the field.
struct FormatError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Json = simdjson::dom::element;

/// A field that must be there.
Json field(Json object, std::string_view key);
/// Nothing if it is not there, or null.
std::optional<Json> optional_field(Json object, std::string_view key);

simdjson::dom::object object(Json value);
simdjson::dom::array array(Json value);
Bytes bytes(Json value);
Address address(Json value);
Hash hash(Json value);
uint256 u256(Json value);
/// Also a plain number. FormatError if it is larger.
uint64_t u64(Json value);
/// A storage key or value: hex of up to 32 bytes.
Hash word(Json value);

/// Address -> nonce, balance, code, storage; what is not there is zero or empty.
state::GenesisAlloc alloc(Json pre);
AccessList access_list(Json list);
std::vector<Authorization> authorization_list(Json list);
execution::BlobParameters blob_parameters(Json entry);

/// The JSON files that @p path names: itself, or all below it, by name.
/// Throws std::runtime_error if there is no such path.
std::vector<std::filesystem::path> json_files(const std::filesystem::path& path);

}  // namespace scope::json
