#pragma once

#include "builder/next_l1_block.hpp"
#include "node/node.hpp"
#include "service/l1_now.hpp"

namespace scope::service {

/// An L1 elsewhere, as it was at the head that a node followed last: what has to be known of the next
/// block is read once for each head, accounts where they are needed.
class RemoteL1Now final : public L1Now {
  public:
    /// @param view  Not null.
    explicit RemoteL1Now(std::shared_ptr<const l1::L1View> view) : view_(std::move(view)) {}

    /// Goes on to the node's head. An error leaves it where it was: L1 doesn't answer, or has another
    /// head already.
    Result<void, l1::L1Error> go_on_to(const node::Node& node);
    /// Returns whether it has ever been at a head.
    [[nodiscard]] bool is_known() const noexcept { return snapshot_.has_value(); }
    /// Returns whether it is at the node's head.
    [[nodiscard]] bool is_at_head_of(const node::Node& node) const;

    // Before it has been at a head these throw state::Unavailable.
    [[nodiscard]] rollup::FollowedBlock head() const override;
    [[nodiscard]] std::shared_ptr<const state::StateView> state() const override;
    [[nodiscard]] chain::BlockAttributes next_block() const override;
    [[nodiscard]] execution::Environment next_environment() const override;
    /// Returns the head's environment, without hashes of blocks.
    [[nodiscard]] execution::Environment head_environment() const;

  private:
    [[nodiscard]] const builder::L1Snapshot& snapshot() const;

    std::shared_ptr<const l1::L1View> view_;
    std::optional<builder::L1Snapshot> snapshot_;
};

}  // namespace scope::service
