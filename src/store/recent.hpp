#pragma once

#include <absl/container/flat_hash_map.h>

#include <list>
#include <mutex>
#include <vector>

#include "base/bytes.hpp"

namespace scope::store {

/// Values by hash, of which those that were used last are kept, as many as fit, and the last one
/// always. May be used on several threads.
/// @tparam Ptr  Null stands for no value.
template <typename Ptr>
class Recent {
  public:
    explicit Recent(size_t capacity) : capacity_(capacity) {}

    [[nodiscard]] Ptr find(const Hash& hash) {
        const std::scoped_lock lock{mutex_};
        const auto found = places_.find(hash);
        if (found == places_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->value;
    }
    /// Puts a value; returns those that it took the room of.
    std::vector<Ptr> put(const Hash& hash, Ptr value, size_t size) {
        const std::scoped_lock lock{mutex_};
        erase_entry(hash);
        entries_.push_front({hash, std::move(value), size});
        places_[hash] = entries_.begin();
        size_ += size;
        std::vector<Ptr> evicted;
        while (size_ > capacity_ && entries_.size() > 1) {
            evicted.push_back(std::move(entries_.back().value));
            erase_entry(Hash{entries_.back().hash});
        }
        return evicted;
    }
    /// Erases those for which @p is_gone(hash).
    template <typename F>
    void erase_if(F is_gone) {
        const std::scoped_lock lock{mutex_};
        for (auto entry = entries_.begin(); entry != entries_.end();) {
            const Hash hash = entry->hash;
            ++entry;
            if (is_gone(hash)) erase_entry(hash);
        }
    }

  private:
    struct Entry {
        Hash hash;
        Ptr value;
        size_t size = 0;
    };

    void erase_entry(const Hash& hash) {
        const auto found = places_.find(hash);
        if (found == places_.end()) return;
        size_ -= found->second->size;
        entries_.erase(found->second);
        places_.erase(found);
    }

    std::mutex mutex_;
    size_t capacity_;
    size_t size_ = 0;
    std::list<Entry> entries_;  // the one that was used last first
    absl::flat_hash_map<Hash, typename std::list<Entry>::iterator> places_;
};

}  // namespace scope::store
