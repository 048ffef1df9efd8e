#include <absl/container/btree_map.h>

#include <mutex>
#include <shared_mutex>
#include <vector>

#include "store/database.hpp"
#include "store/key_compare.hpp"

namespace scope::store {

namespace {

class MemoryDatabase final : public Database {
  public:
    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override {
        const std::shared_lock lock{mutex_};
        const auto found = rows_.find(key);
        return found == rows_.end() ? std::nullopt : std::optional{found->second};
    }

    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override {
        // A copy, so that the visitor sees what stood when it began, and may write.
        const auto rows = copy_of(first, prefix, order);
        if (order == Order::ascending)
            std::any_of(rows.begin(), rows.end(),
                        [&](const auto& row) { return !visit(row.first, row.second); });
        else
            std::any_of(rows.rbegin(), rows.rend(),
                        [&](const auto& row) { return !visit(row.first, row.second); });
    }

    void commit(const WriteBatch& batch) override {
        const std::unique_lock lock{mutex_};
        for (const auto& change : batch.changes())
            if (const auto value = change.value())
                rows_.insert_or_assign(to_bytes(change.key()), to_bytes(*value));
            else if (const auto row = rows_.find(change.key()); row != rows_.end())
                rows_.erase(row);
        ++commits_;
    }

    [[nodiscard]] uint64_t commits() const override {
        const std::shared_lock lock{mutex_};
        return commits_;
    }

  private:
    [[nodiscard]] std::vector<std::pair<Bytes, Bytes>> copy_of(BytesView first, BytesView prefix,
                                                               Order order) const {
        const std::shared_lock lock{mutex_};
        const bool is_descending = order == Order::descending;
        std::vector<std::pair<Bytes, Bytes>> rows;
        for (auto at = rows_.lower_bound(is_descending || first.empty() ? prefix : first);
             at != rows_.end() && starts_with(at->first, prefix) &&
             !(is_descending && !first.empty() && KeyLess{}(first, at->first));
             ++at)
            rows.emplace_back(at->first, at->second);
        return rows;
    }

    mutable std::shared_mutex mutex_;
    absl::btree_map<Bytes, Bytes, KeyLess> rows_;
    uint64_t commits_ = 0;
};

}  // namespace

std::unique_ptr<Database> make_memory_database() {
    return std::make_unique<MemoryDatabase>();
}

}  // namespace scope::store
