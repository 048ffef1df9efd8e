#include "execution/call.hpp"

#include "base/check.hpp"
#include "crypto/kzg.hpp"

namespace scope::execution {

namespace {

/// Returns a * b + c; nullopt if it does not fit.
std::optional<uint256> multiply_add(const uint256& a, uint64_t b, const uint256& c) {
    if (b != 0 && a > ~uint256{} / uint256{b}) return std::nullopt;
    const uint256 product = a * uint256{b};
    const uint256 sum = product + c;
    return sum < c ? std::nullopt : std::optional{sum};
}

bool offers_price(const Transaction& tx) {
    return !tx.max_fee_per_gas.is_zero() || !tx.max_priority_fee_per_gas.is_zero();
}

std::optional<TxError> nonce_error(const state::State& state, const Transaction& tx,
                                   const Address& sender) {
    const uint64_t nonce = state.nonce(sender);
    if (tx.nonce > nonce) return TxError::nonce_too_high;
    if (tx.nonce < nonce) return TxError::nonce_too_low;
    if (nonce == UINT64_MAX) return TxError::nonce_is_max;
    return std::nullopt;
}

std::optional<TxError> price_error(const Transaction& tx, const Environment& environment,
                                   const CallChecks& checks) {
    if (!environment.rules().has_fee_market || !(offers_price(tx) || checks.price))
        return std::nullopt;
    if (tx.max_priority_fee_per_gas > tx.max_fee_per_gas)
        return TxError::priority_fee_above_max_fee;
    if (tx.max_fee_per_gas < environment.block.base_fee) return TxError::fee_below_base_fee;
    return std::nullopt;
}

std::optional<TxError> blob_error(const Transaction& tx, const Environment& environment,
                                  const CallChecks& checks) {
    if (tx.type != TxType::blob) return std::nullopt;
    if (!tx.to) return TxError::blob_creates;
    if (tx.blob_versioned_hashes.empty()) return TxError::no_blobs;
    for (const Hash& hash : tx.blob_versioned_hashes)
        if (hash[0] != crypto::VERSIONED_HASH_VERSION_KZG) return TxError::invalid_versioned_hash;
    if ((!tx.max_fee_per_blob_gas.is_zero() || checks.price) &&
        tx.max_fee_per_blob_gas < environment.block.blob_base_fee)
        return TxError::blob_fee_below_base_fee;
    return std::nullopt;
}

std::optional<TxError> shape_error(const Transaction& tx, const Environment& environment) {
    if (tx.type == TxType::system) return TxError::system_not_enabled;
    if (tx.type == TxType::set_code && !tx.to) return TxError::set_code_creates;
    if (tx.type == TxType::set_code && tx.authorization_list.empty())
        return TxError::no_authorizations;
    if (!tx.to && tx.data.size() > environment.rules().max_init_code_size)
        return TxError::init_code_too_large;
    return std::nullopt;
}

/// Returns whether the sender has the value and all that gas may cost.
bool has_funds(const state::State& state, const Transaction& tx, const Address& sender,
               uint64_t blob_gas) {
    const auto with_gas = multiply_add(tx.max_fee_per_gas, tx.gas_limit, tx.value);
    const auto total =
        with_gas ? multiply_add(tx.max_fee_per_blob_gas, blob_gas, *with_gas) : std::nullopt;
    return total && state.balance(sender) >= *total;
}

}  // namespace

Result<Costs, TxError> validate_call(const state::State& state, const Environment& environment,
                                     const Transaction& tx, const Address& sender,
                                     const CallChecks& checks) {
    auto error = checks.nonce ? nonce_error(state, tx, sender) : std::nullopt;
    if (!error) error = price_error(tx, environment, checks);
    if (!error) error = blob_error(tx, environment, checks);
    if (!error) error = shape_error(tx, environment);
    const bool pays_blobs = !tx.max_fee_per_blob_gas.is_zero();
    Costs costs{.blob_gas = pays_blobs ? tx.blob_versioned_hashes.size() * GAS_PER_BLOB : 0};
    if (!error && !has_funds(state, tx, sender, costs.blob_gas))
        error = TxError::insufficient_funds;
    const IntrinsicGas gas = intrinsic_gas(tx, environment.revision);
    if (!error && tx.gas_limit < gas.intrinsic) error = TxError::intrinsic_gas_too_low;
    if (!error && tx.gas_limit < gas.floor) error = TxError::below_floor_gas;
    if (error) return std::unexpected{*error};

    costs.intrinsic_gas = gas.intrinsic;
    costs.floor_gas = gas.floor;
    if (!offers_price(tx)) return costs;
    costs.gas_price = costs.priority_fee = tx.max_fee_per_gas;
    if (environment.rules().has_fee_market) {
        costs.gas_price = effective_gas_price(tx, environment.block.base_fee);
        costs.priority_fee = costs.gas_price - environment.block.base_fee;
    }
    return costs;
}

Result<Outcome, TxError> execute_call(Host& host, const Transaction& tx, const Address& sender,
                                      const CallChecks& checks) {
    CHECK(tx.gas_limit <= MAX_GAS);
    const Costs costs = TRY(validate_call(host.state(), host.environment(), tx, sender, checks));
    return run_validated(host, tx, sender, costs, {});
}

}  // namespace scope::execution
