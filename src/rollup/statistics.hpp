#pragma once

#include <atomic>
#include <cstdint>

namespace scope::rollup {

/// The work that this process has done since it began, on all rollups: to see how it grows.
struct Statistics {
    std::atomic<uint64_t> digested_steps{0};  ///< entries of journals that digests looked at
};
inline constinit Statistics statistics;

}  // namespace scope::rollup
