#pragma once

#include <simdjson.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "cli/command.hpp"
#include "net/rpc_client.hpp"

/// What the commands that talk to a running devnet have in common.
namespace scope::terminal {

inline constexpr std::string_view DEFAULT_URL = "http://127.0.0.1:8545";

/// Returns the name of an option as its value came: the environment's variable if that has it.
std::string option_name(const char* option, const char* variable, const std::string& value);

/// Adds --rpc-url, which is ETH_RPC_URL too.
void add_rpc_url(CLI::App& command, std::string& url);

/// The result of a call, with the document that it lives in.
class Answer {
  public:
    explicit Answer(std::string_view json);
    [[nodiscard]] simdjson::dom::element json() const noexcept { return root_; }
    [[nodiscard]] bool is_null() const { return root_.is_null(); }
    [[nodiscard]] std::string text() const;

  private:
    simdjson::dom::parser parser_;
    simdjson::dom::element root_;
};

/// A running devnet, at the port of one of its chains.
class Endpoint {
  public:
    /// @param timeout_s  The most that an answer may take, and no more than RpcClient::TIMEOUT.
    /// Throws cli::UsageError if the URL is none.
    explicit Endpoint(const std::string& url, uint64_t timeout_s = UINT64_MAX);

    /// Throws std::runtime_error with code and message if the node answers with an error, or doesn't.
    [[nodiscard]] Answer ask(std::string_view method, std::string_view params = "[]") const;
    /// Returns the error that the node answers instead.
    [[nodiscard]] net::RpcResult call(std::string_view method, std::string_view params) const;
    [[nodiscard]] const std::string& url() const noexcept { return client_.url(); }
    /// Returns "L1", or a rollup's id.
    [[nodiscard]] std::string chain_name(std::string_view chain_id) const;

  private:
    net::RpcClient client_;
    mutable std::optional<std::string> l1_;  // its id in decimal, once it was asked for
};

/// Returns the roots of what scope_traceScope answers, drawn.
std::string draw_scope(const Endpoint& endpoint, simdjson::dom::element scope);
/// Returns the human-readable form of an error: its message, and the calls up to there.
std::string draw_error(const Endpoint& endpoint, const net::RpcError& error);

}  // namespace scope::terminal
