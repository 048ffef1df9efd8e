#pragma once

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "base/check.hpp"

namespace scope::node {

/// A map of at most so many entries: one more, and the oldest is forgotten. So nobody can make a
/// node remember without end.
template <typename Key, typename Value>
class BoundedMap {
  public:
    /// REQUIRES: not 0.
    explicit BoundedMap(size_t max_size) : max_size_(max_size) { CHECK(max_size > 0); }

    [[nodiscard]] size_t size() const noexcept { return values_.size(); }
    /// Returns the value; null if there is none.
    [[nodiscard]] const Value* find(const Key& key) const {
        const auto found = values_.find(key);
        return found == values_.end() ? nullptr : &found->second;
    }
    /// Sets the value; a key that is there already gets no younger.
    void set(const Key& key, const Value& value) {
        const auto [place, is_new] = values_.insert_or_assign(key, value);
        if (!is_new) return;
        order_.push_back(key);
        if (order_.size() <= max_size_) return;
        values_.erase(order_.front());
        order_.pop_front();
    }
    void erase(const Key& key) {
        if (values_.erase(key) != 0) order_.erase(std::ranges::find(order_, key));
    }

  private:
    size_t max_size_;
    std::unordered_map<Key, Value> values_;
    std::deque<Key> order_;  // oldest first
};

}  // namespace scope::node
