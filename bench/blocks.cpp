// A block of 1,000 ERC-20 transfers, each from another account to another, both with a balance.
//
// execute: interpreter, journal and receipts, the senders known. with_senders: and the signatures.
// validate: all that an import checks, with the roots of transactions, receipts and state. build:
// the block from the transactions, with the same roots. Both recover senders on all processors.

#include <fmt/format.h>

#include <stdexcept>

#include "base/hex.hpp"
#include "bench/suite.hpp"
#include "chain/chain.hpp"
#include "crypto/keccak.hpp"
#include "state/memory_state.hpp"
#include "state/state.hpp"
#include "types/signing.hpp"

namespace scope::bench {

namespace {

using namespace literals;

constexpr size_t TRANSFERS = 1000;
constexpr Address TOKEN = "0x00000000000000000000000000000000000070c4"_address;

/// transfer(address to, uint256 amount) of a token that keeps balances as Solidity's
/// mapping(address => uint256) in slot 0 would: both balances are checked and moved, Transfer is
/// logged, true is returned.
Bytes token_code() {
    return from_hex(
               "5f3560e01c63a9059cbb146011575f5ffd"  // selector, or revert
               "5b335f525f60205260405f20"            // slot of the caller's balance
               "805460243581811115602c575f5ffd"      // its balance, the amount; enough?
               "5b908190039091556004355f5260405f20"  // less for the caller; slot of the other
               "8054820190555f52"                    // more for the other; log and return
               "600435337fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
               "60205fa360015f5260205ff3")
        .value();
}

Hash balance_slot(const Address& owner) {
    return crypto::keccak256(concat(Bytes(12, 0), owner, Hash{}));
}

struct Token {
    chain::Genesis genesis;
    std::vector<Transaction> transactions;
    std::vector<Address> senders;
};

Token make_token() {
    Token token;
    token.genesis.gas_limit = 100'000'000;
    auto& alloc = token.genesis.alloc;
    alloc[TOKEN].code = token_code();
    // EIP-7002 and EIP-7251 contracts that ask for nothing.
    for (const auto address : {"0x00000961ef480eb55e80d19ad83579a64c007002"_address,
                               "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address})
        alloc[address].code = {0x00};
    std::vector<crypto::SecretKey> keys;
    for (size_t i = 0; i < TRANSFERS; ++i) {
        keys.push_back(*crypto::SecretKey::from(to_be(uint256{i + 1})));
        token.senders.push_back(crypto::address_of(keys.back()));
        alloc[token.senders.back()].balance = uint256{1u} << 80;
        alloc[TOKEN].storage[balance_slot(token.senders.back())] = to_be(uint256{1'000'000u});
    }
    for (size_t i = 0; i < TRANSFERS; ++i) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ChainId{1};
        tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
        tx.max_priority_fee_per_gas = uint256{uint64_t{1'000'000'000}};
        tx.gas_limit = 60'000;
        tx.to = TOKEN;
        tx.data = concat("a9059cbb"_hex, Bytes(12, 0), token.senders[(i + 1) % TRANSFERS],
                         to_be(uint256{7u}));
        sign(tx, keys[i]);
        token.transactions.push_back(std::move(tx));
    }
    return token;
}

}  // namespace

void measure_blocks(Suite& suite) {
    const auto name = [](const char* what) { return fmt::format("erc20_block_of_1000/{}", what); };
    if (!suite.wants(name("execute")) && !suite.wants(name("with_senders")) &&
        !suite.wants(name("validate")) && !suite.wants(name("build")))
        return;
    const Token token = make_token();
    const chain::Chain chain{chain::ChainSpec::of(evm::Revision::osaka, ChainId{1}), token.genesis};
    chain::BlockAttributes attributes;
    attributes.timestamp_s = 12;
    const auto build = [&] {
        auto built = chain.build_block(attributes, token.transactions);
        if (!built.has_value() || !built->refused.empty())
            throw std::runtime_error("the block cannot be built");
        for (const auto& outcome : built->outcomes)
            if (!outcome.succeeded()) throw std::runtime_error("a transfer fails");
        return std::move(built->sealed.block.block);
    };
    const Block block = build();
    const auto environment = make_environment(chain.spec(), block.header, nullptr);
    const auto before = chain.head_state();

    const auto execute = [&](bool recover) {
        state::State state{*before};
        execution::BlockInputs inputs;
        inputs.parent_hash = chain.head()->hash;
        execution::BlockExecutor executor{state, environment, std::move(inputs)};
        for (size_t i = 0; i < TRANSFERS; ++i) {
            const Transaction& tx = token.transactions[i];
            const Address sender = recover ? *recover_sender(tx) : token.senders[i];
            if (!executor.execute(tx, sender).has_value())
                throw std::runtime_error("a transfer is refused");
        }
    };
    suite.measure(name("execute"), {{"scope", [&] { execute(false); }}}, TRANSFERS, "tx");
    suite.measure(name("with_senders"), {{"scope", [&] { execute(true); }}}, TRANSFERS, "tx");
    suite.measure(name("build"), {{"scope", [&] { keep(build()); }}}, TRANSFERS, "tx", Clock::wall);
    suite.measure(name("validate"),
                  {{"scope",
                    [&] {
                        if (!chain.validate(block).has_value())
                            throw std::runtime_error("the block is refused");
                    }}},
                  TRANSFERS, "tx", Clock::wall);
}

void measure_state_roots(Suite& suite) {
    constexpr size_t CHANGES = 1000;
    for (const size_t count : {size_t{100'000}, size_t{1'000'000}}) {
        const std::string name = fmt::format("state_root/{}_of_{}", CHANGES, count);
        if (!suite.wants(name) || (suite.options().quick && count > 100'000)) continue;
        // Accounts with a balance, at addresses that look random.
        const auto account = [](size_t i, uint64_t nonce) {
            state::AccountDiff diff;
            const Hash hash = crypto::keccak256(to_be(uint256{i}));
            diff.address = Address::from(BytesView{hash}.first(20));
            diff.account = Account{.nonce = nonce, .balance = uint256{i + 1}};
            return diff;
        };
        const auto sorted = [](state::StateDiff diff) {
            std::ranges::sort(diff.accounts, {}, &state::AccountDiff::address);
            return diff;
        };
        state::MemoryState state;
        constexpr size_t PIECE = 50'000;
        for (size_t i = 0; i < count; i += PIECE) {
            state::StateDiff diff;
            for (size_t j = i; j < std::min(count, i + PIECE); ++j)
                diff.accounts.push_back(account(j, 0));
            state.apply(sorted(std::move(diff)));
        }
        state::StateDiff changes;
        for (size_t i = 0; i < CHANGES; ++i)
            changes.accounts.push_back(account(i * (count / CHANGES), 1));
        changes = sorted(std::move(changes));
        keep(state.state_root());
        suite.measure(name, {{"scope", [&] { keep(state.after(changes)->state_root()); }}}, CHANGES,
                      "change");
    }
}

}  // namespace scope::bench
