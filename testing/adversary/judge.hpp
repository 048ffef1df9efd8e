#pragma once

#include "adversary/draft.hpp"
#include "oracle/program.hpp"

namespace scope::adversary {

enum class Verdict : uint8_t {
    refused,     ///< not attested, or not settled
    equivalent,  ///< it settled as something that an honest builder may do
    swallowed,   ///< L1 alone: a fault in a contract's call that the contract caught (§7)
    survivor,    ///< a bug
};

struct Judgement {
    Verdict verdict{};
    std::string detail;
};

/// Judges a changed bundle of this program.
///
/// Equivalent is what settled, was derived by a follower of L1, did on all chains together what one
/// chain does with the roots that are in it, in the order of their indices (the oracle's
/// comparison: answers, storage, balances, logs), and left every rollup backed by its escrow. So a
/// builder may leave out roots, order them, and choose what is nobody's: coinbases, timestamps, the
/// L1 origin, aliases to deploy. Of a forced queue it may leave out what is not due, from the end.
Judgement judge(const oracle::Program& program, const oracle::SealedScope& sealed,
                const Attempt& attempt);

/// Judges without an oracle: equivalent is what leaves all accounts as @p honest does, but the
/// predeploy, ScopedCallable, settlement, the system sender, coinbases and the submitter.
Judgement judge_same(const oracle::SealedScope& sealed, const Attempt& honest,
                     const Attempt& attempt);

}  // namespace scope::adversary
