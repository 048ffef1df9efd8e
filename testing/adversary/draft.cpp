#include "adversary/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "adversary/chain_run.hpp"
#include "evm/tracer.hpp"
#include "rollup/blob_codec.hpp"
#include "types/signing.hpp"

namespace scope::adversary {

namespace callable = protocol::callable;

Draft draft_of(const builder::Bundle& bundle) {
    Draft draft;
    draft.scope = bundle.scope;
    for (const auto& part : bundle.parts) draft.batches.push_back(part.batch);
    draft.data.resize(draft.batches.size());
    return draft;
}

std::vector<Section> sections_of(const Draft& draft) {
    std::vector<Section> sections;
    for (size_t i = 0; i < draft.scope.legs.size(); ++i) {
        const auto& leg = draft.scope.legs[i];
        sections.push_back({.chain_id = oracle::chain_id_of(0),
                            .context = leg.context,
                            .section = {leg.fills, leg.records},
                            .is_own = !leg.signed_operation.empty(),
                            .leg = i});
    }
    for (size_t b = 0; b < draft.batches.size(); ++b) {
        const auto& blocks = draft.batches[b].blocks;
        for (size_t i = 0; i < blocks.size(); ++i) {
            for (size_t t = 0; t < blocks[i].transactions.size(); ++t) {
                const auto& tx = blocks[i].transactions[t];
                if (tx.type != TxType::system) continue;
                auto call = callable::decode_system_call(tx.data);
                if (!call) continue;
                Section section{.chain_id = draft.batches[b].chain_id,
                                .batch = b,
                                .block = i,
                                .transaction = t};
                if (auto* load = std::get_if<callable::LoadRootCall>(&*call)) {
                    section.is_own = true;
                    section.context = load->context;
                    section.section = std::move(load->section);
                } else if (auto* run = std::get_if<callable::RunRootCall>(&*call)) {
                    section.context = run->context;
                    section.section = std::move(run->section);
                } else {
                    continue;
                }
                sections.push_back(std::move(section));
            }
        }
    }
    return sections;
}

void put(Draft& draft, const Section& section) {
    if (section.chain_id == oracle::chain_id_of(0)) {
        auto& leg = draft.scope.legs[section.leg];
        leg.context = section.context;
        leg.fills = section.section.fills;
        leg.records = section.section.records;
        return;
    }
    draft.batches[section.batch].blocks[section.block].transactions[section.transaction].data =
        section.is_own ? callable::load_root(section.context, section.section)
                       : callable::run_root(section.context, section.section);
}

namespace {

chain::StoredBlobPtr stored(const crypto::Blob& blob) {
    auto result = std::make_shared<chain::StoredBlob>();
    result->blob = blob;
    const auto commitment = crypto::blob_to_commitment(blob);
    if (!commitment) return nullptr;
    const auto proof = crypto::compute_blob_proof(blob, *commitment);
    if (!proof) return nullptr;
    result->commitment = *commitment;
    result->proof = *proof;
    return result;
}

/// L1 with one block more.
class ExtendedL1 final : public l1::L1Source {
  public:
    ExtendedL1(const l1::L1Source& base, const chain::StoredBlock& block,
               const std::vector<chain::StoredBlobPtr>& blobs)
        : base_(base), block_(std::make_shared<chain::StoredBlock>(block)) {
        for (const auto& blob : blobs) blobs_[crypto::versioned_hash(blob->commitment)] = blob;
    }
    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override {
        const l1::L1BlockId head{block_->header().number, block_->hash};
        return l1::L1Heads{head, head, head};
    }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        return number == block_->header().number ? block_ : base_.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override {
        const auto found = blobs_.find(versioned_hash);
        return found == blobs_.end() ? base_.blob(versioned_hash) : found->second;
    }

  private:
    const l1::L1Source& base_;
    chain::StoredBlockPtr block_;
    std::map<Hash, chain::StoredBlobPtr> blobs_;
};

class Attempter {
  public:
    Attempter(const oracle::SealedScope& sealed, const Draft& draft)
        : sealed_(sealed), draft_(draft), scope_(draft.scope) {}

