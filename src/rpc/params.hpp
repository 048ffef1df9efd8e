#pragma once

#include <simdjson.h>

#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "net/json_rpc.hpp"
#include "types/block.hpp"

namespace scope::rpc {

using Json = simdjson::dom::element;
using net::RpcError;

using net::INTERNAL_ERROR;
using net::INVALID_PARAMS;
using net::METHOD_NOT_FOUND;
using net::RESPONSE_TOO_LARGE;
using net::SERVER_ERROR;
inline constexpr int EXECUTION_REVERTED = 3;  ///< geth's

/// The error that a method ends with; Service answers with it.
struct RpcFailure : std::exception {
    explicit RpcFailure(RpcError reason) : error(std::move(reason)) {}
    [[nodiscard]] const char* what() const noexcept override { return error.message.c_str(); }

    RpcError error;
};
/// Throws RpcFailure. @p data is JSON text.
[[noreturn]] void fail(int code, std::string message, std::string data = {});

/// A value that is not what its place may hold. Params adds which parameter it was.
struct BadValue : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// --- Readers of one value. They throw BadValue, with geth's words where it has some.

Address read_address(Json value);
Hash read_hash(Json value);
/// Reads hex with 0x and without leading zeros.
uint64_t read_quantity(Json value);
uint256 read_quantity256(Json value);
/// Reads a number as the test methods of anvil and Hardhat take it: hex with or without leading
/// zeros, decimal as a string, or a plain number.
uint256 read_loose_quantity(Json value);
/// Reads such a number below 2^64.
uint64_t read_loose_u64(Json value);
/// Reads hex of up to 32 bytes, with or without leading zeros, as a storage key or value.
Hash read_word(Json value);
/// Reads hex with 0x, two digits a byte.
Bytes read_data(Json value);
bool read_boolean(Json value);
std::string_view read_text(Json value);
simdjson::dom::object read_object(Json value);
simdjson::dom::array read_array(Json value);

/// Returns what @p read gives for a member; a BadValue of it names the member.
template <typename Read>
auto read_member(std::string_view name, Json value, Read&& read) {
    try {
        return read(value);
    } catch (const BadValue& error) {
        throw BadValue{std::string{name} + ": " + error.what()};
    }
}
/// Returns what @p read gives for each element of an array; a BadValue of it names the element.
template <typename Read>
auto read_list(Json value, Read&& read) {
    std::vector<std::invoke_result_t<Read, Json>> result;
    for (const Json element : read_array(value))
        result.push_back(read_member("[" + std::to_string(result.size()) + "]", element, read));
    return result;
}

/// The block that a parameter names (EIP-1898).
struct BlockTag {
    enum class Kind : uint8_t { latest, pending, earliest, safe, finalized, number, hash };
    Kind kind = Kind::latest;
    uint64_t number = 0;             ///< Kind::number; below 2^63
    Hash hash;                       ///< Kind::hash
    bool require_canonical = false;  ///< Kind::hash

