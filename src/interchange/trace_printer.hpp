#pragma once

#include <cstdio>
#include <string>

#include "evm/tracer.hpp"

namespace scope::interchange {

/// Prints each instruction as one line of JSON (EIP-3155).
class TracePrinter final : public evm::Tracer {
  public:
    /// What a line says of the machine beside what it always says.
    struct Fields {
        bool stack = true;
        bool memory = false;
        bool return_data = false;
    };
    explicit TracePrinter(std::FILE* out) noexcept : TracePrinter(out, Fields{}) {}
    TracePrinter(std::FILE* out, Fields fields) noexcept : out_(out), fields_(fields) {}

    void on_instruction(const evm::TraceStep& step) override;
    void on_cost(int64_t gas_cost, std::optional<evm::Status> failure) override;

    /// The line after the last instruction of a transaction.
    void print_outcome(BytesView output, uint64_t gas_used);

  private:
    std::FILE* out_;
    Fields fields_;
    std::string head_;  // of the line whose cost is not known yet
    std::string tail_;
};

}  // namespace scope::interchange
