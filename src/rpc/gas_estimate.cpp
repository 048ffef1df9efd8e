#include "rpc/gas_estimate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rpc/errors.hpp"

namespace scope::rpc {

namespace {

using execution::Outcome;
using execution::TxError;

constexpr uint64_t TRANSACTION_GAS = 21'000;
constexpr uint64_t CALL_STIPEND = 2'300;
/// An estimate may be that much above the least, in thousandths, as geth's.
constexpr uint64_t TOLERANCE_PER_MILLE = 15;

/// Runs a call with one gas limit or another.
class Estimator {
  public:
    Estimator(Evaluation& evaluation, const TransactionArgs& args)
        : evaluation_(evaluation),
          from_(args.from.value_or(Address{})),
          tx_(evaluation.call_of(args)),
          is_root_(evaluation.is_root(tx_)) {}

    [[nodiscard]] const Transaction& transaction() const noexcept { return tx_; }

    /// Returns the outcome; nullopt if the limit is below what any transaction like it has. Throws
    /// RpcFailure if it can't stand with any.
    std::optional<Outcome> run(uint64_t gas_limit) {
        tx_.gas_limit = gas_limit;
        if (is_root_) return run_root();
        auto plain = evaluation_.run(tx_, from_);
        if (plain.asked) evaluation_.fail_asking();
        if (plain.outcome) return std::move(*plain.outcome);
        return require_low(plain.outcome.error());
    }
    /// Returns whether it succeeds. One that is known to with more gas fails for want of it.
    bool succeeds(uint64_t gas_limit) {
        try {
            const auto outcome = run(gas_limit);
            return outcome && outcome->succeeded();
        } catch (const RpcFailure&) {
            return false;
        }
    }

    /// Returns the most gas that it can be given: by its block, by its sender's means, by the server.
    [[nodiscard]] uint64_t most(const TransactionArgs& args) const {
        const auto& environment = evaluation_.environment();
        uint64_t most = environment.block.gas_limit;
        if (args.gas && *args.gas >= TRANSACTION_GAS) most = *args.gas;
        most = std::min(most, environment.rules().max_transaction_gas);
        if (!tx_.max_fee_per_gas.is_zero()) most = std::min(most, affordable());
        return std::min(most, CALL_GAS_CAP);
    }

  private:
    /// Runs it as a root, if any transaction like it could stand.
    std::optional<Outcome> run_root() {
        const auto valid = execution::validate_call(evaluation_.state(),
                                                    evaluation_.environment_for(tx_), tx_, from_);
        if (!valid) return require_low(valid.error());
        return evaluation_.run_as_root(tx_, from_).outcome;
    }
    /// Returns nullopt if the error is that the limit is too low. Throws RpcFailure otherwise.
    std::nullopt_t require_low(TxError error) const {
        if (error == TxError::intrinsic_gas_too_low || error == TxError::below_floor_gas)
            return std::nullopt;
        fail(SERVER_ERROR, fmt::format("failed with {} gas: {}", tx_.gas_limit,
                                       evaluation_.describe(error, tx_, from_)));
    }
    [[nodiscard]] uint64_t affordable() const {
        const uint256 balance = evaluation_.state().balance(from_);
        if (tx_.value >= balance) fail(SERVER_ERROR, "insufficient funds for transfer");
        uint256 available = balance - tx_.value;
        const uint256 blobs =
            tx_.max_fee_per_blob_gas * uint256{tx_.blob_versioned_hashes.size() * GAS_PER_BLOB};
        if (!blobs.is_zero() && blobs >= available)
            fail(SERVER_ERROR, "insufficient funds for gas * price + value");
        available = available - blobs;
        const uint256 gas = available / tx_.max_fee_per_gas;
        return gas.fits_u64() ? gas[0] : UINT64_MAX;
    }

    Evaluation& evaluation_;
    Address from_;
    Transaction tx_;
    bool is_root_;
};

[[noreturn]] void fail_outcome(const Outcome& outcome) {
    if (outcome.status == evm::Status::revert) throw RpcFailure{reverted(outcome.output)};
    fail(SERVER_ERROR, std::string{status_text(outcome.status)});
}

/// Returns a limit that succeeds, between one that fails and one that succeeds.
uint64_t search(Estimator& estimator, uint64_t low, uint64_t high) {
    while (low + 1 < high) {
        if ((high - low) * 1000 < high * TOLERANCE_PER_MILLE) break;
        // Most need little more than they use.
        const uint64_t middle = std::min(low + (high - low) / 2, low * 2);
        (estimator.succeeds(middle) ? high : low) = middle;
    }
    return high;
}

}  // namespace

uint64_t estimate_gas(Evaluation& evaluation, const TransactionArgs& args) {
    Estimator estimator{evaluation, args};
    const auto& tx = estimator.transaction();
    uint64_t high = estimator.most(args);
    if (tx.data.empty() && tx.to && evaluation.state().code_hash(*tx.to) == EMPTY_CODE_HASH &&
        estimator.succeeds(TRANSACTION_GAS))
        return TRANSACTION_GAS;

    const auto outcome = estimator.run(high);
    if (!outcome || outcome->status == evm::Status::out_of_gas)
        fail(SERVER_ERROR, fmt::format("gas required exceeds allowance ({})", high));
    if (!outcome->succeeded()) fail_outcome(*outcome);
    uint64_t low = outcome->gas_used - 1;
    // Often it needs what it took before refunds, and what EIP-150 keeps back.
    const uint64_t taken = std::max(outcome->gas_taken, outcome->gas_used);
    const uint64_t likely = (taken + CALL_STIPEND) * 64 / 63;
    if (likely < high) (estimator.succeeds(likely) ? high : low) = likely;
    return search(estimator, low, high);
}

}  // namespace scope::rpc
