#include "devnet/test_live.hpp"

#include <fmt/format.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "execution/host.hpp"

namespace scope::devnet {

namespace {

constexpr uint64_t ETHER = 1'000'000'000'000'000'000;

const Artifacts& artifacts() {
    static const Artifacts read = Artifacts::locate();
    return read;
}

const std::vector<WalletAccount>& accounts() {
    static const auto derived = derive_accounts(DEFAULT_MNEMONIC, DEFAULT_DERIVATION_PATH, 4);
    CHECK(derived.has_value());
    return *derived;
}

const LiveGenesis& genesis() {
    static const LiveGenesis made = [] {
        LiveGenesisOptions options{.rollups = {A, B},
                                   .balance_wei = uint256{10'000u} * uint256{ETHER}};
        for (const auto& account : accounts()) options.accounts.push_back(account.address);
        return make_live_genesis(artifacts(), std::move(options));
    }();
    return made;
}

}  // namespace

LiveOptions TestLive::live_options(const TestOptions& options, const uint64_t& now_ms) {
    LiveOptions live{
        .devnet = {.builder = {.submitter = crypto::local_signer(genesis().submitter.key),
                               .data_availability = options.data_availability},
                   .members = {},
                   .committee = {}}};
    live.devnet.builder.price = options.price;
    for (const auto& member : genesis().members) live.devnet.members.push_back(member.key);
    live.devnet.committee.threshold = genesis().threshold;
    live.coinbase = genesis().proposer.address;
    for (const auto& account : accounts()) live.accounts.push_back({account.address, account.key});
    for (const auto& [chain_id, name, address] : genesis().contracts)
        live.contracts.push_back({chain_id, name, address});
    live.automine = options.automine;
    live.settle_after_ms = options.settle_after_ms;
    live.settle_after_blocks = options.settle_after_blocks;
    live.clock_ms = [&now_ms] { return now_ms; };
    if (options.folder.empty()) return live;
    const auto open = [&](const std::string& name) {
        return std::make_shared<store::NodeDatabase>(
            store::NodeDatabaseOptions{.disk = {.folder = options.folder / name},
                                       .depth = options.depth,
                                       .cache_bytes = size_t{4} << 20,
                                       .chains = 3});
    };
    live.devnet.databases.node = open("node");
    for (size_t i = 0; i < live.devnet.members.size(); ++i)
        live.devnet.databases.members.push_back(open(fmt::format("attester-{}", i + 1)));
    return live;
}

TestLive::TestLive(const TestOptions& options)
    : network(genesis().l1_spec, genesis().l1, genesis().network, live_options(options, now_ms)),
      service(network) {}

rpc::RpcResult TestLive::ask(ChainId chain, std::string_view method, const std::string& params) {
    simdjson::dom::parser parser;
    std::optional<rpc::RpcResult> answer;
    service.call({.chain_id = chain,
                  .method = method,
                  .params = parser.parse(params).value(),
                  .subscriber = connection},
                 [&](rpc::RpcResult result) { answer = std::move(result); });
    return answer.value_or(std::unexpected{rpc::RpcError{0, "no answer yet", {}}});
}

std::string TestLive::get(ChainId chain, std::string_view method, const std::string& params) {
    auto answer = ask(chain, method, params);
    if (answer) return std::move(*answer);
    ADD_FAILURE() << method << " " << params << ": " << answer.error().code << " "
                  << answer.error().message << " " << answer.error().data;
    return "null";
}

std::string TestLive::error(ChainId chain, std::string_view method, const std::string& params) {
    auto answer = ask(chain, method, params);
    if (!answer) return std::move(answer.error().message);
    ADD_FAILURE() << method << " " << params << ": " << *answer;
    return {};
}

std::string TestLive::member(const std::string& json, std::string_view path) {
    simdjson::dom::parser parser;
    auto element = parser.parse(json).value();
    while (!path.empty()) {
        const auto dot = path.find('.');
        simdjson::dom::element next;
        if (element.at_key(path.substr(0, dot)).get(next) != simdjson::SUCCESS) return "missing";
        element = next;
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    return unquoted(simdjson::minify(element));
}

std::string TestLive::unquoted(const std::string& json) {
    return json.starts_with('"') ? json.substr(1, json.size() - 2) : json;
}

uint256 TestLive::number(const std::string& json) {
    return uint256_from_text(unquoted(json)).value_or(uint256{});
}

const WalletAccount& TestLive::account(size_t index) {
    return accounts().at(index);
}

std::string TestLive::address(size_t index) {
    return to_hex(account(index).address);
}

uint256 TestLive::balance(ChainId chain, const Address& account) {
    return number(get(chain, "eth_getBalance", fmt::format(R"(["{}","latest"])", to_hex(account))));
}

std::string TestLive::send(ChainId chain, const std::optional<Address>& to, BytesView data,
                           const uint256& value) {
    const std::string target = to ? fmt::format(R"("to":"{}",)", to_hex(*to)) : std::string{};
    return unquoted(get(chain, "eth_sendTransaction",
                        fmt::format(R"([{{"from":"{}",{}"value":"{}","data":"{}"}}])", address(),
                                    target, to_quantity(value), to_hex(data))));
}

std::string TestLive::receipt(ChainId chain, const std::string& hash) {
    return get(chain, "eth_getTransactionReceipt", fmt::format(R"(["{}"])", hash));
}

Address TestLive::deploy(ChainId chain, const std::string& contract, BytesView arguments) {
    const auto hash = send(chain, {}, concat(artifacts().init_code(contract), arguments));
    const auto created = fixed_from_hex<20>(member(receipt(chain, hash), "contractAddress"));
    if (created) return *created;
    ADD_FAILURE() << contract << " is not deployed: " << receipt(chain, hash);
    return {};
}

void TestLive::deploy_couriers() {
    for (const ChainId chain : {L1, A, B})
        couriers[chain] =
            deploy(chain, "Courier",
                   abi::encode(chain == L1 ? network.contracts()->l1_callable : rollup::PREDEPLOY));
}

Bytes TestLive::carry_to(ChainId chain, const uint256& value) const {
    using Stop = std::tuple<uint256, Address, uint256, uint256>;
    return abi::call(
        "carry((uint256,address,uint256,uint256)[])",
        std::vector<Stop>{{uint256{chain}, couriers.at(chain), uint256{500'000u}, value}});
}

void TestLive::expect_settles() {
    if (couriers.empty()) deploy_couriers();
    const uint256 value{1000u};
    for (const auto& [from, to] : {std::pair{A, L1}, std::pair{B, A}}) {
        const auto before = balance(to, couriers.at(to));
        const auto scopes = network.scopes();
        const auto hash = send(from, couriers.at(from), carry_to(to, value), value);
        if (network.scopes() == scopes) get(L1, "evm_mine");  // by hand
        EXPECT_EQ(member(receipt(from, hash), "status"), "0x1")
            << hash << " " << get(from, "scope_getRefusal", fmt::format(R"(["{}"])", hash));
        EXPECT_GT(network.scopes(), scopes);
        EXPECT_EQ(balance(to, couriers.at(to)), before + value);
        EXPECT_NE(get(L1, "scope_traceScope", fmt::format(R"(["{}"])", hash)), "null");
    }
    expect_derivable();
}

void TestLive::expect_derivable() {
    const auto follower = network.devnet().make_follower();
    const auto followed = follower->follow();
    ASSERT_TRUE(followed) << to_string(followed.error());
    for (const ChainId chain : {A, B}) {
        const auto& there = *follower->follower().rollup(chain);
        EXPECT_FALSE(there.stopped) << to_string(*there.stopped);
        EXPECT_EQ(there.chain.head()->hash, network.chain(chain)->head(rpc::Label::safe)->hash);
    }
}

}  // namespace scope::devnet
