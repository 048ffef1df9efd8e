#pragma once

#include <memory>

#include "chain/block_builder.hpp"
#include "l1/l1_error.hpp"

namespace scope::l1 {

/// A block that others are built on.
struct L1Head {
    Hash hash;
    BlockHeader header;
};

/// The second of L1's three roles: the state that a builder simulates on, and the block that its
/// transaction will stand in, as far as that is known.
class L1View {
  public:
    virtual ~L1View() = default;

    [[nodiscard]] virtual const chain::ChainSpec& spec() const = 0;
    [[nodiscard]] virtual Result<L1Head, L1Error> head() const = 0;
    /// Returns the state after a block.
    [[nodiscard]] virtual Result<std::shared_ptr<const state::StateView>, L1Error> state(
        const Hash& block) const = 0;
    /// Returns the hashes of the ancestors of a child of @p parent. The view must outlive them.
    [[nodiscard]] virtual Result<std::unique_ptr<execution::BlockHashes>, L1Error> ancestors(
        const Hash& parent) const = 0;
    /// Returns the attributes that the block after the head is expected to have.
    [[nodiscard]] virtual Result<chain::BlockAttributes, L1Error> next_block() const = 0;
};

}  // namespace scope::l1
