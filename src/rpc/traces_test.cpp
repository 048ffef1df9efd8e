#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <sstream>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "execution/call.hpp"
#include "execution/system_contracts.hpp"
#include "interchange/trace_printer.hpp"
#include "rlp/encode.hpp"
#include "rpc/test_asking.hpp"
#include "rpc/trace_recorder.hpp"
#include "state/memory_state.hpp"
#include "trie/trie.hpp"
#include "types/signing.hpp"
#include "witness/node_set.hpp"

// debug_trace*, debug_executionWitness and Otterscan's methods: on a lone chain with small contracts,
// whose every step can be told by hand.

namespace scope::rpc {
namespace {

using namespace literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr ChainId CHAIN{31337};
constexpr Address OUTER = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address INNER = "0x00000000000000000000000000000000000000c2"_address;
constexpr Address ENDS = "0x00000000000000000000000000000000000000c3"_address;
constexpr Address MAKER = "0x00000000000000000000000000000000000000c4"_address;
constexpr Address HEIR = "0x00000000000000000000000000000000000000e1"_address;

crypto::SecretKey key() {
    return *crypto::SecretKey::from(to_be(uint256{7u}));
}
Address sender() {
    return crypto::address_of(key());
}

/// OUTER: SSTORE(1, 7); CALL(gas, INNER, value 3, no data); LOG1 of 0 bytes with topic 0xaa; STOP.
const Bytes OUTER_CODE =
    concat("6007600155"_hex, "5f5f5f5f600373"_hex, INNER, "5af150"_hex, "60aa5f5fa100"_hex);
/// INNER: SLOAD(2), then REVERT with Error("no").
const Bytes INNER_CODE =
    concat("60025450"_hex, "7f08c379a0"_hex, Bytes(28), "5f52"_hex, "6020600452"_hex,
           "6002602452"_hex, "616e6f60f01b604452"_hex, "60645ffd"_hex);

chain::Genesis genesis() {
    chain::Genesis genesis;
    genesis.timestamp_s = 1000;
    genesis.alloc[sender()].balance = uint256{1'000'000'000} * uint256{1'000'000'000};
    for (const Address& each : {execution::WITHDRAWALS, execution::CONSOLIDATIONS})
        genesis.alloc[each].code = "00"_hex;  // no block without them
    genesis.alloc[OUTER] = {.nonce = 1, .balance = uint256{10u}, .code = OUTER_CODE, .storage = {}};
    genesis.alloc[INNER] = {.nonce = 1,
                            .balance = {},
                            .code = INNER_CODE,
                            .storage = {{to_be(uint256{2u}), to_be(uint256{5u})}}};
    // SSTORE(3, 0), SELFDESTRUCT(HEIR)
    genesis.alloc[ENDS] = {.nonce = 1,
                           .balance = uint256{4u},
                           .code = concat("5f600355"_hex, Bytes{0x73}, HEIR, "ff"_hex),
                           .storage = {{to_be(uint256{3u}), to_be(uint256{1u})},
                                       {to_be(uint256{4u}), to_be(uint256{1u})}}};
    // MSTORE8(0, 0xfe), CREATE2(1, 0, 0): an account without code; then CREATE of code that fails
    genesis.alloc[MAKER] = {.nonce = 1,
                            .balance = uint256{4u},
                            .code = "5f5f5f6001f55060fe5f5360015f5ff000"_hex,
                            .storage = {}};
    return genesis;
}

Transaction transaction(uint64_t nonce, const std::optional<Address>& to, Bytes data = {},
                        uint64_t gas = 300'000) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN;
    tx.nonce = nonce;
    tx.to = to;
    tx.gas_limit = gas;
    tx.data = std::move(data);
    tx.max_priority_fee_per_gas = uint256{1'000'000'000};
    tx.max_fee_per_gas = uint256{20'000'000'000};
    sign(tx, key());
    return tx;
}

/// A service on a chain with one block of given transactions.
struct Traced : Asking {
    chain::StoredBlockPtr block;

    explicit Traced(const std::vector<Transaction>& transactions)
        : Asking{CHAIN, genesis()}, block(chain.mine(transactions)) {}

    std::string trace(size_t index, const std::string& options) {
        return get("debug_traceTransaction",
                   "[\"" + to_hex(block->transaction_hashes[index]) + "\"," + options + "]");
    }
};

struct Parsed {
    explicit Parsed(const std::string& text) : json(parser.parse(text)) {}
    simdjson::dom::parser parser;
    Json json;
    [[nodiscard]] std::string at(std::string_view pointer) const {
        Json found;
        if (json.at_pointer(pointer).get(found) != simdjson::SUCCESS) return "missing";
        return simdjson::minify(found);
    }
};

std::string hex(const Address& address) {
    return "\"" + to_hex(address) + "\"";
}

TEST(traces, struct_logs_tell_each_step) {
    Traced traced{{transaction(0, OUTER)}};
    const Parsed logs{traced.trace(0, "{}")};
    // 21000 and the dynamic costs are those of EIP-2929 and EIP-2200: a cold slot from 0 is 22100.
    EXPECT_EQ(logs.at("/failed"), "false");
    EXPECT_EQ(logs.at("/returnValue"), "\"0x\"");
    EXPECT_EQ(logs.at("/structLogs/0"),
              R"({"pc":0,"op":"PUSH1","gas":279000,"depth":1,"stack":[],"gasCost":3})");
    EXPECT_EQ(
        logs.at("/structLogs/2"),
        R"({"pc":4,"op":"SSTORE","gas":278994,"depth":1,"stack":["0x7","0x1"],"gasCost":22100,)"
        R"("storage":{"0x0000000000000000000000000000000000000000000000000000000000000001":)"
        R"("0x0000000000000000000000000000000000000000000000000000000000000007"}})");
    // The callee's first step is one deeper, and its SLOAD has what it read.
    const auto& steps = logs.json["structLogs"].get_array();
    std::vector<std::string> inner;
    for (const auto step : steps)
        if (step["depth"].get_uint64().value() == 2) inner.push_back(simdjson::minify(step));
    ASSERT_GT(inner.size(), 3u);
    EXPECT_THAT(inner[1], HasSubstr(R"("op":"SLOAD")"));
    EXPECT_THAT(inner[1], HasSubstr(R"("gasCost":2100)"));
    EXPECT_THAT(
        inner[1],
        HasSubstr(
            R"("storage":{"0x0000000000000000000000000000000000000000000000000000000000000002":)"
            R"("0x0000000000000000000000000000000000000000000000000000000000000005"})"));
    EXPECT_THAT(inner.back(), HasSubstr(R"("op":"REVERT")"));
    EXPECT_THAT(inner.back(), Not(HasSubstr("error")));
    EXPECT_EQ(logs.at("/gas"), std::to_string(traced.block->header().gas_used));
}

TEST(traces, struct_logs_have_what_they_are_asked_for) {
    Traced traced{{transaction(0, OUTER)}};
    const auto bare = traced.trace(0, R"({"disableStack":true,"disableStorage":true})");
    EXPECT_THAT(bare, Not(HasSubstr("\"stack\"")));
    EXPECT_THAT(bare, Not(HasSubstr("\"storage\"")));
    EXPECT_THAT(bare, Not(HasSubstr("\"memory\"")));
    EXPECT_THAT(bare, Not(HasSubstr("\"returnData\"")));
    const auto full = traced.trace(0, R"({"enableMemory":true,"enableReturnData":true})");
    EXPECT_THAT(full, HasSubstr("\"memory\":[\"0x08c379a0"));
    EXPECT_THAT(full, HasSubstr("\"returnData\":\"0x08c379a0"));
    // As geth's limit: no step begins behind so many bytes.
    const Parsed cut{traced.trace(0, R"({"limit":1})")};
    EXPECT_EQ(cut.json["structLogs"].get_array().size(), 1u);
}

/// What geth's two forms of a trace say alike: EIP-3155's lines (scope-t8n) and struct logs.
TEST(traces, struct_logs_say_what_the_lines_of_eip_3155_say) {
    // SSTORE(3, 0) of a slot that is not 0, which earns a refund; then OUTER by CALL; then KECCAK256.
    const Bytes code =
        concat("5f600355"_hex, "5f5f5f5f5f73"_hex, OUTER, "5af150"_hex, "60405f205000"_hex);
    const state::MemoryState base{genesis().alloc};
    state::State state{base};
    state.set_code(ENDS, evm::make_code(code));
    execution::Environment environment;
    environment.block.gas_limit = 30'000'000;
    Transaction tx = transaction(0, ENDS);
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = {};
    const auto run = [&](evm::Tracer& tracer) {
        const auto before = state.checkpoint();
        execution::Host host{state, environment};
        host.set_tracer(&tracer);
        auto outcome = execution::execute_call(host, tx, sender());
        state.rollback(before);
        EXPECT_TRUE(outcome.has_value() && outcome->succeeded());
        return *outcome;
    };

    char* text = nullptr;
    size_t size = 0;
    std::FILE* const out = open_memstream(&text, &size);
    interchange::TracePrinter printer{out};
    run(printer);
    (void)std::fclose(out);
    std::istringstream lines{std::string{text, size}};
    std::free(text);

    const auto logger = make_recorder({});
    logger->begin(tx, sender(), environment, state, 0);
    const auto outcome = run(*logger);
    json::Appender trace;
    logger->write(trace, outcome);
    const Parsed logs{trace.take()};
    size_t steps = 0;
    bool has_refund = false;
    for (const auto log : logs.json["structLogs"]) {
        std::string line;
        ASSERT_TRUE(std::getline(lines, line));
        const Parsed printed{line};
        const auto number = [&](std::string_view name) {
            uint64_t value = 0;
            (void)log[name].get(value);
            return value;
        };
        const auto hex_number = [&](std::string_view name) {
            return *uint256_from_text(printed.json[name].get_string().value());
        };
        EXPECT_EQ(log["op"].get_string().value(), printed.json["opName"].get_string().value());
        EXPECT_EQ(number("pc"), printed.json["pc"].get_uint64().value());
        EXPECT_EQ(number("depth"), printed.json["depth"].get_uint64().value());
        EXPECT_EQ(number("refund"), printed.json["refund"].get_uint64().value()) << line;
        EXPECT_EQ(uint256{number("gas")}, hex_number("gas"));
        EXPECT_EQ(uint256{number("gasCost")}, hex_number("gasCost")) << line;
        has_refund |= number("refund") != 0;
        ++steps;
    }
    EXPECT_GT(steps, 30u);
    EXPECT_TRUE(has_refund);
    std::string rest;
    EXPECT_FALSE(std::getline(lines, rest)) << rest;
}

TEST(traces, struct_logs_name_a_halt_that_is_found_before_the_step_runs) {
    // 21000 and 2 gas: too little for the first PUSH1.
    Traced traced{{transaction(0, OUTER, {}, 21'002)}};
    const Parsed logs{traced.trace(0, "{}")};
    EXPECT_EQ(logs.at("/failed"), "true");
    EXPECT_EQ(logs.at("/structLogs/0/error"), "\"out of gas\"");
}

TEST(traces, the_call_tree_has_values_reverts_and_logs) {
    Traced traced{{transaction(0, OUTER)}};
    const Parsed tree{
        traced.trace(0, R"({"tracer":"callTracer","tracerConfig":{"withLog":true}})")};
    EXPECT_EQ(tree.at("/type"), "\"CALL\"");
    EXPECT_EQ(tree.at("/from"), hex(sender()));
    EXPECT_EQ(tree.at("/to"), hex(OUTER));
    EXPECT_EQ(tree.at("/gas"), "\"0x493e0\"");
    EXPECT_EQ(tree.at("/gasUsed"),
              "\"" + to_quantity(uint256{traced.block->header().gas_used}) + "\"");
    EXPECT_EQ(tree.at("/error"), "missing");
    EXPECT_EQ(tree.at("/calls/0/type"), "\"CALL\"");
    EXPECT_EQ(tree.at("/calls/0/from"), hex(OUTER));
    EXPECT_EQ(tree.at("/calls/0/to"), hex(INNER));
    EXPECT_EQ(tree.at("/calls/0/value"), "\"0x3\"");
    EXPECT_EQ(tree.at("/calls/0/error"), "\"execution reverted\"");
    EXPECT_EQ(tree.at("/calls/0/revertReason"), "\"no\"");
    EXPECT_EQ(tree.at("/logs/0/topics/0"), "\"0x" + std::string(62, '0') + "aa\"");
    EXPECT_EQ(tree.at("/logs/0/position"), "\"0x1\"");

    const Parsed top{
        traced.trace(0, R"({"tracer":"callTracer","tracerConfig":{"onlyTopCall":true}})")};
    EXPECT_EQ(top.at("/calls"), "missing");
}

TEST(traces, the_call_tree_has_creates_destructs_and_calls_without_code) {
    Traced traced{{transaction(0, ENDS), transaction(1, MAKER), transaction(2, HEIR)}};
    const Parsed ends{traced.trace(0, R"({"tracer":"callTracer"})")};
    EXPECT_EQ(ends.at("/calls/0/type"), "\"SELFDESTRUCT\"");
    EXPECT_EQ(ends.at("/calls/0/from"), hex(ENDS));
    EXPECT_EQ(ends.at("/calls/0/to"), hex(HEIR));
    EXPECT_EQ(ends.at("/calls/0/value"), "\"0x4\"");

    const Parsed maker{traced.trace(1, R"({"tracer":"callTracer"})")};
    const Address made = execution::create2_address(MAKER, {}, crypto::keccak256({}));
    EXPECT_EQ(maker.at("/calls/0/type"), "\"CREATE2\"");
    EXPECT_EQ(maker.at("/calls/0/to"), hex(made));
    EXPECT_EQ(maker.at("/calls/0/value"), "\"0x1\"");
    EXPECT_EQ(maker.at("/calls/1/type"), "\"CREATE\"");
    EXPECT_EQ(maker.at("/calls/1/error"), "\"invalid opcode: INVALID\"");
    EXPECT_EQ(maker.at("/calls/1/to"), "missing");

    const Parsed transfer{traced.trace(2, R"({"tracer":"callTracer"})")};
    EXPECT_EQ(transfer.at("/to"), hex(HEIR));
    EXPECT_EQ(transfer.at("/gasUsed"), "\"0x5208\"");
}

TEST(traces, the_prestate_is_what_the_transaction_looked_at) {
    Traced traced{{transaction(0, OUTER)}};
    const Parsed before{traced.trace(0, R"({"tracer":"prestateTracer"})")};
    const auto place = [](const Address& address, std::string_view member) {
        return "/" + to_hex(address) + "/" + std::string{member};
    };
    EXPECT_EQ(before.at(place(sender(), "balance")), "\"0xde0b6b3a7640000\"");  // before it paid
    EXPECT_EQ(before.at(place(OUTER, "balance")), "\"0xa\"");
    EXPECT_EQ(before.at(place(OUTER, "nonce")), "1");
    EXPECT_EQ(before.at(place(OUTER, "code")), "\"" + to_hex(OUTER_CODE) + "\"");
    EXPECT_THAT(before.at(place(OUTER, "storage")), HasSubstr(std::string(64, '0')));
    EXPECT_THAT(before.at(place(INNER, "storage")), HasSubstr("05\""));

    // What INNER did is undone, so only OUTER and the sender are different, and the coinbase.
    const Parsed changes{
        traced.trace(0, R"({"tracer":"prestateTracer","tracerConfig":{"diffMode":true}})")};
    EXPECT_EQ(changes.at("/pre" + place(OUTER, "balance")), "\"0xa\"");
    EXPECT_EQ(changes.at("/post" + place(OUTER, "balance")), "missing");
    EXPECT_THAT(changes.at("/post" + place(OUTER, "storage")), HasSubstr("07\""));
    EXPECT_EQ(changes.at("/post/" + to_hex(INNER)), "missing");
    EXPECT_EQ(changes.at("/pre/" + to_hex(INNER)), "missing");
    EXPECT_EQ(changes.at("/post" + place(sender(), "nonce")), "1");
}

TEST(traces, each_transaction_of_a_block_stands_behind_the_one_before) {
    Traced traced{{transaction(0, OUTER), transaction(1, OUTER)}};
    const Parsed by_number{traced.get("debug_traceBlockByNumber", R"(["0x1"])")};
    const Parsed by_hash{
        traced.get("debug_traceBlockByHash", "[\"" + to_hex(traced.block->hash) + "\"]")};
    EXPECT_EQ(simdjson::minify(by_number.json), simdjson::minify(by_hash.json));
    EXPECT_EQ(by_number.at("/0/txHash"), "\"" + to_hex(traced.block->transaction_hashes[0]) + "\"");
    EXPECT_EQ(by_number.at("/0/result/structLogs/2/gasCost"), "22100");
    EXPECT_EQ(by_number.at("/1/result/structLogs/2/gasCost"), "2200");  // it has the value already
}

TEST(traces, errors_are_geths) {
    Traced traced{{transaction(0, OUTER)}};
    const std::string nobody = "\"0x" + std::string(63, '0') + "1\"";
    EXPECT_EQ(traced.error("debug_traceTransaction", "[" + nobody + "]").message,
              "transaction not found");
    EXPECT_EQ(traced.error("debug_traceBlockByHash", "[" + nobody + "]").message,
              "block 0x" + std::string(63, '0') + "1 not found");
    EXPECT_EQ(traced.error("debug_traceBlockByNumber", R"(["0x0"])").message,
              "genesis is not traceable");
    EXPECT_EQ(traced.error("debug_traceBlockByNumber", R"(["0x9"])").message, "block #9 not found");
    EXPECT_THAT(
        traced.error("debug_traceBlockByNumber", R"(["0x1",{"tracer":"noTracer"}])").message,
        HasSubstr("tracer not found: noTracer"));
    EXPECT_EQ(traced.error("debug_traceCall", R"([{},"pending"])").message,
              "tracing on top of pending is not supported");
}

TEST(traces, a_trace_larger_than_a_response_is_refused_and_takes_no_more_memory) {
    // JUMPDEST, MLOAD at 4096, POP, JUMP to 0: until there is no gas.
    Traced traced{{}};
    const std::string call =
        R"([{"to":"0x00000000000000000000000000000000000000ff","gas":"0x2faf080"},)"
        R"("latest",{"enableMemory":true,"stateOverrides":)"
        R"({"0x00000000000000000000000000000000000000ff":{"code":")" +
        to_hex("5b61100051505f56"_hex) + R"("}}}])";
    EXPECT_EQ(traced.error("debug_traceCall", call).message,
              "the trace is larger than a response may be");
}

TEST(traces, a_call_is_traced_on_overridden_state) {
    Traced traced{{}};
    // NUMBER, MSTORE, RETURN
    const std::string params =
        R"([{"to":"0x00000000000000000000000000000000000000ff"},"latest",{"tracer":"callTracer",)"
        R"("stateOverrides":{"0x00000000000000000000000000000000000000ff":{"code":"0x435f5260205ff3"}},)"
        R"("blockOverrides":{"number":"0x77"}}])";
    const Parsed tree{traced.get("debug_traceCall", params)};
    EXPECT_EQ(tree.at("/output"), "\"0x" + std::string(62, '0') + "77\"");
}

// --- debug_executionWitness

/// What a block does to the parent's tries can be done to what the witness has of them.
TEST(execution_witness, is_enough_to_come_to_the_blocks_root) {
    Traced traced{{transaction(0, OUTER), transaction(1, ENDS), transaction(2, MAKER)}};
    const Parsed witness{traced.get("debug_executionWitness", R"(["0x1"])")};
    EXPECT_EQ(witness.at("/headers/0/number"), "\"0x0\"");
    std::vector<Bytes> nodes;
    for (const auto node : witness.json["state"])
        nodes.push_back(*from_hex(node.get_string().value()));
    witness::NodeSet known{nodes};
    std::set<std::string> codes;
    for (const auto code : witness.json["codes"]) codes.emplace(code.get_string().value());
    for (const Bytes& code : {OUTER_CODE, INNER_CODE}) EXPECT_TRUE(codes.contains(to_hex(code)));

    const auto& store = traced.chain.chain().store();
    const auto parent = store.canonical_block(0);
    const auto before = store.state(parent->hash);
    const auto after = store.state(traced.block->hash);
    // ENDS has erased one of two slots.
    trie::Trie slots{known, {.hash = before->storage_root(ENDS)}};
    ASSERT_TRUE(slots.erase(crypto::keccak256(to_be(uint256{3u}))).has_value());
    EXPECT_EQ(slots.root_hash(), after->storage_root(ENDS));

    trie::Trie state{known, {.hash = parent->header().state_root}};
    const Address made = execution::create2_address(MAKER, {}, crypto::keccak256({}));
    for (const Address& address : {sender(), OUTER, INNER, ENDS, MAKER, HEIR, made, Address{}}) {
        const auto account = after->account(address);
        ASSERT_TRUE(account.has_value()) << to_hex(address);
        const auto encoded = rlp::encode_list(account->nonce, account->balance,
                                              after->storage_root(address), account->code_hash);
        EXPECT_TRUE(state.put(crypto::keccak256(address), encoded).has_value()) << to_hex(address);
    }
    EXPECT_EQ(state.root_hash(), traced.block->header().state_root);
}

// --- Otterscan

TEST(otterscan, tells_what_moved_ether_inside) {
    Traced traced{{transaction(0, OUTER), transaction(1, ENDS), transaction(2, MAKER)}};
    const auto operations = [&](size_t index) {
        return traced.get("ots_getInternalOperations",
                          "[\"" + to_hex(traced.block->transaction_hashes[index]) + "\"]");
    };
    EXPECT_EQ(operations(0), "[]");  // INNER reverted
    EXPECT_EQ(operations(1), R"([{"type":1,"from":)" + hex(ENDS) + R"(,"to":)" + hex(HEIR) +
                                 R"(,"value":"0x4"}])");
    EXPECT_THAT(operations(2), HasSubstr(R"([{"type":3,"from":)" + hex(MAKER)));
    EXPECT_THAT(operations(2), Not(HasSubstr(R"("type":2)")));
}

TEST(otterscan, traces_and_tells_errors) {
    Traced traced{{transaction(0, OUTER), transaction(1, INNER)}};
    const auto quoted = [&](size_t index) {
        return "[\"" + to_hex(traced.block->transaction_hashes[index]) + "\"]";
    };
    const Parsed trace{traced.get("ots_traceTransaction", quoted(0))};
    EXPECT_EQ(trace.at("/0/depth"), "0");
    EXPECT_EQ(trace.at("/1/depth"), "1");
    EXPECT_EQ(trace.at("/1/value"), "\"0x3\"");
    EXPECT_EQ(traced.get("ots_getTransactionError", quoted(0)), "\"0x\"");
    EXPECT_THAT(traced.get("ots_getTransactionError", quoted(1)), HasSubstr("\"0x08c379a0"));
}

TEST(otterscan, finds_transactions_creators_and_nonces) {
    Traced traced{{transaction(0, OUTER),
                   transaction(1, std::nullopt, "5f5f60015f53600160ff5360015ff3"_hex)}};
    const auto second = traced.chain.mine({transaction(2, MAKER), transaction(3, OUTER)});
    const Address created = execution::create_address(sender(), 1);
    const std::string creation = to_hex(traced.block->transaction_hashes[1]);
    EXPECT_EQ(traced.get("ots_getContractCreator", "[" + hex(created) + "]"),
              R"({"hash":")" + creation + R"(","creator":)" + hex(sender()) + "}");
    EXPECT_EQ(traced.get("ots_getContractCreator", "[" + hex(OUTER) + "]"), "null");
    EXPECT_EQ(traced.get("ots_getTransactionBySenderAndNonce", "[" + hex(sender()) + ",3]"),
              "\"" + to_hex(second->transaction_hashes[1]) + "\"");
    EXPECT_EQ(traced.get("ots_getTransactionBySenderAndNonce", "[" + hex(sender()) + ",4]"),
              "null");

    // INNER is called by OUTER alone.
    const Parsed before{traced.get("ots_searchTransactionsBefore", "[" + hex(INNER) + ",0,25]")};
    EXPECT_EQ(before.json["txs"].get_array().size(), 2u);
    EXPECT_EQ(before.at("/txs/0/hash"), "\"" + to_hex(second->transaction_hashes[1]) + "\"");
    EXPECT_EQ(before.at("/receipts/0/timestamp"),
              "\"" + to_quantity(uint256{second->header().timestamp_s}) + "\"");
    EXPECT_EQ(before.at("/firstPage"), "true");
    EXPECT_EQ(before.at("/lastPage"), "true");
    const Parsed after{traced.get("ots_searchTransactionsAfter", "[" + hex(INNER) + ",0,1]")};
    EXPECT_EQ(after.at("/txs/0/hash"), "\"" + to_hex(traced.block->transaction_hashes[0]) + "\"");
    EXPECT_EQ(after.at("/firstPage"), "false");
    EXPECT_EQ(after.at("/lastPage"), "true");
}

TEST(otterscan, tells_blocks_page_by_page) {
    Traced traced{
        {transaction(0, OUTER), transaction(1, INNER, "0102030405"_hex), transaction(2, HEIR)}};
    EXPECT_EQ(traced.get("ots_getApiLevel", "[]"), "8");
    EXPECT_EQ(traced.get("ots_hasCode", "[" + hex(OUTER) + R"(,"latest"])"), "true");
    EXPECT_EQ(traced.get("ots_hasCode", "[" + hex(HEIR) + R"(,"latest"])"), "false");
    const Parsed details{traced.get("ots_getBlockDetails", "[1]")};
    EXPECT_EQ(details.at("/block/transactionCount"), "3");
    EXPECT_EQ(details.at("/issuance/issuance"), "\"0x0\"");
    EXPECT_EQ(simdjson::minify(details.json),
              traced.get("ots_getBlockDetailsByHash", "[\"" + to_hex(traced.block->hash) + "\"]"));
    EXPECT_EQ(traced.get("ots_getBlockDetails", "[7]"), "null");

    // The last two, then the first.
    const Parsed newest{traced.get("ots_getBlockTransactions", "[1,0,2]")};
    EXPECT_EQ(newest.at("/fullblock/transactions/0/nonce"), "\"0x1\"");
    EXPECT_EQ(newest.at("/fullblock/transactions/0/input"), "\"0x01020304\"");
    EXPECT_EQ(newest.at("/receipts/1/transactionIndex"), "\"0x2\"");
    const Parsed oldest{traced.get("ots_getBlockTransactions", "[1,1,2]")};
    EXPECT_EQ(oldest.json["receipts"].get_array().size(), 1u);
    const Parsed beyond{traced.get("ots_getBlockTransactions", "[1,18446744073709551615,1000]")};
    EXPECT_EQ(beyond.json["receipts"].get_array().size(), 0u);
    EXPECT_THAT(traced.error("ots_getBlockTransactions", "[1,0,0]").message,
                HasSubstr("1 to 1000"));
    EXPECT_EQ(Parsed{traced.get("erigon_getHeaderByNumber", R"(["latest"])")}.at("/number"),
              "\"0x1\"");
}

}  // namespace
}  // namespace scope::rpc
