#include "rpc/trace_recorder.hpp"

#include <fmt/format.h>

namespace scope::rpc {

namespace {

void read_tracer_config(TraceOptions& options, Json value) {
    for (const auto& [key, content] : read_object(value)) {
        const std::string_view name = key;
        if (content.is_null()) continue;
        const auto flag = [&, member = content] { return read_member(name, member, read_boolean); };
        if (name == "onlyTopCall") options.only_top_call = flag();
        if (name == "withLog") options.with_log = flag();
        if (name == "diffMode") options.diff_mode = flag();
        if (name == "disableCode") options.code = !flag();
        if (name == "disableStorage") options.account_storage = !flag();
        if (name == "includeEmpty") options.include_empty = flag();
    }
}

}  // namespace

TraceOptions read_trace_options(Json value) {
    TraceOptions options;
    for (const auto& [key, content] : read_object(value)) {
        const std::string_view name = key;
        if (content.is_null()) continue;
        const auto flag = [&, member = content] { return read_member(name, member, read_boolean); };
        if (name == "tracer") options.tracer = read_member(name, content, read_text);
        if (name == "enableMemory") options.memory = flag();
        if (name == "disableMemory") options.memory = !flag();  // as before geth 1.10
        if (name == "disableStack") options.stack = !flag();
        if (name == "disableStorage") options.storage = !flag();
        if (name == "enableReturnData") options.return_data = flag();
        if (name == "disableReturnData") options.return_data = !flag();
        if (name == "limit")
            options.limit = read_member(name, content, [](Json number) {
                const uint256 limit = read_loose_quantity(number);
                return limit.fits_u64() ? static_cast<size_t>(limit[0]) : SIZE_MAX;
            });
        if (name == "tracerConfig")
            read_member(name, content, [&](Json config) {
                read_tracer_config(options, config);
                return true;
            });
    }
    return options;
}

std::unique_ptr<TraceRecorder> make_recorder(const TraceOptions& options) {
    if (options.tracer.empty()) return make_struct_logger(options);
    if (options.tracer == "callTracer") return make_call_tracer(options);
    if (options.tracer == "prestateTracer") {
        if (options.diff_mode && options.include_empty)
            fail(SERVER_ERROR, "cannot use diffMode with includeEmpty");
        return make_prestate_tracer(options);
    }
    fail(SERVER_ERROR,
         fmt::format("tracer not found: {}; there are callTracer, prestateTracer and, without a "
                     "name, struct logs",
                     options.tracer));
}

}  // namespace scope::rpc
