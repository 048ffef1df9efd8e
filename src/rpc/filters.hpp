#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rpc/log_query.hpp"
#include "rpc/network.hpp"

namespace scope::rpc {

/// The bounds of filters, which any client can make.
struct FilterLimits {
    size_t most = 1000;             ///< filters
    size_t most_entries = 100'000;  ///< of one filter; with more it is dropped
    size_t most_entries_of_all = 1'000'000;
    std::chrono::seconds lifetime{300};  ///< without being polled, as geth's
};

/// The filters that clients poll: eth_newFilter, eth_newBlockFilter,
/// eth_newPendingTransactionFilter.
///
/// A filter that nobody polls is forgotten, and so is one that has gathered more than it may: its
/// client learns by "filter not found" that it missed something.
class Filters final : public Listener {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    explicit Filters(FilterLimits limits = {}, Clock clock = std::chrono::steady_clock::now);

    // Each adds a filter and returns its id. Throws RpcFailure if there are too many.
    std::string add_logs(ChainId chain_id, LogQuery query);
    std::string add_blocks(ChainId chain_id);
    std::string add_pending(ChainId chain_id, Transactions form);

    /// Returns what happened since the last call, as a JSON array. Throws RpcFailure if there is no
    /// such filter of this chain.
    std::string changes(ChainId chain_id, std::string_view id);
    /// Returns the query of a filter of logs; null if there is none. Counts as polling.
    const LogQuery* query(ChainId chain_id, std::string_view id);
    /// Removes a filter; returns whether it was there.
    bool remove(ChainId chain_id, std::string_view id);
    [[nodiscard]] size_t size() const noexcept { return filters_.size(); }

    void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                   std::span<const chain::StoredBlockPtr> added) override;
    void on_pending(ChainId chain_id, const pool::PooledTransaction& transaction) override;
    void on_scope(const ScopeRecordPtr& /*scope*/) override {}
    void on_refusal(const RefusalRecord& /*refusal*/) override {}

  private:
    struct BlockEntries {
        std::vector<Hash> hashes;
    };
    struct PendingEntries {
        Transactions form{};
        std::vector<std::string> results;
    };
    struct LogEntry {
        chain::StoredBlockPtr block;
        LogPlace place;
        bool removed = false;
    };
    struct LogEntries {
        LogQuery query;
        LogMatcher matcher;
        std::vector<LogEntry> logs;
    };
    struct Filter {
        ChainId chain_id;
        std::chrono::steady_clock::time_point used_at;
        std::variant<BlockEntries, PendingEntries, LogEntries> entries;
        size_t count = 0;
    };

    std::string add(ChainId chain_id, decltype(Filter::entries) entries);
    Filter* find(ChainId chain_id, std::string_view id);
    void drop_expired();
    /// Counts what was added to a filter; returns false if it has too much, and is to be dropped.
    bool count(Filter& filter, size_t added);
    /// Adds what a block is to a filter; returns how many entries that are.
    size_t gather(Filter& filter, const chain::StoredBlockPtr& block, bool removed);
    /// Calls gather(filter) for the filters of a chain, and drops those with too much.
    template <typename Gather>
    void for_each(ChainId chain_id, Gather&& gather);

    FilterLimits limits_;
    Clock clock_;
    std::map<std::string, Filter, std::less<>> filters_;
    size_t entries_ = 0;  // of all filters
};

}  // namespace scope::rpc
