#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "l1/l1_sender.hpp"
#include "l1/l1_source.hpp"
#include "l1/network_form.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::l1 {

/// Returns the rule by which a pool refuses, from the words of geth, reth, Nethermind and anvil;
/// nullopt where it has the transaction already.
std::optional<SendError> send_error_of(const net::RpcError& error);

/// L1Sender over JSON-RPC. May be used by several threads.
///
/// What a transaction of an account does to others of it is the caller's: pools keep those with
/// blobs and those without apart, take no gap before one with blobs, and want twice all three fees
/// to replace one (docs/l1-over-rpc.md).
class RpcL1Sender final : public L1Sender {
  public:
    /// @param source  Reads the block of a transaction that is included. Neither is null.
    RpcL1Sender(std::shared_ptr<const RpcEndpoint> endpoint,
                std::shared_ptr<const L1Source> source);

    /// Hands a transaction to the client's pool; sending again what it has is no error. After
    /// SendError::unreachable it may have it: status() tells.
    Result<void, SendError> send(const Transaction& transaction,
                                 std::span<const chain::StoredBlobPtr> blobs) override;
    /// Returns the status. An included transaction is there in a block whose roots were checked;
    /// one whose block was reorganised away is pending or unknown again.
    [[nodiscard]] Result<TransactionStatus, L1Error> status(
        const Hash& transaction_hash) const override;

  private:
    static constexpr size_t MAX_KEPT_PROOFS = 64;  ///< blobs whose proofs are kept; 6 KiB each

    Result<std::vector<CellProofs>, SendError> prove(std::span<const chain::StoredBlobPtr> blobs);
    [[nodiscard]] Result<TransactionStatus, L1Error> read_status(
        const Hash& transaction_hash) const;

    std::shared_ptr<const RpcEndpoint> endpoint_;
    std::shared_ptr<const L1Source> source_;
    std::mutex mutex_;
    std::map<Hash, CellProofs> proofs_;  ///< by versioned hash: a replacement has the same blobs
};

}  // namespace scope::l1
