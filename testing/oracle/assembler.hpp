#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/uint256.hpp"
#include "evm/opcodes.hpp"

namespace scope::oracle {

/// An assembler that appends instructions; labels are known at the end.
class Assembler {
  public:
    using Label = size_t;

    Assembler& op(evm::Opcode opcode);
    Assembler& push(const uint256& value);
    Assembler& push(uint64_t value) { return push(uint256{value}); }
    /// Pushes the place of the label.
    Assembler& push_label(Label label);
    /// Pushes a word of memory.
    Assembler& load(uint64_t place) { return push(place).op(evm::OP_MLOAD); }
    /// Stores the top of the stack to memory.
    Assembler& store(uint64_t place) { return push(place).op(evm::OP_MSTORE); }

    Label label();
    /// Places a label to jump to.
    Assembler& at(Label label);
    /// Appends bytes that are not run.
    Assembler& data(Label label, BytesView bytes);
    Assembler& jump(Label label) { return push_label(label).op(evm::OP_JUMP); }
    /// Jumps if the top of the stack is not zero.
    Assembler& jump_if(Label label) { return push_label(label).op(evm::OP_JUMPI); }

    Bytes finish();

  private:
    Bytes code_;
    std::vector<size_t> labels_;
    std::vector<std::pair<size_t, Label>> uses_;
};

}  // namespace scope::oracle
