#include "devnet/live_network.hpp"

#include <fmt/format.h>

#include <future>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "devnet/people.hpp"
#include "devnet/test_live.hpp"
#include "execution/scope_rollup.hpp"
#include "types/signing.hpp"

namespace scope::devnet {
namespace {

using testing::HasSubstr;

constexpr uint64_t GWEI = 1'000'000'000;

Transaction transfer(ChainId chain, uint64_t nonce, uint64_t fee_gwei = 100) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain;
    tx.nonce = nonce;
    tx.gas_limit = 60'000;
    tx.max_fee_per_gas = uint256{fee_gwei * GWEI};
    tx.max_priority_fee_per_gas = uint256{GWEI};
    tx.to = TestLive::account(1).address;
    tx.value = uint256{1u};
    return tx;
}

std::string raw(Transaction tx) {
    sign(tx, TestLive::account().key);
    return fmt::format(R"(["{}"])", to_hex(encode(tx)));
}
std::string quoted_hash(Transaction tx) {
    sign(tx, TestLive::account().key);
    return fmt::format(R"(["{}"])", to_hex(hash(tx)));
}

TEST(LiveNetwork, ordinary_transactions_stand_in_a_block_at_once) {
    TestLive live;
    for (const ChainId chain : {L1, A, B}) {
        const auto sent =
            TestLive::unquoted(live.get(chain, "eth_sendRawTransaction", raw(transfer(chain, 0))));
        const auto receipt = live.receipt(chain, sent);
        EXPECT_EQ(TestLive::member(receipt, "status"), "0x1");
        EXPECT_EQ(TestLive::member(receipt, "blockNumber"), "0x1");
        EXPECT_EQ(TestLive::unquoted(live.get(chain, "eth_blockNumber")), "0x1");
    }
    // Nothing of the rollups is on L1 yet.
    EXPECT_EQ(live.network.scopes(), 0u);
    EXPECT_EQ(live.network.chain(A)->head(rpc::Label::safe)->header().number, 0u);
}

TEST(LiveNetwork, unsettled_blocks_settle_after_a_time) {
    TestLive live;
    live.get(A, "eth_sendRawTransaction", raw(transfer(A, 0)));
    ASSERT_TRUE(live.network.ms_to_next_tick());
    EXPECT_EQ(*live.network.ms_to_next_tick(), 12'000u);
    live.now_ms += 11'999;
    live.network.tick();
    EXPECT_EQ(live.network.scopes(), 0u);
    live.now_ms += 1;
    live.network.tick();
    EXPECT_EQ(live.network.scopes(), 1u);
    EXPECT_FALSE(live.network.ms_to_next_tick());
    EXPECT_EQ(live.network.chain(A)->head(rpc::Label::safe)->hash,
              live.network.chain(A)->head()->hash);
    live.expect_derivable();
}

TEST(LiveNetwork, unsettled_blocks_settle_after_so_many) {
    TestLive live{{.settle_after_blocks = 3}};
    for (uint64_t nonce = 0; nonce < 3; ++nonce)
        live.get(A, "eth_sendRawTransaction", raw(transfer(A, nonce)));
    EXPECT_EQ(live.network.scopes(), 1u);
    live.expect_derivable();
}

TEST(LiveNetwork, a_root_has_its_receipt_when_it_is_sent_and_has_settled) {
    TestLive live;
    live.deploy_couriers();
    live.expect_settles();
    // Many more, on what those left.
    live.expect_settles();
}

TEST(LiveNetwork, settles_in_blobs) {
    TestLive live{{.data_availability = builder::DataAvailability::blobs}};
    live.expect_settles();
    EXPECT_EQ(live.network.scope(0)->blobs, 1u);
    EXPECT_NE(TestLive::member(live.get(L1, "scope_getBundle", "[0]"), "batches"), "missing");
}

TEST(LiveNetwork, a_nonce_that_is_too_high_waits_for_those_before) {
    TestLive live;
    live.get(A, "eth_sendRawTransaction", raw(transfer(A, 1)));
    EXPECT_EQ(TestLive::unquoted(live.get(A, "eth_blockNumber")), "0x0");
    live.get(A, "eth_sendRawTransaction", raw(transfer(A, 0)));
    EXPECT_EQ(live.network.chain(A)->head()->block.transactions.size(), 3u);  // behind openScope
}

TEST(LiveNetwork, refusals_have_geths_words) {
    TestLive live;
    live.get(A, "eth_sendRawTransaction", raw(transfer(A, 0)));
    EXPECT_EQ(live.error(A, "eth_sendRawTransaction", raw(transfer(A, 0))),
              "nonce too low: next nonce 1, tx nonce 0");
    EXPECT_THAT(live.error(B, "eth_sendRawTransaction", raw(transfer(A, 0))),
                HasSubstr("invalid chain id for signer"));
    EXPECT_THAT(live.error(A, "eth_sendRawTransaction", R"(["0x02c0"])"),
                HasSubstr("can't be decoded"));
    auto dear = transfer(A, 1);
    dear.value = ~uint256{};
    EXPECT_THAT(live.error(A, "eth_sendRawTransaction", raw(dear)),
                HasSubstr("insufficient funds for gas * price + value"));
}

TEST(LiveNetwork, sync_sends_answer_with_the_receipt_or_in_time) {
    TestLive live;
    EXPECT_EQ(
        TestLive::member(live.get(A, "eth_sendRawTransactionSync", raw(transfer(A, 0))), "status"),
        "0x1");
    std::promise<rpc::RpcResult> late;
    simdjson::dom::parser parser;
    auto params = raw(transfer(A, 2));
    params.insert(params.size() - 1, ",1");
    live.service.call({.chain_id = A,
                       .method = "eth_sendRawTransactionSync",
                       .params = parser.parse(params).value(),
                       .subscriber = nullptr},
                      [&](rpc::RpcResult result) { late.set_value(std::move(result)); });
    const auto answer = late.get_future().get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, 4);
    EXPECT_EQ("[" + answer.error().data + "]", quoted_hash(transfer(A, 2)));
}

TEST(LiveNetwork, a_root_that_would_be_refused_is_refused_at_the_door) {
    TestLive live;
    live.deploy_couriers();
    // More ETH than L1 holds for the rollup can't be asked for: a courier that isn't there is a
    // failure of the call; a root without gas for its load is refused.
    auto tx = transfer(A, 1);
    tx.to = live.couriers.at(A);
    tx.data = concat(live.carry_to(L1, uint256{1u}), execution::ROOT_MARKER);
    tx.value = uint256{1u};
    tx.gas_limit = 25'000;
    const auto answer = live.ask(A, "eth_sendRawTransaction", raw(tx));
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message, "");
    live.expect_settles();
}

