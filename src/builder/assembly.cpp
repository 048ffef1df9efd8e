#include "builder/assembly.hpp"

#include <fmt/format.h>

#include "rollup/blob_codec.hpp"
#include "rollup/predeploy_views.hpp"

namespace scope::builder {

namespace {

std::unexpected<SealError> error(SealRule rule, ChainId chain_id, std::string_view reason) {
    return std::unexpected{
        SealError{rule, fmt::format("chain {}: {}", chain_id, reason), {{chain_id}}}};
}

/// Holds the batch against all rules that are seen without execution, as others will read it.
Result<void, SealError> require_derivable(const OpenRollup& rollup, const OpenScope& scope,
                                          const RollupPart& part) {
    const auto decoded = rollup::decode_batch(part.batch_bytes);
    if (!decoded)
        return error(SealRule::batch_too_large, part.chain_id, to_string(decoded.error()));
    if (*decoded != part.batch)
        return error(SealRule::batch_refused, part.chain_id,
                     "a transaction has a field that its type does not have");
    const auto& followed = rollup.followed();
    const auto checked =
        rollup::check_form(followed.config, part.batch, rollup.batch_parent().header(),
                           scope.follower().options_for(followed));
    if (!checked) return error(SealRule::batch_refused, part.chain_id, to_string(checked.error()));
    return {};
}

/// Ends the batch's last block and reads what it says of other chains.
Result<rollup::BatchExecution, SealError> end_batch(OpenRollup& rollup) {
    rollup::BatchExecution execution;
    execution.parent_block_hash = rollup.batch_parent().hash;
    execution.gas_used = rollup.unsettled_gas();
    for (const auto& each : rollup.unsettled())
        execution.blocks.push_back({*each->block, each->state});
    if (rollup.has_own_block()) {
        auto sealed = rollup.block().seal();
        if (!sealed)
            return error(SealRule::batch_refused, rollup.chain_id(), to_string(sealed.error()));
        execution.gas_used += rollup.block().all_gas_used();
        execution.blocks.push_back(std::move(*sealed));
    }
    const auto& last = execution.blocks.back();
    execution.last_block_hash = last.block.hash;
    // An upgrade may have made them other code than ours.
    auto views = rollup::read_views(rollup.followed().config, last.block.header(), *last.state);
    if (!views) return error(SealRule::batch_refused, rollup.chain_id(), to_string(views.error()));
    if (views->forced_queue_position != rollup.forced_position())
        return error(SealRule::batch_refused, rollup.chain_id(),
                     "the predeploy tells of another position in its forced queue");
    execution.remotes = std::move(views->remotes);
    execution.forced_queue_position = views->forced_queue_position;
    return execution;
}

Result<std::vector<chain::StoredBlobPtr>, SealError> put_into_blobs(BytesView data) {
    auto blobs = rollup::to_blobs(data);
    if (!blobs)
        return std::unexpected{
            SealError{SealRule::too_many_blobs,
                      fmt::format("{} bytes of batches, {} in one transaction's blobs: {}",
                                  data.size(), rollup::MAX_BATCH_SIZE, to_string(blobs.error()))}};
    std::vector<chain::StoredBlobPtr> stored_blobs;
    for (const auto& blob : *blobs) {
        auto stored = std::make_shared<chain::StoredBlob>();
        stored->blob = blob;
        const auto commitment = crypto::blob_to_commitment(blob);
        CHECK(commitment.has_value());
        stored->commitment = *commitment;
        const auto proof = crypto::compute_blob_proof(blob, *commitment);
        CHECK(proof.has_value());
        stored->proof = *proof;
        stored_blobs.push_back(std::move(stored));
    }
    return stored_blobs;
}

Hash commitment_of(const ScopeData& data) {
    if (data.blobs.empty()) return protocol::data_commitment_of_calldata(data.calldata);
    std::vector<Hash> versioned_hashes;
    for (const auto& blob : data.blobs)
        versioned_hashes.push_back(crypto::versioned_hash(blob->commitment));
    return protocol::data_commitment_of_blobs(versioned_hashes);
}

}  // namespace

Result<RollupPart, SealError> assemble(OpenRollup& rollup, OpenScope& scope) {
    RollupPart part;
    part.chain_id = rollup.chain_id();
    part.verifier = rollup.registered().verifier;
    part.batch = rollup.batch();
    part.batch_bytes = rollup::encode(part.batch);
    TRY_VOID(require_derivable(rollup, scope, part));
    part.execution = TRY(end_batch(rollup));
    const auto& settlement = scope.l1().settlement();
    const auto& last = part.batch.blocks.back();
    part.public_inputs = {
        .l1_chain_id = uint256{settlement.l1_chain_id},
        .settlement = settlement.settlement,
        .chain_id = uint256{part.chain_id},
        .program_id = rollup.registered().program_id,
        .batch_number = uint256{part.batch.number},
        .first_block = uint256{part.batch.first_block},
        .parent_block_hash = part.execution.parent_block_hash,
        .last_block_hash = part.execution.last_block_hash,
        .builder = scope.options().name_builder ? scope.l1().submitter() : Address{},
        .l1_origin_number = uint256{last.l1_origin_number},
        .l1_origin_hash = last.l1_origin_hash,
        .data = {},
        .remotes = part.execution.remotes,
        .policy_hash = {},  // rollups with a policy take no part
        .forced_queue_position = uint256{rollup.forced_position()}};
    return part;
}

Result<ScopeData, SealError> put_data(std::vector<RollupPart>& parts, DataAvailability where) {
    CHECK(!parts.empty());
    Bytes bytes;
    for (auto& part : parts) {
        part.public_inputs.data.offset = uint256{bytes.size()};
        part.public_inputs.data.length = uint256{part.batch_bytes.size()};
        append(bytes, part.batch_bytes);
    }
    ScopeData data;
    if (where == DataAvailability::blobs)
        data.blobs = TRY(put_into_blobs(bytes));
    else
        data.calldata = std::move(bytes);
    const Hash commitment = commitment_of(data);
    for (auto& part : parts) part.public_inputs.data.commitment = commitment;
    return data;
}

protocol::BatchClaim claim_of(const RollupPart& part) {
    const auto& inputs = part.public_inputs;
    return {.chain_id = inputs.chain_id,
            .batch_number = inputs.batch_number,
            .first_block = inputs.first_block,
            .parent_block_hash = inputs.parent_block_hash,
            .last_block_hash = inputs.last_block_hash,
            .builder = inputs.builder,
            .l1_origin_number = inputs.l1_origin_number,
            .l1_origin_hash = inputs.l1_origin_hash,
            .data_offset = inputs.data.offset,
            .data_length = inputs.data.length,
            .remotes = inputs.remotes,
            .policy_data = {},
            .forced_queue_position = inputs.forced_queue_position};
}

}  // namespace scope::builder
