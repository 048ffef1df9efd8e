#pragma once

#include <cstdint>

namespace scope::scope_test {

struct FuzzEquivalenceOptions {
    uint64_t seed = 1;  ///< of the first program; the next ones follow
    uint64_t runs = 1000;
    unsigned jobs = 1;
    bool json = false;
};

/// Runs random programs on one chain and through the whole protocol, compares, and prints what
/// differs, made smaller. Every hundredth publishes its batches in blobs.
/// @return  The exit code.
int fuzz_equivalence(const FuzzEquivalenceOptions& options);

}  // namespace scope::scope_test
