#pragma once

#include <string>

#include "chain/chain.hpp"

namespace scope::rpc {

/// Returns the configuration of the fork that is in force at a chain's head, of the next and of the
/// last one, as eth_config returns it (EIP-7910); JSON text.
std::string fork_config(const chain::Chain& chain);

}  // namespace scope::rpc
