#include "builder/why_unserved.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"

namespace scope::builder {

std::optional<std::string> why_unserved(const rollup::RollupConfig& config,
                                        const protocol::RegisteredRollup& registered) {
    const auto because = [&](const std::string& what) {
        return fmt::format("no node here serves rollup {}: it has {}", config.chain_id(), what);
    };
    if (registered.program_id != config.program_id)
        return because(fmt::format("program {} on L1, and {} here", to_hex(registered.program_id),
                                   to_hex(config.program_id)));
    if (!registered.policy.is_zero())
        return because(fmt::format("the sequencing policy {} on L1", to_hex(registered.policy)));
    return std::nullopt;
}

}  // namespace scope::builder
