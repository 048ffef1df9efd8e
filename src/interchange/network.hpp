#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chain/chain_spec.hpp"
#include "json/json.hpp"

namespace scope::interchange {

/// Returns whether the official tests may name a network so: a fork, "BPO1" to "BPO4" (Osaka with
/// another blob schedule, EIP-7892), or a transition. "AToBAtTime15k": A's rules, and from
/// timestamp 15'000 B's; "AToBAt5": from block 5.
bool is_network(std::string_view name);
/// Returns the human-readable reason why there are no rules for a network.
std::string why_unknown(std::string_view name);

/// Returns the rules of a network by its name.
///
/// @param blob_schedule  Fork -> parameters, as config.blobSchedule of a test has it; a fork that
///                       is not in it has Ethereum's.
/// @return  Nullopt if there is no such network, or if its blob parameters are not known.
std::optional<chain::ChainSpec> network_spec(
    std::string_view name, ChainId chain_id,
    std::optional<json::Json> blob_schedule = std::nullopt);

}  // namespace scope::interchange
