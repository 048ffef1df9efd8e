#include "demo/forgery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "protocol/callable.hpp"
#include "rollup/blob_codec.hpp"
#include "types/signing.hpp"

namespace scope::demo {

namespace {

/// Decodes the calldata of loadRoot or runRoot; nullopt for another function.
std::optional<Forgery::Section> decode_section(BytesView calldata) {
    auto call = protocol::callable::decode_system_call(calldata);
    if (!call) return std::nullopt;
    if (auto* load = std::get_if<protocol::callable::LoadRootCall>(&*call))
        return Forgery::Section{load->context, std::move(load->section)};
    if (auto* run = std::get_if<protocol::callable::RunRootCall>(&*call))
        return Forgery::Section{run->context, std::move(run->section)};
    return std::nullopt;
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
    : world_(world), original_(bundle), scope_(bundle.scope), blobs_(bundle.blobs) {
    for (const auto& part : bundle.parts) batches_.push_back(part.batch);
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
                                         world_.chain_name(batch.chain_id), root_index)};
}

Forgery::Section Forgery::section_of(ChainId chain_id, uint64_t root_index) const {
    auto batch = original_.parts[index_of(chain_id)].batch;
    return *decode_section(transaction_of(batch, root_index).data);
}

void Forgery::replace_section(ChainId chain_id, uint64_t root_index, const Section& section) {
    const size_t index = index_of(chain_id);
    auto& batch = batches_[index];
    transaction_of(batch, root_index).data =
        section.context.root_chain_id == uint256{chain_id}
            ? protocol::callable::load_root(section.context, section.section)
            : protocol::callable::run_root(section.context, section.section);

    const auto& rollup = *world_.devnet().node().follower().rollup(chain_id);
    const auto execution = rollup::execute_batch(rollup.chain, rollup.config, batch);
    if (!execution)
        throw std::runtime_error{"the forged batch is not valid: " + to_string(execution.error())};
    scope_.batches[index].last_block_hash = execution->last_block_hash;
    scope_.batches[index].remotes = execution->remotes;
    scope_.batches[index].forced_queue_position = uint256{execution->forced_queue_position};
    publish();
    const auto proof = world_.committee().prove(proof_input());
    if (!proof) throw std::runtime_error{"nobody signs: " + to_string(proof.error())};
    scope_.proofs = {proof->bytes};
}

std::string Forgery::publish_other_batch(ChainId chain_id, const rollup::Batch& batch) {
    batches_[index_of(chain_id)] = batch;
    publish();
    const auto proof = world_.committee().prove(proof_input());
    if (proof) return "the committee signed it";
    return proof.error().dissents.empty() ? to_string(proof.error())
                                          : to_string(proof.error().dissents.front());
}

void Forgery::publish() {
    Bytes bytes;
    for (size_t i = 0; i < batches_.size(); ++i) {
        const auto batch_bytes = rollup::encode(batches_[i]);
        scope_.batches[i].data_offset = uint256{bytes.size()};
        scope_.batches[i].data_length = uint256{batch_bytes.size()};
        append(bytes, batch_bytes);
    }
    if (blobs_.empty()) {
        scope_.data = std::move(bytes);
        return;
    }
    const auto blobs = rollup::to_blobs(bytes);
    CHECK(blobs.has_value());
    blobs_.clear();
    for (const auto& blob : *blobs) blobs_.push_back(stored(blob));
}

prover::ProofInput Forgery::proof_input() const {
    prover::ProofInput input;
    input.data = scope_.data;
    std::vector<Hash> hashes;
    for (const auto& blob : blobs_) {
        input.blobs.push_back(blob->blob);
        hashes.push_back(crypto::versioned_hash(blob->commitment));
    }
    const auto commitment = blobs_.empty() ? protocol::data_commitment_of_calldata(scope_.data)
                                           : protocol::data_commitment_of_blobs(hashes);
    for (size_t i = 0; i < scope_.batches.size(); ++i) {
        const auto& claim = scope_.batches[i];
        auto inputs = original_.parts[i].public_inputs;
        inputs.last_block_hash = claim.last_block_hash;
        inputs.remotes = claim.remotes;
        inputs.data = {commitment, claim.data_offset, claim.data_length};
        input.claims.push_back(std::move(inputs));
    }
    return input;
}

Transaction Forgery::transaction() const {
    const auto l1 = builder::read_snapshot(world_.devnet().l1());
    const auto options = world_.options();
    auto tx =
        builder::make_bundle_transaction(*l1, world_.network().contracts, options, scope_, blobs_);
    CHECK(sign(tx, *options.submitter));
    return tx;
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
    response.has_baton = true;
    response.trace = protocol::trace_after(to_be(request.nonce), request_hash);
    response.marks = with_mark(request.marks, request.source_chain_id, response.trace);
    response.trace =
        protocol::trace_after(response.trace, protocol::response_hash(request_hash, response));
    response.marks = with_mark(response.marks, request.target_chain_id, response.trace);
    return response;
}

}  // namespace scope::demo
