#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "evm/tracer.hpp"

namespace scope::interchange {

/// A tracer that prints each instruction of one transaction as one line of JSON (EIP-3155).
///
/// As in other clients, `refund` is the transaction's, as it stands once the instruction is paid.
/// A line that can't be written is lost; ferror tells.
class TracePrinter final : public evm::Tracer {
  public:
    /// The optional fields of a line.
    struct Fields {
        bool stack = true;
        bool memory = false;
        bool return_data = false;
    };
    explicit TracePrinter(std::FILE* out) noexcept : TracePrinter(out, Fields{}) {}
    TracePrinter(std::FILE* out, Fields fields) noexcept : out_(out), fields_(fields) {}

    void on_transaction_start(int64_t gas_refund) override { refund_ = gas_refund; }
    void on_frame_start(const evm::Message& message, const evm::Code& code) override;
    void on_instruction(const evm::TraceStep& step) override;
    void on_cost(int64_t gas_cost, int64_t gas_refund, std::optional<evm::Status> failure) override;
    void on_frame_end(const evm::CallResult& result) override;

    /// Prints the line after the last instruction of a transaction.
    void print_outcome(BytesView output, uint64_t gas_used);

  private:
    void print(const std::string& text) const;

    std::FILE* out_;
    Fields fields_;
    int64_t refund_ = 0;                 // of the transaction so far
    std::vector<int64_t> base_refunds_;  // of it, as each open frame began
    std::string head_;                   // of the line whose cost is not known yet
    std::string tail_;
    std::string_view name_;
    int depth_ = 0;
};

}  // namespace scope::interchange
