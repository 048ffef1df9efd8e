#include "force.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/hex.hpp"
#include "chain/chain.hpp"
#include "crypto/keccak.hpp"
#include "execution/scope_rollup.hpp"
#include "execution/transaction.hpp"
#include "protocol/forced.hpp"
#include "rollup/rollup_config.hpp"
#include "rpc/errors.hpp"
#include "state/memory_state.hpp"
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
/// @param waiting  What scope_getForcedQueue answers: the nonce is behind the sender's that wait.
Bytes signed_by_node(const RollupAtL1& at, const Options& options, const Answer& waiting) {
    const auto data = terminal::data_option("--data", options.data);
    if (execution::ends_in_marker(data))
        throw cli::UsageError{"--data: a root: scoped calls can't be forced"};
    const auto to = terminal::address_option("--to", options.to);
    uint256 nonce = terminal::quantity(
        at.rollup()
            .ask("eth_getTransactionCount", fmt::format(R"(["{}","pending"])", to_hex(at.from())))
            .json());
    for (const auto entry : waiting.json())
        if (std::string_view sender; entry["sender"].get(sender) == simdjson::SUCCESS &&
                                     fixed_from_hex<20>(sender) == at.from())
            nonce = std::max(nonce, terminal::quantity(entry["nonce"]) + uint256{1u});
    std::string call = fmt::format(
        R"({{"from":"{}","to":"{}","data":"{}","value":"{}","nonce":"{}")", to_hex(at.from()),
        to_hex(to), to_hex(data), to_quantity(terminal::wei_option("--value", options.value)),
        to_quantity(nonce));
    if (options.gas != 0) call += fmt::format(R"(,"gas":"{}")", to_quantity(uint256{options.gas}));
    const auto made = at.rollup().ask("eth_signTransaction", "[" + call + "}]");
    return from_hex(std::string_view{made.json()["raw"]}).value_or(Bytes{});
}

/// Refuses what can't stand on the rollup as its latest block leaves it, but for a nonce that is
/// ahead: what comes before may change that.
/// @param name  Of the option that it came by.
void require_sound(const RollupAtL1& at, const char* name, const Transaction& tx) {
    const auto spec = rollup::rollup_spec(at.chain_id());
    const auto ask = [&](std::string_view method, const std::string& params) {
        return at.rollup().ask(method, params);
    };
    const auto latest = ask("eth_getBlockByNumber", R"(["latest",false])");
    BlockHeader header;
    header.number = terminal::quantity(latest.json()["number"])[0] + 1;
    header.gas_limit = terminal::quantity(latest.json()["gasLimit"])[0];
    header.timestamp_s = terminal::quantity(latest.json()["timestamp"])[0] + 1;
    header.base_fee_per_gas = terminal::quantity(ask("eth_baseFee", "[]").json());
    header.excess_blob_gas = 0;
    const auto environment = chain::make_environment(spec, header, nullptr);
    const auto sender = execution::sender_of(tx, environment);
    if (!sender) throw cli::UsageError{fmt::format("{}: {}", name, rpc::rule_text(sender.error()))};

    const auto of_sender = fmt::format(R"(["{}","latest"])", to_hex(*sender));
    state::GenesisAlloc alloc;
    alloc[*sender] = {
        .nonce = std::max(tx.nonce,
                          terminal::quantity(ask("eth_getTransactionCount", of_sender).json())[0]),
        .balance = terminal::quantity(ask("eth_getBalance", of_sender).json()),
        .code = from_hex(ask("eth_getCode", of_sender).text()).value_or(Bytes{}),
        .storage = {}};
    if (tx.to) {
        const Hash slot = execution::entry_slot(*tx.to);
        const auto declared =
            ask("eth_getStorageAt",
                fmt::format(R"(["{}","{}","latest"])", to_hex(rollup::PREDEPLOY), to_hex(slot)));
        alloc[rollup::PREDEPLOY].storage[slot] =
            fixed_from_hex<32>(declared.text()).value_or(Hash{});
    }
    const state::MemoryState beneath{alloc};
    const state::State state{beneath};
    const auto costs =
        execution::validate_transaction(state, environment, tx, *sender, {.behind_load = false});
    if (costs) return;
    if (costs.error() == execution::TxError::root_without_load)
        throw cli::UsageError{fmt::format("{}: a root: scoped calls can't be forced", name)};
    throw cli::UsageError{
        fmt::format("{}: {}", name, rpc::describe(costs.error(), state, environment, tx, *sender))};
}

