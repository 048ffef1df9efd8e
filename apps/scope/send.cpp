#include "send.hpp"

#include <fmt/format.h>

#include <memory>

#include "rpc/errors.hpp"
#include "terminal/sending.hpp"
#include "terminal/typed_call.hpp"

namespace scope::app {

namespace {

using terminal::Answer;
using terminal::Endpoint;
using terminal::Sent;

struct Options {
    std::string url;
    terminal::TypedCall call;
    uint64_t timeout_s = 60;
};

std::string one_param(std::string_view text) {
    return fmt::format(R"(["{}"])", text);
}

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

int run(Options options) {
    (void)options.call.json();  // tells what is wrong before anybody is asked
    const Endpoint endpoint{options.url, options.timeout_s};
    options.call.from = terminal::sender(endpoint, options.call.from);
    const auto sent = send(endpoint, options.call.json(), options.call.from);
    const auto receipt = terminal::wait_for(endpoint, sent, options.timeout_s);
    fmt::print("{} {}\n", sent.hash, terminal::succeeded(receipt) ? "succeeded" : "failed");
    const auto scope = endpoint.ask("scope_traceScope", one_param(sent.hash));
    if (!scope.is_null()) fmt::print("{}", terminal::draw_scope(endpoint, scope.json()));
    return terminal::succeeded(receipt) ? 0 : cli::kFailed;
}

cli::Run declare_send(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    options->call.declare(command);
    terminal::add_rpc_url(command, options->url);
    terminal::add_timeout(command, options->timeout_s);
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command send_command{
    "send", "send a transaction of a development account, and draw what it did across chains",
    declare_send};

}  // namespace scope::app
