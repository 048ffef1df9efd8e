#include "rpc/call_tracer.hpp"

#include "base/hex.hpp"
#include "rpc/errors.hpp"

namespace scope::rpc {

using json::Appender;

namespace {

constexpr size_t FRAME_BYTES = 400;  // of JSON, beside its data

void append(Appender& out, const CallFrame& frame, bool is_undone) {
    const bool failed = frame.status != evm::Status::success;
    out.begin_object();
    out.key("type").string(frame.type);
    out.key("from").hex(frame.from);
    if (frame.to) out.key("to").hex(*frame.to);
    if (frame.value) out.key("value").quantity(*frame.value);
    out.key("gas").quantity(frame.gas);
    out.key("gasUsed").quantity(frame.gas_used);
    out.key("input").hex(frame.input);
    if (!frame.output.empty()) out.key("output").hex(frame.output);
    if (failed) out.key("error").string(status_text(frame.status));
    if (frame.status == evm::Status::revert)
        if (const auto reason = revert_reason(frame.output))
            out.key("revertReason").string(*reason);
    if (!frame.calls.empty()) {
        out.key("calls").begin_array();
        for (const auto& call : frame.calls) append(out, call, is_undone || failed);
        out.end_array();
    }
    if (!frame.logs.empty() && !is_undone && !failed) {
        out.key("logs").begin_array();
        for (const auto& log : frame.logs) {
            out.begin_object();
            out.key("address").hex(log.address);
            out.key("topics").begin_array();
            for (const Hash& topic : log.topics) out.hex(topic);
            out.end_array();
            out.key("data").hex(log.data);
            out.key("index").quantity(log.index);
            out.key("position").quantity(log.position);
            out.end_object();
        }
        out.end_array();
    }
    out.end_object();
}

}  // namespace

/// The instruction that sends a message says what it is; a transaction, and what a simulation has a
/// contract served with, is none.
std::string_view CallTracer::type_of(const evm::Message& message) const {
    switch (message.kind) {
        case evm::CallKind::create:
            return "CREATE";
        case evm::CallKind::create2:
            return "CREATE2";
        case evm::CallKind::delegatecall:
            return "DELEGATECALL";
        case evm::CallKind::callcode:
            return "CALLCODE";
        case evm::CallKind::call:
            return depth_ > 1 && opcode_ == evm::OP_STATICCALL ? "STATICCALL" : "CALL";
    }
    return "CALL";
}

void CallTracer::on_call_start(const evm::Message& message) {
    ++depth_;
    if (!is_recording() || !spend(FRAME_BYTES + 2 * message.input.size())) return;
    const bool is_delegated = message.kind == evm::CallKind::delegatecall;
    CallFrame frame{.type = type_of(message),
                    .from = is_delegated ? message.recipient : message.sender,
                    .to = message.code_address,
                    .value = message.value,
                    .gas = depth_ == 1 ? gas_limit_ : static_cast<uint64_t>(message.gas),
                    .input = to_bytes(message.input)};
    if (frame.type == "STATICCALL") frame.value.reset();
    if (frame.type.starts_with("CREATE")) frame.to.reset();
    open_.push_back(std::move(frame));
}

void CallTracer::on_call_end(const evm::CallResult& result) {
    const bool was_recording = is_recording();
    --depth_;
    if (!was_recording || !spend(2 * result.output.size())) return;
    CallFrame& frame = open_.back();
    frame.status = result.status;
    frame.gas_used = frame.gas - static_cast<uint64_t>(result.gas_left);
    if (result.status == evm::Status::success || result.status == evm::Status::revert)
        frame.output = result.output;
    if (frame.type.starts_with("CREATE") && result.status == evm::Status::success) {
        frame.to = result.created;
        frame.output = state_->code(result.created)->bytes;
    }
    if (depth_ == 0) return;
    CallFrame ended = std::move(frame);
    open_.pop_back();
    open_.back().calls.push_back(std::move(ended));
}

void CallTracer::on_instruction(const evm::TraceStep& step) {
    opcode_ = step.opcode;
    if (!is_recording() || !spend(0)) return;
    if (step.opcode == evm::OP_SELFDESTRUCT && !options_.only_top_call) {
        const auto to = account_named_by(step);
        if (to)
            destruction_ = {.type = "SELFDESTRUCT",
                            .from = owner(),
                            .to = to,
                            .value = state_->balance(owner())};
    }
    if (options_.with_log && step.opcode >= evm::OP_LOG0 && step.opcode <= evm::OP_LOG0 + 4)
        note_log(step);
}

void CallTracer::note_log(const evm::TraceStep& step) {
    const size_t topics = step.opcode - evm::OP_LOG0;
    if (step.stack.size() < 2 + topics) return;
    const uint256 size = *stack_word(step, 1);
    if (!size.fits_u64() || !spend(FRAME_BYTES + 2 * std::min<uint64_t>(size[0], MAX_TRACE_BYTES)))
        return;
    log_ = {.address = owner(),
            .data = memory_bytes(step, *stack_word(step, 0), size),
            .position = open_.back().calls.size()};
    for (size_t i = 0; i < topics; ++i) log_->topics.push_back(to_be(*stack_word(step, 2 + i)));
}

/// What an instruction announced it has done once it is paid.
void CallTracer::on_cost(int64_t /*gas_cost*/, int64_t /*gas_refund*/,
                         std::optional<evm::Status> failure) {
    if (destruction_ && !failure && spend(FRAME_BYTES))
        open_.back().calls.push_back(std::move(*destruction_));
    if (log_ && !failure) {
        log_->index = next_log_++;
        open_.back().logs.push_back(std::move(*log_));
    }
    destruction_.reset();
    log_.reset();
}

const CallFrame& CallTracer::root() const {
    require_room();
    if (open_.size() != 1) fail(INTERNAL_ERROR, "the trace has no outermost call");
    return open_.front();
}

void CallTracer::write(Appender& out, const execution::Outcome& outcome) {
    CallFrame frame = root();
    frame.gas_used = outcome.gas_used;
    append(out, frame, false);
}

std::unique_ptr<TraceRecorder> make_call_tracer(const TraceOptions& options) {
    return std::make_unique<CallTracer>(options);
}

}  // namespace scope::rpc
