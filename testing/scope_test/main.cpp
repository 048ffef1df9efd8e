#include <array>

#include "cli/program.hpp"
#include "fixtures/basictest.hpp"
#include "fixtures/blockchaintest.hpp"
#include "fixtures/keytest.hpp"
#include "fixtures/rlptest.hpp"
#include "fixtures/rpctest.hpp"
#include "fixtures/statetest.hpp"
#include "fixtures/transactiontest.hpp"
#include "fixtures/trietest.hpp"
#include "fixtures/witnesstest.hpp"
#include "fuzz.hpp"

/// One subcommand, one row here and one file.
int main(int argc, char** argv) {
    using namespace scope::fixtures;
    const std::array commands{
        statetest_command,       blockchaintest_command, scope::scope_test::fuzz_command,
        transactiontest_command, witnesstest_command,    trietest_command,
        rlptest_command,         keytest_command,        basictest_command,
        rpctest_command,
    };
    return scope::cli::run(
        {.name = "scope-test",
         .description =
             "SCOPE's test equipment: Ethereum's official tests, and fuzzers.\n"
             "This is the binary; ./scope in the repository's root builds it and calls it.",
         .version = SCOPE_VERSION,
         .commands = commands},
        argc, argv);
}
