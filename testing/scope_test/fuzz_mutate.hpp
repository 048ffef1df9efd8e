#pragma once

#include <cstdint>

namespace scope::scope_test {

struct FuzzMutateOptions {
    uint64_t seed = 1;  ///< of the first program; the next ones follow
    uint64_t runs = 50;
    uint64_t mutants = 60;  ///< of each program's bundle
    uint64_t lies = 25;     ///< about each program's plan
    unsigned jobs = 1;
    bool json = false;
};

/// Settles random programs' bundles with one thing changed, or with a lie to which the rest was
/// made to fit, and prints those that are neither refused nor equivalent (judge.hpp).
/// @return  The exit code.
int fuzz_mutate(const FuzzMutateOptions& options);

}  // namespace scope::scope_test