/// A root of account 0 from A's courier to L1's.
Transaction root_of(const TestLive& live, uint64_t nonce, uint64_t fee_gwei = 100) {
    auto tx = transfer(A, nonce, fee_gwei);
    tx.to = live.couriers.at(A);
    tx.data = concat(live.carry_to(L1, uint256{1u}), execution::ROOT_MARKER);
    tx.gas_limit = 2'000'000;
    return tx;
}

TEST(LiveNetwork, a_replacement_that_is_refused_leaves_the_one_it_would_replace) {
    TestLive live;
    live.deploy_couriers();
    const auto bad = [&](uint64_t nonce) {
        auto tx = root_of(live, nonce, 200);
        tx.max_priority_fee_per_gas = uint256{2 * GWEI};
        using Stop = std::tuple<uint256, Address, uint256, uint256>;
        const std::vector<Stop> stops{
            {uint256{L1}, live.couriers.at(L1), uint256{10'000'000u}, uint256{}}};  // too greedy
        tx.data = concat(abi::call("carry((uint256,address,uint256,uint256)[])", stops),
                         execution::ROOT_MARKER);
        tx.gas_limit = 16'000'000;
        return tx;
    };
    live.get(L1, "evm_setAutomine", "[false]");
    const auto good = root_of(live, 1);
    live.get(A, "eth_sendRawTransaction", raw(good));
    live.error(A, "eth_sendRawTransaction", raw(bad(1)));
    ASSERT_EQ(live.network.chain(A)->pool()->size(), 1u);
    EXPECT_NE(live.get(A, "eth_getTransactionByHash", quoted_hash(good)), "null");
    live.get(L1, "evm_setAutomine", "[true]");
    EXPECT_EQ(
        TestLive::member(live.get(A, "eth_getTransactionReceipt", quoted_hash(good)), "status"),
        "0x1");
    live.expect_settles();
}