    static BlockTag of_number(uint64_t number) { return {.kind = Kind::number, .number = number}; }
    static BlockTag of_hash(const Hash& hash) { return {.kind = Kind::hash, .hash = hash}; }
    friend bool operator==(const BlockTag&, const BlockTag&) = default;
};
/// Reads a name, a number, a hash, or an object of EIP-1898.
BlockTag read_block_tag(Json value);
/// Reads a name or a number.
BlockTag read_block_number(Json value);

/// The object that stands for a transaction in eth_call, eth_sendTransaction and their like. What
/// was left out, or null, is nullopt.
struct TransactionArgs {
    std::optional<Address> from;
    std::optional<Address> to;
    std::optional<uint64_t> gas;
    std::optional<uint256> gas_price;
    std::optional<uint256> max_fee_per_gas;
    std::optional<uint256> max_priority_fee_per_gas;
    std::optional<uint256> max_fee_per_blob_gas;
    std::optional<uint256> value;
    std::optional<uint64_t> nonce;
    std::optional<uint64_t> type;
    std::optional<uint256> chain_id;
    std::optional<Bytes> data;  ///< `input`, or `data`; both must be equal
    std::optional<AccessList> access_list;
    std::optional<std::vector<Authorization>> authorization_list;
    std::optional<std::vector<Hash>> blob_versioned_hashes;
    std::optional<std::vector<Bytes>> blobs;
    std::optional<std::vector<Bytes>> commitments;
    std::optional<std::vector<Bytes>> proofs;
};
TransactionArgs read_transaction(Json value);
AccessList read_access_list(Json value);
std::vector<Authorization> read_authorizations(Json value);
std::vector<Withdrawal> read_withdrawals(Json value);

/// The changes of one account that eth_call and its like are asked to assume.
struct AccountOverride {
    std::optional<uint64_t> nonce;
    std::optional<uint256> balance;
    std::optional<Bytes> code;
    std::optional<std::map<Hash, Hash>> state;       ///< its whole storage
    std::optional<std::map<Hash, Hash>> state_diff;  ///< these slots of it
    std::optional<Address> move_precompile_to;
};
using StateOverrides = std::map<Address, AccountOverride>;
StateOverrides read_state_overrides(Json value);

/// The changes of the block that eth_call and its like are asked to assume.
struct BlockOverrides {
    std::optional<uint256> number;
    std::optional<uint256> difficulty;
    std::optional<uint64_t> time;  ///< seconds
    std::optional<uint64_t> gas_limit;
    std::optional<Address> fee_recipient;
    std::optional<Hash> prev_randao;
    std::optional<uint256> base_fee_per_gas;
    std::optional<uint256> blob_base_fee;
    std::optional<Hash> beacon_root;
    std::optional<std::vector<Withdrawal>> withdrawals;
};
BlockOverrides read_block_overrides(Json value);

/// The parameters of one call, by position. Errors are those of geth: -32602 and the position.
class Params {
  public:
    static constexpr size_t MOST = 16;  ///< more can't be given to any method

    /// @param params  As it came. Throws RpcFailure if that is no array.
    /// @param names   Of the method's parameters, in order, separated by spaces; a "?" behind those
    ///                that may be left out. Empty: not known, and any number of them may come.
    explicit Params(std::optional<Json> params, std::string_view names = {});

    [[nodiscard]] size_t size() const noexcept { return values_.size(); }
    /// Returns whether a parameter is there and not null.
    [[nodiscard]] bool has(size_t index) const {
        return index < values_.size() && !values_[index].is_null();
    }
    /// Returns a parameter that must be there.
    [[nodiscard]] Json at(size_t index) const;

    /// Returns a parameter that must be there, read by @p read (one of those above).
    template <typename Read>
    auto get(size_t index, Read&& read) const {
        const Json value = at(index);
        try {
            return read(value);
        } catch (const BadValue& error) {
            fail_at(index, error.what());
        }
    }
    /// Returns a parameter read by @p read; nullopt if it is not there, or null.
    template <typename Read>
    auto find(size_t index, Read&& read) const -> std::optional<std::invoke_result_t<Read, Json>> {
        if (!has(index)) return std::nullopt;
        return get(index, read);
    }

    [[nodiscard]] Address address(size_t index) const { return get(index, read_address); }
    [[nodiscard]] Hash hash(size_t index) const { return get(index, read_hash); }
    [[nodiscard]] uint64_t quantity(size_t index) const { return get(index, read_quantity); }
    [[nodiscard]] Bytes data(size_t index) const { return get(index, read_data); }
    [[nodiscard]] std::string_view text(size_t index) const { return get(index, read_text); }
    [[nodiscard]] bool boolean(size_t index) const { return get(index, read_boolean); }
    /// Returns a truth value; false if it is not there, or null.
    [[nodiscard]] bool flag(size_t index) const {
        return find(index, read_boolean).value_or(false);
    }
    /// Returns a block; the latest if it is not there, or null.
    [[nodiscard]] BlockTag block(size_t index) const {
        return find(index, read_block_tag).value_or(BlockTag{});
    }
    [[nodiscard]] TransactionArgs transaction(size_t index) const {
        return get(index, read_transaction);
    }
    [[nodiscard]] StateOverrides state_overrides(size_t index) const {
        return find(index, read_state_overrides).value_or(StateOverrides{});
    }
    [[nodiscard]] BlockOverrides block_overrides(size_t index) const {
        return find(index, read_block_overrides).value_or(BlockOverrides{});
    }

    /// Throws RpcFailure: the parameter is wrong for this reason.
    [[noreturn]] static void fail_at(size_t index, std::string_view reason);

  private:
    std::vector<Json> values_;
    std::string_view names_;
};

}  // namespace scope::rpc
