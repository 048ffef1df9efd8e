#include <fmt/format.h>

#include "json/appender.hpp"
#include "rpc/created_access_list.hpp"
#include "rpc/errors.hpp"
#include "rpc/evaluation.hpp"
#include "rpc/fill.hpp"
#include "rpc/gas_estimate.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"

// eth_call and what tools ask before they send.

namespace scope::rpc {

namespace {

using json::Appender;

/// Returns a call's return data, or throws how it failed.
std::string result_of(const execution::Outcome& outcome) {
    if (outcome.succeeded()) return json::hex_json(outcome.output);
    if (outcome.status == evm::Status::revert) throw RpcFailure{reverted(outcome.output)};
    fail(SERVER_ERROR, std::string{status_text(outcome.status)});
}

/// Any call may be a root: one that meets ScopedCallable is run as one.
std::string eth_call(Request& request) {
    const auto args = request.params.transaction(0);
    Evaluation evaluation{request, request.params.block(1), request.params.state_overrides(2),
                          request.params.block_overrides(3)};
    const auto tx = evaluation.call_of(args);
    const Address from = args.from.value_or(Address{});
    const auto plain = evaluation.run(tx, from);
    if (plain.asked) return result_of(evaluation.run_as_root(tx, from).outcome);
    if (!plain.outcome)
        fail(SERVER_ERROR,
             fmt::format("err: {} (supplied gas {})",
                         evaluation.describe(plain.outcome.error(), tx, from), tx.gas_limit));
    return result_of(*plain.outcome);
}

std::string eth_estimate_gas(Request& request) {
    require_open(request);
    const auto args = request.params.transaction(0);
    Evaluation evaluation{request, request.params.block(1), request.params.state_overrides(2),
                          request.params.block_overrides(3)};
    return json::quantity_json(uint256{estimate_gas(evaluation, args)});
}

std::string eth_create_access_list(Request& request) {
    const auto args = request.params.transaction(0);
    Evaluation evaluation{request, request.params.block(1), request.params.state_overrides(2)};
    const auto created = create_access_list(evaluation, args);
    Appender out;
    out.begin_object();
    append_access_list(out.key("accessList"), created.list);
    if (!created.outcome.succeeded()) out.key("error").string(status_text(created.outcome.status));
    out.key("gasUsed").quantity(created.outcome.gas_used);
    out.end_object();
    return out.take();
}

std::string eth_fill_transaction(Request& request) {
    const auto tx = fill_transaction(request, request.params.transaction(0));
    Appender out;
    out.begin_object();
    out.key("raw").hex(encode(tx));
    append_filled(out.key("tx"), tx);
    out.end_object();
    return out.take();
}

constexpr Method METHODS[] = {
    {"eth_call", eth_call, "transaction block? stateOverrides? blockOverrides?"},
    {"eth_estimateGas", eth_estimate_gas, "transaction block? stateOverrides? blockOverrides?"},
    {"eth_createAccessList", eth_create_access_list, "transaction block? stateOverrides?"},
    {"eth_fillTransaction", eth_fill_transaction, "transaction"},
};

}  // namespace

std::span<const Method> call_methods() {
    return METHODS;
}

}  // namespace scope::rpc
