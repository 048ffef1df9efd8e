#include "rpc/subscriptions.hpp"

#include <cstring>
#include <random>

#include "base/hex.hpp"
#include "json/appender.hpp"
#include "rpc/params.hpp"

namespace scope::rpc {

namespace {

std::string message_of(std::string_view method, std::string_view id, std::string_view result) {
    json::Appender out;
    out.reserve(result.size() + 128);
    out.begin_object();
    out.key("jsonrpc").string("2.0");
    out.key("method").string(method);
    out.key("params").begin_object();
    out.key("subscription").string(id);
    out.key("result").raw(result);
    out.end_object();
    out.end_object();
    return out.take();
}

}  // namespace

std::string random_id() {
    std::random_device device;
    FixedBytes<16> id;
    for (size_t i = 0; i < id.size(); i += 4) {
        const uint32_t word = device();
        std::memcpy(id.data() + i, &word, 4);
    }
    id[0] |= 0x10;  // no leading zero, as geth's have none
    return to_hex(id);
}

std::string Subscriptions::add(const std::shared_ptr<net::Subscriber>& subscriber,
                               std::string_view method, std::unique_ptr<Feed> feed) {
    if (!subscriber) fail(METHOD_NOT_FOUND, "notifications not supported");  // geth, over HTTP
    const auto known = connections_.find(subscriber.get());
    if (size_ >= MOST)
        fail(SERVER_ERROR,
             "too many subscriptions: at most " + std::to_string(MOST) + " on all connections");
    if (known != connections_.end() && known->second.subscriptions.size() >= MOST_OF_A_CONNECTION)
        fail(SERVER_ERROR, "too many subscriptions: at most " +
                               std::to_string(MOST_OF_A_CONNECTION) + " on one connection");
    Connection& connection = connections_[subscriber.get()];
    connection.subscriber = subscriber;
    connection.subscriptions.push_back({random_id(), std::string{method}, std::move(feed)});
    ++size_;
    return json::string_json(connection.subscriptions.back().id);
}

bool Subscriptions::remove(const net::Subscriber* subscriber, std::string_view id) {
    const auto connection = connections_.find(subscriber);
    if (connection == connections_.end()) return false;
    const size_t removed = std::erase_if(connection->second.subscriptions,
                                         [&](const Subscription& each) { return each.id == id; });
    size_ -= removed;
    if (connection->second.subscriptions.empty()) connections_.erase(connection);
    return removed != 0;
}

void Subscriptions::remove_all(const net::Subscriber& subscriber) {
    const auto connection = connections_.find(&subscriber);
    if (connection == connections_.end()) return;
    size_ -= connection->second.subscriptions.size();
    connections_.erase(connection);
}

template <typename Run>
void Subscriptions::for_each(Run&& run) {
    for (auto it = connections_.begin(); it != connections_.end();) {
        Connection& connection = it->second;
        bool has_ended = false;
        for (const Subscription& subscription : connection.subscriptions) {
            const Notify notify = [&](std::string_view result) {
                if (!has_ended)
                    has_ended = !connection.subscriber->send(std::make_shared<const std::string>(
                        message_of(subscription.method, subscription.id, result)));
            };
            run(*subscription.feed, notify);
            if (has_ended) break;
        }
        if (has_ended) {
            size_ -= connection.subscriptions.size();
            it = connections_.erase(it);
        } else {
            ++it;
        }
    }
}

void Subscriptions::on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                              std::span<const chain::StoredBlockPtr> added) {
    for_each([&](Feed& feed, const Notify& notify) {
        feed.on_blocks(chain_id, removed, added, notify);
    });
}
void Subscriptions::on_pending(ChainId chain_id, const pool::PooledTransaction& transaction) {
    for_each(
        [&](Feed& feed, const Notify& notify) { feed.on_pending(chain_id, transaction, notify); });
}
void Subscriptions::on_scope(const ScopeRecordPtr& scope) {
    for_each([&](Feed& feed, const Notify& notify) { feed.on_scope(scope, notify); });
}
void Subscriptions::on_refusal(const RefusalRecord& refusal) {
    for_each([&](Feed& feed, const Notify& notify) { feed.on_refusal(refusal, notify); });
}

}  // namespace scope::rpc
