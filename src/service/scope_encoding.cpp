#include "service/scope_encoding.hpp"

#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

namespace scope::protocol {

constexpr auto rlp_fields(const Mark*) {
    return std::tuple{&Mark::chain_id, &Mark::trace};
}
constexpr auto rlp_fields(const Fill*) {
    return std::tuple{&Fill::chain_id, &Fill::request_hash, &Fill::response};
}
constexpr auto rlp_fields(const Limit*) {
    return std::tuple{&Limit::chain_id, &Limit::value};
}

}  // namespace scope::protocol

namespace scope::service {

namespace {

using builder::CallTree;
using builder::RootResult;

struct EncodedRequest {
    Hash root_id;
    uint64_t kind = 0;
    uint256 source_chain_id;
    uint256 target_chain_id;
    Address from;
    uint256 nonce;
    protocol::Marks marks;
    uint256 depth;
    uint256 variant;
    Address to;
    uint256 value;
    uint256 gas_limit;
    Bytes data;
};
constexpr auto rlp_fields(const EncodedRequest*) {
    using R = EncodedRequest;
    return std::tuple{&R::root_id, &R::kind,  &R::source_chain_id, &R::target_chain_id,
                      &R::from,    &R::nonce, &R::marks,           &R::depth,
                      &R::variant, &R::to,    &R::value,           &R::gas_limit,
                      &R::data};
}
struct EncodedCall {
    EncodedRequest request;
    Hash request_hash;
    bool success = false;
    Bytes output;
    uint64_t gas_used = 0;
    bool kept = false;
    uint64_t children = 0;
};
constexpr auto rlp_fields(const EncodedCall*) {
    using C = EncodedCall;
    return std::tuple{&C::request,  &C::request_hash, &C::success, &C::output,
                      &C::gas_used, &C::kept,         &C::children};
}
struct EncodedRecord {
    EncodedRequest request;
    Hash raw_response_hash;
    bool kept = false;
};
constexpr auto rlp_fields(const EncodedRecord*) {
    return std::tuple{&EncodedRecord::request, &EncodedRecord::raw_response_hash,
                      &EncodedRecord::kept};
}
struct EncodedSection {
    ChainId chain_id;
    std::vector<protocol::Limit> limits;
    std::vector<protocol::Fill> fills;
    std::vector<EncodedRecord> records;
};
constexpr auto rlp_fields(const EncodedSection*) {
    return std::tuple{&EncodedSection::chain_id, &EncodedSection::limits, &EncodedSection::fills,
                      &EncodedSection::records};
}
struct EncodedRoot {
    uint256 root_chain_id;
    Hash operation_hash;
    uint256 root_index;
    Hash root_id;
    bool success = false;
    Bytes output;
    Hash outcome;
    uint64_t gas_used = 0;
    std::vector<EncodedCall> calls;
    std::vector<EncodedSection> plan;
    std::vector<uint64_t> environment;
};
constexpr auto rlp_fields(const EncodedRoot*) {
    using R = EncodedRoot;
    return std::tuple{&R::root_chain_id, &R::operation_hash, &R::root_index, &R::root_id,
                      &R::success,       &R::output,         &R::outcome,    &R::gas_used,
                      &R::calls,         &R::plan,           &R::environment};
}

EncodedRequest to_encoded(const protocol::Request& request) {
    return {request.root_id,
            static_cast<uint64_t>(request.kind),
            request.source_chain_id,
            request.target_chain_id,
            request.from,
            request.nonce,
            request.marks,
            request.depth,
            request.variant,
            request.to,
            request.value,
            request.gas_limit,
            request.data};
}

std::optional<protocol::Request> from_encoded(EncodedRequest request) {
    if (request.kind > static_cast<uint64_t>(protocol::CallKind::static_call)) return std::nullopt;
    return protocol::Request{request.root_id,
                             static_cast<protocol::CallKind>(request.kind),
                             request.source_chain_id,
                             request.target_chain_id,
                             request.from,
                             request.nonce,
                             std::move(request.marks),
                             request.depth,
                             request.variant,
                             request.to,
                             request.value,
                             request.gas_limit,
                             std::move(request.data)};
}

void append(std::vector<EncodedCall>& out, const std::vector<CallTree>& calls) {
    for (const auto& call : calls) {
        out.push_back({to_encoded(call.request), call.request_hash, call.success, call.output,
                       call.gas_used, call.kept, call.calls.size()});
        append(out, call.calls);
    }
}

/// Takes so many trees from the front of what is left.
std::optional<std::vector<CallTree>> take(std::span<EncodedCall>& rest, uint64_t count,
                                          uint64_t depth) {
    std::vector<CallTree> calls;
    if (count == 0) return calls;
    if (count > rest.size() || depth > protocol::MAX_DEPTH) return std::nullopt;
    for (; count > 0; --count) {
        if (rest.empty()) return std::nullopt;
        auto& encoded = rest.front();
        rest = rest.subspan(1);
        auto request = from_encoded(std::move(encoded.request));
        auto inside = take(rest, encoded.children, depth + 1);
        if (!request || !inside) return std::nullopt;
        calls.push_back({std::move(*request), encoded.request_hash, encoded.success,
                         std::move(encoded.output), encoded.gas_used, encoded.kept,
                         std::move(*inside)});
    }
    return calls;
}

EncodedRoot to_encoded(const RootResult& root) {
    EncodedRoot out{root.context.root_chain_id,
                    root.context.operation_hash,
                    root.context.root_index,
                    root.root_id,
                    root.success,
                    root.output,
                    root.outcome,
                    root.gas_used,
                    {},
                    {},
                    {}};
    append(out.calls, root.calls);
    for (const auto& [chain_id, section] : root.plan) {
        auto& encoded =
            out.plan.emplace_back(EncodedSection{chain_id, section.limits, section.fills, {}});
        for (const auto& record : section.records)
            encoded.records.push_back(
                {to_encoded(record.request), record.raw_response_hash, record.kept});
    }
    for (const auto field : root.environment)
        out.environment.push_back(uint64_t{static_cast<uint8_t>(field)});
    return out;
}

std::optional<RootResult> from_encoded(EncodedRoot in) {
    RootResult root{.context = {in.root_chain_id, in.operation_hash, in.root_index},
                    .root_id = in.root_id,
                    .success = in.success,
                    .output = std::move(in.output),
                    .outcome = in.outcome,
                    .gas_used = in.gas_used,
                    .calls = {},
                    .plan = {},
                    .environment = {}};
    std::span<EncodedCall> rest{in.calls};
    while (!rest.empty()) {
        auto calls = take(rest, 1, 1);
        if (!calls) return std::nullopt;
        root.calls.push_back(std::move(calls->front()));
    }
    for (auto& encoded : in.plan) {
        protocol::RootSection section{std::move(encoded.limits), std::move(encoded.fills), {}};
        for (auto& record : encoded.records) {
            auto request = from_encoded(std::move(record.request));
            if (!request) return std::nullopt;
            section.records.push_back({std::move(*request), record.raw_response_hash, record.kept});
        }
        root.plan.emplace(encoded.chain_id, std::move(section));
    }
    for (const uint64_t field : in.environment) {
        if (field > static_cast<uint8_t>(protocol::EnvironmentField::gas_price))
            return std::nullopt;
        root.environment.insert(static_cast<protocol::EnvironmentField>(field));
    }
    return root;
}

}  // namespace

Bytes encode_roots(const std::vector<RootResult>& roots) {
    std::vector<EncodedRoot> encoded;
    encoded.reserve(roots.size());
    for (const auto& root : roots) encoded.push_back(to_encoded(root));
    return rlp::encode(encoded);
}

std::optional<std::vector<RootResult>> decode_roots(BytesView encoded) {
    rlp::Reader reader{encoded};
    auto read = reader.read<std::vector<EncodedRoot>>();
    if (!read || !reader.at_end()) return std::nullopt;
    std::vector<RootResult> roots;
    roots.reserve(read->size());
    for (auto& each : *read) {
        auto root = from_encoded(std::move(each));
        if (!root) return std::nullopt;
        roots.push_back(std::move(*root));
    }
    return roots;
}

}  // namespace scope::service
