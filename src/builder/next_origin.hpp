#pragma once

#include "rollup/follower.hpp"

namespace scope::builder {

/// The most chains that a rollup's block makes known or forgets, where it is not one L1 block alone that
/// names more: so its system transactions fit beside all else that a batch's first block begins with, the
/// entries of a forced queue above all. An L1 block of 60'000'000 gas has room for fewer registrations.
inline constexpr uint64_t MAX_CHAINS_PER_BLOCK = 512;
/// The gas that a rollup's block takes for each, at most: to make one known, in a slot of its own, takes
/// more than to forget it.
inline constexpr uint64_t GAS_PER_CHAIN = 25'000;

/// L1 takes a batch whose last origin is among so many blocks before the one that settles it
/// (docs/protocol.md, section 11).
inline constexpr uint64_t MAX_SETTLED_ORIGIN_AGE = 256;
/// So far behind L1's head a batch's last origin may be, and the scope may still miss some slots.
inline constexpr uint64_t MAX_ORIGIN_AGE = 128;

/// Returns the number of the latest L1 block that a rollup's next block can name as its origin: the
/// head, if what L1 said of chains since the block before fits into it; else an earlier one, behind
/// which further blocks go on.
/// @param before    Number of the origin of the block before; 0 before any batch.
/// @param parent_s  That block's time, in seconds: it is too far ahead of L1 blocks that are much older
///                  (rollup::MAX_CLOCK_AHEAD_S), as a genesis is of those before the rollup was thought
///                  of. What they say stands in the first block that can be, whether it fits or not.
/// @param head      REQUIRES: followed.
uint64_t next_origin(const rollup::Follower& l1, uint64_t before, uint64_t parent_s, uint64_t head);

/// Returns whether a rollup's next batch has the gas to come, on its head, to an origin that L1 still
/// takes in the block behind @p head.
bool can_come_to(const rollup::Follower& l1, const rollup::Follower::Rollup& followed,
                 uint64_t head);

}  // namespace scope::builder
