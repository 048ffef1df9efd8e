#include "close.hpp"

#include <fmt/format.h>

#include <memory>

#include "protocol/registry.hpp"
#include "terminal/rollup_at_l1.hpp"

namespace scope::app {

namespace {

int run(const terminal::RollupOptions& options) {
    const terminal::RollupAtL1 at{options};
    at.require_open();
    const auto registry = at.read_address(at.settlement(), protocol::registry());
    const auto receipt = at.transact(registry, protocol::close_rollup(at.chain_id()));
    const auto state = at.state();
    if (bool{state.json()["closed"]}) {
        fmt::print("rollup {} is closed for good; `scope exit {}` pays what is left there\n",
                   at.chain_id(), at.chain_id());
        return 0;
    }
    const auto now = terminal::quantity(receipt.json()["blockNumber"]);
    fmt::print(
        "L1 block {}: the closing of rollup {} has begun; from block {} on `scope close {}` "
        "finishes it, if no batch settles before\n",
        to_decimal(now), at.chain_id(), to_decimal(terminal::quantity(state.json()["closesAt"])),
        at.chain_id());
    return 0;
}

cli::Run declare_close(CLI::App& command) {
    const auto options = std::make_shared<terminal::RollupOptions>();
    options->declare(command);
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command close_command{
    "close", "close a rollup that has settled nothing for a week: begin it, or finish it",
    declare_close};

}  // namespace scope::app
