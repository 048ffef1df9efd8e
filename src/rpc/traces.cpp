#include <fmt/format.h>

#include "base/hex.hpp"
#include "rpc/errors.hpp"
#include "rpc/evaluation.hpp"
#include "rpc/execution_witness.hpp"
#include "rpc/replay.hpp"
#include "rpc/service.hpp"
#include "rpc/trace_recorder.hpp"

// debug_trace*, debug_executionWitness.

namespace scope::rpc {

namespace {

using chain::StoredBlockPtr;
using json::Appender;

TraceOptions options_at(const Params& params, size_t index) {
    return params.find(index, read_trace_options).value_or(TraceOptions{});
}

StoredBlockPtr block_to_trace(Request& request, const BlockTag& tag) {
    if (tag.kind == BlockTag::Kind::pending)
        fail(SERVER_ERROR, "tracing on top of pending is not supported");
    if (auto block = find_block(request.chain, tag)) return block;
    fail(SERVER_ERROR, tag.kind == BlockTag::Kind::hash
                           ? fmt::format("block {} not found", to_hex(tag.hash))
                           : fmt::format("block #{} not found", tag.number));
}

std::string trace_transaction(Request& request) {
    const auto place = request.chain.chain().store().transaction(request.params.hash(0));
    if (!place) fail(SERVER_ERROR, "transaction not found");
    const auto recorder = make_recorder(options_at(request.params, 1));
    Replay replay{request.chain, place->block};
    replay.skip_to(place->index);
    Appender out;
    replay.trace_next(*recorder, out);
    return out.take();
}

std::string trace_block(Request& request, const BlockTag& tag) {
    const StoredBlockPtr block = block_to_trace(request, tag);
    const auto options = options_at(request.params, 1);
    Replay replay{request.chain, block};
    Appender out;
    out.begin_array();
    while (!replay.is_over()) {
        out.begin_object();
        out.key("txHash").hex(block->transaction_hashes[replay.next_index()]);
        replay.trace_next(*make_recorder(options), out.key("result"));
        out.end_object();
        if (out.size() > MAX_TRACE_BYTES)
            fail(SERVER_ERROR, "the trace is larger than a response may be");
    }
    out.end_array();
    return out.take();
}

std::string trace_block_by_number(Request& request) {
    return trace_block(request, request.params.get(0, read_block_number));
}

std::string trace_block_by_hash(Request& request) {
    return trace_block(request, BlockTag::of_hash(request.params.hash(0)));
}

/// What debug_traceCall's third parameter has beside the options of a trace.
struct CallOverrides {
    StateOverrides state;
    BlockOverrides block;
};
CallOverrides read_call_overrides(Json value) {
    CallOverrides overrides;
    for (const auto& [key, content] : read_object(value)) {
        const std::string_view name = key;
        if (content.is_null()) continue;
        if (name == "stateOverrides")
            overrides.state = read_member(name, content, read_state_overrides);
        if (name == "blockOverrides")
            overrides.block = read_member(name, content, read_block_overrides);
    }
    return overrides;
}

std::string trace_call(Request& request) {
    const auto args = request.params.transaction(0);
    const auto tag = request.params.block(1);
    block_to_trace(request, tag);
    auto overrides = request.params.find(2, read_call_overrides).value_or(CallOverrides{});
    const auto recorder = make_recorder(options_at(request.params, 2));
    Evaluation evaluation{request, tag, std::move(overrides.state), std::move(overrides.block)};
    const auto tx = evaluation.call_of(args);
    const auto outcome = evaluation.trace(tx, args.from.value_or(Address{}), *recorder);
    Appender out;
    recorder->write(out, outcome);
    return out.take();
}

std::string execution_witness(Request& request) {
    const auto block = block_to_trace(request, request.params.block(0));
    const auto& forced = request.chain.chain().spec().forced;
    if (forced && forced->has_changed(block->header().parent_hash))
        fail(PATCHED_CHAIN,
             "a test has changed the state that the block was built on: no witness leads "
             "from its parent's root to it");
    return witness_json(request.chain, block);
}

constexpr Method METHODS[] = {
    {"debug_traceTransaction", trace_transaction, "transactionHash options?"},
    {"debug_traceCall", trace_call, "transaction block? options?"},
    {"debug_traceBlockByNumber", trace_block_by_number, "block options?"},
    {"debug_traceBlockByHash", trace_block_by_hash, "blockHash options?"},
    {"debug_executionWitness", execution_witness, "block"},
};

}  // namespace

std::span<const Method> trace_methods() {
    return METHODS;
}

}  // namespace scope::rpc
