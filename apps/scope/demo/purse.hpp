#pragma once

#include "demo/demo_l1.hpp"
#include "demo/patient_sender.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::demo {

/// The payments of accounts on an L1 that is another's: one after the other, each waited for.
class Purse {
  public:
    /// Neither is null.
    Purse(std::shared_ptr<const l1::RpcEndpoint> endpoint, std::shared_ptr<PatientSender> sender,
          ChainId chain_id);

    /// Returns an account's next nonce. Throws std::runtime_error.
    [[nodiscard]] uint64_t next_nonce(const crypto::SignerPtr& account) const;
    /// Returns what an account has, by the client's word; wei. Throws std::runtime_error.
    [[nodiscard]] uint256 balance(const Address& account) const;
    /// Sends ETH, for at most @p max_fee a unit of gas, and waits until it is there. Throws
    /// std::runtime_error.
    void pay(const crypto::SignerPtr& from, const Address& to, const uint256& value,
             const uint256& max_fee) const;

    static constexpr uint64_t PAYMENT_GAS = 21'000;  ///< to an account without code

  private:
    std::shared_ptr<const l1::RpcEndpoint> endpoint_;
    std::shared_ptr<PatientSender> sender_;
    ChainId chain_id_;
};

}  // namespace scope::demo
