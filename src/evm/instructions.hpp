#pragma once

// The effect of each instruction, as a table: run<OP> for every opcode.
//
// For interpreter.cpp alone, which has checked stack and base gas before it calls run<OP>, and
// afterwards moves `top` by the instruction's growth. So here `top[0]` is the first operand,
// `top[-1]` the second, and a result goes where the top will be.
//
// An entry takes what it needs, one of
//     (uint256* top)                               works on the stack alone
//     (uint256* top, Frame& f)                     reads or writes the frame, cannot fail
//     (uint256* top, Frame& f, int64_t& gas)       costs more than its base gas; may end the frame
//     (Step& s, Frame& f)                          moves the program counter (s.pc stands behind
//                                                  the opcode), or does everything
// and the last two return NEXT to go on, or the Status with which the frame ends.

#include "crypto/keccak.hpp"
#include "evm/frame.hpp"
#include "evm/instructions_call.hpp"

namespace scope::evm {

namespace {

/// The function of an opcode; null for opcodes without meaning.
template <uint8_t OP>
inline constexpr auto run = nullptr;

// ---- arithmetic, comparison, bits

template <>
inline constexpr auto run<OP_ADD> = [](uint256* top) { top[-1] = top[0] + top[-1]; };
template <>
inline constexpr auto run<OP_MUL> = [](uint256* top) { top[-1] = top[0] * top[-1]; };
template <>
inline constexpr auto run<OP_SUB> = [](uint256* top) { top[-1] = top[0] - top[-1]; };
template <>
inline constexpr auto run<OP_DIV> = [](uint256* top) { top[-1] = top[0] / top[-1]; };
template <>
inline constexpr auto run<OP_SDIV> =
    [](uint256* top) { top[-1] = signed_divmod(top[0], top[-1]).quotient; };
template <>
inline constexpr auto run<OP_MOD> = [](uint256* top) { top[-1] = top[0] % top[-1]; };
template <>
inline constexpr auto run<OP_SMOD> =
    [](uint256* top) { top[-1] = signed_divmod(top[0], top[-1]).remainder; };
template <>
inline constexpr auto run<OP_ADDMOD> =
    [](uint256* top) { top[-2] = addmod(top[0], top[-1], top[-2]); };
template <>
inline constexpr auto run<OP_MULMOD> =
    [](uint256* top) { top[-2] = mulmod(top[0], top[-1], top[-2]); };
template <>
inline constexpr auto run<OP_EXP> = [](uint256* top, Frame& f, int64_t& gas) {
    gas -= f.rules.gas.exp_byte * significant_bytes(top[-1]);
    if (gas < 0) return Status::out_of_gas;
    top[-1] = exp(top[0], top[-1]);
    return NEXT;
};
template <>
inline constexpr auto run<OP_SIGNEXTEND> =
    [](uint256* top) { top[-1] = sign_extend(top[0], top[-1]); };

template <>
inline constexpr auto run<OP_LT> = [](uint256* top) { top[-1] = uint64_t{top[0] < top[-1]}; };
template <>
inline constexpr auto run<OP_GT> = [](uint256* top) { top[-1] = uint64_t{top[-1] < top[0]}; };
template <>
inline constexpr auto run<OP_SLT> =
    [](uint256* top) { top[-1] = uint64_t{signed_less(top[0], top[-1])}; };
template <>
inline constexpr auto run<OP_SGT> =
    [](uint256* top) { top[-1] = uint64_t{signed_less(top[-1], top[0])}; };
template <>
inline constexpr auto run<OP_EQ> = [](uint256* top) { top[-1] = uint64_t{top[0] == top[-1]}; };
template <>
inline constexpr auto run<OP_ISZERO> = [](uint256* top) { top[0] = uint64_t{top[0].is_zero()}; };
template <>
inline constexpr auto run<OP_AND> = [](uint256* top) { top[-1] &= top[0]; };
template <>
inline constexpr auto run<OP_OR> = [](uint256* top) { top[-1] |= top[0]; };
template <>
inline constexpr auto run<OP_XOR> = [](uint256* top) { top[-1] ^= top[0]; };
template <>
inline constexpr auto run<OP_NOT> = [](uint256* top) { top[0] = ~top[0]; };
template <>
inline constexpr auto run<OP_BYTE> = [](uint256* top) { top[-1] = byte_of(top[-1], top[0]); };
template <>
inline constexpr auto run<OP_SHL> = [](uint256* top) { top[-1] = top[-1] << top[0]; };
template <>
inline constexpr auto run<OP_SHR> = [](uint256* top) { top[-1] = top[-1] >> top[0]; };
template <>
inline constexpr auto run<OP_SAR> = [](uint256* top) { top[-1] = shift_signed(top[-1], top[0]); };
template <>
inline constexpr auto run<OP_CLZ> =
    [](uint256* top) { top[0] = uint64_t{count_leading_zeros(top[0])}; };

template <>
inline constexpr auto run<OP_KECCAK256> = [](uint256* top, Frame& f, int64_t& gas) {
    if (!use_memory(f, gas, top[0], top[-1])) return Status::out_of_gas;
    const uint64_t size = top[-1][0];
    gas -= GAS_KECCAK256_WORD * words_of(size);
    if (gas < 0) return Status::out_of_gas;
    top[-1] = load_be32(crypto::keccak256(memory_view(f, top[0], top[-1])).data());
    return NEXT;
};

// ---- the frame, the transaction, the block

template <>
inline constexpr auto run<OP_ADDRESS> =
    [](uint256* top, Frame& f) { top[1] = load_address(f.message.recipient); };
template <>
inline constexpr auto run<OP_BALANCE> = [](uint256* top, Frame& f, int64_t& gas) {
    const Address address = address_of(top[0]);
    if (!charge_account(f, gas, address)) return Status::out_of_gas;
    top[0] = f.host.balance(address);
    return NEXT;
};
template <>
inline constexpr auto run<OP_ORIGIN> =
    [](uint256* top, Frame& f) { top[1] = load_address(f.host.transaction().origin); };
template <>
inline constexpr auto run<OP_CALLER> =
    [](uint256* top, Frame& f) { top[1] = load_address(f.message.sender); };
template <>
inline constexpr auto run<OP_CALLVALUE> = [](uint256* top, Frame& f) { top[1] = f.message.value; };
template <>
inline constexpr auto run<OP_CALLDATALOAD> =
    [](uint256* top, Frame& f) { top[0] = load_padded(f.message.input, top[0]); };
template <>
inline constexpr auto run<OP_CALLDATASIZE> =
    [](uint256* top, Frame& f) { top[1] = f.message.input.size(); };
template <>
inline constexpr auto run<OP_CALLDATACOPY> = [](uint256* top, Frame& f, int64_t& gas) {
    return copy_to_memory(top, f, gas, f.message.input);
};
template <>
inline constexpr auto run<OP_CODESIZE> =
    [](uint256* top, Frame& f) { top[1] = f.code.bytes.size(); };
template <>
inline constexpr auto run<OP_CODECOPY> =
    [](uint256* top, Frame& f, int64_t& gas) { return copy_to_memory(top, f, gas, f.code.bytes); };
template <>
inline constexpr auto run<OP_GASPRICE> =
    [](uint256* top, Frame& f) { top[1] = f.host.transaction().gas_price; };
template <>
inline constexpr auto run<OP_EXTCODESIZE> = [](uint256* top, Frame& f, int64_t& gas) {
    const Address address = address_of(top[0]);
    if (!charge_account(f, gas, address)) return Status::out_of_gas;
    top[0] = f.host.code(address)->bytes.size();
    return NEXT;
};
template <>
inline constexpr auto run<OP_EXTCODECOPY> = [](uint256* top, Frame& f, int64_t& gas) {
    const Address address = address_of(top[0]);
    if (!charge_account(f, gas, address)) return Status::out_of_gas;
    // An empty range reads nothing; asking for the code would only load it.
    static const Bytes NOTHING;
    const CodePtr code = top[-3].is_zero() ? nullptr : f.host.code(address);
    return copy_to_memory(top - 1, f, gas, code == nullptr ? NOTHING : code->bytes);
};
template <>
inline constexpr auto run<OP_RETURNDATASIZE> =
    [](uint256* top, Frame& f) { top[1] = f.return_data.size(); };
template <>
inline constexpr auto run<OP_RETURNDATACOPY> = [](uint256* top, Frame& f, int64_t& gas) {
    // Unlike the other copies: nothing lies behind the end, not even zeros (EIP-211).
    const uint256 end = top[-1] + top[-2];
    if (end < top[-1] || end > uint256{f.return_data.size()}) return Status::invalid_memory_access;
    return copy_to_memory(top, f, gas, f.return_data);
};
template <>
inline constexpr auto run<OP_EXTCODEHASH> = [](uint256* top, Frame& f, int64_t& gas) {
    const Address address = address_of(top[0]);
    if (!charge_account(f, gas, address)) return Status::out_of_gas;
    top[0] = load_be32(f.host.code_hash(address).data());
    return NEXT;
};

template <>
inline constexpr auto run<OP_BLOCKHASH> = [](uint256* top, Frame& f) {
    const uint64_t current = f.host.block().number;
    const uint64_t number = top[0][0];
    const bool known = top[0].fits_u64() && number < current && current - number <= 256;
    top[0] = known ? load_be32(f.host.block_hash(number).data()) : uint256{};
};
template <>
inline constexpr auto run<OP_COINBASE> =
    [](uint256* top, Frame& f) { top[1] = load_address(f.host.block().coinbase); };
template <>
inline constexpr auto run<OP_TIMESTAMP> =
    [](uint256* top, Frame& f) { top[1] = f.host.block().timestamp_s; };
template <>
inline constexpr auto run<OP_NUMBER> =
    [](uint256* top, Frame& f) { top[1] = f.host.block().number; };
template <>
inline constexpr auto run<OP_PREVRANDAO> = [](uint256* top, Frame& f) {
    const BlockContext& block = f.host.block();
    top[1] = f.rules.is_proof_of_stake ? load_be32(block.prev_randao.data()) : block.difficulty;
};
template <>
inline constexpr auto run<OP_GASLIMIT> =
    [](uint256* top, Frame& f) { top[1] = f.host.block().gas_limit; };
template <>
inline constexpr auto run<OP_CHAINID> =
    [](uint256* top, Frame& f) { top[1] = uint256{f.host.block().chain_id}; };
template <>
inline constexpr auto run<OP_SELFBALANCE> =
    [](uint256* top, Frame& f) { top[1] = f.host.balance(f.message.recipient); };
template <>
inline constexpr auto run<OP_BASEFEE> =
    [](uint256* top, Frame& f) { top[1] = f.host.block().base_fee; };
template <>
inline constexpr auto run<OP_BLOBHASH> = [](uint256* top, Frame& f) {
    const auto& hashes = f.host.transaction().blob_hashes;
    top[0] = top[0] < uint256{hashes.size()} ? load_be32(hashes[top[0][0]].data()) : uint256{};
};
template <>
inline constexpr auto run<OP_BLOBBASEFEE> =
    [](uint256* top, Frame& f) { top[1] = f.host.block().blob_base_fee; };

// ---- stack, memory, storage, flow

template <>
inline constexpr auto run<OP_POP> = [](uint256*) {};
template <>
inline constexpr auto run<OP_MLOAD> = [](uint256* top, Frame& f, int64_t& gas) {
    if (!use_memory(f, gas, top[0], 32)) return Status::out_of_gas;
    top[0] = load_be32(f.memory.data() + top[0][0]);
    return NEXT;
};
template <>
inline constexpr auto run<OP_MSTORE> = [](uint256* top, Frame& f, int64_t& gas) {
    if (!use_memory(f, gas, top[0], 32)) return Status::out_of_gas;
    store_be32(f.memory.data() + top[0][0], top[-1]);
    return NEXT;
};
template <>
inline constexpr auto run<OP_MSTORE8> = [](uint256* top, Frame& f, int64_t& gas) {
    if (!use_memory(f, gas, top[0], 1)) return Status::out_of_gas;
    f.memory.data()[top[0][0]] = static_cast<uint8_t>(top[-1][0]);
    return NEXT;
};
template <>
inline constexpr auto run<OP_SLOAD> = [](uint256* top, Frame& f, int64_t& gas) {
    const Hash key = hash_of(top[0]);
    if (f.rules.gas.cold_sload != 0 &&
        f.host.access_storage(f.message.recipient, key) == AccessStatus::cold) {
        gas -= f.rules.gas.cold_sload;
        if (gas < 0) return Status::out_of_gas;
    }
    top[0] = load_be32(f.host.storage(f.message.recipient, key).data());
    return NEXT;
};
template <>
inline constexpr auto run<OP_SSTORE> = [](uint256* top, Frame& f, int64_t& gas) {
    if (f.message.is_static) return Status::static_violation;
    if (gas <= f.rules.gas.storage.sentry && f.rules.gas.storage.sentry != 0)
        return Status::out_of_gas;
    const Hash key = hash_of(top[0]);
    const Hash value = hash_of(top[-1]);
    if (f.rules.gas.cold_sstore != 0 &&
        f.host.access_storage(f.message.recipient, key) == AccessStatus::cold)
        gas -= f.rules.gas.cold_sstore;
    const StorageChange change = f.host.set_storage(f.message.recipient, key, value);
    const auto price = storage_gas(f.rules.gas.storage, change.original, change.current, value);
    f.gas_refund += price.refund;
    gas -= price.gas;
    return gas < 0 ? Status::out_of_gas : NEXT;
};
template <>
inline constexpr auto run<OP_JUMP> = [](Step& s, Frame& f) { return jump(s, f, s.top[0]); };
template <>
inline constexpr auto run<OP_JUMPI> =
    [](Step& s, Frame& f) { return s.top[-1].is_zero() ? NEXT : jump(s, f, s.top[0]); };
template <>
inline constexpr auto run<OP_PC> = [](Step& s, Frame& f) {
    s.top[1] = static_cast<uint64_t>(s.pc - 1 - f.code_begin);
    return NEXT;
};
template <>
inline constexpr auto run<OP_MSIZE> = [](uint256* top, Frame& f) { top[1] = f.memory.size(); };
template <>
inline constexpr auto run<OP_GAS> = [](uint256* top, Frame&, int64_t& gas) {
    top[1] = static_cast<uint64_t>(gas);
    return NEXT;
};
template <>
inline constexpr auto run<OP_JUMPDEST> = [](uint256*) {};
template <>
inline constexpr auto run<OP_TLOAD> = [](uint256* top, Frame& f) {
    top[0] = load_be32(f.host.transient_storage(f.message.recipient, hash_of(top[0])).data());
};
template <>
inline constexpr auto run<OP_TSTORE> = [](uint256* top, Frame& f, int64_t&) {
    if (f.message.is_static) return Status::static_violation;
    f.host.set_transient_storage(f.message.recipient, hash_of(top[0]), hash_of(top[-1]));
    return NEXT;
};
template <>
inline constexpr auto run<OP_MCOPY> = [](uint256* top, Frame& f, int64_t& gas) {
    const uint256& size = top[-2];
    if (!use_memory(f, gas, top[0], size) || !use_memory(f, gas, top[-1], size))
        return Status::out_of_gas;
    gas -= GAS_COPY_WORD * words_of(size[0]);
    if (gas < 0) return Status::out_of_gas;
    if (size[0] != 0)
        std::memmove(f.memory.data() + top[0][0], f.memory.data() + top[-1][0], size[0]);
    return NEXT;
};

template <uint8_t OP>
    requires(OP >= OP_PUSH0 && OP <= OP_PUSH32)
inline constexpr auto run<OP> = [](Step& s, Frame&) {
    s.top[1] = load_immediate<OP - OP_PUSH0>(s.pc);
    s.pc += OP - OP_PUSH0;
    return NEXT;
};
template <uint8_t OP>
    requires(OP >= OP_DUP1 && OP <= OP_DUP16)
inline constexpr auto run<OP> = [](uint256* top) { copy_word(top[1], top[OP_DUP1 - OP]); };
template <uint8_t OP>
    requires(OP >= OP_SWAP1 && OP <= OP_SWAP16)
inline constexpr auto run<OP> = [](uint256* top) { swap_words(top[0], top[OP_SWAP1 - 1 - OP]); };

template <uint8_t OP>
    requires(OP >= OP_LOG0 && OP <= OP_LOG4)
inline constexpr auto run<OP> = [](uint256* top, Frame& f, int64_t& gas) {
    if (f.message.is_static) return Status::static_violation;
    if (!use_memory(f, gas, top[0], top[-1])) return Status::out_of_gas;
    const uint64_t size = top[-1][0];
    gas -= GAS_LOG_BYTE * static_cast<int64_t>(size);
    if (gas < 0) return Status::out_of_gas;
    constexpr size_t COUNT = OP - OP_LOG0;
    std::array<Hash, COUNT> topics;
    for (size_t i = 0; i < COUNT; ++i) topics[i] = hash_of(*(top - 2 - i));
    f.host.emit_log(f.message.recipient, topics, memory_view(f, top[0], top[-1]));
    return NEXT;
};

// ---- frames; instructions_call.cpp

template <>
inline constexpr auto run<OP_CREATE> = [](Step& s, Frame& f) { return create<OP_CREATE>(s, f); };
template <>
inline constexpr auto run<OP_CREATE2> = [](Step& s, Frame& f) { return create<OP_CREATE2>(s, f); };
template <>
inline constexpr auto run<OP_CALL> = [](Step& s, Frame& f) { return call<OP_CALL>(s, f); };
template <>
inline constexpr auto run<OP_CALLCODE> = [](Step& s, Frame& f) { return call<OP_CALLCODE>(s, f); };
template <>
inline constexpr auto run<OP_DELEGATECALL> =
    [](Step& s, Frame& f) { return call<OP_DELEGATECALL>(s, f); };
template <>
inline constexpr auto run<OP_STATICCALL> =
    [](Step& s, Frame& f) { return call<OP_STATICCALL>(s, f); };
template <>
inline constexpr auto run<OP_SELFDESTRUCT> = [](Step& s, Frame& f) { return self_destruct(s, f); };

template <>
inline constexpr auto run<OP_STOP> = [](Step&, Frame&) { return Status::success; };
template <>
inline constexpr auto run<OP_RETURN> = [](uint256* top, Frame& f, int64_t& gas) {
    return end_with_output(top, f, gas, Status::success);
};
template <>
inline constexpr auto run<OP_REVERT> = [](uint256* top, Frame& f, int64_t& gas) {
    return end_with_output(top, f, gas, Status::revert);
};
template <>
inline constexpr auto run<OP_INVALID> = [](Step&, Frame&) { return Status::invalid_instruction; };

}  // namespace

}  // namespace scope::evm
