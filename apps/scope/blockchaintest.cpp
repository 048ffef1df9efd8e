#include "blockchaintest.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/hex.hpp"
#include "chain/chain.hpp"
#include "exception_names.hpp"
#include "fixture_command.hpp"
#include "fork_names.hpp"
#include "network.hpp"

namespace scope::app {

namespace {

using fixture::Json;

std::optional<chain::ChainSpec> read_spec(Json test, std::string_view network) {
    uint64_t chain_id = 1;
    std::optional<Json> schedule;
    if (const auto config = fixture::optional_field(test, "config")) {
        schedule = fixture::optional_field(*config, "blobSchedule");
        if (const auto id = fixture::optional_field(*config, "chainid"))
            chain_id = fixture::u64(*id);
    }
    return fixture::network_spec(network, chain_id, schedule);
}

chain::Genesis read_genesis(Json test, const BlockHeader& header) {
    chain::Genesis genesis;
    genesis.alloc = fixture::alloc(fixture::field(test, "pre"));
    genesis.timestamp_s = header.timestamp_s;
    genesis.gas_limit = header.gas_limit;
    genesis.coinbase = header.coinbase;
    genesis.prev_randao = header.prev_randao;
    genesis.difficulty = header.difficulty;
    genesis.nonce = header.nonce;
    genesis.extra_data = header.extra_data;
    genesis.number = header.number;
    genesis.parent_hash = header.parent_hash;
    genesis.base_fee_per_gas = header.base_fee_per_gas;
    genesis.excess_blob_gas = header.excess_blob_gas;
    genesis.blob_gas_used = header.blob_gas_used;
    genesis.parent_beacon_block_root = header.parent_beacon_block_root;
    return genesis;
}

/// What is wrong with what became of one block; nothing if it is as the test says.
std::optional<std::string> run_block(chain::Chain& chain, Json block) {
    const Bytes rlp = fixture::bytes(fixture::field(block, "rlp"));
    const auto imported = chain.import_bytes(rlp);
    const auto exception = fixture::optional_field(block, "expectException");
    if (!exception) {
        if (!imported) return fmt::format("refused: {}", chain::to_string(imported.error()));
        if (encode((*imported)->block) != rlp) return "written in another way than it was read";
        // There is no weight from Paris on: who imports says what is the head.
        if ((*imported)->header().difficulty.is_zero()) chain.set_head((*imported)->hash);
        return std::nullopt;
    }
    const std::string_view expected = *exception;
    if (imported) return fmt::format("accepted, expected {}", expected);
    if (!fixture::is_expected(expected, imported.error()))
        return fmt::format("refused for {}, expected {}", chain::to_string(imported.error()),
                           expected);
    return std::nullopt;
}

std::optional<std::string> run_chain(Json test, const chain::ChainSpec& spec) {
    const auto genesis = decode_block(fixture::bytes(fixture::field(test, "genesisRLP")));
    if (!genesis) return fmt::format("genesisRLP: {}", to_string(genesis.error()));
    chain::Chain chain{spec, read_genesis(test, genesis->header)};
    if (chain.head()->hash != hash(genesis->header)) return "another genesis block";

    simdjson::dom::array blocks;
    if (fixture::field(test, "blocks").get(blocks) != simdjson::SUCCESS)
        throw fixture::FormatError{"blocks: no list"};
    size_t index = 0;
    for (const Json block : blocks) {
        if (const auto problem = run_block(chain, block))
            return fmt::format("block {}: {}", index, *problem);
        ++index;
    }
    const Hash head = fixture::hash(fixture::field(test, "lastblockhash"));
    if (chain.head()->hash != head)
        return fmt::format("head {}, expected {}", to_hex(chain.head()->hash), to_hex(head));
    const Hash root = chain.head_state()->state_root();
    Hash expected = root;
    if (const auto post = fixture::optional_field(test, "postState"))
        expected = state::MemoryState{fixture::alloc(*post)}.state_root();
    else if (const auto post_hash = fixture::optional_field(test, "postStateHash"))
        expected = fixture::hash(*post_hash);
    if (root != expected)
        return fmt::format("state root {}, expected {}", to_hex(root), to_hex(expected));
    return std::nullopt;
}

bool is_blockchain_test(Json test) {
    return fixture::optional_field(test, "blocks") && fixture::optional_field(test, "genesisRLP");
}

void run_test(const fixture::Options& options, const std::string& file, const std::string& name,
              Json test, TestReport& report) {
    const std::string network{std::string_view{fixture::field(test, "network")}};
    if (!options.wants_fork(network)) return;
    const auto spec = read_spec(test, network);
    if (!spec) {
        report.skip(fmt::format("network {} is not known", network));
        return;
    }
    if (const auto problem = run_chain(test, *spec))
        report.fail(file, name, *problem);
    else
        report.pass();
}

/// UsageError for a name that no test has: a typing error, mostly.
void check_networks(const fixture::Options& options) {
    for (const auto& [option, names] :
         {std::pair{"--fork", &options.forks}, std::pair{"--not-fork", &options.not_forks}})
        for (const std::string& name : *names)
            if (!fixture::is_network(name))
                throw UsageError{fmt::format(
                    "{} {}: no such network; there are forks ({}), BPO1 to BPO4, and transitions "
                    "like CancunToPragueAtTime15k",
                    option, name, fixture::fork_names())};
}

Run declare(CLI::App& app) {
    auto options = std::make_shared<fixture::Options>();
    fixture::declare_options(app, *options, "blockchain test");
    app.footer(
        "A test passes if every block is accepted, or refused for the reason that it names,\n"
        "and head and state are at the end as it says.\n"
        "Exit code: 0 all passed, 1 something failed or nothing was found, 2 wrong usage.");
    return [options] {
        check_networks(*options);
        return fixture::run_files(
            *options, "blockchain test", is_blockchain_test,
            [&](const std::string& file, const std::string& name, Json test, TestReport& report) {
                run_test(*options, file, name, test, report);
            });
    };
}

}  // namespace

const Command blockchaintest_command{
    "blockchaintest", "Runs official block tests: chains of valid and invalid blocks", declare};

}  // namespace scope::app
