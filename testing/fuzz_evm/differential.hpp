#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "fuzz_evm/program.hpp"
#include "fuzz_evm/test_json.hpp"

namespace scope::fuzz_evm {

struct Comparison {
    std::optional<std::string> difference;  ///< in words; nullopt if all is the same
    size_t executed = 0;                    ///< programs that stood in a block
    size_t refused = 0;                     ///< refused by both
    // To make a state test of a single program.
    state::GenesisAlloc pre;  ///< with what anvil adds to the program's accounts
    evm::BlockContext block;
    uint64_t excess_blob_gas = 0;
    Expectation expected;  ///< as anvil has it
};

/// Runs the programs in blocks of a few, here and in one new anvil process, and compares: which
/// transactions were refused; the root of each block's receipts (status, gas, logs) and its gas
/// used; the output of every transaction; and the state root in the end.
///
/// Throws std::runtime_error if anvil can't be run.
Comparison compare_with_anvil(const std::filesystem::path& anvil,
                              std::span<const Program> programs);

}  // namespace scope::fuzz_evm
