#include "rpc/scope_tree.hpp"

#include <algorithm>

#include "abi/abi.hpp"
#include "base/hex.hpp"

namespace scope::rpc {

using builder::CallTree;
using json::Appender;

namespace {

/// The largest number that every reader of JSON has exactly.
constexpr uint64_t MAX_EXACT = (uint64_t{1} << 53) - 1;

std::string function_of(BytesView data, const TreeNames& names) {
    if (names.function) return names.function(data);
    return to_hex(data.first(std::min(data.size(), abi::Selector::size())));
}

std::string output_text_of(const CallTree& call, const TreeNames& names) {
    if (!call.success)
        return names.error ? names.error(call.output) : builder::describe_revert(call.output);
    return names.output ? names.output(call.request.data, call.output) : std::string{};
}

void append_call(Appender& out, const CallTree& call, const TreeNames& names) {
    const auto& request = call.request;
    out.begin_object();
    append_chain(out.key("source"), request.source_chain_id);
    append_chain(out.key("target"), request.target_chain_id);
    out.key("from").hex(request.from);
    if (names.account)
        out.key("from_name").string(names.account(request.source_chain_id, request.from));
    out.key("to").hex(request.to);
    if (names.account)
        out.key("to_name").string(names.account(request.target_chain_id, request.to));
    out.key("kind").string(is_static(request) ? "static" : "call");
    out.key("function").string(function_of(request.data, names));
    out.key("data").hex(request.data);
    out.key("request_hash").hex(call.request_hash);
    out.key("value_wei").string(to_decimal(request.value));
    out.key("gas_limit").number(request.gas_limit[0]);
    out.key("gas_used").number(call.gas_used);
    out.key("success").boolean(call.success);
    out.key("kept").boolean(call.kept);
    out.key("output").hex(call.output);
    out.key("output_text").string(output_text_of(call, names));
    append_calls(out.key("calls"), call.calls, names);
    out.end_object();
}

void append_section(Appender& out, ChainId chain_id, const protocol::RootSection& section) {
    const auto& records = section.records;
    const auto kept = std::ranges::count_if(records, &protocol::Record::kept);
    const auto looked = std::ranges::count_if(
        records, [](const auto& record) { return is_static(record.request); });
    out.begin_object();
    append_chain(out.key("chain_id"), uint256{chain_id});
    out.key("fills").number(section.fills.size());
    out.key("records_kept").number(static_cast<uint64_t>(kept));
    out.key("records_static").number(static_cast<uint64_t>(looked));
    out.key("records_rolled_back").number(records.size() - static_cast<size_t>(kept + looked));
    out.key("fill_requests").begin_array();
    for (const auto& fill : section.fills) out.hex(fill.request_hash);
    out.end_array();
    out.key("record_requests").begin_array();
    for (const auto& record : records) out.hex(protocol::request_hash(record.request));
    out.end_array();
    out.end_object();
}

}  // namespace

void append_chain(Appender& out, const uint256& chain_id) {
    if (chain_id.fits_u64() && chain_id[0] <= MAX_EXACT)
        out.number(chain_id[0]);
    else
        out.string(to_decimal(chain_id));
}

void append_calls(Appender& out, const std::vector<CallTree>& calls, const TreeNames& names) {
    out.begin_array();
    for (const auto& call : calls) append_call(out, call, names);
    out.end_array();
}

void append_root_members(Appender& out, const builder::RootResult& root, const TreeNames& names) {
    append_chain(out.key("origin_chain"), root.context.root_chain_id);
    out.key("success").boolean(root.success);
    out.key("root_id").hex(root.root_id);
    out.key("operation_hash").hex(root.context.operation_hash);
    out.key("root_index").number(root.context.root_index[0]);
    out.key("gas_used").number(root.gas_used);
    out.key("output").hex(root.output);
    out.key("call_count").number(uint64_t{builder::count_calls(root.calls)});
    append_calls(out.key("calls"), root.calls, names);
    out.key("filled").begin_array();
    for (const auto& [chain_id, section] : root.plan) append_section(out, chain_id, section);
    out.end_array();
}

void append_root(Appender& out, const builder::RootResult& root, const TreeNames& names) {
    out.begin_object();
    append_root_members(out, root, names);
    out.end_object();
}

}  // namespace scope::rpc
