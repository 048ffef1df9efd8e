#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "evm/gas.hpp"
#include "evm/revision.hpp"

// The changes of each revision: FORKS, the one table of the rules that differ between revisions,
// read by all layers from here to chain. Beside it stand two columns "since": of the instructions
// (opcodes.hpp), and of the precompiles (precompiles.cpp).

namespace scope::evm {

/// The target and the maximum of blobs in a block, and how fast their price follows (EIP-4844,
/// EIP-7840, EIP-7892).
struct BlobParameters {
    uint64_t target = 0;  ///< blobs
    uint64_t max = 0;     ///< blobs
    uint64_t base_fee_update_fraction = 1;
    friend bool operator==(const BlobParameters&, const BlobParameters&) = default;
};

enum class ModexpPrice : uint8_t { eip_198, eip_2565, eip_7883 };
enum class DifficultyFormula : uint8_t { frontier, homestead, byzantium };

/// The rules of one revision; initialised with Frontier's.
struct Rules {
    // ---- Frames

    GasRules gas;
    bool caps_call_gas = false;           ///< EIP-150: at most all but one 64th; more is no error
    bool clears_empty_accounts = false;   ///< EIP-161; contracts begin with nonce 1
    bool has_delegations = false;         ///< EIP-7702, with its transactions
    bool destructs_created_only = false;  ///< EIP-6780
    bool warms_created = false;           ///< EIP-2929
    bool warms_coinbase = false;          ///< EIP-3651
    bool unpaid_code_fails = false;       ///< EIP-2: a create without gas for its code
    bool reserves_code_start = false;     ///< EIP-3541: no new code begins with 0xef
    uint64_t max_code_size = UINT64_MAX;  ///< bytes
    uint64_t max_init_code_size = UINT64_MAX;  ///< bytes

    ModexpPrice modexp_price = ModexpPrice::eip_198;
    int64_t bn254_add_gas = 500;
    int64_t bn254_mul_gas = 40'000;
    int64_t bn254_pairing_gas = 100'000;
    int64_t bn254_pair_gas = 80'000;  ///< for each, on top

    // ---- Transactions

    bool has_low_s = false;              ///< EIP-2
    bool has_replay_protection = false;  ///< EIP-155
    bool has_access_lists = false;       ///< EIP-2930
    bool has_fee_market = false;         ///< EIP-1559, in headers too
    bool has_blobs = false;              ///< EIP-4844, in headers too
    uint64_t transaction_gas = 21'000;
    uint64_t create_gas = 0;
    uint64_t zero_byte_gas = 4;
    uint64_t byte_gas = 68;
    uint64_t floor_token_gas = 0;  ///< EIP-7623; 0: there is no floor
    uint64_t access_list_address_gas = 2400;
    uint64_t access_list_key_gas = 1900;
    uint64_t authorization_gas = 25'000;
    uint64_t authorization_refund = 12'500;  ///< if the authority exists
    uint64_t refund_quotient = 2;            ///< refunds are at most that part of what was used
    uint64_t max_transaction_gas = UINT64_MAX;
    uint64_t max_blobs_per_transaction = UINT64_MAX;

    // ---- Blocks

