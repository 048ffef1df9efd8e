#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "evm/opcodes.hpp"
#include "evm/tracer.hpp"

// What the tracers have in common: whose code runs, and what an instruction names.

namespace scope::rpc {

inline Address address_of(const uint256& word) {
    return Address::from(BytesView{to_be(word)}.subspan(12));
}

/// Returns the n-th word from the top of the stack; nullopt if it is not that high.
inline std::optional<uint256> stack_word(const evm::TraceStep& step, size_t n) {
    if (step.stack.size() <= n) return std::nullopt;
    return step.stack[step.stack.size() - 1 - n];
}

/// Returns the slot that an SLOAD or SSTORE is about.
inline std::optional<Hash> slot_named_by(const evm::TraceStep& step) {
    if (step.opcode != evm::OP_SLOAD && step.opcode != evm::OP_SSTORE) return std::nullopt;
    const auto key = stack_word(step, 0);
    return key ? std::optional{to_be(*key)} : std::nullopt;
}

/// Returns the account that an instruction looks at or calls.
inline std::optional<Address> account_named_by(const evm::TraceStep& step) {
    std::optional<uint256> word;
    switch (step.opcode) {
        case evm::OP_EXTCODECOPY:
        case evm::OP_EXTCODEHASH:
        case evm::OP_EXTCODESIZE:
        case evm::OP_BALANCE:
        case evm::OP_SELFDESTRUCT:
            word = stack_word(step, 0);
            break;
        case evm::OP_CALL:
        case evm::OP_CALLCODE:
        case evm::OP_DELEGATECALL:
        case evm::OP_STATICCALL:
            if (step.stack.size() >= 5) word = stack_word(step, 1);
            break;
        default:
            break;
    }
    return word ? std::optional{address_of(*word)} : std::nullopt;
}

/// A tracer that knows whose storage the running code works on.
class FrameTracer : public evm::Tracer {
  public:
    void on_frame_start(const evm::Message& message, const evm::Code& /*code*/) override {
        owners_.push_back(message.recipient);
    }
    void on_frame_end(const evm::CallResult& /*result*/) override { owners_.pop_back(); }

  protected:
    /// REQUIRES: a frame runs.
    [[nodiscard]] const Address& owner() const { return owners_.back(); }

  private:
    std::vector<Address> owners_;
};

/// Returns bytes of a frame's memory, which has zeros where it was not grown to yet.
inline Bytes memory_bytes(const evm::TraceStep& step, const uint256& offset, const uint256& size) {
    constexpr uint64_t MOST = uint64_t{1} << 24;  // more costs more gas than there is
    if (!size.fits_u64() || size[0] > MOST || !offset.fits_u64()) return {};
    Bytes bytes(size[0]);
    const uint64_t from = std::min<uint64_t>(offset[0], step.memory.size());
    const auto there =
        step.memory.subspan(from).first(std::min<uint64_t>(size[0], step.memory.size() - from));
    std::ranges::copy(there, bytes.begin());
    return bytes;
}

}  // namespace scope::rpc
