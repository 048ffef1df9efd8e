#include "rpc/filters.hpp"

#include "rpc/params.hpp"
#include "rpc/subscriptions.hpp"

namespace scope::rpc {

Filters::Filters(FilterLimits limits, Clock clock) : limits_(limits), clock_(std::move(clock)) {}

std::string Filters::add_logs(ChainId chain_id, LogQuery query) {
    LogMatcher matcher{query};
    return add(chain_id, LogEntries{std::move(query), std::move(matcher), {}});
}
std::string Filters::add_blocks(ChainId chain_id) {
    return add(chain_id, BlockEntries{});
}
std::string Filters::add_pending(ChainId chain_id, Transactions form) {
    return add(chain_id, PendingEntries{.form = form, .results = {}});
}

std::string Filters::add(ChainId chain_id, decltype(Filter::entries) entries) {
    drop_expired();
    if (filters_.size() >= limits_.most)
        fail(SERVER_ERROR, "too many filters: at most " + std::to_string(limits_.most));
    std::string id = random_id();
    filters_.insert_or_assign(
        id, Filter{.chain_id = chain_id, .used_at = clock_(), .entries = std::move(entries)});
    return id;
}

Filters::Filter* Filters::find(ChainId chain_id, std::string_view id) {
    drop_expired();
    const auto found = filters_.find(id);
    if (found == filters_.end() || found->second.chain_id != chain_id) return nullptr;
    found->second.used_at = clock_();
    return &found->second;
}

bool Filters::remove(ChainId chain_id, std::string_view id) {
    const Filter* const filter = find(chain_id, id);
    if (filter == nullptr) return false;
    entries_ -= filter->count;
    filters_.erase(filters_.find(id));
    return true;
}

const LogQuery* Filters::query(ChainId chain_id, std::string_view id) {
    Filter* const filter = find(chain_id, id);
    if (filter == nullptr) return nullptr;
    const auto* const entries = std::get_if<LogEntries>(&filter->entries);
    return entries == nullptr ? nullptr : &entries->query;
}

std::string Filters::changes(ChainId chain_id, std::string_view id) {
    Filter* const filter = find(chain_id, id);
    if (filter == nullptr) fail(SERVER_ERROR, "filter not found");
    Appender out;
    out.begin_array();
    if (auto* const blocks = std::get_if<BlockEntries>(&filter->entries))
        for (const Hash& hash : std::exchange(blocks->hashes, {})) out.hex(hash);
    if (auto* const pending = std::get_if<PendingEntries>(&filter->entries))
        for (const std::string& result : std::exchange(pending->results, {})) out.raw(result);
    if (auto* const logs = std::get_if<LogEntries>(&filter->entries))
        for (const LogEntry& entry : std::exchange(logs->logs, {}))
            append_log(out, *entry.block, entry.place, entry.removed);
    out.end_array();
    entries_ -= std::exchange(filter->count, 0);
    return out.take();
}

void Filters::drop_expired() {
    const auto now = clock_();
    std::erase_if(filters_, [&](const auto& each) {
        const bool is_expired = now - each.second.used_at > limits_.lifetime;
        if (is_expired) entries_ -= each.second.count;
        return is_expired;
    });
}

bool Filters::count(Filter& filter, size_t added) {
    filter.count += added;
    entries_ += added;
    return filter.count <= limits_.most_entries && entries_ <= limits_.most_entries_of_all;
}

template <typename Gather>
void Filters::for_each(ChainId chain_id, Gather&& gather) {
    drop_expired();
    for (auto it = filters_.begin(); it != filters_.end();) {
        Filter& filter = it->second;
        if (filter.chain_id != chain_id || count(filter, gather(filter))) {
            ++it;
        } else {
            entries_ -= filter.count;
            it = filters_.erase(it);
        }
    }
}

size_t Filters::gather(Filter& filter, const chain::StoredBlockPtr& block, bool removed) {
    if (auto* const blocks = std::get_if<BlockEntries>(&filter.entries)) {
        if (removed) return 0;
        blocks->hashes.push_back(block->hash);
        return 1;
    }
    auto* const entries = std::get_if<LogEntries>(&filter.entries);
    if (entries == nullptr || !is_in_range(entries->query, block->header().number)) return 0;
    const size_t before = entries->logs.size();
    entries->matcher.for_each_in(
        *block, [&](const LogPlace& place) { entries->logs.push_back({block, place, removed}); });
    return entries->logs.size() - before;
}

void Filters::on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                        std::span<const chain::StoredBlockPtr> added) {
    for_each(chain_id, [&](Filter& filter) {
        size_t entries = 0;
        for (const chain::StoredBlockPtr& block : removed) entries += gather(filter, block, true);
        for (const chain::StoredBlockPtr& block : added) entries += gather(filter, block, false);
        return entries;
    });
}

void Filters::on_pending(ChainId chain_id, const pool::PooledTransaction& transaction) {
    constexpr size_t CHARACTERS_OF_AN_ENTRY = 100;  // so that bodies count by their size
    for_each(chain_id, [&](Filter& filter) -> size_t {
        auto* const pending = std::get_if<PendingEntries>(&filter.entries);
        if (pending == nullptr) return 0;
        pending->results.push_back(pending_result(transaction, pending->form));
        return 1 + pending->results.back().size() / CHARACTERS_OF_AN_ENTRY;
    });
}

}  // namespace scope::rpc
