#pragma once

#include "rpc/network.hpp"

namespace scope::rpc {

/// Returns the priority fee to offer for a gas, in wei: as geth's oracle, of what the last blocks'
/// transactions paid.
uint256 suggested_tip(ChainView& view);

/// Returns the base fee that an offer reckons with: the head's, as geth has it, or the next block's
/// where that was changed by force; wei.
uint256 reckoned_base_fee(const ChainView& view);

}  // namespace scope::rpc
