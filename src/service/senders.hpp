#pragma once

#include <optional>
#include <vector>

#include "execution/expected_senders.hpp"
#include "net/json_rpc.hpp"

namespace scope::service {

/// Who finds the senders of what comes in, ahead of it where it is expected. For one thread.
class Senders {
  public:
    /// Expects transactions, in this order, in place of all that were before.
    void expect(std::vector<Transaction> transactions, execution::Environment environment);
    /// Expects none.
    void forget() { expected_.reset(); }

    /// Returns the account that signed; an error says why none did, in geth's words.
    /// @param chain_id  Of the chain that it was sent to.
    Result<Address, net::RpcError> sender_of(const Transaction& transaction,
                                             const execution::Environment& environment,
                                             ChainId chain_id);

  private:
    std::optional<execution::ExpectedSenders> expected_;
};

/// Returns the error of a transaction that breaks a rule.
std::unexpected<net::RpcError> refused_by(execution::TxError error);

}  // namespace scope::service
