#include "trace_printer.hpp"

#include <fmt/format.h>

#include "evm/opcodes.hpp"

namespace scope::app {

void TracePrinter::on_instruction(const evm::TraceStep& step) {
    const std::string_view name = evm::INSTRUCTIONS[step.opcode].name;
    head_ = fmt::format(R"({{"pc":{},"op":{},"gas":"0x{:x}")", step.pc, step.opcode, step.gas_left);
    tail_ = fmt::format(R"(,"memSize":{},"stack":[)", step.memory.size());
    for (size_t i = 0; i < step.stack.size(); ++i) {
        if (i != 0) tail_ += ',';
        tail_ += '"' + to_quantity(step.stack[i]) + '"';
    }
    tail_ += fmt::format(R"(],"depth":{},"refund":{},"opName":"{}")", step.depth + 1,
                         step.gas_refund, name.empty() ? "INVALID" : name);
}

void TracePrinter::on_cost(int64_t gas_cost, std::optional<evm::Status> failure) {
    fmt::print(out_, R"({},"gasCost":"0x{:x}"{})", head_, gas_cost, tail_);
    if (failure) fmt::print(out_, R"(,"error":"{}")", evm::to_string(*failure));
    fmt::print(out_, "}}\n");
}

}  // namespace scope::app
