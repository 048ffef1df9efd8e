#include "deploy_app/plan.hpp"

#include <gmock/gmock.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "deploy_app/plan_file.hpp"
#include "deploy_app/steps.hpp"
#include "devnet/genesis.hpp"
#include "devnet/genesis_state.hpp"
#include "execution/transaction.hpp"
#include "protocol/registry.hpp"

namespace scope::deploy_app {
namespace {

using testing::HasSubstr;

const devnet::Artifacts& artifacts() {
    static const auto READ = devnet::Artifacts::locate();
    return READ;
}

constexpr Address DEPLOYER{{0xde}};
constexpr Address SOMEBODY{{0x50}};

crypto::SignerPtr member_key(uint64_t number) {
    return crypto::local_signer(*crypto::SecretKey::from(to_be(uint256{number})));
}
std::vector<Member> members() {
    std::vector<Member> result;
    for (const uint64_t number : std::vector<uint64_t>{1, 2, 3}) {
        const auto signer = member_key(number);
        result.push_back({signer->address(), word_of(signer)});
    }
    std::ranges::sort(result, {}, &Member::address);
    return result;
}

Wanted wanted() {
    Wanted wanted;
    wanted.rollups[ChainId{901}][SOMEBODY].balance = uint256{77u};
    wanted.rollups[ChainId{902}][DEPLOYER].balance = uint256{5u};
    for (const auto& member : members()) wanted.members.push_back(member.address);
    wanted.threshold = 2;
    wanted.owner = DEPLOYER;
    return wanted;
}

Beginning beginning() {
    return {.deployer = DEPLOYER,
            .first_nonce = 3,
            .l1_spec = devnet::l1_spec(ChainId{7}),
            .first_block = {5, Hash{{5}}},
            .timestamp_s = 1'900'000'000,
            .has_create2_deployer = true,
            .has_multicall3 = false};
}

const Plan& plan() {
    static const Plan MADE = make_plan(artifacts(), wanted(), beginning());
    return MADE;
}

TEST(plan, is_what_l1_makes_of_its_steps) {
    chain::Genesis genesis;
    genesis.timestamp_s = 1'950'000'000;  // later than it was planned
    genesis.alloc[DEPLOYER].nonce = 3;
    devnet::GenesisState l1{plan().file.l1_spec, genesis};
    GenesisWords words{members(), 2};
    std::vector<Step> steps = steps_of(plan(), words);
    ASSERT_EQ(steps.size(), 12u);
    steps.pop_back();  // Permit2, for there is no deterministic deployer here
    for (const auto& step : steps) {
        const auto call = step.call();
        EXPECT_EQ(call.value, step.value);
        if (call.to)
            l1.call(step.what, DEPLOYER, *call.to, call.data, call.value);
        else
            l1.create(step.what, DEPLOYER, call.data);
    }
    const auto alloc = l1.finish().alloc;
    for (const auto& creation : plan().creations) {
        EXPECT_EQ(alloc.at(creation.address).code, creation.code) << creation.contract;
        EXPECT_FALSE(creation.code.empty());
    }
    EXPECT_EQ(alloc.at(DEPLOYER).nonce, 3 + plan().creations.size());
    const auto& contracts = plan().file.network.contracts;
    for (size_t i = 0; i < 2; ++i) {
        const auto& rollup = plan().file.network.rollups[i];
        const auto registered =
            protocol::decode_rollup(l1.call("asking", DEPLOYER, contracts.settlement.settlement,
                                            protocol::get_rollup(rollup.chain_id())));
        ASSERT_TRUE(registered.has_value());
        EXPECT_EQ(registered->last_block_hash, chain::genesis_hash(rollup.spec, rollup.genesis));
        EXPECT_EQ(registered->verifier, plan().file.committee.verifier);
        EXPECT_EQ(registered->escrow, uint256{i == 0 ? 77u : 5u});
        EXPECT_EQ(protocol::decode_address(
                      l1.call("asking", DEPLOYER, plan().bridge,
                              abi::call("connection(uint256)", uint256{rollup.chain_id()}))),
                  plan().bridge);
        EXPECT_TRUE(rollup.genesis.alloc.contains(plan().bridge));
    }
}

TEST(plan, brings_bonds_and_what_accounts_have) {
    uint256 steps_bring;
    GenesisWords words{members(), 2};
    for (const auto& step : steps_of(plan(), words)) steps_bring += step.value;
    EXPECT_EQ(brought_by(wanted()), steps_bring);
    auto rich = wanted();
    rich.rollups[ChainId{901}][SOMEBODY].balance = ~uint256{};
    EXPECT_EQ(brought_by(rich), ~uint256{});
}

TEST(plan, follows_from_what_its_file_says) {
    const auto text = write_plan(plan());
    const auto read = read_plan(text);
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(read->owner, DEPLOYER);
    const auto again = make_plan(artifacts(), wanted(), read->beginning);
    EXPECT_EQ(write_plan(again), text);
    EXPECT_EQ(node::write_network_file(again.file), read->network);
    // And with other options it is another one.
    auto other = wanted();
    other.threshold = 3;
    EXPECT_NE(node::write_network_file(make_plan(artifacts(), other, read->beginning).file),
              read->network);
    for (size_t size = 0; size < text.size(); size += 997)
        EXPECT_FALSE(read_plan(std::string_view{text}.substr(0, size)).has_value()) << size;
}

TEST(plan, offers_all_to_an_owner_that_is_not_the_deployer) {
    auto changed = wanted();
    changed.owner = SOMEBODY;
    const auto owned = make_plan(artifacts(), changed, beginning());
    GenesisWords words{members(), 2};
    const auto steps = steps_of(owned, words);
    ASSERT_EQ(steps.size(), 14u);  // 901 and 902 are of one range
    EXPECT_THAT(steps[12].what, HasSubstr("offering the rollups 768 to 1023 to 0x5000"));
    EXPECT_THAT(steps[13].what, HasSubstr("offering the bridge"));
}

TEST(plan, refuses_what_can_not_be) {
    const auto refused = [](const std::function<void(Wanted&)>& change) -> std::string {
        auto changed = wanted();
        change(changed);
        try {
            (void)make_plan(artifacts(), changed, beginning());
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "none";
    };
    EXPECT_THAT(refused([](Wanted& w) { w.rollups[ChainId{7}] = {}; }),
                HasSubstr("7 is the chain id of L1"));
    EXPECT_THAT(refused([](Wanted& w) { w.rollups[ChainId{901}][DEPLOYER].nonce = 1; }),
                HasSubstr("rollup 901: the deployer"));
    EXPECT_THAT(refused([](Wanted& w) { w.rollups[ChainId{901}][rollup::PREDEPLOY] = {}; }),
                HasSubstr("rollup 901: its genesis has a contract of its own"));
    EXPECT_THAT(refused([](Wanted& w) {
                    w.rollups[ChainId{901}][SOMEBODY].balance = ~uint256{};
                    w.rollups[ChainId{901}][Address{{0x51}}].balance = uint256{1u};
                }),
                HasSubstr("no rollup can start"));
}

}  // namespace
}  // namespace scope::deploy_app
