#include "store/staging.hpp"

#include <map>
#include <mutex>

namespace scope::store {

std::optional<Bytes> Staging::get(BytesView key) const {
    {
        const std::shared_lock lock{mutex_};
        const auto& changes = waiting_.changes();
        if (const auto found = changes.find(key); found != changes.end()) return found->second;
    }
    return database_.get(key);
}

void Staging::scan(BytesView prefix, Order order, const Visitor& visit) const {
    std::map<Bytes, std::optional<Bytes>, KeyLess> waiting;
    {
        const std::shared_lock lock{mutex_};
        for (const auto& [key, value] : waiting_.changes())
            if (starts_with(key, prefix)) waiting.emplace(key, value);
        if (!waiting.empty())
            database_.scan(prefix, Order::ascending, [&](BytesView key, BytesView value) {
                waiting.try_emplace(to_bytes(key), to_bytes(value));
                return true;
            });
    }
    if (waiting.empty()) return database_.scan(prefix, order, visit);
    const auto visit_row = [&](const auto& row) {
        return !row.second || visit(row.first, *row.second);
    };
    if (order == Order::ascending)
        (void)std::all_of(waiting.begin(), waiting.end(), visit_row);
    else
        (void)std::all_of(waiting.rbegin(), waiting.rend(), visit_row);
}

void Staging::put(Bytes key, Bytes value) {
    const std::unique_lock lock{mutex_};
    waiting_.put(std::move(key), std::move(value));
}

void Staging::erase(Bytes key) {
    const std::unique_lock lock{mutex_};
    waiting_.erase(std::move(key));
}

void Staging::commit() {
    // What waits is read as long as the database doesn't have it: between the two, both are the
    // same. No lock is held while the disk works; this thread alone writes.
    if (waiting_.empty()) return;
    database_.commit(waiting_);
    drop();
}

void Staging::drop() {
    const std::unique_lock lock{mutex_};
    waiting_.clear();
}

bool Staging::empty() const {
    const std::shared_lock lock{mutex_};
    return waiting_.empty();
}

}  // namespace scope::store
