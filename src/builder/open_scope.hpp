#pragma once

#include <map>

#include "builder/open_l1.hpp"
#include "builder/open_rollup.hpp"

namespace scope::builder {

/// A scope while it is built: the next block of every chain, all on one journal, so that a root is
/// taken back everywhere or nowhere.
class OpenScope {
  public:
    /// Opens it on L1's and the rollups' heads, without rollups that can't go on from there.
    /// @param follower  Must outlive it. Has followed L1 to the snapshot's head, or all rollups are
    ///                  left out.
    OpenScope(L1Snapshot l1, const rollup::Follower& follower, const L1Contracts& contracts,
              BuilderOptions options);
    OpenScope(const OpenScope&) = delete;
    OpenScope& operator=(const OpenScope&) = delete;

    [[nodiscard]] const BuilderOptions& options() const noexcept { return options_; }
    [[nodiscard]] OpenL1& l1() noexcept { return l1_; }
    [[nodiscard]] const rollup::Follower& follower() const noexcept { return *follower_; }
    [[nodiscard]] std::vector<OpenRollup>& rollups() noexcept { return rollups_; }
    [[nodiscard]] const std::vector<OpenRollup>& rollups() const noexcept { return rollups_; }
    /// Returns null for a chain that is no rollup of this scope.
    [[nodiscard]] OpenRollup* find(ChainId chain_id) noexcept;
    /// Returns the human-readable reason why a chain is no rollup of this scope.
    [[nodiscard]] std::string why_absent(const uint256& chain_id) const;

    /// Returns the limits that the next root may be the first to bring to @p rollup (§10): those
    /// of all other rollups for which L1 holds anything, ascending.
    [[nodiscard]] std::vector<protocol::Limit> limits_for(const OpenRollup& rollup) const;

    /// A point before a root, on every chain, to come back to.
    struct Checkpoint {
        state::Journal::Checkpoint journal = 0;
        OpenL1::Checkpoint l1;
        std::vector<OpenRollup::Checkpoint> rollups;
    };
    [[nodiscard]] Checkpoint checkpoint() const;
    void rollback(const Checkpoint& checkpoint);

  private:
    BuilderOptions options_;
    const rollup::Follower* follower_;
    state::Journal journal_;  // of all states, so it outlives them
    OpenL1 l1_;
    std::vector<OpenRollup> rollups_;
    std::map<ChainId, std::string> left_out_;  // why, by chain id
};

}  // namespace scope::builder
