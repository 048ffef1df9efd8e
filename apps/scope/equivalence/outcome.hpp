#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/uint256.hpp"
#include "equivalence/program.hpp"

namespace scope::equivalence {

/// Who spoke: a contract or a user, by name, whatever address it has on the chain where it is seen.
struct LogLine {
    size_t contract = 0;
    std::string sender;
    uint256 value;
    friend bool operator==(const LogLine&, const LogLine&) = default;
};

struct RootResult {
    bool success = false;
    Bytes output;
    friend bool operator==(const RootResult&, const RootResult&) = default;
};

/// All that must not depend on the number of chains.
struct Outcome {
    std::vector<RootResult> roots;
    std::vector<std::vector<uint256>> storage;  ///< by contract and slot
    std::vector<uint256> balances;              ///< by contract, wei
    std::vector<std::vector<LogLine>> logs;     ///< by chain, in order
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// The first difference, for a person; empty if there is none.
std::string difference(const Outcome& one_chain, const Outcome& many_chains);

/// The program on one chain, with plain calls: what it should do.
Outcome run_on_one_chain(const Program& program);

}  // namespace scope::equivalence
