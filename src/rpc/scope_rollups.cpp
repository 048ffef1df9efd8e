#include <algorithm>
#include <ranges>

#include "abi/abi.hpp"
#include "crypto/keccak.hpp"
#include "protocol/callable.hpp"
#include "protocol/registry.hpp"
#include "rollup/rollup_config.hpp"
#include "rpc/log_query.hpp"
#include "rpc/scope_parts.hpp"
#include "rpc/scope_tree.hpp"

// What L1 says of a rollup, and what waits there for it (docs/protocol.md, §12).

namespace scope::rpc {

namespace {

namespace callable = protocol::callable;
using chain::StoredBlockPtr;
using protocol::ForcedKind;

Bytes view_of_l1(const Request& request, const Address& to, BytesView data) {
    auto& l1 = l1_of(request);
    return view(l1, *l1.head(), to, data);
}

protocol::RegisteredRollup registered_of(const Request& request, ChainId chain_id) {
    return protocol::decode_rollup(view_of_l1(request,
                                              request.network.contracts()->settlement.settlement,
                                              protocol::get_rollup(chain_id)))
        .value_or(protocol::RegisteredRollup{});
}

/// Returns the index of the first entry that the rollup's latest block has not taken.
uint64_t position_of(const Request& request, ChainId chain_id,
                     const protocol::RegisteredRollup& registered) {
    auto& chain = *request.network.chain(chain_id);
    const auto position = callable::decode_forced_queue_position(
        view(chain, *chain.head(), rollup::PREDEPLOY, callable::forced_queue_position()));
    // An upgraded predeploy answers what it likes.
    return std::clamp(position.value_or(0), registered.forced_queue_position,
                      registered.forced_queue_length);
}

void append_unless_zero(json::Appender& out, const Address& address) {
    if (address == Address{})
        out.null();
    else
        out.hex(address);
}

void append_announcements(json::Appender& out, const protocol::RollupState& state) {
    out.begin_object();
    if (out.key("change"); state.change.applies_from_s == 0) {
        out.null();
    } else {
        out.begin_object();
        out.key("verifier").hex(state.change.verifier);
        out.key("programId").hex(state.change.program_id);
        append_unless_zero(out.key("policy"), state.change.policy);
        out.key("appliesFrom").quantity(state.change.applies_from_s);
        out.end_object();
    }
    if (out.key("upgrade"); state.upgrade.applies_from_s == 0) {
        out.null();
    } else {
        out.begin_object();
        out.key("codeHash").hex(state.upgrade.code_hash);
        out.key("appliesFrom").quantity(state.upgrade.applies_from_s);
        out.end_object();
    }
    out.end_object();
}

// ---- the forced queue

/// An entry as L1 queued it.
struct Queued {
    protocol::EntryQueued event;
    StoredBlockPtr block;
    size_t transaction = 0;  ///< in the block
};

/// Calls visit(entry) for the entries of a rollup's queue, the last one first, until it returns
/// false.
template <typename Visit>
void for_each_queued(const Request& request, ChainId chain_id, std::vector<Hash> indices,
                     Visit&& visit) {
    const LogMatcher matcher{
        {.block_hash = {},
         .from = {},
         .to = {},
         .addresses = {request.network.contracts()->settlement.settlement},
         .topics = {
             {protocol::entry_queued_topic()}, {to_be(uint256{chain_id})}, std::move(indices)}}};
    const auto& l1 = l1_of(request);
    for (uint64_t number = l1.head()->header().number + 1; number-- > 0;) {
        const auto block = l1.chain().store().canonical_block(number);
        if (block == nullptr) continue;
        std::vector<Queued> found;
        matcher.for_each_in(*block, [&](const LogPlace& place) {
            const Log& log = block->receipts[place.transaction].logs[place.in_receipt];
            if (auto event = protocol::decode_entry_queued(log.topics, log.data))
                found.push_back({std::move(*event), block, place.transaction});
        });
        for (const auto& entry : std::views::reverse(found))
            if (!visit(entry)) return;
    }
}

void append_queued(json::Appender& out, const Queued& queued) {
    const auto& [event, block, transaction] = queued;
    const bool is_deposit = event.entry.kind == ForcedKind::deposit;
    append_chain(out.key("chainId"), event.chain_id);
    out.key("index").quantity(event.index);
    out.key("kind").string(is_deposit ? "deposit" : "transaction");
    out.key("from").hex(event.entry.from);
    if (is_deposit)
        out.key("to").hex(event.entry.to);
    else
        out.key("to").null();
    out.key("value").quantity(event.entry.value);
    out.key("gasLimit").quantity(event.entry.gas_limit);
    out.key("queuedAt").quantity(block->header().number);
    out.key("dueAt").quantity(block->header().number + protocol::FORCED_DEADLINE);
    out.key("l1TransactionHash").hex(block->transaction_hashes[transaction]);
}

/// The place of a deposit on its rollup.
struct Made {
    bool success = false;
    StoredBlockPtr block;
    Hash transaction;
};

std::optional<Made> find_deposited(const ChainView& chain, uint64_t index) {
    const LogMatcher matcher{{.block_hash = {},
                              .from = {},
                              .to = {},
                              .addresses = {rollup::PREDEPLOY},
                              .topics = {{callable::deposited_topic()}, {to_be(uint256{index})}}}};
    std::optional<Made> made;
    for (uint64_t number = chain.head()->header().number + 1; number-- > 0 && !made;) {
        const auto block = chain.chain().store().canonical_block(number);
        if (block == nullptr) continue;
        matcher.for_each_in(*block, [&](const LogPlace& place) {
            const Log& log = block->receipts[place.transaction].logs[place.in_receipt];
            if (const auto event = callable::decode_deposited(log.topics, log.data))
                made = {event->success, block, block->transaction_hashes[place.transaction]};
        });
    }
    return made;
}

/// Returns the alias that an account of L1 has on every rollup; nullopt of contracts that know none.
std::optional<Address> alias_of(const Request& request, const Address& account) {
    return protocol::decode_address(view_of_l1(request, request.network.contracts()->exits,
                                               abi::call("aliasOf(address)", account)));
}

bool is_refunded(const Request& request, ChainId chain_id, uint64_t index) {
    const auto kept = protocol::decode_entry(view_of_l1(
        request, request.network.contracts()->forced_queue, protocol::entry_of(chain_id, index)));
    return kept && kept->hash == Hash{};
}

/// Returns what became of a deposit, in a word.
std::string_view status_of(const Request& request, ChainId chain_id, uint64_t index,
                           const std::optional<Made>& made) {
    if (made) return made->success ? "succeeded" : "failed";
    const auto registered = registered_of(request, chain_id);
    if (registered.closed && index >= registered.forced_queue_position)
        return is_refunded(request, chain_id, index) ? "refunded" : "refundable";
    return index < position_of(request, chain_id, registered) ? "refused" : "waiting";
}

ChainId read_rollup_id(const Request& request) {
    const ChainId chain_id = read_chain_id(request, 0);
    if (!request.network.chain(chain_id)->is_rollup())
        Params::fail_at(0, "nothing waits for L1: name a rollup");
    return chain_id;
}

}  // namespace

void append_registered(json::Appender& out, const Request& request, ChainId chain_id) {
    const auto registered = registered_of(request, chain_id);
    const auto state = protocol::decode_rollup_state(
        view_of_l1(request, request.network.contracts()->registry, protocol::state_of(chain_id)));
    out.key("escrow").quantity(registered.escrow);
    out.key("nextBatch").quantity(registered.next_batch);
    out.key("verifier").hex(registered.verifier);
    out.key("programId").hex(registered.program_id);
    append_unless_zero(out.key("policy"), registered.policy);
    out.key("forcedQueue").begin_object();
    out.key("position").quantity(position_of(request, chain_id, registered));
    out.key("length").quantity(registered.forced_queue_length);
    out.end_object();
    if (!state) return;
    append_unless_zero(out.key("owner"), state->owner);
    append_unless_zero(out.key("pendingOwner"), state->pending_owner);
    out.key("bond").quantity(state->bond);
    append_announcements(out.key("announcements"), *state);
    if (out.key("closesAt"); state->closes_at == 0)
        out.null();
    else
        out.quantity(state->closes_at);
    out.key("closed").boolean(state->is_closed);
}

std::string scope_forced_queue(Request& request) {
    const ChainId chain_id = read_rollup_id(request);
    const auto registered = registered_of(request, chain_id);
    const uint64_t position = position_of(request, chain_id, registered);
    std::vector<Queued> waiting;
    if (position < registered.forced_queue_length)
        for_each_queued(request, chain_id, {}, [&](const Queued& queued) {
            if (queued.event.index >= position) waiting.push_back(queued);
            return queued.event.index > position;
        });
    json::Appender out;
    out.begin_array();
    for (const auto& queued : std::views::reverse(waiting)) {
        out.begin_object();
        append_queued(out, queued);
        if (queued.event.entry.kind == ForcedKind::transaction)
            out.key("transactionHash").hex(crypto::keccak256(queued.event.entry.data));
        out.end_object();
    }
    out.end_array();
    return out.take();
}

std::string scope_deposit(Request& request) {
    const ChainId chain_id = read_rollup_id(request);
    const uint64_t index = request.params.get(1, read_loose_u64);
    std::optional<Queued> queued;
    if (index < registered_of(request, chain_id).forced_queue_length)
        for_each_queued(request, chain_id, {to_be(uint256{index})}, [&](const Queued& found) {
            queued = found;
            return false;
        });
    if (!queued || queued->event.entry.kind != ForcedKind::deposit) return "null";
    const auto made = find_deposited(*request.network.chain(chain_id), index);
    json::Appender out;
    out.begin_object();
    append_queued(out, *queued);
    out.key("data").hex(queued->event.entry.data);
    if (const auto alias = alias_of(request, queued->event.entry.from))
        out.key("alias").hex(*alias);
    out.key("status").string(status_of(request, chain_id, index, made));
    if (made) {
        out.key("transactionHash").hex(made->transaction);
        out.key("blockHash").hex(made->block->hash);
        out.key("blockNumber").quantity(made->block->header().number);
    }
    out.end_object();
    return out.take();
}

}  // namespace scope::rpc
