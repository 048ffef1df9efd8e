#pragma once

#include "fuzz_roots/calldata.hpp"

namespace scope::fuzz_roots {

/// The calldata by which a program's contracts call each other: the function's number, how many
/// more times to call on, and what nobody reads.
inline constexpr uint64_t FUNCTIONS = 4;
inline constexpr size_t CALLDATA_SIZE = 2;

/// Makes the code of a contract on a chain: up to FUNCTIONS functions, chosen by the first byte of
/// the calldata. One in twelve is random bytes.
Bytes make_code(Random& random, const Scenery& scenery, const Contract& contract);

/// Makes init code that runs statements and leaves a contract, or fails to.
Bytes make_init_code(Random& random, const Scenery& scenery, const Contract& creator);

}  // namespace scope::fuzz_roots
