// RpcL1 on clients that aren't ours: anvil, and plain geth where SCOPE_GETH or the path has one. Each
// test is skipped where its client is missing.

#include <gmock/gmock.h>

#include "builder/next_l1_block.hpp"
#include "evm/analysis.hpp"
#include "execution/host.hpp"
#include "l1/l1_account.hpp"
#include "l1/rpc_l1_sender.hpp"
#include "l1/rpc_l1_view.hpp"
#include "peer_process.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

using namespace scope::literals;

/// A client with a funded key.
class Peer {
  public:
    virtual ~Peer() = default;
    /// Mines what waits.
    virtual void mine() = 0;
    /// Replaces the last blocks by empty ones.
    virtual void reorganise(uint64_t depth) = 0;

    [[nodiscard]] bool has_blobs() const { return !beacon.empty(); }
    std::string url;
    std::string beacon;  ///< empty: none
    ChainId chain_id;
    std::optional<crypto::SecretKey> account;
    uint64_t first_block = 0;  ///< whose state root is that of its state

    /// Returns the result of a call as JSON text. Throws if it is an error.
    std::string ask(const std::string& method, const std::string& params) const {
        const net::RpcRequest request{method, params};
        const auto replies = RpcEndpoint{*net::parse_http_url(url)}.call({&request, 1});
        if (!replies) throw std::runtime_error{to_string(replies.error())};
        const auto& reply = (*replies)[0];
        if (!reply) throw std::runtime_error{method + ": " + reply.error().message};
        return simdjson::minify(*reply);
    }

  protected:
    PeerProcess process_;
};

crypto::SecretKey key_of(Bytes bytes) {
    return *crypto::SecretKey::from(Hash::from(bytes));
}

class AnvilPeer final : public Peer {
  public:
    static std::filesystem::path program() {
        const char* given = std::getenv("SCOPE_ROOT");
        return std::filesystem::path{given != nullptr ? given : SCOPE_SOURCE_DIR} /
               "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";
    }
    AnvilPeer() {
        process_.start({program().string(), "--hardfork", "osaka", "--host", "127.0.0.1", "--port",
                        "0", "--no-mining", "--threads", "8"});
        url = fmt::format("http://127.0.0.1:{}", process_.wait_for_port("Listening on 127.0.0.1:"));
        beacon = url;
        chain_id = ChainId{31337};
        // Of the mnemonic that all development networks have.
        account = key_of("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"_hex);
        first_block = 1;  // its genesis header has the root of an empty state
    }
    void mine() override { ask("evm_mine", "[]"); }
    void reorganise(uint64_t depth) override { ask("anvil_reorg", fmt::format("[{},[]]", depth)); }
};

