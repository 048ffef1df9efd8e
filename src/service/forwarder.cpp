#include "service/forwarder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "rpc/errors.hpp"

namespace scope::service {

namespace {

using net::RpcError;

constexpr auto METHODS = std::to_array<std::string_view>({
    "eth_sendRawTransaction",
    "eth_sendRawTransactionSync",
    "scope_getHashChain",
    "scope_getOperationReceipt",
    "scope_getRefusal",
    "scope_getRollingHashes",
    "scope_getScope",
    "scope_getSettlement",
    "scope_prefill",
    "scope_prepareOperation",
    "scope_sendOperation",
    "scope_simulate",
    "scope_traceScope",
});
static_assert(std::ranges::is_sorted(METHODS));

/// Returns whether the builder may answer after a minute, which anyone can have it do.
bool is_long(std::string_view method) {
    return method == "eth_sendRawTransactionSync";
}

bool is_sending(std::string_view method) {
    return method.starts_with("eth_send") || method == "scope_sendOperation";
}

RpcError no_builder(std::string_view method) {
    return {rpc::NO_BUILDER,
            is_sending(method)
                ? "this node takes no transactions: rpc.forward is not set"
                : fmt::format("{}: a builder answers it, and rpc.forward is not set", method),
            {}};
}

/// Returns whether a call asks to be told what happens at a builder alone. It isn't handed on, for who asks
/// could not be told.
bool is_of_builders_news(const net::RpcCall& call) {
    if (call.method == "scope_subscribe" || call.method == "eth_newPendingTransactionFilter")
        return true;
    if (call.method != "eth_subscribe" || !call.params) return false;
    simdjson::dom::array params;
    std::string_view kind;
    return call.params->get(params) == simdjson::SUCCESS &&
           params.at(0).get(kind) == simdjson::SUCCESS && kind == "newPendingTransactions";
}

RpcError no_news(std::string_view method) {
    return {rpc::NO_BUILDER,
            fmt::format("{}: this node only follows, and isn't told of scopes, refusals and what "
                        "waits: ask a builder",
                        method),
            {}};
}

RpcError no_answer(std::string_view why) {
    return {
        net::SERVER_ERROR, fmt::format("the builder (rpc.forward) gives no answer: {}", why), {}};
}

std::string_view what_is_wrong(net::HttpError::Rule rule) {
    switch (rule) {
        case net::HttpError::Rule::unreachable:
            return "it can't be reached";
        case net::HttpError::Rule::slow:
            return "it takes too long; what was sent may have been taken";
        case net::HttpError::Rule::malformed:
            return "what it answers is no JSON-RPC";
        case net::HttpError::Rule::too_long:
            return "its answer is too long";
        case net::HttpError::Rule::refused:
            return "it refuses the request";
        case net::HttpError::Rule::tls:
            return "TLS refuses it";
    }
    return "it fails";
}

}  // namespace

std::span<const std::string_view> builder_methods() {
    return METHODS;
}

Forwarder::Forwarder(net::RpcHandler& inner, ForwarderOptions options)
    : inner_(inner), options_(std::move(options)) {
    if (!options_.builder) return;
    for (const ChainId chain_id : options_.chains) {
        auto url = *options_.builder;
        url.path += fmt::format("/{}", chain_id.number());
        callers_.try_emplace(chain_id, std::move(url),
                             net::RpcCallerOptions{.http = options_.http, .batch_calls = 1});
    }
    for (size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
}

Forwarder::~Forwarder() {
    stop();
    for (auto& thread : threads_) thread.join();
}

void Forwarder::stop() {
    std::deque<Waiting> refused;
    std::deque<Waiting> refused_long;
    {
        const std::scoped_lock lock{mutex_};
        is_stopped_ = true;
        refused.swap(waiting_);
        refused_long.swap(waiting_long_);
    }
    changed_.notify_all();
    for (auto* const all : {&refused, &refused_long})
        for (auto& waiting : *all) waiting.reply(std::unexpected{no_answer("this node ends")});
}

void Forwarder::batch_begins(ChainId chain_id, const simdjson::dom::array& calls) {
    inner_.batch_begins(chain_id, calls);
}

void Forwarder::closed(const net::Subscriber& subscriber) {
    inner_.closed(subscriber);
}

void Forwarder::call(const net::RpcCall& call, net::Reply reply) {
    if (is_of_builders_news(call)) return reply(std::unexpected{no_news(call.method)});
    if (!std::ranges::binary_search(METHODS, call.method))
        return inner_.call(call, std::move(reply));
    if (!callers_.contains(call.chain_id)) return reply(std::unexpected{no_builder(call.method)});
    Waiting waiting{call.chain_id,
                    {std::string{call.method}, call.params ? simdjson::minify(*call.params) : "[]"},
                    std::move(reply),
                    is_long(call.method)};
    {
        const std::scoped_lock lock{mutex_};
        auto& queue = waiting.is_long ? waiting_long_ : waiting_;
        if (!is_stopped_ && queue.size() < options_.max_waiting) {
            queue.push_back(std::move(waiting));
            changed_.notify_one();
            return;
        }
    }
    waiting.reply(std::unexpected{no_answer("too many calls wait for it")});
}

net::RpcResult Forwarder::ask(const Waiting& waiting) const {
    const auto replies = callers_.at(waiting.chain_id).call({&waiting.request, 1});
    if (!replies) return std::unexpected{no_answer(what_is_wrong(replies.error().rule))};
    const auto& reply = (*replies)[0];
    if (!reply) return std::unexpected{reply.error()};
    return simdjson::minify(*reply);
}

std::optional<Forwarder::Waiting> Forwarder::take() {
    const bool takes_long = waiting_.empty() && running_long_ < options_.max_long;
    auto& queue = takes_long ? waiting_long_ : waiting_;
    if (queue.empty()) return std::nullopt;
    std::optional<Waiting> taken{std::move(queue.front())};
    queue.pop_front();
    if (takes_long) ++running_long_;
    return taken;
}

void Forwarder::run() {
    for (;;) {
        std::unique_lock lock{mutex_};
        std::optional<Waiting> taken;
        changed_.wait(lock, [&] { return is_stopped_ || (taken = take()); });
        if (is_stopped_) return;
        auto& waiting = *taken;
        lock.unlock();
        net::RpcResult result;
        try {
            result = ask(waiting);
        } catch (const std::exception& error) {
            result = std::unexpected{
                RpcError{net::INTERNAL_ERROR, fmt::format("internal error: {}", error.what()), {}}};
        }
        if (waiting.is_long) {
            lock.lock();
            --running_long_;  // whoever waits for its place, this thread takes
            lock.unlock();
        }
        waiting.reply(std::move(result));
    }
}

}  // namespace scope::service
