#include "fuzz_evm/assembler.hpp"

#include <algorithm>

namespace scope::fuzz_evm {

using namespace evm;

void Assembler::push(const uint256& value) {
    const Hash word = to_be(value);
    const auto first = std::ranges::find_if(word, [](uint8_t byte) { return byte != 0; });
    const auto size = static_cast<size_t>(word.end() - first);
    code_.push_back(static_cast<uint8_t>(OP_PUSH0 + size));
    append(code_, BytesView{word}.last(size));
}

void Assembler::push(const Address& address) {
    code_.push_back(OP_PUSH0 + 20);
    append(code_, address);
}

Assembler::Label Assembler::make_label() {
    labels_.push_back(0);
    return labels_.size() - 1;
}

void Assembler::push_placeholder(std::vector<Fix>& fixes, size_t target) {
    code_.push_back(OP_PUSH1 + 1);
    fixes.push_back({code_.size(), target});
    code_.insert(code_.end(), 2, 0);
}

void Assembler::push_label(Label label) {
    push_placeholder(label_fixes_, label);
}

void Assembler::place(Label label) {
    labels_[label] = code_.size();
    op(OP_JUMPDEST);
}

void Assembler::copy_data(BytesView data, uint64_t memory_offset) {
    push(uint256{data.size()});
    push_placeholder(data_fixes_, data_.size());
    push(uint256{memory_offset});
    op(OP_CODECOPY);
    append(data_, data);
}

void Assembler::resolve(const Fix& fix, size_t value) {
    code_[fix.at] = static_cast<uint8_t>(value >> 8);
    code_[fix.at + 1] = static_cast<uint8_t>(value);
}

Bytes Assembler::finish() {
    for (const Fix& fix : label_fixes_) resolve(fix, labels_[fix.target]);
    for (const Fix& fix : data_fixes_) resolve(fix, code_.size() + fix.target);
    append(code_, data_);
    return std::move(code_);
}

}  // namespace scope::fuzz_evm
