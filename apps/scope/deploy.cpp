#include "deploy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/hex.hpp"
#include "crypto/sha256.hpp"
#include "deploy_app/create2_deployer.hpp"
#include "deploy_app/deployment.hpp"
#include "deploy_app/options.hpp"
#include "deploy_app/plan_file.hpp"
#include "devnet/published.hpp"
#include "json/json.hpp"
#include "keys/read_key.hpp"
#include "l1/rpc_l1_sender.hpp"
#include "l1/rpc_l1_source.hpp"
#include "terminal/rollup_at_l1.hpp"

namespace scope::app {

namespace {

using namespace deploy_app;
namespace fs = std::filesystem;

constexpr uint64_t GWEI = 1'000'000'000;

/// L1 as a deployment needs it.
struct L1 {
    std::shared_ptr<const l1::RpcEndpoint> endpoint;
    std::shared_ptr<const l1::RpcL1Source> source;
    L1Reader reader;
    std::shared_ptr<l1::L1Sender> sender;
    std::unique_ptr<l1::L1Account> account;
};

L1 open_l1(const Options& options, crypto::SignerPtr signer) {
    const auto url = net::parse_http_url(options.l1);
    if (!url) throw cli::UsageError{fmt::format("--l1: {}", url.error())};
    const auto endpoint = std::make_shared<const l1::RpcEndpoint>(*url);
    // anvil's blocks have the roots of transactions with their blobs: what is sent here has none.
    const auto source = std::make_shared<const l1::RpcL1Source>(endpoint);
    L1Reader reader{endpoint};
    const ChainId chain_id = reader.chain_id();
    auto sender = std::make_shared<l1::RpcL1Sender>(endpoint, source);
    auto account = std::make_unique<l1::L1Account>(
        endpoint, sender, chain_id, std::move(signer),
        l1::L1AccountOptions{.max_fee_per_gas = uint256{options.max_fee_gwei} * uint256{GWEI},
                             .confirmations = options.confirmations});
    return {endpoint, source, std::move(reader), std::move(sender), std::move(account)};
}

Beginning begin(const Options& options, const L1& l1) {
    const auto heads = l1.source->heads();
    if (!heads) throw std::runtime_error{to_string(heads.error())};
    const auto nonces = l1.account->nonces();
    if (!nonces) throw std::runtime_error{to_string(nonces.error())};
    if (nonces->pending != nonces->latest)
        throw std::runtime_error{
            fmt::format("{} has transactions that wait for a block on L1: a deployment begins "
                        "behind them",
                        to_hex(l1.account->address()))};
    auto spec =
        l1_spec_of(options.l1_fork.empty() ? "Osaka" : options.l1_fork, l1.reader.chain_id());
    if (options.l1_fork.empty())
        if (auto schedule = l1.reader.blob_schedule()) spec.blob_schedule = std::move(*schedule);
    return {.deployer = l1.account->address(),
            .first_nonce = nonces->latest,
            .l1_spec = std::move(spec),
            .first_block = heads->finalized,
            .timestamp_s = l1.reader.head_time_s(),
            .has_create2_deployer = !l1.reader.code(devnet::DETERMINISTIC_DEPLOYER).empty(),
            .has_multicall3 = !l1.reader.code(devnet::MULTICALL3).empty()};
}

/// Goes on with the plan in a file, which has to be the one that the options give.
Plan resume(const devnet::Artifacts& artifacts, const Wanted& wanted, const L1& l1,
            const fs::path& file) {
    const auto read = read_plan(json::read_file(file));
    if (!read) throw std::runtime_error{fmt::format("{}: {}", file.string(), read.error())};
    const auto refuse = [&](std::string_view what) {
        return std::runtime_error{
            fmt::format("{}: the deployment that has begun there {}; without this file a new one "
                        "begins",
                        file.string(), what)};
    };
    if (read->beginning.deployer != l1.account->address())
        throw refuse(fmt::format("is by {}", to_hex(read->beginning.deployer)));
    if (read->beginning.l1_spec.chain_id != l1.reader.chain_id())
        throw refuse(fmt::format("is on chain {}", read->beginning.l1_spec.chain_id));
    // A development network that began anew has the same chain id.
    const auto& first = read->beginning.first_block;
    if (const auto hash = l1.reader.block_hash(first.number); hash != first.hash)
        throw refuse(fmt::format("is on an L1 whose block {} is {}, and this one's is {}",
                                 first.number, to_hex(first.hash),
                                 hash ? to_hex(*hash) : "not there"));
    const auto nonces = l1.account->nonces();
    if (!nonces) throw std::runtime_error{to_string(nonces.error())};
    if (nonces->latest < read->beginning.first_nonce)
        throw refuse(fmt::format("began with its deployer's nonce {}, which is {} on this L1",
                                 read->beginning.first_nonce, nonces->latest));
    auto plan = make_plan(artifacts, wanted, read->beginning);
    if (plan.owner != read->owner || node::write_network_file(plan.file) != read->network)
        throw refuse("had other options, or contracts of another version");
    return plan;
}

/// Refuses a deployment for which the deployer lacks what its steps bring.
void require_money(const uint256& needed, const L1& l1) {
    const uint256 balance = l1.reader.balance(l1.account->address());
    if (balance < needed)
        throw std::runtime_error{fmt::format(
            "the deployer {} has {}; bonds and what --fund gives take {}, and gas comes beside",
            to_hex(l1.account->address()), terminal::ether(balance), terminal::ether(needed))};
}

uint256 left_to_bring(const std::vector<Step>& steps, const L1& l1) {
    uint256 needed;
    for (const auto& step : steps)
        if (!step.value.is_zero() && !step.is_done(l1.reader)) needed += step.value;
    return needed;
}

void require_words(const std::vector<Member>& members, size_t threshold) {
    const auto count = std::ranges::count_if(members, [](const auto& m) { return bool{m.word}; });
    if (static_cast<size_t>(count) < threshold)
        throw cli::UsageError{
            fmt::format("--attester: {} members have to sign the rollups' geneses, and {} can be "
                        "asked: by ADDRESS=URL#sha256:FINGERPRINT, or by --attester-key",
                        threshold, count)};
}

void tell_what_is_next(const fs::path& out, const Plan& plan) {
    fmt::print("\n{} says all that nodes need to know. What comes next:\n", out.string());
    if (plan.owner != plan.beginning.deployer)
        fmt::print("  {} accepts: acceptOwnership of the registry {} and of the bridge {}\n",
                   to_hex(plan.owner), to_hex(plan.file.network.contracts.registry),
                   to_hex(plan.bridge));
    fmt::print("  start a node: scope node --config scope.toml, with network = \"{}\" in it\n",
               out.string());
}

void tell_what_is_proposed(const fs::path& out, const std::string& text, const Plan& plan) {
    fmt::print("{} says what the deployment comes to; nothing of it is sent. Its SHA-256:\n  {}\n",
               out.string(), to_hex(crypto::sha256(as_bytes(text))).substr(2));
    fmt::print(
        "Each member of the committee looks at it and starts its attester with it, and with\n"
        "  deployer = \"{}\"\n"
        "in its [attester]. Then the same command without --propose deploys it.\n",
        to_hex(plan.beginning.deployer));
}

DeploymentOptions limits_of(const Options& options) {
    return {.max_steps = options.steps,
            .timeout = std::chrono::seconds{options.timeout_s},
            .tell =
                [](const std::string& line) {
                    fmt::print("{}\n", line);
                    std::fflush(stdout);
                },
            .worry = [](const std::string& why) { cli::print_error(why + "\n"); }};
}

int tell_that_it_goes_on(const Options& options) {
    fmt::print("{} transactions were sent; the same command goes on\n", options.steps);
    return 0;
}

int run(const Options& options) {
    const fs::path out = options.out;
    const fs::path partial = plan_path(out);
    const bool has_begun = fs::exists(partial);
    if (!has_begun && fs::exists(out))
        throw cli::UsageError{fmt::format("--out: {} is there already", out.string())};
    auto signer = keys::read_key(options.key, options.password);
    if (!signer) throw cli::UsageError{"--key: " + signer.error()};
    auto members = members_of(options);
    const auto wanted = wanted_of(options, members, (*signer)->address());
    if (!options.propose) require_words(members, wanted.threshold);

    const auto artifacts = devnet::Artifacts::locate();
    const auto l1 = open_l1(options, std::move(*signer));
    auto limits = limits_of(options);
    if (!has_begun) {
        require_money(brought_by(wanted), l1);
        const auto sent = put_create2_deployer(l1.reader, *l1.account, *l1.sender, limits);
        if (!sent) return tell_that_it_goes_on(options);
        limits.max_steps -= *sent;
    }
    const auto plan = has_begun ? resume(artifacts, wanted, l1, partial)
                                : make_plan(artifacts, wanted, begin(options, l1));
    const auto network = node::write_network_file(plan.file);
    GenesisWords words{std::move(members), wanted.threshold};
    const auto steps = steps_of(plan, words);
    require_money(left_to_bring(steps, l1), l1);
    if (!has_begun) write_whole(partial, write_plan(plan));
    if (options.propose) {
        write_whole(out, network);
        tell_what_is_proposed(out, network, plan);
        return 0;
    }
    // Before anything is paid for.
    ask_for_words(plan, words, l1.reader);
    fmt::print("L1 {} at {}, deployer {}, its nonce {}\n", plan.beginning.l1_spec.chain_id,
               l1.endpoint->name(), to_hex(plan.beginning.deployer), plan.beginning.first_nonce);
    if (!deploy(steps, l1.reader, *l1.account, limits)) return tell_that_it_goes_on(options);
    write_whole(out, network);
    fs::remove(partial);
    tell_what_is_next(out, plan);
    return 0;
}

cli::Run declare_deploy(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    options->declare(command);
    command.footer(
        "Puts the contracts on L1, registers the rollups, and writes the network file that every "
        "node "
        "reads.\n"
        "Before the first transaction it writes its plan to NETWORK.partial. However it ends, the "
        "same "
        "command\n"
        "looks at what L1 has and goes on from there. It needs a bond of 1 ETH for each rollup, "
        "what "
        "--fund gives,\n"
        "and gas. Members of the committee sign the rollups' geneses: those whose keys are "
        "somebody "
        "else's are\n"
        "asked over HTTPS, once they have what --propose writes (docs/deploy.md).");
    return [options] { return run(*options); };
}

}  // namespace

const cli::Command deploy_command{
    "deploy", "put the contracts on an L1, register rollups, write the network file",
    declare_deploy};

}  // namespace scope::app
