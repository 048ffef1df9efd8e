#include "exit.hpp"

#include <fmt/format.h>

#include <memory>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "protocol/registry.hpp"
#include "protocol/settlement.hpp"
#include "terminal/rollup_at_l1.hpp"

namespace scope::app {

namespace {

using terminal::Answer;
using terminal::RollupAtL1;
using Nodes = std::vector<Bytes>;

// Where the compiler puts TokenBridge's bridgedToken and ERC20's balances, as in RollupExit.sol.
constexpr uint64_t BRIDGED_TOKEN_SLOT = 2;
constexpr uint64_t BALANCES_SLOT = 0;

struct Options {
    terminal::RollupOptions rollup;
    std::string token;
    std::string holder;
    std::string alias_of;
    std::optional<uint64_t> deposit;  ///< the index of its entry
    bool is_printed = false;          ///< not sent
};

/// The holder on the rollup, and the account that is paid on L1.
struct Leaving {
    Address holder;
    Address paid;
    bool is_alias = false;
};

/// The account of eth_getProof: with at most one slot of its storage.
struct Proved {
    Nodes account;
    Nodes slot;
    uint256 value;  ///< in the slot
    uint256 nonce;
    uint256 balance;
};

Nodes nodes_of(simdjson::dom::element list) {
    Nodes nodes;
    for (const auto node : list)
        nodes.push_back(from_hex(std::string_view{node}).value_or(Bytes{}));
    return nodes;
}

Hash slot_of(const auto& key, const auto& slot) {
    return crypto::keccak256(abi::encode(key, slot));
}

/// The state of a closed rollup after its last settled block.
class LastState {
  public:
    explicit LastState(const RollupAtL1& at) : at_(at) {
        const auto registered =
            protocol::decode_rollup(at.read(at.settlement(), protocol::get_rollup(at.chain_id())));
        if (!registered || !registered->closed)
            throw std::runtime_error{fmt::format(
                "rollup {} is not closed: while it settles, what leaves it leaves by a scoped call "
                "(docs/leaving.md); `scope close {}` begins a closing after a week without a batch",
                at.chain_id(), at.chain_id())};
        block_ = to_hex(registered->last_block_hash);
        const auto raw = at.rollup().ask("debug_getRawHeader", fmt::format(R"(["{}"])", block_));
        header_ = from_hex(raw.text()).value_or(Bytes{});
        if (crypto::keccak256(header_) != registered->last_block_hash)
            throw std::runtime_error{
                fmt::format("the node has no header of block {}, the last that settled", block_)};
    }

    [[nodiscard]] const Bytes& header() const noexcept { return header_; }

    [[nodiscard]] Proved prove(const Address& account,
                               const std::optional<Hash>& slot = std::nullopt) const {
        const auto proof = at_.rollup().ask(
            "eth_getProof", fmt::format(R"(["{}",[{}],"{}"])", to_hex(account),
                                        slot ? '"' + to_hex(*slot) + '"' : std::string{}, block_));
        Proved proved{.account = nodes_of(proof.json()["accountProof"]),
                      .slot = {},
                      .value = {},
                      .nonce = terminal::quantity(proof.json()["nonce"]),
                      .balance = terminal::quantity(proof.json()["balance"])};
        if (slot) {
            const auto storage = proof.json()["storageProof"].at(0);
            proved.slot = nodes_of(storage["proof"]);
            proved.value = terminal::quantity(storage["value"]);
        }
        return proved;
    }

    /// Returns what a key delegates to (EIP-7702); zero if it has no code. Throws std::runtime_error
    /// for a contract.
    [[nodiscard]] Address delegate_of(const Address& holder) const {
        constexpr std::string_view DESIGNATOR = "0xef0100";
        const auto code =
            at_.rollup()
                .ask("eth_getCode", fmt::format(R"(["{}","{}"])", to_hex(holder), block_))
                .text();
        if (code == "0x") return {};
        const auto delegate = code.starts_with(DESIGNATOR)
                                  ? fixed_from_hex<20>(code.substr(DESIGNATOR.size()))
                                  : std::nullopt;
        if (delegate) return *delegate;
        throw std::runtime_error{
            fmt::format("{} is a contract on rollup {}: what it holds there stays", to_hex(holder),
                        at_.chain_id())};
    }

