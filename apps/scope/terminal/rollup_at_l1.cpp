#include "terminal/rollup_at_l1.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "protocol/settlement.hpp"
#include "rpc/errors.hpp"

namespace scope::terminal {

namespace {

constexpr uint64_t WEI_PER_ETHER = 1'000'000'000'000'000'000;

/// Returns the URL of a chain at L1's port.
std::string url_of(std::string_view l1, ChainId chain_id) {
    const auto host = l1.find("://");
    const auto path = l1.find('/', host == std::string_view::npos ? 0 : host + 3);
    return fmt::format("{}/{}", l1.substr(0, path), chain_id);
}

ChainId chain_id_option(uint64_t number) {
    const auto chain_id = ChainId::from(uint256{number});
    if (!chain_id) throw cli::UsageError{fmt::format("CHAIN: {} is no chain id", number)};
    return *chain_id;
}

ChainId id_of_l1(const Endpoint& endpoint, const std::string& url) {
    const auto asked = quantity(endpoint.ask("eth_chainId").json());
    const auto chains = endpoint.ask("scope_chains");
    for (const auto chain : chains.json()) {
        if (std::string_view{chain["kind"]} != "l1") continue;
        const uint256 l1{uint64_t{chain["chainId"]}};
        if (l1 == asked) return *ChainId::from(l1);
    }
    throw cli::UsageError{fmt::format(
        "{}: {} is the port of chain {}; it is L1 that is sent to: name L1's port by --rpc-url",
        option_name("--rpc-url", "ETH_RPC_URL", url), url, to_decimal(asked))};
}

Address named(const Answer& contracts, ChainId chain_id, std::string_view name) {
    for (const auto contract : contracts.json())
        if (uint64_t{contract["chainId"]} == chain_id.number() &&
            std::string_view{contract["name"]} == name)
            return address_option("scope_contracts",
                                  std::string{std::string_view{contract["address"]}});
    throw std::runtime_error{fmt::format("the network has no {} on L1", name)};
}

}  // namespace

void RollupOptions::declare(CLI::App& command) {
    command.add_option("chain", chain_id, "Chain id of the rollup")
        ->required()
        ->check(cli::numbers_from(1));
    command.add_option("--from", from, "Account of L1 that sends")->envname("ETH_FROM");
    add_rpc_url(command, url);
    command.get_option("--rpc-url")->description("L1's port of a running devnet");
    add_timeout(command, timeout_s);
}

Address address_option(const char* name, const std::string& text) {
    const auto address = fixed_from_hex<20>(text);
    if (!address) throw cli::UsageError{fmt::format("{}: '{}' is no address", name, text)};
    const auto has = [&](char first, char last) {
        return std::ranges::any_of(text.substr(text.starts_with("0x") ? 2 : 0),
                                   [&](char c) { return c >= first && c <= last; });
    };
    const auto checksummed = rpc::checksum_hex(*address);
    if (has('a', 'f') && has('A', 'F') && !checksummed.ends_with(text))
        throw cli::UsageError{fmt::format("{}: '{}' has a wrong checksum (EIP-55)", name, text)};
    return *address;
}

uint256 number_option(const char* name, const std::string& text) {
    const auto number = uint256_from_text(text);
    if (!number)
        throw cli::UsageError{
            fmt::format("{}: '{}' is no whole number, decimal or 0x", name, text)};
    return *number;
}

uint256 wei_option(const char* name, const std::string& text) {
    const auto wei = uint256_from_text(text);
    if (!wei || !(*wei >> 128).is_zero())
        throw cli::UsageError{
            fmt::format("{}: '{}': whole wei, decimal or 0x, below 2^128", name, text)};
    return *wei;
}

Bytes data_option(const char* name, const std::string& text) {
    auto data = from_hex(text);
    if (!data)
        throw cli::UsageError{
            fmt::format("{}: '{}' is no hex{}", name, text,
                        text.size() % 2 != 0 ? ": it has an odd number of digits" : "")};
    return std::move(*data);
}

uint256 quantity(simdjson::dom::element json) {
    std::string_view text;
    const auto number =
        json.get(text) == simdjson::SUCCESS ? uint256_from_text(text) : std::optional<uint256>{};
    if (!number) throw std::runtime_error{"the node answered no number"};
    return *number;
}

std::string ether(const uint256& wei) {
    const auto [whole, rest] = divmod(wei, uint256{WEI_PER_ETHER});
    auto decimals = fmt::format("{:018}", rest[0]);
    while (!decimals.empty() && decimals.back() == '0') decimals.pop_back();
    return fmt::format("{}{}{} ETH", to_decimal(whole), decimals.empty() ? "" : ".", decimals);
}

RollupAtL1::RollupAtL1(const RollupOptions& options)
    : l1_(options.url, options.timeout_s),
      chain_id_(chain_id_option(options.chain_id)),
      l1_id_(id_of_l1(l1_, options.url)),
      timeout_s_(options.timeout_s) {
    rollup_ = std::make_unique<Endpoint>(url_of(options.url, chain_id_), options.timeout_s);
    (void)state();
    from_ = address_option(option_name("--from", "ETH_FROM", options.from).c_str(),
                           sender(l1_, options.from));
    const auto contracts = l1_.ask("scope_contracts");
    settlement_ = named(contracts, l1_id_, "Settlement");
    bridge_ = named(contracts, l1_id_, "TokenBridge");
}

Answer RollupAtL1::state() const {
    std::string others;
    const auto chains = l1_.ask("scope_chains");
    for (const auto chain : chains.json()) {
        if (std::string_view{chain["kind"]} != "rollup") continue;
        const uint64_t id{chain["chainId"]};
        if (id == chain_id_.number()) return Answer{simdjson::minify(chain)};
        others += fmt::format("{}{}", others.empty() ? "" : ", ", id);
    }
    throw cli::UsageError{
        fmt::format("CHAIN: there is no rollup {}; the rollups are {}", chain_id_, others)};
}

void RollupAtL1::require_open() const {
    if (bool{state().json()["closed"]})
        throw std::runtime_error{
            fmt::format("rollup {} is closed for good; `scope exit {}` pays what is left there",
                        chain_id_, chain_id_)};
}

Bytes RollupAtL1::read(const Address& to, const Bytes& data) const {
    const auto answer =
        l1_.ask("eth_call", fmt::format(R"([{{"from":"{}","to":"{}","data":"{}"}},"latest"])",
                                        to_hex(from_), to_hex(to), to_hex(data)));
    return from_hex(answer.text()).value_or(Bytes{});
}

Address RollupAtL1::read_address(const Address& to, const Bytes& data) const {
    const auto address = protocol::decode_address(read(to, data));
    if (!address) throw std::runtime_error{fmt::format("{} answers no address", to_hex(to))};
    return *address;
}

uint256 RollupAtL1::read_number(const Address& to, const Bytes& data) const {
    const auto number = abi::decode<uint256>(read(to, data));
    if (!number) throw std::runtime_error{fmt::format("{} answers no number", to_hex(to))};
    return std::get<0>(*number);
}

Answer RollupAtL1::transact(const Address& to, const Bytes& data, const uint256& wei) const {
    const auto call = fmt::format(R"("from":"{}","to":"{}","data":"{}","value":"{}")",
                                  to_hex(from_), to_hex(to), to_hex(data), to_quantity(wei));
    // What is queued meanwhile, and the next block's number, change what storage costs.
    constexpr uint64_t SPARE_GAS = 60'000;
    const uint256 gas = quantity(l1_.ask("eth_estimateGas", "[{" + call + "}]").json());
    const auto hash =
        l1_.ask("eth_sendTransaction",
                fmt::format(R"([{{{},"gas":"{}"}}])", call, to_quantity(gas + uint256{SPARE_GAS})));
    const auto receipt = wait_for(l1_, {hash.text(), "eth_getTransactionReceipt"}, timeout_s_);
    if (!succeeded(receipt)) throw std::runtime_error{fmt::format("{} failed on L1", hash.text())};
    return Answer{receipt.text()};
}

uint256 RollupAtL1::most_for_entry(protocol::ForcedKind kind, uint64_t gas_limit,
                                   size_t data_bytes) const {
    const Address queue = read_address(settlement_, protocol::forced_queue());
    return uint256{2u} *
           read_number(queue, protocol::fee_of(chain_id_, kind, gas_limit, data_bytes));
}

uint64_t RollupAtL1::queued_index(const Answer& receipt) const {
    for (const auto log : receipt.json()["logs"]) {
        std::vector<Hash> topics;
        for (const auto topic : log["topics"])
            topics.push_back(fixed_from_hex<32>(std::string_view{topic}).value_or(Hash{}));
        const auto data = from_hex(std::string_view{log["data"]}).value_or(Bytes{});
        const auto event = protocol::decode_entry_queued(topics, data);
        if (event && event->chain_id == uint256{chain_id_} &&
            fixed_from_hex<20>(std::string_view{log["address"]}) == settlement_)
            return event->index;
    }
    throw std::runtime_error{"the transaction has queued nothing"};
}

std::runtime_error RollupAtL1::still_waiting() const {
    const auto rollup = state();
    if (std::string_view why; rollup.json()["unserved"].get(why) == simdjson::SUCCESS)
        return std::runtime_error{fmt::format("it still waits after {} s: {}", timeout_s_, why)};
    return std::runtime_error{
        fmt::format("it still waits after {} s: rollup {} has to take it with the first batch "
                    "whose first block has an origin {} L1 blocks later",
                    timeout_s_, chain_id_, protocol::FORCED_DEADLINE)};
}

}  // namespace scope::terminal
