#pragma once

#include <string>

#include "evm/host.hpp"
#include "fuzz_evm/program.hpp"

namespace scope::fuzz_evm {

/// Returns a genesis file with these accounts, by the rules of Osaka from the beginning.
std::string genesis_json(const state::GenesisAlloc& alloc);

/// The outcome of a transaction that a state test expects.
struct Expectation {
    Hash state_root;
    Hash logs_hash;
};

/// Returns the program as a state test in one line, for `scope statetest`.
/// @param pre    The program's accounts, and those of the block's surroundings.
/// @param block  The block in which it stood, alone.
std::string state_test_json(const Program& program, const state::GenesisAlloc& pre,
                            const evm::BlockContext& block, uint64_t excess_blob_gas,
                            const Expectation& expected);

}  // namespace scope::fuzz_evm
