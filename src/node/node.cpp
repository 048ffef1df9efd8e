#include "node/node.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"

namespace scope::node {

namespace {

std::unexpected<SettleError> refuse(SettleRule rule, std::string reason = {}) {
    return std::unexpected{SettleError{rule, std::move(reason)}};
}

std::unexpected<SettleError> refuse(l1::L1Error error) {
    return refuse(SettleRule::unreachable, std::string{l1::to_string(error)});
}

}  // namespace

std::string_view to_string(SettleRule rule) noexcept {
    switch (rule) {
        case SettleRule::not_sealed:
            return "not_sealed";
        case SettleRule::stale:
            return "stale";
        case SettleRule::unreachable:
            return "unreachable";
        case SettleRule::not_sent:
            return "not_sent";
        case SettleRule::not_included:
            return "not_included";
        case SettleRule::reverted:
            return "reverted";
        case SettleRule::not_followed:
            return "not_followed";
        case SettleRule::other_head:
            return "other_head";
    }
    return "unknown";
}

std::string to_string(const SettleError& error) {
    std::string text{to_string(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

Node::Node(Network network, Components components)
    : network_(std::move(network)),
      components_(std::move(components)),
      follower_(*components_.source, network_.rollups, network_.first_l1_block) {
    if (components_.attester) attester_.emplace(*components_.attester, follower_);
}

// ---- builder

Result<builder::ScopeBuilder, SettleError> Node::open_scope() {
    return open_scope(components_.builder->options);
}

Result<builder::ScopeBuilder, SettleError> Node::open_scope(
    const builder::BuilderOptions& options) {
    if (const auto followed = follower_.advance(); !followed)
        return refuse(SettleRule::not_followed, to_string(followed.error()));
    const auto& view = *components_.builder->view;
    const auto head = view.head();
    if (!head) return refuse(head.error());
    const auto* const followed = follower_.l1_block(head->header.number);
    if (followed == nullptr || followed->id.hash != head->hash)
        return refuse(SettleRule::stale, "L1 moved on meanwhile");
    auto scope = builder::ScopeBuilder::open(view, follower_, network_.contracts, options);
    if (!scope) return refuse(scope.error());
    return std::move(*scope);
}

Result<builder::Bundle, builder::SealError> Node::seal(builder::ScopeBuilder& scope) {
    return scope.seal(*components_.builder->prover);
}

Result<Settled, SettleError> Node::settle(const builder::Bundle& bundle) {
    const auto head = components_.builder->view->head();
    if (!head) return refuse(head.error());
    if (head->hash != bundle.l1_parent)
        return refuse(SettleRule::stale, "L1 has another head than the bundle was built on");

    for (const auto& part : bundle.parts) follower_.remember(part.batch, part.execution);
    const auto sent = components_.builder->sender->send(bundle.transaction, bundle.blobs);
    if (!sent) return refuse(SettleRule::not_sent, to_string(sent.error()));
    if (const auto followed = follower_.advance(); !followed)
        return refuse(SettleRule::not_followed, to_string(followed.error()));

    const auto place = components_.builder->sender->place(hash(bundle.transaction));
    if (!place) return refuse(place.error());
    if (!*place) return refuse(SettleRule::not_included);
    const auto& [block, index] = **place;
    const auto& receipt = block->receipts[index];
    if (!receipt.success) return refuse(SettleRule::reverted);
    for (const auto& part : bundle.parts) {
        const auto at = follower_.head(part.chain_id);
        if (at.position.head == part.execution.last_block_hash) continue;
        return refuse(SettleRule::other_head,
                      at.stopped
                          ? to_string(*at.stopped)
                          : fmt::format("chain {}: {}", part.chain_id, to_hex(at.position.head)));
    }
    const uint64_t gas_before = index == 0 ? 0 : block->receipts[index - 1].cumulative_gas_used;
    return Settled{block, receipt, receipt.cumulative_gas_used - gas_before};
}

// ---- attester

Result<prover::Attestation, prover::Disagreement> Node::attest(BytesView proof_input) {
    return attester_->attest(proof_input);
}

}  // namespace scope::node
