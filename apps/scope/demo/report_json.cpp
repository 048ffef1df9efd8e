#include "demo/report.hpp"
#include "json/writer.hpp"

namespace scope::demo {

namespace {

using json::JsonWriter;

/// A number, or text if the word names no chain.
void write_chain(JsonWriter& json, std::string_view name, const uint256& word) {
    if (const auto chain_id = ChainId::from(word))
        json.member(name, chain_id->number());
    else
        json.member(name, word);
}

void write_call(JsonWriter& json, const builder::CallTree& call, const World& world) {
    const auto& request = call.request;
    json.begin_object();
    write_chain(json, "source", request.source_chain_id);
    write_chain(json, "target", request.target_chain_id);
    json.member("from", BytesView{request.from});
    json.member("from_name", world.label(request.source_chain_id, request.from));
    json.member("to", BytesView{request.to});
    json.member("to_name", world.label(request.target_chain_id, request.to));
    json.member("kind", std::string_view{is_static(request) ? "static" : "call"});
    json.member("function", world.artifacts().function_name(request.data));
    json.member("request_hash", BytesView{call.request_hash});
    json.member("value_wei", request.value);
    json.member("gas_limit", request.gas_limit[0]);
    json.member("gas_used", call.gas_used);
    json.member("success", call.success);
    json.member("kept", call.kept);
    json.member("output", BytesView{call.output});
    json.member("output_text",
                call.success
                    ? world.artifacts().describe_output(request.data, call.output, Detail::full)
                    : world.artifacts().describe_error(call.output, Detail::full));
    json.key("calls");
    json.begin_array();
    for (const auto& inner : call.calls) write_call(json, inner, world);
    json.end_array();
    json.end_object();
}

void write_filled(JsonWriter& json, const builder::Plan& plan) {
    json.begin_array();
    for (const auto& [chain_id, section] : plan) {
        uint64_t kept = 0;
        uint64_t looked = 0;
        for (const auto& record : section.records) {
            kept += record.kept ? 1 : 0;
            looked += is_static(record.request) ? 1 : 0;
        }
        json.begin_object();
        json.member("chain_id", chain_id.number());
        json.member("fills", uint64_t{section.fills.size()});
        json.member("records_kept", kept);
        json.member("records_static", looked);
        json.member("records_rolled_back", uint64_t{section.records.size()} - kept - looked);
        json.key("fill_requests");
        json.begin_array();
        for (const auto& fill : section.fills) json.value(BytesView{fill.request_hash});
        json.end_array();
        json.key("record_requests");
        json.begin_array();
        for (const auto& record : section.records)
            json.value(BytesView{protocol::request_hash(record.request)});
        json.end_array();
        json.end_object();
    }
    json.end_array();
}

void write_root(JsonWriter& json, const RootReport& root, bool settled, const World& world) {
    const auto& result = root.result;
    json.begin_object();
    json.member("name", root.story->name);
    json.member("title", root.story->title);
    json.member("origin_chain", root.story->origin_chain.number());
    json.member("settled", settled);
    json.member("success", result.success);
    json.member("root_id", BytesView{result.root_id});
    json.member("operation_hash", BytesView{result.context.operation_hash});
    json.member("root_index", result.context.root_index[0]);
    json.member("gas_used", result.gas_used);
    json.member("output", BytesView{result.output});
    json.member("call_count", uint64_t{builder::count_calls(result.calls)});
    json.key("calls");
    json.begin_array();
    for (const auto& call : result.calls) write_call(json, call, world);
    json.end_array();
    json.key("filled");
    write_filled(json, result.plan);
    json.end_object();
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

void write_scope(JsonWriter& json, const ScopeReport& scope) {
    json.begin_object();
    json.member("name", scope.name);
    json.member("settled", scope.settled);
    if (!scope.failure.empty()) json.member("failure", scope.failure);
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

    // One entry for each story: of the first scope that has it.
    json.key("roots");
    json.begin_array();
    std::vector<const Story*> told;
    for (const auto& scope : report.scopes) {
        for (const auto& root : scope.roots) {
            if (std::ranges::find(told, root.story) != told.end()) continue;
            told.push_back(root.story);
            write_root(json, root, scope.settled, world);
        }
    }
    json.end_array();

    json.key("pairs");
    json.begin_array();
    for (const auto& scope : report.scopes)
        for (const auto& pair : scope.pairs) write_pair(json, scope, pair);
    json.end_array();

    list("bundle", report.scopes, [&](const auto& scope) { write_bundle(json, scope); });
    list("scopes", report.scopes, [&](const auto& scope) { write_scope(json, scope); });
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
