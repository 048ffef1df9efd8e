#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "builder/call_tree.hpp"
#include "execution/environment.hpp"
#include "execution/tx_error.hpp"
#include "net/json_rpc.hpp"
#include "state/state.hpp"

// What methods answer in place of a result, beside the codes in net/json_rpc.hpp: docs/rpc-errors.md.

namespace scope::rpc {

// --- Our own codes: -39001 to -39099.

inline constexpr int UNKNOWN_CHAIN = -39001;   ///< a parameter names a chain that there isn't
inline constexpr int UNKNOWN_SCOPE = -39002;   ///< no scope has this number or hash
inline constexpr int NO_OPEN_ROOT = -39003;    ///< it makes scoped calls and is no root
inline constexpr int HISTORIC_BLOCK = -39004;  ///< scoped calls are simulated at the head alone
inline constexpr int NOT_SEALED = -39005;      ///< a root that kept its scope from sealing
inline constexpr int PATCHED_CHAIN = -39006;   ///< a chain that a test has changed by force
inline constexpr int NO_L1 = -39007;           ///< this node doesn't show L1: ask an L1 client
inline constexpr int NO_BUILDER = -39008;      ///< a builder answers this, and none is known here

/// The code of a root that is refused: one for each rule.
struct RefusalCode {
    builder::RefusalRule rule;
    int code;
};
inline constexpr auto REFUSAL_CODES = std::to_array<RefusalCode>({
    {builder::RefusalRule::unknown_chain, -39020},
    {builder::RefusalRule::transaction, -39021},
    {builder::RefusalRule::operation, -39022},
    {builder::RefusalRule::fault, -39023},
    {builder::RefusalRule::blob_hash, -39024},
    {builder::RefusalRule::transient_storage, -39025},
    {builder::RefusalRule::settlement_read, -39026},
    {builder::RefusalRule::submitter_balance, -39027},
    {builder::RefusalRule::coinbase_balance, -39028},
    {builder::RefusalRule::gas_budget, -39029},
    {builder::RefusalRule::underpaid, -39030},
    {builder::RefusalRule::too_deep, -39031},
    {builder::RefusalRule::execution_failed, -39032},
    {builder::RefusalRule::execution_differs, -39033},
    {builder::RefusalRule::streams_differ, -39034},
    {builder::RefusalRule::escrow, -39035},
    {builder::RefusalRule::scope_full, -39036},
});
constexpr bool has_all_rules_in_order() {
    size_t at = 0;
    for (const auto& [rule, code] : REFUSAL_CODES)
        if (static_cast<size_t>(rule) != at++) return false;
    return at == static_cast<size_t>(builder::RefusalRule::scope_full) + 1;
}
static_assert(has_all_rules_in_order());
constexpr int code_of(builder::RefusalRule rule) noexcept {
    return REFUSAL_CODES[static_cast<size_t>(rule)].code;
}

/// Returns the error of a root that is refused, or would be: with the rule, the reason, the revert
/// data of the call that failed last, and the calls up to there.
/// @param root  Hash of its transaction or operation; nullopt: it is not sent yet.
net::RpcError refused(ChainId chain_id, const builder::Refusal& refusal,
                      const std::optional<Hash>& root = std::nullopt);
/// Returns the error of a rollup's transaction that makes scoped calls and is no root: says what to
/// append.
net::RpcError no_open_root(ChainId chain_id);
/// Returns the error of a transaction of L1 that makes scoped calls, which only operations can.
net::RpcError no_open_root_on_l1(ChainId chain_id);
/// Returns why nothing can be sent to a rollup that L1 has closed for good.
std::string why_closed(ChainId chain_id);
/// Returns the error of what is sent there: that of a root of it.
net::RpcError closed_for_good(ChainId chain_id);
/// Returns the error of what is sent to a rollup that no node here serves: that of a root of it.
net::RpcError unserved(ChainId chain_id, std::string why);
/// Returns the error of a call that makes scoped calls elsewhere than at the head.
net::RpcError not_at_head(ChainId chain_id, std::string_view why);

// --- What Ethereum's clients say, in geth's words, which libraries look for.

/// Returns the error of what reverted: code 3, with the data, and the reason if they tell one.
net::RpcError reverted(BytesView revert_data);
/// Returns the text of Error(string), or what Panic(uint256) means; nullopt for other revert data.
std::optional<std::string> revert_reason(BytesView revert_data);
/// Returns how a frame ended. REQUIRES: not success.
std::string_view status_text(evm::Status status) noexcept;
/// Returns the rule of a transaction that can't stand.
std::string_view rule_text(execution::TxError error) noexcept;
/// Returns the rule, and the numbers that were compared.
std::string describe(execution::TxError error, const state::State& state,
                     const execution::Environment& environment, const Transaction& tx,
                     const Address& sender);
/// Returns the address in hex with the capitals of EIP-55.
std::string checksum_hex(const Address& address);

}  // namespace scope::rpc
