#include "close.hpp"

#include <fmt/format.h>

#include <memory>

#include "protocol/registry.hpp"
#include "protocol/settlement.hpp"
#include "terminal/rollup_at_l1.hpp"

namespace scope::app {

namespace {

/// Throws std::runtime_error with the L1 block from which it may be closed, if that is later.
void require_idle(const terminal::RollupAtL1& at, const Address& registry) {
    const auto rollup =
        protocol::decode_rollup(at.read(at.settlement(), protocol::get_rollup(at.chain_id())));
    const auto state =
        protocol::decode_rollup_state(at.read(registry, protocol::state_of(at.chain_id())));
    if (!rollup || !state) return;  // L1 will say
    const uint256 next = terminal::quantity(at.l1().ask("eth_blockNumber").json()) + uint256{1u};
    const auto told = at.state();
    if (const simdjson::dom::element closes_at = told.json()["closesAt"]; !closes_at.is_null()) {
        if (const uint256 block = terminal::quantity(closes_at); next < block)
            throw std::runtime_error{fmt::format(
                "the closing of rollup {} has begun already; from L1 block {} on `scope close {}` "
                "finishes it, and the next is {}",
                at.chain_id(), to_decimal(block), at.chain_id(), to_decimal(next))};
        return;
    }
    const uint64_t last_seen =
        rollup->next_batch == 0 ? state->registered_at : rollup->l1_origin_number;
    const uint256 idle_at{last_seen + protocol::CLOSING_IDLE + 1};
    if (next < idle_at)
        throw std::runtime_error{fmt::format(
            "rollup {} settled too lately: its closing may begin from L1 block {} on, if no batch "
            "settles before, and the next is {}",
            at.chain_id(), to_decimal(idle_at), to_decimal(next))};
}

int run(const terminal::RollupOptions& options) {
    const terminal::RollupAtL1 at{options};
    at.require_open();
    const auto registry = at.read_address(at.settlement(), protocol::registry());
    require_idle(at, registry);
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
