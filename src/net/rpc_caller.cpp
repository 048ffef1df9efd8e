#include "net/rpc_caller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "net/raw_json.hpp"

namespace scope::net {

namespace {

using Json = simdjson::dom::element;
using Rule = HttpError::Rule;

/// The most of a text from outside that a message repeats.
constexpr size_t MAX_QUOTED = 200;

std::unexpected<HttpError> malformed(std::string reason) {
    return std::unexpected{HttpError{Rule::malformed, std::move(reason)}};
}

void append_request(std::string& out, const RpcRequest& request, size_t id) {
    out += fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":)", id);
    append_json_string(out, request.method);
    out += fmt::format(R"(,"params":{}}})", request.params);
}

std::string text_of(std::span<const RpcRequest> requests) {
    std::string text;
    if (requests.size() == 1) {
        append_request(text, requests[0], 0);
        return text;
    }
    for (size_t i = 0; i < requests.size(); ++i) {
        text += i == 0 ? '[' : ',';
        append_request(text, requests[i], i);
    }
    return text + ']';
}

RpcError error_of(Json error) {
    RpcError told;
    int64_t code = 0;
    std::string_view message;
    Json data;
    if (error["code"].get(code) == simdjson::SUCCESS) told.code = static_cast<int>(code);
    if (error["message"].get(message) == simdjson::SUCCESS) told.message = message;
    if (error["data"].get(data) == simdjson::SUCCESS) told.data = simdjson::minify(data);
    return told;
}

/// Returns a reply's content; nullopt if it is no reply.
std::optional<RpcReplies::Reply> reply_of(Json object) {
    Json result;
    Json error;
    const bool has_result = object["result"].get(result) == simdjson::SUCCESS;
    const bool has_error =
        object["error"].get(error) == simdjson::SUCCESS && !error.is_null();  // some send both
    if (has_error) {
        if (!error.is_object() || (has_result && !result.is_null())) return std::nullopt;
        return std::unexpected{error_of(error)};
    }
    if (!has_result) return std::nullopt;
    return result;
}

}  // namespace

RpcCaller::RpcCaller(HttpUrl url, RpcCallerOptions options)
    : options_(options), http_(std::move(url), options.http) {
    CHECK(options_.batch_calls > 0);
}

Result<RpcReplies, HttpError> RpcCaller::call(std::span<const RpcRequest> requests) const {
    RpcReplies replies;
    replies.replies_.reserve(requests.size());
    for (; !requests.empty();) {
        const size_t count = std::min(requests.size(), options_.batch_calls);
        TRY(call_batch(requests.first(count), replies));
        requests = requests.subspan(count);
    }
    return replies;
}

Result<void, HttpError> RpcCaller::call_batch(std::span<const RpcRequest> requests,
                                              RpcReplies& replies) const {
    round_trips_ += 1;
    calls_ += requests.size();
    const auto response = TRY(http_.post(text_of(requests)));
    if (response.status != 200)
        return std::unexpected{HttpError{
            Rule::refused, fmt::format("HTTP status {}: {}", response.status,
                                       std::string_view{response.body}.substr(0, MAX_QUOTED))}};
    auto& parser = *replies.parsers_.emplace_back(std::make_unique<simdjson::dom::parser>());
    Json root;
    if (parser.parse(response.body).get(root) != simdjson::SUCCESS)
        return malformed("the answer is no JSON");

    if (root.is_object()) {  // also what refuses a whole batch
        auto reply = reply_of(root);
        if (!reply || (requests.size() != 1 && reply->has_value()))
            return malformed("the answer is no reply of JSON-RPC");
        replies.replies_.insert(replies.replies_.end(), requests.size(), *reply);
        return {};
    }
    simdjson::dom::array array;
    if (root.get(array) != simdjson::SUCCESS) return malformed("the answer is no reply");
    std::vector<std::optional<RpcReplies::Reply>> found(requests.size());
    for (const Json object : array) {
        uint64_t id = 0;
        if (object["id"].get(id) != simdjson::SUCCESS || id >= found.size())
            return malformed("a reply to a call that was not made");
        if (found[id]) return malformed("two replies to one call");
        found[id] = reply_of(object);
        if (!found[id]) return malformed("a reply without result and error, or with both");
    }
    for (auto& reply : found) {
        if (!reply) return malformed("a call of a batch has no reply");
        replies.replies_.push_back(std::move(*reply));
    }
    return {};
}

}  // namespace scope::net