TEST(LiveNetwork, roots_that_one_scope_has_no_room_for_wait_for_the_next) {
    TestLive live;
    live.deploy_couriers();
    live.get(L1, "evm_setAutomine", "[false]");
    std::vector<Transaction> roots;
    for (uint64_t nonce = 1; nonce < 10; ++nonce) {
        auto tx = root_of(live, nonce);
        // On L1 it is calldata, whose gas a scope has for a few of these.
        tx.data = concat(live.carry_to(L1, uint256{}), Bytes(70'000, 0x11), execution::ROOT_MARKER);
        tx.gas_limit = 6'000'000;
        roots.push_back(tx);
        live.get(A, "eth_sendRawTransaction", raw(tx));
    }
    live.get(L1, "evm_setAutomine", "[true]");
    for (const auto& tx : roots)
        EXPECT_EQ(
            TestLive::member(live.get(A, "eth_getTransactionReceipt", quoted_hash(tx)), "status"),
            "0x1");
    EXPECT_GT(live.network.scopes(), 1u);
    live.expect_derivable();
}

/// A listener that keeps what can't go on.
class Troubles final : public rpc::Listener {
  public:
    void on_blocks(ChainId, std::span<const chain::StoredBlockPtr>,
                   std::span<const chain::StoredBlockPtr>) override {}
    void on_pending(ChainId, const pool::PooledTransaction&) override {}
    void on_scope(const rpc::ScopeRecordPtr&) override {}
    void on_refusal(const rpc::RefusalRecord&) override {}
    void on_trouble(std::string_view reason) override { reasons.emplace_back(reason); }
    std::vector<std::string> reasons;
};

TEST(LiveNetwork, what_can_not_settle_is_told_and_settles_once_it_can) {
    TestLive live;
    live.deploy_couriers();
    Troubles troubles;
    live.network.listen(&troubles);
    const auto& l1 = live.network.devnet().l1().chain();
    const auto submitter = make_person("devnet.submitter").address;
    const auto set_balance = [&](const uint256& wei) {
        chain::force_state(l1, l1.head()->hash,
                           [&](state::State& state) { state.set_balance(submitter, wei); });
    };
    const uint256 before = live.balance(L1, submitter);
    set_balance({});
    const auto root = root_of(live, 1);
    live.get(A, "eth_sendRawTransaction", raw(root));
    const auto waiting = live.get(A, "scope_getRefusal", quoted_hash(root));
    EXPECT_EQ(TestLive::member(waiting, "pending"), "true");
    EXPECT_THAT(TestLive::member(waiting, "reason"), HasSubstr("nothing settles: "));
    ASSERT_EQ(troubles.reasons.size(), 1u);
    live.now_ms += 12'000;
    live.network.tick();
    EXPECT_EQ(troubles.reasons.size(), 1u) << troubles.reasons.back();  // the same is told once
    EXPECT_EQ(live.get(A, "eth_getTransactionReceipt", quoted_hash(root)), "null");

    set_balance(before);
    live.now_ms += 12'000;
    live.network.tick();
    EXPECT_EQ(
        TestLive::member(live.get(A, "eth_getTransactionReceipt", quoted_hash(root)), "status"),
        "0x1");
    EXPECT_EQ(live.get(A, "scope_getRefusal", quoted_hash(root)), "null");
    live.network.unlisten(&troubles);
    live.expect_settles();
}

TEST(LiveNetwork, who_is_impersonated_is_kept_only_for_what_was_taken) {
    TestLive live;
    const auto poor = std::string{"0x00000000000000000000000000000000000a11ce"};
    live.get(A, "anvil_impersonateAccount", fmt::format(R"(["{}"])", poor));
    live.error(A, "eth_sendTransaction",
               fmt::format(R"([{{"from":"{}","to":"{}","value":"0x1","gas":"0x5208"}}])", poor,
                           TestLive::address()));
    EXPECT_FALSE(live.network.controls()->is_patched(A));
}

TEST(LiveNetwork, roots_and_ordinary_transactions_of_a_sender_keep_their_order) {
    TestLive live{{.automine = false}};
    live.get(L1, "evm_setAutomine", "[true]");
    live.deploy_couriers();
    live.get(L1, "evm_setAutomine", "[false]");
    const uint64_t first = live.network.chain(A)
                               ->state(live.network.chain(A)->head()->hash)
                               ->account(TestLive::account().address)
                               ->nonce;
    auto root = transfer(A, first + 1);
    root.to = live.couriers.at(A);
    root.data = concat(live.carry_to(L1, uint256{1u}), execution::ROOT_MARKER);
    root.gas_limit = 2'000'000;
    for (const auto& tx : {transfer(A, first), root, transfer(A, first + 2)})
        live.get(A, "eth_sendRawTransaction", raw(tx));
    EXPECT_EQ(live.network.chain(A)->pool()->size(), 3u);
    live.get(L1, "evm_mine");
    EXPECT_EQ(live.network.chain(A)->pool()->size(), 0u);
    for (const auto& tx : {transfer(A, first), root, transfer(A, first + 2)})
        EXPECT_EQ(
            TestLive::member(live.get(A, "eth_getTransactionReceipt", quoted_hash(tx)), "status"),
            "0x1");
    live.expect_derivable();
}

TEST(LiveNetwork, l1_takes_ordinary_transactions_behind_a_scope) {
    TestLive live{{.automine = false}};
    live.get(A, "eth_sendRawTransaction", raw(transfer(A, 0)));
    live.get(A, "evm_mine");
    live.get(L1, "eth_sendRawTransaction", raw(transfer(L1, 0)));
    live.get(L1, "evm_mine");
    EXPECT_EQ(live.network.scopes(), 1u);
    EXPECT_EQ(live.network.chain(L1)->head()->header().number, 1u);
    EXPECT_EQ(live.network.chain(L1)->head()->block.transactions.size(), 2u);
}

TEST(LiveNetwork, an_operation_goes_from_the_owners_account) {
    TestLive live;
    live.deploy_couriers();
    const auto call =
        fmt::format(R"({{"from":"{}","to":"{}","value":"0x5","data":"{}"}})", TestLive::address(),
                    to_hex(live.couriers.at(L1)), to_hex(live.carry_to(A, uint256{5u})));
    EXPECT_THAT(live.error(L1, "scope_prepareOperation", "[" + call + "]"),
                HasSubstr("send it ETH first"));
    // The error names the account.
    const auto text = live.error(L1, "scope_prepareOperation", "[" + call + "]");
    const auto account = fixed_from_hex<20>([&] {
        auto hex = text.substr(text.find("0x"), 42);
        std::ranges::transform(hex, hex.begin(), [](char c) { return std::tolower(c); });
        return hex;
    }());
    ASSERT_TRUE(account);
    live.send(L1, account, {}, uint256{1'000'000u});
    for (const std::string deploys : {"true", "false"}) {
        const auto typed = live.get(L1, "scope_prepareOperation", "[" + call + "]");
        EXPECT_EQ(TestLive::member(typed, "deploysAccount"), deploys);
        const auto signature = live.get(L1, "eth_signTypedData_v4",
                                        fmt::format(R"(["{}",{}])", TestLive::address(), typed));
        const auto before = live.balance(A, live.couriers.at(A));
        const auto hash =
            live.get(L1, "scope_sendOperation", fmt::format("[{},{}]", typed, signature));
        const auto receipt = live.get(L1, "scope_getOperationReceipt", "[" + hash + "]");
        EXPECT_EQ(TestLive::member(receipt, "success"), "true") << receipt;
        EXPECT_EQ(live.balance(A, live.couriers.at(A)), before + uint256{5u});
        EXPECT_THAT(live.error(L1, "scope_sendOperation", fmt::format("[{},{}]", typed, signature)),
                    HasSubstr("nonce too low"));
    }
    live.expect_settles();
}

/// Operations of account 0's account on L1.
class OperationTest : public testing::Test {
  protected:
    OperationTest() {
        live.deploy_couriers();
        const auto text = live.error(L1, "scope_prepareOperation", "[" + call() + "]");
        auto hex = text.substr(text.find("0x"), 42);
        std::ranges::transform(hex, hex.begin(), [](char c) { return std::tolower(c); });
        account = *fixed_from_hex<20>(hex);
        live.send(L1, account, {}, uint256{1'000'000u});
        live.get(L1, "evm_setAutomine", "[false]");
    }

    [[nodiscard]] std::string call() const {
        return fmt::format(R"({{"from":"{}","to":"{}","value":"0x5","data":"{}"}})",
                           TestLive::address(), to_hex(live.couriers.at(L1)),
                           to_hex(live.carry_to(A, uint256{5u})));
    }
    /// Returns an operation with a nonce so far behind the next one, as its owner signs it.
    protocol::SignedOperation operation(uint64_t gap) {
        protocol::SignedOperation made{
            .operation = {.account = account,
                          .nonce = uint256{gap},
                          .target = live.couriers.at(L1),
                          .value = uint256{5u},
                          .data = live.carry_to(A, uint256{5u}),
                          .gas = uint256{1'000'000u},
                          .verification_gas = uint256{100'000u},
                          .deadline = uint256{live.now_ms / 1000 + 1000}}};
        sign(made);
        return made;
    }
    void sign(protocol::SignedOperation& made) {
        const auto signature = crypto::sign(
            protocol::operation_digest(live.network.contracts()->settlement, made.operation),
            TestLive::account().key);
        made.signature = to_bytes(crypto::to_rsv(signature));
        made.owner = TestLive::account().address;
    }
    std::string refused(const protocol::SignedOperation& made) {
        const auto sent = live.network.send_operation(made, std::nullopt);
        return sent ? "taken" : sent.error().message;
    }

    TestLive live;
    Address account;
};

TEST_F(OperationTest, what_is_wrong_with_one_behind_a_gap_is_said_at_once) {
    auto wrong = operation(2);
    wrong.operation.value = uint256{6u};
    EXPECT_THAT(refused(wrong), HasSubstr("signature: "));
    wrong = operation(2);
    wrong.operation.deadline = uint256{live.now_ms / 1000 - 1000};
    sign(wrong);
    EXPECT_THAT(refused(wrong), HasSubstr("deadline: "));
    wrong = operation(2);
    wrong.operation.fee = ~uint256{};
    sign(wrong);
    EXPECT_THAT(refused(wrong), HasSubstr("insufficient funds"));
    wrong = operation(2);
    wrong.operation.account = live.couriers.at(A);
    wrong.operation.account[0] ^= 1;
    sign(wrong);
    EXPECT_NE(refused(wrong), "taken");
    EXPECT_THAT(refused(operation(16)), HasSubstr("nonce too high"));
    for (uint64_t gap = 0; gap < 16; ++gap) EXPECT_EQ(refused(operation(gap)), "taken") << gap;
    live.get(L1, "evm_setAutomine", "[true]");
    live.expect_settles();
}

TEST_F(OperationTest, those_behind_gaps_make_room_for_one_that_can_run) {
    const auto address_of_call = [&](const Address& to, const Bytes& data) {
        const auto answer =
            live.get(L1, "eth_call",
                     fmt::format(R"([{{"to":"{}","data":"{}"}}])", to_hex(to), to_hex(data)));
        return to_address(from_be(*from_hex(TestLive::unquoted(answer))));
    };
    const auto& settlement = live.network.contracts()->settlement;
    const auto factory = address_of_call(settlement.settlement, protocol::account_factory());
    // Nobody pays for accounts that are not there yet.
    size_t waiting = 0;
    for (size_t person = 0; waiting < 1024; ++person) {
        const auto owner = make_person(fmt::format("stranger-{}", person));
        auto made = operation(0);
        made.operation.account = address_of_call(factory, protocol::account_of(owner.address));
        made.operation.value = {};
        made.owner = owner.address;
        for (uint64_t nonce = 1; nonce < 16 && waiting < 1024; ++nonce, ++waiting) {
            made.operation.nonce = uint256{nonce};
            made.signature = to_bytes(crypto::to_rsv(
                crypto::sign(protocol::operation_digest(settlement, made.operation), owner.key)));
            ASSERT_EQ(refused(made), "taken");
        }
    }
    EXPECT_THAT(refused(operation(1)), HasSubstr("1024 wait already"));
    EXPECT_EQ(refused(operation(0)), "taken");
}

TEST_F(OperationTest, one_whose_deadline_passes_while_it_waits_is_dropped) {
    const auto hash = live.network.send_operation(operation(1), std::nullopt);
    ASSERT_TRUE(hash);
    const auto quoted = fmt::format(R"(["{}"])", to_hex(*hash));
    EXPECT_EQ(TestLive::member(live.get(L1, "scope_getRefusal", quoted), "pending"), "true");
    live.now_ms += 2'000'000;
    live.get(L1, "evm_mine");
    EXPECT_THAT(live.get(L1, "scope_getRefusal", quoted), HasSubstr("deadline: "));
}

TEST_F(OperationTest, dropping_all_transactions_drops_operations_too) {
    const auto hash = live.network.send_operation(operation(0), std::nullopt);
    ASSERT_TRUE(hash);
    EXPECT_EQ(live.network.next_operation_nonce(account), uint256{1u});
    live.get(L1, "anvil_dropAllTransactions");
    EXPECT_FALSE(live.network.next_operation_nonce(account));
    live.get(L1, "evm_setAutomine", "[true]");
    live.expect_settles();
}

TEST(LiveNetwork, dropping_a_transaction_ends_who_waits_for_its_receipt) {
    TestLive live;
    live.get(A, "evm_setAutomine", "[false]");
    for (const auto* const method : {"anvil_dropAllTransactions", "anvil_dropTransaction"}) {
        std::promise<rpc::RpcResult> answered;
        auto answer = answered.get_future();
        simdjson::dom::parser parser;
        auto params = raw(transfer(A, 0));
        params.insert(params.size() - 1, ",60000");
        live.service.call({.chain_id = A,
                           .method = "eth_sendRawTransactionSync",
                           .params = parser.parse(params).value(),
                           .subscriber = nullptr},
                          [&](rpc::RpcResult result) { answered.set_value(std::move(result)); });
        live.get(A, method,
                 std::string_view{method} == "anvil_dropTransaction" ? quoted_hash(transfer(A, 0))
                                                                     : "[]");
        ASSERT_EQ(answer.wait_for(std::chrono::seconds{0}), std::future_status::ready) << method;
        const auto result = answer.get();
        ASSERT_FALSE(result);
        EXPECT_THAT(result.error().message, HasSubstr("a test dropped it"));
    }
}

TEST(LiveNetwork, what_the_door_took_and_no_block_can_have_is_told) {
    TestLive live;
    live.deploy_couriers();
    live.get(L1, "evm_setAutomine", "[false]");
    const auto hash =
        live.send(A, live.couriers.at(A), live.carry_to(L1, uint256{1u}), uint256{1u});
    const auto waits = live.get(A, "scope_getRefusal", fmt::format(R"(["{}"])", hash));
    EXPECT_EQ(TestLive::member(waits, "reason"), "blocks are mined by hand: evm_mine");
    live.get(A, "anvil_setBalance", fmt::format(R"(["{}","0x0"])", TestLive::address()));
    const auto refusal = live.get(A, "scope_getRefusal", fmt::format(R"(["{}"])", hash));
    EXPECT_EQ(TestLive::member(refusal, "rule"), "transaction");
    EXPECT_EQ(TestLive::member(refusal, "error.code"), "-39021");
    EXPECT_THAT(TestLive::member(refusal, "reason"), HasSubstr("insufficient funds"));
}

TEST(LiveNetwork, a_delegated_eoa_signs_operations_of_its_own) {
    TestLive live;
    live.deploy_couriers();
    // EIP-7702: the owner's code is the account contract, as the factory names it.
    const auto word = [&](const Address& to, const char* function) {
        const auto answer = live.get(
            L1, "eth_call",
            fmt::format(R"([{{"to":"{}","data":"{}"}}])", to_hex(to), to_hex(abi::call(function))));
        return to_address(from_be(*from_hex(TestLive::unquoted(answer))));
    };
    const auto factory = word(live.network.contracts()->settlement.settlement, "accountFactory()");
    const auto& owner = TestLive::account(2);
    Authorization authorization{
        .chain_id = uint256{L1}, .address = word(factory, "implementation()"), .nonce = 0};
    sign(authorization, owner.key);
    auto tx = transfer(L1, 1);
    tx.type = TxType::set_code;
    tx.gas_limit = 200'000;
    tx.authorization_list = {authorization};
    live.get(L1, "eth_sendRawTransaction", raw(tx));
    const auto call = fmt::format(R"([{{"from":"{}","to":"{}","value":"0x5","data":"{}"}}])",
                                  TestLive::address(2), to_hex(live.couriers.at(L1)),
                                  to_hex(live.carry_to(A, uint256{5u})));
    const auto typed = live.get(L1, "scope_prepareOperation", call);
    EXPECT_EQ(TestLive::member(typed, "isDelegated"), "true");
    EXPECT_EQ(TestLive::member(typed, "message.account"), TestLive::address(2));
    const auto signature = live.get(L1, "eth_signTypedData_v4",
                                    fmt::format(R"(["{}",{}])", TestLive::address(2), typed));
    const auto hash =
        live.get(L1, "scope_sendOperation",
                 fmt::format(R"([{{"operation":{},"signature":{}}}])", typed, signature));
    EXPECT_EQ(
        TestLive::member(live.get(L1, "scope_getOperationReceipt", "[" + hash + "]"), "success"),
        "true");
    EXPECT_EQ(live.balance(A, live.couriers.at(A)), uint256{5u});
    live.expect_settles();
}

TEST(LiveNetwork, hash_chains_fold_to_what_settled) {
    TestLive live;
    live.expect_settles();
    const auto scope = live.network.scopes() - 2;  // from A to L1
    const auto chain = live.get(A, "scope_getHashChain",
                                fmt::format(R"([42001,31337,"requestsOut",{0},{0}])", scope));
    const auto record = live.network.scope(scope);
    const auto& batches = record->batches;
    const auto batch = std::ranges::find(batches, uint256{A}, &protocol::BatchClaim::chain_id);
    ASSERT_NE(batch, batches.end());
    const auto remote =
        std::ranges::find(batch->remotes, uint256{L1}, &protocol::Streams::chain_id);
    ASSERT_NE(remote, batch->remotes.end());
    EXPECT_THAT(chain, HasSubstr(to_hex(remote->hashes.requests_out)));
    const auto answers = live.get(A, "scope_getHashChain",
                                  fmt::format(R"([31337,42001,"responsesOut",{0},{0}])", scope));
    EXPECT_THAT(answers, HasSubstr(to_hex(remote->hashes.responses_in)));
    for (const auto& told : {chain, answers}) EXPECT_THAT(told, HasSubstr(R"("items":[{)"));
    EXPECT_EQ(TestLive::member(
                  live.get(A, "scope_getRollingHashes",
                           fmt::format(R"([42001,31337,"{}"])", to_hex(batch->last_block_hash))),
                  "requestsOut"),
              to_hex(remote->hashes.requests_out));
}

TEST(LiveNetwork, tells_of_scopes_settlements_and_refusals) {
    TestLive live;
    for (const auto* const kind : {"scopes", "settlements", "refusals"})
        live.get(L1, "scope_subscribe", fmt::format(R"(["{}"])", kind));
    live.expect_settles();
    size_t scopes = 0;
    for (const auto& message : live.connection->messages)
        scopes += message.find("scope_subscription") != std::string::npos ? 1 : 0;
    EXPECT_GE(scopes, 4u);  // two scopes, each with at least one batch
}

TEST(LiveNetwork, simulates_and_prefills) {
    TestLive live;
    live.deploy_couriers();
    const auto call =
        fmt::format(R"({{"from":"{}","to":"{}","value":"0x5","data":"{}"}})", TestLive::address(),
                    to_hex(live.couriers.at(A)), to_hex(live.carry_to(L1, uint256{5u})));
    const auto simulated = live.get(A, "scope_simulate", "[" + call + "]");
    EXPECT_EQ(TestLive::member(simulated, "success"), "true") << simulated;
    EXPECT_EQ(TestLive::member(simulated, "call_count"), "1");
    const auto filled = live.get(A, "scope_prefill", "[" + call + "]");
    EXPECT_THAT(filled, HasSubstr(to_hex(rollup::PREDEPLOY)));
    EXPECT_THAT(filled, HasSubstr(R"("success":true)"));
    EXPECT_THAT(live.get(A, "scope_prefill", "[" + call + R"(,"abi"])"),
                testing::StartsWith("\"0x"));
    EXPECT_EQ(live.network.scopes(), 0u);
}

TEST(LiveNetwork, simulations_have_a_bound_together) {
    TestLive live;
    live.deploy_couriers();
    std::string roots;
    for (uint64_t nonce = 1; nonce < 12; ++nonce) {
        auto tx = root_of(live, nonce);
        tx.gas_limit = 16'000'000;
        const auto one = raw(tx);
        roots += (roots.empty() ? "" : ",") + one.substr(1, one.size() - 2);
    }
    EXPECT_THAT(live.error(A, "scope_simulate", "[[" + roots + "]]"), HasSubstr("120000000 gas"));
}

TEST(LiveNetwork, names_its_chains_and_contracts) {
    TestLive live;
    live.expect_settles();
    const auto chains = live.get(A, "scope_chains");
    EXPECT_THAT(chains, HasSubstr(R"("chainId":42002)"));
    EXPECT_THAT(chains, HasSubstr(R"("patched":false)"));
    EXPECT_THAT(live.get(A, "scope_contracts"), HasSubstr("Settlement"));
    EXPECT_NE(live.get(A, "scope_getSettlement", R"([42001,"0x1"])"), "null");
    EXPECT_THAT(live.error(A, "scope_getSettlement", R"([7,"0x1"])"), HasSubstr("no chain 7"));
}

}  // namespace
}  // namespace scope::devnet
