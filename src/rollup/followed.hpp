#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "l1/l1_source.hpp"
#include "rollup/batch_execution.hpp"
#include "rollup/derivation.hpp"

/// The data of a Follower: of L1's blocks, of a rollup after one of them, of why a rollup stopped.
namespace scope::rollup {

enum class FollowRule : uint8_t {
    // Of L1: nothing can be said of any rollup until it is mended; the next call tries again.
    l1_unreachable,
    l1_unsteady,  // it was reorganised again and again while it was read
    bad_l1_data,  // with its DerivationError
    // Of one rollup, which stops; the others go on.
    missing_data,   // with its DerivationError: L1 has no such blob, or it is another; tried again
    bad_batch,      // with its DerivationError: what settled is no batch
    refused_batch,  // with its BatchRefusal
    wrong_batch_number,
    wrong_parent_block,  // the claim builds on another block than the derived chain's last one
    wrong_last_block_hash,
    wrong_streams,                // streams, values or limits
    wrong_forced_queue_position,  // the claim names another than the predeploy holds
    pruned_state,                 // L1 went back behind what states are kept of
};
inline constexpr size_t FOLLOW_RULE_COUNT = 12;
/// Returns the enumerator's name.
std::string_view to_string(FollowRule rule) noexcept;

struct FollowError {
    FollowRule rule{};
    uint64_t l1_block = 0;
    std::optional<ChainId> chain_id;  ///< nullopt: not of one rollup
    uint64_t batch_number = 0;        ///< if of one rollup
    std::string detail;               ///< the difference, or the reason in words
    // Not of one that a database has kept.
    std::optional<DerivationError> derivation;
    std::optional<BatchRefusal> batch;
};
std::string to_string(const FollowError& error);

/// The progress of following L1.
struct Followed {
    size_t batches = 0;  ///< that were applied
    size_t unwound = 0;  ///< L1 blocks that are on the canonical chain no more
};

/// An L1 block that was followed.
struct FollowedBlock {
    l1::L1BlockId id;
    uint64_t timestamp_s = 0;
};

/// An event about a rollup by itself: its registration, or its closing for good.
struct RollupEvent {
    uint64_t l1_block = 0;  ///< its number
    ChainId chain_id;
};

/// The position of a rollup after an L1 block.
struct RollupPosition {
    uint64_t l1_block = 0;
    Hash head;
    uint64_t head_number = 0;
    uint64_t next_batch = 0;
    uint64_t l1_origin_number = 0;       ///< of the last batch's last block
    uint64_t forced_queue_position = 0;  ///< behind the last batch
    friend bool operator==(const RollupPosition&, const RollupPosition&) = default;
};
constexpr auto rlp_fields(const RollupPosition*) {
    return std::tuple{&RollupPosition::l1_block,         &RollupPosition::head,
                      &RollupPosition::head_number,      &RollupPosition::next_batch,
                      &RollupPosition::l1_origin_number, &RollupPosition::forced_queue_position};
}

/// An upgrade of a rollup's predeploy.
struct PredeployUpgrade {
    uint64_t l1_block = 0;
    Bytes code;
};

/// The label of a head: that of L1's fork choice for the block that settled it.
enum class Label : uint8_t { latest, safe, finalized };

}  // namespace scope::rollup