class GethPeer final : public Peer {
  public:
    static std::filesystem::path program() {
        if (const char* given = std::getenv("SCOPE_GETH")) return given;
        std::istringstream path{std::getenv("PATH") != nullptr ? std::getenv("PATH") : ""};
        for (std::string folder; std::getline(path, folder, ':');)
            if (std::filesystem::exists(folder + "/geth")) return folder + "/geth";
        return "geth";
    }
    GethPeer() {
        const std::string data = (process_.folder() / "data").string();
        const std::string genesis = (process_.folder() / "genesis.json").string();
        std::ofstream{genesis} << genesis_of(
            PeerProcess{}.run({program().string(), "--dev", "dumpgenesis"}));
        process_.run({program().string(), "init", "--datadir", data, genesis});
        process_.start({program().string(),
                        "--datadir",
                        data,
                        "--nodiscover",
                        "--maxpeers",
                        "0",
                        "--nat",
                        "none",
                        "--ipcdisable",
                        "--port",
                        "0",
                        "--authrpc.port",
                        "0",
                        "--http",
                        "--http.addr",
                        "127.0.0.1",
                        "--http.port",
                        "0",
                        "--http.api",
                        "eth,net,debug,testing,txpool",
                        "--syncmode",
                        "full",
                        "--gcmode",
                        "archive",
                        "--miner.gasprice",
                        "1"});
        url = fmt::format("http://127.0.0.1:{}",
                          process_.wait_for_port("endpoint=127.0.0.1:", "auth=false"));
        chain_id = ChainId{1337};
        // geth's public key for tests.
        account = key_of("0xb71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291"_hex);
    }
    void mine() override {
        // What was sent waits in the queue until the pool has looked at it.
        const auto queued = [&] {
            const json::Document status{ask("txpool_status", "[]")};
            return json::get(status.root(), "queued", json::u64);
        };
        while (queued() > 0) std::this_thread::sleep_for(std::chrono::milliseconds{5});
        commit("null");
    }
    void reorganise(uint64_t depth) override {
        const json::Document number{ask("eth_blockNumber", "[]")};
        ask("debug_setHead", fmt::format(R"(["{:#x}"])", json::u64(number.root()) - depth));
        for (; depth > 0; --depth) commit("[]");
    }

  private:
    /// Makes a block of the transactions in a JSON array; null: of those that wait.
    void commit(std::string_view transactions) {
        ask("testing_commitBlockV1",
            fmt::format(R"([{{"timestamp":"{:#x}","prevRandao":"{}","suggestedFeeRecipient":"{}",)"
                        R"("withdrawals":[],"parentBeaconBlockRoot":"{}"}},{}])",
                        timestamp_s_ += 12, to_hex(Hash{{1}}), to_hex(Address{{2}}),
                        to_hex(Hash{{3}}), transactions));
    }
    /// Osaka from the start, without a fork of nobody's, and the account with money.
    static std::string genesis_of(const std::string& printed) {
        const auto begin = printed.find('{');
        std::string text = printed.substr(begin, printed.rfind('}') + 1 - begin);
        simdjson::dom::parser parser;
        const auto root = parser.parse(text);
        std::string config;
        for (const auto [name, value] : simdjson::dom::object{root["config"]})
            if (name != "bogotaTime" && name != "amsterdamTime")
                config += fmt::format("{}\"{}\":{}", config.empty() ? "" : ",", name,
                                      simdjson::minify(value));
        std::string alloc;
        for (const auto [name, value] : simdjson::dom::object{root["alloc"]})
            if (std::string_view code;
                value["code"].get(code) == simdjson::SUCCESS && code.size() > 2)
                alloc += fmt::format("\"{}\":{},", name, simdjson::minify(value));
        return fmt::format(
            R"({{"config":{{{}}},"nonce":"0x0","timestamp":"0x0","extraData":"0x",)"
            R"("gasLimit":"0x3938700","difficulty":"0x0","mixHash":"{}","coinbase":"{}",)"
            R"("alloc":{{{}"0x71562b71999873db5b286df957af199ec94617f7":)"
            R"({{"balance":"0xd3c21bcecceda1000000"}}}},"baseFeePerGas":"0x3b9aca00"}})",
            config, to_hex(Hash{}), to_hex(Address{}), alloc);
    }

    uint64_t timestamp_s_ = 1'800'000'000;
};

const Bytes STORE_CODE = "0x6020355f355560075f5fa1"_hex;

enum class Client : uint8_t { anvil, geth };

std::string name_of(const ::testing::TestParamInfo<Client>& client) {
    return client.param == Client::anvil ? "anvil" : "geth";
}

class RpcPeer : public ::testing::TestWithParam<Client> {
  protected:
    void SetUp() override {
        const auto program =
            GetParam() == Client::anvil ? AnvilPeer::program() : GethPeer::program();
        if (!std::filesystem::exists(program)) GTEST_SKIP() << program << " is not there";
        if (GetParam() == Client::anvil)
            peer_ = std::make_unique<AnvilPeer>();
        else
            peer_ = std::make_unique<GethPeer>();
        endpoint_ = std::make_shared<RpcEndpoint>(*net::parse_http_url(peer_->url));
        std::vector<std::shared_ptr<const BlobSource>> blobs;
        if (peer_->has_blobs())
            blobs.push_back(std::make_shared<BeaconBlobs>(*net::parse_http_url(peer_->beacon)));
        const RpcL1SourceOptions options{.takes_roots_with_blobs = GetParam() == Client::anvil};
        source_ = std::make_shared<RpcL1Source>(endpoint_, blobs, options);
        sender_ = std::make_unique<RpcL1Sender>(endpoint_, source_);
        view_ = std::make_unique<RpcL1View>(
            chain::ChainSpec::of(evm::Revision::osaka, peer_->chain_id), endpoint_);
        peer_->mine();
    }
    Transaction transaction(TxType type = TxType::dynamic_fee) {
        Transaction tx;
        tx.type = type;
        tx.chain_id = peer_->chain_id;
        tx.nonce = nonce_++;
        tx.max_fee_per_gas = uint256{uint64_t{5'000'000'000}};
        tx.max_priority_fee_per_gas = uint256{uint64_t{1'000'000'000}};
        tx.gas_limit = 300'000;
        tx.to = Address{{0xbb}};
        tx.value = uint256{5u};
        if (type == TxType::blob) tx.max_fee_per_blob_gas = uint256{uint64_t{1'000'000'000}};
        return tx;
    }
    Transaction send(Transaction tx, std::span<const chain::StoredBlobPtr> blobs = {}) {
        sign(tx, *peer_->account);
        const auto sent = sender_->send(tx, blobs);
        EXPECT_TRUE(sent) << to_string(sent.error());
        return tx;
    }
    std::string stage_of(const Transaction& tx) {
        auto status = sender_->status(hash(tx));
        while (!status && status.error() == L1Error::behind) status = sender_->status(hash(tx));
        return status ? std::string{to_string(status->stage)} : to_string(status.error());
    }
    /// Deploys what STORE is, with slot 1 set; returns its address.
    Address deploy_store() {
        auto tx = transaction();
        tx.to.reset();
        tx.value = {};
        // sstore(1, 99), then the code behind it.
        tx.data = concat("0x6063600155600b600f5f39600b5ff3"_hex, STORE_CODE);
        const auto sent = send(tx);
        peer_->mine();
        EXPECT_EQ(stage_of(sent), "included");
        return execution::create_address(crypto::address_of(*peer_->account), tx.nonce);
    }

    std::unique_ptr<Peer> peer_;
    std::shared_ptr<const RpcEndpoint> endpoint_;
    std::shared_ptr<RpcL1Source> source_;
    std::unique_ptr<RpcL1Sender> sender_;
    std::unique_ptr<RpcL1View> view_;
    uint64_t nonce_ = 0;
};
INSTANTIATE_TEST_SUITE_P(clients, RpcPeer, ::testing::Values(Client::anvil, Client::geth), name_of);

TEST_P(RpcPeer, is_followed) {
    const auto store = deploy_store();
    for (uint64_t i = 0; i < 4; ++i) {
        send(transaction());
        auto call = transaction();
        call.to = store;
        call.value = {};
        call.data = concat(to_be(uint256{i}), to_be(uint256{i + 7}));
        send(call);
        peer_->mine();
    }
    ASSERT_TRUE(endpoint_->check_chain(peer_->chain_id));
    const auto heads = source_->heads();
    ASSERT_TRUE(heads) << to_string(heads.error());
    EXPECT_GE(heads->latest.number, 6u);
    Hash parent;
    size_t transactions = 0;
    size_t logs = 0;
    for (uint64_t number = 0; number <= heads->latest.number; ++number) {
        const auto block = source_->block(number);
        ASSERT_TRUE(block) << number << ": " << to_string(block.error());
        ASSERT_NE(*block, nullptr);
        EXPECT_EQ((*block)->header().parent_hash, parent);
        parent = (*block)->hash;
        transactions += (*block)->senders.size();
        for (const auto& sender : (*block)->senders)
            EXPECT_EQ(sender, crypto::address_of(*peer_->account));
        for (const auto& receipt : (*block)->receipts) logs += receipt.logs.size();
    }
    EXPECT_EQ(parent, heads->latest.hash);
    EXPECT_EQ(transactions, 9u);
    EXPECT_EQ(logs, 4u);
    EXPECT_EQ(*source_->block(heads->latest.number + 1), nullptr);
}

TEST_P(RpcPeer, proves_its_state) {
    const auto store = deploy_store();
    const auto head = *view_->head();
    const auto state = *view_->state(head.hash);
    EXPECT_EQ(state->storage(store, to_be(uint256{1u})), to_be(uint256{99u}));
    EXPECT_EQ(state->storage(store, to_be(uint256{2u})), Hash{});
    EXPECT_TRUE(state->has_storage(store));
    EXPECT_EQ(state->code(store)->bytes, STORE_CODE);
    const auto owner = crypto::address_of(*peer_->account);
    const auto account = state->account(owner);
    ASSERT_TRUE(account);
    EXPECT_EQ(account->nonce, nonce_);
    EXPECT_EQ(json::quantity_json(account->balance),
              peer_->ask("eth_getBalance", fmt::format(R"(["{}","latest"])", to_hex(owner))));
    EXPECT_EQ(state->account(Address{{0x77}}), std::nullopt);
    EXPECT_TRUE(state->code(owner)->bytes.empty());
    EXPECT_FALSE(state->has_storage(owner));
}

TEST_P(RpcPeer, executes_as_we_do_on_its_state) {
    const auto store = deploy_store();
    auto call = transaction();
    call.to = store;
    call.value = {};
    call.data = concat(to_be(uint256{77u}), to_be(uint256{5u}));
    sign(call, *peer_->account);
    ASSERT_TRUE(view_->head());
    const auto snapshot = builder::read_snapshot(*view_);
    ASSERT_TRUE(snapshot) << to_string(snapshot.error());
    const auto touches =
        view_->list_touches(snapshot->head.hash, {crypto::address_of(*peer_->account), call});
    ASSERT_TRUE(touches && view_->prefetch(snapshot->head.hash, *touches));
    const auto outcome = builder::dry_run(*snapshot, snapshot->next, call);
    ASSERT_TRUE(outcome) << to_string(outcome.error());
    ASSERT_TRUE(sender_->send(call, {}));
    peer_->mine();
    const auto status = *sender_->status(hash(call));
    ASSERT_TRUE(status.place);
    const auto& receipt = status.place->block->receipts[status.place->index];
    EXPECT_TRUE(receipt.success);
    EXPECT_EQ(outcome->logs, receipt.logs);
    EXPECT_EQ(outcome->gas_used, receipt.cumulative_gas_used);
}

TEST_P(RpcPeer, takes_blobs_and_gives_them_back) {
    const std::vector blobs{make_blob(11), make_blob(12)};
    auto tx = transaction(TxType::blob);
    for (const auto& blob : blobs)
        tx.blob_versioned_hashes.push_back(crypto::versioned_hash(blob->commitment));
    const auto sent = send(tx, blobs);
    peer_->mine();
    const auto status = sender_->status(hash(sent));
    ASSERT_TRUE(status) << to_string(status.error());
    ASSERT_TRUE(status->place) << to_string(status->stage);
    EXPECT_EQ(status->place->block->header().blob_gas_used, 2 * GAS_PER_BLOB);
    for (const auto& blob : blobs) {
        const auto found = source_->blob(crypto::versioned_hash(blob->commitment));
        ASSERT_TRUE(found) << to_string(found.error());
        if (!peer_->has_blobs()) {
            EXPECT_EQ(*found, nullptr);
            continue;
        }
        ASSERT_NE(*found, nullptr);
        EXPECT_EQ((*found)->blob, blob->blob);
    }
}

TEST_P(RpcPeer, names_why_it_refuses) {
    send(transaction());
    peer_->mine();
    const auto rule_of = [&](Transaction tx) -> std::string {
        sign(tx, *peer_->account);
        const auto sent = sender_->send(tx, {});
        return sent ? "no error" : to_string(sent.error());
    };
    using ::testing::StartsWith;
    auto tx = transaction();
    auto changed = tx;
    changed.nonce = 0;
    EXPECT_THAT(rule_of(changed), StartsWith("nonce_too_low: "));
    changed = tx;
    changed.value = uint256{1u} << 200;
    EXPECT_THAT(rule_of(changed), StartsWith("insufficient: "));
    changed = tx;
    changed.gas_limit = 20'000;
    EXPECT_THAT(rule_of(changed), StartsWith("refused: "));
    EXPECT_EQ(rule_of(tx), "no error");
    EXPECT_EQ(rule_of(tx), "no error");  // it has it already
    changed = tx;
    changed.value += uint256{1u};
    EXPECT_THAT(rule_of(changed), StartsWith("replacement: "));
    changed.max_fee_per_gas *= uint256{2u};
    changed.max_priority_fee_per_gas *= uint256{2u};
    EXPECT_EQ(rule_of(changed), "no error");
    EXPECT_EQ(stage_of(tx), "unknown");
}

TEST_P(RpcPeer, serves_an_account_that_creates_and_calls) {
    L1Account account{endpoint_, std::make_shared<RpcL1Sender>(endpoint_, source_), peer_->chain_id,
                      crypto::local_signer(*peer_->account)};
    const auto run = [&](L1Call call) -> Result<AccountProgress, AccountError> {
        account.begin(std::move(call));
        for (int block = 0; block < 20; ++block) {
            auto progress = account.step();
            if (!progress && progress.error().rule == AccountError::Rule::l1) continue;
            if (!progress || progress->stage == AccountProgress::Stage::done) {
                account.give_up();
                return progress;
            }
            peer_->mine();
        }
        return account.step();
    };
    const auto created = run({.to = {},
                              .value = {},
                              .data = concat("0x6063600155600b600f5f39600b5ff3"_hex, STORE_CODE)});
    ASSERT_TRUE(created) << to_string(created.error());
    EXPECT_TRUE(receipt_at(*created->place).success);
    const auto store = execution::create_address(account.address(), 0);
    const auto called = run({.to = store, .value = {}, .data = Bytes(64, 1)});
    ASSERT_TRUE(called) << to_string(called.error());
    EXPECT_EQ(receipt_at(*called->place).logs.size(), 1u);
    // What it would create reverts: nothing is sent.
    const auto reverted = run({.to = {}, .value = {}, .data = "0x5f5ffd"_hex});
    ASSERT_FALSE(reverted);
    EXPECT_EQ(reverted.error().rule, AccountError::Rule::reverts) << reverted.error().reason;
    EXPECT_EQ(account.nonces()->pending, 2u);
}

TEST_P(RpcPeer, takes_back_what_a_reorganisation_takes_back) {
    const auto tx = send(transaction());
    peer_->mine();
    EXPECT_EQ(stage_of(tx), "included");
    const auto before = source_->heads()->latest;
    peer_->reorganise(1);
    EXPECT_NE(stage_of(tx), "included");
    const auto after = source_->heads()->latest;
    EXPECT_EQ(after.number, before.number);
    EXPECT_NE(after.hash, before.hash);
    const auto block = source_->block(after.number);
    ASSERT_TRUE(block) << to_string(block.error());
    EXPECT_EQ((*block)->hash, after.hash);
}

}  // namespace
}  // namespace scope::l1
