#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "crypto/secp256k1.hpp"
#include "execution/host.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"
#include "rpc/scope_parts.hpp"
#include "rpc/scope_tree.hpp"

namespace scope::rpc {

namespace {

/// Enough for an account's check of one signature.
constexpr uint64_t VERIFICATION_GAS = 100'000;
/// How long a prepared operation may wait, in seconds.
constexpr uint64_t LIFETIME_S = 3600;

/// A field of the type that is signed (docs/protocol.md, section 14).
struct Field {
    std::string_view name;
    std::string_view type;
};
constexpr auto DOMAIN_FIELDS = std::to_array<Field>({{"name", "string"},
                                                     {"version", "string"},
                                                     {"chainId", "uint256"},
                                                     {"verifyingContract", "address"}});
constexpr auto OPERATION_FIELDS = std::to_array<Field>({{"account", "address"},
                                                        {"nonce", "uint256"},
                                                        {"target", "address"},
                                                        {"value", "uint256"},
                                                        {"data", "bytes"},
                                                        {"gas", "uint256"},
                                                        {"verificationGas", "uint256"},
                                                        {"fee", "uint256"},
                                                        {"deadline", "uint256"},
                                                        {"submitter", "address"},
                                                        {"outcome", "bytes32"},
                                                        {"runsAlone", "bool"}});

const protocol::SettlementId& settlement_of(const Request& request) {
    return request.network.contracts()->settlement;
}

Bytes code_of(const Request& request, const Address& account) {
    return read_l1(request,
                   [&](const Network::L1State& l1) { return l1.state->code(account)->bytes; });
}

/// The account that runs an owner's operations.
struct OperationAccount {
    Address address;
    bool is_delegated = false;  ///< the owner itself, by EIP-7702
    bool is_deployed = false;
};

Address factory_of(const Request& request) {
    const auto factory = protocol::decode_address(
        view_of_l1(request, settlement_of(request).settlement, protocol::account_factory()));
    if (!factory) fail(INTERNAL_ERROR, "the settlement contract names no factory of accounts");
    return *factory;
}

OperationAccount account_of(const Request& request, const Address& owner) {
    const Address factory = factory_of(request);
    const Bytes code = code_of(request, owner);
    if (const auto delegate = execution::delegation_of(code)) {
        const auto implementation =
            protocol::decode_address(view_of_l1(request, factory, abi::call("implementation()")));
        if (implementation && *delegate == *implementation) return {owner, true, true};
    } else if (!code.empty()) {
        Params::fail_at(0, "from: it is a contract; name the account that owns it");
    }
    const auto account =
        protocol::decode_address(view_of_l1(request, factory, protocol::account_of(owner)));
    if (!account) fail(INTERNAL_ERROR, "the factory of accounts names no account");
    return {*account, false, !code_of(request, *account).empty()};
}

uint256 next_nonce(const Request& request, const Address& account) {
    if (const auto waiting = request.network.next_operation_nonce(account)) return *waiting;
    return protocol::decode_nonce(
               view_of_l1(request, settlement_of(request).settlement, protocol::nonce_of(account)))
        .value_or(uint256{});
}

/// Refuses what the account can't pay out of its own balance.
void require_paid(const Request& request, const protocol::Operation& operation) {
    const auto account = read_l1(request, [&](const Network::L1State& l1) {
        return l1.state->account(operation.account).value_or(Account{});
    });
    const uint256 needed = operation.value + operation.fee;
    if (needed >= operation.value && account.balance >= needed) return;
    fail(SERVER_ERROR,
         fmt::format("insufficient funds: the account {} pays value and fee out of its own "
                     "balance, which is {} wei of {}; send it ETH first",
                     checksum_hex(operation.account), to_decimal(account.balance),
                     to_decimal(needed)));
}

/// Returns gas with which the target does what it does with all that a root may have.
uint64_t estimate_operation_gas(Request& request, const protocol::Operation& operation) {
    constexpr uint64_t MOST = 10'000'000;
    constexpr uint64_t LEAST = 50'000;
    builder::RootCall call{.chain_id = l1_id_of(request),
                           .from = operation.account,
                           .transaction = {.type = TxType::dynamic_fee,
                                           .chain_id = l1_id_of(request),
                                           .gas_limit = MOST,
                                           .to = operation.target,
                                           .value = operation.value,
                                           .data = operation.data}};
    const auto simulate = [&](uint64_t gas) {
        call.transaction.gas_limit = gas;
        auto result = request.network.simulate(call);
        if (!result) throw RpcFailure{refused(l1_id_of(request), result.error())};
        return std::move(*result);
    };
    const auto first = simulate(MOST);
    if (first.outcome.status == evm::Status::revert)
        throw RpcFailure{reverted(first.outcome.output)};
    if (!first.outcome.succeeded())
        fail(SERVER_ERROR, std::string{status_text(first.outcome.status)});
    // What is asked is gas of its own; EIP-150 keeps a 64th at each level back.
    const uint64_t used = first.outcome.gas_used;
    for (uint64_t gas = used + used / 4 + LEAST; gas < MOST; gas *= 2)
        if (simulate(gas).outcome.succeeded()) return gas;
    return MOST;
}

void append_type(json::Appender& out, std::span<const Field> fields) {
    out.begin_array();
    for (const auto& field : fields) {
        out.begin_object();
        out.key("name").string(field.name);
        out.key("type").string(field.type);
        out.end_object();
    }
    out.end_array();
}

void append_message(json::Appender& out, const protocol::Operation& operation) {
    out.begin_object();
    out.key("account").hex(operation.account);
    out.key("nonce").string(to_decimal(operation.nonce));
    out.key("target").hex(operation.target);
    out.key("value").string(to_decimal(operation.value));
    out.key("data").hex(operation.data);
    out.key("gas").string(to_decimal(operation.gas));
    out.key("verificationGas").string(to_decimal(operation.verification_gas));
    out.key("fee").string(to_decimal(operation.fee));
    out.key("deadline").string(to_decimal(operation.deadline));
    out.key("submitter").hex(operation.submitter);
    out.key("outcome").hex(operation.outcome);
    out.key("runsAlone").boolean(operation.runs_alone);
    out.end_object();
}

void append_typed_data(json::Appender& out, const protocol::SettlementId& settlement,
                       const protocol::Operation& operation) {
    out.key("types").begin_object();
    append_type(out.key("EIP712Domain"), DOMAIN_FIELDS);
    append_type(out.key("Operation"), OPERATION_FIELDS);
    out.end_object();
    out.key("primaryType").string("Operation");
    out.key("domain").begin_object();
    out.key("name").string("Scope");
    out.key("version").string("1");
    append_chain(out.key("chainId"), uint256{settlement.l1_chain_id});
    out.key("verifyingContract").hex(settlement.settlement);
    out.end_object();
    append_message(out.key("message"), operation);
}

/// The parameters of scope_prepareOperation.
struct Wanted {
    Address from;
    protocol::Operation operation;
    bool has_gas = false;
};
Wanted read_wanted(Json value) {
    Wanted wanted;
    bool has_from = false;
    bool has_to = false;
    auto& operation = wanted.operation;
    for (const auto field : read_object(value)) {
        if (field.value.is_null()) continue;
        const std::string_view key = field.key;
        read_member(key, field.value, [&](Json of) {
            if (key == "from") {
                wanted.from = read_address(of);
                has_from = true;
            } else if (key == "to") {
                operation.target = read_address(of);
                has_to = true;
            } else if (key == "value") {
                operation.value = read_loose_quantity(of);
            } else if (key == "data" || key == "input") {
                operation.data = read_data(of);
            } else if (key == "gas") {
                operation.gas = read_loose_quantity(of);
                wanted.has_gas = true;
            } else if (key == "fee") {
                operation.fee = read_loose_quantity(of);
            } else if (key == "deadline") {
                operation.deadline = read_loose_quantity(of);
            } else if (key == "submitter") {
                operation.submitter = read_address(of);
            } else if (key == "runsAlone") {
                operation.runs_alone = read_boolean(of);
            } else {
                throw BadValue{
                    "it is no field of an operation: from, to, value, data, gas, fee, "
                    "deadline, submitter, runsAlone"};
            }
            return true;
        });
    }
    if (!has_from) throw BadValue{"from: it is missing"};
    if (!has_to) throw BadValue{"to: it is missing: an operation creates no contract by itself"};
    return wanted;
}

protocol::Operation read_message(Json value) {
    protocol::Operation operation;
    const auto object = read_object(value);
    const auto read = [&](std::string_view name, auto reader) {
        Json member;
        if (object.at_key(name).get(member) != simdjson::SUCCESS)
            throw BadValue{fmt::format("{}: it is missing", name)};
        return read_member(name, member, reader);
    };
    operation.account = read("account", read_address);
    operation.nonce = read("nonce", read_loose_quantity);
    operation.target = read("target", read_address);
    operation.value = read("value", read_loose_quantity);
    operation.data = read("data", read_data);
    operation.gas = read("gas", read_loose_quantity);
    operation.verification_gas = read("verificationGas", read_loose_quantity);
    operation.fee = read("fee", read_loose_quantity);
    operation.deadline = read("deadline", read_loose_quantity);
    operation.submitter = read("submitter", read_address);
    operation.outcome = read("outcome", read_hash);
    operation.runs_alone = read("runsAlone", read_boolean);
    return operation;
}

/// Reads r || s || v, as wallets write v: 0, 1, 27 or 28.
Bytes read_signature(Json value) {
    Bytes signature = read_data(value);
    if (signature.size() != 65)
        throw BadValue{fmt::format("it has {} bytes, not 65: r, s and v", signature.size())};
    auto& v = signature.back();
    if (v < 27) v = static_cast<uint8_t>(v + 27);
    if (v > 28) throw BadValue{"its last byte, v, is none of 0, 1, 27 and 28"};
    return signature;
}

}  // namespace

protocol::SignedOperation read_signed_operation(Request& request, Json operation, Json signature) {
    protocol::SignedOperation signed_operation;
    Json message;
    const bool is_typed_data =
        operation.is_object() && operation.at_key("message").get(message) == simdjson::SUCCESS;
    signed_operation.operation =
        read_member("operation", is_typed_data ? message : operation, read_message);
    signed_operation.signature = read_member("signature", signature, read_signature);
    const Address& account = signed_operation.operation.account;
    if (!code_of(request, account).empty()) return signed_operation;
    // Its first operation deploys it: for whom, the signature says.
    const BytesView bytes = signed_operation.signature;
    const auto owner = crypto::recover(
        protocol::operation_digest(settlement_of(request), signed_operation.operation),
        from_be(bytes.first(32)), from_be(bytes.subspan(32, 32)), bytes[64] == 28);
    if (owner) signed_operation.owner = *owner;
    return signed_operation;
}

std::string scope_prepare_operation(Request& request) {
    auto wanted = request.params.get(0, read_wanted);
    auto& operation = wanted.operation;
    const auto account = account_of(request, wanted.from);
    operation.account = account.address;
    operation.nonce = next_nonce(request, account.address);
    operation.verification_gas = uint256{VERIFICATION_GAS};
    if (operation.deadline.is_zero())
        operation.deadline = read_l1(request, [](const Network::L1State& l1) {
            return uint256{l1.next_timestamp_s} + uint256{LIFETIME_S};
        });
    require_paid(request, operation);
    if (!wanted.has_gas) operation.gas = uint256{estimate_operation_gas(request, operation)};

    json::Appender out;
    out.begin_object();
    append_typed_data(out, settlement_of(request), operation);
    out.key("owner").hex(wanted.from);
    out.key("isDelegated").boolean(account.is_delegated);
    out.key("deploysAccount").boolean(!account.is_deployed);
    out.key("rootIndex").null();
    out.key("note").string(
        account.is_delegated
            ? "value and fee are paid out of the signer's own balance"
            : "value and fee are paid out of the balance of `message.account`, a contract that the "
              "signer owns; whoever is called sees it as msg.sender");
    out.end_object();
    return out.take();
}

std::string scope_send_operation(Request& request) {
    protocol::SignedOperation operation;
    std::optional<uint64_t> root_index;
    if (request.params.has(1)) {
        operation = request.params.get(0, [&](Json value) {
            return read_signed_operation(request, value, request.params.at(1));
        });
        root_index = request.params.find(2, read_loose_u64);
    } else {
        operation = request.params.get(0, [&](Json value) {
            const auto object = read_object(value);
            Json parts[2];
            for (const auto& [name, part] :
                 {std::pair{"operation", &parts[0]}, std::pair{"signature", &parts[1]}})
                if (object.at_key(name).get(*part) != simdjson::SUCCESS)
                    throw BadValue{fmt::format("{}: it is missing", name)};
            Json index;
            if (object.at_key("rootIndex").get(index) == simdjson::SUCCESS && !index.is_null())
                root_index = read_member("rootIndex", index, read_loose_u64);
            return read_signed_operation(request, parts[0], parts[1]);
        });
    }
    auto sent = request.network.send_operation(operation, root_index);
    if (!sent) throw RpcFailure{std::move(sent.error())};
    return json::hex_json(*sent);
}

namespace {

void append_place(json::Appender& out, const ScopeRecord& scope) {
    out.key("scope").number(scope.number);
    out.key("transactionHash").hex(scope.l1_transaction);
    out.key("blockHash").hex(scope.l1_block);
    out.key("blockNumber").quantity(scope.l1_block_number);
}

/// Returns whether a hash by which a scope is found, whose roots aren't known, is an operation's.
bool is_operation(const Request& request, const ScopeRecord& scope, const Hash& hash) {
    if (hash == scope.l1_transaction || hash == scope.l1_block) return false;
    return std::ranges::none_of(request.network.chains(), [&](ChainId id) {
        return request.network.chain(id)->chain().store().transaction(hash).has_value();
    });
}

}  // namespace

std::string scope_operation_receipt(Request& request) {
    const Hash hash = request.params.hash(0);
    const auto scope = request.network.scope(hash);
    if (!scope) return "null";
    json::Appender out;
    for (const auto& root : scope->roots) {
        if (root.context.operation_hash != hash ||
            root.context.root_chain_id != uint256{l1_id_of(request)})
            continue;
        out.begin_object();
        out.key("operationHash").hex(hash);
        out.key("success").boolean(root.success);
        out.key("output").hex(root.output);
        out.key("gasUsed").quantity(root.gas_used);
        out.key("rootId").hex(root.root_id);
        out.key("rootIndex").quantity(root.context.root_index);
        out.key("outcome").hex(root.outcome);
        append_place(out, *scope);
        append_calls(out.key("calls"), root.calls);
        out.end_object();
        return out.take();
    }
    if (!scope->roots.empty() || !is_operation(request, *scope, hash)) return "null";
    // Another builder made its scope, or a process that ended before it settled: L1 says that it did.
    out.begin_object();
    out.key("operationHash").hex(hash);
    out.key("success").null();
    append_place(out, *scope);
    out.end_object();
    return out.take();
}

}  // namespace scope::rpc
