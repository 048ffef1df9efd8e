#include <map>

#include "base/hex.hpp"
#include "rpc/errors.hpp"
#include "rpc/trace_recorder.hpp"

// Struct logs: one entry for each instruction, as geth's debug_traceTransaction has them without a
// tracer's name.

namespace scope::rpc {

namespace {

using json::Appender;

/// geth's lines tell nothing of what an instruction finds as it runs.
bool is_found_before_it_runs(evm::Status failure) noexcept {
    return failure == evm::Status::out_of_gas || failure == evm::Status::stack_underflow ||
           failure == evm::Status::stack_overflow;
}

class StructLogger final : public TraceRecorder {
  public:
    explicit StructLogger(const TraceOptions& options) : options_(options) {}

    void begin(const Transaction& /*tx*/, const Address& /*sender*/,
               const execution::Environment& /*environment*/, const state::State& /*state*/,
               size_t /*logs_before*/) override {}
    void end(const state::State& /*state*/) override {}

    void on_transaction_start(int64_t gas_refund) override { refund_ = gas_refund; }
    void on_frame_start(const evm::Message& message, const evm::Code& code) override {
        FrameTracer::on_frame_start(message, code);
        base_refunds_.push_back(refund_);
    }
    void on_frame_end(const evm::CallResult& result) override {
        end_line();
        base_refunds_.pop_back();
        FrameTracer::on_frame_end(result);
    }
    void on_instruction(const evm::TraceStep& step) override;
    void on_cost(int64_t gas_cost, int64_t gas_refund, std::optional<evm::Status> failure) override;
    void write(Appender& out, const execution::Outcome& outcome) override;

  private:
    [[nodiscard]] bool is_recording() const {
        return options_.limit == 0 || logs_.size() <= options_.limit;
    }
    void append_state(const evm::TraceStep& step);
    void append_storage();
    void end_line();

    TraceOptions options_;
    Appender logs_;
    std::map<Address, std::map<Hash, Hash>> storage_;  // as far as it was seen
    std::vector<int64_t> base_refunds_;  // of the transaction, as each open frame began
    int64_t refund_ = 0;                 // of the transaction so far
    std::optional<Hash> slot_;           // of the SLOAD or SSTORE that runs
    Hash written_;                       // by that SSTORE
    bool is_load_ = false;
    bool is_open_ = false;  // a line is begun
};

/// The line of an SLOAD ends with what it has read: on top of the stack at the next instruction.
void StructLogger::on_instruction(const evm::TraceStep& step) {
    if (is_open_ && is_load_ && slot_ && !step.stack.empty())
        storage_[owner()][*slot_] = to_be(step.stack.back());
    end_line();
    if (!is_recording() || !spend(0)) return;
    is_open_ = true;
    const std::string_view name = evm::INSTRUCTIONS[step.opcode].name;
    logs_.begin_object();
    logs_.key("pc").number(step.pc);
    logs_.key("op");
    if (name.empty())
        logs_.string("opcode " + to_quantity(uint256{step.opcode}) + " not defined");
    else
        logs_.string(name);
    logs_.key("gas").number(static_cast<uint64_t>(step.gas_left));
    logs_.key("depth").number(static_cast<uint64_t>(step.depth) + 1);
    append_state(step);
    slot_ = options_.storage ? slot_named_by(step) : std::nullopt;
    is_load_ = step.opcode == evm::OP_SLOAD;
    if (slot_ && !is_load_) {
        const auto value = stack_word(step, 1);
        if (value)
            written_ = to_be(*value);
        else
            slot_.reset();
    }
}

void StructLogger::append_state(const evm::TraceStep& step) {
    if (options_.stack) {
        logs_.key("stack").begin_array();
        for (const uint256& word : step.stack) logs_.quantity(word);
        logs_.end_array();
    }
    if (options_.return_data && !step.return_data.empty())
        logs_.key("returnData").hex(step.return_data);
    if (options_.memory && !step.memory.empty()) {
        logs_.key("memory").begin_array();
        for (size_t at = 0; at < step.memory.size(); at += 32)
            logs_.hex(step.memory.subspan(at, 32));  // whole words
        logs_.end_array();
    }
}

void StructLogger::on_cost(int64_t gas_cost, int64_t gas_refund,
                           std::optional<evm::Status> failure) {
    refund_ = base_refunds_.back() + gas_refund;
    if (!is_open_) return;
    logs_.key("gasCost").number(static_cast<uint64_t>(gas_cost));
    if (failure && is_found_before_it_runs(*failure))
        logs_.key("error").string(status_text(*failure));
    if (refund_ > 0) logs_.key("refund").number(static_cast<uint64_t>(refund_));
    if (failure) slot_.reset();
    if (slot_ && !is_load_) storage_[owner()][*slot_] = written_;
    // Frames below come before the next instruction of this one.
    if (!is_load_ || !slot_) end_line();
}

void StructLogger::append_storage() {
    logs_.key("storage").begin_object();
    for (const auto& [key, value] : storage_[owner()]) logs_.hex_key(key).hex(value);
    logs_.end_object();
}

void StructLogger::end_line() {
    if (!is_open_) return;
    is_open_ = false;
    if (slot_) append_storage();
    slot_.reset();
    logs_.end_object();
    static constexpr size_t STEP_BYTES = 16;
    if (logs_.size() + STEP_BYTES > MAX_TRACE_BYTES) spend(MAX_TRACE_BYTES + 1);
}

void StructLogger::write(Appender& out, const execution::Outcome& outcome) {
    end_line();
    require_room();
    const bool tells = outcome.succeeded() || outcome.status == evm::Status::revert;
    out.begin_object();
    out.key("gas").number(outcome.gas_used);
    out.key("failed").boolean(!outcome.succeeded());
    out.key("returnValue").hex(tells ? BytesView{outcome.output} : BytesView{});
    out.key("structLogs").begin_array();
    out.raw(logs_.view());
    out.end_array();
    out.end_object();
}

}  // namespace

std::unique_ptr<TraceRecorder> make_struct_logger(const TraceOptions& options) {
    return std::make_unique<StructLogger>(options);
}

}  // namespace scope::rpc
