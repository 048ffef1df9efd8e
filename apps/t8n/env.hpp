#pragma once

#include <map>
#include <optional>
#include <vector>

#include "chain/chain_spec.hpp"
#include "json/json.hpp"

namespace scope::t8n {

/// What `env` says of the block and of what came before it.
struct Env {
    BlockHeader header;  ///< all that is known before execution
    std::optional<std::vector<Withdrawal>> withdrawals;
    std::vector<BlockHeader> ommers;  ///< number and coinbase only
    std::map<uint64_t, Hash> block_hashes;
};

/// Reads `env`, and works out from the parent's fields what it does not say of the block itself:
/// currentDifficulty, currentBaseFee, currentExcessBlobGas. Numbers are hex or decimal.
///
/// Throws json::FormatError, which names the field, for what is missing under @p spec's rules or
/// malformed.
Env read_env(json::Json json, const chain::ChainSpec& spec);

}  // namespace scope::t8n
