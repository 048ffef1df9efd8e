#pragma once

#include <functional>

#include "fuzz_roots/statistics.hpp"
#include "fuzz_roots/world.hpp"

namespace scope::fuzz_roots {

/// The property that is looked at.
enum class Property : uint8_t {
    add,     ///< ScopeBuilder::add returns, within bounds, whatever the contracts do
    settle,  ///< and what it accepted settles, in any L1 block that its scope's environment allows
};

/// A program of which the property does not hold.
struct Finding {
    uint64_t program = 0;  ///< its number
    std::string what;      ///< is wrong, in words
};

/// A checker of programs of one seed, for one thread.
class Checker {
  public:
    Checker(const BaseChains& base, Property property, uint64_t seed)
        : base_(base), property_(property), seed_(seed) {}

    struct Watch {
        std::function<void(uint64_t program)> begin = {};
        std::function<void(const Finding&)> found = {};
    };
    /// Runs programs of one group, one after the other in one world; after a finding the rest has
    /// another.
    void run(uint64_t first, uint64_t count, Statistics& statistics, const Watch& watch) const;

  private:
    /// @return  What is wrong.
    std::optional<std::string> check(World& world, const Program& program,
                                     Statistics& statistics) const;

    const BaseChains& base_;
    Property property_;
    uint64_t seed_;
};

/// Returns which bound a root broke that the builder accepted; nullopt if none.
std::optional<std::string> broken_bound(const builder::Root& root,
                                        const builder::RootResult& result);

}  // namespace scope::fuzz_roots
