#pragma once

#include <array>
#include <optional>

#include "base/bytes.hpp"
#include "base/uint256.hpp"

namespace scope::evm {

enum class CallKind : uint8_t { call, callcode, delegatecall, create, create2 };

/// The input of one frame (Yellow Paper, section 9.3: I).
struct Message {
    CallKind kind = CallKind::call;
    bool is_static = false;
    int depth = 0;  ///< 0 for the frame of a transaction, at most 1024
    int64_t gas = 0;
    /// What the frame that sends it has left meanwhile, which may be nothing; nullopt: no frame does.
    std::optional<int64_t> gas_kept;
    Address recipient;  ///< owner of storage and balance; unset for creates
    Address sender;     ///< CALLER
    /// Owner of the code; differs from recipient in CALLCODE and DELEGATECALL. As the instruction
    /// names it: the host follows its delegation (EIP-7702), for which the interpreter has charged.
    Address code_address;
    BytesView input;  ///< call data, or init code of a create; borrowed for the call
    uint256 value;    ///< CALLVALUE; moved unless the kind is delegatecall
    Hash salt;        ///< create2 only
};

/// The end of a frame. All but success and revert are exceptional halts, which consume all gas of
/// the frame.
enum class Status : uint8_t {
    success,
    revert,
    out_of_gas,
    invalid_instruction,
    undefined_instruction,
    stack_underflow,
    stack_overflow,
    bad_jump_destination,
    invalid_memory_access,  ///< RETURNDATACOPY out of bounds
    static_violation,
    call_depth_exceeded,
    insufficient_balance,
    nonce_overflow,           ///< the creator's nonce is 2^64-1
    address_collision,        ///< a create's address is taken
    code_size_exceeded,       ///< EIP-170
    init_code_size_exceeded,  ///< EIP-3860
    invalid_code,             ///< EIP-3541: code starting with 0xef
    precompile_failure,
    aborted,  ///< by the host: the frames around halt with it too, all at once
};

/// Returns the status in human-readable words.
constexpr const char* to_string(Status status) noexcept {
    constexpr std::array NAMES = {
        "success",
        "revert",
        "out of gas",
        "invalid instruction",
        "undefined instruction",
        "stack underflow",
        "stack overflow",
        "bad jump destination",
        "invalid memory access",
        "static violation",
        "call depth exceeded",
        "insufficient balance",
        "nonce overflow",
        "address collision",
        "code size exceeded",
        "init code size exceeded",
        "invalid code",
        "precompile failure",
        "aborted",
    };
    static_assert(NAMES.size() == static_cast<size_t>(Status::aborted) + 1);
    const auto index = static_cast<size_t>(status);
    return index < NAMES.size() ? NAMES[index] : "unknown status";
}

struct CallResult {
    Status status = Status::success;
    int64_t gas_left = 0;    ///< 0 unless success or revert
    int64_t gas_refund = 0;  ///< of this frame and those below; 0 unless success; may be negative
    Bytes output;            ///< return data or revert data; empty for a create that succeeded
    Address created;         ///< create and create2 that succeeded
};

}  // namespace scope::evm
