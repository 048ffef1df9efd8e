#include "demo/report.hpp"
#include "json/appender.hpp"
#include "json/writer.hpp"
#include "rpc/scope_tree.hpp"

namespace scope::demo {

namespace {

using json::JsonWriter;

/// Returns the names that the demonstration has for what a tree shows.
rpc::TreeNames names_in(const World& world) {
    const devnet::Artifacts& artifacts = world.artifacts();
    return {.account = [&](const uint256& chain_id,
                           const Address& account) { return world.label(chain_id, account); },
            .function = [&](BytesView data) { return artifacts.function_name(data); },
            .output =
                [&](BytesView data, BytesView output) {
                    return artifacts.describe_output(data, output, Detail::full);
                },
            .error = [&](BytesView data) { return artifacts.describe_error(data, Detail::full); }};
}

/// Returns a root with its tree as everybody has it (docs/formats/scope-tree.md), and its story.
std::string root_json(const RootReport& root, bool settled, const World& world) {
    json::Appender out;
    out.begin_object();
    out.key("name").string(root.story->name);
    out.key("title").string(root.story->title);
    out.key("settled").boolean(settled);
    rpc::append_root_members(out, root.result, names_in(world));
    out.end_object();
    return out.take();
}

void write_pair(JsonWriter& json, const ScopeReport& scope, const PairReport& pair) {
    json.begin_object();
    json.member("scope", scope.name);
    json.member("source", pair.source.number());
    json.member("target", pair.target.number());
    json.member("requests_match", pair.requests_match());
    json.member("responses_match", pair.responses_match());
    json.member("requests_out", BytesView{pair.requests_out});
    json.member("requests_in", BytesView{pair.requests_in});
    json.member("responses_in", BytesView{pair.responses_in});
    json.member("responses_out", BytesView{pair.responses_out});
    json.end_object();
}

void write_bundle(JsonWriter& json, const ScopeReport& scope) {
    const auto& bundle = scope.bundle;
    json.begin_object();
    json.member("scope", scope.name);
    json.member("transaction_hash", BytesView{bundle.transaction_hash});
    json.member("tx_type", uint64_t{static_cast<uint8_t>(bundle.type)});
    json.member("l1_block", bundle.l1_block);
    json.member("gas_used", bundle.gas_used);
    json.member("blobs", uint64_t{bundle.blobs});
    json.member("calldata_bytes", uint64_t{bundle.calldata_bytes});
    json.end_object();
}

void write_times(JsonWriter& json, const builder::StepTimes& times, double settle_ms) {
    json.begin_object();
    json.member("simulate", times.simulate.count());
    json.member("execute", times.execute.count());
    json.member("assemble", times.assemble.count());
    json.member("blobs", times.blobs.count());
    json.member("prove", times.prove.count());
    json.member("bundle", times.bundle.count());
    json.member("settle", settle_ms);
    json.end_object();
}

void write_scope(JsonWriter& json, const ScopeReport& scope, const World& world) {
    json.begin_object();
    json.member("name", scope.name);
    json.member("settled", scope.settled);
    if (!scope.failure.empty()) json.member("failure", scope.failure);
    if (!world.l1().is_own()) json.member("tries", uint64_t{scope.tries});
    json.key("roots");
    json.begin_array();
    for (const auto& root : scope.roots) json.value(root.story->name);
    json.end_array();
    json.key("chains");
    json.begin_array();
    for (const auto& chain : scope.chains) {
        json.begin_object();
        json.member("chain_id", chain.chain_id.number());
        json.member("block", chain.block);
        json.member("block_hash_before", BytesView{chain.hash_before});
        json.member("block_hash_after", BytesView{chain.hash_after});
        json.member("transactions", uint64_t{chain.transactions});
        json.member("gas_used", chain.gas_used);
        json.member("batch_bytes", uint64_t{chain.batch_bytes});
        json.end_object();
    }
    json.end_array();
    json.key("balances");
    json.begin_array();
    for (size_t i = 0; i < scope.after.size(); ++i) {
        const auto& balance = scope.after[i];
        json.begin_object();
        json.member("who", balance.who);
        json.member("chain_id", balance.chain_id.number());
        json.member("asset", balance.asset);
        json.member("before", scope.before[i].amount);
        json.member("after", balance.amount);
        json.end_object();
    }
    json.end_array();
    json.key("timings_ms");
    write_times(json, scope.times, scope.settle_ms);
    json.end_object();
}

void write_attack(JsonWriter& json, const AttackReport& attack) {
    json.begin_object();
    json.member("kind", attack.kind);
    json.member("description", attack.what);
    json.member("reverted", attack.reverted);
    json.member("reason", attack.reason);
    json.member("expected", attack.expected);
    json.member("as_expected", attack.as_expected());
    if (!attack.cause.empty()) json.member("cause", attack.cause);
    if (!attack.note.empty()) json.member("note", attack.note);
    json.member("gas_used", attack.gas_used);
    json.end_object();
}

void write_follower(JsonWriter& json, const FollowerReport& follower) {
    json.begin_object();
    json.member("equal", follower.equal());
    if (!follower.failure.empty()) json.member("failure", follower.failure);
    json.member("batches", uint64_t{follower.batches});
    json.key("chains");
    json.begin_array();
    for (const auto& chain : follower.chains) {
        json.begin_object();
        json.member("chain_id", chain.chain_id.number());
        json.member("block", chain.number);
        json.member("head_hash", BytesView{chain.head_hash});
        json.member("follower_hash", BytesView{chain.follower_hash});
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

}  // namespace

std::string to_json(const Report& report, const World& world) {
    JsonWriter json;
    const auto list = [&](std::string_view name, const auto& items, const auto& write) {
        json.key(name);
        json.begin_array();
        for (const auto& item : items) write(item);
        json.end_array();
    };
    json.begin_object();
    json.member("version", uint64_t{2});
    if (const auto* const l1 = world.l1().words()) {
        json.key("l1");
        json.begin_object();
        json.member("url", l1->authority);
        json.member("client", l1->client);
        json.member("chain_id", world.l1_id().number());
        json.end_object();
    }

    // One entry for each story: of the first scope that has it.
    json.key("roots");
    json.begin_array();
    std::vector<const Story*> told;
    for (const auto& scope : report.scopes) {
        for (const auto& root : scope.roots) {
            if (std::ranges::find(told, root.story) != told.end()) continue;
            told.push_back(root.story);
            json.raw(root_json(root, scope.settled, world));
        }
    }
    json.end_array();

    json.key("pairs");
    json.begin_array();
    for (const auto& scope : report.scopes)
        for (const auto& pair : scope.pairs) write_pair(json, scope, pair);
    json.end_array();

    list("bundle", report.scopes, [&](const auto& scope) { write_bundle(json, scope); });
    list("scopes", report.scopes, [&](const auto& scope) { write_scope(json, scope, world); });
    list("attacks", report.attacks, [&](const auto& attack) { write_attack(json, attack); });
    json.key("follower");
    write_follower(json, report.follower);

    builder::StepTimes sum;
    double settle_ms = 0;
    for (const auto& scope : report.scopes) {
        sum.simulate += scope.times.simulate;
        sum.execute += scope.times.execute;
        sum.assemble += scope.times.assemble;
        sum.blobs += scope.times.blobs;
        sum.prove += scope.times.prove;
        sum.bundle += scope.times.bundle;
        settle_ms += scope.settle_ms;
    }
    json.key("timings_ms");
    json.begin_object();
    json.member("set_up", report.set_up_ms);
    json.member("simulate", sum.simulate.count());
    json.member("execute", sum.execute.count());
    json.member("assemble", sum.assemble.count());
    json.member("blobs", sum.blobs.count());
    json.member("prove", sum.prove.count());
    json.member("bundle", sum.bundle.count());
    json.member("settle", settle_ms);
    json.member("attacks", report.attacks_ms);
    json.member("follow", report.follow_ms);
    json.member("total", report.total_ms);
    json.end_object();

    json.key("checks");
    json.begin_object();
    json.member("passed", uint64_t{report.checks.passed()});
    json.member("failed", uint64_t{report.checks.failed()});
    list("failures", report.checks.all(), [&](const auto& check) {
        if (!check.held) json.value(check.what);
    });
    json.end_object();
    json.end_object();
    return json.finish();
}

}  // namespace scope::demo
