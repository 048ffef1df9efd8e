#pragma once

#include "fuzz_roots/statistics.hpp"
#include "fuzz_roots/world.hpp"

namespace scope::fuzz_roots {

/// Executes a bundle's transaction on L1, on several branches that begin where it was built: first
/// in the block for which it was built, then in others. What its scope doesn't declare of the
/// environment is chosen at random there, so far as L1's rules allow, and others' transactions go
/// before. The last branch stays, and everybody follows it.
///
/// Returns why it did not settle, or what it did otherwise than in the first block, or why the
/// heads that were followed are not the bundle's; nullopt if all is as it has to be.
/// @param bundle  Built on L1's head.
std::optional<std::string> land(World& world, const Program& program, const builder::Bundle& bundle,
                                Random& random, Statistics& statistics);

/// Returns why somebody who has followed L1 has other heads than the bundle's; nullopt if he has
/// these.
std::optional<std::string> why_other_heads(node::Node& node, const builder::Bundle& bundle);

}  // namespace scope::fuzz_roots
