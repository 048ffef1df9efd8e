#pragma once

#include <atomic>
#include <cstdint>

namespace scope::execution {

/// The work that this process has done since it began, on all chains: for metrics, and to see that
/// nothing is done twice.
struct Statistics {
    std::atomic<uint64_t> executed{0};   ///< transactions executed, refused ones too
    std::atomic<uint64_t> recovered{0};  ///< senders recovered from signatures
};
inline constinit Statistics statistics;

}  // namespace scope::execution
