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
    tail_ += fmt::format(R"(,"depth":{},"refund":{},"opName":"{}")", step.depth + 1,
                         step.gas_refund, name.empty() ? "INVALID" : name);
}

void TracePrinter::on_cost(int64_t gas_cost, std::optional<evm::Status> failure) {
    fmt::print(out_, R"({},"gasCost":"0x{:x}"{})", head_, gas_cost, tail_);
    if (failure) fmt::print(out_, R"(,"error":"{}")", evm::to_string(*failure));
    fmt::print(out_, "}}\n");
}

void TracePrinter::print_outcome(BytesView output, uint64_t gas_used) {
    fmt::print(out_,
               R"({{"output":"{}","gasUsed":"0x{:x}"}})"
               "\n",
               to_hex(output), gas_used);
}

}  // namespace scope::interchange
