#include "json/appender.hpp"
#include "rpc/errors.hpp"
#include "rpc/service.hpp"
#include "rpc/simulator.hpp"
#include "rpc/to_json.hpp"

// eth_simulateV1.

namespace scope::rpc {

namespace {

using json::Appender;

constexpr int VM_ERROR = -32015;

void append_log(Appender& out, const IndexedLog& indexed, const chain::StoredBlock& block,
                size_t index) {
    out.begin_object();
    out.key("address").hex(indexed.log.address);
    out.key("topics").begin_array();
    for (const Hash& topic : indexed.log.topics) out.hex(topic);
    out.end_array();
    out.key("data").hex(indexed.log.data);
    out.key("blockNumber").quantity(block.header().number);
    out.key("transactionHash").hex(block.transaction_hashes[index]);
    out.key("transactionIndex").quantity(index);
    out.key("blockHash").hex(block.hash);
    out.key("blockTimestamp").quantity(block.header().timestamp_s);
    out.key("logIndex").quantity(indexed.index);
    out.key("removed").boolean(false);
    out.end_object();
}

void append_error(Appender& out, const SimulatedCall& call) {
    const auto& outcome = call.outcome;
    out.begin_object();
    if (outcome.status == evm::Status::revert) {
        const auto error = reverted(outcome.output);
        out.key("message").string(error.message);
        out.key("code").raw(std::to_string(error.code));
        out.key("data").hex(outcome.output);
    } else {
        std::string message{status_text(outcome.status)};
        if (call.gas_capped)
            message += " (gas limit was capped by the RPC server's global gas cap)";
        out.key("message").string(message);
        out.key("code").raw(std::to_string(VM_ERROR));
    }
    out.end_object();
}

void append_call(Appender& out, const SimulatedCall& call, const chain::StoredBlock& block,
                 size_t index) {
    const auto& outcome = call.outcome;
    out.begin_object();
    out.key("returnData").hex(outcome.succeeded() ? BytesView{outcome.output} : BytesView{});
    out.key("logs").begin_array();
    for (const auto& log : call.logs) append_log(out, log, block, index);
    out.end_array();
    out.key("gasUsed").quantity(outcome.gas_used);
    out.key("maxUsedGas").quantity(std::max(outcome.gas_used, outcome.gas_taken));
    out.key("status").quantity(uint64_t{outcome.succeeded()});
    if (!outcome.succeeded()) append_error(out.key("error"), call);
    out.end_object();
}

std::string simulate(Request& request) {
    auto options = request.params.get(0, read_simulate_options);
    const auto form = options.full_transactions ? Transactions::full : Transactions::hashes;
    const auto results = simulate_blocks(request, request.params.block(1), std::move(options));
    Appender out;
    out.begin_array();
    for (const auto& result : results) {
        out.begin_object();
        append_block_members(out, result.block, form);
        out.key("calls").begin_array();
        for (size_t i = 0; i < result.calls.size(); ++i)
            append_call(out, result.calls[i], result.block, i);
        out.end_array();
        out.end_object();
    }
    out.end_array();
    return out.take();
}

constexpr Method METHODS[] = {{"eth_simulateV1", simulate, "options block?"}};

}  // namespace

std::span<const Method> simulate_methods() {
    return METHODS;
}

}  // namespace scope::rpc
