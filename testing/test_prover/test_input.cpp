#include "test_prover/test_input.hpp"

#include "rlp/encode.hpp"

namespace scope::prover::test {

ProofInput Setting::input_of(const std::vector<rollup::test::Claimed>& batches) const {
    const auto settled = rollup::test::settling(batches);
    const auto scope =
        protocol::decode_settled_scope(settled.transaction.data, settled.transaction.gas_limit)
            .value();
    ProofInput input;
    input.data = scope.data;
    input.blobs = settled.blobs;
    const Hash commitment =
        input.blobs.empty()
            ? protocol::data_commitment_of_calldata(scope.data)
            : protocol::data_commitment_of_blobs(settled.transaction.blob_versioned_hashes);
    for (const auto& claim : scope.batches)
        input.claims.push_back({.l1_chain_id = uint256{rollup.settlement.l1_chain_id},
                                .settlement = rollup.settlement.settlement,
                                .chain_id = claim.chain_id,
                                .program_id = rollup.program_id,
                                .batch_number = claim.batch_number,
                                .first_block = claim.first_block,
                                .parent_block_hash = claim.parent_block_hash,
                                .last_block_hash = claim.last_block_hash,
                                .builder = claim.builder,
                                .l1_origin_number = claim.l1_origin_number,
                                .l1_origin_hash = claim.l1_origin_hash,
                                .data = {commitment, claim.data_offset, claim.data_length},
                                .remotes = claim.remotes,
                                .policy_hash = {},
                                .forced_queue_position = claim.forced_queue_position});
    for (const auto& one : batches) input.digests.push_back(one.execution.digests);
    return input;
}

Address signer_of(const ProofInput& input, BytesView signature) {
    CHECK(signature.size() == 65 && (signature[64] == 27 || signature[64] == 28));
    const Hash message =
        protocol::attestation_hash(input.claims.front().program_id, hashes_of(input.claims));
    return crypto::recover(message, from_be(signature.first(32)),
                           from_be(signature.subspan(32, 32)), signature[64] == 28)
        .value();
}

void replace_batch(ProofInput& input, Bytes bytes) {
    CHECK(input.claims.size() == 1);
    input.claims[0].data = {protocol::data_commitment_of_calldata(bytes), uint256{},
                            uint256{bytes.size()}};
    input.data = std::move(bytes);
}

Bytes with_envelope(const rollup::Batch& batch, const Bytes& envelope) {
    Bytes blocks;
    for (const auto& block : batch.blocks) {
        std::vector<Bytes> envelopes;
        envelopes.reserve(block.transactions.size());
        for (const auto& tx : block.transactions) envelopes.push_back(scope::encode(tx));
        if (&block == &batch.blocks.back()) envelopes.back() = envelope;
        rlp::encode_list_to(blocks, static_cast<uint64_t>(block.kind), block.slot,
                            block.l1_origin_number, block.l1_origin_hash, block.timestamp_s,
                            block.coinbase, envelopes);
    }
    rlp::close_list(blocks, 0);
    Bytes out{0x02};
    rlp::encode_list_to(out, batch.chain_id, batch.number, batch.first_block, rlp::Raw{blocks});
    return out;
}

}  // namespace scope::prover::test
