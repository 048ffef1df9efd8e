#include "demo/forgery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"
#include "rollup/blob_codec.hpp"

namespace scope::demo {

namespace {

/// Decodes the calldata of loadRoot or runRoot; nullopt for another function.
std::optional<Forgery::Section> decode_section(BytesView calldata) {
    if (calldata.size() < 4) return std::nullopt;
    auto decoded = abi::decode<protocol::RootContext, std::vector<protocol::Fill>,
                               std::vector<protocol::Record>>(calldata.subspan(4));
    if (!decoded) return std::nullopt;
    auto& [context, fills, records] = *decoded;
    return Forgery::Section{context, {std::move(fills), std::move(records)}};
}

chain::StoredBlobPtr stored(const crypto::Blob& blob) {
    auto result = std::make_shared<chain::StoredBlob>();
    result->blob = blob;
    const auto commitment = crypto::blob_to_commitment(blob);
    CHECK(commitment.has_value());
    const auto proof = crypto::compute_blob_proof(blob, *commitment);
    CHECK(proof.has_value());
    result->commitment = *commitment;
    result->proof = *proof;
    return result;
}

}  // namespace

Forgery::Forgery(World& world, const builder::Bundle& bundle)
    : world_(world), original_(bundle), scope_(bundle.scope) {
    for (const auto& batch : bundle.scope.batches) {
        auto& blobs = blobs_.emplace_back();
        for (uint64_t i = 0; i < batch.blob_count[0]; ++i)
            blobs.push_back(bundle.blobs.at(batch.first_blob[0] + i));
    }
}

protocol::L1Leg& Forgery::leg(uint64_t root_index) {
    const auto found = std::ranges::find_if(scope_.legs, [&](const protocol::L1Leg& leg) {
        return leg.context.root_index == uint256{root_index};
    });
    CHECK(found != scope_.legs.end());
    return *found;
}

size_t Forgery::index_of(ChainId chain_id) const {
    const auto found = std::ranges::find(original_.parts, chain_id, &builder::RollupPart::chain_id);
    CHECK(found != original_.parts.end());
    return static_cast<size_t>(found - original_.parts.begin());
}

Transaction& Forgery::transaction_of(rollup::Batch& batch, uint64_t root_index) const {
    for (auto& block : batch.blocks) {
        for (auto& tx : block.transactions) {
            if (tx.type != TxType::system) continue;
            const auto section = decode_section(tx.data);
            if (section && section->context.root_index == uint256{root_index}) return tx;
        }
    }
    throw std::runtime_error{fmt::format("the batch of {} has nothing for root {}",
                                         chain_name(uint256{batch.chain_id}), root_index)};
}

Forgery::Section Forgery::section_of(ChainId chain_id, uint64_t root_index) const {
    auto batch = original_.parts[index_of(chain_id)].batch;
    return *decode_section(transaction_of(batch, root_index).data);
}

void Forgery::replace_section(ChainId chain_id, uint64_t root_index, const Section& section) {
    const size_t index = index_of(chain_id);
    const auto& part = original_.parts[index];
    auto batch = part.batch;
    transaction_of(batch, root_index).data =
        section.context.root_chain_id == uint256{chain_id}
            ? protocol::callable::load_root(section.context, section.section)
            : protocol::callable::run_root(section.context, section.section);

    const auto& rollup = *world_.devnet().node().follower().rollup(chain_id);
    const auto execution = rollup::execute_batch(rollup.chain, rollup.config, batch);
    if (!execution)
        throw std::runtime_error{"the forged batch is not valid: " + to_string(execution.error())};
    const auto bytes = rollup::encode(batch);
    auto claim = part.public_inputs;
    claim.post_state_root = execution->post_state_root;
    claim.last_block_hash = execution->last_block_hash;
    claim.remotes = execution->remotes;
    claim.da_commitment = publish(index, bytes);
    const auto proof = world_.committee().prove(proof_input(index, claim, bytes));
    if (!proof) throw std::runtime_error{"nobody signs: " + to_string(proof.error())};

    auto& settled = scope_.batches[index];
    settled.post_state_root = claim.post_state_root;
    settled.last_block_hash = claim.last_block_hash;
    settled.remotes = claim.remotes;
    settled.proof = proof->bytes;
}

std::string Forgery::publish_other_batch(ChainId chain_id, const rollup::Batch& batch) {
    const size_t index = index_of(chain_id);
    const auto bytes = rollup::encode(batch);
    auto claim = original_.parts[index].public_inputs;
    claim.da_commitment = publish(index, bytes);
    const auto proof = world_.committee().prove(proof_input(index, claim, bytes));
    if (proof) return "the committee signed it";
    return proof.error().dissents.empty() ? to_string(proof.error())
                                          : to_string(proof.error().dissents.front());
}

Hash Forgery::publish(size_t index, const Bytes& batch_bytes) {
    auto& batch = scope_.batches[index];
    if (blobs_[index].empty()) {
        batch.data = batch_bytes;
        return protocol::da_commitment_of_calldata(batch_bytes);
    }
    const auto blobs = rollup::to_blobs(batch_bytes);
    CHECK(blobs.has_value());
    blobs_[index].clear();
    for (const auto& blob : *blobs) blobs_[index].push_back(stored(blob));

    uint64_t next = 0;
    for (size_t i = 0; i < scope_.batches.size(); ++i) {
        if (blobs_[i].empty()) continue;
        scope_.batches[i].first_blob = uint256{next};
        scope_.batches[i].blob_count = uint256{blobs_[i].size()};
        next += blobs_[i].size();
    }
    std::vector<Hash> hashes;
    for (const auto& blob : blobs_[index])
        hashes.push_back(crypto::versioned_hash(blob->commitment));
    return protocol::da_commitment_of_blobs(hashes);
}

prover::ProofInput Forgery::proof_input(size_t index, const protocol::PublicInputs& claim,
                                        const Bytes& batch_bytes) const {
    prover::ProofInput input;
    input.claim = claim;
    if (blobs_[index].empty()) input.batch = batch_bytes;
    for (const auto& blob : blobs_[index]) input.blobs.push_back(blob->blob);
    return input;
}

Transaction Forgery::transaction() const {
    std::vector<chain::StoredBlobPtr> blobs;
    for (const auto& of_batch : blobs_) blobs.insert(blobs.end(), of_batch.begin(), of_batch.end());
    const auto l1 = builder::read_snapshot(world_.devnet().l1());
    return builder::make_bundle_transaction(*l1, world_.network().contracts, world_.options(),
                                            scope_, blobs);
}

protocol::Marks with_mark(protocol::Marks marks, const uint256& chain_id, const Hash& trace) {
    const auto place = std::ranges::find_if(
        marks, [&](const protocol::Mark& mark) { return !(mark.chain_id < chain_id); });
    if (place != marks.end() && place->chain_id == chain_id)
        place->trace = trace;
    else
        marks.insert(place, {chain_id, trace});
    return marks;
}

protocol::Response answer_to(const protocol::Request& request, bool success, Bytes data) {
    const auto request_hash = protocol::request_hash(request);
    protocol::Response response;
    response.success = success;
    response.data = std::move(data);
    response.trace = protocol::trace_after(to_be(request.nonce), request_hash);
    response.marks = with_mark(request.marks, request.source_chain_id, response.trace);
    response.trace =
        protocol::trace_after(response.trace, protocol::response_hash(request_hash, response));
    response.marks = with_mark(response.marks, request.target_chain_id, response.trace);
    return response;
}

}  // namespace scope::demo
