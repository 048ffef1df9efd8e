#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

namespace scope::net {

/// Gives back to the system what the allocator keeps for later, where it can (glibc).
void give_back_free_memory();

/// Notices that much was held and next to nothing is left of it.
class Ebb {
  public:
    static constexpr size_t MUCH = size_t{32} << 20;
    static constexpr size_t LITTLE = size_t{1} << 20;

    /// Takes in that @p bytes are held, or were.
    void rise(size_t bytes) noexcept { most_ = std::max(most_, bytes); }
    /// Returns whether @p bytes, which are held, are little after much: once for each time, at the
    /// second look that finds so, for what is counted no more may take a moment to be freed.
    [[nodiscard]] bool has_fallen(size_t bytes) noexcept {
        rise(bytes);
        if (most_ < MUCH) return false;
        if (!std::exchange(was_little_, bytes <= LITTLE) || !was_little_) return false;
        *this = {};
        return true;
    }

  private:
    size_t most_ = 0;
    bool was_little_ = false;  ///< when last looked at, after much
};

}  // namespace scope::net
