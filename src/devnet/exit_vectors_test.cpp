// A rollup's state after its last block, with the proofs by which its people leave:
// contracts/test/vectors/exits.json, which SCOPE_WRITE_SNAPSHOTS=1 writes anew and
// contracts/test/RollupExit.t.sol reads.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "crypto/keccak.hpp"
#include "devnet/artifacts.hpp"
#include "devnet/genesis.hpp"
#include "execution/host.hpp"
#include "protocol/callable.hpp"
#include "rollup/rollup_config.hpp"
#include "types/signing.hpp"

namespace scope::devnet {
namespace {

using namespace literals;
using protocol::ForcedEntry;

constexpr ChainId L1{1};
constexpr ChainId ROLLUP{901};
constexpr Address SETTLEMENT = "0x5e771e0000000000000000000000000000000001"_address;
constexpr Address L1_BRIDGE = "0xb41d9e0000000000000000000000000000000001"_address;
constexpr Address TOKEN = "0x70ce110000000000000000000000000000000001"_address;
constexpr Address OWNER = "0x0e0e0e0000000000000000000000000000000001"_address;
constexpr Address FRESH = "0xf4e5400000000000000000000000000000000001"_address;
constexpr Address ABSENT = "0xab5e470000000000000000000000000000000001"_address;
constexpr uint256 ETHER{1'000'000'000'000'000'000u};
constexpr uint64_t GAS = 5'000'000;
constexpr uint64_t CROWD = 60;
// Where the compiler puts them: TokenBridge's bridgedToken, ERC20's balances.
constexpr uint64_t BRIDGED_TOKEN_SLOT = 2;
constexpr uint64_t BALANCES_SLOT = 0;

crypto::SecretKey key(uint8_t number) {
    Hash value;
    value[31] = number;
    return crypto::SecretKey::from(value).value();
}
const auto DEPLOYER = key(1);
const auto DELEGATING = key(2);

/// Returns the slot of a mapping's value.
Hash slot_of(const auto& map_key, const auto& slot) {
    return crypto::keccak256(abi::encode(map_key, slot));
}

/// A rollup with the real predeploy and the real bridge, a crowd, and those who want to leave.
class ExitState {
  public:
    ExitState() : config_(make_config()), chain_(config_.spec, config_.genesis) {
        bridge_ = execution::create_address(crypto::address_of(DEPLOYER), 0);
        block({transaction(DEPLOYER, 0, std::nullopt,
                           concat(Artifacts::locate().init_code("TokenBridge"),
                                  abi::encode(rollup::PREDEPLOY, crypto::address_of(DEPLOYER)))),
               transaction(DEPLOYER, 1, bridge_,
                           abi::call("connect(uint256,address)", uint256{L1}, L1_BRIDGE))});

        alias_ = address_in(
            read(rollup::PREDEPLOY, abi::call("aliasOf(uint256,address)", uint256{L1}, OWNER)));
        auto set_code = transaction(DELEGATING, 0, FRESH, {});
        set_code.type = TxType::set_code;
        set_code.authorization_list = {
            {.chain_id = uint256{ROLLUP}, .address = bridge_, .nonce = 1}};
        sign(set_code.authorization_list.front(), DELEGATING);
        sign(set_code, DELEGATING);
        std::vector<Transaction> transactions{
            deposit({.from = OWNER, .to = FRESH, .value = ETHER, .gas_limit = 100'000, .data = {}}),
            // The bridge takes no ETH: it is left with the alias.
            deposit({.from = OWNER,
                     .to = bridge_,
                     .value = ETHER * uint256{2u},
                     .gas_limit = 100'000,
                     .data = {}}),
            set_code};
        uint64_t amount = 100;
        for (const auto& holder : {crypto::address_of(DEPLOYER), crypto::address_of(DELEGATING),
                                   alias_, ABSENT, bridge_})
            transactions.push_back(deposit(mint(holder, ++amount)));
        for (uint64_t i = 0; i < CROWD / 4; ++i)
            transactions.push_back(deposit(mint(crowd(i), i + 1)));
        block(transactions);
        token_ = address_in(
            read(bridge_, abi::call("bridgedToken(uint256,address)", uint256{L1}, TOKEN)));
    }

    [[nodiscard]] std::string json() const {
        const auto header = chain_.head()->header();
        std::string text = "{\n";
        const auto field = [&](std::string_view name, const auto& value) {
            text += fmt::format("  \"{}\": {},\n", name, value);
        };
        field("l1_chain_id", quoted(fmt::format("{:#x}", L1)));
        field("chain_id", quoted(fmt::format("{:#x}", ROLLUP)));
        field("supply", number(rollup::genesis_supply(config_).value() + ETHER * uint256{3u}));
        field("header", hex(encode(header)));
        field("state_root", hex(header.state_root));
        field("bridge", hex(bridge_));
        field("token", hex(TOKEN));
        field("bridged_token", hex(token_));
        field("bridge_proof", nodes(prove(bridge_, {}).account));
        field("bridged_token_proof",
              nodes(prove(bridge_,
                          {slot_of(TOKEN, slot_of(uint256{L1}, uint256{BRIDGED_TOKEN_SLOT}))})
                        .slots.at(0)));
        field("token_proof", nodes(prove(token_, {}).account));
        text += "  \"holders\": [\n";
        text += holder("key", crypto::address_of(DEPLOYER)) + ",\n";
        text += holder("delegating key", crypto::address_of(DELEGATING), bridge_) + ",\n";
        text += holder("alias", alias_) + ",\n";
        text += holder("key that never signed", FRESH) + ",\n";
        text += holder("key that is not there", ABSENT) + ",\n";
        text += holder("contract", bridge_) + "\n";
        return text + "  ]\n}\n";
    }

  private:
    static rollup::RollupConfig make_config() {
        const protocol::SettlementId settlement{.l1_chain_id = L1, .settlement = SETTLEMENT};
        auto alloc = rollup_alloc(
            predeploy_code(Artifacts::locate(), rollup::rollup_spec(ROLLUP), settlement));
        alloc[crypto::address_of(DEPLOYER)].balance = ETHER * uint256{10u};
        alloc[crypto::address_of(DELEGATING)].balance = ETHER * uint256{10u};
        for (uint64_t i = 0; i < CROWD; ++i) alloc[crowd(i)].balance = uint256{i + 1};
        return rollup_config(ROLLUP, settlement, std::move(alloc));
    }

    static Address crowd(uint64_t i) {
        return Address::from(BytesView{crypto::keccak256(abi::encode(uint256{i}))}.first(20));
    }

    static Transaction transaction(const crypto::SecretKey& from, uint64_t nonce,
                                   std::optional<Address> to, Bytes data) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ROLLUP;
        tx.nonce = nonce;
        tx.max_fee_per_gas = uint256{10'000'000'000u};
        tx.gas_limit = GAS;
        tx.to = to;
        tx.data = std::move(data);
        sign(tx, from);
        return tx;
    }

    Transaction deposit(const ForcedEntry& entry) {
        Transaction tx;
        tx.type = TxType::system;
        tx.chain_id = ROLLUP;
        tx.nonce = deposits_;
        tx.gas_limit = protocol::deposit_gas_limit(entry);
        tx.to = rollup::PREDEPLOY;
        tx.data = protocol::callable::deposit(deposits_++, entry);
        return tx;
    }

    /// Returns a deposit that mints tokens, as L1's bridge queues it.
    [[nodiscard]] ForcedEntry mint(const Address& to, uint64_t amount) const {
        return {.from = L1_BRIDGE,
                .to = bridge_,
                .value = {},
                .gas_limit = 1'000'000,
                .data = abi::call("mint(address,string,string,uint8,address,uint256)", TOKEN,
                                  std::string{"Home"}, std::string{"HOME"}, uint8_t{18}, to,
                                  uint256{amount})};
    }

    void block(const std::vector<Transaction>& transactions) {
        const auto head = chain_.head();
        chain::BlockBuilder builder{
            chain_,
            head->hash,
            {.timestamp_s = head->header().timestamp_s + SLOT_S, .coinbase = FRESH}};
        for (const auto& tx : transactions) {
            const auto outcome = builder.try_transaction(tx);
            ASSERT_TRUE(outcome.has_value()) << static_cast<int>(outcome.error());
            ASSERT_TRUE(outcome->succeeded()) << to_hex(outcome->output);
            for (const auto& log : outcome->logs)
                if (const auto done = protocol::callable::decode_deposited(log.topics, log.data))
                    EXPECT_EQ(done->success, done->value != ETHER * uint256{2u}) << done->index;
        }
        auto sealed = builder.seal();
        ASSERT_TRUE(sealed.has_value());
        chain_.adopt(std::move(*sealed));
    }

    [[nodiscard]] Bytes read(const Address& to, const Bytes& data) const {
        const auto view = chain_.head_state();
        state::State state{*view};
        const auto environment =
            chain::make_environment(chain_.spec(), chain_.head()->header(), nullptr);
        execution::Host host{state, environment};
        host.open_transaction({});
        const auto result = host.call({.is_static = true,
                                       .gas = static_cast<int64_t>(GAS),
                                       .recipient = to,
                                       .code_address = to,
                                       .input = data});
        EXPECT_EQ(result.status, evm::Status::success);
        return result.output;
    }

    static Address address_in(BytesView word) {
        return std::get<0>(abi::decode<Address>(word).value());
    }

    [[nodiscard]] state::AccountProof prove(const Address& address, std::vector<Hash> slots) const {
        return chain_.head_state()->prove(address, slots);
    }

    /// @param delegate  What a key delegates to.
    [[nodiscard]] std::string holder(std::string_view kind, const Address& address,
                                     const Address& delegate = {}) const {
        const auto view = chain_.head_state();
        const Hash slot = slot_of(address, uint256{BALANCES_SLOT});
        const auto account = view->account(address).value_or(Account{});
        return fmt::format(
            "    {{\"kind\": {}, \"address\": {}, \"owner\": {}, \"delegate\": {}, \"wei\": {}, "
            "\"tokens\": {},\n     \"account_proof\": {},\n     \"balance_proof\": {}}}",
            quoted(kind), hex(address), hex(address == alias_ ? OWNER : address), hex(delegate),
            number(account.balance), number(from_be(view->storage(token_, slot))),
            nodes(prove(address, {}).account), nodes(prove(token_, {slot}).slots.at(0)));
    }

    static std::string quoted(std::string_view text) { return fmt::format("\"{}\"", text); }
    static std::string hex(BytesView bytes) { return quoted(to_hex(bytes)); }
    static std::string number(const uint256& value) { return hex(to_be(value)); }
    static std::string nodes(const std::vector<Bytes>& proof) {
        std::string text;
        for (const auto& node : proof) text += (text.empty() ? "" : ", ") + hex(node);
        return "[" + text + "]";
    }

    rollup::RollupConfig config_;
    chain::Chain chain_;
    uint64_t deposits_ = 0;
    Address bridge_;
    Address token_;
    Address alias_;
};

std::filesystem::path file() {
    const char* const root = std::getenv("SCOPE_ROOT");
    return std::filesystem::path{root ? root : SCOPE_SOURCE_DIR} / "contracts" / "test" /
           "vectors" / "exits.json";
}

TEST(exit_vectors, are_what_the_rollup_says) {
    const std::string text = ExitState{}.json();
    if (std::getenv("SCOPE_WRITE_SNAPSHOTS")) {
        std::ofstream{file()} << text;
        return;
    }
    std::ifstream stream{file()};
    const std::string written{std::istreambuf_iterator<char>{stream}, {}};
    EXPECT_TRUE(text == written) << "`npm run contracts:exits` writes the file anew";
}

}  // namespace
}  // namespace scope::devnet