    Attempt run() {
        blobs_.resize(draft_.batches.size());
        const auto& original = sealed_.bundle;
        for (size_t i = 0; i < draft_.batches.size(); ++i)
            for (uint64_t k = 0; k < original.scope.batches[i].blob_count[0]; ++k)
                blobs_[i].push_back(original.blobs.at(original.scope.batches[i].first_blob[0] + k));
        // A claim that is dropped, doubled or moved is nobody's batch any more: as it is.
        if (scope_.batches.size() == draft_.batches.size())
            for (size_t i = 0; i < draft_.batches.size(); ++i)
                if (auto refusal = prepare(i)) return std::move(*refusal);
        return settle();
    }

  private:
    [[nodiscard]] const chain::Chain& l1() const { return sealed_.devnet.l1().chain(); }

    /// Brings a batch's claim, data and proof in line with what was changed.
    std::optional<Attempt> prepare(size_t i) {
        const auto& original = sealed_.bundle.parts[i];
        const auto& batch = draft_.batches[i];
        auto& claim = scope_.batches[i];
        const bool is_other_batch = batch != original.batch;
        const bool is_other_claim = claim != sealed_.bundle.scope.batches[i];
        if (!is_other_batch && !is_other_claim && !draft_.data[i]) return std::nullopt;

        std::string reason;
        bool is_valid = true;
        if (is_other_batch && !batch.blocks.empty()) {
            const auto& rollup = *sealed_.devnet.node().follower().rollup(original.chain_id);
            rollup::BatchOptions options;
            options.l1_origin_timestamp_s = l1().head()->header().timestamp_s;
            const auto execution =
                rollup::execute_batch(rollup.chain, rollup.config, batch, options);
            if (execution) {
                claim.post_state_root = execution->post_state_root;
                claim.last_block_hash = execution->last_block_hash;
                claim.remotes = execution->remotes;
                claim.batch_number = uint256{batch.number};
                claim.first_block = uint256{batch.first_block};
                claim.l1_origin_hash = batch.l1_origin_hash;
                claim.l1_origin_number = uint256{batch.l1_origin_number};
            } else {
                is_valid = false;
                auto refusal = execution.error();
                const Bytes revert_data = std::exchange(refusal.revert_data, {});
                reason = to_string(refusal);
                if (!revert_data.empty()) reason += ": " + builder::describe_revert(revert_data);
            }
        }
        if (batch.blocks.empty())
            return Attempt{Attempt::End::not_attested, "no blocks", false, {}, {}};

        prover::ProofInput input;
        if (!publish(i)) return Attempt{Attempt::End::not_settled, "not a blob", false, {}, {}};
        if (blobs_[i].empty()) input.batch = claim.data;
        for (const auto& blob : blobs_[i]) input.blobs.push_back(blob->blob);
        input.claim = original.public_inputs;
        input.claim.chain_id = claim.chain_id;
        input.claim.batch_number = claim.batch_number;
        input.claim.pre_state_root = claim.pre_state_root;
        input.claim.post_state_root = claim.post_state_root;
        input.claim.first_block = claim.first_block;
        input.claim.last_block_hash = claim.last_block_hash;
        input.claim.l1_origin_hash = claim.l1_origin_hash;
        input.claim.l1_origin_number = claim.l1_origin_number;
        input.claim.forced_queue_position = claim.forced_queue_position;
        input.claim.remotes = claim.remotes;
        input.claim.da_commitment = commitment(i);
        const auto proof = sealed_.devnet.committee().prove(input);
        if (proof) {
            claim.proof = proof->bytes;
            // A mutated proof alone would be mended by this.
            if (!is_other_batch && !draft_.data[i] &&
                draft_.scope.batches[i].proof != sealed_.bundle.scope.batches[i].proof)
                claim.proof = draft_.scope.batches[i].proof;
        } else if (is_other_batch) {
            if (is_valid && !proof.error().dissents.empty())
                reason = to_string(proof.error().dissents.front());
            return Attempt{Attempt::End::not_attested, reason, false, {}, {}};
        }
        return std::nullopt;
    }

