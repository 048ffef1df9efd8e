#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "execution/forced.hpp"
#include "rpc/blocks.hpp"
#include "rpc/errors.hpp"
#include "rpc/evaluation.hpp"
#include "rpc/fees.hpp"
#include "rpc/fill.hpp"
#include "rpc/raw_transaction.hpp"
#include "rpc/service.hpp"
#include "types/signing.hpp"

// What tests do to a devnet, by the names that anvil, Hardhat and ganache gave it. Snapshots, time
// and mining are those of all chains; the rest is of the chain that is asked.

namespace scope::rpc {

namespace {

using json::quantity_json;

constexpr const char* NOTHING = "null";
constexpr const char* YES = "true";

TestControls& controls_of(Request& request) {
    auto* const controls = request.network.controls();
    CHECK(controls != nullptr);  // else Service does not have these methods
    return *controls;
}

void require(Result<void, RpcError> result) {
    if (!result) throw RpcFailure{std::move(result.error())};
}

/// Returns a parameter that is a number below 2^64, in any of the forms that these tools send.
uint64_t number_at(const Params& params, size_t index) {
    return params.get(index, read_loose_u64);
}
std::optional<uint64_t> find_number(const Params& params, size_t index) {
    return params.find(index, read_loose_u64);
}
uint256 wei_at(const Params& params, size_t index) {
    return params.get(index, read_loose_quantity);
}

/// Reads a storage key or value: hex of up to 32 bytes, or a number.
Hash read_slot(Json value) {
    return value.is_string() ? read_word(value) : to_be(read_loose_quantity(value));
}

// ---- snapshots

std::string snapshot(Request& request) {
    return quantity_json(controls_of(request).snapshot());
}

std::string revert(Request& request) {
    const auto reverted = controls_of(request).revert(number_at(request.params, 0));
    if (!reverted) throw RpcFailure{reverted.error()};
    return *reverted ? "true" : "false";
}

std::string reset(Request& request) {
    if (request.params.has(0)) {
        const Json options = request.params.at(0);
        Json forking;
        if (options.at_key("forking").get(forking) == simdjson::SUCCESS && !forking.is_null())
            Params::fail_at(0, "forking: this network is no fork of another");
    }
    require(controls_of(request).reset());
    return NOTHING;
}

std::string dump_state(Request& request) {
    return json::hex_json(controls_of(request).dump());
}

std::string load_state(Request& request) {
    require(controls_of(request).load(request.params.data(0)));
    return YES;
}

// ---- time and blocks

std::string increase_time(Request& request) {
    auto& controls = controls_of(request);
    controls.increase_time(number_at(request.params, 0));
    return std::to_string(controls.time_offset_s());
}

std::string set_time(Request& request) {
    auto& controls = controls_of(request);
    require(controls.set_time(number_at(request.params, 0)));
    return std::to_string(controls.time_offset_s());
}

std::string set_next_block_timestamp(Request& request) {
    require(controls_of(request).set_next_block_timestamp(number_at(request.params, 0)));
    return NOTHING;
}

std::string set_automine(Request& request) {
    controls_of(request).set_automine(request.params.boolean(0));
    return NOTHING;
}

std::string get_automine(Request& request) {
    return controls_of(request).automine() ? "true" : "false";
}

/// Mines every so many seconds, in the place of mining at once, as anvil has it.
std::string set_interval_mining(Request& request) {
    constexpr uint64_t MOST_S = uint64_t{1} << 32;
    const uint64_t seconds = number_at(request.params, 0);
    if (seconds > MOST_S) Params::fail_at(0, fmt::format("{} s is above {}", seconds, MOST_S));
    auto& controls = controls_of(request);
    controls.set_interval(seconds * 1000);
    if (seconds != 0) controls.set_automine(false);
    return NOTHING;
}

/// Mines a block, or several, at a time that may be given: evm_mine(timestamp?) or
/// evm_mine({timestamp?, blocks?}).
std::string evm_mine(Request& request) {
    auto& controls = controls_of(request);
    std::optional<uint64_t> timestamp_s;
    uint64_t blocks = 1;
    if (request.params.has(0) && request.params.at(0).is_object()) {
        const auto options = request.params.at(0);
        Json value;
        if (options.at_key("timestamp").get(value) == simdjson::SUCCESS && !value.is_null())
            timestamp_s = request.params.get(
                0, [&](Json) { return read_member("timestamp", value, read_loose_u64); });
        if (options.at_key("blocks").get(value) == simdjson::SUCCESS && !value.is_null())
            blocks = request.params.get(
                0, [&](Json) { return read_member("blocks", value, read_loose_u64); });
    } else {
        timestamp_s = find_number(request.params, 0);
    }
    if (timestamp_s) require(controls.set_next_block_timestamp(*timestamp_s));
    require(controls.mine(request.chain_id, blocks, std::nullopt));
    return R"("0x0")";
}

std::string mine(Request& request) {
    require(controls_of(request).mine(request.chain_id, find_number(request.params, 0).value_or(1),
                                      find_number(request.params, 1)));
    return NOTHING;
}

/// Returns a transaction of a new branch: signed elsewhere, or an object to sign or impersonate.
Transaction read_branch_transaction(Request& request, Json value) {
    if (value.is_string()) return decode_raw_transaction(read_data(value)).transaction;
    const auto args = read_transaction(value);
    if (!args.from) throw BadValue{"from: it is missing"};
    Transaction tx = fill_transaction(request, args);
    const auto accounts = request.network.accounts();
    const auto account = std::ranges::find(accounts, *args.from, &DevAccount::address);
    if (account == accounts.end())
        throw BadValue{fmt::format("from: no key of {} is here", to_hex(*args.from))};
    sign(tx, account->key);
    return tx;
}

std::string reorg(Request& request) {
    const uint64_t depth = number_at(request.params, 0);
    std::vector<std::pair<Transaction, uint64_t>> transactions;
    if (request.params.has(1))
        transactions = request.params.get(1, [&](Json pairs) {
            return read_list(pairs, [&](Json pair) {
                const auto items = read_array(pair);
                if (items.size() != 2) throw BadValue{"it is no pair of transaction and block"};
                const uint64_t block =
                    read_member("[1]", items.at(1).value_unsafe(), read_loose_u64);
                return std::pair{read_branch_transaction(request, items.at(0).value_unsafe()),
                                 block};
            });
        });
    require(controls_of(request).reorg(request.chain_id, depth, std::move(transactions)));
    return NOTHING;
}

std::string rollback(Request& request) {
    require(controls_of(request).rollback(request.chain_id,
                                          find_number(request.params, 0).value_or(1)));
    return NOTHING;
}

// ---- by force

std::string set_balance(Request& request) {
    require(controls_of(request).set_balance(request.chain_id, request.params.address(0),
                                             wei_at(request.params, 1)));
    return NOTHING;
}

std::string add_balance(Request& request) {
    const Address account = request.params.address(0);
    const uint256 more = wei_at(request.params, 1);
    const auto state = state_of(request.chain, *request.chain.head());
    const uint256 balance = state->account(account).value_or(Account{}).balance;
    if (balance + more < balance) Params::fail_at(1, "the balance would be 2^256 wei or more");
    require(controls_of(request).set_balance(request.chain_id, account, balance + more));
    return NOTHING;
}

std::string set_code(Request& request) {
    require(controls_of(request).set_code(request.chain_id, request.params.address(0),
                                          request.params.data(1)));
    return NOTHING;
}

std::string set_nonce(Request& request) {
    require(controls_of(request).set_nonce(request.chain_id, request.params.address(0),
                                           number_at(request.params, 1)));
    return NOTHING;
}

std::string set_storage_at(Request& request) {
    require(controls_of(request).set_storage(request.chain_id, request.params.address(0),
                                             request.params.get(1, read_slot),
                                             request.params.get(2, read_slot)));
    return YES;
}

std::string set_coinbase(Request& request) {
    controls_of(request).set_coinbase(request.params.address(0));
    return NOTHING;
}

std::string set_next_base_fee(Request& request) {
    require(controls_of(request).set_next_base_fee(request.chain_id, wei_at(request.params, 0)));
    return NOTHING;
}

std::string set_block_gas_limit(Request& request) {
    require(controls_of(request).set_gas_limit(request.chain_id, number_at(request.params, 0)));
    return YES;
}

std::string set_min_gas_price(Request& request) {
    request.chain.pool()->set_min_gas_price(wei_at(request.params, 0));
    return NOTHING;
}

/// A slot that a view reads.
struct Slot {
    Address account;
    Hash key;
};

/// Returns the slot in which a token has an account's balance: the one with which balanceOf returns
/// what is put there.
std::optional<Slot> find_balance_slot(Request& request, const Address& token,
                                      const Address& account, const uint256& amount) {
    constexpr size_t MAX_SLOTS = 256;
    Evaluation evaluation{request, BlockTag{}};
    TransactionArgs args;
    args.to = token;
    args.data = abi::call("balanceOf(address)", account);
    const Transaction call = evaluation.call_of(args);
    if (!evaluation.run(call, Address{}).outcome) return std::nullopt;
    std::vector<Slot> slots;
    evaluation.state().for_each_read([&](const Address& of, const std::vector<Hash>& keys) {
        for (const Hash& key : keys)
            if (slots.size() < MAX_SLOTS) slots.push_back({of, key});
    });
    for (const auto& slot : slots) {
        auto& state = evaluation.state();
        const auto before = state.checkpoint();
        state.set_storage(slot.account, slot.key, to_be(amount));
        const auto answer = evaluation.run(call, Address{}).outcome;
        state.rollback(before);
        if (answer && answer->succeeded() && BytesView{answer->output}.size() == 32 &&
            from_be(answer->output) == amount)
            return slot;
    }
    return std::nullopt;
}

std::string deal_erc20(Request& request) {
    const Address account = request.params.address(0);
    const Address token = request.params.address(1);
    const uint256 amount = wei_at(request.params, 2);
    // With an amount that no other slot holds by chance; then the one that was asked for.
    const auto probe = from_be(crypto::keccak256(as_bytes("scope.devnet.deal"))) >> 160;
    const auto slot = find_balance_slot(request, token, account, probe);
    if (!slot)
        Params::fail_at(1,
                        "no slot of storage is its balanceOf of the account: it is no ERC-20 "
                        "token, or computes its balances");
    require(controls_of(request).set_storage(request.chain_id, slot->account, slot->key,
                                             to_be(amount)));
    return NOTHING;
}

// ---- impersonation

std::string impersonate(Request& request) {
    require(controls_of(request).impersonate(request.params.address(0), true));
    return NOTHING;
}

std::string stop_impersonating(Request& request) {
    require(controls_of(request).impersonate(request.params.address(0), false));
    return NOTHING;
}

std::string auto_impersonate(Request& request) {
    controls_of(request).auto_impersonate(request.params.boolean(0));
    return NOTHING;
}

// ---- the pool

/// Returns the hash, or null if there was no such transaction.
std::string anvil_drop_transaction(Request& request) {
    const Hash hash = request.params.hash(0);
    const bool was_there = controls_of(request).drop_transaction(request.chain_id, hash);
    return was_there ? json::hex_json(hash) : NOTHING;
}

std::string hardhat_drop_transaction(Request& request) {
    const Hash hash = request.params.hash(0);
    return controls_of(request).drop_transaction(request.chain_id, hash) ? "true" : "false";
}

std::string drop_all_transactions(Request& request) {
    controls_of(request).drop_all_transactions(request.chain_id);
    return NOTHING;
}

// ---- what it is

std::string node_info(Request& request) {
    const auto head = request.chain.head();
    const auto& header = head->header();
    const uint256 base_fee = header.base_fee_per_gas.value_or(uint256{});
    const bool by_fees = request.chain.pool()->options().order == pool::Order::fees;
    json::Appender out;
    out.begin_object();
    out.key("currentBlockNumber").quantity(header.number);
    out.key("currentBlockTimestamp").number(header.timestamp_s);
    out.key("currentBlockHash").hex(head->hash);
    out.key("hardFork").string("osaka");
    out.key("transactionOrder").string(by_fees ? "fees" : "fifo");
    out.key("environment").begin_object();
    out.key("baseFee").quantity(base_fee);
    out.key("chainId").number(request.chain_id.number());
    out.key("gasLimit").quantity(header.gas_limit);
    out.key("gasPrice").quantity(base_fee + suggested_tip(request.chain));
    out.end_object();
    out.key("forkConfig").begin_object();
    for (const auto* const name : {"forkUrl", "forkBlockNumber", "forkRetryBackoff"})
        out.key(name).null();
    out.end_object();
    out.key("network").null();
    out.end_object();
    return out.take();
}

std::string metadata(Request& request) {
    const auto head = request.chain.head();
    const auto genesis = request.chain.chain().store().canonical_block(0);
    json::Appender out;
    out.begin_object();
    out.key("clientVersion").string("scope/v" SCOPE_VERSION);
    out.key("chainId").number(request.chain_id.number());
    // The genesis tells one network from another that has the same ids.
    out.key("instanceId")
        .hex(crypto::keccak256(concat(as_bytes("scope.devnet.instance"), genesis->hash)));
    out.key("latestBlockNumber").number(head->header().number);
    out.key("latestBlockHash").hex(head->hash);
    out.key("forkedNetwork").null();
    out.key("snapshots").begin_object();
    out.end_object();
    out.end_object();
    return out.take();
}

std::string set_logging_enabled(Request& request) {
    controls_of(request).set_logging(request.params.boolean(0));
    return NOTHING;
}

std::string set_rpc_url(Request& /*request*/) {
    fail(SERVER_ERROR, "this network is no fork: it has no other node's URL");
}

std::string set_chain_id(Request& request) {
    fail(SERVER_ERROR, fmt::format("chain {} keeps its id: settlement has it registered",
                                   request.chain_id.number()));
}

constexpr Method METHODS[]{
    {"evm_snapshot", snapshot, ""},
    {"evm_revert", revert, "snapshotId"},
    {"evm_mine", evm_mine, "options?"},
    {"evm_increaseTime", increase_time, "seconds"},
    {"evm_setTime", set_time, "timestamp"},
    {"evm_setNextBlockTimestamp", set_next_block_timestamp, "timestamp"},
    {"evm_setAutomine", set_automine, "isOn"},
    {"evm_setIntervalMining", set_interval_mining, "seconds"},
    {"evm_setBlockGasLimit", set_block_gas_limit, "gasLimit"},

    {"anvil_mine", mine, "blocks? interval?"},
    {"anvil_setBalance", set_balance, "address balance"},
    {"anvil_setCode", set_code, "address code"},
    {"anvil_setNonce", set_nonce, "address nonce"},
    {"anvil_setStorageAt", set_storage_at, "address slot value"},
    {"anvil_setCoinbase", set_coinbase, "address"},
    {"anvil_impersonateAccount", impersonate, "address"},
    {"anvil_stopImpersonatingAccount", stop_impersonating, "address"},
    {"anvil_autoImpersonateAccount", auto_impersonate, "isOn"},
    {"anvil_setNextBlockBaseFeePerGas", set_next_base_fee, "baseFeePerGas"},
    {"anvil_setMinGasPrice", set_min_gas_price, "gasPrice"},
    {"anvil_dropTransaction", anvil_drop_transaction, "transactionHash"},
    {"anvil_dropAllTransactions", drop_all_transactions, ""},
    {"anvil_reset", reset, "options?"},
    {"anvil_dumpState", dump_state, "options?"},
    {"anvil_loadState", load_state, "state"},
    {"anvil_nodeInfo", node_info, ""},
    {"anvil_metadata", metadata, ""},
    {"anvil_getAutomine", get_automine, ""},
    {"anvil_setLoggingEnabled", set_logging_enabled, "isOn"},
    {"anvil_reorg", reorg, "depth transactions?"},
    {"anvil_rollback", rollback, "depth?"},
    {"anvil_dealERC20", deal_erc20, "address token balance"},
    {"anvil_addBalance", add_balance, "address balance"},
    {"anvil_setRpcUrl", set_rpc_url, "url"},
    {"anvil_setChainId", set_chain_id, "chainId"},

    {"hardhat_mine", mine, "blocks? interval?"},
    {"hardhat_setBalance", set_balance, "address balance"},
    {"hardhat_setCode", set_code, "address code"},
    {"hardhat_setNonce", set_nonce, "address nonce"},
    {"hardhat_setStorageAt", set_storage_at, "address slot value"},
    {"hardhat_setCoinbase", set_coinbase, "address"},
    {"hardhat_impersonateAccount", impersonate, "address"},
    {"hardhat_stopImpersonatingAccount", stop_impersonating, "address"},
    {"hardhat_autoImpersonateAccount", auto_impersonate, "isOn"},
    {"hardhat_setNextBlockBaseFeePerGas", set_next_base_fee, "baseFeePerGas"},
    {"hardhat_setMinGasPrice", set_min_gas_price, "gasPrice"},
    {"hardhat_dropTransaction", hardhat_drop_transaction, "transactionHash"},
    {"hardhat_dropAllTransactions", drop_all_transactions, ""},
    {"hardhat_reset", reset, "options?"},
    {"hardhat_dumpState", dump_state, "options?"},
    {"hardhat_loadState", load_state, "state"},
    {"hardhat_nodeInfo", node_info, ""},
    {"hardhat_metadata", metadata, ""},
    {"hardhat_getAutomine", get_automine, ""},
    {"hardhat_setLoggingEnabled", set_logging_enabled, "isOn"},
};

}  // namespace

std::span<const Method> test_methods() {
    return METHODS;
}

}  // namespace scope::rpc
