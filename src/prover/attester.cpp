#include "prover/attester.hpp"

#include <fmt/format.h>

#include <functional>

#include "base/hex.hpp"
#include "rollup/blob_codec.hpp"

namespace scope::prover {

using protocol::PublicInputs;
using rollup::AccountDigest;
using rollup::BlockDigest;

namespace {

std::unexpected<Disagreement> disagree(DisagreementKind kind, std::string detail) {
    Disagreement out;
    out.kind = kind;
    out.detail = std::move(detail);
    return std::unexpected{std::move(out)};
}

/// The batch's bytes, and what commits to them, computed from the data itself.
struct Data {
    Bytes bytes;
    Hash commitment;
};
Result<Data, Disagreement> read_data(const ProofInput& input) {
    if (input.blobs.empty())
        return Data{input.batch, protocol::da_commitment_of_calldata(input.batch)};
    // Before commitments are computed, each of which takes longer than the rest of the input.
    if (input.blobs.size() > rollup::blobs_for(rollup::MAX_BATCH_SIZE))
        return disagree(DisagreementKind::malformed_batch,
                        std::string{to_string(rollup::BatchError::too_large)});
    std::vector<Hash> versioned_hashes;
    for (size_t i = 0; i < input.blobs.size(); ++i) {
        const auto versioned_hash = rollup::versioned_hash_of(input.blobs[i]);
        if (!versioned_hash)
            return disagree(DisagreementKind::bad_blob,
                            fmt::format("blob {}: a field element is not below the modulus", i));
        versioned_hashes.push_back(*versioned_hash);
    }
    auto bytes = rollup::from_blobs(input.blobs);
    if (!bytes)
        return disagree(DisagreementKind::malformed_batch, std::string{to_string(bytes.error())});
    return Data{std::move(*bytes), protocol::da_commitment_of_blobs(versioned_hashes)};
}

// --- Comparing claims, field by field ---

std::string text(const Hash& value) {
    return to_hex(value);
}
std::string text(const Address& value) {
    return to_hex(value);
}
std::string text(const uint256& value) {
    return to_decimal(value);
}
std::string text(const std::vector<protocol::Streams>& remotes) {
    std::string out = "[";
    for (const auto& [chain_id, hashes, value_in, value_out] : remotes)
        out += fmt::format(
            "{}chain {}: requestsOut {} requestsIn {} responsesOut {} responsesIn {} "
            "valueIn {} valueOut {}",
            out.size() == 1 ? "" : "; ", to_decimal(chain_id), to_hex(hashes.requests_out),
            to_hex(hashes.requests_in), to_hex(hashes.responses_out), to_hex(hashes.responses_in),
            to_decimal(value_in), to_decimal(value_out));
    return out + "]";
}

/// The first of these fields in which the claim says otherwise than was found, if any.
template <typename... Fields>
Result<void, Disagreement> compare(const PublicInputs& claim, const PublicInputs& found,
                                   Fields... fields) {
    Result<void, Disagreement> result;
    const auto compare_one = [&](const auto& field) {
        const auto& [name, member] = field;
        if (claim.*member == found.*member) return true;
        auto difference =
            disagree(DisagreementKind::different_field,
                     fmt::format("claimed {}, found {}", text(claim.*member), text(found.*member)));
        difference.error().field = name;
        result = std::move(difference);
        return false;
    };
    (compare_one(fields) && ...);
    return result;
}
template <typename T>
std::pair<const char*, T PublicInputs::*> field(const char* name, T PublicInputs::* member) {
    return {name, member};
}

// --- Placing a difference ---

/// The first account that one of the two changed otherwise. Both are in the order of addresses.
std::optional<Address> first_difference(const std::vector<AccountDigest>& a,
                                        const std::vector<AccountDigest>& b) {
    const auto [at_a, at_b] = std::ranges::mismatch(a, b);
    if (at_a == a.end() && at_b == b.end()) return std::nullopt;
    if (at_a == a.end()) return at_b->address;
    if (at_b == b.end()) return at_a->address;
    return std::min(at_a->address, at_b->address);
}

void place(Disagreement& difference, const std::vector<BlockDigest>& claimed,
           const std::vector<BlockDigest>& own, uint64_t first_block) {
    const auto [at_claimed, at_own] = std::ranges::mismatch(claimed, own);
    if (at_own == own.end()) return;  // the digests claim nothing else
    difference.block_number = first_block + static_cast<uint64_t>(at_own - own.begin());
    if (at_claimed == claimed.end()) return;
    const auto& theirs = at_claimed->transactions;
    const auto& ours = at_own->transactions;
    const auto [their_tx, our_tx] = std::ranges::mismatch(theirs, ours);
    if (our_tx == ours.end()) return;  // the header alone
    difference.transaction_index = static_cast<size_t>(our_tx - ours.begin());
    if (their_tx != theirs.end())
        difference.account = first_difference(their_tx->accounts, our_tx->accounts);
}

std::unexpected<Disagreement> stopped(const rollup::FollowError& why) {
    return disagree(DisagreementKind::stopped_rollup, to_string(why));
}

/// Checks that no remote is a rollup that doesn't go on: what crosses with one has to wait.
Result<void, Disagreement> check_remotes(const rollup::Follower& follower,
                                         const PublicInputs& inputs) {
    for (const auto& remote : inputs.remotes) {
        const auto chain_id = ChainId::from(remote.chain_id);
        const auto* const known = chain_id ? follower.rollup(*chain_id) : nullptr;
        if (known != nullptr && known->stopped) return stopped(*known->stopped);
    }
    return {};
}

/// Computes the public inputs of an input, and returns them if they agree with the claim.
Result<PublicInputs, Disagreement> verify(const ProofInput& input,
                                          const rollup::Follower::Rollup& rollup,
                                          rollup::Follower& follower) {
    const auto& claim = input.claim;
    const auto data = TRY(read_data(input));
    const auto batch = rollup::decode_batch(data.bytes);
    if (!batch)
        return disagree(DisagreementKind::malformed_batch, std::string{to_string(batch.error())});

    PublicInputs found;
    found.l1_chain_id = uint256{rollup.config.settlement.l1_chain_id};
    found.settlement = rollup.config.settlement.settlement;
    found.chain_id = uint256{batch->chain_id};
    found.batch_number = uint256{rollup.next_batch()};
    found.first_block = uint256{batch->first_block};
    found.l1_origin_hash = batch->l1_origin_hash;
    found.l1_origin_number = uint256{batch->l1_origin_number};
    found.da_commitment = data.commitment;
    found.forced_queue_position = uint256{};  // the queue is empty
    found.program_id = rollup.config.program_id;
    TRY_VOID(compare(claim, found, field("l1ChainId", &PublicInputs::l1_chain_id),
                     field("settlement", &PublicInputs::settlement),
                     field("programId", &PublicInputs::program_id),
                     field("chainId", &PublicInputs::chain_id),
                     field("batchNumber", &PublicInputs::batch_number),
                     field("daCommitment", &PublicInputs::da_commitment),
                     field("firstBlock", &PublicInputs::first_block),
                     field("l1OriginHash", &PublicInputs::l1_origin_hash),
                     field("l1OriginNumber", &PublicInputs::l1_origin_number),
                     field("forcedQueuePosition", &PublicInputs::forced_queue_position)));
    if (batch->number != rollup.next_batch()) {
        auto difference = disagree(
            DisagreementKind::different_field,
            fmt::format("the batch says {}, found {}", batch->number, rollup.next_batch()));
        difference.error().field = "batchNumber";
        return difference;
    }

    const auto* const origin = follower.l1_block(batch->l1_origin_number);
    if (origin == nullptr || origin->id.hash != batch->l1_origin_hash)
        return disagree(
            DisagreementKind::unknown_l1_origin,
            fmt::format("block {}, {}", batch->l1_origin_number, to_hex(batch->l1_origin_hash)));
    if (batch->l1_origin_number < rollup.l1_origin_number())
        return disagree(DisagreementKind::stale_l1_origin,
                        fmt::format("block {}, the last batch's is {}", batch->l1_origin_number,
                                    rollup.l1_origin_number()));

    rollup::BatchOptions options;
    options.l1_origin_timestamp_s = origin->timestamp_s;
    auto execution = rollup::execute_batch(rollup.chain, rollup.config, *batch, options);
    if (!execution) {
        const auto& refusal = execution.error();
        auto difference = disagree(DisagreementKind::refused_batch, to_string(refusal));
        difference.error().block_number = batch->first_block + refusal.block;
        difference.error().transaction_index = refusal.transaction;
        return difference;
    }
    found.pre_state_root = execution->pre_state_root;
    found.post_state_root = execution->post_state_root;
    found.last_block_hash = execution->last_block_hash;
    found.remotes = execution->remotes;
    auto compared = compare(claim, found, field("preStateRoot", &PublicInputs::pre_state_root),
                            field("postStateRoot", &PublicInputs::post_state_root),
                            field("lastBlockHash", &PublicInputs::last_block_hash),
                            field("remotes", &PublicInputs::remotes));
    if (!compared) {
        if (!input.digests.empty()) {
            options.digests = rollup::Digests::yes;
            const auto digested =
                rollup::execute_batch(rollup.chain, rollup.config, *batch, options);
            CHECK(digested.has_value());
            place(compared.error(), input.digests, digested->digests, batch->first_block);
        }
        return std::unexpected{std::move(compared.error())};
    }
    CHECK(claim == found);
    TRY_VOID(check_remotes(follower, found));
    follower.remember(*batch, std::move(*execution));
    return found;
}

}  // namespace

Attester::Attester(crypto::SecretKey key, rollup::Follower& follower)
    : key_(key), address_(crypto::address_of(key)), follower_(follower) {}

Result<Attestation, Disagreement> Attester::attest(BytesView proof_input) {
    const auto signed_by_me = [&](std::unexpected<Disagreement> disagreement) {
        disagreement.error().member = address_;
        return disagreement;
    };
    const auto input = decode_proof_input(proof_input);
    if (!input)
        return signed_by_me(
            disagree(DisagreementKind::malformed_input, std::string{to_string(input.error())}));
    if (const auto advanced = follower_.advance(); !advanced)
        return signed_by_me(disagree(DisagreementKind::not_following, to_string(advanced.error())));
    const auto& claimed = input->claim.chain_id;
    const auto chain_id = ChainId::from(claimed);
    const auto* const rollup = chain_id ? follower_.rollup(*chain_id) : nullptr;
    if (rollup == nullptr)
        return signed_by_me(disagree(DisagreementKind::unknown_rollup,
                                     fmt::format("chain {}", to_decimal(claimed))));
    if (rollup->stopped) return signed_by_me(stopped(*rollup->stopped));

    const auto found = verify(*input, *rollup, follower_);
    if (!found) return signed_by_me(std::unexpected{found.error()});
    const Hash inputs_hash = protocol::public_inputs_hash(*found);
    const Hash message = protocol::attestation_hash(rollup->config.program_id, inputs_hash);
    return Attestation{address_, inputs_hash, crypto::to_rsv(crypto::sign(message, key_))};
}

}  // namespace scope::prover
