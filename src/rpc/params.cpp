#include "rpc/params.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "json/json.hpp"

namespace scope::rpc {

namespace {

// What geth says, so that who looks for its words finds them: common/hexutil.
constexpr auto EMPTY_TEXT = "empty hex string";
constexpr auto NO_PREFIX = "hex string without 0x prefix";
constexpr auto NOT_HEX = "invalid hex string";
constexpr auto ODD_LENGTH = "hex string of odd length";
constexpr auto NO_DIGITS = "hex string \"0x\"";
constexpr auto LEADING_ZERO = "hex number with leading zero digits";
constexpr auto ABOVE_64_BITS = "hex number > 64 bits";
constexpr auto ABOVE_256_BITS = "hex number > 256 bits";

/// Throws what Go's encoding/json says of a value of another kind.
[[noreturn]] void refuse(std::string_view found, std::string_view wanted) {
    throw BadValue{
        fmt::format("json: cannot unmarshal {} into Go value of type {}", found, wanted)};
}

std::string_view kind_of(Json value) {
    switch (value.type()) {
        case simdjson::dom::element_type::ARRAY:
            return "array";
        case simdjson::dom::element_type::OBJECT:
            return "object";
        case simdjson::dom::element_type::STRING:
            return "string";
        case simdjson::dom::element_type::BOOL:
            return "bool";
        case simdjson::dom::element_type::NULL_VALUE:
            return "null";
        default:
            return "number";
    }
}

/// Returns the text of a value of hex; @p type is what geth calls what it is read as.
std::string_view hex_text(Json value, std::string_view type) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) refuse("non-string", type);
    return text;
}

bool has_prefix(std::string_view text) {
    return text.starts_with("0x") || text.starts_with("0X");
}

/// Returns the digits behind the prefix. Calls @p fault with what is wrong if it is missing.
template <typename Fault>
std::string_view digits_of(std::string_view text, Fault&& fault) {
    if (text.empty()) fault(EMPTY_TEXT);
    if (!has_prefix(text)) fault(NO_PREFIX);
    return text.substr(2);
}

/// Reads the digits of a number of at most @p bits bits.
template <typename Fault>
uint256 parse_quantity(std::string_view text, unsigned bits, Fault&& fault) {
    const std::string_view digits = digits_of(text, fault);
    if (digits.empty()) fault(NO_DIGITS);
    if (digits.size() > 1 && digits.front() == '0') fault(LEADING_ZERO);
    uint256 number;
    for (const char c : digits) {
        const int digit = hex_digit(c);
        if (digit < 0) fault(NOT_HEX);
        if (number >> 252) fault(ABOVE_256_BITS);
        number = number << 4 | uint256{digit};
    }
    if (bits == 64 && !number.fits_u64()) fault(ABOVE_64_BITS);
    return number;
}

uint256 read_number(Json value, unsigned bits, std::string_view type) {
    return parse_quantity(hex_text(value, type), bits,
                          [&](const char* reason) { refuse(reason, type); });
}

template <size_t N>
FixedBytes<N> read_fixed(Json value, std::string_view type) {
    const std::string_view text = hex_text(value, type);
    if (!text.empty() && !has_prefix(text)) refuse(NO_PREFIX, type);
    const std::string_view digits = text.empty() ? text : text.substr(2);
    if (digits.size() % 2 != 0) refuse(ODD_LENGTH, type);
    if (digits.size() != 2 * N)
        throw BadValue{
            fmt::format("hex string has length {}, want {} for {}", digits.size(), 2 * N, type)};
    const auto result = fixed_from_hex<N>(digits);
    if (!result) refuse(NOT_HEX, type);
    return *result;
}

/// Calls visit(name, value) for the members of an object that are not null. A doubled one is read
/// as often as it stands there, and the last one counts.
template <typename Visit>
void for_each_member(Json value, Visit&& visit) {
    for (const auto& [name, member] : read_object(value)) {
        const Json content = member;
        if (!content.is_null()) visit(name, content);
    }
}

/// Sets @p field, as read by @p read, if @p name is its name.
template <typename T, typename Read>
bool take(std::string_view name, std::string_view wanted, Json value, std::optional<T>& field,
          Read&& read) {
    if (name != wanted) return false;
    field = read_member(name, value, read);
    return true;
}

std::map<Hash, Hash> read_slots(Json value) {
    std::map<Hash, Hash> slots;
    for_each_member(value, [&](std::string_view key, Json content) {
        const auto slot = has_prefix(key) ? fixed_from_hex<32>(key.substr(2)) : std::nullopt;
        if (!slot)
            throw BadValue{fmt::format("{}: not a storage key of 32 bytes", json::shortened(key))};
        slots[*slot] = read_member(key, content, read_hash);
    });
    return slots;
}

