#pragma once

#include <span>

#include "fuzz_evm/random.hpp"

namespace scope::fuzz_evm {

/// Returns the precompiles of Osaka, by the number that is their address.
std::span<const uint64_t> precompile_ids();

/// Makes an input that the precompile accepts more often than not: signatures that hold, points on
/// the curve and in the subgroup, pairings that are one; at times with a wrong byte or length.
Bytes make_precompile_input(Random& random, uint64_t id);

}  // namespace scope::fuzz_evm
