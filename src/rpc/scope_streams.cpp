#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "crypto/keccak.hpp"
#include "protocol/callable.hpp"
#include "rollup/rollup_config.hpp"
#include "rpc/blocks.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"
#include "rpc/scope_parts.hpp"
#include "rpc/scope_tree.hpp"

namespace scope::rpc {

namespace callable = protocol::callable;

namespace {

/// A pair's streams, seen from one chain, and what went with them.
struct PairState {
    protocol::RollingHashes hashes = protocol::empty_streams();
    callable::Values values;
    uint256 limit;
};

PairState read_on_rollup(ChainView& chain, const chain::StoredBlock& block, ChainId remote) {
    PairState state;
    const auto ask = [&](const Bytes& data) { return view(chain, block, rollup::PREDEPLOY, data); };
    const uint256 id{remote};
    if (const auto hashes = callable::decode_rolling_hashes(ask(callable::get_rolling_hashes(id))))
        state.hashes = *hashes;
    if (const auto values = callable::decode_values(ask(callable::get_values(id))))
        state.values = *values;
    if (const auto limit = callable::decode_limit(ask(callable::get_limit(id))))
        state.limit = *limit;
    return state;
}

/// Returns a pair's streams at the end of a scope, as its batches claim them. L1's live as long as
/// the scope's transaction: what they were at its end, the rollup's batch says, seen from there.
PairState read_claims(const ScopeRecord& scope, ChainId l1_id, ChainId chain, ChainId remote) {
    const bool is_on_l1 = chain == l1_id;
    const uint256 teller{is_on_l1 ? remote : chain};
    const uint256 other{is_on_l1 ? l1_id : remote};
    PairState state;
    for (const auto& batch : scope.batches) {
        if (batch.chain_id != teller) continue;
        for (const auto& [chain_id, told, value_in, value_out, limit] : batch.remotes) {
            if (chain_id != other) continue;
            state.hashes = is_on_l1 ? protocol::RollingHashes{told.requests_in, told.requests_out,
                                                              told.responses_in, told.responses_out}
                                    : told;
            state.values = {.value_out = is_on_l1 ? value_in : value_out,
                            .value_in = is_on_l1 ? value_out : value_in};
            if (!is_on_l1) state.limit = limit;
        }
    }
    return state;
}

PairState read_on_l1(const Request& request, const Hash& l1_block, ChainId remote) {
    const auto scope = request.network.scope(l1_block);
    const ChainId l1_id = l1_id_of(request);
    return scope ? read_claims(*scope, l1_id, l1_id, remote) : PairState{};
}

void append_hashes(json::Appender& out, const PairState& state) {
    out.key("requestsOut").hex(state.hashes.requests_out);
    out.key("requestsIn").hex(state.hashes.requests_in);
    out.key("responsesOut").hex(state.hashes.responses_out);
    out.key("responsesIn").hex(state.hashes.responses_in);
    out.key("valueOut").quantity(state.values.value_out);
    out.key("valueIn").quantity(state.values.value_in);
    out.key("limit").quantity(state.limit);
}

// ---- items

enum class Stream : uint8_t { requests_out, requests_in, responses_out, responses_in };
constexpr auto STREAM_NAMES =
    std::to_array<std::pair<std::string_view, Stream>>({{"requestsOut", Stream::requests_out},
                                                        {"requestsIn", Stream::requests_in},
                                                        {"responsesOut", Stream::responses_out},
                                                        {"responsesIn", Stream::responses_in}});

const Hash& hash_of(const protocol::RollingHashes& hashes, Stream stream) {
    switch (stream) {
        case Stream::requests_out:
            return hashes.requests_out;
        case Stream::requests_in:
            return hashes.requests_in;
        case Stream::responses_out:
            return hashes.responses_out;
        case Stream::responses_in:
            break;
    }
    return hashes.responses_in;
}

Stream read_stream(Json value) {
    const auto text = read_text(value);
    const auto* const found =
        std::ranges::find(STREAM_NAMES, text, &std::pair<std::string_view, Stream>::first);
    if (found == STREAM_NAMES.end())
        throw BadValue{"it is none of requestsOut, requestsIn, responsesOut, responsesIn"};
    return found->second;
}

/// Adds the hashes of calls that survived, in the order in which they were made and served.
void add_requests(std::vector<Hash>& items, const std::vector<builder::CallTree>& calls,
                  const uint256& source, const uint256& target) {
    for (const auto& call : calls) {
        if (!call.kept) continue;  // nor does anything below it stand
        const auto& request = call.request;
        if (!is_static(request) && request.source_chain_id == source &&
            request.target_chain_id == target)
            items.push_back(call.request_hash);
        add_requests(items, call.calls, source, target);
    }
}

Hash answer_of(const Hash& request_hash, const Hash& raw_response_hash) {
    return crypto::keccak256(concat(request_hash, raw_response_hash));
}

std::vector<Hash> items_of(const ScopeRecord& scope, ChainId chain, ChainId remote, Stream stream) {
    std::vector<Hash> items;
    const uint256 here{chain};
    const uint256 there{remote};
    for (const auto& root : scope.roots) {
        if (stream == Stream::requests_out) add_requests(items, root.calls, here, there);
        if (stream == Stream::requests_in) add_requests(items, root.calls, there, here);
        const auto section = root.plan.find(chain);
        if (section == root.plan.end()) continue;
        if (stream == Stream::responses_in)
            for (const auto& fill : section->second.fills)
                if (fill.chain_id == there)
                    items.push_back(answer_of(fill.request_hash, crypto::keccak256(fill.response)));
        if (stream == Stream::responses_out)
            for (const auto& record : section->second.records)
                if (record.request.source_chain_id == there)
                    items.push_back(answer_of(protocol::request_hash(record.request),
                                              record.raw_response_hash));
    }
    return items;
}

/// Appends a scope's items of a stream, each with the hash of those up to it; null where they don't
/// lead to what settled, for a scope's trees of calls are not kept for ever.
void append_items(json::Appender& out, const std::vector<Hash>& items, const Hash& settled) {
    std::vector<Hash> hashes;
    for (const Hash& item : items)
        hashes.push_back(
            protocol::fold(hashes.empty() ? protocol::rolling_hash_seed() : hashes.back(), item));
    if ((hashes.empty() ? protocol::rolling_hash_seed() : hashes.back()) != settled)
        return out.null();
    out.begin_array();
    for (size_t i = 0; i < items.size(); ++i) {
        out.begin_object();
        out.key("item").hex(items[i]);
        out.key("hash").hex(hashes[i]);
        out.end_object();
    }
    out.end_array();
}

}  // namespace

std::string scope_rolling_hashes(Request& request) {
    const ChainId chain_id = read_chain_id(request, 0);
    const ChainId remote = read_chain_id(request, 1);
    auto& chain = *request.network.chain(chain_id);
    const auto block = block_of(chain, request.params.block(2));
    const auto state = chain.is_rollup() ? read_on_rollup(chain, *block, remote)
                                         : read_on_l1(request, block->hash, remote);
    json::Appender out;
    out.begin_object();
    append_chain(out.key("chainId"), uint256{chain_id});
    append_chain(out.key("remoteChainId"), uint256{remote});
    out.key("blockNumber").quantity(block->header().number);
    out.key("blockHash").hex(block->hash);
    append_hashes(out, state);
    out.end_object();
    return out.take();
}

std::string scope_hash_chain(Request& request) {
    constexpr uint64_t MAX_SCOPES = 256;
    const ChainId chain_id = read_chain_id(request, 0);
    const ChainId remote = read_chain_id(request, 1);
    const Stream stream = request.params.get(2, read_stream);
    const uint64_t scopes = request.network.scopes();
    const uint64_t last =
        request.params.find(4, read_loose_u64).value_or(scopes == 0 ? 0 : scopes - 1);
    const uint64_t first = request.params.find(3, read_loose_u64).value_or(last);
    if (first > last) Params::fail_at(3, "it is above the last scope that is asked for");
    if (last - first >= MAX_SCOPES)
        Params::fail_at(4, fmt::format("scopes {} to {}: at most {} are told of at once", first,
                                       last, MAX_SCOPES));
    json::Appender out;
    out.begin_object();
    append_chain(out.key("chainId"), uint256{chain_id});
    append_chain(out.key("remoteChainId"), uint256{remote});
    out.key("seed").hex(protocol::rolling_hash_seed());
    out.key("scopes").begin_array();
    for (uint64_t number = first; number <= last && number < scopes; ++number) {
        const auto scope = request.network.scope(number);
        if (!scope) continue;
        const auto claims = read_claims(*scope, l1_id_of(request), chain_id, remote);
        const Hash& settled = hash_of(claims.hashes, stream);
        out.begin_object();
        out.key("scope").number(number);
        append_items(out.key("items"), items_of(*scope, chain_id, remote, stream), settled);
        out.key("hash").hex(settled);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return out.take();
}

}  // namespace scope::rpc