    /// Puts a batch's bytes where the original's were. False if they can't be blobs.
    bool publish(size_t i) {
        const bool in_blobs = !blobs_[i].empty();
        Data data;
        if (draft_.data[i]) {
            data = *draft_.data[i];
        } else if (draft_.batches[i] == sealed_.bundle.parts[i].batch) {
            return true;  // what is published may itself be what was changed
        } else {
            data.calldata = rollup::encode(draft_.batches[i]);
            if (in_blobs) {
                auto blobs = rollup::to_blobs(data.calldata);
                if (!blobs) return false;
                data = {{}, std::move(*blobs)};
            }
        }
        scope_.batches[i].data = data.calldata;
        if (!in_blobs) return true;
        blobs_[i].clear();
        for (const auto& blob : data.blobs) {
            blobs_[i].push_back(stored(blob));
            if (!blobs_[i].back()) return false;
        }
        uint64_t next = 0;
        for (size_t k = 0; k < blobs_.size(); ++k) {
            scope_.batches[k].first_blob = uint256{next};
            scope_.batches[k].blob_count = uint256{blobs_[k].size()};
            next += blobs_[k].size();
        }
        return true;
    }

    [[nodiscard]] Hash commitment(size_t i) const {
        if (blobs_[i].empty()) return protocol::da_commitment_of_calldata(scope_.batches[i].data);
        std::vector<Hash> hashes;
        for (const auto& blob : blobs_[i])
            hashes.push_back(crypto::versioned_hash(blob->commitment));
        return protocol::da_commitment_of_blobs(hashes);
    }

    Attempt settle() {
        std::vector<chain::StoredBlobPtr> blobs;
        for (const auto& of_batch : blobs_)
            blobs.insert(blobs.end(), of_batch.begin(), of_batch.end());
        const auto& contracts = sealed_.devnet.node().network().contracts;
        auto tx = builder::make_bundle_transaction(*builder::read_snapshot(sealed_.devnet.l1()),
                                                   contracts, sealed_.options, scope_, blobs);
        if (draft_.calldata) tx.data = *draft_.calldata;
        if (draft_.gas_limit) tx.gas_limit = *draft_.gas_limit;
        if (draft_.calldata || draft_.gas_limit) sign(tx, sealed_.options.submitter);
        chain::BlockBuilder block{l1(), l1().head()->hash, sealed_.bundle.attributes};
        FaultWatcher watcher{contracts.l1_callable};
        execution::Host host{block.state(), block.environment()};
        host.set_tracer(&watcher);
        const auto outcome = block.try_transaction(tx, &host);
        Attempt attempt;
        attempt.end = Attempt::End::not_settled;
        if (!outcome) {
            attempt.reason = to_string(outcome.error());
            return attempt;
        }
        if (!outcome->succeeded()) {
            attempt.reason = outcome->status == evm::Status::revert
                                 ? builder::describe_revert(outcome->output)
                                 : evm::to_string(outcome->status);
            return attempt;
        }
        attempt.has_swallowed_fault = watcher.saw_fault();
        const auto sealed = block.seal();
        if (!sealed) {
            attempt.reason = to_string(sealed.error());
            return attempt;
        }
        derive(attempt, *sealed, blobs);
        return attempt;
    }

