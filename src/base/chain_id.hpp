#pragma once

#include <fmt/core.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/uint256.hpp"

namespace scope {

/// The id of a chain (EIP-155): the L1 or a rollup.
///
/// A word that names a chain, as contracts have it, can be any uint256, and somebody may choose it.
/// It becomes a ChainId by from() only; a word from 2^64 on names no chain of this code, which
/// makes it an unknown chain and never another one. So what is hashed or encoded as it came, in the
/// structs of protocol/, keeps the word. EIP-2294 bounds ids closely below 2^63.
///
/// The default is 0, which is no chain's: EIP-155 has no such id, and the settlement contract
/// registers none.
class ChainId {
  public:
    constexpr ChainId() noexcept = default;
    constexpr explicit ChainId(uint64_t number) noexcept : number_(number) {}

    /// Returns the chain that @p word names, nullopt if it is 2^64 or more.
    static constexpr std::optional<ChainId> from(const uint256& word) noexcept {
        return word.fits_u64() ? std::optional{ChainId{word[0]}} : std::nullopt;
    }

    [[nodiscard]] constexpr uint64_t number() const noexcept { return number_; }
    constexpr explicit operator uint256() const noexcept { return uint256{number_}; }

    friend constexpr auto operator<=>(ChainId, ChainId) noexcept = default;

    template <typename H>
    friend H AbslHashValue(H state, ChainId id) {
        return H::combine(std::move(state), id.number_);
    }

  private:
    uint64_t number_ = 0;
};

}  // namespace scope

template <>
struct std::hash<scope::ChainId> {
    size_t operator()(scope::ChainId id) const noexcept {
        return std::hash<uint64_t>{}(id.number());
    }
};

/// The format of a chain id: its number, in decimal.
template <>
struct fmt::formatter<scope::ChainId> : fmt::formatter<uint64_t> {
    template <typename Context>
    auto format(scope::ChainId id, Context& context) const {
        return fmt::formatter<uint64_t>::format(id.number(), context);
    }
};
