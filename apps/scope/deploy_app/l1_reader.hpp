#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "base/uint256.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::deploy_app {

/// L1 doesn't answer: what was asked may be asked again.
struct L1Away : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads L1's latest state by the client's word: it is the deployer's own. Each function throws L1Away.
class L1Reader {
  public:
    explicit L1Reader(std::shared_ptr<const l1::RpcEndpoint> endpoint)
        : endpoint_(std::move(endpoint)) {}

    [[nodiscard]] Bytes code(const Address& address) const;
    [[nodiscard]] uint256 balance(const Address& address) const;
    [[nodiscard]] uint64_t nonce(const Address& address) const;
    /// Returns the base fee of the latest block, in wei.
    [[nodiscard]] uint256 base_fee() const;
    /// Returns what a call of a view returns; empty if it reverts, or there is no code.
    [[nodiscard]] Bytes call(const Address& to, const Bytes& data) const;
    /// Returns the blob parameters that the client has now (EIP-7910); nullopt if it doesn't say.
    [[nodiscard]] std::optional<execution::BlobParameters> blob_parameters() const;
    /// Returns the time of the latest block.
    [[nodiscard]] uint64_t head_time_s() const;
    [[nodiscard]] ChainId chain_id() const;

  private:
    std::shared_ptr<const l1::RpcEndpoint> endpoint_;
};

}  // namespace scope::deploy_app
