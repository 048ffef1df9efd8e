#include <gmock/gmock.h>

#include "adversary/campaign.hpp"
#include "adversary/judge.hpp"
#include "demo/stories.hpp"
#include "demo/world.hpp"
#include "oracle/one_chain.hpp"

namespace scope::adversary {
namespace {

/// Seeds start here; a failure prints its own.
constexpr uint64_t FIRST_SEED = 100;  // the first one publishes in blobs
constexpr uint64_t PROGRAMS = 12;
constexpr Amount AMOUNT{.mutants = 30, .lies = 8};

TEST(mutate, no_changed_bundle_settles_as_something_else) {
    const auto artifacts = devnet::Artifacts::locate();
    const oracle::ManyChains many{artifacts};
    Tally sum;
    for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; ++seed) {
        const auto result = run_campaign(many, seed, AMOUNT);
        for (const auto& survivor : result.survivors)
            ADD_FAILURE() << "seed " << seed << ": " << survivor.kind << ": " << survivor.detail
                          << "\n"
                          << survivor.program;
        sum += result.sum();
    }
    RecordProperty("refused", std::to_string(sum.refused));
    RecordProperty("equivalent", std::to_string(sum.equivalent));
    RecordProperty("swallowed", std::to_string(sum.swallowed));
    EXPECT_GE(sum.refused, sum.all() / 2);
}

/// A contract of L1 that asks one of a rollup, which calls it back: a leg with a fill, a record and
/// an operation.
TEST(mutate, no_bit_of_a_leg_can_be_turned_over) {
    using oracle::Expression;
    using oracle::Operation;
    const auto call = [](size_t target, uint64_t function) {
        return Operation{.kind = Operation::Kind::call,
                         .expression = {Expression::Kind::constant, 5},
                         .at = {},
                         .bubbles = true,
                         .target = target,
                         .function = function,
                         .value = 1};
    };
    const Operation set{
        .kind = Operation::Kind::set, .expression = {Expression::Kind::argument, 0}, .at = {}};
    oracle::Program program;
    program.contracts = {
        {.chain = 0, .functions = {{call(1, 0), set}, {set}}, .balance = 5, .creator = {}},
        {.chain = 1, .functions = {{call(0, 1)}}, .balance = 5, .creator = {}}};
    program.roots = {{.target = 0}};

    const auto artifacts = devnet::Artifacts::locate();
    const auto result = walk_bits(oracle::ManyChains{artifacts}, program, 0);
    ASSERT_TRUE(result.was_built);
    for (const auto& survivor : result.survivors)
        ADD_FAILURE() << survivor.kind << ": " << survivor.detail;
    const auto sum = result.sum();
    RecordProperty("refused", std::to_string(sum.refused));
    RecordProperty("equivalent", std::to_string(sum.equivalent));
    EXPECT_EQ(sum.swallowed, 0u);
    EXPECT_GT(sum.refused, 10'000u);
}

/// Returns a program: a contract of L1 asks one of a rollup, where two deposits and a transaction
/// wait. The answer doesn't hang on them, so that a plan without them is one.
oracle::Program program_with_entries(bool are_due) {
    using oracle::Entry;
    using oracle::Expression;
    using oracle::Operation;
    const Operation ask{.kind = Operation::Kind::call, .at = {}, .bubbles = true, .target = 1};
    const Operation set{
        .kind = Operation::Kind::set, .expression = {Expression::Kind::argument, 0}, .at = {}};
    const Operation tell{
        .kind = Operation::Kind::finish, .expression = {Expression::Kind::slot, 1}, .at = {}};
    oracle::Program program;
    program.contracts = {{.chain = 0, .functions = {{ask}}, .balance = 0, .creator = {}},
                         {.chain = 1, .functions = {{tell}, {set}}, .balance = 0, .creator = {}}};
    program.roots = {{.target = 0}};
    const auto entry = [](Entry::Kind kind, uint64_t argument) {
        return Entry{.kind = kind,
                     .target = 1,
                     .calls = true,
                     .function = 1,
                     .argument = argument,
                     .value = 3};
    };
    program.entries = {entry(Entry::Kind::deposit, 5), entry(Entry::Kind::transaction, 6),
                       entry(Entry::Kind::deposit, 7)};
    program.entries_are_due = are_due;
    return program;
}

/// Where takeForced stands: behind openScope.
constexpr size_t TAKING = 1;
constexpr uint64_t ENTRIES = 3;
/// The nonces of system transactions that taking all of it uses up.
constexpr uint64_t TAKING_NONCES = 3;

/// A change of what a batch says of a forced queue, with its name and what it is refused for.
struct EntriesForgery {
    std::string what;
    std::string reason;  ///< part of it; empty: any
    std::function<void(Draft& draft, const rollup::Follower& follower)> forge;
    bool may_be_honest = false;  ///< where nothing is due
};

std::vector<Transaction>& transactions_of(Draft& draft) {
    return draft.batches.at(0).blocks.at(0).transactions;
}
/// Shifts the nonces of system transactions from a place on.
void shift_nonces(Draft& draft, size_t from, uint64_t shift) {
    auto& transactions = transactions_of(draft);
    for (size_t i = from; i < transactions.size(); ++i)
        if (transactions[i].type == TxType::system) transactions[i].nonce += shift;
}
auto claiming(uint64_t position) {
    return [position](Draft& draft, const rollup::Follower&) {
        draft.scope.batches.at(0).forced_queue_position = uint256{position};
    };
}
auto taking(uint64_t position, uint64_t nonces_less) {
    return [position, nonces_less](Draft& draft, const rollup::Follower&) {
        transactions_of(draft).at(TAKING).data = protocol::callable::take_forced(position);
        shift_nonces(draft, TAKING + 1, -nonces_less);
    };
}

std::vector<EntriesForgery> forgeries_of_entries() {
    const auto exchange_with_next = [](size_t place) {
        return [place](Draft& draft, const rollup::Follower&) {
            auto& transactions = transactions_of(draft);
            std::swap(transactions.at(place), transactions.at(place + 1));
            std::swap(transactions.at(place).nonce, transactions.at(place + 1).nonce);
        };
    };
    return {
        {"a claim of one more", "", claiming(ENTRIES + 1)},
        {"a claim of one less", "", claiming(ENTRIES - 1)},
        {"a claim of none", "", claiming(0)},
        {"one more taken", "wrong_take_forced", taking(ENTRIES + 1, 0)},
        {"the last left out", "wrong_take_forced", taking(ENTRIES - 1, 1), true},
        {"none but the first", "wrong_take_forced", taking(1, 1), true},
        {"nothing taken, and said so", "wrong_take_forced", taking(0, TAKING_NONCES - 1)},
        {"all left out", "missing_take_forced",
         [](Draft& draft, const rollup::Follower&) {
             auto& transactions = transactions_of(draft);
             transactions.erase(transactions.begin() + TAKING);
             shift_nonces(draft, TAKING, -TAKING_NONCES);
         },
         true},
        {"before openScope", "missing_open_scope", exchange_with_next(TAKING - 1)},
        {"behind a root", "take_forced", exchange_with_next(TAKING)},
        {"taken twice", "wrong_take_forced",
         [](Draft& draft, const rollup::Follower&) {
             auto& transactions = transactions_of(draft);
             shift_nonces(draft, TAKING + 1, 1);
             auto again = transactions.at(TAKING);
             again.nonce += TAKING_NONCES;
             transactions.insert(transactions.begin() + TAKING + 1, again);
         }},
        {"in the second block", "take_forced",
         [](Draft& draft, const rollup::Follower&) {
             auto& blocks = draft.batches.at(0).blocks;
             auto second = blocks.at(0);
             second.timestamp_s += 1;
             second.transactions.erase(second.transactions.begin(),
                                       second.transactions.begin() + TAKING);
             blocks[0].transactions.resize(TAKING);
             blocks.push_back(std::move(second));
         }},
        {"a deposit made twice", "carried_deposit",
         [](Draft& draft, const rollup::Follower& follower) {
             auto& transactions = transactions_of(draft);
             const auto& queued = *follower.forced_entry(draft.batches.at(0).chain_id, ENTRIES - 1);
             auto deposit = transactions.at(TAKING);
             deposit.nonce += TAKING_NONCES;
             deposit.gas_limit = protocol::deposit_gas_limit(queued.entry);
             deposit.data = protocol::callable::deposit(queued.index, queued.entry);
             shift_nonces(draft, TAKING + 1, 1);
             transactions.insert(transactions.begin() + TAKING + 1, deposit);
         }},
    };
}

TEST(mutate, nothing_of_a_forced_queue_can_be_changed) {
    const auto artifacts = devnet::Artifacts::locate();
    const oracle::ManyChains many{artifacts};
    for (const bool are_due : {true, false}) {
        const auto program = program_with_entries(are_due);
        bool was_sealed = false;
        const auto interfere = [&](const oracle::SealedScope& sealed) {
            was_sealed = true;
            const auto honest = draft_of(sealed.bundle);
            const auto unchanged = judge(program, sealed, attempt(sealed, honest));
            EXPECT_EQ(unchanged.verdict, Verdict::equivalent) << unchanged.detail;
            for (const auto& forgery : forgeries_of_entries()) {
                auto draft = honest;
                forgery.forge(draft, sealed.devnet.node().follower());
                const auto judgement = judge(program, sealed, attempt(sealed, draft));
                const auto expected =
                    forgery.may_be_honest && !are_due ? Verdict::equivalent : Verdict::refused;
                EXPECT_EQ(judgement.verdict, expected)
                    << forgery.what << ", due: " << are_due << ": " << judgement.detail;
                if (expected == Verdict::refused)
                    EXPECT_THAT(judgement.detail, testing::HasSubstr(forgery.reason))
                        << forgery.what;
            }
        };
        const auto outcome = many.run(program, builder::DataAvailability::calldata, interfere);
        ASSERT_TRUE(was_sealed);
        ASSERT_TRUE(outcome.has_value()) << outcome.error().reason;
        EXPECT_EQ(oracle::difference(oracle::run_on_one_chain(program), *outcome), "");
    }
}

/// All five stories as roots of one scope.
TEST(mutate, nor_does_the_demonstrations) {
    static const demo::Progress progress;
    demo::World world{devnet::Artifacts::locate(), builder::DataAvailability::blobs, progress};
    const auto options = world.options();
    auto scope = world.open();
    for (const auto& story : demo::stories())
        ASSERT_TRUE(scope.add(story.make(world)).has_value()) << story.name;
    const auto bundle = world.devnet().node().seal(scope);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    const auto result =
        run_campaign({world.devnet(), options, *bundle, {}}, 1, {.mutants = 60, .lies = 20});
    for (const auto& survivor : result.survivors)
        ADD_FAILURE() << survivor.kind << ": " << survivor.detail;
    EXPECT_GE(result.sum().refused, 40u);
}

}  // namespace
}  // namespace scope::adversary
