#pragma once

#include <vector>

#include "chain/chain_spec.hpp"
#include "json/json.hpp"

namespace scope::l1 {

/// Reads the blob schedule of an answer to eth_config (EIP-7910): what holds, for all times before the
/// next, and what comes next, if the client knows of something. Throws json::FormatError.
std::vector<chain::BlobScheduleEntry> read_blob_schedule(json::Json config);

}  // namespace scope::l1
