#pragma once

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/json_rpc.hpp"

namespace scope::net {

/// Answers some methods in the ways in which a handler may.
class TestHandler final : public RpcHandler {
  public:
    void call(const RpcCall& call, Reply reply) override {
        ++calls;
        if (call.method == "echo") {  // the params, as text without spaces
            reply(call.params ? simdjson::minify(*call.params) : "null");
        } else if (call.method == "chain") {
            reply(std::to_string(call.chain_id.number()));
        } else if (call.method == "fail") {
            reply(std::unexpected{RpcError{3, "execution reverted: \"no\"\n", R"("0x1234")"}});
        } else if (call.method == "drop") {
        } else if (call.method == "throw") {
            throw std::runtime_error{"thrown by a test"};
        } else if (call.method == "block") {  // until is_open
            is_open.wait(false);
            reply("\"opened\"");
        } else if (call.method == "later") {  // until "release"
            waiting.push_back(std::move(reply));
        } else if (call.method == "release") {
            const size_t count = waiting.size();
            for (Reply& other : std::exchange(waiting, {})) other("\"released\"");
            reply(std::to_string(count));
        } else if (call.method == "big") {  // a string of params[0] letters
            reply('"' + std::string(number(call, 0), 'x') + '"');
        } else if (call.method == "subscribe") {
            if (call.subscriber) subscribers.push_back(call.subscriber);
            reply(call.subscriber ? "true" : "false");
        } else if (call.method == "notify") {  // params[0] times params[1] bytes; how many went
            const auto text = std::make_shared<const std::string>(number(call, 1), 'n');
            size_t sent = 0;
            for (size_t i = 0; i < number(call, 0); ++i)
                for (const auto& subscriber : subscribers) sent += subscriber->send(text) ? 1 : 0;
            reply(std::to_string(sent));
        } else {
            reply(std::unexpected{
                RpcError{METHOD_NOT_FOUND, "no method " + std::string{call.method}, {}}});
        }
    }

    void batch_begins(ChainId chain_id, const simdjson::dom::array& batch) override {
        batches.push_back({chain_id, batch.size(), calls});
    }

    void closed(const Subscriber& subscriber) override {
        std::erase_if(subscribers, [&](const auto& one) { return one.get() == &subscriber; });
        ++closed_count;
        closed_count.notify_all();
    }

    /// Lets "block" answer.
    void open() {
        is_open = true;
        is_open.notify_all();
    }
    /// Waits until closed() has been called @p count times.
    void wait_closed(int count) const {
        for (int now = closed_count; now < count; now = closed_count) closed_count.wait(now);
    }

    std::atomic<int> calls = 0;
    struct Batch {
        ChainId chain_id;
        size_t size = 0;
        int calls_before = 0;
        friend bool operator==(const Batch&, const Batch&) = default;
    };
    std::vector<Batch> batches;  // the worker's
    std::atomic<int> closed_count = 0;
    std::atomic<bool> is_open = false;
    std::vector<Reply> waiting;                            // the worker's
    std::vector<std::shared_ptr<Subscriber>> subscribers;  // the worker's

  private:
    static uint64_t number(const RpcCall& call, size_t index) {
        return (*call.params).at(index).get_uint64().value();
    }
};

}  // namespace scope::net
