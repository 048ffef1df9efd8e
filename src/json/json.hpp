#pragma once

#include <simdjson.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "execution/environment.hpp"
#include "state/memory_state.hpp"
#include "types/transaction.hpp"

/// Readers of the values that the official test fixtures have in common.
namespace scope::json {

/// A file of another form than expected. The message names the field.
struct FormatError : std::runtime_error {
    /// @param reason  What is wrong with a value.
    explicit FormatError(const std::string& reason) : std::runtime_error(reason) {}
    FormatError(const std::string& where, const std::string& reason)
        : std::runtime_error(where + ": " + reason), path(where) {}

    std::string path;  ///< place in the document: "txs[3].nonce"; empty: not known
};

/// A number that is one, and does not fit its field.
struct NumberTooLarge : FormatError {
    using FormatError::FormatError;
};

using Json = simdjson::dom::element;

/// The prefix of a number in a string that is no text: the tests write so what does not fit its
/// field.
inline constexpr std::string_view BIG_INTEGER = "0x:bigint ";

/// A document that lives as long as this. Integers of more than 64 bits are strings in it that
/// begin with BIG_INTEGER.
class Document {
  public:
    /// Parses @p text. Throws FormatError if it is no JSON.
    explicit Document(std::string_view text);
    [[nodiscard]] Json root() const noexcept { return root_; }

  private:
    simdjson::dom::parser parser_;
    Json root_;
};

/// Returns a file's content. Throws std::runtime_error if it can't be read.
std::string read_file(const std::filesystem::path& path);

/// Returns a field that must be there.
Json field(Json object, std::string_view key);
/// Returns a field; nullopt if it is not there, or null.
std::optional<Json> optional_field(Json object, std::string_view key);

/// Returns the result of @p read; a FormatError that it throws names @p name too: the field itself,
/// or the one in which the field stands that the error names.
template <typename Read>
auto within(std::string_view name, Read&& read) {
    const auto path_of = [&](const FormatError& error) {
        const bool is_index = error.path.starts_with('[');
        return std::string{name} + (error.path.empty() || is_index ? "" : ".") + error.path;
    };
    const auto reason_of = [](const FormatError& error) {
        return std::string{error.what() + (error.path.empty() ? 0 : error.path.size() + 2)};
    };
    try {
        return read();
    } catch (const NumberTooLarge& error) {
        throw NumberTooLarge{path_of(error), reason_of(error)};
    } catch (const FormatError& error) {
        throw FormatError{path_of(error), reason_of(error)};
    }
}

/// Returns a field that must be there, read by @p read (one of those below). A FormatError names
/// it.
template <typename Read>
auto get(Json object, std::string_view key, Read&& read) {
    const Json value = field(object, key);
    return within(key, [&] { return read(value); });
}
/// Returns a field read by @p read; nullopt if it is not there, or null.
template <typename Read>
auto get_optional(Json object, std::string_view key, Read&& read)
    -> std::optional<std::invoke_result_t<Read, Json>> {
    const auto value = optional_field(object, key);
    if (!value) return std::nullopt;
    return within(key, [&] { return read(*value); });
}

simdjson::dom::object object(Json value);
simdjson::dom::array array(Json value);
/// Returns the results of @p read for each entry of an array.
template <typename Read>
auto list(Json value, Read&& read) {
    std::vector<std::invoke_result_t<Read, Json>> result;
    for (const Json entry : array(value))
        result.push_back(
            within("[" + std::to_string(result.size()) + "]", [&] { return read(entry); }));
    return result;
}

std::string_view string(Json value);
bool boolean(Json value);
Bytes bytes(Json value);
Address address(Json value);
Hash hash(Json value);
/// Reads hex, decimal, or a plain number. Throws NumberTooLarge if it is larger.
uint256 u256(Json value);
uint64_t u64(Json value);
/// Reads a storage key or value: hex of up to 32 bytes.
Hash word(Json value);

/// Reads accounts: address -> nonce, balance, code, storage; what is not there is zero or empty.
state::GenesisAlloc alloc(Json pre);
AccessList access_list(Json list);
/// Reads authorizations with the fields that RLP has: of y_parity, a byte.
std::vector<Authorization> authorization_list(Json list);
/// Reads blob parameters. Throws FormatError for numbers by which a block would have no room, or no
/// price, for a blob.
execution::BlobParameters blob_parameters(Json entry);

/// Returns a text for messages, which may be long, with its middle left out.
std::string shortened(std::string_view text);

/// Returns the JSON files that @p path names: itself, or all below it, by name. Throws
/// std::runtime_error if there is no such path.
std::vector<std::filesystem::path> json_files(const std::filesystem::path& path);

}  // namespace scope::json
