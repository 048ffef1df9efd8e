#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rpc/trace_recorder.hpp"

// geth's callTracer: the tree of a transaction's calls, also of those that run no code.

namespace scope::rpc {

struct CallLog {
    Address address;
    std::vector<Hash> topics;
    Bytes data;
    size_t index = 0;     ///< in the block
    size_t position = 0;  ///< calls of its frame before it
};

/// A call, a create or a SELFDESTRUCT, with those made inside it.
struct CallFrame {
    std::string_view type;  ///< as geth names it: "CALL", "CREATE2", ...
    Address from;
    std::optional<Address> to;     ///< nullopt: a create that failed
    std::optional<uint256> value;  ///< nullopt: STATICCALL
    uint64_t gas = 0;
    uint64_t gas_used = 0;
    Bytes input;
    Bytes output;
    evm::Status status = evm::Status::success;
    std::vector<CallFrame> calls;
    std::vector<CallLog> logs;
};

class CallTracer final : public TraceRecorder {
  public:
    explicit CallTracer(const TraceOptions& options) : options_(options) {}

    void begin(const Transaction& tx, const Address& /*sender*/,
               const execution::Environment& /*environment*/, const state::State& state,
               size_t logs_before) override {
        state_ = &state;
        gas_limit_ = tx.gas_limit;
        next_log_ = logs_before;
    }
    void end(const state::State& /*state*/) override { state_ = nullptr; }

    void on_call_start(const evm::Message& message) override;
    void on_call_end(const evm::CallResult& result) override;
    void on_instruction(const evm::TraceStep& step) override;
    void on_cost(int64_t gas_cost, int64_t gas_refund, std::optional<evm::Status> failure) override;
    void write(json::Appender& out, const execution::Outcome& outcome) override;
    /// Returns the outermost call, once the transaction has run. Throws RpcFailure if the trace is
    /// too large.
    [[nodiscard]] const CallFrame& root() const;

  private:
    [[nodiscard]] bool is_recording() const {
        return depth_ == 1 || (depth_ > 0 && !options_.only_top_call);
    }
    [[nodiscard]] std::string_view type_of(const evm::Message& message) const;
    void note_log(const evm::TraceStep& step);

    TraceOptions options_;
    const state::State* state_ = nullptr;
    uint64_t gas_limit_ = 0;
    size_t next_log_ = 0;
    size_t depth_ = 0;
    std::vector<CallFrame> open_;  // the outermost first; the last one ended stays
    uint8_t opcode_ = 0;           // the last one announced
    std::optional<CallFrame> destruction_;
    std::optional<CallLog> log_;
};

}  // namespace scope::rpc
