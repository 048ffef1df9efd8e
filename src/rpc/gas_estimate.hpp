#pragma once

#include "rpc/evaluation.hpp"

namespace scope::rpc {

/// Returns a gas limit with which the call succeeds, little more than the least, as
/// eth_estimateGas does: a root's is that of a root. Throws RpcFailure if it fails with any.
uint64_t estimate_gas(Evaluation& evaluation, const TransactionArgs& args);

}  // namespace scope::rpc
