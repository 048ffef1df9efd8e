#include "witnesstest.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/hex.hpp"
#include "fixture_command.hpp"
#include "ssz/stateless_input.hpp"
#include "witness/check.hpp"

namespace scope::app {

namespace {

using fixture::Json;
using witness::WitnessError;

/// What the tests say that a stateless validator answers: 41 bytes.
struct StatelessOutput {
    Hash new_payload_request_root;
    bool is_valid = false;
    uint64_t chain_id = 0;
};

StatelessOutput read_output(BytesView bytes) {
    if (bytes.size() != 41 || bytes[32] > 1)
        throw fixture::FormatError{"statelessOutputBytes: not a root, a flag and a chain id"};
    return {Hash::from(bytes.first(32)), bytes[32] == 1, ssz::read_u64(bytes.subspan(33))};
}

ssz::ExecutionWitness read_witness(Json json) {
    const auto list = [&](const char* key) {
        std::vector<Bytes> result;
        for (const Json item : fixture::array(fixture::field(json, key)))
            result.push_back(fixture::bytes(item));
        return result;
    };
    return {list("state"), list("codes"), list("headers")};
}

/// The file of a test that must be refused says which part of its witness is at fault.
bool is_fault_of(const std::string& name, WitnessError error) {
    if (name.find("witness_validation_headers") != std::string::npos)
        return error == WitnessError::malformed_header ||
               error == WitnessError::broken_header_chain || error == WitnessError::missing_parent;
    if (name.find("witness_validation_state") != std::string::npos)
        return error == WitnessError::missing_node || error == WitnessError::malformed_node;
    return error == WitnessError::missing_code;
}

void run_block(const std::string& file, const std::string& name, Json block, bool is_minimal,
               TestReport& report) {
    const auto input =
        ssz::decode_stateless_input(fixture::bytes(fixture::field(block, "statelessInputBytes")));
    const StatelessOutput output =
        read_output(fixture::bytes(fixture::field(block, "statelessOutputBytes")));
    const auto fail = [&](const std::string& problem) { report.fail(file, name, problem); };
    if (!input) return fail(fmt::format("stateless input: {}", ssz::to_string(input.error())));
    if (input->witness != read_witness(fixture::field(block, "executionWitness")))
        return fail("the stateless input has another witness");
    if (input->chain_id != output.chain_id) return fail("another chain id");
    const Hash root = ssz::hash_tree_root(input->new_payload_request);
    if (root != output.new_payload_request_root)
        return fail(fmt::format("hash_tree_root {}, expected {}", to_hex(root),
                                to_hex(output.new_payload_request_root)));

    const auto use = witness::check_witness(*input);
    if (output.is_valid) {
        if (!use) return fail(fmt::format("refused: {}", witness::to_string(use.error())));
        if (is_minimal && (use->unused_nodes != 0 || use->unknown_codes != 0))
            return fail(fmt::format("{} nodes and {} codes that nothing leads to",
                                    use->unused_nodes, use->unknown_codes));
        return report.pass();
    }
    if (!use) {
        if (is_fault_of(name, use.error())) return report.pass();
        return fail(fmt::format("refused for {}", witness::to_string(use.error())));
    }
    report.skip(
        "a code or an ancestor is missing that only execution asks for (Amsterdam's rules)");
}

bool is_witness_test(Json test) {
    const auto blocks = fixture::optional_field(test, "blocks");
    Json first;
    return blocks && blocks->is_array() && blocks->at(0).get(first) == simdjson::SUCCESS &&
           fixture::optional_field(first, "statelessInputBytes");
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "witness test", fixture::HasForks::no);
    app.footer(
        "Each block counts. It passes if the stateless input is read, its hash_tree_root is as it\n"
        "says, and its witness is found to be good or not as it says: headers lead to the parent,\n"
        "nodes of the right hashes to every account and slot of the block access list and to the\n"
        "new state root, and codes are there that are needed in any case. A witness is skipped\n"
        "whose fault shows in execution only. Layout: EIP-8025 tests, version 0.3.3.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return [options] {
        return fixture::run_files(
            *options, "witness test", is_witness_test,
            [](const std::string& file, const std::string& name, Json test, TestReport& report) {
                // By their convention these say exactly what belongs into a witness.
                const bool is_minimal = name.find("::test_witness_") != std::string::npos;
                size_t index = 0;
                for (const Json block : fixture::array(fixture::field(test, "blocks")))
                    run_block(file, fmt::format("{} block {}", name, index++), block, is_minimal,
                              report);
            });
    };
}

}  // namespace

const Command witnesstest_command{
    "witnesstest", "Runs official witness tests: blocks for those who have no state", declare};

}  // namespace scope::app
