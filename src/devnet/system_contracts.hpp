#pragma once

#include "state/memory_state.hpp"

namespace scope::devnet {

/// Adds the contracts that every block calls or may call from Osaka's rules on, with the code that
/// their EIPs give.
void add_system_contracts(state::GenesisAlloc& alloc);

}  // namespace scope::devnet
