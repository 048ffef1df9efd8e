#pragma once

#include "chain/block_builder.hpp"
#include "execution/environment.hpp"
#include "rollup/followed.hpp"
#include "state/state_view.hpp"

namespace scope::service {

/// L1 as it is when it is asked: its head, and the block that comes next. What can't be read is
/// thrown as state::Unavailable.
class L1Now {
  public:
    virtual ~L1Now() = default;

    [[nodiscard]] virtual rollup::FollowedBlock head() const = 0;
    /// Returns the state after the head.
    [[nodiscard]] virtual std::shared_ptr<const state::StateView> state() const = 0;
    /// Returns the attributes of the next block.
    [[nodiscard]] virtual chain::BlockAttributes next_block() const = 0;
    /// Returns its environment, without hashes of blocks.
    [[nodiscard]] virtual execution::Environment next_environment() const = 0;
};

}  // namespace scope::service
