#include <algorithm>

#include "builder/why_unserved.hpp"
#include "protocol/callable.hpp"
#include "protocol/registry.hpp"
#include "rollup/rollup_config.hpp"
#include "rpc/blocks.hpp"
#include "rpc/errors.hpp"
#include "rpc/scope_parts.hpp"

// What L1 says of a rollup (docs/protocol.md, §12).

namespace scope::rpc {

namespace callable = protocol::callable;

Network::L1State l1_state(const Request& request) {
    if (auto* const l1 = request.network.chain(l1_id_of(request))) {
        const auto head = l1->head();
        return {state_of(*l1, *head),
                chain::make_environment(l1->chain().spec(), head->header(), nullptr),
                l1->next_block().timestamp_s};
    }
    auto state = request.network.l1_state();
    if (!state) fail(NO_L1, "this node doesn't read L1: ask a builder, or an L1 client");
    return std::move(*state);
}

Bytes view_of_l1(const Request& request, const Address& to, BytesView data) {
    return read_l1(request, [&](const Network::L1State& l1) {
        return view(*l1.state, l1.environment, to, data);
    });
}

protocol::RegisteredRollup registered_of(const Request& request, ChainId chain_id) {
    return protocol::decode_rollup(view_of_l1(request,
                                              request.network.contracts()->settlement.settlement,
                                              protocol::get_rollup(chain_id)))
        .value_or(protocol::RegisteredRollup{});
}

std::optional<std::string> why_unserved(const Network& network, ChainId chain_id,
                                        const protocol::RegisteredRollup& registered) {
    const auto* const follower = network.follower();
    const auto* const rollup = follower == nullptr ? nullptr : follower->rollup(chain_id);
    if (rollup == nullptr || registered.closed || registered.verifier.is_zero())
        return std::nullopt;
    return builder::why_unserved(rollup->config, registered);
}

uint64_t position_of(const Request& request, ChainId chain_id,
                     const protocol::RegisteredRollup& registered) {
    auto& chain = *request.network.chain(chain_id);
    const auto position = callable::decode_forced_queue_position(
        view(chain, *chain.head(), rollup::PREDEPLOY, callable::forced_queue_position()));
    // An upgraded predeploy answers what it likes.
    return std::clamp(position.value_or(0), registered.forced_queue_position,
                      registered.forced_queue_length);
}

namespace {

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

}  // namespace

void append_followed(json::Appender& out, const Request& request, ChainId chain_id) {
    const auto* const follower = request.network.follower();
    const auto* const rollup = follower == nullptr ? nullptr : follower->rollup(chain_id);
    if (rollup == nullptr) return;
    out.key("nextBatch").quantity(rollup->next_batch());
    out.key("forcedQueue").begin_object();
    out.key("position").quantity(rollup->forced_queue_position());
    out.key("length").quantity(rollup->forced_queue.length());
    out.end_object();
    out.key("closed").boolean(rollup->closed_at.has_value());
}

std::optional<OnL1> on_l1(const Request& request, ChainId chain_id) {
    try {
        return OnL1{
            registered_of(request, chain_id),
            protocol::decode_rollup_state(view_of_l1(request, request.network.contracts()->registry,
                                                     protocol::state_of(chain_id)))};
    } catch (const RpcFailure&) {
        return std::nullopt;
    }
}

void append_registered(json::Appender& out, const Request& request, ChainId chain_id,
                       const OnL1& on_l1) {
    const auto& [registered, state] = on_l1;
    out.key("escrow").quantity(registered.escrow);
    out.key("nextBatch").quantity(registered.next_batch);
    out.key("verifier").hex(registered.verifier);
    out.key("programId").hex(registered.program_id);
    append_unless_zero(out.key("policy"), registered.policy);
    if (const auto why = why_unserved(request.network, chain_id, registered))
        out.key("unserved").string(*why);
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

}  // namespace scope::rpc
