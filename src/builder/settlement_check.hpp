#pragma once

#include <map>

#include "builder/open_scope.hpp"

namespace scope::builder {

/// Values that went between a chain and its remotes, by remote.
using ValuesByRemote = std::map<ChainId, protocol::callable::Values>;

/// A check that refuses root by root what executeScope would refuse in the end: streams and values
/// of a pair that don't mirror each other, ether that L1 does not hold, limits other than what it
/// holds, batches without room.
///
/// It looks only at pairs between which the root's plan has an answer: ScopedCallable changes no
/// others, and those matched when they were last looked at.
class SettlementCheck {
  public:
    /// Checks the scope after a root's plan was executed. A root that is not refused counts as
    /// kept.
    Result<void, Refusal> check(OpenScope& scope, const Plan& plan);

  private:
    std::map<ChainId, ValuesByRemote> values_;  // by chain, after the roots that were kept
};

/// Refuses a scope whose batches don't fit, all together, into one transaction's blobs; or, in
/// calldata, one that is too large by itself.
Result<void, Refusal> require_room(const OpenScope& scope);

/// Two chain ids, the lower one first.
using ChainPair = std::pair<ChainId, ChainId>;
/// Returns the pairs between which @p plan has an answer, each once, ascending.
/// @param plan  Of a simulation: between chains of the scope.
std::vector<ChainPair> pairs_of(const Plan& plan);

/// A chain's streams and values with one remote, and the limit with which it serves it.
struct PairView {
    protocol::RollingHashes hashes;
    protocol::callable::Values values;
    uint256 limit;  ///< zero: none was loaded
};
/// Returns the name of what @p here sent and @p there did not get, or got answered and @p there
/// did not answer: "requests", "responses" or "values"; null if there is no difference.
const char* first_difference(const PairView& here, const PairView& there) noexcept;

/// Returns whether a chain may work with that limit for a remote: none, or what L1 held for it
/// before the scope.
bool is_allowed_limit(const uint256& limit, const uint256& held) noexcept;

/// A rollup's ether in a scope, in wei (§10): it may give no more than is held for it.
struct Backing {
    uint256 held;   ///< by L1, what came in included, and the deposits that its batch takes
    uint256 given;  ///< to other chains
};
/// Returns what never suffices where a sum does not fit a word: no chain that can be settled tells that.
Backing backing_of(const uint256& escrow, const ValuesByRemote& values) noexcept;

}  // namespace scope::builder
