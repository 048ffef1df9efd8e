#pragma once

#include <atomic>
#include <memory>

#include "l1/l1_source.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::l1 {

/// The L1 that a network is on: its chain id, and a block by which it is told from others with it.
struct L1Identity {
    ChainId chain_id;
    L1BlockId block;
};

/// A source that is asked only when its client has been found to be one of the right L1: the first time
/// that somebody asks, and again until it is known. L1Error::wrong, if it is another one's.
class CheckedSource final : public L1Source {
  public:
    CheckedSource(std::shared_ptr<const RpcEndpoint> endpoint,
                  std::shared_ptr<const L1Source> source, L1Identity identity)
        : endpoint_(std::move(endpoint)), source_(std::move(source)), identity_(identity) {}

    [[nodiscard]] Result<L1Heads, L1Error> heads() const override;
    [[nodiscard]] Result<chain::StoredBlockPtr, L1Error> block(uint64_t number) const override;
    [[nodiscard]] Result<chain::StoredBlobPtr, L1Error> blob(
        const Hash& versioned_hash) const override;

  private:
    [[nodiscard]] Result<void, L1Error> check() const;

    std::shared_ptr<const RpcEndpoint> endpoint_;
    std::shared_ptr<const L1Source> source_;
    L1Identity identity_;
    mutable std::atomic<bool> is_checked_ = false;
};

}  // namespace scope::l1