  private:
    const RollupAtL1& at_;
    std::string block_;  ///< its hash
    Bytes header_;
};

Leaving leaving(const RollupAtL1& at, const Options& options) {
    if (options.alias_of.empty()) {
        const auto holder = options.holder.empty()
                                ? at.from()
                                : terminal::address_option("--holder", options.holder);
        return {holder, holder, false};
    }
    const auto owner = terminal::address_option("--alias-of", options.alias_of);
    const auto exits = at.read_address(at.settlement(), protocol::exits());
    return {at.read_address(exits, abi::call("aliasOf(address)", owner)), owner, true};
}

using AccountProof = std::tuple<Nodes, Address>;
using TokenProof = std::tuple<Nodes, Nodes, Nodes, Nodes>;

/// Returns the proof that the holder is a key. One that never sent a transaction may be a contract to
/// be: only the key itself may leave.
AccountProof prove_key(const RollupAtL1& at, const LastState& state, const Leaving& who,
                       Proved account) {
    const Address delegate = state.delegate_of(who.holder);
    if (account.nonce.is_zero() && at.from() != who.holder)
        throw std::runtime_error{fmt::format(
            "{} has sent no transaction on rollup {}: only itself may have it paid (--from {})",
            to_hex(who.holder), at.chain_id(), to_hex(who.holder))};
    return {std::move(account.account), delegate};
}

Bytes exit_ether(const RollupAtL1& at, const LastState& state, const Leaving& who) {
    auto proved = state.prove(who.holder);
    if (proved.balance.is_zero())
        throw std::runtime_error{
            fmt::format("{} had no ETH on rollup {}", to_hex(who.holder), at.chain_id())};
    const uint256 chain_id{at.chain_id()};
    if (who.is_alias)
        return abi::call("exitEtherOfAlias(uint256,bytes,address,bytes[])", chain_id,
                         state.header(), who.paid, proved.account);
    return abi::call("exitEther(uint256,bytes,address,(bytes[],address))", chain_id, state.header(),
                     who.holder, prove_key(at, state, who, std::move(proved)));
}

Bytes exit_tokens(const RollupAtL1& at, const LastState& state, const Leaving& who,
                  const Address& token) {
    const uint256 chain_id{at.chain_id()};
    const auto bridge = at.read_address(at.bridge(), abi::call("connection(uint256)", chain_id));
    auto known = state.prove(
        bridge, slot_of(token, slot_of(uint256{at.l1_id()}, uint256{BRIDGED_TOKEN_SLOT})));
    if (known.value.is_zero())
        throw std::runtime_error{
            fmt::format("--token: {} of L1 never came to rollup {}", to_hex(token), at.chain_id())};
    auto held = state.prove(to_address(known.value), slot_of(who.holder, uint256{BALANCES_SLOT}));
    if (held.value.is_zero())
        throw std::runtime_error{fmt::format("{} had none of the token on rollup {}",
                                             to_hex(who.holder), at.chain_id())};
    TokenProof tokens{std::move(known.account), std::move(known.slot), std::move(held.account),
                      std::move(held.slot)};
    if (who.is_alias)
        return abi::call(
            "exitTokensOfAlias(uint256,bytes,address,address,address,"
            "(bytes[],bytes[],bytes[],bytes[]))",
            chain_id, state.header(), at.bridge(), token, who.paid, tokens);
    return abi::call(
        "exitTokens(uint256,bytes,address,address,address,(bytes[],address),"
        "(bytes[],bytes[],bytes[],bytes[]))",
        chain_id, state.header(), at.bridge(), token, who.holder,
        prove_key(at, state, who, state.prove(who.holder)), tokens);
}

/// Returns the amount of EtherPaid or TokensPaid, the last word of its data.
uint256 paid_amount(const Answer& receipt, const Address& exits) {
    for (const auto log : receipt.json()["logs"]) {
        const auto data = from_hex(std::string_view{log["data"]}).value_or(Bytes{});
        if (fixed_from_hex<20>(std::string_view{log["address"]}) == exits &&
            data.size() >= abi::WORD)
            return from_be(BytesView{data}.last(abi::WORD));
    }
    throw std::runtime_error{"the transaction has paid nothing"};
}

/// Prints a transaction for a wallet, as `cast send` takes it.
void print(const Address& to, const Bytes& calldata) {
    fmt::print("{} {} --value 0\n", to_hex(to), to_hex(calldata));
}

/// The way back of a deposit that the rollup never took.
struct Refund {
    Address contract;  ///< the forced queue; the bridge, of tokens
    Bytes calldata;
    std::string amount;
    Address depositor;
};

Address address_in(simdjson::dom::element json) {
    return fixed_from_hex<20>(std::string_view{json}).value_or(Address{});
}

Refund refund(const RollupAtL1& at, uint64_t index) {
    const auto answer =
        at.l1().ask("scope_getDeposit", fmt::format("[{},{}]", at.chain_id(), index));
    if (answer.is_null())
        throw std::runtime_error{
            fmt::format("entry {} of rollup {} is no deposit", index, at.chain_id())};
    const auto deposit = answer.json();
    if (const std::string_view status{deposit["status"]}; status != "refundable")
        throw std::runtime_error{fmt::format(
            "deposit {} of rollup {} is {}: what goes back is what a closed rollup never took",
            index, at.chain_id(), status)};
    const uint256 chain_id{at.chain_id()};
    if (simdjson::dom::element token; deposit["token"].get(token) == simdjson::SUCCESS) {
        const auto amount = terminal::quantity(deposit["amount"]);
        const auto depositor = address_in(deposit["depositor"]);
        return {at.bridge(),
                abi::call("refundDeposit(uint256,uint256,address,address,uint256)", chain_id,
                          uint256{index}, depositor, address_in(token), amount),
                fmt::format("{} of token {}", to_decimal(amount), std::string_view{token}),
                depositor};
    }
    const auto from = address_in(deposit["from"]);
    const auto value = terminal::quantity(deposit["value"]);
    const std::tuple entry{uint256{static_cast<uint8_t>(protocol::ForcedKind::deposit)},
                           from,
                           address_in(deposit["to"]),
                           value,
                           terminal::quantity(deposit["gasLimit"]),
                           from_hex(std::string_view{deposit["data"]}).value_or(Bytes{})};
    return {
        at.read_address(at.settlement(), protocol::forced_queue()),
        abi::call("refundDeposit(uint256,uint256,(uint8,address,address,uint256,uint256,bytes))",
                  chain_id, uint256{index}, entry),
        terminal::ether(value), from};
}

int run_refund(const Options& options) {
    const RollupAtL1 at{options.rollup};
    const auto back = refund(at, *options.deposit);
    if (options.is_printed) {
        print(back.contract, back.calldata);
        return 0;
    }
    const auto receipt = at.transact(back.contract, back.calldata);
    fmt::print("L1 block {}: {} back to {}, deposit {} of rollup {}\n",
               to_decimal(terminal::quantity(receipt.json()["blockNumber"])), back.amount,
               to_hex(back.depositor), *options.deposit, at.chain_id());
    return 0;
}

int run(const Options& options) {
    if (options.deposit) return run_refund(options);
    const bool is_ether = options.token.empty();
    const auto token = is_ether ? Address{} : terminal::address_option("--token", options.token);
    const RollupAtL1 at{options.rollup};
    const auto who = leaving(at, options);
    const LastState state{at};
    const auto exits = at.read_address(at.settlement(), protocol::exits());
    const auto is_paid = abi::decode<bool>(
        at.read(exits, abi::call("isPaid(uint256,address,address,address)", uint256{at.chain_id()},
                                 is_ether ? Address{} : at.bridge(), token, who.holder)));
    if (is_paid && std::get<0>(*is_paid))
        throw std::runtime_error{fmt::format("what {} had on rollup {} was paid already: {}",
                                             to_hex(who.holder), at.chain_id(),
                                             is_ether ? "ETH" : "token " + to_hex(token))};
    const auto calldata =
        is_ether ? exit_ether(at, state, who) : exit_tokens(at, state, who, token);
    if (options.is_printed) {
        print(exits, calldata);
        return 0;
    }
    const auto receipt = at.transact(exits, calldata);
    const auto amount = paid_amount(receipt, exits);
    fmt::print("L1 block {}: {} paid to {}, what {} had on rollup {}\n",
               to_decimal(terminal::quantity(receipt.json()["blockNumber"])),
               is_ether ? terminal::ether(amount)
                        : fmt::format("{} of token {}", to_decimal(amount), to_hex(token)),
               to_hex(who.paid), who.is_alias ? "its alias" : "it", at.chain_id());
    return 0;
}

cli::Run declare_exit(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    options->rollup.declare(command);
    auto* const token =
        command.add_option("--token", options->token,
                           "A token of L1 that was bridged there; else it is ETH that is paid");
    auto* const holder = command.add_option(
        "--holder", options->holder, "Key that held it there and is paid on L1; else the sender");
    auto* const alias = command
                            .add_option("--alias-of", options->alias_of,
                                        "Account of L1 whose alias held it there, and that is paid")
                            ->excludes(holder);
    command
        .add_option(
            "--deposit", options->deposit,
            "Index of a deposit in the forced queue that the rollup never took: it goes back "
            "to who made it")
        ->excludes(token)
        ->excludes(holder)
        ->excludes(alias);
    command.add_flag("--print", options->is_printed,
                     "Print the transaction for a wallet of --from, and send nothing: contract, "
                     "calldata, value, as `cast send` takes them");
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command exit_command{
    "exit", "have L1 pay what somebody held on a closed rollup, by proofs of its last state",
    declare_exit};

}  // namespace scope::app