AccountOverride read_account_override(Json value) {
    AccountOverride account;
    for_each_member(value, [&](std::string_view name, Json content) {
        take(name, "nonce", content, account.nonce, read_quantity) ||
            take(name, "balance", content, account.balance, read_quantity256) ||
            take(name, "code", content, account.code, read_data) ||
            take(name, "state", content, account.state, read_slots) ||
            take(name, "stateDiff", content, account.state_diff, read_slots) ||
            take(name, "movePrecompileToAddress", content, account.move_precompile_to,
                 read_address);
    });
    return account;
}

Withdrawal read_withdrawal(Json value) {
    Withdrawal withdrawal;
    for_each_member(value, [&](std::string_view name, Json content) {
        if (name == "index") withdrawal.index = read_member(name, content, read_quantity);
        if (name == "validatorIndex")
            withdrawal.validator_index = read_member(name, content, read_quantity);
        if (name == "address") withdrawal.address = read_member(name, content, read_address);
        if (name == "amount") withdrawal.amount_gwei = read_member(name, content, read_quantity);
    });
    return withdrawal;
}

/// Returns the member of an object that must have it.
template <typename T>
T required(std::optional<T>& member, const char* name, const char* owner) {
    if (!member) throw BadValue{fmt::format("missing required field '{}' for {}", name, owner)};
    return std::move(*member);
}

Authorization read_authorization(Json value) {
    constexpr auto OWNER = "SetCodeAuthorization";
    std::optional<uint256> chain_id, y_parity, r, s;
    std::optional<Address> address;
    std::optional<uint64_t> nonce;
    const auto signature_value = [](Json word) { return from_be(read_word(word)); };
    const auto parity = [](Json number) {
        const uint64_t value = read_quantity(number);
        if (value > UINT8_MAX) throw BadValue{"it is above 255"};  // it has no encoding (EIP-7702)
        return uint256{value};
    };
    for_each_member(value, [&](std::string_view name, Json content) {
        take(name, "chainId", content, chain_id, read_quantity256) ||
            take(name, "address", content, address, read_address) ||
            take(name, "nonce", content, nonce, read_quantity) ||
            take(name, "yParity", content, y_parity, parity) ||
            take(name, "r", content, r, signature_value) ||
            take(name, "s", content, s, signature_value);
    });
    return {.chain_id = required(chain_id, "chainId", OWNER),
            .address = required(address, "address", OWNER),
            .nonce = required(nonce, "nonce", OWNER),
            .y_parity = required(y_parity, "yParity", OWNER),
            .r = required(r, "r", OWNER),
            .s = required(s, "s", OWNER)};
}

AccessListEntry read_access_list_entry(Json value) {
    std::optional<Address> address;
    std::optional<std::vector<Hash>> keys;
    const auto read_keys = [](Json list) { return read_list(list, read_hash); };
    for_each_member(value, [&](std::string_view name, Json content) {
        take(name, "address", content, address, read_address) ||
            take(name, "storageKeys", content, keys, read_keys);
    });
    return {required(address, "address", "AccessTuple"),
            required(keys, "storageKeys", "AccessTuple")};
}

std::optional<BlockTag> named_block(std::string_view name) {
    using Kind = BlockTag::Kind;
    for (const auto& [text, kind] :
         {std::pair{"latest", Kind::latest}, std::pair{"pending", Kind::pending},
          std::pair{"earliest", Kind::earliest}, std::pair{"safe", Kind::safe},
          std::pair{"finalized", Kind::finalized}})
        if (name == text) return BlockTag{.kind = kind};
    return std::nullopt;
}

BlockTag numbered_block(std::string_view text) {
    const uint256 number =
        parse_quantity(text, 64, [](const char* reason) { throw BadValue{reason}; });
    if (number[0] >> 63 != 0) throw BadValue{"block number larger than int64"};
    return BlockTag::of_number(number[0]);
}

BlockTag block_of_object(Json value) {
    std::optional<BlockTag> by_number;
    std::optional<Hash> hash;
    bool require_canonical = false;
    for_each_member(value, [&](std::string_view name, Json content) {
        take(name, "blockNumber", content, by_number, read_block_number) ||
            take(name, "blockHash", content, hash, read_hash);
        if (name == "requireCanonical")
            require_canonical = read_member(name, content, read_boolean);
    });
    if (by_number && hash)
        throw BadValue{"cannot specify both BlockHash and BlockNumber, choose one or the other"};
    if (!by_number && !hash) throw BadValue{"must specify either BlockHash or BlockNumber"};
    if (by_number) return *by_number;
    return {.kind = BlockTag::Kind::hash, .hash = *hash, .require_canonical = require_canonical};
}

}  // namespace

