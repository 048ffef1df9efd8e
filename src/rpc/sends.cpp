#include <fmt/format.h>

#include <algorithm>

#include "crypto/secp256k1.hpp"
#include "execution/forced.hpp"
#include "rpc/errors.hpp"
#include "rpc/fill.hpp"
#include "rpc/raw_transaction.hpp"
#include "rpc/receipt_waiters.hpp"
#include "rpc/typed_data.hpp"
#include "types/signing.hpp"

namespace scope::rpc {

namespace {

constexpr uint64_t DEFAULT_SYNC_TIMEOUT_MS = 20'000;
constexpr uint64_t MAX_SYNC_TIMEOUT_MS = 60'000;

const DevAccount* find_account(const Network& network, const Address& address) {
    const auto accounts = network.accounts();
    const auto found = std::ranges::find(accounts, address, &DevAccount::address);
    return found == accounts.end() ? nullptr : &*found;
}

const DevAccount& account_of(const Network& network, const Address& address) {
    const auto* const account = find_account(network, address);
    if (account == nullptr)
        fail(SERVER_ERROR,
             fmt::format("unknown account: no key of {} is here, and it is not impersonated",
                         checksum_hex(address)));
    return *account;
}

Hash sent(Result<Hash, RpcError> result) {
    if (!result) throw RpcFailure{std::move(result.error())};
    return *result;
}

// ---- signed elsewhere

Hash take_raw(Request& request) {
    require_open(request);
    const auto raw = decode_raw_transaction(request.params.data(0));
    return sent(request.network.send(request.chain_id, raw.transaction, raw.blobs, std::nullopt));
}

std::string send_raw_transaction(Request& request) {
    return json::hex_json(take_raw(request));
}

std::string send_raw_transaction_sync(Request& request) {
    const uint256 timeout_ms =
        request.params.find(1, read_loose_quantity).value_or(uint256{DEFAULT_SYNC_TIMEOUT_MS});
    if (timeout_ms.is_zero()) Params::fail_at(1, "the timeout must be above 0 ms");
    const Hash hash = take_raw(request);
    if (auto receipt = receipt_json(request.chain, hash)) return std::move(*receipt);
    const auto bounded = std::min(timeout_ms, uint256{MAX_SYNC_TIMEOUT_MS});
    request.receipt_waiters.add(request.chain_id, hash, std::chrono::milliseconds{bounded[0]},
                                request.reply);
    return {};
}

// ---- signed here

/// Returns who is to sign or to be impersonated.
Address from_of(const TransactionArgs& args) {
    if (!args.from) fail(INVALID_PARAMS, "invalid argument 0: from: it is missing");
    return *args.from;
}

std::string send_transaction(Request& request) {
    const auto args = request.params.transaction(0);
    const Address from = from_of(args);
    require_open(request);
    auto* const controls = request.network.controls();
    const bool is_impersonated = controls != nullptr && controls->is_impersonated(from);
    const auto* const account =
        is_impersonated ? find_account(request.network, from) : &account_of(request.network, from);
    Transaction tx = fill_transaction(request, args);
    if (account != nullptr) {
        sign(tx, account->key);
        return json::hex_json(sent(request.network.send(request.chain_id, tx, {}, std::nullopt)));
    }
    execution::impersonate(tx, from);
    return json::hex_json(sent(request.network.send(request.chain_id, tx, {}, from)));
}

std::string sign_transaction(Request& request) {
    const auto args = request.params.transaction(0);
    const auto& account = account_of(request.network, from_of(args));
    Transaction tx = fill_transaction(request, args);
    sign(tx, account.key);
    json::Appender out;
    out.begin_object();
    out.key("raw").hex(encode(tx));
    out.key("tx");
    append_filled(out, tx);
    out.end_object();
    return out.take();
}

std::string signature_json(const Hash& digest, const DevAccount& account) {
    return json::hex_json(crypto::to_rsv(crypto::sign(digest, account.key)));
}

std::string eth_sign(Request& request) {
    const auto& account = account_of(request.network, request.params.address(0));
    return signature_json(personal_message_hash(request.params.data(1)), account);
}

/// Signs a message, which comes first, as wallets have it. One that is no hex is a text.
std::string personal_sign(Request& request) {
    const auto message = request.params.get(0, [](Json value) {
        const auto text = read_text(value);
        return text.starts_with("0x") ? read_data(value) : to_bytes(as_bytes(text));
    });
    const auto& account = account_of(request.network, request.params.address(1));
    return signature_json(personal_message_hash(message), account);
}

std::string sign_typed_data(Request& request) {
    const auto& account = account_of(request.network, request.params.address(0));
    const auto digest = request.params.get(1, [](Json value) {
        if (!value.is_string()) return typed_data_hash(value);
        // Some wallets send the object as a text.
        simdjson::dom::parser parser;
        Json parsed;
        if (parser.parse(std::string{read_text(value)}).get(parsed) != simdjson::SUCCESS)
            throw BadValue{"the text is no JSON"};
        return typed_data_hash(parsed);
    });
    return signature_json(digest, account);
}

constexpr Method METHODS[]{
    {"eth_sendRawTransaction", send_raw_transaction, "data"},
    {"eth_sendRawTransactionSync", send_raw_transaction_sync, "data timeoutMs?"},
    {"eth_sendTransaction", send_transaction, "transaction"},
    {"eth_signTransaction", sign_transaction, "transaction"},
    {"eth_sign", eth_sign, "address data"},
    {"personal_sign", personal_sign, "message address password?"},
    {"eth_signTypedData_v4", sign_typed_data, "address typedData"},
};

}  // namespace

std::span<const Method> send_methods() {
    return METHODS;
}

}  // namespace scope::rpc
