#pragma once

#include <functional>
#include <map>

#include "adversary/judge.hpp"

namespace scope::adversary {

/// The number of mutants of one kind by how they ended.
struct Tally {
    uint64_t refused = 0;
    uint64_t equivalent = 0;
    uint64_t swallowed = 0;
    uint64_t survivors = 0;

    [[nodiscard]] uint64_t all() const { return refused + equivalent + swallowed + survivors; }
    Tally& operator+=(const Tally& other);
};

struct Survivor {
    uint64_t seed = 0;
    std::string kind;
    std::string detail;
    std::string program;
};

struct Result {
    std::map<std::string, Tally> kinds;
    std::vector<Survivor> survivors;
    bool was_built = false;  ///< the builder settles the program at all

    [[nodiscard]] Tally sum() const;
};

struct Amount {
    uint64_t mutants = 0;
    uint64_t lies = 0;
};

/// Changes the bundle of the random program with this seed, again and again. The same seed does the
/// same.
Result run_campaign(const oracle::ManyChains& many, uint64_t seed, const Amount& amount);
/// Does the same for a program at hand.
Result run_campaign(const oracle::ManyChains& many, const oracle::Program& program, uint64_t seed,
                    const Amount& amount);
/// Does the same for any bundle. There is no oracle for it, so equivalent is only what leaves every
/// account as it was to be, but those that are nobody's or the protocol's own; blocks are left as
/// they are, for contracts may see their environment.
/// @param sealed  Its `read` is not used.
Result run_campaign(const oracle::SealedScope& sealed, uint64_t seed, const Amount& amount);

/// Turns over every bit of a leg on L1 as executeScope's calldata carry it, one at a time. Of an
/// operation that is another one by that, also with the root that follows from it.
Result walk_bits(const oracle::ManyChains& many, const oracle::Program& program, size_t leg);

}  // namespace scope::adversary
