#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"
#include "evm/opcodes.hpp"
#include "evm/revision.hpp"

namespace scope::evm {

/// What SSTORE costs and gives back, in gas.
struct StorageGas {
    bool net_metering = false;  ///< EIP-1283, EIP-2200: the value before the transaction matters
    int64_t set = 20000;        ///< zero to another value
    int64_t reset = 5000;       ///< any other first change
    int64_t again = 5000;       ///< no change, or a change of what was changed before
    int64_t clear_refund = 15000;
    int64_t sentry = 0;  ///< fails with this much gas left or less (EIP-2200)
};

/// The prices of one revision.
struct GasRules {
    std::array<int16_t, 256> base{};  ///< by opcode; -1: the revision does not have it
    int64_t exp_byte = 10;
    /// What a first access costs on top of the price of a warm one (EIP-2929).
    int64_t cold_account = 0;
    int64_t cold_sload = 0;
    int64_t cold_sstore = 0;
    int64_t cold_beneficiary = 0;
    StorageGas storage;
    int64_t self_destruct_refund = 24000;
    int64_t self_destruct_new_account = 0;
    int64_t init_code_word = 0;  ///< EIP-3860
};

inline constexpr int64_t GAS_MEMORY_WORD = 3;
inline constexpr int64_t GAS_COPY_WORD = 3;
inline constexpr int64_t GAS_KECCAK256_WORD = 6;
inline constexpr int64_t GAS_LOG_BYTE = 8;
inline constexpr int64_t GAS_CALL_VALUE = 9000;
inline constexpr int64_t GAS_CALL_STIPEND = 2300;
inline constexpr int64_t GAS_NEW_ACCOUNT = 25000;
inline constexpr uint64_t MAX_INIT_CODE_SIZE = 49152;  // EIP-3860

namespace detail {

consteval GasRules make_gas_rules(Revision revision) {
    using enum Revision;
    GasRules r;
    for (size_t i = 0; i < 256; ++i)
        r.base[i] = is_defined(revision, static_cast<uint8_t>(i)) ? INSTRUCTIONS[i].gas
                                                                  : static_cast<int16_t>(-1);

    const auto price_calls = [&](int16_t gas) {
        for (const auto op : {OP_CALL, OP_CALLCODE, OP_DELEGATECALL, OP_STATICCALL})
            if (is_defined(revision, op)) r.base[op] = gas;
    };
    if (revision >= tangerine_whistle) {  // EIP-150
        r.base[OP_EXTCODESIZE] = 700;
        r.base[OP_EXTCODECOPY] = 700;
        r.base[OP_BALANCE] = 400;
        r.base[OP_SLOAD] = 200;
        r.base[OP_SELFDESTRUCT] = 5000;
        r.self_destruct_new_account = GAS_NEW_ACCOUNT;
        price_calls(700);
    }
    if (revision >= spurious_dragon) r.exp_byte = 50;  // EIP-160
    if (revision == constantinople)                    // EIP-1283, taken back by petersburg
        r.storage = {.net_metering = true, .again = 200};
    if (revision >= istanbul) {  // EIP-1884, EIP-2200
        r.base[OP_SLOAD] = 800;
        r.base[OP_BALANCE] = 700;
        r.base[OP_EXTCODEHASH] = 700;
        r.storage = {.net_metering = true, .again = 800, .sentry = 2300};
    }
    if (revision >= berlin) {  // EIP-2929
        for (const auto op : {OP_SLOAD, OP_BALANCE, OP_EXTCODESIZE, OP_EXTCODECOPY, OP_EXTCODEHASH})
            r.base[op] = 100;
        price_calls(100);
        r.cold_account = 2600 - 100;
        r.cold_sload = 2100 - 100;
        r.cold_sstore = 2100;
        r.cold_beneficiary = 2600;
        r.storage.reset = 5000 - 2100;
        r.storage.again = 100;
    }
    if (revision >= london) {  // EIP-3529
        r.storage.clear_refund = 4800;
        r.self_destruct_refund = 0;
    }
    if (revision >= shanghai) r.init_code_word = 2;  // EIP-3860
    return r;
}

template <size_t... I>
consteval std::array<GasRules, sizeof...(I)> make_all_gas_rules(std::index_sequence<I...>) {
    return {make_gas_rules(static_cast<Revision>(I))...};
}

}  // namespace detail

/// The prices, by revision.
inline constexpr std::array<GasRules, REVISION_COUNT> GAS_RULES =
    detail::make_all_gas_rules(std::make_index_sequence<REVISION_COUNT>{});

constexpr const GasRules& gas_rules(Revision revision) noexcept {
    return GAS_RULES[static_cast<size_t>(revision)];
}

/// Whether the instruction has the same base gas in every revision that has it.
consteval bool has_constant_gas(Opcode opcode) {
    for (const auto& rules : GAS_RULES)
        if (rules.base[opcode] != -1 && rules.base[opcode] != INSTRUCTIONS[opcode].gas)
            return false;
    return true;
}

constexpr int64_t words_of(uint64_t size_bytes) noexcept {
    return static_cast<int64_t>((size_bytes + 31) / 32);
}

/// Gas of all memory up to @p words words (Yellow Paper, equation 328). REQUIRES: words < 2^31.
constexpr int64_t memory_gas(int64_t words) noexcept {
    return GAS_MEMORY_WORD * words + words * words / 512;
}

struct StorageGasResult {
    int64_t gas = 0;
    int64_t refund = 0;
};

/// Gas and refund of an SSTORE, without what a cold slot adds.
///
/// @param original  at the start of the transaction  @param current  before  @param value  after
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
