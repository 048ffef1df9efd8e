#include "node_app/scope_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/hex.hpp"
#include "protocol/settlement.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

/// Transactions of which it is remembered that they were sent.
constexpr size_t MAX_SENT = 64;

/// Returns "42001/7 42002/3": the batches by chain and number.
template <typename Claims>
std::string batches_of(const Claims& claims) {
    std::string text;
    for (const auto& claim : claims)
        text += fmt::format("{}{}/{}", text.empty() ? "" : " ", to_decimal(claim.chain_id),
                            to_decimal(claim.batch_number));
    return text;
}

std::string batches_of(const Transaction& transaction) {
    const auto settled = protocol::decode_settled_scope(transaction.data, transaction.gas_limit);
    return settled ? batches_of(settled->batches) : std::string{};
}

}  // namespace

class ScopeWatch::WatchedProver final : public prover::Prover {
  public:
    WatchedProver(ScopeWatch& watch, std::shared_ptr<prover::Prover> prover)
        : watch_(watch), prover_(std::move(prover)) {}

    Proof prove(const prover::ProofInput& input) override {
        watch_.note_built(input);
        const auto begin = chrono::steady_clock::now();
        auto proof = prover_->prove(input);
        const auto took =
            chrono::duration_cast<chrono::milliseconds>(chrono::steady_clock::now() - begin);
        watch_.note_proved(input, proof, static_cast<uint64_t>(took.count()));
        return proof;
    }

  private:
    ScopeWatch& watch_;
    std::shared_ptr<prover::Prover> prover_;
};

class ScopeWatch::WatchedSender final : public l1::L1Sender {
  public:
    WatchedSender(ScopeWatch& watch, std::shared_ptr<l1::L1Sender> sender)
        : watch_(watch), sender_(std::move(sender)) {}

    Result<void, l1::SendError> send(const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs) override {
        auto sent = sender_->send(transaction, blobs);
        watch_.note_sent(transaction, sent);
        return sent;
    }
    [[nodiscard]] Result<l1::TransactionStatus, l1::L1Error> status(
        const Hash& transaction_hash) const override {
        auto status = sender_->status(transaction_hash);
        if (status && status->place) watch_.note_place(transaction_hash, *status->place);
        return status;
    }

  private:
    ScopeWatch& watch_;
    std::shared_ptr<l1::L1Sender> sender_;
};

std::shared_ptr<prover::Prover> ScopeWatch::watch(std::shared_ptr<prover::Prover> prover) {
    return std::make_shared<WatchedProver>(*this, std::move(prover));
}

std::shared_ptr<l1::L1Sender> ScopeWatch::watch(std::shared_ptr<l1::L1Sender> sender) {
    return std::make_shared<WatchedSender>(*this, std::move(sender));
}

ScopeWatch::Counts ScopeWatch::counts() const {
    const std::scoped_lock lock{mutex_};
    return counts_;
}

void ScopeWatch::add_slot(NodeLog::Fields& fields, uint64_t timestamp_s) const {
    if (const auto slot = options_.slot_of(timestamp_s)) fields.push_back({"slot", *slot});
}

// ---- proofs

void ScopeWatch::note_built(const prover::ProofInput& input) {
    {
        const std::scoped_lock lock{mutex_};
        ++counts_.built;
    }
    const auto batches = batches_of(input.claims);
    NodeLog::Fields fields{{"batches", batches}, {"blobs", uint64_t{input.blobs.size()}}};
    add_slot(fields, options_.now_s());
    log_.info("scope_built", fmt::format("built batches {}: asks for their proof", batches),
              fields);
}

void ScopeWatch::note_proved(const prover::ProofInput& input, const Proof& proof,
                             uint64_t took_ms) {
    const auto batches = batches_of(input.claims);
    NodeLog::Fields fields{{"batches", batches}, {"took_ms", took_ms}};
    add_slot(fields, options_.now_s());
    if (proof)
        log_.info("scope_proved", fmt::format("proved batches {} in {} ms", batches, took_ms),
                  fields);
    else
        log_.warn(
            "scope_not_proved",
            fmt::format("batches {} are not proved after {} ms: {} attestations of {}", batches,
                        took_ms, proof.error().attestations, proof.error().threshold),
            fields);
    if (proof) {
        const std::scoped_lock lock{mutex_};
        ++counts_.proved;
    }
    note_dissents(proof ? proof->dissents : proof.error().dissents);
}

