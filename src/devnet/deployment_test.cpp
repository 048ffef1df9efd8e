#include "devnet/deployment.hpp"

#include <gtest/gtest.h>

#include "abi/abi.hpp"
#include "devnet/genesis.hpp"
#include "devnet/genesis_state.hpp"
#include "devnet/people.hpp"
#include "protocol/forced.hpp"
#include "protocol/registry.hpp"

namespace scope::devnet {
namespace {

constexpr ChainId L1_ID{1};
constexpr ChainId ROLLUP{901};

/// An L1 with the settlement's contracts and a committee of which two of three have to sign.
class Deployment : public testing::Test {
  protected:
    static constexpr uint64_t FIRST_NONCE = 0;

    Artifacts artifacts = Artifacts::locate();
    Person deployer = make_person("test.deployer");
    std::vector<Person> members{make_person("test.a"), make_person("test.b"),
                                make_person("test.c")};
    builder::L1Contracts contracts = settlement_contracts(L1_ID, deployer.address, FIRST_NONCE);
    GenesisState l1{l1_spec(L1_ID), l1_genesis({})};
    Address verifier;
    rollup::RollupConfig config;
    BlockHeader genesis;

    Deployment() {
        deploy_settlement(artifacts, contracts,
                          [&](const std::string& contract, const Bytes& init_code) {
                              return l1.create(contract, deployer.address, init_code);
                          });
        std::vector<Address> addresses;
        for (const auto& member : members) addresses.push_back(member.address);
        verifier = l1.create(
            "CommitteeVerifier", deployer.address,
            concat(artifacts.init_code("CommitteeVerifier"), abi::encode(addresses, uint256{2u})));
        auto alloc = rollup_alloc(
            predeploy_code(artifacts, rollup::rollup_spec(ROLLUP), contracts.settlement));
        alloc[deployer.address].balance = uint256{7u};
        config = rollup_config(ROLLUP, contracts.settlement, std::move(alloc));
        genesis = chain::Chain{config.spec, config.genesis}.head()->header();
    }

    std::vector<crypto::SecretKey> keys(size_t count) const {
        std::vector<crypto::SecretKey> keys;
        for (size_t i = 0; i < count; ++i) keys.push_back(members[i].key);
        return keys;
    }
    Address told(const Bytes& getter) {
        return *protocol::decode_address(
            l1.call("asking", deployer.address, contracts.settlement.settlement, getter));
    }
    void register_it(const Bytes& calldata) {
        l1.call("registering", deployer.address, contracts.registry, calldata,
                registration_value(config));
    }
};

TEST_F(Deployment, puts_the_contracts_where_they_were_said_to_be) {
    EXPECT_EQ(told(protocol::account_factory()), contracts.account_factory);
    EXPECT_EQ(told(protocol::forced_queue()), contracts.forced_queue);
    EXPECT_EQ(told(protocol::registry()), contracts.registry);
    EXPECT_EQ(told(protocol::exits()), contracts.exits);
    EXPECT_EQ(told(abi::call("scopedCallable()")), contracts.l1_callable);
    const auto implementation = l1.call("asking", deployer.address, contracts.account_factory,
                                        abi::call("implementation()"));
    EXPECT_EQ(protocol::decode_address(implementation), shared_account(contracts));
}

TEST_F(Deployment, a_rollup_is_registered_with_its_supply_and_a_bond) {
    EXPECT_EQ(registration_value(config), uint256{7u} + protocol::REGISTRATION_BOND);
    register_it(register_rollup(config, deployer.address, verifier, genesis, keys(2)));
    const auto registered = protocol::decode_rollup(l1.call(
        "asking", deployer.address, contracts.settlement.settlement, protocol::get_rollup(ROLLUP)));
    ASSERT_TRUE(registered.has_value());
    EXPECT_EQ(registered->escrow, uint256{7u});
    EXPECT_EQ(registered->last_block_hash, hash(genesis));
    EXPECT_EQ(registered->verifier, verifier);
    const auto state = protocol::decode_rollup_state(
        l1.call("asking", deployer.address, contracts.registry, protocol::state_of(ROLLUP)));
    ASSERT_TRUE(state.has_value());
    EXPECT_EQ(state->owner, deployer.address);
    EXPECT_EQ(state->bond, protocol::REGISTRATION_BOND);
}

TEST_F(Deployment, a_genesis_without_a_majority_or_of_another_block_is_not_registered) {
    EXPECT_THROW(register_it(register_rollup(config, deployer.address, verifier, genesis, keys(1))),
                 std::runtime_error);
    auto calldata = register_rollup(config, deployer.address, verifier, genesis, keys(2));
    calldata[4 + 4 * 32] ^= 1;  // the block's hash
    EXPECT_THROW(register_it(calldata), std::runtime_error);
}

}  // namespace
}  // namespace scope::devnet
