#include "service/senders.hpp"

#include <fmt/format.h>

#include <utility>

#include "execution/transaction.hpp"
#include "pool/tx_pool.hpp"

namespace scope::service {

std::unexpected<net::RpcError> refused_by(execution::TxError error) {
    return std::unexpected{
        net::RpcError{net::SERVER_ERROR, std::string{pool::message_of(error)}, {}}};
}

void Senders::expect(std::vector<Transaction> transactions, execution::Environment environment) {
    expected_.emplace(std::move(transactions), std::move(environment));
}

Result<Address, net::RpcError> Senders::sender_of(const Transaction& transaction,
                                                  const execution::Environment& environment,
                                                  ChainId chain_id) {
    if (transaction.type == TxType::system)
        return refused_by(execution::TxError::system_not_enabled);
    const auto sender = expected_ ? expected_->sender_of(transaction, environment)
                                  : execution::sender_of(transaction, environment);
    if (expected_ && expected_->has_ended()) expected_.reset();
    if (sender) return *sender;
    if (sender.error() != execution::TxError::wrong_chain_id) return refused_by(sender.error());
    return std::unexpected{
        net::RpcError{net::SERVER_ERROR,
                      fmt::format("invalid chain id for signer: have {} want {}",
                                  transaction.chain_id->number(), chain_id.number()),
                      {}}};
}

}  // namespace scope::service
