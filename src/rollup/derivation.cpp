#include "rollup/derivation.hpp"

#include "base/hex.hpp"
#include "rollup/blob_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace scope::rollup {

namespace {

constexpr std::array<std::string_view, DERIVATION_RULE_COUNT> RULE_NAMES{
    "wrong_block_hash",    "wrong_transactions_root",
    "wrong_receipts_root", "indirect_settlement",
    "malformed_event",     "malformed_calldata",
    "wrong_event",         "missing_blob",
    "wrong_blob",          "unreachable",
    "wrong_commitment",    "malformed_batch",
    "wrong_batch",
};
static_assert(!RULE_NAMES.back().empty());

/// Refuses with what is known at a place: the transaction, then the chain.
struct Place {
    std::optional<size_t> transaction_index;
    std::optional<ChainId> chain_id;

    [[nodiscard]] std::unexpected<DerivationError> refuse(DerivationRule rule,
                                                          std::string_view field = {}) const {
        return std::unexpected{
            DerivationError{rule, transaction_index, chain_id, std::nullopt, std::string{field}}};
    }
    [[nodiscard]] std::unexpected<DerivationError> refuse(BatchError error) const {
        return std::unexpected{DerivationError{
            DerivationRule::malformed_batch, transaction_index, chain_id, error, {}}};
    }
};

/// The batch's bytes and what commits to them.
struct Data {
    Bytes bytes;
    Hash commitment;
};

Result<Data, DerivationError> read_data(const l1::L1Source& l1, const Transaction& tx,
                                        protocol::BatchClaim& claim, const Place& at) {
    if (claim.blob_count.is_zero()) {
        const Hash commitment = protocol::da_commitment_of_calldata(claim.data);
        return Data{std::move(claim.data), commitment};
    }
    const auto& hashes = tx.blob_versioned_hashes;
    if (!claim.data.empty()) return at.refuse(DerivationRule::malformed_calldata, "data");
    if (claim.first_blob > uint256{hashes.size()} ||
        claim.blob_count > uint256{hashes.size()} - claim.first_blob)
        return at.refuse(DerivationRule::missing_blob, "blobCount");

    const auto wanted = std::span{hashes}.subspan(static_cast<size_t>(claim.first_blob[0]),
                                                  static_cast<size_t>(claim.blob_count[0]));
    std::vector<crypto::Blob> blobs;
    for (const auto& versioned_hash : wanted) {
        const auto answer = l1.blob(versioned_hash);
        if (!answer) return at.refuse(DerivationRule::unreachable, to_string(answer.error()));
        const auto& stored = *answer;
        if (stored == nullptr)
            return at.refuse(DerivationRule::missing_blob, to_hex(versioned_hash));
        if (versioned_hash_of(stored->blob) != versioned_hash)
            return at.refuse(DerivationRule::wrong_blob, to_hex(versioned_hash));
        blobs.push_back(stored->blob);
    }
    auto bytes = from_blobs(blobs);
    if (!bytes) return at.refuse(bytes.error());
    return Data{std::move(*bytes), protocol::da_commitment_of_blobs(wanted)};
}

/// The first field in which two say otherwise, if any.
std::optional<std::string_view> differing_field(const protocol::BatchClaim& claim,
                                                const protocol::SettledBatch& settled) {
    if (claim.chain_id != settled.chain_id) return "chainId";
    if (claim.batch_number != settled.batch_number) return "batchNumber";
    if (claim.post_state_root != settled.post_state_root) return "postStateRoot";
    if (claim.last_block_hash != settled.last_block_hash) return "lastBlockHash";
    if (claim.blob_count != settled.blob_count) return "blobCount";
    if (!claim.blob_count.is_zero() && claim.first_blob != settled.first_blob) return "firstBlob";
    return std::nullopt;
}
std::optional<std::string_view> differing_field(const protocol::BatchClaim& claim,
                                                const Batch& batch) {
    if (claim.chain_id != uint256{batch.chain_id}) return "chainId";
    if (claim.batch_number != uint256{batch.number}) return "batchNumber";
    if (claim.first_block != uint256{batch.first_block}) return "firstBlock";
    if (claim.l1_origin_hash != batch.l1_origin_hash) return "l1OriginHash";
    if (claim.l1_origin_number != uint256{batch.l1_origin_number}) return "l1OriginNumber";
    return std::nullopt;
}

Result<DerivedBatch, DerivationError> derive_batch(const l1::L1Source& l1, const Transaction& tx,
                                                   protocol::BatchClaim claim,
                                                   const protocol::SettledBatch& settled,
                                                   const Place& at) {
    if (const auto field = differing_field(claim, settled))
        return at.refuse(DerivationRule::wrong_event, *field);
    const auto data = TRY(read_data(l1, tx, claim, at));
    if (data.commitment != settled.da_commitment)
        return at.refuse(DerivationRule::wrong_commitment, "daCommitment");
    auto batch = decode_batch(data.bytes);
    if (!batch) return at.refuse(batch.error());
    if (const auto field = differing_field(claim, *batch))
        return at.refuse(DerivationRule::wrong_batch, *field);
    claim.data.clear();
    claim.proof.clear();
    return DerivedBatch{std::move(claim), data.commitment, std::move(*batch)};
}

Result<DerivedScope, DerivationError> derive_scope(const l1::L1Source& l1, const Transaction& tx,
                                                   const Log& event, size_t index,
                                                   const std::function<bool(ChainId)>& wanted) {
    const Place at{index, std::nullopt};
    const auto settled = protocol::decode_scope_settled(event.data);
    if (!settled || event.topics.size() != 2) return at.refuse(DerivationRule::malformed_event);
    // As the contract decoded it, not as an encoder would have encoded it: else a submitter settles
    // with calldata that stops every follower.
    auto batches = protocol::decode_settled_batches(tx.data, tx.gas_limit);
    if (!batches) return at.refuse(DerivationRule::malformed_calldata);
    if (batches->size() != settled->size())
        return at.refuse(DerivationRule::wrong_event, "batches");

    DerivedScope derived{from_be(event.topics[1]), index, hash(tx), {}};
    for (size_t i = 0; i < settled->size(); ++i) {
        const auto& one = (*settled)[i];
        const auto chain_id = ChainId::from(one.chain_id);
        if (!chain_id || (wanted && !wanted(*chain_id))) continue;
        auto batch = derive_batch(l1, tx, std::move((*batches)[i]), one, Place{index, chain_id});
        if (!batch && batch.error().rule == DerivationRule::unreachable)
            return std::unexpected{std::move(batch.error())};
        derived.batches.push_back(std::move(batch));
    }
    return derived;
}

}  // namespace

