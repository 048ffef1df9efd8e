#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.hpp"

namespace scope {

using Bytes = std::vector<uint8_t>;
using BytesView = std::span<const uint8_t>;

/// A byte string of fixed length, big-endian where it stands for a number.
template <size_t N>
struct FixedBytes {
    std::array<uint8_t, N> bytes{};

    /// Copies @p view. REQUIRES: exactly N bytes.
    static constexpr FixedBytes from(BytesView view) {
        CHECK(view.size() == N);
        FixedBytes result;
        std::copy_n(view.begin(), N, result.bytes.begin());
        return result;
    }

    static constexpr size_t size() noexcept { return N; }
    [[nodiscard]] constexpr const uint8_t* data() const noexcept { return bytes.data(); }
    [[nodiscard]] constexpr uint8_t* data() noexcept { return bytes.data(); }
    [[nodiscard]] constexpr auto begin() const noexcept { return bytes.begin(); }
    [[nodiscard]] constexpr auto end() const noexcept { return bytes.end(); }
    constexpr uint8_t& operator[](size_t i) noexcept { return bytes[i]; }
    constexpr const uint8_t& operator[](size_t i) const noexcept { return bytes[i]; }
    constexpr operator BytesView() const noexcept { return {bytes.data(), N}; }

    [[nodiscard]] constexpr bool is_zero() const noexcept { return *this == FixedBytes{}; }

    friend constexpr bool operator==(const FixedBytes&, const FixedBytes&) noexcept = default;
    friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) noexcept = default;

    template <typename H>
    friend H AbslHashValue(H state, const FixedBytes& value) {
        return H::combine_contiguous(std::move(state), value.bytes.data(), N);
    }
};

using Address = FixedBytes<20>;
/// 32 bytes: a hash, a storage key or a storage value.
using Hash = FixedBytes<32>;

constexpr bool equal(BytesView a, BytesView b) noexcept {
    return std::ranges::equal(a, b);
}

inline void append(Bytes& out, BytesView view) {
    out.insert(out.end(), view.begin(), view.end());
}

inline Bytes to_bytes(BytesView view) {
    return {view.begin(), view.end()};
}

template <typename... Views>
Bytes concat(const Views&... views) {
    Bytes out;
    out.reserve((BytesView{views}.size() + ... + 0));
    (append(out, BytesView{views}), ...);
    return out;
}

/// Returns the characters of a text as bytes; borrowed.
inline BytesView as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace scope

template <size_t N>
struct std::hash<scope::FixedBytes<N>> {
    size_t operator()(const scope::FixedBytes<N>& value) const noexcept {
        // Keys are hashes or addresses that somebody may choose: every byte takes part.
        uint64_t state = 0x9e3779b97f4a7c15;
        for (size_t i = 0; i < N; i += 8) {
            uint64_t word = 0;
            std::memcpy(&word, value.bytes.data() + i, std::min<size_t>(8, N - i));
            state = (state ^ word) * 0xff51afd7ed558ccd;
            state ^= state >> 32;
        }
        return state;
    }
};
