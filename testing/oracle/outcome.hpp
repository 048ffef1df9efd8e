#pragma once

#include <string>
#include <vector>

#include "base/uint256.hpp"
#include "oracle/addresses.hpp"
#include "state/state_view.hpp"
#include "types/block.hpp"

namespace scope::oracle {

/// A log, with contracts and the user by name, whatever address they have on the chain where they
/// are seen.
struct LogLine {
    std::string contract;
    std::string sender;
    Bytes data;
    friend bool operator==(const LogLine&, const LogLine&) = default;
};

struct RootResult {
    bool success = false;
    Bytes output;
    friend bool operator==(const RootResult&, const RootResult&) = default;
};

/// A contract afterwards.
struct AccountResult {
    std::string name;
    bool has_code = false;
    uint64_t nonce = 0;
    uint256 balance;               ///< wei
    std::vector<uint256> storage;  ///< by slot
    friend bool operator==(const AccountResult&, const AccountResult&) = default;
};

/// All that must not depend on the number of chains.
struct Outcome {
    std::vector<RootResult> roots;
    std::vector<AccountResult> accounts;     ///< those of a program, by address
    std::vector<std::vector<LogLine>> logs;  ///< by chain, in order
    /// Of the program's deposits, by chain, in order: whether the call succeeded.
    std::vector<std::vector<bool>> deposits;
    /// What deposits that failed have left to the depositor, by chain, in wei.
    std::vector<uint256> left;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Returns the first difference, human-readable; empty if there is none.
std::string difference(const Outcome& one_chain, const Outcome& many_chains);

/// Reads a contract or what stands in its place: an account that @p state lacks is an empty one.
AccountResult read_account(const state::StateView& state, const Addresses& addresses,
                           const Address& address);

/// Returns the log if one of the program's contracts wrote it, else nullopt. Aliases are unfolded,
/// by their code on @p state.
std::optional<LogLine> read_log(const state::StateView& state, const Addresses& addresses,
                                const Log& log);

}  // namespace scope::oracle
