#pragma once

#include <map>
#include <optional>
#include <vector>

#include "chain/chain_spec.hpp"
#include "json/json.hpp"

namespace scope::t8n {

/// The block of `env`, and what came before it.
struct Env {
    /// All that is known before execution; its parent's hash is in parent_hash.
    BlockHeader header;
    std::optional<Hash> parent_hash;  ///< nullopt: not known, and EIP-2935's contract is not called
    std::optional<std::vector<Withdrawal>> withdrawals;
    std::vector<BlockHeader> ommers;  ///< number and coinbase only
    std::map<uint64_t, Hash> block_hashes;
};

/// Reads `env`, and computes from the parent's fields those of the block that are missing:
/// currentDifficulty, currentBaseFee, currentExcessBlobGas. Numbers are hex, decimal or JSON's.
///
/// Throws json::FormatError, which names the field, for what is missing under @p spec's rules or
/// malformed, and for numbers that make one that does not fit its field.
Env read_env(json::Json json, const chain::ChainSpec& spec);

}  // namespace scope::t8n
