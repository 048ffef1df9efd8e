#include "json/json.hpp"
#include "rpc/blocks.hpp"
#include "rpc/filters.hpp"
#include "rpc/log_query.hpp"
#include "rpc/service.hpp"
#include "rpc/subscriptions.hpp"
#include "rpc/to_json.hpp"

namespace scope::rpc {

namespace {

using Kind = BlockTag::Kind;

constexpr size_t MOST_CHARACTERS = size_t{25} << 20;  // of an answer

void refuse_pending(const LogQuery& query) {
    for (const auto* const tag : {&query.from, &query.to})
        if (*tag && (*tag)->kind == Kind::pending)
            fail(INVALID_PARAMS, "pending logs are not supported");
}

/// Returns the number of the block that bounds a range.
uint64_t bound(const ChainView& view, const std::optional<BlockTag>& tag) {
    if (tag && tag->kind == Kind::number) return tag->number;
    const chain::StoredBlockPtr block = find_block(view, tag.value_or(BlockTag{}));
    if (!block)
        fail(SERVER_ERROR,
             tag->kind == Kind::safe ? "safe header not found" : "finalized header not found");
    return block->header().number;
}

void append_logs(Appender& out, const chain::StoredBlock& block, const LogMatcher& matcher) {
    matcher.for_each_in(block, [&](const LogPlace& place) {
        append_log(out, block, place);
        if (out.size() > MOST_CHARACTERS) fail(RESPONSE_TOO_LARGE, "response too large");
    });
}

void append_logs_of_range(Appender& out, const ChainView& view, const LogQuery& query,
                          const LogMatcher& matcher) {
    refuse_pending(query);
    const uint64_t first = bound(view, query.from);
    const uint64_t last = bound(view, query.to);
    const uint64_t head = view.head()->header().number;
    if (first > last) fail(INVALID_PARAMS, "invalid block range params");
    if (last > head) fail(INVALID_PARAMS, "block range extends beyond current head block");
    for (uint64_t number = first; number <= last; ++number)
        if (const auto block = view.chain().store().canonical_block(number))
            append_logs(out, *block, matcher);
}

std::string logs_of(const ChainView& view, const LogQuery& query) {
    const LogMatcher matcher{query};
    Appender out;
    out.begin_array();
    if (query.block_hash) {
        const auto block = view.chain().store().block(*query.block_hash);
        if (!block) fail(SERVER_ERROR, "unknown block");
        append_logs(out, *block, matcher);
    } else {
        append_logs_of_range(out, view, query, matcher);
    }
    out.end_array();
    return out.take();
}

/// Refuses a query that can't follow the chain, as geth does.
void check_followable(const LogQuery& query) {
    refuse_pending(query);
    const auto is_latest = [](const std::optional<BlockTag>& tag) {
        return !tag || tag->kind == Kind::latest;
    };
    const auto is_number = [](const std::optional<BlockTag>& tag) {
        return tag && (tag->kind == Kind::number || tag->kind == Kind::earliest);
    };
    const bool is_range =
        is_number(query.from) && is_number(query.to) && query.to->number >= query.from->number;
    if (!is_range && !(is_latest(query.to) && (is_latest(query.from) || is_number(query.from))))
        fail(INVALID_PARAMS, "invalid block range params");
}

std::string get_logs(Request& request) {
    return logs_of(request.chain, request.params.get(0, read_log_query));
}

std::string new_filter(Request& request) {
    LogQuery query = request.params.get(0, read_log_query);
    check_followable(query);
    return json::string_json(request.filters.add_logs(request.chain_id, std::move(query)));
}
std::string new_block_filter(Request& request) {
    return json::string_json(request.filters.add_blocks(request.chain_id));
}
std::string new_pending_filter(Request& request) {
    const auto form = request.params.flag(0) ? Transactions::full : Transactions::hashes;
    return json::string_json(request.filters.add_pending(request.chain_id, form));
}

std::string get_filter_changes(Request& request) {
    return request.filters.changes(request.chain_id, request.params.text(0));
}
std::string get_filter_logs(Request& request) {
    const LogQuery* const query = request.filters.query(request.chain_id, request.params.text(0));
    if (query == nullptr) fail(SERVER_ERROR, "filter not found");
    return logs_of(request.chain, *query);
}
std::string uninstall_filter(Request& request) {
    return request.filters.remove(request.chain_id, request.params.text(0)) ? "true" : "false";
}

// --- Subscriptions

class NewHeads final : public Feed {
  public:
    explicit NewHeads(ChainId chain_id) : chain_id_(chain_id) {}
    void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> /*removed*/,
                   std::span<const chain::StoredBlockPtr> added, const Notify& notify) override {
        if (chain_id != chain_id_) return;
        for (const chain::StoredBlockPtr& block : added) {
            Appender out;
            append_header(out, *block);
            notify(out.view());
        }
    }

