#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/uint256.hpp"
#include "evm/host.hpp"

namespace scope::evm {

/// The machine just before an instruction (EIP-3155). Everything is borrowed for the call.
struct TraceStep {
    uint64_t pc = 0;
    uint8_t opcode = 0;
    int64_t gas_left = 0;            ///< before the instruction
    std::span<const uint256> stack;  ///< bottom first
    BytesView memory;
    BytesView return_data;
    int depth = 0;  ///< 0 for the frame of a transaction
};

/// An observer of execution. A frame without a tracer pays nothing for this.
///
/// For each message, also one that runs no code: on_call_start, and on_call_end with its result;
/// between them those of the messages below it, and if it runs code its frame.
///
/// For each instruction: on_instruction, then on_cost once its gas is known: for CALL and CREATE
/// that is before the frames below, for others directly after. The gas that a CALL gives to its
/// frame is part of its cost, that of a CREATE is not: as other clients have it.
class Tracer {
  public:
    virtual ~Tracer() = default;

    /// Receives the start of a transaction, before its first frame.
    /// @param gas_refund  The refund for its authorizations (EIP-7702).
    virtual void on_transaction_start(int64_t /*gas_refund*/) {}
    virtual void on_call_start(const Message& /*message*/) {}
    virtual void on_call_end(const CallResult& /*result*/) {}
    virtual void on_frame_start(const Message& /*message*/, const Code& /*code*/) {}
    virtual void on_instruction(const TraceStep& /*step*/) {}
    /// Receives the gas of the instruction announced last.
    /// @param gas_cost    With a failure: what was found due before it.
    /// @param gas_refund  Of this frame so far, with that of this instruction.
    /// @param failure     The exceptional halt in which the instruction ended the frame; nullopt if
    ///                    it did not (also for STOP, RETURN, REVERT, SELFDESTRUCT).
    virtual void on_cost(int64_t /*gas_cost*/, int64_t /*gas_refund*/,
                         std::optional<Status> /*failure*/) {}
    virtual void on_frame_end(const CallResult& /*result*/) {}
};

}  // namespace scope::evm
