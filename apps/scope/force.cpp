#include "force.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "protocol/forced.hpp"
#include "terminal/rollup_at_l1.hpp"
#include "types/transaction.hpp"

namespace scope::app {

namespace {

using terminal::Answer;
using terminal::RollupAtL1;

struct Options {
    terminal::RollupOptions rollup;
    std::string raw;
    std::string to;
    std::string value = "0";
    std::string data = "0x";
    uint64_t gas = 0;  ///< 0: estimated
};

/// Has the rollup's node fill in and sign a transaction of a development account.
Bytes signed_by_node(const RollupAtL1& at, const Options& options) {
    std::string call = fmt::format(R"({{"from":"{}","data":"{}","value":"{}")", to_hex(at.from()),
                                   to_hex(terminal::data_option("--data", options.data)),
                                   to_quantity(terminal::number_option("--value", options.value)));
    if (!options.to.empty())
        call += fmt::format(R"(,"to":"{}")", to_hex(terminal::address_option("--to", options.to)));
    if (options.gas != 0) call += fmt::format(R"(,"gas":"{}")", to_quantity(uint256{options.gas}));
    const auto made = at.rollup().ask("eth_signTransaction", "[" + call + "}]");
    return from_hex(std::string_view{made.json()["raw"]}).value_or(Bytes{});
}

/// Decodes a transaction; refuses what would count as taken and do nothing, as far as that can be
/// seen.
Transaction decode(const RollupAtL1& at, BytesView raw) {
    auto tx = decode_transaction(raw);
    if (!tx) throw cli::UsageError{fmt::format("RAWTX: {}", to_string(tx.error()))};
    if (tx->type == TxType::blob || tx->type == TxType::system)
        throw cli::UsageError{"RAWTX: no rollup takes a transaction of this type"};
    if (tx->chain_id && tx->chain_id != at.chain_id())
        throw cli::UsageError{fmt::format("RAWTX: it is signed for chain {}", *tx->chain_id)};
    if (tx->gas_limit > protocol::MAX_FORCED_GAS_LIMIT)
        throw cli::UsageError{fmt::format("RAWTX: its gas limit {} is above {}", tx->gas_limit,
                                          protocol::MAX_FORCED_GAS_LIMIT)};
    return std::move(*tx);
}

/// Waits until the rollup has taken the entry; returns the transaction's receipt as text, "null"
/// if it was taken and did nothing.
std::optional<std::string> wait(const RollupAtL1& at, const Options& options, uint64_t index,
                                const Hash& hash) {
    return terminal::ask_until(options.rollup.timeout_s, [&]() -> std::optional<std::string> {
        const bool is_taken =
            terminal::quantity(at.state().json()["forcedQueue"]["position"]) > uint256{index};
        if (!is_taken) return std::nullopt;
        return at.rollup()
            .ask("eth_getTransactionReceipt", fmt::format(R"(["{}"])", to_hex(hash)))
            .text();
    });
}

int run(const Options& options) {
    if (options.raw.empty() && options.to.empty() && options.data == "0x")
        throw cli::UsageError{"RAWTX: name a signed transaction, or make one by --to and --data"};
    const bool is_described =
        !options.to.empty() || options.data != "0x" || options.value != "0" || options.gas != 0;
    if (!options.raw.empty() && is_described)
        throw cli::UsageError{"RAWTX: it has its own recipient, value, data and gas limit"};
    const RollupAtL1 at{options.rollup};
    at.require_open();
    const auto raw = options.raw.empty() ? signed_by_node(at, options)
                                         : terminal::data_option("RAWTX", options.raw);
    const auto tx = decode(at, raw);
    const auto most =
        at.most_for_entry(protocol::ForcedKind::transaction, tx.gas_limit, raw.size());
    const auto receipt = at.transact(
        at.settlement(), protocol::force_transaction(at.chain_id(), raw, tx.gas_limit), most);
    const auto index = at.queued_index(receipt);
    const Hash hash = crypto::keccak256(raw);
    fmt::print("L1 block {}: {} queued as entry {} of rollup {}\n",
               to_decimal(terminal::quantity(receipt.json()["blockNumber"])), to_hex(hash), index,
               at.chain_id());
    const auto taken = wait(at, options, index, hash);
    if (!taken) throw at.still_waiting();
    const Answer stands{*taken};
    if (stands.is_null())
        throw std::runtime_error{fmt::format(
            "rollup {} took it, and it did nothing: its nonce, its sender's funds or its price did "
            "not fit there, or it is a root",
            at.chain_id())};
    fmt::print("{} block {}: it {}\n", at.chain_id(),
               to_decimal(terminal::quantity(stands.json()["blockNumber"])),
               terminal::succeeded(stands) ? "succeeded" : "failed");
    return terminal::succeeded(stands) ? 0 : cli::kFailed;
}

cli::Run declare_force(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    options->rollup.declare(command);
    command.add_option("rawtx", options->raw,
                       "A signed transaction of the rollup in hex; else the node makes one of what "
                       "follows and --from");
    command.add_option("--to", options->to, "Contract or account that it calls");
    command.add_option("--value", options->value, "Wei that go along")->capture_default_str();
    command.add_option("--data", options->data, "Calldata in hex");
    command.add_option("--gas", options->gas, "Its gas limit; 0: estimated")
        ->check(cli::numbers(0, protocol::MAX_FORCED_GAS_LIMIT));
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command force_command{
    "force", "queue a rollup's transaction on L1, which no builder can leave out", declare_force};

}  // namespace scope::app
