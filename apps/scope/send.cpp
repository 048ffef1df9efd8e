#include "send.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <thread>

#include "rpc/errors.hpp"
#include "terminal/endpoint.hpp"
#include "terminal/typed_call.hpp"

namespace scope::app {

namespace {

using terminal::Answer;
using terminal::Endpoint;

struct Options {
    std::string url;
    terminal::TypedCall call;
    uint64_t timeout_s = 60;
};

std::string one_param(std::string_view text) {
    return fmt::format(R"(["{}"])", text);
}

/// What was sent, and the method that tells what became of it.
struct Sent {
    std::string hash;
    std::string_view receipt_method;
};

/// Sends an operation of L1, by the account of @p from: what it signs comes ready-made.
Sent send_operation(const Endpoint& endpoint, const std::string& transaction,
                    const std::string& from) {
    const auto prepared = endpoint.ask("scope_prepareOperation", "[" + transaction + "]").text();
    const auto signature =
        endpoint.ask("eth_signTypedData_v4", fmt::format(R"(["{}",{}])", from, prepared)).text();
    const auto hash =
        endpoint.ask("scope_sendOperation", fmt::format(R"([{},"{}"])", prepared, signature));
    return {hash.text(), "scope_getOperationReceipt"};
}

Sent send(const Endpoint& endpoint, const std::string& transaction, const std::string& from) {
    const auto sent = endpoint.call("eth_sendTransaction", "[" + transaction + "]");
    if (sent) return {Answer{*sent}.text(), "eth_getTransactionReceipt"};
    if (sent.error().code == rpc::NO_OPEN_ROOT) return send_operation(endpoint, transaction, from);
    throw std::runtime_error{terminal::draw_error(endpoint, sent.error())};
}

/// Waits until it stands in a block, or was refused.
Answer wait(const Endpoint& endpoint, const Sent& sent, std::chrono::seconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    for (;;) {
        auto receipt = endpoint.ask(sent.receipt_method, one_param(sent.hash));
        if (!receipt.is_null()) return receipt;
        const auto refusal = endpoint.ask("scope_getRefusal", one_param(sent.hash));
        if (!refusal.is_null())
            throw std::runtime_error{fmt::format("{} was refused: {}", sent.hash,
                                                 std::string_view{refusal.json()["reason"]})};
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error{
                fmt::format("{} stands in no block after {} s", sent.hash, most.count())};
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

bool succeeded(const Answer& receipt) {
    std::string_view status;
    if (receipt.json()["status"].get(status) == simdjson::SUCCESS) return status == "0x1";
    return bool{receipt.json()["success"]};
}

int run(Options options) {
    (void)options.call.json();  // tells what is wrong before anybody is asked
    const Endpoint endpoint{options.url};
    if (options.call.from.empty()) {
        const auto accounts = endpoint.ask("eth_accounts");
        if (simdjson::dom::array{accounts.json()}.size() == 0)
            throw cli::UsageError{"--from: the node has no accounts of its own"};
        options.call.from = std::string{std::string_view{accounts.json().at(0)}};
    }
    const auto sent = send(endpoint, options.call.json(), options.call.from);
    const auto receipt = wait(endpoint, sent, std::chrono::seconds{options.timeout_s});
    fmt::print("{} {}\n", sent.hash, succeeded(receipt) ? "succeeded" : "failed");
    const auto scope = endpoint.ask("scope_traceScope", one_param(sent.hash));
    if (!scope.is_null()) fmt::print("{}", terminal::draw_scope(endpoint, scope.json()));
    return succeeded(receipt) ? 0 : cli::kFailed;
}

cli::Run declare_send(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    options->call.declare(command);
    terminal::add_rpc_url(command, options->url);
    command.add_option("--timeout", options->timeout_s, "Seconds to wait for its block")
        ->check(cli::numbers(0, 86'400))
        ->capture_default_str();
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command send_command{
    "send", "send a transaction of a development account, and draw what it did across chains",
    declare_send};

}  // namespace scope::app
