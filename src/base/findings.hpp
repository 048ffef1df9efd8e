#pragma once

#include <bitset>
#include <cstddef>
#include <optional>

namespace scope {

/// The broken rules of several that are checked one after the other: the first, which is reported,
/// and all of them. @p Error is an enum that counts from 0.
template <typename Error, size_t COUNT>
class Findings {
  public:
    void add(Error error) {
        if (!first_) first_ = error;
        all_.set(static_cast<size_t>(error));
    }
    void check(bool is_broken, Error error) {
        if (is_broken) add(error);
    }
    [[nodiscard]] std::optional<Error> first() const noexcept { return first_; }
    [[nodiscard]] const std::bitset<COUNT>& all() const noexcept { return all_; }
    [[nodiscard]] bool has(Error error) const { return all_[static_cast<size_t>(error)]; }

  private:
    std::optional<Error> first_;
    std::bitset<COUNT> all_;
};

}  // namespace scope
