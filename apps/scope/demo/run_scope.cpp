#include "demo/run_scope.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "demo/l1_run.hpp"

namespace scope::demo {

namespace {

/// The streams of a chain toward a remote; empty ones if it has none.
protocol::RollingHashes streams_of(const World& world, const builder::Bundle& bundle,
                                   const L1Run& l1, ChainId chain, ChainId remote) {
    if (chain == world.l1_id()) {
        const auto found = l1.streams.find(remote);
        return found == l1.streams.end() ? protocol::empty_streams() : found->second;
    }
    for (const auto& part : bundle.parts) {
        if (part.chain_id != chain) continue;
        for (const auto& streams : part.public_inputs.remotes)
            if (streams.chain_id == uint256{remote}) return streams.hashes;
    }
    return protocol::empty_streams();
}

std::vector<PairReport> pairs_of(const World& world, const builder::Bundle& bundle,
                                 const L1Run& l1) {
    std::vector<PairReport> pairs;
    for (const ChainId source : world.chain_ids()) {
        for (const ChainId target : world.chain_ids()) {
            if (source == target) continue;
            const auto here = streams_of(world, bundle, l1, source, target);
            const auto there = streams_of(world, bundle, l1, target, source);
            const auto seed = protocol::rolling_hash_seed();
            if (here.requests_out == seed && there.requests_in == seed &&
                here.responses_in == seed && there.responses_out == seed)
                continue;
            pairs.push_back({source, target, here.requests_out, there.requests_in,
                             here.responses_in, there.responses_out});
        }
    }
    return pairs;
}

ChainReport step_to(const chain::StoredBlock& block, ChainId chain_id, const Hash& hash_before,
                    size_t batch_bytes) {
    return {.chain_id = chain_id,
            .hash_before = hash_before,
            .hash_after = block.hash,
            .block = block.header().number,
            .transactions = block.block.transactions.size(),
            .gas_used = block.header().gas_used,
            .batch_bytes = batch_bytes};
}

}  // namespace

ScopeReport run_scope(World& world, std::string name, std::span<const Story* const> stories,
                      Checks& checks,
                      const std::function<void(const builder::Bundle&)>& before_settling) {
    ScopeReport report;
    report.name = std::move(name);
    const auto fail = [&](std::string why) {
        report.failure = std::move(why);
        checks.expect(false, fmt::format("scope {}: {}", report.name, report.failure));
        return report;
    };
    report.before = world.balances();
    std::vector<Facts> facts_before;
    for (const auto* const story : stories) facts_before.push_back(story->read(world));

    const auto fill = [&](builder::ScopeBuilder& scope) -> Result<void, std::string> {
        report.roots.clear();
        for (const auto* const story : stories) {
            auto result = scope.add(story->make(world));
            if (!result)
                return std::unexpected{fmt::format("root {} was refused: {}", story->name,
                                                   result.error().to_string())};
            report.roots.push_back({story, std::move(*result)});
        }
        return {};
    };
    const auto look = [&](const builder::Bundle& bundle) -> Result<void, std::string> {
        const auto l1_run = run_on_l1(world, bundle.attributes, bundle.transaction);
        if (!l1_run) return std::unexpected{std::string{to_string(l1_run.error())}};
        report.pairs = pairs_of(world, bundle, *l1_run);
        if (before_settling) before_settling(bundle);
        return {};
    };
    const auto done = world.settle(fill, look);
    for (const auto& [story, result] : report.roots) {
        checks.expect(
            result.success,
            fmt::format("{}: the root succeeded", story->name) +
                (result.success ? "" : ": " + world.artifacts().describe_error(result.output)));
        checks.expect(builder::count_calls(result.calls) == story->calls,
                      fmt::format("{}: it took {} scoped calls", story->name, story->calls));
    }
    if (!done) return fail(done.error());
    const auto& [bundle, settled, times, settle_ms, tries] = *done;
    report.times = times;
    report.settle_ms = settle_ms;
    report.tries = tries;
    checks.expect(
        bundle.dissents.empty(),
        fmt::format("{}: every committee member arrived at the same batches", report.name));
    report.settled = checks.expect(settled.receipt.success,
                                   fmt::format("{}: one L1 transaction settled it", report.name));
    report.bundle = {.transaction_hash = hash(bundle.transaction),
                     .type = bundle.transaction.type,
                     .l1_block = settled.l1_block->header().number,
                     .gas_used = settled.gas_used,
                     .blobs = bundle.transaction.blob_versioned_hashes.size(),
                     .calldata_bytes = bundle.transaction.data.size()};
    const auto& l1_block = *settled.l1_block;
    report.chains.push_back(step_to(l1_block, world.l1_id(), l1_block.header().parent_hash, 0));
    for (const auto& part : bundle.parts) {
        const auto head = world.chain(part.chain_id).head();
        report.chains.push_back(step_to(*head, part.chain_id, part.public_inputs.parent_block_hash,
                                        part.batch_bytes.size()));
        const auto registered = protocol::decode_rollup(world.view(
            world.l1_id(), world.sites().settlement, protocol::get_rollup(part.chain_id)));
        checks.expect(registered && registered->last_block_hash == head->hash,
                      fmt::format("{}: L1 knows the head of {}", report.name,
                                  world.chain_name(part.chain_id)));
    }
    for (const auto& pair : report.pairs) {
        const auto names =
            fmt::format("{} -> {}", world.chain_name(pair.source), world.chain_name(pair.target));
        checks.expect(pair.requests_match(),
                      fmt::format("{}: requests of {} match", report.name, names));
        checks.expect(pair.responses_match(),
                      fmt::format("{}: responses of {} match", report.name, names));
    }
    for (size_t i = 0; i < stories.size(); ++i)
        stories[i]->verify(world, report.roots[i].result, facts_before[i], stories[i]->read(world),
                           checks);
    report.after = world.balances();
    return report;
}

}  // namespace scope::demo
