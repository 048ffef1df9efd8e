#pragma once

#include <functional>
#include <vector>

#include "execution/call.hpp"
#include "execution/transaction.hpp"

namespace scope::execution {

/// A fault of a block's execution other than of its transactions.
enum class ExecutionError : uint8_t {
    system_contract_missing,  // EIP-7002, EIP-7251: no code
    system_contract_failed,   // EIP-7002, EIP-7251: the call did not succeed
    bad_deposit_event,        // EIP-6110: a log of the deposit contract that is laid out wrongly
};
std::string_view to_string(ExecutionError error) noexcept;

/// The inputs of a block beside transactions.
struct BlockInputs {
    std::optional<Hash> parent_hash;               ///< nullopt: EIP-2935's contract is not called
    std::optional<Hash> parent_beacon_block_root;  ///< Cancun
    std::vector<BlockHeader> ommers;               ///< before Paris
    std::optional<std::vector<Withdrawal>> withdrawals;  ///< Shanghai
    Address deposit_contract;                            ///< EIP-6110
    /// Left of all gas of a rollup's batch (Room).
    uint64_t all_gas = UINT64_MAX;
    std::optional<uint256> block_reward;  ///< wei; nullopt: the revision's
    /// Root of the state as it is, for receipts before Byzantium; not asked from there on.
    std::function<Hash(const state::State&)> intermediate_root;
};

/// The outcome of a block beside its state.
struct BlockOutcome {
    std::vector<Receipt> receipts;
    Bloom logs_bloom;
    uint64_t gas_used = 0;
    uint64_t blob_gas_used = 0;
    std::vector<Bytes> requests;        ///< EIP-7685: type byte and data, without empty ones
    std::optional<Hash> requests_hash;  ///< Prague
};

/// An executor of one block, step by step, which import, building and proving share.
///
/// begin, then any number of execute, then finish; between, checkpoint and rollback.
class BlockExecutor {
  public:
    /// @param state, environment  Must outlive it, and so must all that they refer to.
    BlockExecutor(state::State& state, const Environment& environment, BlockInputs inputs);

    /// Runs the system calls before the first transaction: EIP-4788, EIP-2935.
    void begin();

    /// Executes the next transaction. A refused one leaves no trace.
    /// @param host  What it runs on; null: a plain Host. REQUIRES: over the same state and
    ///              environment.
    Result<Outcome, TxError> execute(const Transaction& tx, const Address& sender,
                                     Host* host = nullptr);

    /// Executes a call (execution/call.hpp) as the next transaction, for a block that is simulated: by
    /// no rule of the block's. A refused one leaves no trace.
    Result<Outcome, TxError> execute_call(const Transaction& tx, const Address& sender,
                                          const CallChecks& checks, Host& host);
    /// Takes a transaction that was executed elsewhere as the next, so that its receipt and its gas
    /// count.
    void take(const Transaction& tx, const Outcome& outcome);

    /// Returns the room that the block still has.
    [[nodiscard]] Room room() const noexcept;
    /// Returns the gas that was used so far: what transactions paid for, and on a rollup its own.
    [[nodiscard]] uint64_t all_gas_used() const noexcept { return used_.all_gas; }
    [[nodiscard]] const std::vector<Receipt>& receipts() const noexcept { return receipts_; }

    /// The part of the block's room that is used, and what the last transaction demands of the
    /// next.
    struct Used {
        uint64_t gas = 0;
        uint64_t blob_gas = 0;
        uint64_t all_gas = 0;
        uint64_t log_bytes = 0;    ///< 0 unless on a rollup
        bool behind_load = false;  ///< false unless on a rollup
    };
    /// A point before a transaction, to come back to. A rollback undoes other States of a shared
    /// journal too.
    struct Checkpoint {
        state::Journal::Checkpoint state = 0;
        size_t transactions = 0;
        Used used;
    };
    [[nodiscard]] Checkpoint checkpoint() const noexcept;
    void rollback(const Checkpoint& checkpoint);

    /// Ends the block: requests (EIP-6110, 7002, 7251), withdrawals, rewards.
    Result<BlockOutcome, ExecutionError> finish();
    /// Returns the outcome so far, also if finish failed: then its requests are those before the
    /// failure.
    [[nodiscard]] BlockOutcome outcome() const;

  private:
    Result<void, ExecutionError> collect_requests();
    void pay_rewards();

    state::State& state_;
    const Environment& environment_;
    BlockInputs inputs_;
    std::vector<Receipt> receipts_;
    std::vector<Bytes> requests_;
    Used used_;
};

/// Returns the sha256 of the sha256 of each request that has data (EIP-7685).
Hash requests_hash(const std::vector<Bytes>& requests);

}  // namespace scope::execution