    void derive(Attempt& attempt, const chain::SealedBlock& l1_block,
                const std::vector<chain::StoredBlobPtr>& blobs) {
        const ExtendedL1 source{sealed_.devnet.l1(), l1_block.block, blobs};
        rollup::Follower follower{source, sealed_.devnet.node().network().rollups};
        attempt.end = Attempt::End::not_derived;
        if (const auto advanced = follower.advance(); !advanced) {
            attempt.reason = to_string(advanced.error());
            return;
        }
        for (const auto& [id, rollup] : follower.rollups()) {
            if (!rollup.stopped) continue;
            attempt.reason = to_string(*rollup.stopped);
            return;
        }
        attempt.end = Attempt::End::settled;
        oracle::ChainAfter on_l1{l1_block.state, {}};
        on_l1.receipts = l1_block.block.receipts;
        attempt.chains.push_back(std::move(on_l1));
        for (const auto& [id, rollup] : follower.rollups()) {
            oracle::ChainAfter after{rollup.chain.head_state(), {}};
            for (uint64_t n = 1; n <= rollup.chain.head()->header().number; ++n)
                for (const auto& receipt : rollup.chain.store().canonical_block(n)->receipts)
                    after.receipts.push_back(receipt);
            attempt.chains.push_back(std::move(after));
        }
        read_roots(attempt, l1_block);
    }

    [[nodiscard]] std::optional<size_t> root_of(const Hash& operation_hash) const {
        const auto& roots = sealed_.bundle.roots;
        for (size_t i = 0; i < roots.size(); ++i)
            if (roots[i].context.operation_hash == operation_hash) return i;
        return std::nullopt;
    }

    /// The users' roots, also those that ran in no root, by index.
    void read_roots(Attempt& attempt, const chain::SealedBlock& l1_block) const {
        std::vector<std::pair<std::pair<uint256, int>, RanRoot>> ran;
        size_t leg = 0;
        const auto& legs = scope_.legs;
        for (const auto& log : l1_block.block.receipts.front().logs) {
            if (log.topics.empty() || log.topics[0] != protocol::operation_executed_topic())
                continue;
            while (leg < legs.size() && legs[leg].signed_operation.empty()) ++leg;
            const auto executed = protocol::decode_operation_executed(log.data);
            if (leg == legs.size() || !executed) break;
            if (const auto root = root_of(legs[leg].context.operation_hash))
                ran.push_back({{legs[leg].context.root_index, 0},
                               {*root, executed->success, executed->return_data}});
            ++leg;
        }
        for (const auto& batch : draft_.batches) {
            // A rollup whose claim was dropped takes no part.
            if (std::ranges::none_of(scope_.batches, [&](const protocol::BatchClaim& claim) {
                    return claim.chain_id == uint256{batch.chain_id};
                }))
                continue;
            const auto outcomes = run_batch(sealed_.devnet.chain(batch.chain_id), batch, nullptr);
            std::pair<uint256, int> place{};
            size_t n = 0;
            for (const auto& block : batch.blocks) {
                for (const auto& tx : block.transactions) {
                    const auto& outcome = outcomes.at(n++);
                    if (tx.type == TxType::system) {
                        const auto call = callable::decode_system_call(tx.data);
                        if (!call) continue;
                        if (const auto* load = std::get_if<callable::LoadRootCall>(&*call))
                            place = {load->context.root_index, 0};
                        if (const auto* other = std::get_if<callable::RunRootCall>(&*call))
                            place = {other->context.root_index, 1};
                        continue;
                    }
                    if (const auto root = root_of(hash(tx)))
                        ran.push_back({place, {*root, outcome.succeeded(), outcome.output}});
                    place.second = 1;
                }
            }
        }
        // Roots of one place keep their order.
        for (size_t i = 1; i < ran.size(); ++i)
            for (size_t k = i; k > 0 && ran[k].first < ran[k - 1].first; --k)
                std::swap(ran[k], ran[k - 1]);
        for (auto& [place, root] : ran) attempt.roots.push_back(std::move(root));
    }

    const oracle::SealedScope& sealed_;
    const Draft& draft_;
    protocol::Scope scope_;
    std::vector<std::vector<chain::StoredBlobPtr>> blobs_;  // of each batch
};

}  // namespace

Attempt attempt(const oracle::SealedScope& sealed, const Draft& draft) {
    return Attempter{sealed, draft}.run();
}

}  // namespace scope::adversary
