#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "l1/l1_source.hpp"
#include "protocol/settlement.hpp"
#include "rollup/follower.hpp"

namespace scope::service {

/// A scope that an L1 block settled, as that block tells.
struct FollowedScope {
    l1::L1BlockId l1_block;
    uint64_t l1_timestamp_s = 0;
    Hash l1_transaction;
    size_t blobs = 0;
    std::vector<protocol::BatchClaim> batches;
};

/// Returns the scopes that an L1 block settled, in their order.
std::vector<FollowedScope> settled_scopes(const chain::StoredBlock& l1_block,
                                          const Address& settlement);

/// A source between a follower and its own one that notes the scopes of the blocks which are read:
/// for a log, and for counting.
class NotingSource final : public l1::L1Source {
  public:
    /// @param followed  The block that was followed last before this began: it is read again, and its
    ///                  scopes are not noted.
    NotingSource(std::shared_ptr<const l1::L1Source> source, Address settlement,
                 std::optional<l1::L1BlockId> followed = std::nullopt)
        : source_(std::move(source)), settlement_(settlement), followed_(followed) {}

    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override {
        return source_->heads();
    }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override;
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override {
        return source_->blob(versioned_hash);
    }

    /// Takes the scopes that were noted and that @p follower has followed, each once; the first ones are
    /// forgotten where there are more than MAX_NOTED.
    std::vector<FollowedScope> take(const rollup::Follower& follower) const;

    static constexpr size_t MAX_NOTED = 4096;

  private:
    std::shared_ptr<const l1::L1Source> source_;
    Address settlement_;
    std::optional<l1::L1BlockId> followed_;
    struct Noted {
        FollowedScope scope;
        bool is_taken = false;  // it stays, for its block may be read again
    };
    mutable std::mutex mutex_;
    mutable std::deque<Noted> noted_;
};

}  // namespace scope::service
