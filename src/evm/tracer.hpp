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
    int64_t gas_refund = 0;  ///< of this frame so far
    int depth = 0;           ///< 0 for the frame of a transaction
};

/// Follows execution. A frame without a tracer pays nothing for this.
///
/// For each instruction: on_instruction, then on_cost once its gas is known: for CALL and CREATE
/// that is before the frames below, with the gas that they are given; for others directly after.
class Tracer {
  public:
    virtual ~Tracer() = default;

    virtual void on_frame_start(const Message& /*message*/, const Code& /*code*/) {}
    virtual void on_instruction(const TraceStep& /*step*/) {}
    /// @param gas_cost  Gas of the instruction announced last.
    /// @param failure   Why it ended the frame, if it failed (not: STOP, RETURN, REVERT,
    /// SELFDESTRUCT). Then gas_cost is what was found due before the failure.
    virtual void on_cost(int64_t /*gas_cost*/, std::optional<Status> /*failure*/) {}
    virtual void on_frame_end(const CallResult& /*result*/) {}
};

}  // namespace scope::evm