std::string_view to_string(DerivationRule rule) noexcept {
    return RULE_NAMES[static_cast<size_t>(rule)];
}

std::string to_string(const DerivationError& error) {
    std::string text{to_string(error.rule)};
    if (!error.field.empty()) text += fmt::format(" ({})", error.field);
    if (error.batch_error) text += fmt::format(": {}", to_string(*error.batch_error));
    if (error.transaction_index) text += fmt::format(", transaction {}", *error.transaction_index);
    if (error.chain_id) text += fmt::format(", chain {}", *error.chain_id);
    return text;
}

std::optional<Hash> versioned_hash_of(const crypto::Blob& blob) {
    const auto commitment = crypto::blob_to_commitment(blob);
    if (!commitment) return std::nullopt;
    return crypto::versioned_hash(*commitment);
}

Result<std::vector<DerivedScope>, DerivationError> derive_scopes(
    const l1::L1Source& l1, const chain::StoredBlock& l1_block,
    const protocol::SettlementId& settlement, const std::function<bool(ChainId)>& wanted) {
    const auto& header = l1_block.header();
    const auto& transactions = l1_block.block.transactions;
    if (!has_encoding(header) || hash(header) != l1_block.hash)
        return Place{}.refuse(DerivationRule::wrong_block_hash);
    if (!std::ranges::all_of(transactions, [](const auto& tx) { return has_encoding(tx); }) ||
        transactions_root(transactions) != header.transactions_root)
        return Place{}.refuse(DerivationRule::wrong_transactions_root);
    if (l1_block.receipts.size() != transactions.size() ||
        receipts_root(l1_block.receipts) != header.receipts_root)
        return Place{}.refuse(DerivationRule::wrong_receipts_root);

    const Hash topic = protocol::scope_settled_topic();
    std::vector<DerivedScope> scopes;
    for (size_t i = 0; i < transactions.size(); ++i) {
        if (!l1_block.receipts[i].success) continue;
        for (const auto& log : l1_block.receipts[i].logs) {
            if (log.address != settlement.settlement || log.topics.empty() ||
                log.topics[0] != topic)
                continue;
            if (transactions[i].to != settlement.settlement)
                return Place{i, std::nullopt}.refuse(DerivationRule::indirect_settlement);
            scopes.push_back(TRY(derive_scope(l1, transactions[i], log, i, wanted)));
        }
    }
    return scopes;
}

}  // namespace scope::rollup