void ScopeWatch::note_dissents(const std::vector<prover::Disagreement>& dissents) {
    std::vector<const prover::Disagreement*> news;
    std::vector<Address> again;
    {
        const std::scoped_lock lock{mutex_};
        std::set<Address> members;
        for (const auto& dissent : dissents) {
            members.insert(dissent.member);
            ++counts_.dissents[{dissent.member, dissent.kind}];
            const auto [told, is_new] = dissenting_.try_emplace(dissent.member, dissent.kind);
            if (is_new || std::exchange(told->second, dissent.kind) != dissent.kind)
                news.push_back(&dissent);
        }
        std::erase_if(dissenting_, [&](const auto& told) {
            if (members.contains(told.first)) return false;
            again.push_back(told.first);
            return true;
        });
    }
    for (const auto* const dissent : news)
        log_.warn(
            "dissent", fmt::format("no attestation: {}", to_string(*dissent)),
            {{"member", to_hex(dissent->member)}, {"kind", std::string{to_string(dissent->kind)}}});
    for (const auto& member : again)
        log_.info("dissent_over", fmt::format("{} attests again", to_hex(member)),
                  {{"member", to_hex(member)}});
}

// ---- transactions

void ScopeWatch::note_sent(const Transaction& transaction,
                           const Result<void, l1::SendError>& sent) {
    const Hash hash = scope::hash(transaction);
    const auto batches = batches_of(transaction);
    NodeLog::Fields fields{{"scope", to_hex(hash)},
                           {"batches", batches},
                           {"nonce", transaction.nonce},
                           {"blobs", uint64_t{transaction.blob_versioned_hashes.size()}}};
    add_slot(fields, options_.now_s());
    if (!sent) {
        const std::string rule{to_string(sent.error().rule)};
        {
            const std::scoped_lock lock{mutex_};
            ++counts_.send_errors[rule];
        }
        fields.push_back({"rule", rule});
        return log_.warn(
            "scope_not_sent",
            fmt::format("scope {} isn't sent: {}", to_hex(hash), to_string(sent.error())), fields);
    }
    std::optional<Hash> replaced;
    bool is_known = false;
    {
        const std::scoped_lock lock{mutex_};
        is_known = std::ranges::find(sent_, hash, &Sent::transaction) != sent_.end();
        if (!is_known) {
            if (!sent_.empty() && sent_.back().nonce == transaction.nonce)
                replaced = sent_.back().transaction;
            ++counts_.sent;
            if (replaced) ++counts_.replaced;
            sent_.push_back({hash, transaction.nonce, {}});
            if (sent_.size() > MAX_SENT) sent_.pop_front();
        }
    }
    if (replaced) {
        fields.push_back({"replaces", to_hex(*replaced)});
        return log_.info(
            "scope_replaced",
            fmt::format("scope {} takes the place of {}", to_hex(hash), to_hex(*replaced)), fields);
    }
    log_.info("scope_sent",
              fmt::format("scope {} is sent{} with batches {}", to_hex(hash),
                          is_known ? " again" : "", batches),
              fields);
}

void ScopeWatch::note_place(const Hash& transaction, const chain::TransactionPlace& place) {
    if (place.block == nullptr || place.index >= place.block->receipts.size()) return;
    const bool has_settled = place.block->receipts[place.index].success;
    {
        const std::scoped_lock lock{mutex_};
        const auto found = std::ranges::find(sent_, transaction, &Sent::transaction);
        // Its block may have been seen, and may be another one after a reorganisation.
        if (found == sent_.end() || found->block == place.block->hash) return;
        found->block = place.block->hash;
        ++(has_settled ? counts_.settled : counts_.reverted);
    }
    if (has_settled) return;  // FollowLog tells of all that settle
    const auto& header = place.block->header();
    NodeLog::Fields fields{{"scope", to_hex(transaction)}, {"l1_block", header.number}};
    add_slot(fields, header.timestamp_s);
    log_.warn("scope_reverted",
              fmt::format("scope {} reverted in L1 block {}", to_hex(transaction), header.number),
              fields);
}

}  // namespace scope::node_app
