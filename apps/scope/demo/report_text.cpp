#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "demo/report.hpp"
#include "terminal/tree.hpp"

namespace scope::demo {

using namespace terminal;

namespace {

/// "0x12345678…9abcdef0", so that two can be told apart.
std::string long_hex(BytesView bytes) {
    return to_hex(bytes.first(6)) + "…" + to_hex(bytes.last(4)).substr(2);
}

std::string heading(const Paint& paint, std::string_view text) {
    return "\n  " + paint.bold(text) + "\n";
}

// ---- the call tree

std::vector<Call> shown(const std::vector<builder::CallTree>& calls, const World& world) {
    std::vector<Call> all;
    all.reserve(calls.size());
    for (const auto& call : calls) {
        const auto& request = call.request;
        all.push_back(
            {.source = world.chain_name(request.source_chain_id),
             .target = world.chain_name(request.target_chain_id),
             .callee = fmt::format("{}.{}", world.label(request.target_chain_id, request.to),
                                   world.artifacts().function_name(request.data)),
             .answer = call.success ? world.artifacts().describe_output(request.data, call.output)
                                    : "failed: " + world.artifacts().describe_error(call.output),
             .value_wei = request.value,
             .gas_used = call.gas_used,
             .is_static = is_static(request),
             .kept = call.kept,
             .calls = shown(call.calls, world)});
    }
    return all;
}

void append_tree(std::string& out, const RootReport& root, const World& world, const Paint& paint) {
    const auto& result = root.result;
    out += heading(paint, tree_heading());
    const auto& rollup = root.story->rollup;
    const std::string what =
        fmt::format("{}  {}", world.chain_name(rollup.value_or(world.l1_id())),
                    rollup ? "the user's transaction" : "alice's account operation");
    const std::string answer = !result.success
                                   ? "failed: " + world.artifacts().describe_error(result.output)
                               : result.output.empty() ? "succeeded"
                               : result.output.size() == abi::WORD
                                   ? world.artifacts().describe_number(from_be(result.output))
                                   : short_hex(result.output);
    out += root_line(what, result.gas_used, answer) + draw_calls(shown(result.calls, world));
}

const builder::CallTree* find_call(const std::vector<builder::CallTree>& calls,
                                   const Hash& request_hash) {
    for (const auto& call : calls) {
        if (call.request_hash == request_hash) return &call;
        if (const auto* const inner = find_call(call.calls, request_hash)) return inner;
    }
    return nullptr;
}

/// Appends what each chain got for one root, item by item.
void append_loaded(std::string& out, const RootReport& root, const World& world,
                   const Paint& paint) {
    const auto& calls = root.result.calls;
    out += heading(paint, left("loaded before it ran", 24) + left("request", 16) + "call");
    for (const auto& [chain_id, section] : root.result.plan) {
        std::string name = world.chain_name(chain_id);
        const auto line = [&](const char* what, const Hash& request_hash, const char* fate) {
            const auto* const call = find_call(calls, request_hash);
            const auto asked =
                call == nullptr
                    ? std::string{}
                    : fmt::format("{} → {}  {}.{}", world.chain_name(call->request.source_chain_id),
                                  world.chain_name(call->request.target_chain_id),
                                  world.label(call->request.target_chain_id, call->request.to),
                                  world.artifacts().function_name(call->request.data));
            out += fmt::format("  {}{}{}{}{}\n", left(name, 4), left(what, 20),
                               left(short_hex(request_hash), 16), asked, fate);
            name.clear();
        };
        for (const auto& fill : section.fills) line("answer to read", fill.request_hash, "");
        for (const auto& record : section.records)
            line("call to serve", protocol::request_hash(record.request),
                 record.kept                 ? ""
                 : is_static(record.request) ? "  (static)"
                                             : "  (its caller rolled it back)");
    }
}

/// The same for several roots, counted.
void append_loaded_counts(std::string& out, const std::vector<RootReport>& roots,
                          const World& world, const Paint& paint) {
    out += heading(paint, left("loaded before they ran", 24) +
                              "answers to read   calls to serve   of these rolled back");
    for (const ChainId chain_id : world.chain_ids()) {
        size_t fills = 0;
        size_t records = 0;
        size_t rolled_back = 0;
        for (const auto& root : roots) {
            const auto found = root.result.plan.find(chain_id);
            if (found == root.result.plan.end()) continue;
            fills += found->second.fills.size();
            records += found->second.records.size();
            rolled_back += static_cast<size_t>(std::ranges::count_if(
                found->second.records,
                [](const auto& record) { return !record.kept && !is_static(record.request); }));
        }
        out += fmt::format("  {:<24}{:>15}{:>17}{:>23}\n", world.chain_name(chain_id), fills,
                           records, rolled_back);
    }
}

// ---- the scope

void append_pairs(std::string& out, const ScopeReport& scope, const World& world,
                  const Paint& paint) {
    out += heading(paint, left("rolling hashes", 24) + left("where it is asked", 26) + left("", 5) +
                              "where it is served");
    for (const auto& pair : scope.pairs) {
        const auto line = [&](const char* what, const Hash& here, const Hash& there) {
            out +=
                fmt::format("  {}{}  {}  {}\n",
                            left(fmt::format("{} {} → {}", what, world.chain_name(pair.source),
                                             world.chain_name(pair.target)),
                                 24),
                            left(long_hex(here), 26), paint.mark(here == there), long_hex(there));
        };
        line("requests ", pair.requests_out, pair.requests_in);
        line("responses", pair.responses_in, pair.responses_out);
    }
}

void append_heads(std::string& out, const ScopeReport& scope, const World& world,
                  const Paint& paint) {
    out += heading(paint, left("block hashes", 24) + left("before", 26) + left("after", 26) +
                              right("block", 6) + right("txs", 6) + right("gas", 12) +
                              right("batch bytes", 14));
    for (const auto& chain : scope.chains)
        out += fmt::format(
            "  {}{}{}{:>6}{:>6}{:>12}{:>14}\n", left(world.chain_name(chain.chain_id), 24),
            left(long_hex(chain.hash_before), 26), left(long_hex(chain.hash_after), 26),
            chain.block, chain.transactions, grouped(uint256{chain.gas_used}),
            chain.batch_bytes == 0 ? "" : grouped(uint256{chain.batch_bytes}));
}

std::string_view type_name(TxType type) {
    return type == TxType::blob ? "blob transaction" : "transaction";
}

void append_bundle(std::string& out, const ScopeReport& scope, const World& world,
                   const Paint& paint) {
    const auto& bundle = scope.bundle;
    out += heading(paint, "settled by one L1 transaction");
    out += fmt::format(
        "  {} (type {} {}) in L1 block {}: {} gas, {} blob{}, {} bytes of calldata\n",
        long_hex(bundle.transaction_hash), static_cast<int>(bundle.type), type_name(bundle.type),
        bundle.l1_block, grouped(uint256{bundle.gas_used}), bundle.blobs,
        bundle.blobs == 1 ? "" : "s", grouped(uint256{bundle.calldata_bytes}));
    if (!world.l1().is_own())
        out += fmt::format("  built {} time{} until it settled\n", scope.tries,
                           scope.tries == 1 ? "" : "s");
    const auto& t = scope.times;
    out += paint.dim(fmt::format("  ms: simulate {:.1f}, execute {:.1f}, assemble {:.1f}, blobs "
                                 "{:.1f}, prove {:.1f}, bundle {:.1f}, settle {:.1f}",
                                 t.simulate.count(), t.execute.count(), t.assemble.count(),
                                 t.blobs.count(), t.prove.count(), t.bundle.count(),
                                 scope.settle_ms)) +
           "\n";
}

void append_balances(std::string& out, const ScopeReport& scope, const World& world,
                     const Paint& paint) {
    out += heading(paint, left("balances that changed", 24) + left("chain", 8) + left("asset", 8) +
                              right("before", 20) + right("after", 20) + right("change", 20));
    for (size_t i = 0; i < scope.after.size(); ++i) {
        const auto& before = scope.before[i];
        const auto& after = scope.after[i];
        if (before.amount == after.amount) continue;
        out += fmt::format("  {}{}{}{}{}{}\n", left(after.who, 24),
                           left(world.chain_name(after.chain_id), 8), left(after.asset, 8),
                           right(amount(before.amount), 20), right(amount(after.amount), 20),
                           right(change(before.amount, after.amount), 20));
    }
}

void append_title(std::string& out, const Paint& paint, std::string_view title) {
    const size_t width = display_width(title);
    out += "\n" + paint.bold(title) + " ";
    for (size_t i = width + 1; i < COLUMNS; ++i) out += "─";
    out += "\n";
}

void append_text(std::string& out, std::string_view text) {
    for (const auto& line : wrap(text, COLUMNS - 4)) out += "  " + line + "\n";
}

}  // namespace

std::string describe_world(const World& world, Colour colour) {
    const Paint paint{colour};
    std::string out;
    append_title(out, paint, "SCOPE: contracts on three chains call each other in one transaction");
    const auto* const words = world.l1().words();
    append_text(
        out,
        (words == nullptr
             ? std::string{"In this process run an L1 and two rollups that settle on it"}
             : fmt::format("In this process run two rollups that settle on the L1 at {}{}",
                           words->authority,
                           words->client.empty() ? "" : fmt::format(" ({})", words->client))) +
            ", with real blocks and state roots. On each rollup stands a Uniswap V2 pool of USD "
            "and GOLD, two ERC-20 "
            "tokens that live on L1 and were bridged. A call from one chain to another is "
            "simulated on all of them, executed on each as its own transaction, and settled by "
            "one L1 transaction that accepts all of it or nothing. Below, 0.5e18 is half a "
            "token or half an ETH.");
    out += heading(paint, left("chain", 8) + left("id", 6) + left("rules", 8) + left("head", 26) +
                              "contracts");
    const auto& sites = world.sites();
    const auto chain = [&](ChainId chain_id, const std::string& contracts) {
        const auto [number, hash] = world.head_of(chain_id);
        out +=
            fmt::format("  {:<8}{:<6}{:<8}{} {}\n", world.chain_name(chain_id), chain_id, "Osaka",
                        left(fmt::format("{} {}", number, short_hex(hash)), 25), contracts);
    };
    chain(world.l1_id(), fmt::format("Settlement {}, ScopedCallable {}",
                                     short_hex(sites.settlement), short_hex(sites.l1_callable)));
    for (const auto& [chain_id, on] : sites.rollups)
        chain(chain_id, fmt::format("ScopedCallable {}, UniswapV2Pair {}",
                                    short_hex(rollup::PREDEPLOY), short_hex(on.pair)));
    out +=
        fmt::format("\n  Committee: {} members re-execute every batch, 2 signatures are needed.\n",
                    world.members().size());
    return out;
}

std::string describe_scope(const ScopeReport& scope, const World& world, Colour colour) {
    const Paint paint{colour};
    std::string out;
    const auto story = std::ranges::find(stories(), std::string_view{scope.name}, &Story::name);
    if (story != stories().end()) {
        append_title(out, paint, fmt::format("{}: {}", story->name, story->title));
        append_text(out, story->text);
        for (const auto& root : scope.roots) append_tree(out, root, world, paint);
    } else {
        append_title(out, paint,
                     fmt::format("{}: {} roots in one scope", scope.name, scope.roots.size()));
        append_text(out,
                    "The same stories once more, one after the other in one scope: each sees what "
                    "those before it did, and one L1 transaction settles them all.");
        for (const auto& root : scope.roots) {
            out += "\n  " +
                   paint.dim(fmt::format("root {}: {}", to_decimal(root.result.context.root_index),
                                         root.story->name));
            append_tree(out, root, world, paint);
        }
    }
    if (!scope.settled) {
        out += "\n  " + paint.red("NOT SETTLED: " + scope.failure) + "\n";
        return out;
    }
    if (scope.roots.size() == 1)
        append_loaded(out, scope.roots.front(), world, paint);
    else
        append_loaded_counts(out, scope.roots, world, paint);
    append_pairs(out, scope, world, paint);
    append_heads(out, scope, world, paint);
    append_bundle(out, scope, world, paint);
    append_balances(out, scope, world, paint);
    return out;
}

std::string describe_attacks(const std::vector<AttackReport>& attacks, const World& world,
                             Colour colour) {
    const Paint paint{colour};
    std::string out;
    if (!world.l1().is_own()) return "\n  attacks: not run on another's L1\n";
    append_title(out, paint, "attacks on the bundle of all five roots");
    append_text(out,
                "Each changes the real bundle before it settles (the last one: after), signs it as "
                "its builder could, and sends it to L1. Nothing of it may stand.");
    for (const auto& attack : attacks) {
        out +=
            fmt::format("\n  {} {}\n", paint.mark(attack.as_expected()), paint.bold(attack.kind));
        const auto line = [&](const char* name, std::string_view text) {
            if (text.empty()) return;
            bool is_first = true;
            for (const auto& part : wrap(text, COLUMNS - 18)) {
                out += fmt::format("    {}{}\n", left(is_first ? name : "", 12), part);
                is_first = false;
            }
        };
        line("lie", attack.what);
        line("attesters", attack.note);
        line(attack.reverted ? "reverted" : "OUTCOME", attack.reason);
        line("because of", attack.cause);
    }
    return out;
}

std::string describe_end(const Report& report, const World& world, Colour colour) {
    const Paint paint{colour};
    std::string out;
    if (report.follower.ran) {
        append_title(out, paint, "a follower that was given only the L1");
        append_text(out, fmt::format("It read {} settled batches from L1's blocks and blobs, from "
                                     "genesis on, and executed them on empty chains of its own.",
                                     report.follower.batches));
        if (!report.follower.failure.empty())
            out += "  " + paint.red(report.follower.failure) + "\n";
        out +=
            heading(paint, left("chain", 8) + left("block", 8) + left("head of the builder", 26) +
                               left("", 5) + "head of the follower");
        for (const auto& chain : report.follower.chains)
            out += fmt::format("  {:<8}{:<8}{}  {}  {}\n", world.chain_name(chain.chain_id),
                               chain.number, left(long_hex(chain.head_hash), 26),
                               paint.mark(chain.head_hash == chain.follower_hash),
                               long_hex(chain.follower_hash));
    }
    append_title(out, paint, "outcome");
    for (const auto& check : report.checks.all())
        if (!check.held) out += fmt::format("  {} {}\n", paint.red("FAILED"), check.what);
    const auto summary =
        fmt::format("{} checks held, {} failed, in {:.1f} s", report.checks.passed(),
                    report.checks.failed(), report.total_ms / 1000);
    out += "  " + (report.checks.failed() == 0 ? paint.green(summary) : paint.red(summary)) + "\n";
    return out;
}

}  // namespace scope::demo
