#include "prover/test_input.hpp"

#include "rlp/encode.hpp"

namespace scope::prover::test {

ProofInput Setting::input_of(const rollup::test::Claimed& claimed) const {
    const auto& claim = claimed.claim;
    ProofInput input;
    input.claim = {uint256{rollup.settlement.l1_chain_id},
                   rollup.settlement.settlement,
                   claim.chain_id,
                   claim.batch_number,
                   claim.pre_state_root,
                   claim.post_state_root,
                   claim.first_block,
                   claim.last_block_hash,
                   claim.l1_origin_hash,
                   claim.l1_origin_number,
                   claimed.da_commitment,
                   uint256{},
                   claim.remotes,
                   rollup.program_id};
    input.batch = claim.data;
    input.blobs = claimed.blobs;
    input.digests = claimed.execution.digests;
    return input;
}

Address signer_of(const protocol::PublicInputs& inputs, BytesView signature) {
    CHECK(signature.size() == 65 && (signature[64] == 27 || signature[64] == 28));
    const Hash message =
        protocol::attestation_hash(inputs.program_id, protocol::public_inputs_hash(inputs));
    return crypto::recover(message, from_be(signature.first(32)),
                           from_be(signature.subspan(32, 32)), signature[64] == 28)
        .value();
}

Bytes with_envelope(const rollup::Batch& batch, const Bytes& envelope) {
    Bytes blocks;
    for (const auto& block : batch.blocks) {
        std::vector<Bytes> envelopes;
        envelopes.reserve(block.transactions.size());
        for (const auto& tx : block.transactions) envelopes.push_back(scope::encode(tx));
        if (&block == &batch.blocks.back()) envelopes.back() = envelope;
        rlp::encode_list_to(blocks, block.timestamp_s, block.coinbase, envelopes);
    }
    rlp::close_list(blocks, 0);
    Bytes out{0x01};
    rlp::encode_list_to(out, batch.chain_id, batch.number, batch.l1_origin_hash,
                        batch.l1_origin_number, batch.first_block, rlp::Raw{blocks});
    return out;
}

}  // namespace scope::prover::test
