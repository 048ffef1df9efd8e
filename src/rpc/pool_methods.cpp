#include <fmt/format.h>

#include "rpc/blocks.hpp"
#include "rpc/errors.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"

// The transactions that wait, as geth shows them: those that could stand next, and those that wait
// for an earlier nonce.

namespace scope::rpc {

namespace {

struct Waiting {
    std::vector<pool::PooledPtr> pending;  // by sender and nonce
    std::vector<pool::PooledPtr> queued;   // by sender and nonce
};

/// @param sender  nullopt: of all.
Waiting waiting_of(ChainView& view, const std::optional<Address>& sender) {
    Waiting result;
    const pool::TxPool* const pool = view.pool();
    if (pool == nullptr) return result;
    const StateAt head = state_at(view, {});
    std::optional<Address> last;
    uint64_t next = 0;
    for (const pool::PooledPtr& each : sender ? pool->of(*sender) : pool->all()) {
        if (last != each->sender) {
            last = each->sender;
            next = head.state->account(each->sender).value_or(Account{}).nonce;
        }
        const bool is_next = each->transaction.nonce == next;
        (is_next ? result.pending : result.queued).push_back(each);
        if (is_next) ++next;
    }
    return result;
}

/// Appends an object: nonce in decimal -> append(out, transaction), for those from @p at on that
/// have one sender; returns where they end.
template <typename Append>
size_t append_sender(Appender& out, const std::vector<pool::PooledPtr>& list, size_t at,
                     Append&& append) {
    const Address sender = list[at]->sender;
    out.begin_object();
    for (; at < list.size() && list[at]->sender == sender; ++at) {
        out.text_key(std::to_string(list[at]->transaction.nonce));
        append(out, *list[at]);
    }
    out.end_object();
    return at;
}

template <typename Append>
void append_all(Appender& out, const std::vector<pool::PooledPtr>& list, Append&& append) {
    out.begin_object();
    for (size_t i = 0; i < list.size();) {
        out.text_key(checksum_hex(list[i]->sender));
        i = append_sender(out, list, i, append);
    }
    out.end_object();
}

template <typename Append>
std::string show(ChainView& view, Append&& append) {
    const Waiting waiting = waiting_of(view, std::nullopt);
    Appender out;
    out.begin_object();
    append_all(out.key("pending"), waiting.pending, append);
    append_all(out.key("queued"), waiting.queued, append);
    out.end_object();
    return out.take();
}

void append_whole(Appender& out, const pool::PooledTransaction& each) {
    append_pending_transaction(out, each.transaction, each.hash, each.sender);
}

void append_summary(Appender& out, const pool::PooledTransaction& each) {
    const Transaction& tx = each.transaction;
    out.string(fmt::format("{}: {} wei + {} gas × {} wei",
                           tx.to ? checksum_hex(*tx.to) : "contract creation", to_decimal(tx.value),
                           tx.gas_limit, to_decimal(tx.max_fee_per_gas)));
}

std::string status(Request& request) {
    const Waiting waiting = waiting_of(request.chain, std::nullopt);
    Appender out;
    out.begin_object();
    out.key("pending").quantity(waiting.pending.size());
    out.key("queued").quantity(waiting.queued.size());
    out.end_object();
    return out.take();
}

std::string content(Request& request) {
    return show(request.chain, append_whole);
}
std::string inspect(Request& request) {
    return show(request.chain, append_summary);
}

std::string content_from(Request& request) {
    const Waiting waiting = waiting_of(request.chain, request.params.address(0));
    Appender out;
    const auto append = [&](const std::vector<pool::PooledPtr>& list) {
        if (!list.empty()) {
            append_sender(out, list, 0, append_whole);
            return;
        }
        out.begin_object();
        out.end_object();
    };
    out.begin_object();
    out.key("pending");
    append(waiting.pending);
    out.key("queued");
    append(waiting.queued);
    out.end_object();
    return out.take();
}

constexpr Method METHODS[] = {
    {"txpool_status", status},
    {"txpool_content", content},
    {"txpool_contentFrom", content_from, "address"},
    {"txpool_inspect", inspect},
};

}  // namespace

std::span<const Method> pool_methods() {
    return METHODS;
}

}  // namespace scope::rpc
