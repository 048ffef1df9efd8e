#include "protocol/callable.hpp"

#include "protocol/abi_fields.hpp"
#include "protocol/fault.hpp"

namespace scope::protocol::callable {

static constexpr auto abi_fields(const Baton*) {
    return std::tuple{&Baton::trace, &Baton::depth, &Baton::gas_to_ask, &Baton::marks};
}

namespace {

#define MARKS "(uint256,bytes32)[]"
#define REQUEST                                             \
    "(bytes32,uint8,uint256,uint256,address,uint256," MARKS \
    ",uint256,uint256,address,uint256,uint256,bytes)"
#define ROOT                                                                             \
    "((uint256,bytes32,uint256),(uint256,uint256)[],(uint256,bytes32,bytes)[],(" REQUEST \
    ",bytes32,bool)[])"

constexpr std::string_view OPEN_SCOPE = "openScope(uint256[])";
constexpr std::string_view ADD_CHAINS = "addChains(uint256[])";
constexpr std::string_view REMOVE_CHAINS = "removeChains(uint256[])";
constexpr std::string_view UPGRADE = "upgrade(bytes)";
constexpr std::string_view TAKE_FORCED = "takeForced(uint256)";
constexpr std::string_view DEPOSIT = "deposit(uint256,address,address,uint256,uint256,bytes)";
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

/// Decodes a system call with one argument.
template <typename Call, typename Argument>
Result<SystemCall, DecodeError> decode_single(const abi::Selector& function, BytesView calldata) {
    auto argument = abi::decode_call<Argument>(function, calldata);
    if (!argument) return std::unexpected{DecodeError::malformed_abi};
    return Call{std::get<0>(std::move(*argument))};
}

Result<SystemCall, DecodeError> decode_deposit(const abi::Selector& function, BytesView calldata) {
    auto decoded =
        abi::decode_call<uint64_t, Address, Address, uint256, uint64_t, Bytes>(function, calldata);
    if (!decoded) return std::unexpected{DecodeError::malformed_abi};
    auto& [index, from, to, value, gas_limit, data] = *decoded;
    return DepositCall{index, {ForcedKind::deposit, from, to, value, gas_limit, std::move(data)}};
}

/// Decodes a system call that loads a root.
template <typename Call>
Result<SystemCall, DecodeError> decode_root(const abi::Selector& function, BytesView calldata) {
    auto decoded =
        abi::decode_call<RootContext, std::vector<Limit>, std::vector<Fill>, std::vector<Record>>(
            function, calldata);
    if (!decoded) return std::unexpected{DecodeError::malformed_abi};
    auto& [context, limits, fills, records] = *decoded;
    return Call{context, {std::move(limits), std::move(fills), std::move(records)}};
}

}  // namespace

Bytes open_scope(const std::vector<uint256>& remotes) {
    return abi::call(OPEN_SCOPE, remotes);
}

Bytes add_chains(const std::vector<uint256>& chain_ids) {
    return abi::call(ADD_CHAINS, chain_ids);
}

Bytes remove_chains(const std::vector<uint256>& chain_ids) {
    return abi::call(REMOVE_CHAINS, chain_ids);
}

Bytes upgrade(BytesView code) {
    return abi::call(UPGRADE, code);
}

Bytes take_forced(uint64_t position) {
    return abi::call(TAKE_FORCED, position);
}

Bytes deposit(uint64_t index, const ForcedEntry& entry) {
    return abi::call(DEPOSIT, index, entry.from, entry.to, entry.value, entry.gas_limit,
                     entry.data);
}

Bytes load_root(const RootContext& context, const RootSection& section) {
    return abi::call(LOAD_ROOT, context, section.limits, section.fills, section.records);
}

Bytes run_root(const RootContext& context, const RootSection& section) {
    return abi::call(RUN_ROOT, context, section.limits, section.fills, section.records);
}

Result<SystemCall, DecodeError> decode_system_call(BytesView calldata) {
    static const auto OPEN = abi::selector(OPEN_SCOPE);
    static const auto ADD = abi::selector(ADD_CHAINS);
    static const auto REMOVE = abi::selector(REMOVE_CHAINS);
    static const auto UPGRADE_CODE = abi::selector(UPGRADE);
    static const auto TAKE = abi::selector(TAKE_FORCED);
    static const auto MINT = abi::selector(DEPOSIT);
    static const auto LOAD = abi::selector(LOAD_ROOT);
    static const auto RUN = abi::selector(RUN_ROOT);
    const auto is = [&](const abi::Selector& function) {
        return abi::has_selector(function, calldata);
    };
    if (is(OPEN)) return decode_single<OpenScopeCall, std::vector<uint256>>(OPEN, calldata);
    if (is(ADD)) return decode_single<AddChainsCall, std::vector<uint256>>(ADD, calldata);
    if (is(REMOVE)) return decode_single<RemoveChainsCall, std::vector<uint256>>(REMOVE, calldata);
    if (is(UPGRADE_CODE)) return decode_single<UpgradeCall, Bytes>(UPGRADE_CODE, calldata);
    if (is(TAKE)) return decode_single<TakeForcedCall, uint64_t>(TAKE, calldata);
    if (is(MINT)) return decode_deposit(MINT, calldata);
    if (is(LOAD)) return decode_root<LoadRootCall>(LOAD, calldata);
    if (is(RUN)) return decode_root<RunRootCall>(RUN, calldata);
    return std::unexpected{DecodeError::unknown_function};
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
    const Bytes rest = abi::encode(request.kind, request.depth, request.variant, request.marks);
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

Bytes get_limit(const uint256& chain_id) {
    return abi::call("getLimit(uint256)", chain_id);
}

Bytes is_alias(const Address& account) {
    return abi::call("isAlias(address)", account);
}

Bytes get_baton() {
    return abi::call("getBaton()");
}

Bytes set_baton(const Baton& baton) {
    return abi::call("setBaton((bytes32,uint256,uint256," MARKS "))", baton);
}

Bytes get_remotes() {
    return abi::call("getRemotes()");
}

Bytes forced_queue_position() {
    return abi::call("forcedQueuePosition()");
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
    return decode_one<RollingHashes>(output);
}

std::optional<Values> decode_values(BytesView output) {
    const auto decoded = decode<uint256, uint256>(output);
    if (!decoded) return std::nullopt;
    const auto& [value_out, value_in] = *decoded;
    return Values{value_out, value_in};
}

std::optional<uint256> decode_limit(BytesView output) {
    return decode_one<uint256>(output);
}

std::optional<bool> decode_is_alias(BytesView output) {
    return decode_one<bool>(output);
}

std::optional<uint64_t> decode_forced_queue_position(BytesView output) {
    return decode_one<uint64_t>(output);
}

Hash deposited_topic() {
    static const Hash TOPIC = abi::topic("Deposited(uint256,address,address,uint256,bool)");
    return TOPIC;
}

std::optional<Deposited> decode_deposited(std::span<const Hash> topics, BytesView data) {
    if (topics.size() != 4 || topics[0] != deposited_topic()) return std::nullopt;
    const auto index = decode_one<uint64_t>(topics[1]);
    const auto from = decode_one<Address>(topics[2]);
    const auto to = decode_one<Address>(topics[3]);
    const auto rest = decode<uint256, bool>(data);
    if (!index || !from || !to || !rest) return std::nullopt;
    const auto& [value, success] = *rest;
    return Deposited{*index, *from, *to, value, success};
}

std::optional<std::vector<uint256>> decode_remotes(BytesView output) {
    return decode_one<std::vector<uint256>>(output);
}

}  // namespace scope::protocol::callable
