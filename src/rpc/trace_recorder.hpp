#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "execution/transaction.hpp"
#include "json/appender.hpp"
#include "rpc/frames.hpp"
#include "rpc/params.hpp"
#include "state/state.hpp"

namespace scope::rpc {

/// The most bytes that one trace records: a response can't have more either.
inline constexpr size_t MAX_TRACE_BYTES = size_t{24} << 20;

/// A tracer of one transaction whose result is JSON.
class TraceRecorder : public FrameTracer {
  public:
    /// Receives the transaction before it runs.
    /// @param state       As it runs on it; must live until `end`.
    /// @param logs_before  Of the same block.
    virtual void begin(const Transaction& tx, const Address& sender,
                       const execution::Environment& environment, const state::State& state,
                       size_t logs_before) = 0;
    /// Receives the state once it has run.
    virtual void end(const state::State& state) = 0;
    /// Appends the result. Throws RpcFailure if it is too large.
    virtual void write(json::Appender& out, const execution::Outcome& outcome) = 0;

  protected:
    /// Counts what is recorded; returns whether there is room for it.
    bool spend(size_t bytes) {
        is_full_ = is_full_ || bytes > left_;
        if (!is_full_) left_ -= bytes;
        return !is_full_;
    }
    void require_room() const {
        if (is_full_) fail(SERVER_ERROR, "the trace is larger than a response may be");
    }

  private:
    size_t left_ = MAX_TRACE_BYTES;
    bool is_full_ = false;
};

/// What debug_trace methods are asked for.
struct TraceOptions {
    std::string tracer;  ///< its name; empty: struct logs
    // struct logs
    bool memory = false;
    bool stack = true;
    bool storage = true;
    bool return_data = false;
    size_t limit = 0;  ///< bytes of JSON from which on no step is recorded; 0: none
    // callTracer
    bool only_top_call = false;
    bool with_log = false;
    // prestateTracer
    bool diff_mode = false;
    bool code = true;
    bool account_storage = true;
    bool include_empty = false;
};
/// Reads the options, also those of debug_traceCall; throws BadValue.
TraceOptions read_trace_options(Json value);

/// Returns the recorder of the options. Throws RpcFailure: there is no such tracer.
std::unique_ptr<TraceRecorder> make_recorder(const TraceOptions& options);

std::unique_ptr<TraceRecorder> make_struct_logger(const TraceOptions& options);
std::unique_ptr<TraceRecorder> make_call_tracer(const TraceOptions& options);
std::unique_ptr<TraceRecorder> make_prestate_tracer(const TraceOptions& options);

}  // namespace scope::rpc
