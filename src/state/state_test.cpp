#include "state/state.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "base/hex.hpp"
#include "evm/analysis.hpp"
#include "state/memory_state.hpp"

namespace scope::state {
namespace {

using namespace scope::literals;
using evm::AccessStatus;

constexpr Address A = "0x00000000000000000000000000000000000000aa"_address;
constexpr Address B = "0x00000000000000000000000000000000000000bb"_address;

Hash word(uint64_t value) {
    return to_be(uint256{value});
}

class StateTest : public testing::Test {
  protected:
    MemoryState base{GenesisAlloc{
        {A, {.nonce = 1, .balance = 100u, .code = {0x60}, .storage = {{word(1), word(11)}}}}}};
    State state{base};
};

TEST_F(StateTest, reads_through) {
    EXPECT_EQ(state.balance(A), uint256{100u});
    EXPECT_EQ(state.nonce(A), 1u);
    EXPECT_EQ(state.code(A)->bytes, Bytes{0x60});
    EXPECT_EQ(state.storage(A, word(1)), word(11));
    EXPECT_FALSE(state.exists(B));
    EXPECT_TRUE(state.code(B)->bytes.empty());
    EXPECT_TRUE(state.diff().empty());
}

TEST_F(StateTest, drops_all_slots_of_an_account_and_can_take_that_back) {
    const auto before = state.checkpoint();
    state.clear_storage(A);
    EXPECT_EQ(state.storage(A, word(1)), Hash{});
    EXPECT_FALSE(state.has_storage(A));
    EXPECT_EQ(state.balance(A), uint256{100u});
    state.set_storage(A, word(2), word(22));
    const auto diff = state.diff();
    ASSERT_EQ(diff.accounts.size(), 1u);
    EXPECT_TRUE(diff.accounts[0].storage_cleared);
    EXPECT_EQ(diff.accounts[0].storage, (std::vector{std::pair{word(2), word(22)}}));
    EXPECT_EQ(base.after(diff)->storage(A, word(1)), Hash{});
    state.rollback(before);
    EXPECT_EQ(state.storage(A, word(1)), word(11));
    EXPECT_EQ(state.storage(A, word(2)), Hash{});
    EXPECT_TRUE(state.diff().empty());
}

TEST_F(StateTest, rollback_restores_everything) {
    state.begin_transaction();
    const auto before = state.checkpoint();
    state.add_balance(B, 5u);
    state.subtract_balance(A, 5u);
    state.set_nonce(A, 7);
    state.set_code(B, evm::make_code({0x01}));
    state.set_storage(A, word(1), word(12));
    state.set_transient_storage(A, word(1), word(3));
    state.add_log({});
    state.mark_created(B);
    state.mark_destructed(A);
    EXPECT_EQ(state.access_account(A), AccessStatus::cold);
    EXPECT_EQ(state.access_storage(A, word(1)), AccessStatus::cold);
    EXPECT_EQ(state.access_storage(A, word(1)), AccessStatus::warm);

    state.rollback(before);
    EXPECT_FALSE(state.exists(B));
    EXPECT_EQ(state.balance(A), uint256{100u});
    EXPECT_EQ(state.nonce(A), 1u);
    EXPECT_EQ(state.storage(A, word(1)), word(11));
    EXPECT_EQ(state.transient_storage(A, word(1)), Hash{});
    EXPECT_TRUE(state.logs().empty());
    EXPECT_FALSE(state.created_in_transaction(B));
    EXPECT_EQ(state.access_account(A), AccessStatus::cold);
    EXPECT_EQ(state.access_storage(A, word(1)), AccessStatus::cold);
    EXPECT_TRUE(state.end_transaction(EmptyAccounts::remove).empty());
    EXPECT_TRUE(state.exists(A));
    EXPECT_TRUE(state.diff().empty());
}

TEST_F(StateTest, storage_knows_the_start_of_the_transaction) {
    state.begin_transaction();
    state.set_storage(A, word(1), word(12));
    auto change = state.set_storage(A, word(1), word(13));
    EXPECT_EQ(change.original, word(11));
    EXPECT_EQ(change.current, word(12));
    state.end_transaction(EmptyAccounts::remove);
    state.begin_transaction();
    change = state.set_storage(A, word(1), word(14));
    EXPECT_EQ(change.original, word(13));
    EXPECT_EQ(change.current, word(13));
}

TEST_F(StateTest, rollback_into_an_ended_transaction_reopens_it) {
    state.begin_transaction();
    state.access_account(A);
    state.set_storage(A, word(1), word(12));
    state.set_transient_storage(A, word(2), word(9));
    state.add_log({.address = B, .topics = {}, .data = {}});
    const auto inside = state.checkpoint();
    state.end_transaction(EmptyAccounts::remove);
    state.begin_transaction();
    EXPECT_EQ(state.access_account(A), AccessStatus::cold);
    state.set_storage(A, word(1), word(15));
    state.end_transaction(EmptyAccounts::remove);

    state.rollback(inside);
    ASSERT_TRUE(state.in_transaction());
    EXPECT_EQ(state.access_account(A), AccessStatus::warm);
    EXPECT_EQ(state.transient_storage(A, word(2)), word(9));
    EXPECT_EQ(state.logs().size(), 1u);
    EXPECT_EQ(state.set_storage(A, word(1), word(16)).original, word(11));
}

TEST_F(StateTest, carried_transient_storage_lives_for_one_transaction) {
    state.begin_transaction();
    state.set_transient_storage(A, word(1), word(5));
    state.set_transient_storage(B, word(1), word(6));
    state.end_transaction(EmptyAccounts::remove, A);

    const auto between = state.checkpoint();
    for (int i = 0; i < 2; ++i) {  // again after a rollback
        state.begin_transaction();
        EXPECT_EQ(state.transient_storage(A, word(1)), word(5));
        EXPECT_EQ(state.transient_storage(B, word(1)), Hash{});
        state.set_transient_storage(A, word(1), word(7));
        state.end_transaction(EmptyAccounts::remove);
        state.begin_transaction();
        EXPECT_EQ(state.transient_storage(A, word(1)), Hash{});
        state.end_transaction(EmptyAccounts::remove);
        state.rollback(between);
    }
    state.drop_carried_transient();
    state.begin_transaction();
    EXPECT_EQ(state.transient_storage(A, word(1)), Hash{});
}

TEST_F(StateTest, destructed_accounts_go_with_their_storage) {
    state.begin_transaction();
    EXPECT_TRUE(state.mark_destructed(A));
    EXPECT_FALSE(state.mark_destructed(A));
    EXPECT_EQ(state.storage(A, word(1)), word(11));
    const auto inside = state.checkpoint();
    state.end_transaction(EmptyAccounts::remove);
    EXPECT_FALSE(state.exists(A));
    EXPECT_EQ(state.storage(A, word(1)), Hash{});
    const auto diff = state.diff();
    ASSERT_EQ(diff.accounts.size(), 1u);
    EXPECT_TRUE(diff.accounts[0].is_deleted());

    state.set_balance(A, 1u);
    state.set_storage(A, word(2), word(22));
    EXPECT_EQ(state.storage(A, word(1)), Hash{});
    MemoryState next = base;
    next.apply(state.diff());
    EXPECT_EQ(next.dump(),
              (GenesisAlloc{
                  {A, {.nonce = 0, .balance = 1u, .code = {}, .storage = {{word(2), word(22)}}}}}));
    state.rollback(inside);
    EXPECT_EQ(state.storage(A, word(1)), word(11));
    EXPECT_EQ(state.code(A)->bytes, Bytes{0x60});
}

TEST_F(StateTest, touched_empty_accounts_go_from_spurious_dragon) {
    for (const auto rule : {EmptyAccounts::keep, EmptyAccounts::remove}) {
        state.begin_transaction();
        state.touch(B);
        state.end_transaction(rule);
        EXPECT_EQ(state.exists(B), rule == EmptyAccounts::keep);
    }
}

TEST(shared_journal, one_rollback_spans_all_states) {
    const MemoryState base;
    Journal journal;
    State one{base, journal};
    State two{base, journal};
    one.begin_transaction();
    one.set_balance(A, 1u);
    const auto between = journal.checkpoint();
    two.begin_transaction();
    two.set_balance(A, 2u);
    two.end_transaction(EmptyAccounts::remove);
    one.set_balance(A, 3u);
    journal.rollback(between);
    EXPECT_EQ(one.balance(A), uint256{1u});
    EXPECT_TRUE(one.in_transaction());
    EXPECT_FALSE(two.exists(A));
    EXPECT_FALSE(two.in_transaction());
}

TEST(shared_journal, a_destroyed_state_takes_its_entries_out) {
    const MemoryState base;
    Journal journal;
    State one{base, journal};
    {
        State two{base, journal};
        two.set_balance(A, 2u);
        two.set_code(A, evm::make_code({0x01}));
    }
    one.set_balance(A, 1u);
    journal.rollback(0);
    EXPECT_FALSE(one.exists(A));
}

TEST(state, stands_on_another_state) {
    const MemoryState base{
        GenesisAlloc{{A, {.nonce = 0, .balance = 10u, .code = {}, .storage = {}}}}};
    State lower{base};
    lower.set_balance(A, 20u);
    lower.set_storage(A, word(1), word(2));
    State upper{lower.as_view()};
    EXPECT_EQ(upper.balance(A), uint256{20u});
    upper.set_storage(A, word(1), word(3));
    EXPECT_EQ(upper.diff().accounts.size(), 1u);
    EXPECT_EQ(lower.storage(A, word(1)), word(2));
}

void expect_equal(const StateDiff& is, const StateDiff& should) {
    ASSERT_EQ(is.accounts.size(), should.accounts.size());
    for (size_t i = 0; i < is.accounts.size(); ++i) {
        const auto& one = is.accounts[i];
        const auto& other = should.accounts[i];
        EXPECT_EQ(one.address, other.address);
        EXPECT_EQ(one.account, other.account);
        EXPECT_EQ(one.code, other.code);
        EXPECT_EQ(one.storage_cleared, other.storage_cleared);
        EXPECT_EQ(one.storage, other.storage);
    }
}

// A State on top, to which the same happens, has the difference since then as its whole one.
TEST(state, tells_what_changed_since_a_checkpoint) {
    constexpr uint64_t RUNS = 200;
    constexpr int TRANSACTIONS = 6;
    const evm::CodePtr codes[]{evm::make_code({0x60}), evm::make_code({0x01}), evm::empty_code()};
    for (uint64_t seed = 1; seed <= RUNS; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random{seed};
        const auto below = [&](uint64_t bound) { return random() % bound; };
        const MemoryState base{GenesisAlloc{
            {A, {.nonce = 1, .balance = 100u, .code = {0x60}, .storage = {{word(1), word(11)}}}}}};
        Journal journal;
        State state{base, journal};
        State another{base, journal};  // whose changes are none of it
        for (int i = 0; i < TRANSACTIONS; ++i) {
            std::vector<std::function<void(State&)>> steps;
            for (uint64_t step = below(6); step > 0; --step) {
                const Address address = below(2) == 0 ? A : B;
                const uint64_t value = below(3);
                switch (below(6)) {
                    case 0:
                        steps.emplace_back(
                            [=](State& s) { s.set_balance(address, uint256{value}); });
                        break;
                    case 1:
                        steps.emplace_back([=](State& s) { s.set_nonce(address, value); });
                        break;
                    case 2:
                        steps.emplace_back(
                            [=, code = codes[value]](State& s) { s.set_code(address, code); });
                        break;
                    case 3:
                        steps.emplace_back([=](State& s) {
                            const auto before = s.checkpoint();
                            s.set_storage(address, word(2), word(9));
                            s.mark_destructed(address);
                            s.rollback(before);
                        });
                        break;
                    case 4:
                        steps.emplace_back([=](State& s) { s.mark_destructed(address); });
                        break;
                    default:
                        steps.emplace_back([=, key = word(below(3))](State& s) {
                            s.set_storage(address, key, word(value));
                        });
                }
            }
            const auto empty = below(2) == 0 ? EmptyAccounts::keep : EmptyAccounts::remove;
            const auto run = [&](State& s) {
                s.begin_transaction();
                for (const auto& step : steps) step(s);
                s.end_transaction(empty);
            };
            State upper{state.as_view()};
            run(upper);
            const auto checkpoint = state.checkpoint();
            another.set_balance(A, uint256{below(1000)});
            run(state);
            expect_equal(state.diff_since(checkpoint), upper.diff());
        }
        expect_equal(state.diff_since(0), state.diff());
        if (testing::Test::HasFailure()) return;
    }
}

TEST(state, tells_of_one_slot_where_one_was_written) {
    constexpr uint64_t WRITES = 100;
    const MemoryState base{GenesisAlloc{}};
    State state{base};
    for (uint64_t i = 1; i <= WRITES; ++i) {
        const auto checkpoint = state.checkpoint();
        state.begin_transaction();
        state.set_storage(A, word(i), word(i));
        state.end_transaction(EmptyAccounts::keep);
        const auto diff = state.diff_since(checkpoint);
        ASSERT_EQ(diff.accounts.size(), 1u);
        EXPECT_EQ(diff.accounts[0].storage, (std::vector{std::pair{word(i), word(i)}}));
    }
}

TEST(state, tells_what_it_read) {
    const MemoryState base;
    State state{base};
    state.set_balance(A, 1u);
    state.begin_transaction();
    state.access_account(B);  // warm, not read
    std::vector<Address> read;
    state.for_each_read([&](const Address& address, const auto&) { read.push_back(address); });
    EXPECT_EQ(read, std::vector{A});
}

}  // namespace
}  // namespace scope::state
