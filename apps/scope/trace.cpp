#include "trace.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/printable.hpp"
#include "net/raw_json.hpp"
#include "terminal/sending.hpp"
#include "terminal/tree_json.hpp"

namespace scope::app {

namespace {

struct Options {
    std::string url;
    std::string hash;
    bool json = false;
};

int trace(const Options& options) {
    const terminal::Endpoint endpoint{options.url};
    std::string params = "[";
    net::append_json_string(params, options.hash);
    params += ']';
    const auto scope = endpoint.ask("scope_traceScope", params);
    if (!scope.is_null()) {
        fmt::print("{}", options.json ? scope.text() + "\n"
                                      : terminal::draw_scope(endpoint, scope.json()));
        return 0;
    }
    if (!options.hash.starts_with("0x")) {
        cli::print_error(fmt::format("scope: no scope {}\n", printable(options.hash)));
        return cli::kFailed;
    }
    const auto refusal = endpoint.ask("scope_getRefusal", params);
    if (refusal.is_null()) {
        cli::print_error(
            fmt::format("scope: {}: no root, scope or refused transaction\n", options.hash));
        return cli::kFailed;
    }
    if (options.json) {
        fmt::print("{}\n", refusal.text());
    } else if (const auto reason = printable(std::string_view{refusal.json()["reason"]});
               terminal::is_pending(refusal)) {
        fmt::print("waits: {}\n", reason);
    } else if (std::string_view{refusal.json()["rule"]} == "no_open_root") {
        fmt::print("failed: {}\n", reason);
    } else {
        fmt::print("refused: {}: {}\n\n  {}\n{}", std::string_view{refusal.json()["rule"]}, reason,
                   terminal::tree_heading(),
                   terminal::draw_calls_of(refusal.json()["calls"], [&](std::string_view id) {
                       return endpoint.chain_name(id);
                   }));
    }
    return 0;
}

cli::Run declare_trace(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command
        .add_option("hash", options->hash,
                    "Of a root, of an operation, or of the L1 transaction that settled a scope")
        ->required();
    terminal::add_rpc_url(command, options->url);
    command.add_flag("--json", options->json, "Print the document (docs/formats/scope-tree.md)");
    return [options] { return trace(*options); };
}

}  // namespace

const cli::Command trace_command{"trace", "draw the calls across chains of a root or a scope",
                                 declare_trace};

}  // namespace scope::app
