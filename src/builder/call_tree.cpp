#include "builder/call_tree.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"

namespace scope::builder {

std::string_view to_string(RefusalRule rule) noexcept {
    switch (rule) {
        case RefusalRule::unknown_chain:
            return "unknown_chain";
        case RefusalRule::transaction:
            return "transaction";
        case RefusalRule::operation:
            return "operation";
        case RefusalRule::fault:
            return "fault";
        case RefusalRule::blob_hash:
            return "blob_hash";
        case RefusalRule::transient_storage:
            return "transient_storage";
        case RefusalRule::settlement_read:
            return "settlement_read";
        case RefusalRule::submitter_balance:
            return "submitter_balance";
        case RefusalRule::coinbase_balance:
            return "coinbase_balance";
        case RefusalRule::gas_budget:
            return "gas_budget";
        case RefusalRule::underpaid:
            return "underpaid";
        case RefusalRule::too_deep:
            return "too_deep";
        case RefusalRule::execution_failed:
            return "execution_failed";
        case RefusalRule::execution_differs:
            return "execution_differs";
        case RefusalRule::streams_differ:
            return "streams_differ";
        case RefusalRule::escrow:
            return "escrow";
        case RefusalRule::scope_full:
            return "scope_full";
    }
    return "unknown";
}

size_t count_calls(const std::vector<CallTree>& calls) {
    size_t count = calls.size();
    for (const auto& call : calls) count += count_calls(call.calls);
    return count;
}

namespace {

void write_tree(std::string& out, const std::vector<CallTree>& calls, size_t depth) {
    for (const auto& call : calls) {
        out += fmt::format("\n{:{}}chain {} -> {}: {} calls {}, {} bytes, {}", "", 2 * depth,
                           to_decimal(call.request.source_chain_id),
                           to_decimal(call.request.target_chain_id), to_hex(call.request.from),
                           to_hex(call.request.to), call.request.data.size(),
                           call.success ? "ok" : "failed: " + describe_revert(call.output));
        write_tree(out, call.calls, depth + 1);
    }
}

}  // namespace

std::string Refusal::to_string() const {
    std::string out = fmt::format("{}: {}", builder::to_string(rule), reason);
    write_tree(out, calls, 1);
    return out;
}

}  // namespace scope::builder