void fail(int code, std::string message, std::string data) {
    throw RpcFailure{{code, std::move(message), std::move(data)}};
}

Address read_address(Json value) {
    return read_fixed<20>(value, "common.Address");
}
Hash read_hash(Json value) {
    return read_fixed<32>(value, "common.Hash");
}
uint64_t read_quantity(Json value) {
    return read_number(value, 64, "hexutil.Uint64")[0];
}
uint256 read_quantity256(Json value) {
    return read_number(value, 256, "*hexutil.Big");
}

uint256 read_loose_quantity(Json value) {
    uint64_t number = 0;
    if (value.get(number) == simdjson::SUCCESS) return uint256{number};
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS)
        if (const auto parsed = uint256_from_text(text)) return *parsed;
    throw BadValue{fmt::format("expected a number from 0 to 2^256-1, found {}", kind_of(value))};
}

uint64_t read_loose_u64(Json value) {
    const uint256 number = read_loose_quantity(value);
    if (!number.fits_u64()) throw BadValue{"it is 2^64 or more"};
    return number[0];
}

Hash read_word(Json value) {
    const std::string_view text = hex_text(value, "common.Hash");
    std::string_view digits = has_prefix(text) ? text.substr(2) : text;
    if (digits.size() > 64)
        throw BadValue{fmt::format("input string too long, want at most 32 bytes, have {} bytes",
                                   (digits.size() + 1) / 2)};
    const auto word = fixed_from_hex<32>(std::string(64 - digits.size(), '0').append(digits));
    if (!word) throw BadValue{NOT_HEX};
    return *word;
}

Bytes read_data(Json value) {
    constexpr auto TYPE = "hexutil.Bytes";
    const std::string_view text = hex_text(value, TYPE);
    if (text.empty()) return {};
    if (!has_prefix(text)) refuse(NO_PREFIX, TYPE);
    if (text.size() % 2 != 0) refuse(ODD_LENGTH, TYPE);
    // from_hex would take a second prefix.
    auto bytes = text.substr(2).starts_with("0x") ? std::nullopt : from_hex(text.substr(2));
    if (!bytes) refuse(NOT_HEX, TYPE);
    return std::move(*bytes);
}

bool read_boolean(Json value) {
    bool truth = false;
    if (value.get(truth) != simdjson::SUCCESS) refuse(kind_of(value), "bool");
    return truth;
}
std::string_view read_text(Json value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) refuse(kind_of(value), "string");
    return text;
}
simdjson::dom::object read_object(Json value) {
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS)
        throw BadValue{fmt::format("expected an object, found {}", kind_of(value))};
    return object;
}
simdjson::dom::array read_array(Json value) {
    simdjson::dom::array array;
    if (value.get(array) != simdjson::SUCCESS)
        throw BadValue{fmt::format("expected an array, found {}", kind_of(value))};
    return array;
}

BlockTag read_block_number(Json value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) throw BadValue{NO_PREFIX};
    if (const auto named = named_block(text)) return *named;
    return numbered_block(text);
}

BlockTag read_block_tag(Json value) {
    if (value.is_object()) return block_of_object(value);
    const std::string_view text = read_text(value);
    if (const auto named = named_block(text)) return *named;
    if (text.size() == 2 + 64) return BlockTag::of_hash(read_hash(value));
    return numbered_block(text);
}

AccessList read_access_list(Json value) {
    return read_list(value, read_access_list_entry);
}
std::vector<Authorization> read_authorizations(Json value) {
    return read_list(value, read_authorization);
}

std::vector<Withdrawal> read_withdrawals(Json value) {
    return read_list(value, read_withdrawal);
}

