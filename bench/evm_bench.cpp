// ./scope bench evm: the interpreter, precompiles, hashes, blocks and state roots, alone or beside
// other EVMs. bench/README.md has the figures and says how to get them.

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "bench/suite.hpp"

int main(int argc, char** argv) {
    scope::bench::Options options;
    CLI::App app{"Measures the EVM and what surrounds it."};
    app.add_flag("--quick", options.quick, "fewer and shorter samples");
    app.add_flag("--json", options.json, "JSON instead of a table");
    app.add_option("--filter", options.filter, "only benchmarks whose name matches the expression");
    app.add_option("--peer", options.peers, "a shared library to compare with (bench/README.md)");
    app.add_flag("--once", options.once,
                 "run each program that the filter names once, and measure nothing");
    CLI11_PARSE(app, argc, argv);
    try {
        scope::bench::Suite suite{options};
        measure_programs(suite);
        if (options.once) return 0;
        measure_hashes(suite);
        measure_precompiles(suite);
        measure_blocks(suite);
        measure_state_roots(suite);
        measure_stored_blocks(suite);
        return suite.finish() ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "evm_bench: {}\n", error.what());
        return 1;
    }
}
