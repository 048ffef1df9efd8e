#include "builder/assembly.hpp"

#include <fmt/format.h>

#include "rollup/blob_codec.hpp"

namespace scope::builder {

namespace {

std::unexpected<SealError> error(SealRule rule, ChainId chain_id, std::string_view reason) {
    return std::unexpected{SealError{rule, fmt::format("chain {}: {}", chain_id, reason)}};
}

/// Holds the batch against all rules that are seen without execution, as others will read it.
Result<void, SealError> require_derivable(const OpenRollup& rollup, const OpenL1& l1,
                                          const RollupPart& part) {
    const auto decoded = rollup::decode_batch(part.batch_bytes);
    if (!decoded)
        return error(SealRule::batch_too_large, part.chain_id, to_string(decoded.error()));
    if (*decoded != part.batch)
        return error(SealRule::batch_refused, part.chain_id,
                     "a transaction has a field that its type does not have");
    const auto checked =
        rollup::check_form(rollup.followed().config, part.batch, rollup.parent().header(),
                           {.l1_origin_timestamp_s = l1.parent().header.timestamp_s});
    if (!checked) return error(SealRule::batch_refused, part.chain_id, to_string(checked.error()));
    return {};
}

/// Ends the block and reads what it says of other chains.
Result<rollup::BatchExecution, SealError> end_block(OpenRollup& rollup) {
    auto sealed = rollup.block().seal();
    if (!sealed)
        return error(SealRule::batch_refused, rollup.chain_id(), to_string(sealed.error()));
    auto remotes =
        rollup::read_streams(*sealed->state, rollup.block().environment(), rollup.system().target);
    CHECK(remotes.has_value());  // the views answered after every root
    rollup::BatchExecution execution;
    execution.pre_state_root = rollup.parent().header().state_root;
    execution.post_state_root = sealed->block.header().state_root;
    execution.last_block_hash = sealed->block.hash;
    execution.remotes = std::move(*remotes);
    execution.blocks.push_back(std::move(*sealed));
    return execution;
}

}  // namespace

Result<RollupPart, SealError> assemble(OpenRollup& rollup, const OpenL1& l1) {
    RollupPart part;
    part.chain_id = rollup.chain_id();
    part.batch = rollup.batch();
    part.batch_bytes = rollup::encode(part.batch);
    TRY_VOID(require_derivable(rollup, l1, part));
    part.execution = TRY(end_block(rollup));
    part.public_inputs = {
        .l1_chain_id = uint256{l1.settlement().l1_chain_id},
        .settlement = l1.settlement().settlement,
        .chain_id = uint256{part.chain_id},
        .batch_number = uint256{part.batch.number},
        .pre_state_root = part.execution.pre_state_root,
        .post_state_root = part.execution.post_state_root,
        .first_block = uint256{part.batch.first_block},
        .last_block_hash = part.execution.last_block_hash,
        .l1_origin_hash = part.batch.l1_origin_hash,
        .l1_origin_number = uint256{part.batch.l1_origin_number},
        .forced_queue_position = uint256{rollup.registered().forced_queue_position},
        .remotes = part.execution.remotes,
        .program_id = rollup.registered().program_id};
    return part;
}

Result<std::vector<chain::StoredBlobPtr>, SealError> put_into_blobs(RollupPart& part) {
    auto blobs = rollup::to_blobs(part.batch_bytes);
    if (!blobs) return error(SealRule::batch_too_large, part.chain_id, to_string(blobs.error()));
    part.blobs = std::move(*blobs);
    std::vector<chain::StoredBlobPtr> stored_blobs;
    std::vector<Hash> versioned_hashes;
    for (const auto& blob : part.blobs) {
        auto stored = std::make_shared<chain::StoredBlob>();
        stored->blob = blob;
        const auto commitment = crypto::blob_to_commitment(blob);
        CHECK(commitment.has_value());
        stored->commitment = *commitment;
        const auto proof = crypto::compute_blob_proof(blob, *commitment);
        CHECK(proof.has_value());
        stored->proof = *proof;
        versioned_hashes.push_back(crypto::versioned_hash(*commitment));
        stored_blobs.push_back(std::move(stored));
    }
    part.public_inputs.da_commitment = protocol::da_commitment_of_blobs(versioned_hashes);
    return stored_blobs;
}

void put_into_calldata(RollupPart& part) {
    part.public_inputs.da_commitment = protocol::da_commitment_of_calldata(part.batch_bytes);
}

protocol::BatchClaim claim_of(const RollupPart& part, size_t first_blob) {
    const auto& inputs = part.public_inputs;
    protocol::BatchClaim claim{.chain_id = inputs.chain_id,
                               .batch_number = inputs.batch_number,
                               .pre_state_root = inputs.pre_state_root,
                               .post_state_root = inputs.post_state_root,
                               .first_block = inputs.first_block,
                               .last_block_hash = inputs.last_block_hash,
                               .l1_origin_hash = inputs.l1_origin_hash,
                               .l1_origin_number = inputs.l1_origin_number,
                               .forced_queue_position = inputs.forced_queue_position,
                               .remotes = inputs.remotes};
    if (part.blobs.empty()) {
        claim.data = part.batch_bytes;
    } else {
        claim.first_blob = uint256{first_blob};
        claim.blob_count = uint256{part.blobs.size()};
    }
    return claim;
}

}  // namespace scope::builder
