#include "rollup/derivation.hpp"

#include "base/hex.hpp"
#include "rollup/blob_codec.hpp"

#include <fmt/format.h>

#include <array>

namespace scope::rollup {

namespace {

constexpr std::array<std::string_view, DERIVATION_RULE_COUNT> RULE_NAMES{
    "indirect_settlement", "malformed_event", "malformed_calldata", "wrong_event",
    "missing_blob",        "wrong_blob",      "unreachable",        "malformed_data",
    "wrong_commitment",    "bad_slice",       "malformed_batch",    "wrong_batch",
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
    [[nodiscard]] std::unexpected<DerivationError> refuse(DerivationRule rule,
                                                          BatchError error) const {
        return std::unexpected{DerivationError{rule, transaction_index, chain_id, error, {}}};
    }
};

/// Reads all blobs of a transaction as the one payload that they are.
Result<Bytes, DerivationError> read_blobs(const l1::L1Source& l1, std::span<const Hash> hashes,
                                          const Place& at) {
    std::vector<crypto::Blob> blobs;
    for (const auto& versioned_hash : hashes) {
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
    if (!bytes) return at.refuse(DerivationRule::malformed_data, bytes.error());
    return std::move(*bytes);
}

/// Returns the bytes of all batches of a scope, of which @p calldata are those in its calldata.
Result<Bytes, DerivationError> read_data(const l1::L1Source& l1, const Transaction& tx,
                                         Bytes calldata, const Hash& commitment, const Place& at) {
    const auto& hashes = tx.blob_versioned_hashes;
    if (calldata.empty() == hashes.empty())
        return at.refuse(DerivationRule::malformed_calldata, "data");
    const Hash own = hashes.empty() ? protocol::data_commitment_of_calldata(calldata)
                                    : protocol::data_commitment_of_blobs(hashes);
    if (own != commitment) return at.refuse(DerivationRule::wrong_commitment, "dataCommitment");
    if (hashes.empty()) return calldata;
    return read_blobs(l1, hashes, at);
}

/// The first field in which two say otherwise, if any.
std::optional<std::string_view> differing_field(const protocol::BatchClaim& claim,
                                                const protocol::SettledBatch& settled) {
    if (claim.chain_id != settled.chain_id) return "chainId";
    if (claim.batch_number != settled.batch_number) return "batchNumber";
    if (claim.last_block_hash != settled.last_block_hash) return "lastBlockHash";
    if (claim.data_offset != settled.data_offset) return "dataOffset";
    if (claim.data_length != settled.data_length) return "dataLength";
    return std::nullopt;
}
std::optional<std::string_view> differing_field(const protocol::BatchClaim& claim,
                                                const Batch& batch) {
    const auto& last = batch.blocks.back();
    if (claim.chain_id != uint256{batch.chain_id}) return "chainId";
    if (claim.batch_number != uint256{batch.number}) return "batchNumber";
    if (claim.first_block != uint256{batch.first_block}) return "firstBlock";
    if (claim.l1_origin_number != uint256{last.l1_origin_number}) return "l1OriginNumber";
    if (claim.l1_origin_hash != last.l1_origin_hash) return "l1OriginHash";
    return std::nullopt;
}

Result<DerivedBatch, DerivationError> derive_batch(BytesView data, protocol::BatchClaim claim,
                                                   const Place& at) {
    const auto bytes = slice_of(data, claim.data_offset, claim.data_length);
    if (!bytes)
        return at.refuse(DerivationRule::bad_slice,
                         claim.data_offset > uint256{data.size()} ? "dataOffset" : "dataLength");
    auto batch = decode_batch(*bytes);
    if (!batch) return at.refuse(DerivationRule::malformed_batch, batch.error());
    if (const auto field = differing_field(claim, *batch))
        return at.refuse(DerivationRule::wrong_batch, *field);
    return DerivedBatch{std::move(claim), std::move(*batch)};
}

/// Returns the chain of a settled batch if its batch is to be derived.
std::optional<ChainId> wanted_chain(const protocol::SettledBatch& settled,
                                    const std::function<bool(ChainId)>& wanted) {
    const auto chain_id = ChainId::from(settled.chain_id);
    return chain_id && (!wanted || wanted(*chain_id)) ? chain_id : std::nullopt;
}

Result<DerivedScope, DerivationError> derive_scope(const l1::L1Source& l1, const Transaction& tx,
                                                   const Log& event, size_t index,
                                                   const std::function<bool(ChainId)>& wanted) {
    const Place at{index, std::nullopt};
    const auto settled = protocol::decode_scope_settled(event.data);
    if (!settled || event.topics.size() != 2) return at.refuse(DerivationRule::malformed_event);
    // As the contract decoded it, not as an encoder would have encoded it: else a submitter settles
    // with calldata that stops every follower.
    auto claimed = protocol::decode_settled_scope(tx.data, tx.gas_limit);
    if (!claimed) return at.refuse(DerivationRule::malformed_calldata);
    if (claimed->batches.size() != settled->batches.size())
        return at.refuse(DerivationRule::wrong_event, "batches");

    DerivedScope derived{from_be(event.topics[1]), index, hash(tx), settled->data_commitment, {}};
    std::optional<Result<Bytes, DerivationError>> data;  // once a batch is wanted
    for (size_t i = 0; i < settled->batches.size(); ++i) {
        const auto& one = settled->batches[i];
        const auto chain_id = wanted_chain(one, wanted);
        if (!chain_id) continue;
        if (!data) data = read_data(l1, tx, std::move(claimed->data), settled->data_commitment, at);
        const Place of_chain{index, chain_id};
        if (const auto field = differing_field(claimed->batches[i], one)) {
            derived.batches.emplace_back(of_chain.refuse(DerivationRule::wrong_event, *field));
        } else if (*data) {
            derived.batches.push_back(
                derive_batch(**data, std::move(claimed->batches[i]), of_chain));
        } else if (data->error().rule == DerivationRule::unreachable) {
            return std::unexpected{data->error()};
        } else {
            auto error = data->error();
            error.chain_id = chain_id;
            derived.batches.emplace_back(std::unexpected{std::move(error)});
        }
    }
    return derived;
}

/// Notes a log of the settlement contract, if it is one of these events. All of them name the chain in
/// the topic behind their own.
void add_event(RollupEvents& events, const Log& log, const std::function<bool(ChainId)>& wanted) {
    if (log.topics.size() < 2) return;
    const auto chain_id = ChainId::from(from_be(log.topics[1]));
    if (!chain_id) return;
    if (protocol::decode_rollup_registered(log.topics)) events.registered.push_back(*chain_id);
    if (protocol::decode_rollup_closed(log.topics)) events.closed.push_back(*chain_id);
    if (wanted && !wanted(*chain_id)) return;
    if (auto upgrade = protocol::decode_predeploy_upgraded(log.topics, log.data))
        events.upgrades.push_back(std::move(*upgrade));
    if (auto queued = protocol::decode_entry_queued(log.topics, log.data))
        events.queued.push_back(std::move(*queued));
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
    const auto& transactions = l1_block.block.transactions;
    CHECK(l1_block.receipts.size() == transactions.size());
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

RollupEvents rollup_events(const chain::StoredBlock& l1_block,
                           const protocol::SettlementId& settlement,
                           const std::function<bool(ChainId)>& wanted) {
    RollupEvents events;
    for (const auto& receipt : l1_block.receipts) {
        if (!receipt.success) continue;
        for (const auto& log : receipt.logs)
            if (log.address == settlement.settlement) add_event(events, log, wanted);
    }
    return events;
}

}  // namespace scope::rollup
