#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "evm/opcodes.hpp"

namespace scope::evm {

/// The cost and the refunds of SSTORE, in gas.
struct StorageGas {
    bool net_metering = false;  ///< EIP-1283, EIP-2200: the value before the transaction matters
    int64_t set = 20000;        ///< zero to another value
    int64_t reset = 5000;       ///< any other first change
    int64_t again = 5000;       ///< no change, or a change of what was changed before
    int64_t clear_refund = 15000;
    int64_t sentry = 0;  ///< halts exceptionally with at most this gas left (EIP-2200)
};

/// The prices of one revision's instructions; initialised with Frontier's.
struct GasRules {
    std::array<int16_t, 256> base{};  ///< by opcode; -1: not in the revision
    int64_t exp_byte = 10;
    int64_t warm_access = 0;  ///< of an account (EIP-2929)
    /// The cost of a first access on top of the price of a warm one (EIP-2929).
    int64_t cold_account = 0;
    int64_t cold_sload = 0;
    int64_t cold_sstore = 0;
    int64_t cold_beneficiary = 0;
    StorageGas storage;
    int64_t self_destruct_refund = 24000;
    int64_t self_destruct_new_account = 0;
    int64_t init_code_word = 0;  ///< EIP-3860
    int64_t code_deposit_byte = 200;

    constexpr void price_calls(int16_t gas) noexcept {
        for (const auto op : {OP_CALL, OP_CALLCODE, OP_DELEGATECALL, OP_STATICCALL}) base[op] = gas;
    }
};

inline constexpr int64_t GAS_MEMORY_WORD = 3;
inline constexpr int64_t GAS_COPY_WORD = 3;
inline constexpr int64_t GAS_KECCAK256_WORD = 6;
inline constexpr int64_t GAS_LOG_BYTE = 8;
inline constexpr int64_t GAS_CALL_VALUE = 9000;
inline constexpr int64_t GAS_CALL_STIPEND = 2300;
inline constexpr int64_t GAS_NEW_ACCOUNT = 25000;

constexpr int64_t words_of(uint64_t size_bytes) noexcept {
    return static_cast<int64_t>((size_bytes + 31) / 32);
}

/// Returns the gas of all memory up to @p words words (Yellow Paper, equation 328).
/// REQUIRES: words < 2^31.
constexpr int64_t memory_gas(int64_t words) noexcept {
    return GAS_MEMORY_WORD * words + words * words / 512;
}

struct StorageGasResult {
    int64_t gas = 0;
    int64_t refund = 0;
};

/// Returns gas and refund of an SSTORE, without what a cold slot adds.
///
/// @param original  Value at the start of the transaction.
/// @param current   Value before.
/// @param value     Value after.
constexpr StorageGasResult storage_gas(const StorageGas& rules, const Hash& original,
                                       const Hash& current, const Hash& value) noexcept {
    const auto zero = [](const Hash& h) { return h.is_zero(); };
    if (!rules.net_metering)
        return {zero(current) && !zero(value) ? rules.set : rules.reset,
                !zero(current) && zero(value) ? rules.clear_refund : 0};

    if (current == value) return {rules.again, 0};
    if (current == original) {
        if (zero(original)) return {rules.set, 0};
        return {rules.reset, zero(value) ? rules.clear_refund : 0};
    }
    // Changed before in this transaction: correct what that change has cost and given.
    int64_t refund = 0;
    if (!zero(original)) {
        if (zero(current)) refund -= rules.clear_refund;
        if (zero(value)) refund += rules.clear_refund;
    }
    if (original == value) refund += (zero(original) ? rules.set : rules.reset) - rules.again;
    return {rules.again, refund};
}

}  // namespace scope::evm