    bool has_receipt_status = false;      ///< EIP-658; before, a state root
    bool is_proof_of_stake = false;       ///< EIP-3675; PREVRANDAO for DIFFICULTY (EIP-4399)
    bool has_withdrawals = false;         ///< EIP-4895
    bool has_beacon_root = false;         ///< EIP-4788
    bool has_history_contract = false;    ///< EIP-2935
    bool has_requests = false;            ///< EIP-7685, 6110, 7002, 7251
    bool has_blob_reserve_price = false;  ///< EIP-7918
    uint64_t block_reward_ether = 5;
    DifficultyFormula difficulty = DifficultyFormula::frontier;
    uint64_t bomb_delay = 0;               ///< blocks by which the difficulty bomb is late
    BlobParameters blobs;                  ///< until the chain's schedule has others
    uint64_t max_block_size = UINT64_MAX;  ///< bytes of RLP
};

/// The changes of a revision to the rules of the one before.
struct Fork {
    Revision revision;
    void (*change)(Rules&);
};

// clang-format off
inline constexpr Fork FORKS[] = {
    {Revision::frontier, [](Rules&) {}},
    {Revision::homestead, [](Rules& r) {
        r.unpaid_code_fails = true;  // EIP-2
        r.create_gas = 32'000;
        r.has_low_s = true;
        r.difficulty = DifficultyFormula::homestead;
    }},
    {Revision::tangerine_whistle, [](Rules& r) {
        r.caps_call_gas = true;  // EIP-150
        r.gas.base[OP_EXTCODESIZE] = 700;
        r.gas.base[OP_EXTCODECOPY] = 700;
        r.gas.base[OP_BALANCE] = 400;
        r.gas.base[OP_SLOAD] = 200;
        r.gas.base[OP_SELFDESTRUCT] = 5000;
        r.gas.self_destruct_new_account = GAS_NEW_ACCOUNT;
        r.gas.price_calls(700);
    }},
    {Revision::spurious_dragon, [](Rules& r) {
        r.has_replay_protection = true;  // EIP-155
        r.gas.exp_byte = 50;             // EIP-160
        r.clears_empty_accounts = true;  // EIP-161
        r.max_code_size = 0x6000;        // EIP-170
    }},
    {Revision::byzantium, [](Rules& r) {
        r.difficulty = DifficultyFormula::byzantium;  // EIP-100
        r.block_reward_ether = 3;                     // EIP-649
        r.bomb_delay = 3'000'000;
        r.has_receipt_status = true;                  // EIP-658
    }},
    {Revision::constantinople, [](Rules& r) {
        r.block_reward_ether = 2;  // EIP-1234
        r.bomb_delay = 5'000'000;
        r.gas.storage = {.net_metering = true, .again = 200};  // EIP-1283
    }},
    {Revision::petersburg, [](Rules& r) {
        r.gas.storage = {};  // EIP-1283 taken back (EIP-1716)
    }},
    {Revision::istanbul, [](Rules& r) {
        r.bn254_add_gas = 150;  // EIP-1108
        r.bn254_mul_gas = 6000;
        r.bn254_pairing_gas = 45'000;
        r.bn254_pair_gas = 34'000;
        r.gas.base[OP_SLOAD] = 800;  // EIP-1884
        r.gas.base[OP_BALANCE] = 700;
        r.gas.base[OP_EXTCODEHASH] = 700;
        r.byte_gas = 16;  // EIP-2028
        r.gas.storage = {.net_metering = true, .again = 800, .sentry = 2300};  // EIP-2200
    }},
    {Revision::berlin, [](Rules& r) {
        r.bomb_delay = 9'000'000;  // EIP-2384
        r.modexp_price = ModexpPrice::eip_2565;
        for (const auto op :  // EIP-2929
             {OP_SLOAD, OP_BALANCE, OP_EXTCODESIZE, OP_EXTCODECOPY, OP_EXTCODEHASH})
            r.gas.base[op] = 100;
        r.gas.price_calls(100);
        r.gas.warm_access = 100;
        r.gas.cold_account = 2600 - 100;
        r.gas.cold_sload = 2100 - 100;
        r.gas.cold_sstore = 2100;
        r.gas.cold_beneficiary = 2600;
        r.gas.storage.reset = 5000 - 2100;
        r.gas.storage.again = 100;
        r.warms_created = true;
        r.has_access_lists = true;  // EIP-2930
    }},
    {Revision::london, [](Rules& r) {
        r.has_fee_market = true;            // EIP-1559
        r.gas.storage.clear_refund = 4800;  // EIP-3529
        r.gas.self_destruct_refund = 0;
        r.refund_quotient = 5;
        r.reserves_code_start = true;       // EIP-3541
        r.bomb_delay = 9'700'000;           // EIP-3554
    }},
    {Revision::paris, [](Rules& r) {
        r.is_proof_of_stake = true;  // EIP-3675, EIP-4399
        r.block_reward_ether = 0;
    }},
    {Revision::shanghai, [](Rules& r) {
        r.warms_coinbase = true;           // EIP-3651
        r.gas.init_code_word = 2;          // EIP-3860
        r.max_init_code_size = 2 * 0x6000;
        r.has_withdrawals = true;          // EIP-4895
    }},
    {Revision::cancun, [](Rules& r) {
        r.has_beacon_root = true;         // EIP-4788
        r.has_blobs = true;               // EIP-4844
        r.blobs = {3, 6, 3'338'477};
        r.destructs_created_only = true;  // EIP-6780
    }},
    {Revision::prague, [](Rules& r) {
        r.has_history_contract = true;  // EIP-2935
        r.floor_token_gas = 10;         // EIP-7623
        r.has_requests = true;          // EIP-7685, with 6110, 7002, 7251
        r.blobs = {6, 9, 5'007'716};    // EIP-7691
        r.has_delegations = true;       // EIP-7702
    }},
    {Revision::osaka, [](Rules& r) {
        r.max_blobs_per_transaction = 6;            // EIP-7594
        r.max_transaction_gas = 1 << 24;            // EIP-7825
        r.modexp_price = ModexpPrice::eip_7883;     // with the bounds of EIP-7823
        r.has_blob_reserve_price = true;            // EIP-7918
        r.max_block_size = 10'485'760 - 2'097'152;  // EIP-7934
    }},
};
// clang-format on
static_assert(
    [] {
        for (size_t i = 0; i < std::size(FORKS); ++i)
            if (static_cast<size_t>(FORKS[i].revision) != i) return false;
        return std::size(FORKS) == REVISION_COUNT;
    }(),
    "FORKS has one row a revision, in their order");

/// The rules, by revision.
inline constexpr std::array<Rules, REVISION_COUNT> RULES = [] {
    std::array<Rules, REVISION_COUNT> table;
    Rules rules;
    for (size_t op = 0; op < 256; ++op) rules.gas.base[op] = INSTRUCTIONS[op].gas;
    for (const auto& [revision, change] : FORKS) {
        change(rules);
        Rules& row = table[static_cast<size_t>(revision)] = rules;
        for (size_t op = 0; op < 256; ++op)
            if (!is_defined(revision, static_cast<uint8_t>(op))) row.gas.base[op] = -1;
    }
    return table;
}();

constexpr const Rules& rules_of(Revision revision) noexcept {
    return RULES[static_cast<size_t>(revision)];
}

/// Returns whether the instruction has the same base gas in every revision that has it.
consteval bool has_constant_gas(Opcode opcode) {
    return std::ranges::all_of(RULES, [opcode](const Rules& rules) {
        const int16_t gas = rules.gas.base[opcode];
        return gas == -1 || gas == INSTRUCTIONS[opcode].gas;
    });
}

}  // namespace scope::evm
