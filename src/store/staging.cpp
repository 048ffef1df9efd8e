#include "store/staging.hpp"

#include <algorithm>
#include <map>
#include <mutex>

namespace scope::store {

namespace {

std::optional<Bytes> value_of(const WriteBatch::Change& change) {
    return change.value().transform(to_bytes);
}

}  // namespace

Staging::~Staging() = default;

std::optional<Bytes> Staging::get(BytesView key) const {
    {
        const std::shared_lock lock{mutex_};
        for (const Step* const step : {&waiting_, &begun_}) {
            const auto& changes = step->changes.changes();
            const auto found = changes.find(key);
            if (found != changes.end()) return value_of(*found);
        }
    }
    return database_.get(key);
}

void Staging::scan_from(BytesView first, BytesView prefix, Order order,
                        const Visitor& visit) const {
    std::shared_lock lock{mutex_};
    const auto changes = changes_with(prefix, order);
    if (changes.empty()) {
        lock.unlock();
        return database_.scan_from(first, prefix, order, visit);
    }
    const auto is_before = [order](BytesView a, BytesView b) {
        return order == Order::ascending ? KeyLess{}(a, b) : KeyLess{}(b, a);
    };
    auto next = changes.begin();
    if (!first.empty())
        while (next != changes.end() && is_before(next->first, first)) ++next;
    bool wants_more = true;
    const auto visit_next = [&] {
        const auto& [key, value] = *next++;
        if (value) wants_more = visit(key, *value);
    };
    database_.scan_from(first, prefix, order, [&](BytesView key, BytesView value) {
        // What it visits stands as it did under the lock, whatever is committed meanwhile.
        if (lock.owns_lock()) lock.unlock();
        while (wants_more && next != changes.end() && is_before(next->first, key)) visit_next();
        if (!wants_more) return false;
        if (next != changes.end() && equal(next->first, key))
            visit_next();
        else
            wants_more = visit(key, value);
        return wants_more;
    });
    if (lock.owns_lock()) lock.unlock();
    while (wants_more && next != changes.end()) visit_next();
}

std::vector<Staging::Change> Staging::changes_with(BytesView prefix, Order order) const {
    std::map<Bytes, std::optional<Bytes>, KeyLess> last;
    for (const Step* const step : {&begun_, &waiting_}) {
        const auto& all = step->changes.changes();
        for (auto at = all.lower_bound(prefix); at != all.end() && starts_with(at->key(), prefix);
             ++at)
            last.insert_or_assign(to_bytes(at->key()), value_of(*at));
    }
    std::vector<Change> changes{last.begin(), last.end()};
    if (order == Order::descending) std::ranges::reverse(changes);
    return changes;
}

void Staging::put(const Bytes& key, const Bytes& value) {
    const std::unique_lock lock{mutex_};
    waiting_.changes.put(key, value);
}

void Staging::erase(const Bytes& key) {
    const std::unique_lock lock{mutex_};
    waiting_.changes.erase(key);
}

void Staging::hold(std::shared_ptr<const void> object) {
    const std::unique_lock lock{mutex_};
    waiting_.held.push_back(std::move(object));
}

void Staging::commit() {
    finish_commit();
    // What waits is read as long as the database doesn't have it: between the two, both are the
    // same. No lock is held while the disk works; this thread alone writes.
    if (waiting_.changes.empty()) return;
    database_.commit(waiting_.changes);
    drop();
}

void Staging::begin_commit() {
    finish_commit();
    if (waiting_.changes.empty()) return;
    if (!thread_.joinable())
        thread_ = std::jthread{[this](const std::stop_token& stop) { run_commits(stop); }};
    {
        const std::unique_lock lock{mutex_};
        begun_ = std::exchange(waiting_, {});
        is_running_ = true;
    }
    changed_.notify_all();
}

void Staging::finish_commit() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !is_running_; });
    if (failure_) std::rethrow_exception(failure_);
}

void Staging::run_commits(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (changed_.wait(lock, stop, [&] { return is_running_; })) {
        lock.unlock();
        std::exception_ptr failure;
        try {
            database_.commit(begun_.changes);
        } catch (...) {
            failure = std::current_exception();
        }
        Step committed;  // whose memory gets free without the lock
        lock.lock();
        if (!failure) committed = std::exchange(begun_, {});
        failure_ = failure;
        is_running_ = false;
        lock.unlock();
        changed_.notify_all();
        committed = {};
        lock.lock();
    }
}

void Staging::drop() {
    Step dropped;  // whose memory gets free without the lock
    Step failed;
    const std::unique_lock lock{mutex_};
    dropped = std::exchange(waiting_, {});
    if (failure_) failed = std::exchange(begun_, {});
}

bool Staging::empty() const {
    const std::shared_lock lock{mutex_};
    return waiting_.changes.empty();
}

}  // namespace scope::store
