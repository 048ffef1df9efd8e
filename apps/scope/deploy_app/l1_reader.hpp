#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/uint256.hpp"
#include "chain/chain_spec.hpp"
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
    /// Returns the blob schedule that the client has, as far as it tells (EIP-7910); nullopt if it doesn't
    /// know how to.
    [[nodiscard]] std::optional<std::vector<chain::BlobScheduleEntry>> blob_schedule() const;
    /// Returns the hash of the canonical block of a number; nullopt: there is none.
    [[nodiscard]] std::optional<Hash> block_hash(uint64_t number) const;
    /// Returns the time of the latest block.
    [[nodiscard]] uint64_t head_time_s() const;
    [[nodiscard]] ChainId chain_id() const;

  private:
    std::shared_ptr<const l1::RpcEndpoint> endpoint_;
};

}  // namespace scope::deploy_app
