#pragma once

#include <cstdint>

namespace scope::execution {

/// How much work this process has done since it began, on all chains: for metrics, and to see that
/// nothing is done twice.
struct Statistics {
    uint64_t executed = 0;   ///< transactions executed, refused ones too
    uint64_t recovered = 0;  ///< senders recovered from signatures
};
Statistics statistics() noexcept;

void count_executed() noexcept;
void count_recovered() noexcept;

}  // namespace scope::execution
