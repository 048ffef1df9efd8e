#include "deposit.hpp"

#include <fmt/format.h>

#include <memory>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "protocol/forced.hpp"
#include "rollup/rollup_config.hpp"
#include "terminal/rollup_at_l1.hpp"

namespace scope::app {

namespace {

using protocol::ForcedKind;
using terminal::Answer;
using terminal::RollupAtL1;

struct Options {
    terminal::RollupOptions rollup;
    std::string to;
    std::string value = "0";
    std::string data = "0x";
    uint64_t gas = protocol::DEFAULT_DEPOSIT_GAS;
    std::string token;
};

/// A deposit: its amount in words, and the transaction of L1 that queues it.
struct Deposit {
    std::string amount;
    Address contract;
    Bytes calldata;
    uint256 wei;
};

Deposit of_ether(const RollupAtL1& at, const Options& options, const Address& to,
                 const uint256& value) {
    const auto data = terminal::data_option("--data", options.data);
    if (value.is_zero() && data.empty())
        throw cli::UsageError{"--value: name what is deposited, or --data with which TO is called"};
    if (data.size() > protocol::MAX_FORCED_DATA_BYTES)
        throw cli::UsageError{fmt::format("--data: it has {} bytes, and an entry at most {}",
                                          data.size(), protocol::MAX_FORCED_DATA_BYTES)};
    const auto most = at.most_for_entry(ForcedKind::deposit, options.gas, data.size());
    return {terminal::ether(value), at.settlement(),
            protocol::deposit_and_call(at.chain_id(), to, value, options.gas, data), value + most};
}

/// Throws cli::UsageError if an account has fewer tokens, or that is no token of L1.
void require_tokens(const RollupAtL1& at, const Address& token, const uint256& amount) {
    const auto answer = at.l1().call(
        "eth_call", fmt::format(R"([{{"to":"{}","data":"{}"}},"latest"])", to_hex(token),
                                to_hex(abi::call("balanceOf(address)", at.from()))));
    const auto held = answer
                          ? abi::decode<uint256>(from_hex(Answer{*answer}.text()).value_or(Bytes{}))
                          : abi::decode<uint256>(Bytes{});
    if (!held) throw cli::UsageError{fmt::format("--token: {} is no token of L1", to_hex(token))};
    if (std::get<0>(*held) < amount)
        throw cli::UsageError{fmt::format("--value: {}, and {} has {} of the token",
                                          to_decimal(amount), to_hex(at.from()),
                                          to_decimal(std::get<0>(*held)))};
}

/// Returns a deposit of tokens; approves L1's bridge first, if it may take less.
Deposit of_tokens(const RollupAtL1& at, const Address& token, const Address& to,
                  const uint256& amount) {
    if (amount.is_zero()) throw cli::UsageError{"--value: name how much of the token is deposited"};
    require_tokens(at, token, amount);
    const auto allowed =
        at.read_number(token, abi::call("allowance(address,address)", at.from(), at.bridge()));
    if (allowed < amount) {
        const auto receipt =
            at.transact(token, abi::call("approve(address,uint256)", at.bridge(), amount));
        fmt::print("L1 block {}: the bridge {} may take {} of the token\n",
                   to_decimal(terminal::quantity(receipt.json()["blockNumber"])),
                   to_hex(at.bridge()), to_decimal(amount));
    }
    const auto fee = at.read_number(
        at.bridge(), abi::call("depositFeeOf(address,uint256)", token, uint256{at.chain_id()}));
    return {fmt::format("{} of token {}", to_decimal(amount), to_hex(token)), at.bridge(),
            abi::call("deposit(address,uint256,address,uint256)", token, uint256{at.chain_id()}, to,
                      amount),
            uint256{2u} * fee};
}

/// Tells what became of a deposit; returns whether it is where it was to go.
bool tell(const RollupAtL1& at, const Options& options, const Deposit& deposit,
          simdjson::dom::element made) {
    const std::string_view status{made["status"]};
    if (status == "refunded" || status == "refundable")
        throw std::runtime_error{
            fmt::format("rollup {} was closed before it took the deposit", at.chain_id())};
    if (status == "refused")
        throw std::runtime_error{fmt::format(
            "rollup {} took the entry, but its predeploy did not make the deposit", at.chain_id())};
    fmt::print("{} block {}: ", at.chain_id(), to_decimal(terminal::quantity(made["blockNumber"])));
    if (status == "succeeded") {
        fmt::print("{} arrived at {}\n", deposit.amount, options.to);
        return true;
    }
    if (options.token.empty())
        fmt::print(
            "the call failed; {} is with {}, which is {} of L1 there; it comes to L1 by\n"
            "  scope send {} \"forwardStranded(uint256,address)\" {} {} --rpc-url {}\n",
            deposit.amount, std::string_view{made["alias"]}, std::string_view{made["from"]},
            to_hex(rollup::PREDEPLOY), at.l1_id(), std::string_view{made["from"]},
            at.rollup().url());
    else
        fmt::print("the bridge there did not mint; {} stays locked on L1\n", deposit.amount);
    return false;
}

int run(const Options& options) {
    const auto to = terminal::address_option("TO", options.to);
    const auto value = options.token.empty() ? terminal::wei_option("--value", options.value)
                                             : terminal::number_option("--value", options.value);
    if (!options.token.empty() &&
        (options.data != "0x" || options.gas != protocol::DEFAULT_DEPOSIT_GAS))
        throw cli::UsageError{"--token: a deposit of tokens has no --data and no --gas"};
    const RollupAtL1 at{options.rollup};
    at.require_open();
    const auto deposit =
        options.token.empty()
            ? of_ether(at, options, to, value)
            : of_tokens(at, terminal::address_option("--token", options.token), to, value);

    const auto receipt = at.transact(deposit.contract, deposit.calldata, deposit.wei);
    const auto index = at.queued_index(receipt);
    fmt::print("L1 block {}: queued as entry {} of rollup {}\n",
               to_decimal(terminal::quantity(receipt.json()["blockNumber"])), index, at.chain_id());
    const auto made =
        terminal::ask_until(options.rollup.timeout_s, [&]() -> std::optional<std::string> {
            const auto found =
                at.l1().ask("scope_getDeposit", fmt::format("[{},{}]", at.chain_id(), index));
            if (found.is_null() || std::string_view{found.json()["status"]} == "waiting")
                return std::nullopt;
            return found.text();
        });
    if (!made) throw at.still_waiting();
    return tell(at, options, deposit, Answer{*made}.json()) ? 0 : cli::kFailed;
}

cli::Run declare_deposit(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    options->rollup.declare(command);
    command.add_option("to", options->to, "Who gets it on the rollup")->required();
    command
        .add_option("--value", options->value,
                    "Wei that are deposited, or units of --token; the queue's fee comes on top")
        ->capture_default_str();
    command.add_option("--data", options->data,
                       "Calldata in hex: TO is called with it by the sender's alias");
    command
        .add_option("--gas", options->gas,
                    "Gas that this call gets; 2300 more where value goes along")
        ->check(cli::numbers(0, protocol::MAX_FORCED_GAS_LIMIT))
        ->capture_default_str();
    command.add_option("--token", options->token, "A token of L1 that is deposited by the bridge");
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command deposit_command{
    "deposit", "bring ETH or tokens from L1 to a rollup, which no builder can prevent",
    declare_deposit};

}  // namespace scope::app
