#pragma once

#include "execution/transaction.hpp"

namespace scope::execution {

/// The rules of transactions that a call has to keep beside those that any has to.
struct CallChecks {
    bool nonce = false;  ///< its nonce is the sender's
    bool price = false;  ///< it offers the base fees; else one that offers no price pays none
};

/// Returns the costs of what eth_call and its like ask for, if it can run: a transaction that
/// nobody signed.
///
/// Not checked: signature, the gas limits of block and transaction, the number of blobs, whether the
/// sender has code. A call that offers no price (max_fee_per_gas and max_priority_fee_per_gas are 0)
/// pays none, and neither for blob gas at max_fee_per_blob_gas 0; what is offered is checked and
/// paid as a transaction's is. Rules in geth's order.
Result<Costs, TxError> validate_call(const state::State& state, const Environment& environment,
                                     const Transaction& tx, const Address& sender,
                                     const CallChecks& checks = {});

/// Validates and executes such a call, with all that a transaction has around it: origin, warm
/// addresses, access list, authorizations, a nonce that is counted. A refused one leaves the state
/// as it was.
///
/// Of a call without a price the environment's fees should be 0, as code sees them by BASEFEE and
/// BLOBBASEFEE; they are not paid in any case.
///
/// REQUIRES: no transaction open in the host's state; gas_limit at most MAX_GAS.
Result<Outcome, TxError> execute_call(Host& host, const Transaction& tx, const Address& sender,
                                      const CallChecks& checks = {});

}  // namespace scope::execution
