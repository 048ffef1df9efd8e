#include "store/staging.hpp"

#include <algorithm>
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

void Staging::scan_from(BytesView first, BytesView prefix, Order order,
                        const Visitor& visit) const {
    std::shared_lock lock{mutex_};
    const auto waiting = waiting_with(prefix, order);
    if (waiting.empty()) {
        lock.unlock();
        return database_.scan_from(first, prefix, order, visit);
    }
    const auto is_before = [order](BytesView a, BytesView b) {
        return order == Order::ascending ? KeyLess{}(a, b) : KeyLess{}(b, a);
    };
    auto next = waiting.begin();
    if (!first.empty())
        while (next != waiting.end() && is_before(next->first, first)) ++next;
    bool wants_more = true;
    const auto visit_next = [&] {
        const auto& [key, value] = *next++;
        if (value) wants_more = visit(key, *value);
    };
    database_.scan_from(first, prefix, order, [&](BytesView key, BytesView value) {
        // What it visits stands as it did under the lock, whatever is committed meanwhile.
        if (lock.owns_lock()) lock.unlock();
        while (wants_more && next != waiting.end() && is_before(next->first, key)) visit_next();
        if (!wants_more) return false;
        if (next != waiting.end() && equal(next->first, key))
            visit_next();
        else
            wants_more = visit(key, value);
        return wants_more;
    });
    if (lock.owns_lock()) lock.unlock();
    while (wants_more && next != waiting.end()) visit_next();
}

std::vector<Staging::Change> Staging::waiting_with(BytesView prefix, Order order) const {
    std::vector<Change> changes;
    const auto& all = waiting_.changes();
    for (auto at = all.lower_bound(prefix); at != all.end() && starts_with(at->first, prefix); ++at)
        changes.emplace_back(at->first, at->second);
    if (order == Order::descending) std::ranges::reverse(changes);
    return changes;
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
