#include <fmt/format.h>

#include "base/hex.hpp"
#include "json/json.hpp"
#include "rpc/blocks.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"

// Accounts as they are after a block: balance, nonce, code, storage, and their proofs.

namespace scope::rpc {

namespace {

using json::hex_json;
using json::quantity_json;

constexpr size_t MOST_PROOF_KEYS = 1024;     // as geth's
constexpr size_t MOST_STORAGE_SLOTS = 1024;  // as geth's
constexpr int LIMIT_EXCEEDED = -38026;       // geth: clientLimitExceededError

Account account_of(const state::WorldState& state, const Address& address) {
    return state.account(address).value_or(Account{});
}

/// A storage key as it was given. Its length decides how a proof shows it.
struct StorageKey {
    Hash key;
    size_t size_bytes = 0;
};

/// Reads a key of up to 32 bytes, with or without prefix, with or without leading zeros; throws
/// RpcFailure in geth's words.
StorageKey parse_storage_key(std::string_view text) {
    std::string_view digits = text;
    if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
    const auto refuse = [&](const char* reason) {
        fail(INVALID_PARAMS,
             fmt::format("{}: {}", reason, json::string_json(json::shortened(text))));
    };
    if (digits.size() > 64) refuse("storage key too long (want at most 32 bytes)");
    const auto key = fixed_from_hex<32>(std::string(64 - digits.size(), '0').append(digits));
    if (!key) refuse("invalid hex in storage key");
    return {*key, (digits.size() + 1) / 2};
}

std::string get_balance(Request& request) {
    const Address address = request.params.address(0);
    const StateAt at = state_at(request.chain, request.params.block(1));
    return quantity_json(account_of(*at.state, address).balance);
}

std::string get_transaction_count(Request& request) {
    const Address address = request.params.address(0);
    BlockTag tag = request.params.block(1);
    const bool is_pending = tag.kind == BlockTag::Kind::pending;
    if (is_pending) tag = {};
    const StateAt at = state_at(request.chain, tag);
    const uint64_t nonce = account_of(*at.state, address).nonce;
    const pool::TxPool* const pool = is_pending ? request.chain.pool() : nullptr;
    return quantity_json(pool == nullptr ? nonce : pool->next_nonce(address, nonce));
}

std::string get_code(Request& request) {
    const Address address = request.params.address(0);
    const StateAt at = state_at(request.chain, request.params.block(1));
    return hex_json(at.state->code(address)->bytes);
}

std::string get_storage_at(Request& request) {
    const Address address = request.params.address(0);
    const StorageKey key = parse_storage_key(request.params.text(1));
    const StateAt at = state_at(request.chain, request.params.block(2));
    return hex_json(at.state->storage(address, key.key));
}

using SlotRequests = std::vector<std::pair<Address, std::vector<Hash>>>;

SlotRequests read_slot_requests(Json value) {
    SlotRequests requests;
    size_t slots = 0;
    for (const auto& [name, keys] : read_object(value)) {
        const bool has_prefix = name.starts_with("0x") || name.starts_with("0X");
        const auto address = has_prefix ? fixed_from_hex<20>(name.substr(2)) : std::nullopt;
        if (!address)
            throw BadValue{fmt::format("{}: not an address of 20 bytes", json::shortened(name))};
        requests.emplace_back(*address, read_member(name, keys, [](Json list) {
            return read_list(list, read_word);
        }));
        slots += requests.back().second.size();
        if (slots > MOST_STORAGE_SLOTS)
            fail(LIMIT_EXCEEDED, fmt::format("too many slots (max {})", MOST_STORAGE_SLOTS));
    }
    if (slots == 0) fail(INVALID_PARAMS, "empty request");
    return requests;
}

std::string get_storage_values(Request& request) {
    const SlotRequests requests = request.params.get(0, read_slot_requests);
    const StateAt at = state_at(request.chain, request.params.block(1));
    Appender out;
    out.begin_object();
    for (const auto& [address, keys] : requests) {
        out.hex_key(address).begin_array();
        for (const Hash& key : keys) out.hex(at.state->storage(address, key));
        out.end_array();
    }
    out.end_object();
    return out.take();
}

void append_nodes(Appender& out, const std::vector<Bytes>& nodes) {
    out.begin_array();
    for (const Bytes& node : nodes) out.hex(node);
    out.end_array();
}

std::string get_proof(Request& request) {
    const Address address = request.params.address(0);
    const auto texts = request.params.get(1, [](Json list) { return read_list(list, read_text); });
    if (texts.size() > MOST_PROOF_KEYS)
        fail(INVALID_PARAMS, fmt::format("too many storage keys requested (max {}, got {})",
                                         MOST_PROOF_KEYS, texts.size()));
    std::vector<StorageKey> given;
    std::vector<Hash> keys;
    for (const std::string_view text : texts)
        keys.push_back(given.emplace_back(parse_storage_key(text)).key);

    const StateAt at = state_at(request.chain, request.params.block(2));
    const auto account = at.state->account(address);
    const state::AccountProof proof = at.state->prove(address, keys);
    Appender out;
    out.begin_object();
    out.key("address").hex(address);
    append_nodes(out.key("accountProof"), proof.account);
    out.key("balance").quantity(account ? account->balance : uint256{});
    // Of an account that there isn't, geth has zeros where EIP-1186's tables have none.
    out.key("codeHash").hex(account ? account->code_hash : Hash{});
    out.key("nonce").quantity(account ? account->nonce : 0);
    out.key("storageHash").hex(account ? at.state->storage_root(address) : Hash{});
    out.key("storageProof").begin_array();
    for (size_t i = 0; i < given.size(); ++i) {
        out.begin_object();
        if (out.key("key"); given[i].size_bytes == 32)
            out.hex(given[i].key);
        else
            out.quantity(from_be(given[i].key));
        out.key("value").quantity(from_be(at.state->storage(address, given[i].key)));
        append_nodes(out.key("proof"), proof.slots[i]);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return out.take();
}

std::string get_account_info(Request& request) {
    const Address address = request.params.address(0);
    const StateAt at = state_at(request.chain, request.params.block(1));
    const Account account = account_of(*at.state, address);
    Appender out;
    out.begin_object();
    out.key("balance").quantity(account.balance);
    out.key("nonce").quantity(account.nonce);
    out.key("code").hex(at.state->code(address)->bytes);
    out.end_object();
    return out.take();
}

constexpr Method METHODS[] = {
    {"eth_getBalance", get_balance, "address block?"},
    {"eth_getTransactionCount", get_transaction_count, "address block?"},
    {"eth_getCode", get_code, "address block?"},
    {"eth_getStorageAt", get_storage_at, "address slot block?"},
    {"eth_getStorageValues", get_storage_values, "slots block?"},
    {"eth_getProof", get_proof, "address slots block?"},
    {"eth_getAccountInfo", get_account_info, "address block?"},
};

}  // namespace

std::span<const Method> account_methods() {
    return METHODS;
}

}  // namespace scope::rpc
