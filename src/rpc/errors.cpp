#include "rpc/errors.hpp"

#include <fmt/format.h>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "builder/error_text.hpp"
#include "crypto/keccak.hpp"
#include "execution/scope_rollup.hpp"
#include "execution/transaction.hpp"
#include "json/appender.hpp"
#include "pool/tx_pool.hpp"
#include "rpc/params.hpp"
#include "rpc/scope_tree.hpp"

namespace scope::rpc {

using builder::CallTree;
using execution::TxError;
using net::RpcError;

namespace {

/// Returns the call that failed last, the innermost if several did; null if none failed.
const CallTree* last_failed(const std::vector<CallTree>& calls) {
    for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
        if (const CallTree* const inside = last_failed(call->calls)) return inside;
        if (!call->success) return &*call;
    }
    return nullptr;
}

std::string data_with_marker(ChainId chain_id) {
    json::Appender data;
    data.begin_object();
    append_chain(data.key("chainId"), uint256{chain_id});
    data.key("marker").hex(execution::ROOT_MARKER);
    data.end_object();
    return data.take();
}

std::string data_of_chain(ChainId chain_id) {
    json::Appender data;
    data.begin_object();
    append_chain(data.key("chainId"), uint256{chain_id});
    data.end_object();
    return data.take();
}

/// What Solidity's Panic codes mean.
constexpr std::array<std::pair<uint64_t, std::string_view>, 10> PANICS{{
    {0x00, "generic panic"},
    {0x01, "assert(false)"},
    {0x11, "arithmetic underflow or overflow"},
    {0x12, "division or modulo by zero"},
    {0x21, "enum overflow"},
    {0x22, "invalid encoded storage byte array accessed"},
    {0x31, "out-of-bounds array access; popping on an empty array"},
    {0x32, "out-of-bounds access of an array or bytesN"},
    {0x41, "out of memory"},
    {0x51, "uninitialized function"},
}};

std::string panic_text(const uint256& code) {
    for (const auto& [number, text] : PANICS)
        if (code == uint256{number}) return std::string{text};
    return "unknown panic code: " + to_quantity(code);
}

uint256 funds_needed(const Transaction& tx) {
    return tx.max_fee_per_gas * uint256{tx.gas_limit} + tx.value +
           tx.max_fee_per_blob_gas * uint256{tx.blob_versioned_hashes.size() * GAS_PER_BLOB};
}

}  // namespace

RpcError refused(ChainId chain_id, const builder::Refusal& refusal,
                 const std::optional<Hash>& root) {
    const CallTree* const failed = last_failed(refusal.calls);
    json::Appender data;
    data.begin_object();
    append_chain(data.key("chainId"), uint256{chain_id});
    if (root) data.key("root").hex(*root);
    if (failed != nullptr) data.key("requestHash").hex(failed->request_hash);
    data.key("rule").string(builder::to_string(refusal.rule));
    data.key("reason").string(refusal.reason);
    if (failed != nullptr) {
        data.key("revertData").hex(failed->output);
        data.key("revertReason").string(builder::describe_revert(failed->output));
    }
    if (!refusal.sufficient_fee.is_zero())
        data.key("sufficientFee").quantity(refusal.sufficient_fee);
    append_calls(data.key("trace"), refusal.calls);
    data.end_object();
    std::string message =
        fmt::format("root refused: {}: {}", builder::to_string(refusal.rule), refusal.reason);
    if (!refusal.sufficient_fee.is_zero())
        message += fmt::format("; a fee of {} wei would do", to_decimal(refusal.sufficient_fee));
    return {code_of(refusal.rule), std::move(message), data.take()};
}

RpcError no_open_root(ChainId chain_id) {
    return {NO_OPEN_ROOT,
            fmt::format("NoOpenRoot: the transaction makes scoped calls and is no root: append the "
                        "marker {} to its data, or have its target declare itself an entry "
                        "(declareEntry)",
                        to_hex(execution::ROOT_MARKER)),
            data_with_marker(chain_id)};
}

RpcError no_open_root_on_l1(ChainId chain_id) {
    return {NO_OPEN_ROOT,
            "NoOpenRoot: a transaction of L1 can't make scoped calls, an account operation can: "
            "scope_prepareOperation({from, to, value, data}) makes it ready to sign, "
            "scope_sendOperation sends it",
            data_of_chain(chain_id)};
}

std::string why_closed(ChainId chain_id) {
    return fmt::format("rollup {} is closed for good: what it held leaves through L1's RollupExit",
                       chain_id);
}

RpcError closed_for_good(ChainId chain_id) {
    return {code_of(builder::RefusalRule::unknown_chain), why_closed(chain_id),
            data_of_chain(chain_id)};
}

RpcError unserved(ChainId chain_id, std::string why) {
    return {code_of(builder::RefusalRule::unknown_chain), std::move(why), data_of_chain(chain_id)};
}

RpcError not_at_head(ChainId chain_id, std::string_view why) {
    return {HISTORIC_BLOCK,
            fmt::format("scoped calls are simulated at the head only, on the blocks that come "
                        "next: {}",
                        why),
            data_of_chain(chain_id)};
}

RpcError reverted(BytesView revert_data) {
    const auto reason = revert_reason(revert_data);
    return {EXECUTION_REVERTED, reason ? "execution reverted: " + *reason : "execution reverted",
            json::hex_json(revert_data)};
}

