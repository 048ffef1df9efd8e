#include "prover/attester.hpp"

#include <fmt/format.h>

#include <functional>
#include <ranges>

#include "base/hex.hpp"
#include "rollup/blob_codec.hpp"

namespace scope::prover {

using protocol::GenesisClaim;
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

/// The bytes of all batches, and what commits to them, computed from the data itself.
struct Data {
    Bytes bytes;
    Hash commitment;
};
Result<Data, Disagreement> read_data(const ProofInput& input) {
    if (input.blobs.empty())
        return Data{input.data, protocol::data_commitment_of_calldata(input.data)};
    // Before commitments are computed, each of which takes longer than the rest of the input.
    if (input.blobs.size() > rollup::blobs_for(rollup::MAX_BATCH_SIZE))
        return disagree(DisagreementKind::malformed_data,
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
        return disagree(DisagreementKind::malformed_data, std::string{to_string(bytes.error())});
    return Data{std::move(*bytes), protocol::data_commitment_of_blobs(versioned_hashes)};
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
/// The first ones: a claim may have any number.
std::string text(const std::vector<protocol::Streams>& remotes) {
    constexpr size_t MAX_TOLD = 8;
    std::string out = "[";
    for (const auto& [chain_id, hashes, value_in, value_out, limit] :
         remotes | std::views::take(MAX_TOLD))
        out += fmt::format(
            "{}chain {}: requestsOut {} requestsIn {} responsesOut {} responsesIn {} "
            "valueIn {} valueOut {} limit {}",
            out.size() == 1 ? "" : "; ", to_decimal(chain_id), to_hex(hashes.requests_out),
            to_hex(hashes.requests_in), to_hex(hashes.responses_out), to_hex(hashes.responses_in),
            to_decimal(value_in), to_decimal(value_out), to_decimal(limit));
    if (remotes.size() > MAX_TOLD) out += fmt::format("; {} more", remotes.size() - MAX_TOLD);
    return out + "]";
}

std::unexpected<Disagreement> differs(const char* field, std::string detail) {
    auto difference = disagree(DisagreementKind::different_field, std::move(detail));
    difference.error().field = field;
    return difference;
}

/// The first of these fields in which the claim says otherwise than was found, if any.
template <typename Claim, typename... Fields>
Result<void, Disagreement> compare(const Claim& claim, const Claim& found, Fields... fields) {
    Result<void, Disagreement> result;
    const auto compare_one = [&](const auto& field) {
        const auto& [name, member] = field;
        if (claim.*member == found.*member) return true;
        result = differs(
            name, fmt::format("claimed {}, found {}", text(claim.*member), text(found.*member)));
        return false;
    };
    (compare_one(fields) && ...);
    return result;
}
template <typename Claim, typename T>
std::pair<const char*, T Claim::*> field(const char* name, T Claim::* member) {
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

void place(Disagreement& difference, std::span<const BlockDigest> claimed,
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

// --- One claim ---

/// Returns the rollup that a claim is about, if this node follows it.
Result<const rollup::Follower::Rollup*, Disagreement> find_rollup(
    const PublicInputs& claim, const rollup::Follower& follower) {
    const auto chain_id = ChainId::from(claim.chain_id);
    const auto* const rollup = chain_id ? follower.rollup(*chain_id) : nullptr;
    if (rollup == nullptr)
        return disagree(DisagreementKind::unknown_rollup,
                        fmt::format("chain {}", to_decimal(claim.chain_id)));
    if (rollup->stopped) return stopped(*rollup->stopped);
    if (rollup->closed_at)
        return disagree(
            DisagreementKind::stopped_rollup,
            fmt::format("chain {} was closed in L1 block {}", *chain_id, *rollup->closed_at));
    return rollup;
}

/// A claim of which all is verified that needs no execution.
struct Prepared {
    const PublicInputs* claim = nullptr;
    const rollup::Follower::Rollup* rollup = nullptr;
    rollup::Batch batch;
    PublicInputs found;  ///< but for what execution gives
};

Result<Prepared, Disagreement> prepare(const PublicInputs& claim, const Data& data,
                                       const rollup::Follower& follower) {
    const auto* const rollup = TRY(find_rollup(claim, follower));
    const auto bytes = rollup::slice_of(data.bytes, claim.data.offset, claim.data.length);
    if (!bytes)
        return disagree(DisagreementKind::bad_slice,
                        fmt::format("{} bytes at {} of {}", to_decimal(claim.data.length),
                                    to_decimal(claim.data.offset), data.bytes.size()));
    auto batch = rollup::decode_batch(*bytes);
    if (!batch)
        return disagree(DisagreementKind::malformed_batch, std::string{to_string(batch.error())});

    const auto& config = rollup->config;
    const auto& last = batch->blocks.back();
    PublicInputs found;
    found.l1_chain_id = uint256{config.settlement.l1_chain_id};
    found.settlement = config.settlement.settlement;
    found.chain_id = uint256{batch->chain_id};
    found.program_id = config.program_id;
    found.batch_number = uint256{rollup->next_batch()};
    found.first_block = uint256{batch->first_block};
    // Only on its own head: what settles on another one can't be derived.
    found.parent_block_hash = rollup->chain.head()->hash;
    found.builder = claim.builder;  // the builder's choice, and the policy's on L1
    found.l1_origin_number = uint256{last.l1_origin_number};
    found.l1_origin_hash = last.l1_origin_hash;
    found.data = {data.commitment, claim.data.offset, claim.data.length};
    found.policy_hash = claim.policy_hash;
    TRY_VOID(compare(claim, found, field("l1ChainId", &PublicInputs::l1_chain_id),
                     field("settlement", &PublicInputs::settlement),
                     field("programId", &PublicInputs::program_id),
                     field("chainId", &PublicInputs::chain_id),
                     field("batchNumber", &PublicInputs::batch_number),
                     field("parentBlockHash", &PublicInputs::parent_block_hash),
                     field("firstBlock", &PublicInputs::first_block),
                     field("l1OriginNumber", &PublicInputs::l1_origin_number),
                     field("l1OriginHash", &PublicInputs::l1_origin_hash)));
    if (batch->number != rollup->next_batch())
        return differs("batchNumber", fmt::format("the batch says {}, found {}", batch->number,
                                                  rollup->next_batch()));
    return Prepared{&claim, rollup, std::move(*batch), std::move(found)};
}

/// Executes the batch of a claim, and completes what was found if it agrees.
/// @param digests  Of the claimant's execution; may be empty.
Result<rollup::BatchExecution, Disagreement> execute(Prepared& prepared,
                                                     const rollup::Follower& follower,
                                                     std::span<const BlockDigest> digests,
                                                     execution::Deadline deadline) {
    auto& [claim, rollup, batch, found] = prepared;
    auto options = follower.options_for(*rollup);
    options.deadline = deadline;
    options.max_kept_bytes = rollup::MAX_KEPT_BYTES;
    auto execution = rollup::execute_batch(rollup->chain, rollup->config, batch, options);
    if (!execution) {
        const auto& refusal = execution.error();
        const bool is_late = refusal.rule == rollup::BatchRule::out_of_time;
        auto difference =
            disagree(is_late ? DisagreementKind::timed_out : DisagreementKind::refused_batch,
                     to_string(refusal));
        difference.error().block_number = batch.first_block + refusal.block;
        difference.error().transaction_index = refusal.transaction;
        return difference;
    }
    CHECK(execution->parent_block_hash == found.parent_block_hash);
    found.last_block_hash = execution->last_block_hash;
    found.remotes = execution->remotes;
    found.forced_queue_position = uint256{execution->forced_queue_position};
    auto compared = compare(*claim, found, field("lastBlockHash", &PublicInputs::last_block_hash),
                            field("remotes", &PublicInputs::remotes),
                            field("forcedQueuePosition", &PublicInputs::forced_queue_position));
    if (!compared) {
        if (!digests.empty()) {
            options.digests = rollup::Digests::yes;
            options.max_kept_bytes = 0;
            const auto digested =
                rollup::execute_batch(rollup->chain, rollup->config, batch, options);
            // None if there was no time left for it.
            if (digested) place(compared.error(), digests, digested->digests, batch.first_block);
        }
        return std::unexpected{std::move(compared.error())};
    }
    CHECK(*claim == found);
    TRY_VOID(check_remotes(follower, found));
    return std::move(*execution);
}

// --- All claims of an input ---

std::unexpected<Disagreement> of_claim(Disagreement disagreement, const uint256& chain_id) {
    disagreement.chain_id = ChainId::from(chain_id);
    return std::unexpected{std::move(disagreement)};
}

/// Does all for the claims that needs no execution; what takes least comes first.
Result<std::vector<Prepared>, Disagreement> prepare_all(const ProofInput& input,
                                                        const rollup::Follower& follower) {
    for (const auto& claim : input.claims)
        if (auto found = find_rollup(claim, follower); !found)
            return of_claim(std::move(found.error()), claim.chain_id);
    const auto data = TRY(read_data(input));
    if (const Hash& claimed = input.claims.front().data.commitment; claimed != data.commitment)
        return differs("data.commitment", fmt::format("claimed {}, found {}", to_hex(claimed),
                                                      to_hex(data.commitment)));
    std::vector<Prepared> prepared;
    for (const auto& claim : input.claims) {
        auto one = prepare(claim, data, follower);
        if (!one) return of_claim(std::move(one.error()), claim.chain_id);
        prepared.push_back(std::move(*one));
    }
    return prepared;
}

/// Verifies every claim. Keeps each execution that agrees with its claim, whether the others hold or
/// not: so no two are held beside those that the follower bounds.
Result<void, Disagreement> verify(const ProofInput& input, rollup::Follower& follower,
                                  execution::Deadline deadline) {
    auto prepared = TRY(prepare_all(input, follower));
    for (size_t i = 0; i < prepared.size(); ++i) {
        const auto digests =
            input.digests.empty() ? std::span<const BlockDigest>{} : std::span{input.digests[i]};
        auto execution = execute(prepared[i], follower, digests, deadline);
        if (!execution) return of_claim(std::move(execution.error()), input.claims[i].chain_id);
        follower.remember(prepared[i].batch, std::move(*execution));
    }
    return {};
}

// --- A genesis ---

/// Compares a claim about a genesis with what this node is configured with.
Result<void, Disagreement> check_genesis(const GenesisClaim& claim,
                                         const rollup::Follower& follower) {
    const auto chain_id = ChainId::from(claim.chain_id);
    const auto* const rollup = chain_id ? follower.rollup(*chain_id) : nullptr;
    if (rollup == nullptr)
        return disagree(DisagreementKind::unknown_rollup,
                        fmt::format("chain {}", to_decimal(claim.chain_id)));
    const auto& config = rollup->config;
    const auto supply = rollup::genesis_supply(config);
    if (!supply)
        return disagree(DisagreementKind::unsound_genesis,
                        "its gas limit, its predeploy's balance or the sum of all");
    const auto genesis = rollup->chain.store().canonical_block(config.genesis.number);
    CHECK(genesis != nullptr);
    const GenesisClaim found{.l1_chain_id = uint256{config.settlement.l1_chain_id},
                             .settlement = config.settlement.settlement,
                             .owner = claim.owner,  // who asks says who registers
                             .chain_id = uint256{*chain_id},
                             .program_id = config.program_id,
                             .block_hash = genesis->hash,
                             .state_root = genesis->header().state_root,
                             .supply = *supply};
    return compare(claim, found, field("l1ChainId", &GenesisClaim::l1_chain_id),
                   field("settlement", &GenesisClaim::settlement),
                   field("programId", &GenesisClaim::program_id),
                   field("genesisBlockHash", &GenesisClaim::block_hash),
                   field("genesisStateRoot", &GenesisClaim::state_root),
                   field("supply", &GenesisClaim::supply));
}

}  // namespace

Attester::Attester(crypto::SignerPtr signer, rollup::Follower& follower)
    : Attester(std::move(signer), follower, Limits{}) {}

Attester::Attester(crypto::SignerPtr signer, rollup::Follower& follower, Limits limits,
                   std::function<Clock::time_point()> now)
    : signer_(std::move(signer)),
      follower_(follower),
      request_limit_(limits.request),
      requester_time_(limits.requester),
      now_(std::move(now)) {
    CHECK(signer_ != nullptr);
}

Result<Attestation, Disagreement> Attester::attest(BytesView proof_input,
                                                   const std::optional<Address>& requester) {
    const auto signed_by_me = [&](std::unexpected<Disagreement> disagreement) {
        disagreement.error().member = address();
        return disagreement;
    };
    Clock::duration limit = request_limit_;
    if (requester) {
        limit = std::min(limit, requester_time_.left(*requester, now_()));
        if (limit == Clock::duration{})
            return signed_by_me(disagree(DisagreementKind::requester_over_limit,
                                         "it has used the time that a requester may take"));
    }
    const auto input = decode_proof_input(proof_input);
    if (!input)
        return signed_by_me(
            disagree(DisagreementKind::malformed_input, std::string{to_string(input.error())}));
    if (const auto advanced = follower_.advance(); !advanced)
        return signed_by_me(disagree(DisagreementKind::not_following, to_string(advanced.error())));

    const auto began = now_();
    auto verified = verify(*input, follower_, Clock::now() + limit);
    if (const auto ended = now_(); requester) requester_time_.add(*requester, ended - began, ended);
    if (!verified) return signed_by_me(std::unexpected{std::move(verified.error())});
    return sign(input->claims.front().program_id, hashes_of(input->claims));
}

Result<Attestation, Disagreement> Attester::attest_genesis(const GenesisClaim& claim) const {
    auto checked = check_genesis(claim, follower_);
    if (!checked) {
        checked.error().member = address();
        return of_claim(std::move(checked.error()), claim.chain_id);
    }
    return sign(claim.program_id, {protocol::genesis_hash(claim)});
}

Result<Attestation, Disagreement> Attester::sign(const Hash& program_id,
                                                 std::vector<Hash> hashes) const {
    const auto signature = signer_->sign(protocol::attestation_message(program_id, hashes));
    if (!signature) {
        auto unsigned_one =
            disagree(DisagreementKind::failed, "its key did not sign: " + signature.error());
        unsigned_one.error().member = address();
        return unsigned_one;
    }
    return Attestation{address(), std::move(hashes), crypto::to_rsv(*signature)};
}

}  // namespace scope::prover
