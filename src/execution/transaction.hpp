#pragma once

#include <optional>
#include <span>
#include <vector>

#include "execution/host.hpp"
#include "execution/tx_error.hpp"
#include "types/block.hpp"

namespace scope::execution {

/// The largest gas limit of a transaction from Osaka (EIP-7825).
inline constexpr uint64_t MAX_TRANSACTION_GAS =
    evm::rules_of(evm::Revision::osaka).max_transaction_gas;

/// Gas is counted in 63 bits, and no valid block has more.
inline constexpr uint64_t MAX_GAS = INT64_MAX;

/// The room that a block still has, and what it demands next.
struct Room {
    /// That transactions pay for. REQUIRES: at most MAX_GAS where a transaction is executed.
    uint64_t gas = UINT64_MAX;
    uint64_t blob_gas = UINT64_MAX;
    /// All gas, the rollup's own included (RollupHost): what is left of the batch's.
    uint64_t all_gas = UINT64_MAX;
    uint64_t log_bytes = UINT64_MAX;  ///< counted as log_bytes does
    /// On a rollup, whether the transaction directly before loaded a root (docs/protocol.md,
    /// section 12); nullopt: not known, and not checked.
    std::optional<bool> behind_load = std::nullopt;
};

/// The costs of a transaction before anything of it runs.
struct Costs {
    uint64_t intrinsic_gas = 0;
    uint64_t floor_gas = 0;  ///< least that is paid in the end (EIP-7623); 0 before Prague
    uint256 gas_price;       ///< effective, wei
    uint256 priority_fee;    ///< of it, the coinbase's part per gas, wei
    uint64_t blob_gas = 0;
};

/// The outcome of a transaction that stands in the block.
struct Outcome {
    evm::Status status = evm::Status::success;
    /// As paid: after refunds, at least the floor; 0 of a rollup's own transaction.
    uint64_t gas_used = 0;
    uint64_t gas_taken = 0;     ///< by execution, before refunds
    uint64_t gas_refunded = 0;  ///< of what execution took
    uint64_t blob_gas_used = 0;
    uint64_t rollup_gas_used = 0;    ///< that nobody paid: a rollup's own transaction, RollupHost
    Bytes output;                    ///< return data or revert data
    std::vector<Log> logs;           ///< none unless it succeeded
    std::optional<Address> created;  ///< the contract that a transaction without `to` made

    [[nodiscard]] bool succeeded() const noexcept { return status == evm::Status::success; }
};

/// The intrinsic gas (Yellow Paper, section 6.2: g0) and the floor of EIP-7623.
struct IntrinsicGas {
    uint64_t intrinsic = 0;
    uint64_t floor = 0;
};
IntrinsicGas intrinsic_gas(const Transaction& tx, evm::Revision revision);

/// Returns the wei that the sender pays for one gas (EIP-1559). REQUIRES: it offers @p base_fee.
uint256 effective_gas_price(const Transaction& tx, const std::optional<uint256>& base_fee);

/// Returns the signer, or the sender of a rollup's own transactions. Checks type, chain id,
/// signature.
Result<Address, TxError> sender_of(const Transaction& tx, const Environment& environment);

/// Returns the costs of @p tx if it may stand next in the block. The signature is checked by
/// sender_of.
Result<Costs, TxError> validate_transaction(const state::State& state,
                                            const Environment& environment, const Transaction& tx,
                                            const Address& sender, const Room& room = {});

/// Returns all rules for which validate_transaction would refuse it, if it were not for the others;
/// none if it may stand: for comparison with a test that names one of them.
TxErrors broken_rules(const state::State& state, const Environment& environment,
                      const Transaction& tx, const Address& sender, const Room& room = {});

/// Validates and executes a transaction; a refused one leaves the state as it was.
///
/// The host is the caller's, so that a simulation's sees every call. REQUIRES: no transaction open
/// in its state.
Result<Outcome, TxError> execute_transaction(Host& host, const Transaction& tx,
                                             const Address& sender, const Room& room = {});

// Parts of execute_transaction, for calls and for a rollup's own transactions as well.

/// Runs a transaction that may stand next, from paying for its gas to its end. A rollup's rule can
/// still undo it: then the state is as it was.
Result<Outcome, TxError> run_validated(Host& host, const Transaction& tx, const Address& sender,
                                       const Costs& costs, const Room& room);

/// Returns the message of a transaction's own frame. Borrows its data.
evm::Message frame_of(const Transaction& tx, const Address& sender, const Costs& costs);

/// Returns why a transaction whose frame has run can't stand in the block all the same, and has to
/// be undone; nullopt if it can.
std::optional<TxError> why_undone(Host& host, const Room& room);

/// Returns the outcome of a transaction from that of its frame, but for its logs.
/// @param authorization_refund  In gas, beside what its frames have earned.
Outcome outcome_of(const Host& host, const Transaction& tx, const Costs& costs,
                   evm::CallResult result, uint64_t authorization_refund = 0);

/// Returns what logs count for MAX_LOG_BYTES_PER_BLOCK: of each its address, topics and data.
uint64_t log_bytes(std::span<const Log> logs) noexcept;

/// Runs a message from SYSTEM_ADDRESS as EIP-4788 has it: 30'000'000 gas, nothing paid or counted.
evm::CallResult system_call(Host& host, const Address& target, BytesView input);

}  // namespace scope::execution
