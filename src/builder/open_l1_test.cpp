#include "builder/open_l1.hpp"

#include <gmock/gmock.h>

#include "builder/open_scope.hpp"
#include "builder/test_network.hpp"
#include "evm/opcodes.hpp"

namespace scope::builder {
namespace {

using test::canned_code;
using test::NetworkChanges;
using test::TestNetwork;
using testing::HasSubstr;

constexpr Address ACCOUNT{{0xac}};
constexpr Address FACTORY{{0xfa}};
constexpr Address OWNER{{0x0e}};
constexpr Address OWNED{{0x0d}};
constexpr Address ALIAS{{0xa1}};

Bytes selector_of(const Bytes& calldata) {
    return to_bytes(BytesView{calldata}.first(abi::Selector::size()));
}

/// Ends an operation in success, with the gas that it was given as the hash of its return data.
Bytes gas_telling_account() {
    using namespace evm;
    return {OP_GAS,   OP_PUSH0 + 1, 32,           OP_MSTORE, OP_PUSH0 + 1, 1,
            OP_PUSH0, OP_MSTORE,    OP_PUSH0 + 1, 64,        OP_PUSH0,     OP_RETURN};
}
/// Gas that such an account takes before it looks.
constexpr uint64_t GAS_OF_LOOKING = 2;

/// L1 with an account for each kind of behaviour.
NetworkChanges changes(const Bytes& account_code = gas_telling_account()) {
    NetworkChanges changes;
    changes.l1[ACCOUNT].code = account_code;
    changes.l1[ALIAS].code = account_code;
    changes.l1[FACTORY].code =
        canned_code({{protocol::account_of(OWNER), abi::encode(OWNED)},
                     {selector_of(protocol::account_of({})), abi::encode(Address{})}});
    changes.settlement = {{selector_of(protocol::account_factory()), abi::encode(FACTORY)},
                          {protocol::nonce_of(ACCOUNT), abi::encode(uint256{7u})}};
    changes.l1_callable = {{abi::call("isAlias(address)", ALIAS), abi::encode(true)},
                           {selector_of(abi::call("isAlias(address)")), abi::encode(false)}};
    return changes;
}

protocol::SignedOperation operation_of(const Address& account, uint64_t nonce) {
    protocol::SignedOperation signed_one;
    signed_one.operation.account = account;
    signed_one.operation.nonce = uint256{nonce};
    signed_one.operation.gas = 310'000u;
    signed_one.operation.verification_gas = 20'000u;
    signed_one.operation.data = Bytes(100, 1);
    signed_one.operation.deadline = uint256{UINT64_MAX};
    return signed_one;
}

/// A scope on a network.
struct Setting {
    TestNetwork network;
    OpenScope scope;
    explicit Setting(const NetworkChanges& with = changes())
        : network(with),
          scope(read_snapshot(*network.l1).value(), *network.follower, network.contracts,
                network.options) {}

