#include "interchange/trace_printer.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "evm/opcodes.hpp"

namespace scope::interchange {

void TracePrinter::on_instruction(const evm::TraceStep& step) {
    const std::string_view name = evm::INSTRUCTIONS[step.opcode].name;
    head_ = fmt::format(R"({{"pc":{},"op":{},"gas":"0x{:x}")", step.pc, step.opcode, step.gas_left);
    tail_ = fmt::format(R"(,"memSize":{})", step.memory.size());
    if (fields_.memory) tail_ += fmt::format(R"(,"memory":"{}")", to_hex(step.memory));
    if (fields_.stack) {
        tail_ += R"(,"stack":[)";
        for (size_t i = 0; i < step.stack.size(); ++i) {
            if (i != 0) tail_ += ',';
            tail_ += '"' + to_quantity(step.stack[i]) + '"';
        }
        tail_ += ']';
    }
    if (fields_.return_data)
        tail_ += fmt::format(R"(,"returnData":"{}")", to_hex(step.return_data));
    name_ = name.empty() ? "INVALID" : name;
    depth_ = step.depth + 1;
}

void TracePrinter::on_cost(int64_t gas_cost, int64_t gas_refund,
                           std::optional<evm::Status> failure) {
    refund_ = base_refunds_.back() + gas_refund;
    std::string line =
        fmt::format(R"({},"gasCost":"0x{:x}"{},"depth":{},"refund":{},"opName":"{}")", head_,
                    gas_cost, tail_, depth_, refund_, name_);
    if (failure) line += fmt::format(R"(,"error":"{}")", evm::to_string(*failure));
    print(line + "}\n");
}

void TracePrinter::on_frame_start(const evm::Message& /*message*/, const evm::Code& /*code*/) {
    base_refunds_.push_back(refund_);
}

void TracePrinter::on_frame_end(const evm::CallResult& /*result*/) {
    base_refunds_.pop_back();
}

void TracePrinter::print_outcome(BytesView output, uint64_t gas_used) {
    print(fmt::format(R"({{"output":"{}","gasUsed":"0x{:x}"}})"
                      "\n",
                      to_hex(output), gas_used));
}

void TracePrinter::print(const std::string& text) const {
    (void)std::fputs(text.c_str(), out_);
}

}  // namespace scope::interchange
