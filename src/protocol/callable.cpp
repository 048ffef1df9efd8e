#include "protocol/callable.hpp"

#include "protocol/abi_fields.hpp"
#include "protocol/fault.hpp"

namespace scope::protocol {

Bytes encode(const Response& response) {
    return abi::encode(response.success, response.data, response.trace, response.marks);
}

Result<Response, DecodeError> decode_response(BytesView bytes) {
    auto decoded = abi::decode<bool, Bytes, Hash, Marks>(bytes);
    if (!decoded) return std::unexpected{DecodeError::malformed_abi};
    auto& [success, data, trace, marks] = *decoded;
    return Response{success, std::move(data), trace, std::move(marks)};
}

std::string_view to_string(DecodeError error) noexcept {
    switch (error) {
        case DecodeError::malformed_abi:
            return "not the ABI encoding of its type";
        case DecodeError::unknown_function:
            return "calldata of another function";
    }
    return "unknown";
}

}  // namespace scope::protocol

namespace scope::protocol::callable {

static constexpr auto abi_fields(const Baton*) {
    return std::tuple{&Baton::trace, &Baton::served_gas, &Baton::marks};
}

namespace {

#define MARKS "(uint256,bytes32)[]"
#define REQUEST                                             \
    "(bytes32,uint8,uint256,uint256,address,uint256," MARKS \
    ",uint256,address,uint256,uint256,bytes)"
#define ROOT "((uint256,bytes32,uint256),(uint256,bytes32,bytes)[],(" REQUEST ",bytes32,bool)[])"

constexpr std::string_view OPEN_SCOPE = "openScope(uint256[])";
constexpr std::string_view LOAD_ROOT = "loadRoot" ROOT;
constexpr std::string_view RUN_ROOT = "runRoot" ROOT;

/// The seed's ScopedRequest.
struct ScopedRequest {
    Address to;
    uint256 value;
    uint256 gas_limit;
    Bytes data;
};
constexpr auto abi_fields(const ScopedRequest*) {
    return std::tuple{&ScopedRequest::to, &ScopedRequest::value, &ScopedRequest::gas_limit,
                      &ScopedRequest::data};
}

template <typename... Ts>
std::optional<std::tuple<Ts...>> decode(BytesView output) {
    auto decoded = abi::decode<Ts...>(output);
    if (!decoded) return std::nullopt;
    return std::move(*decoded);
}

}  // namespace

Bytes open_scope(const std::vector<uint256>& remotes) {
    return abi::call(OPEN_SCOPE, remotes);
}

Bytes load_root(const RootContext& context, const RootSection& section) {
    return abi::call(LOAD_ROOT, context, section.fills, section.records);
}

Bytes run_root(const RootContext& context, const RootSection& section) {
    return abi::call(RUN_ROOT, context, section.fills, section.records);
}

Result<SystemCall, DecodeError> decode_system_call(BytesView calldata) {
    static const auto OPEN = abi::selector(OPEN_SCOPE);
    static const auto LOAD = abi::selector(LOAD_ROOT);
    static const auto RUN = abi::selector(RUN_ROOT);
    const auto is = [&](const abi::Selector& function) {
        return abi::has_selector(function, calldata);
    };
    if (is(OPEN)) {
        auto remotes = abi::decode_call<std::vector<uint256>>(OPEN, calldata);
        if (!remotes) return std::unexpected{DecodeError::malformed_abi};
        return OpenScopeCall{std::get<0>(std::move(*remotes))};
    }
    if (!is(LOAD) && !is(RUN)) return std::unexpected{DecodeError::unknown_function};
    auto decoded = abi::decode_call<RootContext, std::vector<Fill>, std::vector<Record>>(
        is(LOAD) ? LOAD : RUN, calldata);
    if (!decoded) return std::unexpected{DecodeError::malformed_abi};
    auto& [context, fills, records] = *decoded;
    RootSection section{std::move(fills), std::move(records)};
    if (is(LOAD)) return LoadRootCall{context, std::move(section)};
    return RunRootCall{context, std::move(section)};
}

Bytes close_root() {
    return abi::call("closeRoot()");
}

Bytes fill_responses_in(const Fill& fill) {
    return abi::call("fillResponsesIn(uint256[],bytes32[],bytes[])", std::vector{fill.chain_id},
                     std::vector{fill.request_hash}, std::vector<Bytes>{fill.response});
}

Bytes deploy_alias(const uint256& chain_id, const Address& account) {
    return abi::call("deployAlias(uint256,address)", chain_id, account);
}

Bytes handle_scoped_call(const Request& request, bool still) {
    Bytes calldata =
        abi::call("handleScopedCall(uint256,address,uint256,(address,uint256,uint256,bytes))",
                  request.source_chain_id, request.from, request.nonce,
                  ScopedRequest{request.to, request.value, request.gas_limit, request.data});
    const Bytes rest = abi::encode(request.kind, request.variant, request.marks);
    append(calldata, rest);
    append(calldata, abi::encode(uint256{rest.size()}, still));
    return calldata;
}

Bytes get_rolling_hashes(const uint256& chain_id) {
    return abi::call("getRollingHashes(uint256)", chain_id);
}

Bytes get_values(const uint256& chain_id) {
    return abi::call("getValues(uint256)", chain_id);
}

Bytes get_baton() {
    return abi::call("getBaton()");
}

Bytes set_baton(const Baton& baton) {
    return abi::call("setBaton((bytes32,uint256," MARKS "))", baton);
}

Bytes get_remotes() {
    return abi::call("getRemotes()");
}

std::optional<Request> decode_answer_of(BytesView calldata) {
    static const auto SELECTOR = abi::selector("answerOf(bytes32," REQUEST ")");
    auto decoded = abi::decode_call<Hash, Request>(SELECTOR, calldata);
    if (!decoded) return std::nullopt;
    return std::get<1>(std::move(*decoded));
}

Bytes not_reproduced(const Hash& request_hash) {
    return abi::call(selector_of(Fault::not_reproduced), request_hash);
}

bool is_duplicate_fill(BytesView revert_data) {
    static const auto ERROR = abi::selector("DuplicateFill(bytes32)");
    return abi::has_selector(ERROR, revert_data);
}

std::optional<OpenRoot> decode_open_root(BytesView output) {
    auto decoded = decode<Hash, Baton>(output);
    if (!decoded) return std::nullopt;
    auto& [root_id, baton] = *decoded;
    return OpenRoot{root_id, std::move(baton)};
}

std::optional<RollingHashes> decode_rolling_hashes(BytesView output) {
    const auto decoded = decode<RollingHashes>(output);
    if (!decoded) return std::nullopt;
    return std::get<0>(*decoded);
}

std::optional<Values> decode_values(BytesView output) {
    const auto decoded = decode<uint256, uint256>(output);
    if (!decoded) return std::nullopt;
    const auto& [value_out, value_in] = *decoded;
    return Values{value_out, value_in};
}

std::optional<std::vector<uint256>> decode_remotes(BytesView output) {
    auto decoded = decode<std::vector<uint256>>(output);
    if (!decoded) return std::nullopt;
    return std::get<0>(std::move(*decoded));
}

}  // namespace scope::protocol::callable
