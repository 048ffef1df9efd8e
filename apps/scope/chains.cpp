#include "chains.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/uint256.hpp"
#include "terminal/endpoint.hpp"

namespace scope::app {

namespace {

std::string decimal(std::string_view quantity) {
    const auto number = uint256_from_text(quantity);
    return number ? to_decimal(*number) : std::string{quantity};
}

std::string block(simdjson::dom::element chain, const char* label) {
    return decimal(std::string_view{chain[label]["number"]});
}

cli::Run declare_chains(CLI::App& command) {
    const auto url = std::make_shared<std::string>();
    terminal::add_rpc_url(command, *url);
    return [url] {
        const terminal::Endpoint endpoint{*url};
        const auto chains = endpoint.ask("scope_chains");
        fmt::print("{:<8}{:<10}{:>8}{:>8}{:>11}  {}\n", "chain", "kind", "latest", "safe",
                   "finalized", "hash of the latest block");
        for (const auto chain : chains.json())
            fmt::print("{:<8}{:<10}{:>8}{:>8}{:>11}  {}{}\n",
                       simdjson::minify(simdjson::dom::element{chain["chainId"]}),
                       std::string_view{chain["kind"]}, block(chain, "latest"),
                       block(chain, "safe"), block(chain, "finalized"),
                       std::string_view{chain["latest"]["hash"]},
                       bool{chain["patched"]} ? "  patched" : "");
        return 0;
    };
}

}  // namespace

const cli::Command chains_command{"chains", "list the chains of a running devnet", declare_chains};

}  // namespace scope::app
