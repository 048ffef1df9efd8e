#include "terminal/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "builder/revert.hpp"
#include "terminal/tree_json.hpp"

namespace scope::terminal {

namespace {

net::RpcClient client_of(const std::string& url, uint64_t timeout_s) {
    const auto most = static_cast<uint64_t>(net::RpcClient::TIMEOUT.count());
    const std::chrono::seconds timeout{std::clamp<uint64_t>(timeout_s, 1, most)};
    try {
        return net::RpcClient{url, timeout};
    } catch (const net::ClientError& error) {
        throw cli::UsageError{fmt::format("{}: {}", option_name("--rpc-url", "ETH_RPC_URL", url),
                                          std::string_view{error.what()})};
    }
}

}  // namespace

std::string option_name(const char* option, const char* variable, const std::string& value) {
    const char* const set = std::getenv(variable);
    return set != nullptr && value == set ? variable : option;
}

void add_rpc_url(CLI::App& command, std::string& url) {
    url = DEFAULT_URL;
    command
        .add_option("-r,--rpc-url", url, "The port of a running devnet: of the chain that is meant")
        ->envname("ETH_RPC_URL")
        ->capture_default_str();
}

Answer::Answer(std::string_view json) {
    const simdjson::padded_string padded{json};
    root_ = parser_.parse(padded);
}

std::string Answer::text() const {
    std::string_view text;
    return root_.get(text) == simdjson::SUCCESS ? std::string{text} : simdjson::minify(root_);
}

Endpoint::Endpoint(const std::string& url, uint64_t timeout_s)
    : client_(client_of(url, timeout_s)) {}

net::RpcResult Endpoint::call(std::string_view method, std::string_view params) const {
    try {
        return client_.call(method, params);
    } catch (const net::ClientError& error) {
        throw std::runtime_error{fmt::format("{}: {}; is `scope devnet` running?",
                                             option_name("--rpc-url", "ETH_RPC_URL", client_.url()),
                                             std::string_view{error.what()})};
    }
}

Answer Endpoint::ask(std::string_view method, std::string_view params) const {
    const auto result = call(method, params);
    if (!result) throw std::runtime_error{draw_error(*this, result.error())};
    return Answer{*result};
}

std::string Endpoint::chain_name(std::string_view chain_id) const {
    if (!l1_) {
        const auto chains = ask("scope_chains");
        l1_ = std::string{};
        for (const auto chain : chains.json())
            if (std::string_view{chain["kind"]} == "l1")
                l1_ = fmt::to_string(uint64_t{chain["chainId"]});
    }
    return chain_id == *l1_ ? "L1" : std::string{chain_id};
}

std::string draw_scope(const Endpoint& endpoint, simdjson::dom::element scope) {
    std::string out =
        fmt::format("scope {}, settled in L1 block {} by {}\n\n  {}\n", uint64_t{scope["scope"]},
                    std::stoull(std::string{std::string_view{scope["blockNumber"]}}, nullptr, 16),
                    std::string_view{scope["transactionHash"]}, tree_heading());
    for (const auto root : scope["roots"])
        out += draw_root(root, [&](std::string_view id) { return endpoint.chain_name(id); });
    return out;
}

std::string draw_error(const Endpoint& endpoint, const net::RpcError& error) {
    const auto message = printable(error.message);
    if (error.data.empty()) return fmt::format("{} ({})", message, error.code);
    const Answer data{error.data};
    // Revert data, where the message has no reason.
    const auto revert = data.json().is_string() && !error.message.contains(": ")
                            ? from_hex(data.text())
                            : std::nullopt;
    const auto reason = revert ? ": " + builder::describe_revert(*revert) : "";
    std::string out = fmt::format("{}{} ({})", message, reason, error.code);
    simdjson::dom::array trace;
    if (data.json()["trace"].get(trace) == simdjson::SUCCESS && trace.size() != 0)
        out += fmt::format("\n\n  {}\n{}", tree_heading(),
                           draw_calls_of(data.json()["trace"], [&](std::string_view id) {
                               return endpoint.chain_name(id);
                           }));
    return out;
}

}  // namespace scope::terminal
