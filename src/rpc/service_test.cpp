#include "rpc/service.hpp"

#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "execution/system_contracts.hpp"
#include "lone_chain/lone_chain.hpp"
#include "net/message.hpp"
#include "rpc/filters.hpp"
#include "rpc/params.hpp"
#include "rpc/subscriptions.hpp"
#include "trie/proof.hpp"
#include "types/signing.hpp"

namespace scope::rpc {
namespace {

using namespace literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr ChainId CHAIN{31337};
constexpr Address EMITTER = "0x00000000000000000000000000000000000000ee"_address;
constexpr Address NOBODY = "0x00000000000000000000000000000000000000ff"_address;
constexpr Hash SLOT = "0x0000000000000000000000000000000000000000000000000000000000000001"_hash;
constexpr auto TOPIC = "0x00000000000000000000000000000000000000000000000000000000000000aa";

crypto::SecretKey key() {
    return *crypto::SecretKey::from(to_be(uint256{7u}));
}
Address sender() {
    return crypto::address_of(key());
}

chain::Genesis genesis() {
    chain::Genesis genesis;
    genesis.timestamp_s = 1000;
    genesis.alloc[sender()].balance = uint256{1'000'000'000} * uint256{1'000'000'000};
    genesis.alloc[EMITTER].code = "60aa5f5fa1"_hex;  // a log with the topic 0xaa
    for (const Address& each : {execution::WITHDRAWALS, execution::CONSOLIDATIONS})
        genesis.alloc[each].code = "00"_hex;  // no block without them
    genesis.alloc[EMITTER].storage[SLOT] = to_be(uint256{5u});
    return genesis;
}

Transaction transaction(uint64_t nonce, const std::optional<Address>& to, uint64_t tip_gwei = 1) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN;
    tx.nonce = nonce;
    tx.to = to;
    tx.gas_limit = 100'000;
    tx.max_priority_fee_per_gas = uint256{tip_gwei * 1'000'000'000};
    tx.max_fee_per_gas = uint256{20'000'000'000};
    sign(tx, key());
    return tx;
}

/// A connection that keeps what it is sent.
class Connection final : public net::Subscriber {
  public:
    bool send(std::shared_ptr<const std::string> message) override {
        if (is_open) messages.push_back(*message);
        return is_open;
    }
    std::vector<std::string> messages;
    bool is_open = true;
};

/// A service on a lone chain, asked by text.
template <typename Chain = testing::LoneChain>
struct Asked {
    Chain chain{chain::ChainSpec::of(evm::LATEST_REVISION, CHAIN), genesis()};
    Service service{chain};
    std::shared_ptr<Connection> connection = std::make_shared<Connection>();

    RpcResult call(std::string_view method, const std::string& params = "[]",
                   ChainId chain_id = CHAIN, bool by_websocket = false) {
        simdjson::dom::parser parser;
        std::optional<RpcResult> answer;
        service.call({.chain_id = chain_id,
                      .method = method,
                      .params = Json{parser.parse(params)},
                      .subscriber = by_websocket ? connection : nullptr},
                     [&](RpcResult result) { answer = std::move(result); });
        EXPECT_TRUE(answer.has_value()) << method;
        return std::move(*answer);
    }
    std::string result(std::string_view method, const std::string& params = "[]") {
        const RpcResult answer = call(method, params);
        EXPECT_TRUE(answer.has_value()) << method << ": " << (answer ? "" : answer.error().message);
        return answer.value_or("");
    }
    std::string subscribe(const std::string& params) {
        const RpcResult answer = call("eth_subscribe", params, CHAIN, true);
        EXPECT_TRUE(answer.has_value());
        return answer.value_or("");
    }
    RpcError error(std::string_view method, const std::string& params = "[]") {
        const RpcResult answer = call(method, params);
        EXPECT_FALSE(answer.has_value()) << method << ": " << answer.value_or("");
        return answer ? RpcError{} : answer.error();
    }
};
using Rpc = Asked<>;

/// A JSON text, parsed; alive as long as this.
struct Parsed {
    explicit Parsed(const std::string& text) : json(parser.parse(text)) {}
    simdjson::dom::parser parser;
    Json json;
    [[nodiscard]] std::string text(std::string_view pointer) const {
        return simdjson::minify(json.at_pointer(pointer).value());
    }
    [[nodiscard]] size_t size() const { return json.get_array().size(); }
};

std::string quoted(BytesView bytes) {
    return json::hex_json(bytes);
}

// --- Dispatch

TEST(service, an_unknown_method_is_told_in_geths_words) {
    Rpc rpc;
    for (const char* const name :
         {"eth_nothing", "anvil_nodeInfo", "scope_chains", "evm_snapshot", "rpc.discover", ""}) {
        const RpcError error = rpc.error(name);
        EXPECT_EQ(error.code, -32601);
        EXPECT_EQ(error.message,
                  "the method " + std::string{name} + " does not exist/is not available");
        EXPECT_EQ(error.data, "");
    }
    EXPECT_EQ(rpc.call("eth_chainId", "[]", ChainId{5}).error().code, -32601);
}

TEST(service, what_a_method_throws_is_an_internal_error) {
    struct Broken : testing::LoneChain {
        using LoneChain::LoneChain;
        [[nodiscard]] std::span<const DevAccount> accounts() const override {
            throw std::runtime_error{"the disk is gone"};
        }
    };
    Asked<Broken> rpc;
    const RpcError error = rpc.error("eth_accounts");
    EXPECT_EQ(error.code, -32603);
    EXPECT_EQ(error.message, "internal error: the disk is gone");
    EXPECT_EQ(rpc.result("eth_chainId"), "\"0x7a69\"");
}

TEST(service, a_batch_that_could_not_be_prepared_is_answered) {
    struct Unprepared : testing::LoneChain {
        using LoneChain::LoneChain;
        void expect(ChainId chain_id, std::vector<Transaction> transactions) override {
            EXPECT_EQ(chain_id, CHAIN);
            expected = transactions.size();
            throw std::bad_alloc{};
        }
        size_t expected = 0;
    };
    Asked<Unprepared> rpc;
    std::string batch = "[7,[],{}";  // what is no call is passed over
    for (const uint64_t nonce : {0u, 1u})
        batch += R"(,{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":[)" +
                 quoted(encode(transaction(nonce, NOBODY))) + "]}";
    const std::string answer = net::run_message(rpc.service, CHAIN, batch + ']');
    EXPECT_EQ(rpc.chain.expected, 2u);
    EXPECT_EQ(Parsed{answer}.size(), 5u);
    for (const uint64_t nonce : {0u, 1u})
        EXPECT_THAT(answer, HasSubstr(quoted(hash(transaction(nonce, NOBODY)))));
}

TEST(service, parameters_are_checked_before_anything_else) {
    Rpc rpc;
    EXPECT_EQ(rpc.error("eth_getBalance").message,
              "missing value for required argument 0 (address)");
    EXPECT_EQ(rpc.error("eth_getBalance", R"(["0x1"])").code, -32602);
    EXPECT_EQ(rpc.error("eth_getBalance", "{}").code, -32602);
    EXPECT_EQ(rpc.error("eth_getBlockByNumber", R"(["latest", true, 1])").message,
              "too many arguments, want at most 2");
    EXPECT_EQ(rpc.result("eth_chainId", "[null]"), "\"0x7a69\"");
}

TEST(service, the_document_is_what_discover_returns) {
    Rpc rpc;
    EXPECT_THAT(rpc.service.methods(), ::testing::Not(::testing::Contains("rpc.discover")));
    rpc.service.set_document(R"({"openrpc":"1.2.6"})");
    EXPECT_EQ(rpc.result("rpc.discover"), R"({"openrpc":"1.2.6"})");
    EXPECT_THAT(rpc.service.methods(), ::testing::Contains("rpc.discover"));
}

TEST(service, a_node_says_what_it_is) {
    Rpc rpc;
    EXPECT_THAT(rpc.result("web3_clientVersion"), HasSubstr("scope/v"));
    EXPECT_EQ(rpc.result("web3_sha3", R"(["0x"])"), quoted(EMPTY_CODE_HASH));
    EXPECT_EQ(rpc.result("net_version"), "\"31337\"");
    EXPECT_EQ(rpc.result("net_listening"), "true");
    EXPECT_EQ(rpc.result("net_peerCount"), "\"0x0\"");
    EXPECT_EQ(rpc.result("eth_syncing"), "false");
    EXPECT_EQ(rpc.result("eth_mining"), "false");
    EXPECT_EQ(rpc.result("eth_accounts"), "[]");
    EXPECT_EQ(rpc.result("eth_coinbase"), quoted(Address{}));
    EXPECT_THAT(rpc.result("rpc_modules"), HasSubstr(R"("eth":"1.0")"));
    EXPECT_THAT(rpc.result("eth_capabilities"),
                HasSubstr(R"("logs":{"disabled":false,"oldestBlock":"0x0"})"));
    const Parsed config{rpc.result("eth_config")};
    EXPECT_EQ(config.text("/current/activationTime"), "0");
    EXPECT_EQ(config.text("/current/precompiles/P256VERIFY"),
              "\"0x0000000000000000000000000000000000000100\"");
    EXPECT_EQ(config.text("/next"), "null");
    EXPECT_EQ(config.text("/last"), "null");
}

// --- Blocks, transactions, receipts

TEST(blocks, are_found_by_every_name) {
    Rpc rpc;
    const auto block = rpc.chain.mine({transaction(0, EMITTER)});
    EXPECT_EQ(rpc.result("eth_blockNumber"), "\"0x1\"");
    const std::string by_hash =
        rpc.result("eth_getBlockByHash", "[" + quoted(block->hash) + ",false]");
    for (const char* const tag : {"latest", "safe", "finalized", "0x1"})
        EXPECT_EQ(rpc.result("eth_getBlockByNumber", "[\"" + std::string{tag} + "\",false]"),
                  by_hash);
    const Parsed parsed{by_hash};
    EXPECT_EQ(parsed.text("/hash"), quoted(block->hash));
    EXPECT_EQ(parsed.text("/transactions"), "[" + quoted(block->transaction_hashes[0]) + "]");
    EXPECT_EQ(Parsed{rpc.result("eth_getBlockByNumber", R"(["earliest",true])")}.text("/number"),
              "\"0x0\"");
    EXPECT_EQ(rpc.result("eth_getBlockByNumber", R"(["0x2",true])"), "null");
    EXPECT_EQ(rpc.result("eth_getBlockByHash", "[" + quoted(Hash{}) + ",true]"), "null");
    EXPECT_EQ(rpc.result("eth_getBlockReceipts", R"(["0x2"])"), "null");
    for (const std::string& name : {quoted(block->hash), std::string{"\"0x1\""}}) {
        const std::string by = name.size() > 10 ? "Hash" : "Number";
        EXPECT_EQ(rpc.result("eth_getBlockTransactionCountBy" + by, "[" + name + "]"), "\"0x1\"");
        EXPECT_EQ(rpc.result("eth_getUncleCountByBlock" + by, "[" + name + "]"), "\"0x0\"");
        EXPECT_EQ(rpc.result("eth_getUncleByBlock" + by + "AndIndex", "[" + name + ",\"0x0\"]"),
                  "null");
        EXPECT_EQ(
            rpc.result("eth_getTransactionByBlock" + by + "AndIndex", "[" + name + ",\"0x1\"]"),
            "null");
        EXPECT_EQ(
            rpc.result("eth_getTransactionByBlock" + by + "AndIndex", "[" + name + ",\"0x0\"]"),
            rpc.result("eth_getTransactionByHash",
                       "[" + quoted(block->transaction_hashes[0]) + "]"));
    }
}

TEST(blocks, a_pending_one_has_what_waits_and_changes_nothing) {
    Rpc rpc;
    const auto hash = rpc.chain.send(CHAIN, transaction(0, EMITTER), {}, std::nullopt);
    ASSERT_TRUE(hash.has_value());
    const Parsed pending{rpc.result("eth_getBlockByNumber", R"(["pending",false])")};
    EXPECT_EQ(pending.text("/number"), "\"0x1\"");
    for (const char* const name : {"/hash", "/nonce", "/miner"})
        EXPECT_EQ(pending.text(name), "null");
    EXPECT_EQ(pending.text("/transactions"), "[" + quoted(*hash) + "]");
    EXPECT_EQ(rpc.result("eth_getTransactionCount", "[" + quoted(sender()) + ",\"pending\"]"),
              "\"0x1\"");
    EXPECT_EQ(rpc.result("eth_getTransactionCount", "[" + quoted(sender()) + "]"), "\"0x0\"");
    EXPECT_EQ(rpc.result("eth_getTransactionReceipt", "[" + quoted(*hash) + "]"), "null");
    const Parsed waiting{rpc.result("eth_getTransactionByHash", "[" + quoted(*hash) + "]")};
    EXPECT_EQ(waiting.text("/blockHash"), "null");
    EXPECT_EQ(waiting.text("/transactionIndex"), "null");
    EXPECT_EQ(waiting.text("/gasPrice"), "\"0x4a817c800\"");
    EXPECT_EQ(rpc.result("eth_blockNumber"), "\"0x0\"");
}

TEST(blocks, receipts_count_gas_and_logs_within_the_block) {
    Rpc rpc;
    const auto block = rpc.chain.mine(
        {transaction(0, EMITTER), transaction(1, EMITTER, 2), transaction(2, std::nullopt)});
    const Parsed all{rpc.result("eth_getBlockReceipts", R"(["latest"])")};
    ASSERT_EQ(all.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
        const std::string one = rpc.result("eth_getTransactionReceipt",
                                           "[" + quoted(block->transaction_hashes[i]) + "]");
        EXPECT_EQ(one, all.text("/" + std::to_string(i)));
    }
    EXPECT_EQ(all.text("/1/logs/0/logIndex"), "\"0x1\"");
    EXPECT_EQ(all.text("/1/logs/0/topics"), "[\"" + std::string{TOPIC} + "\"]");
    EXPECT_EQ(all.text("/1/status"), "\"0x1\"");
    EXPECT_EQ(all.text("/1/contractAddress"), "null");
    EXPECT_EQ(all.text("/0/gasUsed"), all.text("/1/gasUsed"));
    const uint256 base_fee = *block->header().base_fee_per_gas;
    EXPECT_EQ(all.text("/1/effectiveGasPrice"),
              json::quantity_json(base_fee + uint256{2'000'000'000}));
    EXPECT_EQ(all.text("/2/to"), "null");
    EXPECT_EQ(all.text("/2/contractAddress").size(), 2u + 2 + 40);
    EXPECT_EQ(
        rpc.result("eth_getRawTransactionByHash", "[" + quoted(block->transaction_hashes[0]) + "]"),
        quoted(encode(block->block.transactions[0])));
    EXPECT_EQ(rpc.result("debug_getRawBlock", R"(["0x1"])"), quoted(encode(block->block)));
    EXPECT_EQ(rpc.result("debug_getRawHeader", R"(["0x1"])"), quoted(encode(block->header())));
    EXPECT_EQ(Parsed{rpc.result("debug_getRawReceipts", R"(["0x1"])")}.text("/0"),
              quoted(encode(block->receipts[0])));
    EXPECT_EQ(rpc.result("debug_getRawTransaction", "[" + quoted(Hash{}) + "]"), "\"0x\"");
    EXPECT_EQ(rpc.error("debug_getRawBlock", "[" + quoted(Hash{}) + "]").code, -32000);
}

// --- Accounts

TEST(accounts, are_read_at_any_block) {
    Rpc rpc;
    const auto block = rpc.chain.mine({transaction(0, NOBODY)});
    const std::string of_sender = "[" + quoted(sender());
    const std::string before = rpc.result("eth_getBalance", of_sender + ",\"0x0\"]");
    EXPECT_EQ(before, "\"0xde0b6b3a7640000\"");
    EXPECT_NE(rpc.result("eth_getBalance", of_sender + "]"), before);
    EXPECT_EQ(rpc.result("eth_getTransactionCount", of_sender + ",\"earliest\"]"), "\"0x0\"");
    EXPECT_EQ(rpc.result("eth_getTransactionCount", of_sender + "," + quoted(block->hash) + "]"),
              "\"0x1\"");
    EXPECT_EQ(rpc.result("eth_getCode", "[" + quoted(EMITTER) + "]"), "\"0x60aa5f5fa1\"");
    EXPECT_EQ(rpc.result("eth_getCode", "[" + quoted(NOBODY) + "]"), "\"0x\"");
    EXPECT_EQ(rpc.result("eth_getStorageAt", "[" + quoted(EMITTER) + ",\"0x1\",\"latest\"]"),
              quoted(to_be(uint256{5u})));
    EXPECT_EQ(
        rpc.result("eth_getStorageValues", "[{" + quoted(EMITTER) + R"(:["0x1","0x2"]}])"),
        "{" + quoted(EMITTER) + ":[" + quoted(to_be(uint256{5u})) + "," + quoted(Hash{}) + "]}");
    EXPECT_EQ(rpc.result("eth_getAccountInfo", "[" + quoted(EMITTER) + "]"),
              R"({"balance":"0x0","nonce":"0x0","code":"0x60aa5f5fa1"})");

    EXPECT_EQ(rpc.error("eth_getBalance", of_sender + ",\"0x2\"]").message, "header not found");
    EXPECT_EQ(rpc.error("eth_getBalance", of_sender + "," + quoted(Hash{}) + "]").message,
              "header for hash not found");
    EXPECT_EQ(rpc.error("eth_getStorageAt", "[" + quoted(EMITTER) + ",\"0xz\"]").message,
              "invalid hex in storage key: \"0xz\"");
    EXPECT_EQ(rpc.error("eth_getStorageValues", "[{}]").message, "empty request");
}

TEST(accounts, requireCanonical_refuses_a_block_that_is_none) {
    Rpc rpc;
    const auto lost = rpc.chain.mine({transaction(0, NOBODY)});
    rpc.chain.set_head(lost->header().parent_hash);
    const auto ask = [&](const char* canonical) {
        return rpc.call("eth_getBalance", "[" + quoted(sender()) + R"(,{"blockHash":)" +
                                              quoted(lost->hash) + R"(,"requireCanonical":)" +
                                              canonical + "}]");
    };
    EXPECT_TRUE(ask("false").has_value());
    EXPECT_EQ(ask("true").error().message, "hash is not currently canonical");
}

TEST(accounts, proofs_hold_against_the_state_root) {
    Rpc rpc;
    const Hash root = rpc.chain.chain().head()->header().state_root;
    const auto nodes_at = [](const Parsed& parsed, const std::string& pointer) {
        std::vector<Bytes> nodes;
        for (const Json node : parsed.json.at_pointer(pointer).get_array())
            nodes.push_back(*from_hex(std::string_view{node}));
        return nodes;
    };
    for (const Address& address : {EMITTER, sender(), NOBODY}) {
        const Parsed proof{
            rpc.result("eth_getProof", "[" + quoted(address) + R"(,["0x1","0x2"],"latest"])")};
        const auto account =
            trie::verify_proof(root, crypto::keccak256(address), nodes_at(proof, "/accountProof"));
        ASSERT_TRUE(account.has_value());
        EXPECT_EQ(account->has_value(), address != NOBODY);
        if (address != EMITTER) continue;
        const Hash storage = *fixed_from_hex<32>(std::string_view{proof.json["storageHash"]});
        for (size_t i = 0; i < 2; ++i) {
            const auto value = trie::verify_proof(
                storage, crypto::keccak256(to_be(uint256{1 + i})),
                nodes_at(proof, "/storageProof/" + std::to_string(i) + "/proof"));
            ASSERT_TRUE(value.has_value());
            EXPECT_EQ(value->has_value(), i == 0);
        }
        EXPECT_EQ(proof.text("/storageProof/0/value"), "\"0x5\"");
        EXPECT_EQ(proof.text("/storageProof/0/key"), "\"0x1\"");
    }
}

// --- Fees

TEST(fees, history_is_of_the_blocks_that_there_are) {
    Rpc rpc;
    rpc.chain.mine({transaction(0, EMITTER, 1), transaction(1, EMITTER, 3)});
    const Parsed history{rpc.result("eth_feeHistory", R"(["0x5","latest",[0,50,100]])")};
    EXPECT_EQ(history.text("/oldestBlock"), "\"0x0\"");
    EXPECT_EQ(history.text("/reward/0"), R"(["0x0","0x0","0x0"])");
    EXPECT_EQ(history.text("/reward/1"), R"(["0x3b9aca00","0x3b9aca00","0xb2d05e00"])");
    EXPECT_EQ(Parsed{history.text("/baseFeePerGas")}.size(), 3u);
    EXPECT_EQ(history.text("/baseFeePerGas/2"), rpc.result("eth_baseFee"));
    EXPECT_EQ(history.text("/gasUsedRatio/0"), "0");
    EXPECT_EQ(rpc.result("eth_maxPriorityFeePerGas"), "\"0x3b9aca00\"");
    EXPECT_EQ(rpc.result("eth_blobBaseFee"), "\"0x1\"");
    EXPECT_EQ(rpc.result("eth_feeHistory", R"([0,"latest",[]])"),
              R"({"oldestBlock":"0x0","gasUsedRatio":[]})");
    EXPECT_EQ(rpc.error("eth_feeHistory", R"(["0x1","0x9",[]])").message,
              "request beyond head block: requested 9, head 1");
    EXPECT_THAT(rpc.error("eth_feeHistory", R"(["0x1","latest",[101]])").message,
                HasSubstr("invalid reward percentile"));
    EXPECT_THAT(rpc.error("eth_feeHistory", R"(["0x1","latest",[5,5]])").message,
                HasSubstr("invalid reward percentile"));
}

// --- Logs

TEST(logs, are_found_by_address_topic_and_block) {
    Rpc rpc;
    rpc.chain.mine({transaction(0, EMITTER), transaction(1, NOBODY), transaction(2, EMITTER)});
    const auto block = rpc.chain.mine({transaction(3, EMITTER)});
    const auto count = [&](const std::string& filter) {
        return Parsed{rpc.result("eth_getLogs", "[{" + filter + "}]")}.size();
    };
    const std::string all = R"("fromBlock":"earliest","toBlock":"latest")";
    const std::string topic = "\"" + std::string{TOPIC} + "\"";
    const std::string other = quoted(Hash{});
    EXPECT_EQ(count(all), 3u);
    EXPECT_EQ(count(""), 1u);
    EXPECT_EQ(count(all + R"(,"address":)" + quoted(EMITTER)), 3u);
    EXPECT_EQ(count(all + R"(,"address":[)" + quoted(NOBODY) + "," + quoted(EMITTER) + "]"), 3u);
    EXPECT_EQ(count(all + R"(,"address":)" + quoted(NOBODY)), 0u);
    EXPECT_EQ(count(all + R"(,"topics":[)" + topic + "]"), 3u);
    EXPECT_EQ(count(all + R"(,"topics":[null])"), 3u);
    EXPECT_EQ(count(all + R"(,"topics":[null,null])"), 0u);
    EXPECT_EQ(count(all + R"(,"topics":[[)" + other + "," + topic + "]]"), 3u);
    EXPECT_EQ(count(all + R"(,"topics":[)" + other + "]"), 0u);
    EXPECT_EQ(count(R"("blockHash":)" + quoted(block->hash)), 1u);
    EXPECT_EQ(count(R"("fromBlock":"0x1","toBlock":"0x1")"), 2u);
    const Parsed first{rpc.result("eth_getLogs", R"([{"fromBlock":"0x1","toBlock":"0x1"}])")};
    EXPECT_EQ(first.text("/1/logIndex"), "\"0x1\"");
    EXPECT_EQ(first.text("/1/transactionIndex"), "\"0x2\"");
    EXPECT_EQ(first.text("/1/removed"), "false");
}

TEST(logs, a_bad_query_is_refused_in_geths_words) {
    Rpc rpc;
    const std::string hash = quoted(Hash{});
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"("fromBlock":"0x1","toBlock":"0x0")", "invalid block range params"},
        {R"("fromBlock":"0x0","toBlock":"0x9")", "block range extends beyond current head block"},
        {R"("fromBlock":"pending")", "pending logs are not supported"},
        {R"("blockHash":)" + hash + R"(,"toBlock":"0x1")",
         "invalid argument 0: cannot specify both BlockHash and FromBlock/ToBlock, choose one or "
         "the other"},
        {R"("topics":[null,null,null,null,null])", "invalid argument 0: exceed max topics"},
        {R"("topics":[5])", "invalid argument 0: invalid topic(s)"},
        {R"("address":[5])", "invalid argument 0: non-string address at index 0"},
        {R"("address":5)", "invalid argument 0: invalid addresses in query"},
        {R"("address":"0x01")",
         "invalid argument 0: hex has invalid length 1 after decoding; expected 20 for address"},
    };
    for (const auto& [filter, message] : cases) {
        const RpcError error = rpc.error("eth_getLogs", "[{" + filter + "}]");
        EXPECT_EQ(error.code, -32602) << filter;
        EXPECT_EQ(error.message, message);
    }
    EXPECT_EQ(rpc.error("eth_getLogs", R"([{"blockHash":)" + hash + "}]").message, "unknown block");
    std::string many = R"([{"address":[)" + quoted(NOBODY);
    for (size_t i = 0; i < LogQuery::MOST_VALUES; ++i) many += "," + quoted(NOBODY);
    EXPECT_THAT(rpc.error("eth_getLogs", many + "]}]").message, HasSubstr("exceed max addresses"));
}

// --- Filters

TEST(filters, tell_what_happened_since_the_last_call) {
    Rpc rpc;
    const std::string blocks = rpc.result("eth_newBlockFilter");
    const std::string logs = rpc.result("eth_newFilter", "[{}]");
    const std::string later = rpc.result("eth_newFilter", R"([{"fromBlock":"0x2"}])");
    const std::string pending = rpc.result("eth_newPendingTransactionFilter");
    const std::string full = rpc.result("eth_newPendingTransactionFilter", "[true]");
    const auto hash = rpc.chain.send(CHAIN, transaction(0, EMITTER), {}, std::nullopt);
    const auto block = rpc.chain.mine();
    const auto changes = [&](const std::string& id) {
        return rpc.result("eth_getFilterChanges", "[" + id + "]");
    };
    EXPECT_EQ(changes(blocks), "[" + quoted(block->hash) + "]");
    EXPECT_EQ(changes(blocks), "[]");
    EXPECT_EQ(changes(pending), "[" + quoted(*hash) + "]");
    EXPECT_EQ(Parsed{changes(full)}.text("/0/hash"), quoted(*hash));
    EXPECT_EQ(Parsed{changes(logs)}.text("/0/removed"), "false");
    EXPECT_EQ(changes(later), "[]");
    EXPECT_EQ(Parsed{rpc.result("eth_getFilterLogs", "[" + logs + "]")}.size(), 1u);

    rpc.chain.set_head(block->header().parent_hash);
    const Parsed removed{changes(logs)};
    EXPECT_EQ(removed.text("/0/removed"), "true");
    EXPECT_EQ(removed.text("/0/blockHash"), quoted(block->hash));

    EXPECT_EQ(rpc.result("eth_uninstallFilter", "[" + logs + "]"), "true");
    EXPECT_EQ(rpc.result("eth_uninstallFilter", "[" + logs + "]"), "false");
    for (const char* const method : {"eth_getFilterChanges", "eth_getFilterLogs"})
        EXPECT_EQ(rpc.error(method, "[" + logs + "]").message, "filter not found");
    EXPECT_EQ(rpc.error("eth_getFilterLogs", "[" + blocks + "]").message, "filter not found");
}

TEST(filters, a_query_that_cannot_follow_the_chain_is_refused) {
    Rpc rpc;
    for (const char* const filter :
         {R"("fromBlock":"0x2","toBlock":"0x1")", R"("toBlock":"0x1")", R"("fromBlock":"safe")"})
        EXPECT_EQ(rpc.error("eth_newFilter", "[{" + std::string{filter} + "}]").message,
                  "invalid block range params");
}

chain::StoredBlockPtr numbered_block(uint64_t number) {
    auto block = std::make_shared<chain::StoredBlock>();
    block->block.header.number = number;
    return block;
}

TEST(filters, expire_unless_they_are_polled) {
    std::chrono::steady_clock::time_point now{};
    Filters filters{{}, [&] { return now; }};
    const std::string polled = filters.add_blocks(CHAIN);
    const std::string forgotten = filters.add_blocks(CHAIN);
    for (int minute = 0; minute < 6; ++minute) {
        now += std::chrono::minutes{1};
        EXPECT_EQ(filters.changes(CHAIN, polled), "[]");
    }
    EXPECT_EQ(filters.size(), 1u);
    EXPECT_THROW(filters.changes(CHAIN, forgotten), RpcFailure);
    now += std::chrono::minutes{6};
    const std::vector<chain::StoredBlockPtr> blocks{numbered_block(1)};
    filters.on_blocks(CHAIN, {}, blocks);
    EXPECT_EQ(filters.size(), 0u);
}

TEST(filters, are_bounded_in_number_and_size) {
    Filters filters{{.most = 3, .most_entries = 2, .most_entries_of_all = 5}};
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) ids.push_back(filters.add_blocks(CHAIN));
    EXPECT_THROW(filters.add_blocks(CHAIN), RpcFailure);
    const std::vector<chain::StoredBlockPtr> two{numbered_block(1), numbered_block(2)};
    filters.on_blocks(CHAIN, {}, two);
    EXPECT_EQ(filters.size(), 2u) << "six entries are more than all may have";
    const std::vector<chain::StoredBlockPtr> one{numbered_block(3)};
    filters.on_blocks(CHAIN, {}, one);
    EXPECT_EQ(filters.size(), 0u) << "three entries are more than one may have";
    for (int i = 0; i < 3; ++i) filters.add_blocks(CHAIN);
    EXPECT_EQ(filters.size(), 3u) << "what they held counts no more";
    filters.on_blocks(CHAIN, {}, one);
    EXPECT_EQ(filters.size(), 3u);
}

TEST(filters, belong_to_one_chain) {
    Filters filters;
    const std::string id = filters.add_blocks(CHAIN);
    const std::vector<chain::StoredBlockPtr> blocks{numbered_block(1)};
    filters.on_blocks(ChainId{5}, {}, blocks);
    EXPECT_EQ(filters.changes(CHAIN, id), "[]");
    EXPECT_THROW(filters.changes(ChainId{5}, id), RpcFailure);
    EXPECT_FALSE(filters.remove(ChainId{5}, id));
}

// --- Subscriptions

TEST(subscriptions, notify_of_heads_logs_and_what_waits) {
    Rpc rpc;
    const std::string heads = rpc.subscribe(R"(["newHeads"])");
    const std::string logs = rpc.subscribe(R"(["logs",{"address":)" + quoted(EMITTER) + "}]");
    const std::string none = rpc.subscribe(R"(["logs",{"address":)" + quoted(NOBODY) + "}]");
    const std::string pending = rpc.subscribe(R"(["newPendingTransactions"])");
    const std::string full = rpc.subscribe(R"(["newPendingTransactions",true])");
    rpc.subscribe(R"(["syncing"])");
    const auto hash = rpc.chain.send(CHAIN, transaction(0, EMITTER), {}, std::nullopt);
    auto& messages = rpc.connection->messages;
    EXPECT_THAT(std::exchange(messages, {}),
                ElementsAre(R"({"jsonrpc":"2.0","method":"eth_subscription","params":{)"
                            R"("subscription":)" +
                                pending + R"(,"result":)" + quoted(*hash) + "}}",
                            HasSubstr(full + R"(,"result":{"blockHash":null)")));
    const auto block = rpc.chain.mine();
    ASSERT_THAT(messages, SizeIs(2));
    EXPECT_EQ(Parsed{messages[0]}.text("/params/subscription"), heads);
    EXPECT_EQ(Parsed{messages[0]}.text("/params/result/hash"), quoted(block->hash));
    EXPECT_EQ(Parsed{messages[1]}.text("/params/subscription"), logs);
    EXPECT_EQ(Parsed{messages[1]}.text("/params/result/removed"), "false");
    messages.clear();
    rpc.chain.set_head(block->header().parent_hash);
    ASSERT_THAT(messages, SizeIs(1));
    EXPECT_EQ(Parsed{messages[0]}.text("/params/result/removed"), "true");
    EXPECT_EQ(Parsed{messages[0]}.text("/params/result/logIndex"), "\"0x0\"");
}

TEST(subscriptions, end_when_they_are_told_to_or_their_connection_ends) {
    Rpc rpc;
    const std::string id = rpc.subscribe(R"(["newHeads"])");
    rpc.chain.mine();
    EXPECT_THAT(rpc.connection->messages, SizeIs(1));
    EXPECT_EQ(rpc.call("eth_unsubscribe", "[" + id + "]", CHAIN, true).value_or(""), "true");
    EXPECT_EQ(rpc.call("eth_unsubscribe", "[" + id + "]", CHAIN, true).error().message,
              "subscription not found");
    rpc.chain.mine();
    EXPECT_THAT(rpc.connection->messages, SizeIs(1));

    rpc.subscribe(R"(["newHeads"])");
    rpc.service.closed(*rpc.connection);
    rpc.chain.mine();
    EXPECT_THAT(rpc.connection->messages, SizeIs(1));
}

TEST(subscriptions, of_a_connection_that_takes_no_more_are_dropped) {
    Subscriptions subscriptions;
    const auto connection = std::make_shared<Connection>();
    struct Twice final : Feed {
        void on_refusal(const RefusalRecord& /*refusal*/, const Notify& notify) override {
            notify("1");
            notify("2");
        }
    };
    for (int i = 0; i < 3; ++i) subscriptions.add(connection, "test", std::make_unique<Twice>());
    subscriptions.on_refusal({});
    EXPECT_THAT(connection->messages, SizeIs(6));
    connection->is_open = false;
    subscriptions.on_refusal({});
    EXPECT_EQ(subscriptions.size(), 0u);
    EXPECT_EQ(connection.use_count(), 1);
}

TEST(subscriptions, are_bounded_for_each_connection) {
    Subscriptions subscriptions;
    const auto connection = std::make_shared<Connection>();
    for (size_t i = 0; i < Subscriptions::MOST_OF_A_CONNECTION; ++i)
        subscriptions.add(connection, "test", std::make_unique<Feed>());
    EXPECT_THROW(subscriptions.add(connection, "test", std::make_unique<Feed>()), RpcFailure);
    subscriptions.add(std::make_shared<Connection>(), "test", std::make_unique<Feed>());
    EXPECT_EQ(subscriptions.size(), Subscriptions::MOST_OF_A_CONNECTION + 1);
}

TEST(subscriptions, need_a_connection_and_a_kind_that_there_is) {
    Rpc rpc;
    EXPECT_EQ(rpc.error("eth_subscribe", R"(["newHeads"])").message, "notifications not supported");
    EXPECT_EQ(rpc.error("eth_unsubscribe", R"(["0x1"])").message, "notifications not supported");
    EXPECT_EQ(rpc.call("eth_subscribe", R"(["news"])", CHAIN, true).error().message,
              "no \"news\" subscription in eth namespace");
}

// --- Pool

TEST(pool_methods, tell_what_is_next_from_what_waits_for_a_nonce) {
    Rpc rpc;
    for (const uint64_t nonce : {0u, 1u, 5u})
        ASSERT_TRUE(rpc.chain.send(CHAIN, transaction(nonce, EMITTER), {}, std::nullopt));
    EXPECT_EQ(rpc.result("txpool_status"), R"({"pending":"0x2","queued":"0x1"})");
    const Parsed from{rpc.result("txpool_contentFrom", "[" + quoted(sender()) + "]")};
    EXPECT_EQ(from.text("/pending/1/nonce"), "\"0x1\"");
    EXPECT_EQ(from.text("/queued/5/nonce"), "\"0x5\"");
    EXPECT_EQ(rpc.result("txpool_contentFrom", "[" + quoted(NOBODY) + "]"),
              R"({"pending":{},"queued":{}})");
    const Parsed all{rpc.result("txpool_content")};
    size_t senders = 0;
    for (const auto& [name, content] : all.json["pending"].get_object()) {
        EXPECT_EQ(fixed_from_hex<20>(name), sender());
        EXPECT_EQ(simdjson::minify(Json{content}), from.text("/pending"));
        ++senders;
    }
    EXPECT_EQ(senders, 1u);
    EXPECT_THAT(rpc.result("txpool_inspect"),
                HasSubstr(R"(: 0 wei + 100000 gas × 20000000000 wei")"));
}

}  // namespace
}  // namespace scope::rpc
