#include "oracle/assembler.hpp"

namespace scope::oracle {

using namespace evm;

Assembler& Assembler::op(Opcode opcode) {
    code_.push_back(static_cast<uint8_t>(opcode));
    return *this;
}

Assembler& Assembler::push(const uint256& value) {
    const unsigned size = significant_bytes(value);
    code_.push_back(static_cast<uint8_t>(OP_PUSH0 + size));
    append(code_, BytesView{to_be(value)}.subspan(32 - size));
    return *this;
}

Assembler& Assembler::push_label(Label label) {
    code_.push_back(static_cast<uint8_t>(OP_PUSH0 + 2));
    uses_.emplace_back(code_.size(), label);
    code_.insert(code_.end(), 2, 0);
    return *this;
}

Assembler::Label Assembler::label() {
    labels_.push_back(0);
    return labels_.size() - 1;
}

Assembler& Assembler::at(Label label) {
    labels_[label] = code_.size();
    return op(OP_JUMPDEST);
}

Assembler& Assembler::data(Label label, BytesView bytes) {
    labels_[label] = code_.size();
    append(code_, bytes);
    return *this;
}

Bytes Assembler::finish() {
    for (const auto& [place, label] : uses_) {
        code_[place] = static_cast<uint8_t>(labels_[label] >> 8);
        code_[place + 1] = static_cast<uint8_t>(labels_[label]);
    }
    return std::move(code_);
}

}  // namespace scope::oracle
