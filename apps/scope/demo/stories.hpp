#pragma once

#include <optional>
#include <span>

#include "demo/checks.hpp"
#include "demo/world.hpp"

namespace scope::demo {

/// Numbers that tell what a story did, read from its contracts before and after.
using Facts = std::vector<uint256>;

/// A cross-chain transaction of the demonstration, told and checked.
struct Story {
    std::string_view name;          ///< for --only and in the JSON
    std::string_view title;         ///< one line
    std::string_view text;          ///< human-readable
    std::optional<ChainId> rollup;  ///< on which its root begins; nullopt: on L1
    size_t calls = 0;               ///< scoped calls that it takes

    /// Makes the next instance, signed for the world as it is.
    builder::Root (*make)(World& world);
    Facts (*read)(const World& world);
    /// Checks what must be true of it. The facts belong to this story alone, so that it holds also
    /// when other stories settled in between.
    void (*verify)(const World& world, const builder::RootResult& result, const Facts& before,
                   const Facts& after, Checks& checks);
};

/// Returns all five, in the order in which they run.
std::span<const Story> stories();

}  // namespace scope::demo
