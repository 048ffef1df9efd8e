#include "rpc/fill.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "builder/price.hpp"
#include "execution/scope_rollup.hpp"
#include "rpc/errors.hpp"
#include "rpc/fees.hpp"
#include "rpc/gas_estimate.hpp"
#include "rpc/to_json.hpp"
#include "types/blob.hpp"

namespace scope::rpc {

namespace {

/// Refuses what geth's setDefaults does, in its words.
void require_sound(const TransactionArgs& args) {
    if (args.gas_price && (args.max_fee_per_gas || args.max_priority_fee_per_gas))
        fail(SERVER_ERROR, "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
    if (args.gas_price && args.authorization_list)
        fail(SERVER_ERROR, "both gasPrice and authorizationList specified");
    if (args.gas_price && args.gas_price->is_zero())
        fail(SERVER_ERROR, "gasPrice must be non-zero after london fork");
    if (args.max_fee_per_gas && args.max_priority_fee_per_gas && args.max_fee_per_gas->is_zero())
        fail(SERVER_ERROR, "maxFeePerGas must be non-zero");
    if (args.blobs) fail(SERVER_ERROR, R"("blobs" is not supported for this RPC method)");
    const size_t blobs = args.blob_versioned_hashes ? args.blob_versioned_hashes->size() : 1;
    if (blobs == 0) fail(SERVER_ERROR, "need at least 1 blob for a blob transaction");
    if (blobs > MAX_BLOBS_PER_TRANSACTION)
        fail(SERVER_ERROR, fmt::format("too many blobs in transaction (have={}, max={})", blobs,
                                       MAX_BLOBS_PER_TRANSACTION));
    if (args.to) return;
    if (args.blob_versioned_hashes) fail(SERVER_ERROR, R"(missing "to" in blob transaction)");
    if (!args.data || args.data->empty())
        fail(SERVER_ERROR, "contract creation without any data provided");
    if (args.authorization_list && !args.authorization_list->empty())
        fail(SERVER_ERROR,
             R"(authorizationList provided for contract creation, but "to" field is missing)");
}

/// Returns the arguments with the marker, if simulating meets ScopedCallable and the transaction is
/// no root; on L1 nothing but an operation can be one.
TransactionArgs with_marker(Evaluation& evaluation, TransactionArgs args, bool is_rollup) {
    // Its sender may not be able to pay all the gas that this may take.
    TransactionArgs unpaid = args;
    unpaid.gas_price.reset();
    unpaid.max_fee_per_gas.reset();
    unpaid.max_priority_fee_per_gas.reset();
    const Transaction tx = evaluation.call_of(unpaid);
    if (evaluation.is_root(tx)) return args;
    if (!evaluation.run(tx, args.from.value_or(Address{})).asked) return args;
    if (!is_rollup) evaluation.fail_asking();
    args.data = concat(tx.data, execution::ROOT_MARKER);
    return args;
}

uint64_t next_nonce(ChainView& chain, const Address& sender, uint64_t head_nonce) {
    const pool::TxPool* const pool = chain.pool();
    return pool == nullptr ? head_nonce : pool->next_nonce(sender, head_nonce);
}

/// Fills in maxFeePerGas, or checks it against the priority fee.
void fill_max_fee(TransactionArgs& args, const uint256& base_fee) {
    const uint256 tip = *args.max_priority_fee_per_gas;
    if (!args.max_fee_per_gas) args.max_fee_per_gas = tip + base_fee + base_fee;
    if (*args.max_fee_per_gas < tip)
        fail(SERVER_ERROR, fmt::format("maxFeePerGas ({}) < maxPriorityFeePerGas ({})",
                                       to_decimal(*args.max_fee_per_gas), to_decimal(tip)));
}

/// Returns the priority fee by which a root pays what the builder asks, and an eighth more, by which
/// L1's base fee may rise until then (EIP-1559); zero if it asks nothing.
uint256 asked_tip(Evaluation& evaluation, const TransactionArgs& args) {
    const Transaction tx = evaluation.call_of(args);
    if (!evaluation.is_root(tx)) return {};
    const auto result = evaluation.run_as_root(tx, args.from.value_or(Address{}));
    const uint256 asked = result.asked_wei + result.asked_wei / uint256{8u};
    return builder::priority_fee_for(asked, result.outcome.gas_used);
}

}  // namespace

void require_open(const Request& request) {
    const auto* const follower = request.network.follower();
    const auto* const rollup = follower == nullptr ? nullptr : follower->rollup(request.chain_id);
    if (rollup != nullptr && rollup->closed_at) throw RpcFailure{closed_for_good(request.chain_id)};
}

Transaction fill_transaction(Request& request, const TransactionArgs& given) {
    require_open(request);
    require_sound(given);
    Evaluation evaluation{request, BlockTag{}};
    const Address from = given.from.value_or(Address{});
    TransactionArgs args = with_marker(evaluation, given, request.chain.is_rollup());
    const uint256 base_fee = reckoned_base_fee(request.chain);
    const bool has_tip = args.gas_price || args.max_priority_fee_per_gas;
    if (!has_tip) {
        args.max_priority_fee_per_gas = suggested_tip(request.chain);
        if (args.max_fee_per_gas)
            args.max_priority_fee_per_gas =
                std::min(*args.max_priority_fee_per_gas, *args.max_fee_per_gas);
    }
    if (!args.gas_price) fill_max_fee(args, base_fee);
    if (args.blob_versioned_hashes && !args.max_fee_per_blob_gas)
        args.max_fee_per_blob_gas = evaluation.environment().block.blob_base_fee * uint256{2u};
    if (!args.nonce) args.nonce = next_nonce(request.chain, from, evaluation.state().nonce(from));
    if (!args.gas) args.gas = estimate_gas(evaluation, args);
    if (!has_tip) {
        const uint256 asked = asked_tip(evaluation, args);
        if (asked > *args.max_priority_fee_per_gas) {
            args.max_priority_fee_per_gas = asked;
            args.max_fee_per_gas = given.max_fee_per_gas;
            fill_max_fee(args, base_fee);
        }
    }
    return transaction_of(args, request.chain_id);
}

void append_filled(json::Appender& out, const Transaction& tx) {
    const bool has_price = tx.type == TxType::legacy || tx.type == TxType::access_list;
    out.begin_object();
    out.key("type").quantity(static_cast<uint64_t>(tx.type));
    out.key("nonce").quantity(tx.nonce);
    if (out.key("to"); tx.to)
        out.hex(*tx.to);
    else
        out.null();
    out.key("gas").quantity(tx.gas_limit);
    if (out.key("gasPrice"); has_price)
        out.quantity(tx.max_fee_per_gas);
    else
        out.null();
    for (const auto& [name, fee] : {std::pair{"maxPriorityFeePerGas", tx.max_priority_fee_per_gas},
                                    std::pair{"maxFeePerGas", tx.max_fee_per_gas}}) {
        if (out.key(name); has_price)
            out.null();
        else
            out.quantity(fee);
    }
    if (tx.type == TxType::blob) out.key("maxFeePerBlobGas").quantity(tx.max_fee_per_blob_gas);
    out.key("value").quantity(tx.value);
    out.key("input").hex(tx.data);
    append_typed_members(out, tx);
    out.key("hash").hex(hash(tx));
    out.end_object();
}

}  // namespace scope::rpc
