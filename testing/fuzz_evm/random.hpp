#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/bytes.hpp"

namespace scope::fuzz_evm {

/// The generator splitmix64: the same numbers for the same seed with every standard library.
class Random {
  public:
    explicit Random(uint64_t seed) noexcept : state_(seed) {}

    uint64_t next() noexcept {
        uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// Returns a number from 0 to @p count - 1. REQUIRES: count > 0.
    uint64_t below(uint64_t count) noexcept { return next() % count; }
    bool chance(unsigned percent) noexcept { return below(100) < percent; }
    template <typename Range>
    const auto& pick(const Range& range) noexcept {
        return *std::next(std::begin(range), static_cast<std::ptrdiff_t>(below(std::size(range))));
    }
    Bytes bytes(size_t size) {
        Bytes result(size);
        for (auto& byte : result) byte = static_cast<uint8_t>(next());
        return result;
    }
    template <size_t N>
    FixedBytes<N> fixed() {
        return FixedBytes<N>::from(bytes(N));
    }

  private:
    uint64_t state_;
};

}  // namespace scope::fuzz_evm
