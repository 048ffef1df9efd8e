#pragma once

#include <optional>
#include <string>

#include "protocol/settlement.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::builder {

/// Returns why this builder does not serve a rollup as L1 has it: its owner has given it another
/// program than its configuration here has, or a sequencing policy (docs/trust.md, "Rests on owners
/// and policies"). nullopt if it does.
///
/// @param registered  REQUIRES: of a rollup that L1 knows and has not closed.
std::optional<std::string> why_unserved(const rollup::RollupConfig& config,
                                        const protocol::RegisteredRollup& registered);

}  // namespace scope::builder
