#include <gtest/gtest.h>

#include <algorithm>

#include "oracle/check.hpp"
#include "oracle/generator.hpp"
#include "oracle/shrink.hpp"
#include "protocol/request.hpp"

namespace scope::oracle {
namespace {

/// Seeds start here; a failure prints its own.
constexpr uint64_t FIRST_SEED = 1;
constexpr uint64_t RUNS = 500;

TEST(equivalence, many_chains_do_what_one_chain_does) {
    const auto artifacts = devnet::Artifacts::locate();
    const ManyChains many{artifacts};
    Checker checker{many};
    std::map<std::string, uint64_t> refused;
    checker.check(FIRST_SEED, RUNS, [&](uint64_t seed, const Finding& finding) {
        if (finding.verdict == Verdict::refused) ++refused[finding.detail];
        if (finding.verdict == Verdict::different)
            ADD_FAILURE() << "seed " << seed << ": " << finding.detail
                          << "\nmade smaller: " << finding.smallest;
    });
    for (const auto& [what, count] : checker.coverage().counts())
        RecordProperty(what, std::to_string(count));
    for (const auto& what : Coverage::required())
        EXPECT_GT(checker.coverage()[what], 0u) << "no program reached: " << what;
    for (const auto& [reason, count] : refused) ADD_FAILURE() << count << " refused: " << reason;
}

/// A contract of L1 that asks one of a rollup, which stores and answers.
Program small_program() {
    Program program;
    Operation ask{.kind = Operation::Kind::call, .at = {}};
    ask.target = 1;
    ask.value = 2;
    const Operation store{
        .kind = Operation::Kind::set, .expression = {Expression::Kind::constant, 5}, .at = {}};
    const Operation tell{.kind = Operation::Kind::emit, .at = {}};
    program.contracts = {{.chain = 0, .functions = {{ask}}, .balance = 5, .creator = {}},
                         {.chain = 1, .functions = {{store, tell}}, .balance = 0, .creator = {}}};
    program.roots = {{}};
    return program;
}

TEST(equivalence, any_other_outcome_is_told) {
    const auto artifacts = devnet::Artifacts::locate();
    const ManyChains many{artifacts};
    const Program program = small_program();
    const auto outcome = many.run(program, builder::DataAvailability::calldata);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().reason;
    EXPECT_EQ(difference(run_on_one_chain(program), *outcome), "");

    const auto told = [&](auto change, const std::string& what) {
        Program other = program;
        change(other);
        EXPECT_EQ(difference(run_on_one_chain(other), *outcome).substr(0, what.size()), what);
    };
    told([](Program& p) { p.contracts[0].functions[0][0].value = 1; }, "c0\n");     // balances
    told([](Program& p) { p.contracts[1].functions[0][0].slot = 1; }, "c1\n");      // storage
    told([](Program& p) { p.contracts[1].functions[0][1].size = 31; }, "logs of");  // logs
    told([](Program& p) { p.contracts[0].functions[0].clear(); }, "root 0\n");      // answers
    told(
        [](Program& p) {
            p.contracts[1].functions[0].push_back({.kind = Operation::Kind::revert, .at = {}});
        },
        "root 0\n");
}

TEST(equivalence, any_other_outcome_of_an_entry_is_told) {
    const auto artifacts = devnet::Artifacts::locate();
    const ManyChains many{artifacts};
    Program program = small_program();
    program.contracts[1].functions.push_back({{.kind = Operation::Kind::revert, .at = {}}});
    const Entry failing{.target = 1, .calls = true, .function = 1, .value = 3};
    const Entry sending{.to = Entry::To::receiver, .value = 2};
    const Entry forced{.kind = Entry::Kind::transaction, .target = 1, .calls = true, .value = 1};
    const Entry without_value{.target = 1, .calls = true, .function = 1};
    program.entries = {failing, sending, forced, without_value};
    const auto outcome = many.run(program, builder::DataAvailability::calldata);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().reason;
    EXPECT_EQ(difference(run_on_one_chain(program), *outcome), "");
    EXPECT_EQ(outcome->left[1], uint256{3u});

    const auto told = [&](auto change, const std::string& what) {
        Program other = program;
        change(other.entries);
        EXPECT_EQ(difference(run_on_one_chain(other), *outcome).substr(0, what.size()), what);
    };
    using Entries = std::vector<Entry>;
    told([](Entries& e) { e[0].value = 4; }, "left to the depositor on chain 1\n");
    told([](Entries& e) { e[0].function = 0; }, "c1\n");
    told([](Entries& e) { e[1].value = 1; }, "receiver on chain 1\n");
    told([](Entries& e) { e[2].kind = Entry::Kind::garbage; }, "c1\n");
    told([](Entries& e) { e[2].kind = Entry::Kind::deposit; }, "logs of");  // by another sender
    told([](Entries& e) { e[3].to = Entry::To::receiver; }, "deposits on chain 1\n");
}

// The chain that is compared with holds the rule of §14 itself: the callee has failed, what it did
// is undone, and its caller has 36 bytes of it.
TEST(equivalence, an_answer_too_long_is_a_failure_on_one_chain_too) {
    const auto artifacts = devnet::Artifacts::locate();
    const ManyChains many{artifacts};
    for (const auto kind : {Operation::Kind::finish, Operation::Kind::revert}) {
        for (const uint64_t size :
             {protocol::MAX_DATA_BYTES, protocol::MAX_DATA_BYTES + 1, size_t{LONGEST_ANSWER}}) {
            Program program = small_program();
            program.contracts[1].functions[0].push_back({.kind = kind, .size = size, .at = {}});
            const auto outcome = many.run(program, builder::DataAvailability::calldata);
            ASSERT_TRUE(outcome.has_value()) << outcome.error().reason;
            const auto one = run_on_one_chain(program);
            EXPECT_EQ(difference(one, *outcome), "") << size;
            const bool answers =
                kind == Operation::Kind::finish && size == protocol::MAX_DATA_BYTES;
            EXPECT_EQ(one.accounts[1].storage[0], uint256{answers ? 5u : 0u}) << size;
            EXPECT_EQ(one.logs[1].size(), answers ? 1u : 0u) << size;
        }
    }
}

TEST(equivalence, programs_shrink_to_what_matters) {
    const auto stores = [](const Program& program) {
        size_t count = 0;
        for (const auto& contract : program.contracts)
            for (const auto& function : contract.functions)
                count += std::ranges::any_of(function, [](const Operation& operation) {
                    return operation.kind == Operation::Kind::set;
                });
        return count != 0;
    };
    const Program small = shrink(random_program(FIRST_SEED), stores);
    size_t operations = 0;
    for (const auto& contract : small.contracts)
        for (const auto& function : contract.functions) operations += function.size();
    EXPECT_EQ(operations, 1u) << to_string(small);
    EXPECT_EQ(small.roots.size(), 1u);
}

TEST(equivalence, a_seed_is_a_program) {
    EXPECT_EQ(to_string(random_program(7)), to_string(random_program(7)));
    EXPECT_NE(to_string(random_program(7)), to_string(random_program(8)));
}

}  // namespace
}  // namespace scope::oracle
