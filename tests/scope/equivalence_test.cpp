#include <gtest/gtest.h>

#include <map>

#include "equivalence/check.hpp"

namespace scope::equivalence {
namespace {

/// Seeds start here; a failure prints its own.
constexpr uint64_t FIRST_SEED = 1;
constexpr uint64_t RUNS = 250;

/// The part of a refusal that says which rule it is.
std::string rule_of(const std::string& reason) {
    return reason.substr(0, reason.find(':'));
}

TEST(equivalence, many_chains_do_what_one_chain_does) {
    const auto artifacts = demo::Artifacts::locate();
    const ManyChains many{artifacts};
    std::map<std::string, size_t> refused;
    size_t equal = 0;
    for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + RUNS; ++seed) {
        std::mt19937_64 random{seed};
        const Program program = random_program(random);
        const auto where = seed % 100 == 0 ? builder::DataAvailability::blobs
                                           : builder::DataAvailability::calldata;
        const auto finding = check(many, program, where);
        if (finding.verdict == Verdict::different) {
            const Program small = shrink(many, program, where);
            ADD_FAILURE() << "seed " << seed << ": " << finding.detail << "\n"
                          << to_string(small) << check(many, small, where).detail;
            return;
        }
        if (finding.verdict == Verdict::refused) ++refused[rule_of(finding.detail)];
        equal += finding.verdict == Verdict::equal;
    }
    for (const auto& [rule, count] : refused)
        RecordProperty("refused: " + rule, std::to_string(count));

    RecordProperty("equal", std::to_string(equal));
    EXPECT_GE(equal, RUNS / 2);
}

}  // namespace
}  // namespace scope::equivalence
