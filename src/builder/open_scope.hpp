#pragma once

#include <map>
#include <set>

#include "builder/open_l1.hpp"
#include "builder/open_rollup.hpp"

namespace scope::builder {

/// A scope while it is built: the next block of every chain, all on one journal, so that a root is
/// taken back everywhere or nowhere.
class OpenScope {
  public:
    /// Opens it on L1's and the rollups' heads, without rollups that can't go on from there.
    /// @param follower   Must outlive it. Has followed L1 to the snapshot's head, or all rollups are
    ///                   left out.
    /// @param unsettled  Blocks with which batches begin; a rollup that can't go on from them is left
    ///                   out.
    /// @param only       The rollup whose next block is built alone, to be unsettled; nullopt: the
    ///                   whole scope.
    OpenScope(L1Snapshot l1, const rollup::Follower& follower, const L1Contracts& contracts,
              BuilderOptions options, const UnsettledBlocks& unsettled = {},
              std::optional<ChainId> only = std::nullopt);
    OpenScope(const OpenScope&) = delete;
    OpenScope& operator=(const OpenScope&) = delete;

    [[nodiscard]] const BuilderOptions& options() const noexcept { return options_; }
    [[nodiscard]] OpenL1& l1() noexcept { return l1_; }
    [[nodiscard]] const rollup::Follower& follower() const noexcept { return *follower_; }
    [[nodiscard]] std::vector<OpenRollup>& rollups() noexcept { return rollups_; }
    [[nodiscard]] const std::vector<OpenRollup>& rollups() const noexcept { return rollups_; }
    /// Returns the rollup whose next block is built alone; nullopt: the whole scope is.
    [[nodiscard]] std::optional<ChainId> only() const noexcept { return only_; }
    /// Returns the bytes that the unsettled blocks of other rollups than that one take.
    [[nodiscard]] size_t other_batches_size() const noexcept { return other_batches_size_; }
    /// Returns null for a chain that is no rollup of this scope.
    [[nodiscard]] OpenRollup* find(ChainId chain_id) noexcept;
    /// Returns the human-readable reason why a chain is no rollup of this scope.
    [[nodiscard]] std::string why_absent(const uint256& chain_id) const;

    /// Returns the limits that the next root may be the first to bring to @p rollup (§10): those
    /// of all other rollups for which L1 holds anything, ascending.
    [[nodiscard]] std::vector<protocol::Limit> limits_for(const OpenRollup& rollup) const;

    /// Counts what closing takes of L1's gas, if these rollups get a batch beside those that have
    /// one: of what is in the scope, and of unsettled blocks.
    void count_batches(const std::set<ChainId>& touched = {});

    /// A point before a root, on every chain, to come back to.
    struct Checkpoint {
        state::Journal::Checkpoint journal = 0;
        OpenL1::Checkpoint l1;
        std::vector<OpenRollup::Checkpoint> rollups;
    };
    [[nodiscard]] Checkpoint checkpoint() const;
    void rollback(const Checkpoint& checkpoint);

  private:
    void count(const UnsettledBlocks& unsettled);
    void postpone();

    BuilderOptions options_;
    const rollup::Follower* follower_;
    std::optional<ChainId> only_;
    size_t other_batches_ = 0;  // of unsettled blocks of rollups that are not opened
    size_t other_batches_size_ = 0;
    state::Journal journal_;  // of all states, so it outlives them
    OpenL1 l1_;
    std::vector<OpenRollup> rollups_;
    std::map<ChainId, std::string> left_out_;  // why, by chain id
};

}  // namespace scope::builder
