#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/hex.hpp"
#include "node/refuse.hpp"
#include "types/signing.hpp"

// A node's bundles on their way to L1: sending them, and what comes of them.

namespace scope::node {

namespace {

/// Returns whether the fees of a transaction are below what a block asks for.
bool is_too_cheap(execution::TxError error) noexcept {
    return error == execution::TxError::fee_below_base_fee ||
           error == execution::TxError::blob_fee_below_base_fee;
}

/// Returns whether a pool that refuses so may have the transaction, or take it later.
bool may_be_taken(l1::SendError::Rule rule) noexcept {
    using Rule = l1::SendError::Rule;
    return rule == Rule::unreachable || rule == Rule::pool_full || rule == Rule::nonce_too_low;
}

bool wants_higher_fees(l1::SendError::Rule rule) noexcept {
    return rule == l1::SendError::Rule::underpriced || rule == l1::SendError::Rule::replacement;
}

/// Returns why a builder doesn't offer fees; nullopt if it does.
std::optional<std::string> why_above(const builder::Fees& fees,
                                     const builder::BuilderOptions& options) {
    if (fees.max_fee_per_gas > options.max_fee_per_gas)
        return fmt::format("max_fee_per_gas: {} wei would be needed, {} is the most",
                           to_decimal(fees.max_fee_per_gas), to_decimal(options.max_fee_per_gas));
    if (fees.max_fee_per_blob_gas > options.max_fee_per_blob_gas)
        return fmt::format("max_fee_per_blob_gas: {} wei would be needed, {} is the most",
                           to_decimal(fees.max_fee_per_blob_gas),
                           to_decimal(options.max_fee_per_blob_gas));
    return std::nullopt;
}

}  // namespace

// ---- a bundle by itself

Result<void, SettleError> Node::require_on_head(const builder::Bundle& bundle) const {
    const auto head = components_.builder->view->head();
    if (!head) return refuse(head.error());
    if (head->hash == bundle.l1_parent) return {};
    return refuse(SettleRule::stale, "L1 has another head than the bundle was built on");
}

Result<Settled, SettleError> Node::settle(const builder::Bundle& bundle) {
    CHECK(components_.builder.has_value());
    TRY_VOID(require_on_head(bundle));
    for (const auto& part : bundle.parts) follower_.remember(part.batch, part.execution);
    const auto sent = components_.builder->sender->send(bundle.transaction, bundle.blobs);
    if (!sent) return refuse(SettleRule::not_sent, to_string(sent.error()));
    if (const auto followed = advance(); !followed)
        return refuse(SettleRule::not_followed, to_string(followed.error()));

    const auto status = components_.builder->sender->status(hash(bundle.transaction));
    if (!status) return refuse(status.error());
    if (!status->place)
        return refuse(SettleRule::not_included, std::string{to_string(status->stage)});
    return settled_at(bundle, *status->place);
}

Result<Settled, SettleError> Node::settled_at(const builder::Bundle& bundle,
                                              const chain::TransactionPlace& place) const {
    const auto& [block, index] = place;
    if (index >= block->receipts.size())
        return refuse(SettleRule::not_included, "L1 names a place that its block does not have");
    const auto& receipt = block->receipts[index];
    if (!receipt.success) return refuse(SettleRule::reverted);
    for (const auto& part : bundle.parts) {
        // Its head, or below it if another scope has settled since.
        const auto& last = part.execution.blocks.back().block;
        const auto* const rollup = follower_.rollup(part.chain_id);
        if (rollup == nullptr)
            return refuse(SettleRule::other_head,
                          fmt::format("chain {} is not followed", part.chain_id));
        const auto canonical = rollup->chain.store().canonical_block(last.header().number);
        if (canonical != nullptr && canonical->hash == last.hash) continue;
        const auto at = follower_.head(part.chain_id);
        return refuse(SettleRule::other_head,
                      at.stopped
                          ? to_string(*at.stopped)
                          : fmt::format("chain {}: {}", part.chain_id, to_hex(at.position.head)));
    }
    const uint64_t gas_before = index == 0 ? 0 : block->receipts[index - 1].cumulative_gas_used;
    return Settled{block, receipt, receipt.cumulative_gas_used - gas_before};
}

// ---- a turn's bundle

Result<std::optional<Settled>, SettleError> Node::settle_bundle(builder::Bundle bundle,
                                                                std::vector<Waiting> taken,
                                                                Wanted wanted, Turn& turn) {
    if (auto on_head = require_on_head(bundle); !on_head) {
        put_back(std::move(taken));
        return std::unexpected{std::move(on_head.error())};
    }
    for (const auto& part : bundle.parts) follower_.remember(part.batch, part.execution);
    const auto attempt =
        std::make_shared<Attempt>(std::move(bundle), std::move(taken), wanted == Wanted::blocks);
    const auto head = followed_head();
    if (sent_ && sent_->last().transaction.nonce != attempt->bundle.transaction.nonce)
        forget_sent();
    if (!sent_) {
        sent_.emplace();
        sent_->since = head.number;
    }
    sent_->add(attempt->bundle.transaction, attempt);
    sent_->is_in_flight = true;
    sent_->must_be_rebuilt = false;
    sent_->tried_at = head.number;
    sent_->head = head;
    TRY_VOID(send_last());
    if (const auto followed = advance(); !followed)
        return refuse(SettleRule::not_followed, to_string(followed.error()));
    return look_at_sent(turn);
}

Result<void, SettleError> Node::send_last() {
    for (size_t raises = 0;; ++raises) {
        auto& last = sent_->last();
        const auto sent =
            components_.builder->sender->send(last.transaction, last.attempt->bundle.blobs);
        last.may_be_taken |= sent || may_be_taken(sent.error().rule);
        if (sent) {
            last.is_pending = true;
            return {};
        }
        const std::string reason = to_string(sent.error());
        if (may_be_taken(sent.error().rule)) return refuse(SettleRule::not_sent, reason);
        if (!wants_higher_fees(sent.error().rule)) {
            land();
            if (!sent_->is_any_pending()) forget_sent();
            return refuse(SettleRule::not_sent, reason);
        }
        if (raises == MAX_RAISES) return refuse(SettleRule::not_sent, reason);
        if (auto raised = raise_fees(TRY(read_followed_snapshot())); !raised)
            return refuse(SettleRule::not_sent, reason + "; " + raised.error().reason);
    }
}

Result<void, SettleError> Node::raise_fees(const builder::L1Snapshot& snapshot) {
    const auto& options = components_.builder->options;
    const auto last = sent_->last();
    const auto& bundle = last.attempt->bundle;
    auto raised = options;
    raised.least_fees = fees_to_replace(last.transaction);
    if (auto why = why_above(raised.least_fees, options))
        return refuse(SettleRule::not_sent, std::move(*why));
    sent_->tried_at = snapshot.head.header.number;
    Transaction transaction;
    const auto outcome =
        TRY(reading([&]() -> Result<Result<execution::Outcome, execution::TxError>, SettleError> {
            transaction = builder::make_bundle_transaction(snapshot, network_.contracts, raised,
                                                           bundle.scope, bundle.blobs);
            return builder::dry_run(snapshot, snapshot.next, transaction,
                                    options.submitter->address());
        }));
    if (!outcome || !outcome->succeeded()) {
        // A root has looked at the price of gas.
        sent_->must_be_rebuilt = true;
        return refuse(SettleRule::not_sent, "with higher fees it doesn't settle");
    }
    if (const auto signed_by = scope::sign(transaction, *options.submitter); !signed_by)
        return refuse(SettleRule::not_sent,
                      "the submitter's key did not sign: " + signed_by.error());
    if (!last.may_be_taken) sent_->versions.pop_back();
    sent_->add(std::move(transaction), last.attempt);
    return {};
}

// ---- what was sent

l1::L1BlockId Node::followed_head() const {
    const uint64_t next = follower_.next_l1_block();
    const auto followed = next == 0 ? std::nullopt : follower_.l1_block(next - 1);
    return followed ? followed->id : l1::L1BlockId{};
}

std::optional<InFlight> Node::in_flight() const {
    if (!sent_ || !sent_->is_in_flight) return std::nullopt;
    return InFlight{sent_->last().hash, sent_->since, sent_->versions.size(),
                    sent_->last().attempt->roots.size()};
}

const builder::Bundle* Node::bundle_in_flight() const {
    return sent_ && sent_->is_in_flight ? &sent_->last().attempt->bundle : nullptr;
}

bool Node::is_in_flight(ChainId chain_id) const {
    const auto* const bundle = bundle_in_flight();
    return bundle != nullptr && std::ranges::any_of(bundle->parts, [&](const auto& part) {
               return part.chain_id == chain_id;
           });
}

builder::Fees Node::least_fees() const {
    if (!sent_ || !(sent_->is_any_pending() || sent_->must_be_rebuilt)) return {};
    builder::Fees least;
    for (const auto& version : sent_->versions) {
        const auto fees = fees_to_replace(version.transaction);
        least.max_priority_fee_per_gas =
            std::max(least.max_priority_fee_per_gas, fees.max_priority_fee_per_gas);
        least.max_fee_per_gas = std::max(least.max_fee_per_gas, fees.max_fee_per_gas);
        least.max_fee_per_blob_gas =
            std::max(least.max_fee_per_blob_gas, fees.max_fee_per_blob_gas);
    }
    return least;
}

void Node::land() {
    if (!sent_->is_in_flight) return;
    sent_->is_in_flight = false;
    put_back(sent_->last().attempt->roots);
}

void Node::forget_sent() {
    land();
    sent_.reset();
}

bool Node::go_on_with_sent(Turn& turn, Wanted& wanted) {
    if (!sent_) return true;
    const auto fail = [&](SettleError error) {
        turn.failed = std::move(error);
        turn.in_flight = in_flight();
        return false;
    };
    auto ended = look_at_sent(turn);
    if (ended && !*ended && sent_->is_in_flight) {
        const auto flight = reading([&] { return go_on_to_head(); });
        if (!flight) return fail(flight.error());
        if (*flight == Flight::must_be_rebuilt) {
            if (sent_->last().attempt->settles_blocks) wanted = Wanted::blocks;
            land();
        } else if (*flight == Flight::was_sent) {
            if (const auto followed = advance(); !followed)
                return fail({SettleRule::not_followed, to_string(followed.error())});
            ended = look_at_sent(turn);
        }
    }
    if (!ended) return fail(std::move(ended.error()));
    if (*ended) {
        turn.settled = std::move(*ended);
        return false;
    }
    if (sent_->is_in_flight) {
        turn.in_flight = in_flight();
        return false;
    }
    if (!sent_->is_any_pending() && !sent_->must_be_rebuilt) {
        forget_sent();
        return true;
    }
    // What the turn builds has to take its place.
    if (auto why = why_above(least_fees(), components_.builder->options))
        return fail({SettleRule::not_sent, "another transaction waits; " + *why});
    return true;
}

Result<std::optional<Settled>, SettleError> Node::look_at_sent(Turn& turn) {
    for (size_t i = sent_->versions.size(); i-- > 0;) {
        const auto status = components_.builder->sender->status(sent_->versions[i].hash);
        if (!status) return refuse(status.error());
        if (!status->place) {
            sent_->versions[i].is_pending = status->stage == l1::TransactionStatus::Stage::pending;
            continue;
        }
        // What was not followed yet the next turn sees.
        const auto& block = *status->place->block;
        const auto followed = follower_.l1_block(block.header().number);
        if (!followed || followed->id.hash != block.hash) {
            sent_->versions[i].is_pending = true;
            return std::nullopt;
        }
        return TRY(end_sent(SentScope::Version{sent_->versions[i]}, *status->place, turn));
    }
    return std::nullopt;
}

Result<Settled, SettleError> Node::end_sent(const SentScope::Version& version,
                                            const chain::TransactionPlace& place, Turn& turn) {
    const auto& attempt = *version.attempt;
    auto settled = settled_at(attempt.bundle, place);
    const bool has_reverted = !settled && settled.error().rule == SettleRule::reverted;
    // On a head on which nobody has run it, others have changed L1 meanwhile.
    const bool held_there = place.block->header().parent_hash == sent_->head.hash;
    if (settled || (has_reverted && held_there)) learn(attempt.bundle, attempt.roots, has_reverted);
    forget_sent();  // its nonce is used
    if (!settled) return settled;
    std::erase_if(waiting_, [&](const Waiting& root) {
        return std::ranges::find(attempt.roots, root.identity, &Waiting::identity) !=
               attempt.roots.end();
    });
    allow_without_roots();
    for (const auto& root : attempt.roots)
        if (root.sender) senders_back_off_.forgive(*root.sender);
    for (const auto& part : attempt.bundle.parts) rollups_back_off_.forgive(part.chain_id);
    turn.bundle = std::move(version.attempt->bundle);
    turn.bundle->transaction = version.transaction;
    return settled;
}

Result<builder::L1Snapshot, SettleError> Node::read_followed_snapshot() const {
    return reading([&]() -> Result<builder::L1Snapshot, SettleError> {
        auto snapshot = builder::read_snapshot(*components_.builder->view);
        if (!snapshot) return refuse(snapshot.error());
        if (snapshot->head.hash == followed_head().hash) return std::move(*snapshot);
        return refuse(SettleRule::stale, "L1 moved on meanwhile");
    });
}

Result<Node::Flight, SettleError> Node::go_on_to_head() {
    const auto head = followed_head();
    if (sent_->must_be_rebuilt) return Flight::must_be_rebuilt;
    if (head == sent_->head) {
        if (sent_->last().is_pending) return Flight::waits;
        TRY_VOID(send_last());
        return Flight::was_sent;
    }
    const auto snapshot = TRY(read_followed_snapshot());
    const auto outcome = builder::dry_run(snapshot, snapshot.next, sent_->last().transaction);
    const bool is_cheap = !outcome && is_too_cheap(outcome.error());
    if (!is_cheap && (!outcome || !outcome->succeeded())) {
        // Another transaction has the nonce: none of these comes any more.
        if (!outcome && outcome.error() == execution::TxError::nonce_too_low)
            for (auto& version : sent_->versions) version.is_pending = false;
        return Flight::must_be_rebuilt;
    }
    sent_->head = head;
    const bool is_due =
        head.number >= sent_->tried_at + components_.builder->options.patience_blocks;
    if (sent_->last().is_pending && !is_cheap && !is_due) return Flight::waits;
    if (sent_->last().is_pending) {
        const auto raised = raise_fees(snapshot);
        if (sent_->must_be_rebuilt) return Flight::must_be_rebuilt;
        TRY_VOID(raised);
    }
    TRY_VOID(send_last());
    return Flight::was_sent;
}

// ---- what is learnt of it

void Node::learn(const builder::Bundle& bundle, std::span<const Waiting> taken, bool has_reverted) {
    std::set<Suspect> with;
    for (const auto& part : bundle.parts) with.insert(part.chain_id);
    for (const auto& root : taken)
        if (std::holds_alternative<builder::L1Root>(root.root) && root.sender)
            with.insert(*root.sender);
    // Who was found before, and has come again, is looked at first.
    std::set<Suspect> known;
    std::ranges::copy_if(with, std::inserter(known, known.end()), [this](const Suspect& each) {
        const auto* const chain_id = std::get_if<ChainId>(&each);
        return chain_id ? rollups_back_off_.is_known(*chain_id)
                        : senders_back_off_.is_known(std::get<Address>(each));
    });
    const auto found =
        has_reverted ? suspects_.reverted(known.empty() ? with : known) : suspects_.settled(with);
    if (!found) return;
    // It was found as a turn ended: the wait begins with the next one.
    if (const auto* const chain_id = std::get_if<ChainId>(&*found))
        rollups_back_off_.add(*chain_id, turn_ + 1);
    else
        senders_back_off_.add(std::get<Address>(*found), turn_);
}

}  // namespace scope::node