std::optional<std::string> revert_reason(BytesView revert_data) {
    static const auto PANIC = abi::selector("Panic(uint256)");
    if (auto text = builder::error_text(revert_data)) return text;
    if (abi::has_selector(PANIC, revert_data) && revert_data.size() >= 4 + abi::WORD)
        return panic_text(from_be(revert_data.subspan(4, abi::WORD)));
    return std::nullopt;
}

std::string_view status_text(evm::Status status) noexcept {
    constexpr std::array<std::string_view, static_cast<size_t>(evm::Status::aborted) + 1> TEXTS{
        "",
        "execution reverted",
        "out of gas",
        "invalid opcode: INVALID",
        "invalid opcode: not defined",
        "stack underflow",
        "stack overflow",
        "invalid jump destination",
        "return data out of bounds",
        "write protection",
        "max call depth exceeded",
        "insufficient balance for transfer",
        "nonce uint64 overflow",
        "contract address collision",
        "max code size exceeded",
        "max initcode size exceeded",
        "invalid code: must not begin with 0xef",
        "precompile failed",
        "aborted",
    };
    return TEXTS[static_cast<size_t>(status)];
}

std::string_view rule_text(TxError error) noexcept {
    // geth's words for a call; the pool has others where geth's pool checks first.
    switch (error) {
        case TxError::chain_id_before_spurious_dragon:
            return "invalid chain id for signer";
        case TxError::invalid_signature:
        case TxError::high_s:
            return "invalid transaction v, r, s values";
        case TxError::no_blobs:
            return "blob transaction missing blob hashes";
        case TxError::too_many_blobs:
        case TxError::block_blob_gas_exceeded:
            return "blob transaction has too many blobs";
        case TxError::invalid_versioned_hash:
            return "blob has invalid hash version";
        case TxError::system_not_enabled:
        case TxError::system_wrong_target:
        case TxError::system_pays_or_sends:
        case TxError::system_failed:
        case TxError::aborted:
        case TxError::root_without_load:
        case TxError::load_without_root:
        case TxError::block_logs_exceeded:
        case TxError::block_size_exceeded:
            return to_string(error);  // a rollup's own rules, and a builder's
        default:
            return pool::message_of(error);
    }
}

std::string describe(TxError error, const state::State& state,
                     const execution::Environment& environment, const Transaction& tx,
                     const Address& sender) {
    const std::string rule{rule_text(error)};
    const std::string of = rule + ": address " + checksum_hex(sender);
    switch (error) {
        case TxError::nonce_too_low:
        case TxError::nonce_too_high:
            return fmt::format("{}, tx: {} state: {}", of, tx.nonce, state.nonce(sender));
        case TxError::nonce_is_max:
            return fmt::format("{}, nonce: {}", of, state.nonce(sender));
        case TxError::insufficient_funds:
            return fmt::format("{} have {} want {}", of, to_decimal(state.balance(sender)),
                               to_decimal(funds_needed(tx)));
        case TxError::gas_cost_overflow:
            return of + " required balance exceeds 256 bits";
        case TxError::fee_below_base_fee:
            return fmt::format("{}, maxFeePerGas: {}, baseFee: {}", of,
                               to_decimal(tx.max_fee_per_gas),
                               to_decimal(environment.block.base_fee));
        case TxError::priority_fee_above_max_fee:
            return fmt::format("{}, maxPriorityFeePerGas: {}, maxFeePerGas: {}", of,
                               to_decimal(tx.max_priority_fee_per_gas),
                               to_decimal(tx.max_fee_per_gas));
        case TxError::blob_fee_below_base_fee:
            return fmt::format("{} blobGasFeeCap: {}, blobBaseFee: {}", of,
                               to_decimal(tx.max_fee_per_blob_gas),
                               to_decimal(environment.block.blob_base_fee));
        case TxError::intrinsic_gas_too_low:
        case TxError::below_floor_gas: {
            const auto gas = execution::intrinsic_gas(tx, environment.revision);
            return fmt::format("{}: have {}, want {}", rule, tx.gas_limit,
                               error == TxError::below_floor_gas ? gas.floor : gas.intrinsic);
        }
        case TxError::sender_not_eoa:
            return fmt::format("{}, len(code): {}", of, state.code(sender)->bytes.size());
        case TxError::gas_limit_above_maximum:
            return fmt::format("{} (cap: {}, tx: {})", rule,
                               environment.rules().max_transaction_gas, tx.gas_limit);
        case TxError::init_code_too_large:
            return fmt::format("{}: code size {}, limit {}", rule, tx.data.size(),
                               environment.rules().max_init_code_size);
        case TxError::no_authorizations:
        case TxError::set_code_creates:
            return fmt::format("{} (sender {})", rule, checksum_hex(sender));
        default:
            return rule;
    }
}

std::string checksum_hex(const Address& address) {
    std::string text = to_hex(address);
    const Hash hash = crypto::keccak256(
        BytesView{reinterpret_cast<const uint8_t*>(text.data()) + 2, text.size() - 2});
    for (size_t i = 0; i + 2 < text.size(); ++i) {
        const uint8_t nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 0x0f;
        char& c = text[i + 2];
        if (nibble >= 8 && c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

}  // namespace scope::rpc
