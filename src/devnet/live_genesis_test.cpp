#include "devnet/live_genesis.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/keccak.hpp"
#include "devnet/dev_accounts.hpp"
#include "devnet/devnet.hpp"
#include "devnet/genesis.hpp"
#include "devnet/published.hpp"
#include "execution/host.hpp"
#include "types/signing.hpp"

namespace scope::devnet {
namespace {

using namespace literals;

constexpr ChainId A{42001};
constexpr ChainId B{42002};
constexpr Address SOMEBODY = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"_address;
constexpr uint256 MANY{10'000'000'000'000'000'000u};

const Artifacts& artifacts() {
    static const Artifacts read = Artifacts::locate();
    return read;
}

LiveGenesisOptions options() {
    return {.rollups = {A, B}, .accounts = {SOMEBODY}, .balance_wei = MANY};
}

const LiveGenesis& genesis() {
    static const LiveGenesis made = make_live_genesis(artifacts(), options());
    return made;
}

/// The network that it gives.
Devnet& network() {
    static Devnet made = [] {
        DevnetOptions built{.builder = {.submitter = crypto::local_signer(genesis().submitter.key)},
                            .members = {},
                            .committee = {.threshold = genesis().threshold}};
        for (const auto& member : genesis().members) built.members.push_back(member.key);
        return Devnet{std::make_unique<l1::LocalL1>(genesis().l1_spec, genesis().l1),
                      genesis().network, built};
    }();
    return made;
}

Bytes read(ChainId chain_id, const Address& to, const Bytes& data) {
    const auto& chain = network().chain(chain_id);
    const auto state_view = chain.head_state();
    state::State state{*state_view};
    const auto environment = chain::make_environment(chain.spec(), chain.head()->header(), nullptr);
    execution::Host host{state, environment};
    host.open_transaction({});
    const auto result = host.call(
        {.is_static = true, .gas = 10'000'000, .recipient = to, .code_address = to, .input = data});
    EXPECT_EQ(result.status, evm::Status::success);
    return result.output;
}

Address named(ChainId chain_id, std::string_view name) {
    const auto& contracts = genesis().contracts;
    const auto found = std::ranges::find_if(contracts, [&](const auto& contract) {
        return contract.chain_id == chain_id && contract.name == name;
    });
    CHECK(found != contracts.end());
    return found->address;
}

TEST(live_genesis, chains_begin_with_block_0) {
    for (const ChainId chain_id : {DEVNET_L1, A, B}) {
        const auto head = network().chain(chain_id).head();
        EXPECT_EQ(head->header().number, 0u);
        EXPECT_EQ(head->header().base_fee_per_gas, uint256{1'000'000'000u});
        EXPECT_EQ(network().chain(chain_id).head_state()->account(SOMEBODY)->balance, MANY);
    }
}

TEST(live_genesis, every_named_contract_has_code) {
    for (const auto& [chain_id, name, address] : genesis().contracts)
        EXPECT_FALSE(network().chain(chain_id).head_state()->code(address)->bytes.empty())
            << uint256{chain_id}[0] << ' ' << name;
}

TEST(live_genesis, rollups_are_registered_with_their_escrow) {
    for (const auto& config : genesis().network.rollups) {
        const auto output = read(DEVNET_L1, named(DEVNET_L1, "Settlement"),
                                 abi::call("escrowOf(uint256)", uint256{config.chain_id()}));
        EXPECT_EQ(from_be(output), rollup::genesis_supply(config));
        EXPECT_EQ(rollup::genesis_supply(config), MANY);
    }
    // The ETH itself lies where calls are served from.
    EXPECT_EQ(network()
                  .chain(DEVNET_L1)
                  .head_state()
                  ->account(named(DEVNET_L1, "ScopedCallable"))
                  ->balance,
              MANY + MANY);
}

TEST(live_genesis, chains_know_each_other) {
    const auto is_known = [](ChainId at, ChainId chain_id) {
        return !from_be(read(at, named(at, "ScopedCallable"),
                             abi::call("isKnown(uint256)", uint256{chain_id})))
                    .is_zero();
    };
    EXPECT_TRUE(is_known(DEVNET_L1, A));
    EXPECT_TRUE(is_known(DEVNET_L1, B));
    EXPECT_TRUE(is_known(A, B));
    EXPECT_TRUE(is_known(B, A));
    EXPECT_TRUE(is_known(B, DEVNET_L1));
    EXPECT_FALSE(is_known(A, ChainId{42003}));
}

TEST(live_genesis, published_contracts_are_where_tools_expect_them) {
    for (const ChainId chain_id : {DEVNET_L1, A, B}) {
        const auto state = network().chain(chain_id).head_state();
        EXPECT_EQ(from_be(read(chain_id, MULTICALL3, abi::call("getChainId()"))),
                  uint256{chain_id});
        EXPECT_EQ(state->code(DETERMINISTIC_DEPLOYER)->bytes.size(), 69u);
        // EIP-712, with the chain's id: what a wallet would sign for.
        const auto domain = crypto::keccak256(
            abi::encode(crypto::keccak256(as_bytes("EIP712Domain(string name,uint256 chainId,"
                                                   "address verifyingContract)")),
                        crypto::keccak256(as_bytes("Permit2")), uint256{chain_id}, PERMIT2));
        EXPECT_EQ(read(chain_id, PERMIT2, abi::call("DOMAIN_SEPARATOR()")), to_bytes(domain));
    }
}

TEST(live_genesis, its_people_have_no_account_of_the_wallet) {
    std::vector<Person> people{genesis().deployer, genesis().submitter, genesis().proposer};
    people.insert(people.end(), genesis().members.begin(), genesis().members.end());
    for (const auto& person : people) EXPECT_NE(person.address, SOMEBODY) << person.name;
    EXPECT_EQ(genesis().threshold, 2u);
}

TEST(live_genesis, accounts_are_added_to_l1_alone) {
    constexpr Address NEWCOMER = "0x00000000000000000000000000000000000abcde"_address;
    auto more = options();
    more.more_on_l1[NEWCOMER] = {.nonce = 3, .balance = uint256{7u}, .code = {0x60}, .storage = {}};
    more.more_on_l1[SOMEBODY].balance = uint256{5u};
    // A contract of ours stays.
    const Address settlement = genesis().network.contracts.settlement.settlement;
    more.more_on_l1[settlement].balance = uint256{1u};
    const auto made = make_live_genesis(artifacts(), more);
    EXPECT_EQ(made.l1.alloc.at(NEWCOMER), more.more_on_l1.at(NEWCOMER));
    EXPECT_EQ(made.l1.alloc.at(SOMEBODY).balance, uint256{5u});
    EXPECT_FALSE(made.l1.alloc.at(settlement).code.empty());
    for (const auto& config : made.network.rollups) {
        EXPECT_FALSE(config.genesis.alloc.contains(NEWCOMER));
        EXPECT_EQ(config.genesis.alloc.at(SOMEBODY).balance, MANY);
    }
}

TEST(live_genesis, scope_settles_on_it) {
    const auto wallet = derive_accounts(DEFAULT_MNEMONIC, DEFAULT_DERIVATION_PATH, 1);
    ASSERT_TRUE(wallet);
    ASSERT_EQ(wallet->front().address, SOMEBODY);
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = A;
    tx.gas_limit = 21'000;
    tx.max_fee_per_gas = uint256{20'000'000'000u};
    tx.max_priority_fee_per_gas = uint256{1'000'000'000u};
    tx.to = SOMEBODY;
    sign(tx, wallet->front().key);

    auto& node = network().node();
    auto scope = node.open_scope();
    ASSERT_TRUE(scope) << to_string(scope.error());
    const auto outcome = scope->add_transaction(A, tx);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    const auto bundle = node.seal(*scope);
    ASSERT_TRUE(bundle) << to_string(bundle.error());
    const auto settled = node.settle(*bundle);
    ASSERT_TRUE(settled) << to_string(settled.error());
    EXPECT_EQ(network().chain(A).head()->header().number, 1u);
}

}  // namespace
}  // namespace scope::devnet
