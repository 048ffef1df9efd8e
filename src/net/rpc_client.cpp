#include "net/rpc_client.hpp"

#include <fmt/format.h>

namespace scope::net {

namespace {

HttpUrl parsed(std::string_view url) {
    auto parts = parse_http_url(url);
    if (!parts) throw ClientError{fmt::format("{}: {}", url, parts.error())};
    return std::move(*parts);
}

}  // namespace

RpcClient::RpcClient(std::string_view url, std::chrono::seconds timeout)
    : url_(url),
      timeout_(timeout),
      caller_(std::make_unique<RpcCaller>(
          parsed(url),
          RpcCallerOptions{.http = {.timeout = timeout, .max_response = MAX_RESPONSE}})) {}

RpcResult RpcClient::call(std::string_view method, std::string_view params) const {
    const RpcRequest request{std::string{method}, std::string{params}};
    const auto replies = caller_->call({&request, 1});
    if (!replies) {
        const auto& error = replies.error();
        throw ClientError{error.rule == HttpError::Rule::slow
                              ? fmt::format("{}: no answer in {} s", url_, timeout_.count())
                              : fmt::format("{}: {}", url_, error.reason)};
    }
    const auto& reply = (*replies)[0];
    if (!reply) return std::unexpected{reply.error()};
    return simdjson::minify(*reply);
}

}  // namespace scope::net
