#pragma once

#include <algorithm>

#include "base/bytes.hpp"

namespace scope::fuzz {

/// Reads pieces of the input, each behind a byte that says how long it is.
class Pieces {
  public:
    explicit Pieces(BytesView rest) : rest_(rest) {}
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    BytesView next(size_t limit) {
        if (rest_.empty()) return {};
        const size_t size = std::min({size_t{rest_[0]}, rest_.size() - 1, limit});
        const BytesView piece = rest_.subspan(1, size);
        rest_ = rest_.subspan(1 + size);
        return piece;
    }

  private:
    BytesView rest_;
};

}  // namespace scope::fuzz
