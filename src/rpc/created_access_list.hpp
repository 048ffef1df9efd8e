#pragma once

#include "rpc/evaluation.hpp"

namespace scope::rpc {

/// An access list with which a call looks at nothing cold, and how it ends with it.
struct CreatedAccessList {
    AccessList list;
    execution::Outcome outcome;
};

/// Returns the accounts and slots that the call looks at, as eth_createAccessList does: without
/// what is warm anyway. Throws RpcFailure if it can't stand.
CreatedAccessList create_access_list(Evaluation& evaluation, const TransactionArgs& args);

}  // namespace scope::rpc
