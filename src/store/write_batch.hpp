#pragma once

#include <absl/container/btree_set.h>

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "store/key_compare.hpp"

namespace scope::store {

/// Changes of rows that become true together. Of a key that is changed twice the last change
/// counts.
///
/// Keys and values lie in pieces of memory of many rows, for a block changes ten thousand.
class WriteBatch {
  public:
    /// A row's key, and what it becomes. Borrowed from the batch.
    class Change {
      public:
        [[nodiscard]] BytesView key() const noexcept { return {data_, key_size_}; }
        /// Returns the row's value; nullopt if it is erased.
        [[nodiscard]] std::optional<BytesView> value() const noexcept {
            if (value_size_ == ERASED) return std::nullopt;
            return BytesView{data_ + key_size_, value_size_};
        }

      private:
        friend WriteBatch;
        static constexpr uint32_t ERASED = UINT32_MAX;

        const uint8_t* data_ = nullptr;  // key, value
        uint32_t key_size_ = 0;
        uint32_t value_size_ = ERASED;
    };
    struct ChangeLess {
        using is_transparent = void;
        bool operator()(const auto& a, const auto& b) const {
            return KeyLess{}(key_of(a), key_of(b));
        }
        static BytesView key_of(const Change& change) noexcept { return change.key(); }
        static BytesView key_of(BytesView key) noexcept { return key; }
    };
    /// The last change of each key, in the order of the keys.
    using Changes = absl::btree_set<Change, ChangeLess>;

    WriteBatch() = default;
    WriteBatch(WriteBatch&& other) noexcept { *this = std::move(other); }
    WriteBatch& operator=(WriteBatch&& other) noexcept {
        changes_ = std::exchange(other.changes_, {});
        pieces_ = std::exchange(other.pieces_, {});
        pieces_size_ = std::exchange(other.pieces_size_, 0);
        free_ = std::exchange(other.free_, {});
        return *this;
    }
    ~WriteBatch() = default;

    void put(const Bytes& key, const Bytes& value) { change(key, value); }
    void erase(const Bytes& key) { change(key, std::nullopt); }
    void clear() {
        changes_.clear();
        pieces_.clear();
        pieces_size_ = 0;
        free_ = {};
    }

    [[nodiscard]] bool empty() const noexcept { return changes_.empty(); }
    /// Returns the bytes of the changes, roughly: more if a row was changed twice.
    [[nodiscard]] size_t size_bytes() const noexcept {
        return pieces_size_ - free_.size() + changes_.size() * 8;
    }
    [[nodiscard]] const Changes& changes() const noexcept { return changes_; }

  private:
    static constexpr size_t PIECE_SIZE = size_t{64} << 10;

    void change(BytesView key, std::optional<BytesView> value) {
        const size_t value_size = value ? value->size() : 0;
        CHECK(key.size() < Change::ERASED && value_size < Change::ERASED);
        uint8_t* const data = room(key.size() + value_size);
        std::ranges::copy(key, data);
        Change change;
        change.data_ = data;
        change.key_size_ = static_cast<uint32_t>(key.size());
        if (value) {
            std::ranges::copy(*value, data + key.size());
            change.value_size_ = static_cast<uint32_t>(value_size);
        }
        const auto [place, is_new] = changes_.insert(change);
        if (is_new) return;
        const auto next = changes_.erase(place);
        changes_.insert(next, change);
    }

    /// Returns memory for a row. What an earlier change of it took stays taken.
    uint8_t* room(size_t size) {
        if (size > free_.size()) {
            const size_t piece_size = std::max(size, PIECE_SIZE);
            pieces_.push_back(std::make_unique_for_overwrite<uint8_t[]>(piece_size));
            pieces_size_ += piece_size;
            free_ = {pieces_.back().get(), piece_size};
        }
        uint8_t* const data = free_.data();
        free_ = free_.subspan(size);
        return data;
    }

    Changes changes_;
    std::vector<std::unique_ptr<uint8_t[]>> pieces_;
    size_t pieces_size_ = 0;
    std::span<uint8_t> free_;  // of the last piece
};

}  // namespace scope::store
