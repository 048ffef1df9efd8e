#pragma once

#include <optional>
#include <vector>

#include "rollup/batch_execution.hpp"

namespace scope::rollup {

/// The most gas that all views of a batch take together. Ours take less than an eighth of it for 253
/// remotes; other code that an owner upgrades the predeploy to takes no more, whatever it is.
inline constexpr int64_t VIEWS_GAS = int64_t{1} << 26;

/// What the predeploy says behind a batch.
struct PredeployViews {
    std::vector<protocol::Streams> remotes;  ///< with a non-empty stream or a limit, ascending
    uint64_t forced_queue_position = 0;
    int64_t gas_used = 0;
};

/// Asks the predeploy's views what it says behind a block, the last one of a batch: getRemotes; for
/// each of these, ascending, getRollingHashes, getValues and getLimit; then forcedQueuePosition.
///
/// The predeploy may be any code, by an upgrade. So each view is a static call of its own on the state
/// after the block, from the address 0 and with none of the rollup's own gas; it gets all that is left
/// of VIEWS_GAS. It finds the environment of that block, but no hash of another.
///
/// Whoever builds, attests or derives a batch reads this here: its claim says what this says.
///
/// @param header    Of the block, as far as its environment follows from it.
/// @param deadline  The time at which this is given up; nullopt: never.
/// @return  What it says, or the rule that it breaks: unreadable_streams, too_many_remotes,
///          remotes_not_ascending, views_out_of_gas; or out_of_time.
/// Spec: docs/protocol.md, section 12.
Result<PredeployViews, BatchRule> read_views(const RollupConfig& config, const BlockHeader& header,
                                             const state::StateView& state,
                                             std::optional<execution::Deadline> deadline = {});

}  // namespace scope::rollup
