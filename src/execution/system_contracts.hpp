#pragma once

#include "base/hex.hpp"

namespace scope::execution {

// The contracts that a block's execution calls itself.
inline constexpr Address BEACON_ROOTS =
    literals::fixed_literal<20>("0x000f3df6d732807ef1319fb7b8bb8522d0beac02");  // EIP-4788
inline constexpr Address HISTORY =
    literals::fixed_literal<20>("0x0000f90827f1c53a10cb7a02335b175320002935");  // EIP-2935
inline constexpr Address WITHDRAWALS =
    literals::fixed_literal<20>("0x00000961ef480eb55e80d19ad83579a64c007002");  // EIP-7002
inline constexpr Address CONSOLIDATIONS =
    literals::fixed_literal<20>("0x0000bbddc7ce488642fb579f8b00f3a590007251");  // EIP-7251

}  // namespace scope::execution