  private:
    ChainId chain_id_;
};

class NewLogs final : public Feed {
  public:
    NewLogs(ChainId chain_id, LogQuery query)
        : chain_id_(chain_id), query_(std::move(query)), matcher_(query_) {}
    void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                   std::span<const chain::StoredBlockPtr> added, const Notify& notify) override {
        if (chain_id != chain_id_) return;
        for (const chain::StoredBlockPtr& block : removed) notify_of(*block, true, notify);
        for (const chain::StoredBlockPtr& block : added) notify_of(*block, false, notify);
    }

  private:
    void notify_of(const chain::StoredBlock& block, bool removed, const Notify& notify) const {
        if (!is_in_range(query_, block.header().number)) return;
        matcher_.for_each_in(block, [&](const LogPlace& place) {
            Appender out;
            append_log(out, block, place, removed);
            notify(out.view());
        });
    }

    ChainId chain_id_;
    LogQuery query_;
    LogMatcher matcher_;
};

class NewPending final : public Feed {
  public:
    NewPending(ChainId chain_id, Transactions form) : chain_id_(chain_id), form_(form) {}
    void on_pending(ChainId chain_id, const pool::PooledTransaction& transaction,
                    const Notify& notify) override {
        if (chain_id == chain_id_) notify(pending_result(transaction, form_));
    }

  private:
    ChainId chain_id_;
    Transactions form_;
};

/// A feed of a node that is never behind: it tells nothing.
class Syncing final : public Feed {};

std::unique_ptr<Feed> make_feed(const Request& request) {
    const std::string_view kind = request.params.text(0);
    if (kind == "newHeads") return std::make_unique<NewHeads>(request.chain_id);
    if (kind == "logs") {
        LogQuery query = request.params.find(1, read_log_query).value_or(LogQuery{});
        check_followable(query);
        return std::make_unique<NewLogs>(request.chain_id, std::move(query));
    }
    if (kind == "newPendingTransactions")
        return std::make_unique<NewPending>(
            request.chain_id, request.params.flag(1) ? Transactions::full : Transactions::hashes);
    if (kind == "syncing") return std::make_unique<Syncing>();
    fail(METHOD_NOT_FOUND,
         "no " + json::string_json(json::shortened(kind)) +
             " subscription in eth namespace");  // as geth says it
}

std::string subscribe(Request& request) {
    return request.subscriptions.add(request.subscriber, "eth_subscription", make_feed(request));
}

std::string unsubscribe(Request& request) {
    if (!request.subscriber) fail(METHOD_NOT_FOUND, "notifications not supported");
    if (!request.subscriptions.remove(request.subscriber.get(), request.params.text(0)))
        fail(SERVER_ERROR, "subscription not found");
    return "true";
}

constexpr Method METHODS[] = {
    {"eth_getLogs", get_logs, "filter"},
    {"eth_newFilter", new_filter, "filter"},
    {"eth_newBlockFilter", new_block_filter},
    {"eth_newPendingTransactionFilter", new_pending_filter, "fullTransactions?"},
    {"eth_getFilterChanges", get_filter_changes, "filterId"},
    {"eth_getFilterLogs", get_filter_logs, "filterId"},
    {"eth_uninstallFilter", uninstall_filter, "filterId"},
    {"eth_subscribe", subscribe, "kind options?"},
    {"eth_unsubscribe", unsubscribe, "subscriptionId"},
};

}  // namespace

std::span<const Method> log_methods() {
    return METHODS;
}

}  // namespace scope::rpc
