#pragma once

#include <map>

#include "rollup/batch_execution.hpp"
#include "rollup/derivation.hpp"

namespace scope::rollup {

enum class FollowRule : uint8_t {
    missing_l1_block,
    l1_reorganised,  // a block whose parent is not the one followed before
    bad_l1_data,     // with its DerivationError
    refused_batch,   // with its BatchRefusal
    wrong_batch_number,
    wrong_pre_state_root,
    wrong_post_state_root,
    wrong_last_block_hash,
    wrong_streams,
    refused_import,  // executed, but the chain refuses a block
};
inline constexpr size_t FOLLOW_RULE_COUNT = 10;
/// As the enumerator is written.
std::string_view to_string(FollowRule rule) noexcept;

struct FollowError {
    FollowRule rule{};
    uint64_t l1_block = 0;
    uint64_t chain_id = 0;      ///< 0: not of one rollup
    uint64_t batch_number = 0;  ///< if of one rollup
    std::string detail;         ///< what differs, or the reason in words
    std::optional<DerivationError> derivation;
    std::optional<BatchRefusal> batch;
};
std::string to_string(const FollowError& error);

/// Derives rollups from L1 alone: own chains, from their genesis on (docs/protocol.md, section 12).
///
/// For one thread at a time.
class Follower {
  public:
    /// @param l1          Must outlive it.
    /// @param rollups     All of one settlement; others that settle there are passed over.
    /// @param first_block Of L1, from which on scopes may have settled.
    Follower(const L1Source& l1, std::vector<RollupConfig> rollups, uint64_t first_block = 0);

    /// Follows L1 to its head. An L1 block is taken in whole scopes; a scope that does not come out
    /// as it settled leaves nothing, and the next call begins there again.
    /// @return  Batches that were applied.
    Result<size_t, FollowError> advance();
    /// As advance, not beyond this L1 block.
    Result<size_t, FollowError> advance_to(uint64_t l1_block);

    struct Rollup {
        RollupConfig config;
        chain::Chain chain;
        uint64_t next_batch = 0;
        uint64_t l1_origin_number = 0;  ///< of the last batch
    };
    /// Null for a chain that is not followed.
    [[nodiscard]] const Rollup* rollup(uint64_t chain_id) const noexcept;
    [[nodiscard]] const std::map<uint64_t, Rollup>& rollups() const noexcept { return rollups_; }
    /// The next L1 block to read.
    [[nodiscard]] uint64_t next_l1_block() const noexcept { return next_l1_block_; }

  private:
    Result<size_t, FollowError> apply(const DerivedScope& scope, uint64_t l1_block);

    const L1Source& l1_;
    std::map<uint64_t, Rollup> rollups_;
    protocol::SettlementId settlement_;
    uint64_t next_l1_block_;
    size_t scopes_taken_ = 0;      // of the next L1 block
    std::optional<Hash> last_l1_;  // the block before the next one
};

}  // namespace scope::rollup