    OpenL1& l1() { return scope.l1(); }
    /// Why an operation can't begin; empty if it can.
    std::string why_not(const protocol::SignedOperation& operation) {
        const auto begun = l1().begin_operation(operation);
        return begun ? "" : begun.error().reason;
    }
};

TEST(open_l1, counts_an_accounts_nonces_from_what_is_settled) {
    Setting setting;
    EXPECT_EQ(setting.why_not(operation_of(ACCOUNT, 6)),
              "nonce: is 6, the account's next one is 7");
    EXPECT_EQ(setting.why_not(operation_of(ACCOUNT, 7)), "");
    const auto before = setting.scope.checkpoint();
    EXPECT_EQ(setting.why_not(operation_of(ACCOUNT, 7)),
              "nonce: is 7, the account's next one is 8");
    EXPECT_EQ(setting.why_not(operation_of(ACCOUNT, 8)), "");
    setting.scope.rollback(before);
    EXPECT_EQ(setting.why_not(operation_of(ACCOUNT, 8)), "");
}

TEST(open_l1, begins_no_operation_whose_deadline_has_passed) {
    Setting setting;
    const uint64_t now = setting.l1().environment().block.timestamp_s;
    auto operation = operation_of(ACCOUNT, 7);
    for (const uint64_t deadline : {now - 1, now, now + 11}) {
        operation.operation.deadline = uint256{deadline};
        EXPECT_THAT(setting.why_not(operation), HasSubstr("deadline"));
    }
    operation.operation.deadline = uint256{now + 12};  // a slot later
    EXPECT_EQ(setting.why_not(operation), "");
}

TEST(open_l1, begins_no_operation_of_an_alias_or_of_nobody) {
    Setting setting;
    EXPECT_EQ(setting.why_not(operation_of(ALIAS, 0)), "account: an alias signs nothing");
    EXPECT_THAT(setting.why_not(operation_of(Address{{0x77}}, 0)),
                HasSubstr("account: has no code; it is not delegated (EIP-7702)"));
    // Nothing of them was counted.
    EXPECT_EQ(setting.why_not(operation_of(ACCOUNT, 7)), "");
}

TEST(open_l1, has_the_account_of_an_owner_deployed) {
    Setting setting;
    auto operation = operation_of(OWNED, 0);
    EXPECT_THAT(setting.why_not(operation), HasSubstr("account: has no code"));
    operation.owner = Address{{0x99}};
    EXPECT_THAT(setting.why_not(operation), HasSubstr("account: has no code"));
    operation.owner = OWNER;
    EXPECT_EQ(setting.why_not(operation), "");
}

TEST(open_l1, an_account_gets_exactly_the_gas_that_was_signed) {
    Setting setting;
    const auto operation = operation_of(ACCOUNT, 7);
    // gas + gas/31 + verificationGas + 100'000 + 32 for each byte
    constexpr uint64_t GAS = 310'000 + 10'000 + 20'000 + 100'000 + 3'200;
    for (const uint64_t taken : {0u, 1'000'000u, 5'000'000u}) {
        setting.l1().budget.add_gas(taken);
        const auto ending = setting.l1().run_operation(setting.l1().host(), operation);
        ASSERT_TRUE(ending.has_value()) << ending.error().reason;
        EXPECT_TRUE(ending->success);
        EXPECT_EQ(ending->return_data_hash, to_be(uint256{GAS - GAS_OF_LOOKING}));
        EXPECT_TRUE(ending->output.empty());  // it logs nothing
    }
}

TEST(open_l1, runs_no_operation_for_which_the_transaction_has_no_gas) {
    Setting setting;
    const auto run = [&](const protocol::SignedOperation& operation) {
        return setting.l1().run_operation(setting.l1().host(), operation);
    };
    auto operation = operation_of(ACCOUNT, 7);
    for (const uint256& gas :
         {uint256{15'700'000u}, uint256{uint64_t{INT64_MAX}}, uint256{UINT64_MAX}, ~uint256{}}) {
        operation.operation.gas = gas;
        const auto refused = run(operation);
        ASSERT_FALSE(refused.has_value());
        EXPECT_TRUE(protocol::is_too_little_gas_for_operation(refused.error().revert_data));
    }
    operation.operation.gas = 310'000u;
    EXPECT_TRUE(run(operation).has_value());
    setting.l1().budget.add_gas(20'000'000);
    EXPECT_FALSE(run(operation).has_value());
}

TEST(open_l1, an_account_has_to_say_how_its_operation_ended) {
    using namespace evm;
    const Hash hash{{0xab}};
    struct Case {
        Bytes code;
        std::string why;  // empty: it is taken
        bool success = false;
    };
    const auto answering = [](const Bytes& output) {
        return canned_code({{selector_of(protocol::execute_operation({}, Hash{})), output}});
    };
    for (const auto& [code, why, success] :
         {Case{answering(abi::encode(true, hash)), "", true},
          Case{answering(abi::encode(false, hash)), "", false},
          Case{answering(abi::encode(true, hash, uint256{5u})), "", true},
          Case{answering(abi::encode(true)), "the account did not return", false},
          Case{answering({}), "the account did not return", false},
          Case{{OP_PUSH0, OP_PUSH0, OP_REVERT}, "reverted without data", false},
          Case{{OP_INVALID}, "invalid instruction", false}}) {
        Setting setting{changes(code)};
        const auto ending =
            setting.l1().run_operation(setting.l1().host(), operation_of(ACCOUNT, 7));
        ASSERT_EQ(ending.has_value(), why.empty()) << why;
        if (!ending) {
            EXPECT_THAT(ending.error().reason, HasSubstr(why));
            continue;
        }
        EXPECT_EQ(ending->success, success);
        EXPECT_EQ(ending->return_data_hash, hash);
    }
}

}  // namespace
}  // namespace scope::builder
