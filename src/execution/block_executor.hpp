#pragma once

#include <functional>
#include <vector>

#include "execution/transaction.hpp"

namespace scope::execution {

/// What can be wrong with a block's execution other than its transactions.
enum class ExecutionError : uint8_t {
    system_contract_missing,  // EIP-7002, EIP-7251: no code
    system_contract_failed,   // EIP-7002, EIP-7251: the call did not succeed
    bad_deposit_event,        // EIP-6110: a log of the deposit contract that is laid out wrongly
};
std::string_view to_string(ExecutionError error) noexcept;

/// What a block has beside transactions.
struct BlockInputs {
    std::optional<Hash> parent_hash;               ///< none: EIP-2935's contract is not called
    std::optional<Hash> parent_beacon_block_root;  ///< Cancun
    std::vector<BlockHeader> ommers;               ///< before Paris
    std::optional<std::vector<Withdrawal>> withdrawals;  ///< Shanghai
    Address deposit_contract;                            ///< EIP-6110
    std::optional<uint256> block_reward;                 ///< wei; none: the revision's
    /// Root of the state as it is, for receipts before Byzantium; not asked from there on.
    std::function<Hash(const state::State&)> intermediate_root;
};

/// What a block leaves beside its state.
struct BlockOutcome {
    std::vector<Receipt> receipts;
    Bloom logs_bloom;
    uint64_t gas_used = 0;
    uint64_t blob_gas_used = 0;
    std::vector<Bytes> requests;        ///< EIP-7685: type byte and data, without empty ones
    std::optional<Hash> requests_hash;  ///< Prague
};

/// Executes one block step by step: what import, building and proving share.
///
/// begin, then any number of execute, then finish; between, checkpoint and rollback.
class BlockExecutor {
  public:
    /// Everything referred to must outlive it.
    BlockExecutor(state::State& state, const Environment& environment, BlockInputs inputs);

    /// System calls before the first transaction: EIP-4788, EIP-2935.
    void begin();

    /// The next transaction. A refused one leaves no trace.
    /// @param host  What it runs on; null: a plain Host. REQUIRES: over the same state and
    ///              environment.
    Result<Outcome, TxError> execute(const Transaction& tx, const Address& sender,
                                     Host* host = nullptr);

    /// What the block still has room for.
    [[nodiscard]] Room room() const noexcept;
    [[nodiscard]] const std::vector<Receipt>& receipts() const noexcept { return receipts_; }

    /// To come back to before a transaction. Undoes other States of a shared journal too.
    struct Checkpoint {
        state::Journal::Checkpoint state = 0;
        size_t transactions = 0;
        uint64_t gas_used = 0;
        uint64_t blob_gas_used = 0;
        uint64_t rollup_gas_used = 0;
    };
    [[nodiscard]] Checkpoint checkpoint() const noexcept;
    void rollback(const Checkpoint& checkpoint);

    /// Requests (EIP-6110, 7002, 7251), withdrawals, rewards.
    Result<BlockOutcome, ExecutionError> finish();
    /// What the block has left so far, also if finish failed: then its requests are those before
    /// the failure.
    [[nodiscard]] BlockOutcome outcome() const;

  private:
    Result<void, ExecutionError> collect_requests();
    void pay_rewards();

    state::State& state_;
    const Environment& environment_;
    BlockInputs inputs_;
    std::vector<Receipt> receipts_;
    std::vector<Bytes> requests_;
    uint64_t gas_used_ = 0;
    uint64_t blob_gas_used_ = 0;
    uint64_t rollup_gas_used_ = 0;
};

/// EIP-7685: sha256 of the sha256 of each that has data.
Hash requests_hash(const std::vector<Bytes>& requests);

}  // namespace scope::execution
