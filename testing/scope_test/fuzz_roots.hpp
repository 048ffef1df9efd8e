#pragma once

#include <cstdint>

namespace scope::scope_test {

struct FuzzRootsOptions {
    uint64_t seed = 1;
    uint64_t runs = 1000;
    uint64_t first = 0;  ///< number of the first program
    unsigned jobs = 1;
    bool settle = false;  ///< what was accepted, too
    bool json = false;
};

/// Has a builder take roots of random bytecode on all chains, and prints those that it can't bear.
/// @return  The exit code.
int fuzz_roots(const FuzzRootsOptions& options);

}  // namespace scope::scope_test
