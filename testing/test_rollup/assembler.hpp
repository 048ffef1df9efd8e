#pragma once

#include <functional>
#include <initializer_list>

#include "base/bytes.hpp"
#include "base/uint256.hpp"
#include "evm/opcodes.hpp"

namespace scope::rollup::test {

/// Code word by word; jumps only to the end of a block, or to the beginning of what it repeats.
class Assembler {
  public:
    Assembler& op(std::initializer_list<uint8_t> opcodes) {
        code_.insert(code_.end(), opcodes);
        return *this;
    }
    Assembler& raw(BytesView code) {
        append(code_, code);
        return *this;
    }
    Assembler& push(BytesView bytes) {
        code_.push_back(static_cast<uint8_t>(evm::OP_PUSH0 + bytes.size()));
        append(code_, bytes);
        return *this;
    }
    Assembler& push(uint64_t value) { return push(BytesView{to_be(uint256{value})}.last(8)); }
    /// Runs the body if the top of the stack is not zero. The body must end the frame.
    Assembler& when(const std::function<void()>& body) {
        op({evm::OP_ISZERO, evm::OP_PUSH0 + 2});
        const size_t place = code_.size();
        op({0, 0, evm::OP_JUMPI});
        body();
        code_[place] = static_cast<uint8_t>(code_.size() >> 8);
        code_[place + 1] = static_cast<uint8_t>(code_.size());
        return op({evm::OP_JUMPDEST});
    }
    /// Runs the body so many times. The body must leave the stack as it was.
    Assembler& times(uint64_t count, const std::function<void()>& body) {
        push(count);
        const size_t place = code_.size();
        op({evm::OP_JUMPDEST});
        body();
        op({evm::OP_PUSH0 + 1, 1, evm::OP_SWAP1, evm::OP_SUB, evm::OP_DUP1});
        op({evm::OP_PUSH0 + 2, static_cast<uint8_t>(place >> 8), static_cast<uint8_t>(place)});
        return op({evm::OP_JUMPI, evm::OP_POP});
    }
    Assembler& when_called(const Bytes& calldata, const std::function<void()>& body) {
        push(0).op({evm::OP_CALLDATALOAD}).push(224).op({evm::OP_SHR});
        push(BytesView{calldata}.first(4)).op({evm::OP_EQ});
        return when(body);
    }
    Assembler& store(uint64_t slot) { return push(slot).op({evm::OP_SSTORE}); }
    Assembler& load(uint64_t slot) { return push(slot).op({evm::OP_SLOAD}); }
    Assembler& argument(uint64_t word) { return push(4 + 32 * word).op({evm::OP_CALLDATALOAD}); }
    Assembler& to_memory(uint64_t word) { return push(32 * word).op({evm::OP_MSTORE}); }
    Assembler& give_back(uint64_t words) { return push(32 * words).push(0).op({evm::OP_RETURN}); }

    Bytes take() { return std::move(code_); }

  private:
    Bytes code_;
};

}  // namespace scope::rollup::test
