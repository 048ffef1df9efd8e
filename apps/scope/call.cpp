#include "call.hpp"

#include <fmt/format.h>

#include <memory>

#include "terminal/endpoint.hpp"
#include "terminal/tree_json.hpp"
#include "terminal/typed_call.hpp"

namespace scope::app {

namespace {

struct Options {
    std::string url;
    terminal::TypedCall call;
    bool json = false;
};

/// Draws what scope_simulate answers; returns whether the call succeeded.
bool show(const terminal::Endpoint& endpoint, simdjson::dom::element result) {
    if (bool{result["refused"]}) {
        net::RpcError error{static_cast<int>(int64_t{result["code"]}),
                            std::string{std::string_view{result["message"]}},
                            {}};
        if (simdjson::dom::element data; result["data"].get(data) == simdjson::SUCCESS)
            error.data = simdjson::minify(data);
        cli::print_error(fmt::format("scope: {}\n", terminal::draw_error(endpoint, error)));
        return false;
    }
    fmt::print(
        "  {}\n{}\n{}\n", terminal::tree_heading(),
        terminal::draw_root(result, [&](std::string_view id) { return endpoint.chain_name(id); }),
        std::string_view{result["output"]});
    return bool{result["success"]};
}

cli::Run declare_call(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    options->call.declare(command);
    terminal::add_rpc_url(command, options->url);
    command.add_flag("--json", options->json, "Print the document (docs/formats/scope-tree.md)");
    return [options] {
        const auto transaction = options->call.json();
        const terminal::Endpoint endpoint{options->url};
        const auto result = endpoint.ask("scope_simulate", "[" + transaction + "]");
        if (options->json) {
            fmt::print("{}\n", result.text());
            return bool{result.json()["refused"]} ? cli::kFailed : 0;
        }
        return show(endpoint, result.json()) ? 0 : cli::kFailed;
    };
}

}  // namespace

const cli::Command call_command{
    "call", "simulate a call on a running devnet, and draw what it does across chains",
    declare_call};

}  // namespace scope::app