TransactionArgs read_transaction(Json value) {
    TransactionArgs args;
    std::optional<Bytes> input;
    const auto hashes = [](Json list) { return read_list(list, read_hash); };
    const auto datas = [](Json list) { return read_list(list, read_data); };
    for_each_member(value, [&](std::string_view name, Json content) {
        take(name, "from", content, args.from, read_address) ||
            take(name, "to", content, args.to, read_address) ||
            take(name, "data", content, args.data, read_data) ||
            take(name, "input", content, input, read_data) ||
            take(name, "gas", content, args.gas, read_quantity) ||
            take(name, "value", content, args.value, read_quantity256) ||
            take(name, "nonce", content, args.nonce, read_quantity) ||
            take(name, "gasPrice", content, args.gas_price, read_quantity256) ||
            take(name, "maxFeePerGas", content, args.max_fee_per_gas, read_quantity256) ||
            take(name, "maxPriorityFeePerGas", content, args.max_priority_fee_per_gas,
                 read_quantity256) ||
            take(name, "type", content, args.type, read_quantity) ||
            take(name, "chainId", content, args.chain_id, read_quantity256) ||
            take(name, "accessList", content, args.access_list, read_access_list) ||
            take(name, "authorizationList", content, args.authorization_list,
                 read_authorizations) ||
            take(name, "maxFeePerBlobGas", content, args.max_fee_per_blob_gas, read_quantity256) ||
            take(name, "blobVersionedHashes", content, args.blob_versioned_hashes, hashes) ||
            take(name, "blobs", content, args.blobs, datas) ||
            take(name, "commitments", content, args.commitments, datas) ||
            take(name, "proofs", content, args.proofs, datas);
    });
    if (input && args.data && *input != *args.data)
        throw BadValue{
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass "
            "transaction call data"};
    if (input) args.data = std::move(input);
    return args;
}

StateOverrides read_state_overrides(Json value) {
    StateOverrides overrides;
    for_each_member(value, [&](std::string_view name, Json content) {
        const auto address = has_prefix(name) ? fixed_from_hex<20>(name.substr(2)) : std::nullopt;
        if (!address)
            throw BadValue{fmt::format("{}: not an address of 20 bytes", json::shortened(name))};
        overrides[*address] = read_member(name, content, read_account_override);
    });
    return overrides;
}

BlockOverrides read_block_overrides(Json value) {
    BlockOverrides block;
    for_each_member(value, [&](std::string_view name, Json content) {
        take(name, "number", content, block.number, read_quantity256) ||
            take(name, "difficulty", content, block.difficulty, read_quantity256) ||
            take(name, "time", content, block.time, read_quantity) ||
            take(name, "gasLimit", content, block.gas_limit, read_quantity) ||
            take(name, "feeRecipient", content, block.fee_recipient, read_address) ||
            take(name, "coinbase", content, block.fee_recipient, read_address) ||  // as anvil
            take(name, "prevRandao", content, block.prev_randao, read_hash) ||
            take(name, "random", content, block.prev_randao, read_hash) ||  // as anvil
            take(name, "baseFeePerGas", content, block.base_fee_per_gas, read_quantity256) ||
            take(name, "baseFee", content, block.base_fee_per_gas, read_quantity256) ||  // as anvil
            take(name, "blobBaseFee", content, block.blob_base_fee, read_quantity256) ||
            take(name, "beaconRoot", content, block.beacon_root, read_hash) ||
            take(name, "withdrawals", content, block.withdrawals, read_withdrawals);
    });
    return block;
}

namespace {

/// Returns the name of a parameter; empty if it is not known.
std::string_view name_at(std::string_view names, size_t index) {
    while (index-- > 0) {
        const size_t space = names.find(' ');
        if (space == std::string_view::npos) return {};
        names.remove_prefix(space + 1);
    }
    names = names.substr(0, names.find(' '));
    if (names.ends_with('?')) names.remove_suffix(1);
    return names;
}

}  // namespace

Params::Params(std::optional<Json> params, std::string_view names) : names_(names) {
    if (!params || params->is_null()) return;
    simdjson::dom::array array;
    if (params->get(array) != simdjson::SUCCESS)
        fail(INVALID_PARAMS, "non-array args: parameters are an array, in the method's order");
    const size_t most =
        names.empty() ? MOST : 1 + static_cast<size_t>(std::ranges::count(names, ' '));
    for (const Json value : array) {
        if (values_.size() == most)
            fail(INVALID_PARAMS, fmt::format("too many arguments, want at most {}", most));
        values_.push_back(value);
    }
}

Json Params::at(size_t index) const {
    if (has(index)) return values_[index];
    const std::string_view name = name_at(names_, index);
    fail(INVALID_PARAMS, fmt::format("missing value for required argument {}{}", index,
                                     name.empty() ? std::string{} : fmt::format(" ({})", name)));
}

void Params::fail_at(size_t index, std::string_view reason) {
    fail(INVALID_PARAMS, fmt::format("invalid argument {}: {}", index, reason));
}

}  // namespace scope::rpc
