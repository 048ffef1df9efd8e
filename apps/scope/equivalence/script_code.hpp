#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "equivalence/program.hpp"

namespace scope::equivalence {

/// Where a contract's calls go.
struct CallTarget {
    bool is_local = true;
    Address address;        ///< of the contract, on its own chain
    uint64_t chain_id = 0;  ///< of a remote one
};

/// Calldata of a script: three words.
Bytes script_input(uint64_t function, uint64_t argument, uint64_t depth_left);

/// Gas limit of a scoped call whose callee has this much depth left: enough for callbacks inside
/// it.
uint64_t gas_limit_for(uint64_t depth_left);

/// EVM code of a contract. The same script gives the same code but for how its calls are made.
///
/// @param targets   Of all contracts, by number.
/// @param callable  ScopedCallable on this chain; unused when all targets are local.
Bytes compile(const Contract& contract, const std::vector<CallTarget>& targets,
              const Address& callable);

}  // namespace scope::equivalence
