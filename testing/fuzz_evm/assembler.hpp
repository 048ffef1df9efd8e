#pragma once

#include <utility>
#include <vector>

#include "base/uint256.hpp"
#include "evm/opcodes.hpp"

namespace scope::fuzz_evm {

/// An assembler of bytecode: numbers, jump labels, and data behind the code that CODECOPY reads.
class Assembler {
  public:
    using Label = size_t;

    void op(evm::Opcode opcode) { code_.push_back(opcode); }
    void raw(BytesView bytes) { append(code_, bytes); }
    /// Appends the shortest PUSH.
    void push(const uint256& value);
    /// Appends PUSH20, whatever the address.
    void push(const Address& address);
    void push(Label label) = delete;

    Label make_label();
    void push_label(Label label);
    /// Appends a JUMPDEST that the label names.
    void place(Label label);
    /// Appends code that copies @p data to memory.
    void copy_data(BytesView data, uint64_t memory_offset);

    [[nodiscard]] size_t size() const noexcept { return code_.size(); }
    /// Returns the code with its data, labels resolved; those that were not placed are 0.
    [[nodiscard]] Bytes finish();

  private:
    struct Fix {
        size_t at;  // of a PUSH2's operand
        size_t target;
    };
    void push_placeholder(std::vector<Fix>& fixes, size_t target);
    void resolve(const Fix& fix, size_t value);

    Bytes code_;
    std::vector<size_t> labels_;
    std::vector<Fix> label_fixes_;
    Bytes data_;
    std::vector<Fix> data_fixes_;
};

}  // namespace scope::fuzz_evm