/// Decodes a transaction; refuses what would count as taken and do nothing, as far as that can be
/// seen.
Transaction decode(const RollupAtL1& at, const char* name, BytesView raw) {
    auto tx = decode_transaction(raw);
    if (!tx) throw cli::UsageError{fmt::format("{}: {}", name, to_string(tx.error()))};
    if (tx->type == TxType::blob || tx->type == TxType::system)
        throw cli::UsageError{fmt::format("{}: no rollup takes a transaction of this type", name)};
    if (tx->chain_id && tx->chain_id != at.chain_id())
        throw cli::UsageError{fmt::format("{}: it is signed for chain {}", name, *tx->chain_id)};
    if (tx->gas_limit > protocol::MAX_FORCED_GAS_LIMIT)
        throw cli::UsageError{fmt::format("{}: its gas limit {} is above {}", name, tx->gas_limit,
                                          protocol::MAX_FORCED_GAS_LIMIT)};
    if (raw.size() > protocol::MAX_FORCED_DATA_BYTES)
        throw cli::UsageError{fmt::format("{}: it has {} bytes, and an entry at most {}", name,
                                          raw.size(), protocol::MAX_FORCED_DATA_BYTES)};
    return std::move(*tx);
}

/// Refuses a transaction that stands on the rollup, or waits for it on L1: in an entry with the gas
/// that it needs, for another does nothing, and a stranger may have queued it.
void require_new(const RollupAtL1& at, const Answer& waiting, const Hash& hash,
                 uint64_t gas_limit) {
    for (const auto entry : waiting.json())
        if (std::string_view queued; entry["transactionHash"].get(queued) == simdjson::SUCCESS &&
                                     fixed_from_hex<32>(queued) == hash &&
                                     terminal::quantity(entry["gasLimit"]) >= uint256{gas_limit})
            throw cli::UsageError{
                fmt::format("RAWTX: {} waits already, as entry {} of rollup {}", to_hex(hash),
                            to_decimal(terminal::quantity(entry["index"])), at.chain_id())};
    const auto receipt =
        at.rollup().ask("eth_getTransactionReceipt", fmt::format(R"(["{}"])", to_hex(hash)));
    if (!receipt.is_null())
        throw cli::UsageError{fmt::format(
            "RAWTX: {} stands already, in block {} of rollup {}", to_hex(hash),
            to_decimal(terminal::quantity(receipt.json()["blockNumber"])), at.chain_id())};
}

/// Tells what became of an entry; returns whether its transaction succeeded.
bool tell(const RollupAtL1& at, simdjson::dom::element taken) {
    const std::string_view status{taken["status"]};
    if (status == "lapsed")
        throw std::runtime_error{
            fmt::format("rollup {} was closed before it took the transaction", at.chain_id())};
    if (status == "ignored")
        throw std::runtime_error{fmt::format(
            "rollup {} took it, and it did nothing: its nonce, its sender's funds or its price did "
            "not fit there, or it is a root",
            at.chain_id())};
    fmt::print("{} block {}: it {}\n", at.chain_id(),
               to_decimal(terminal::quantity(taken["blockNumber"])), status);
    return status == "succeeded";
}

int run(const Options& options) {
    const bool is_described =
        !options.to.empty() || options.data != "0x" || options.value != "0" || options.gas != 0;
    if (options.raw.empty() && options.to.empty())
        throw cli::UsageError{is_described
                                  ? "--to: name the contract or account that it calls"
                                  : "RAWTX: name a signed transaction, or make one by --to"};
    if (!options.raw.empty() && is_described)
        throw cli::UsageError{"RAWTX: it has its own recipient, value, data and gas limit"};
    const RollupAtL1 at{options.rollup};
    at.require_open();
    const auto waiting = at.l1().ask("scope_getForcedQueue", fmt::format("[{}]", at.chain_id()));
    const char* const name = options.raw.empty() ? "--to" : "RAWTX";
    const auto raw = options.raw.empty() ? signed_by_node(at, options, waiting)
                                         : terminal::data_option("RAWTX", options.raw);
    const auto tx = decode(at, name, raw);
    // The node makes a root of what makes scoped calls.
    if (execution::ends_in_marker(tx.data))
        throw cli::UsageError{fmt::format("{}: a root: scoped calls can't be forced", name)};
    const Hash hash = crypto::keccak256(raw);
    require_new(at, waiting, hash, tx.gas_limit);
    require_sound(at, name, tx);
    const auto most =
        at.most_for_entry(protocol::ForcedKind::transaction, tx.gas_limit, raw.size());
    const auto receipt = at.transact(
        at.settlement(), protocol::force_transaction(at.chain_id(), raw, tx.gas_limit), most);
    const auto index = at.queued_index(receipt);
    fmt::print("L1 block {}: {} queued as entry {} of rollup {}\n",
               to_decimal(terminal::quantity(receipt.json()["blockNumber"])), to_hex(hash), index,
               at.chain_id());
    const auto taken =
        terminal::ask_until(options.rollup.timeout_s, [&]() -> std::optional<std::string> {
            const auto found = at.l1().ask("scope_getForcedTransaction",
                                           fmt::format("[{},{}]", at.chain_id(), index));
            if (found.is_null() || std::string_view{found.json()["status"]} == "waiting")
                return std::nullopt;
            return found.text();
        });
    if (!taken) throw at.still_waiting();
    return tell(at, Answer{*taken}.json()) ? 0 : cli::kFailed;
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
