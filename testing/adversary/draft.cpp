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
    return draft;
}

Bytes bytes_of(const std::vector<rollup::Batch>& batches) {
    Bytes bytes;
    for (const auto& batch : batches) append(bytes, rollup::encode(batch));
    return bytes;
}

std::vector<Section> sections_of(const Draft& draft) {
    std::vector<Section> sections;
    for (size_t i = 0; i < draft.scope.legs.size(); ++i) {
        const auto& leg = draft.scope.legs[i];
        sections.push_back({.chain_id = oracle::chain_id_of(0),
                            .context = leg.context,
                            .section = {{}, leg.fills, leg.records},
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
        blobs_ = sealed_.bundle.blobs;
        match();
        if (auto refusal = prepare()) return std::move(*refusal);
        return settle();
    }

  private:
    [[nodiscard]] const chain::Chain& l1() const { return sealed_.devnet.l1().chain(); }
    [[nodiscard]] const builder::RollupPart& part(size_t batch) const {
        return sealed_.bundle.parts[batch];
    }
    [[nodiscard]] bool is_other_batch(size_t batch) const {
        return draft_.batches[batch] != part(batch).batch;
    }
    [[nodiscard]] bool has_other_batch() const {
        for (size_t i = 0; i < draft_.batches.size(); ++i)
            if (is_other_batch(i)) return true;
        return false;
    }

    /// Finds the batch of each claim. One that is dropped or doubled leaves the others theirs.
    void match() {
        const auto& original = sealed_.bundle.scope.batches;
        for (size_t k = 0; k < scope_.batches.size(); ++k) {
            if (scope_.batches.size() == original.size()) {
                batch_of_.push_back(k);
                continue;
            }
            const auto same = std::ranges::find(original, scope_.batches[k]);
            batch_of_.push_back(static_cast<size_t>(same - original.begin()));
        }
    }

    /// Brings claims, data and proofs in line with what was changed.
    std::optional<Attempt> prepare() {
        const auto refused = [](Attempt::End end, std::string reason) {
            return Attempt{end, std::move(reason), false, {}, {}};
        };
        const bool is_claimed_anew = scope_.batches != sealed_.bundle.scope.batches;
        if (!has_other_batch() && !is_claimed_anew && !draft_.data) return std::nullopt;
        for (const auto& batch : draft_.batches)
            if (batch.blocks.empty()) return refused(Attempt::End::not_attested, "no blocks");

        std::string reason;
        for (size_t k = 0; k < scope_.batches.size(); ++k)
            if (is_other_batch(batch_of_[k])) execute(k, reason);
        if (!publish()) return refused(Attempt::End::not_settled, "not a blob");
        if (scope_.batches.empty()) return std::nullopt;
        const auto proof = sealed_.devnet.committee().prove(input());
        if (proof) {
            // Changed proofs alone would be mended by this.
            if (draft_.scope.proofs == sealed_.bundle.scope.proofs) scope_.proofs = {proof->bytes};
        } else if (has_other_batch()) {
            if (reason.empty() && !proof.error().dissents.empty())
                reason = to_string(proof.error().dissents.front());
            return refused(Attempt::End::not_attested, reason);
        }
        return std::nullopt;
    }

    /// Claims what executing another batch leads to.
    /// @param reason  If it can't be executed: why.
    void execute(size_t k, std::string& reason) {
        const auto& batch = draft_.batches[batch_of_[k]];
        const auto& follower = sealed_.devnet.node().follower();
        const auto& rollup = *follower.rollup(part(batch_of_[k]).chain_id);
        const auto execution =
            rollup::execute_batch(rollup.chain, rollup.config, batch, follower.options_for(rollup));
        if (!execution) {
            auto refusal = execution.error();
            const Bytes revert_data = std::exchange(refusal.revert_data, {});
            reason = to_string(refusal);
            if (!revert_data.empty()) reason += ": " + builder::describe_revert(revert_data);
            return;
        }
        auto& claim = scope_.batches[k];
        claim.parent_block_hash = execution->parent_block_hash;
        claim.last_block_hash = execution->last_block_hash;
        claim.remotes = execution->remotes;
        claim.forced_queue_position = uint256{execution->forced_queue_position};
        claim.batch_number = uint256{batch.number};
        claim.first_block = uint256{batch.first_block};
        claim.l1_origin_hash = batch.blocks.back().l1_origin_hash;
        claim.l1_origin_number = uint256{batch.blocks.back().l1_origin_number};
    }

    [[nodiscard]] prover::ProofInput input() const {
        prover::ProofInput input;
        input.data = scope_.data;
        for (const auto& blob : blobs_) input.blobs.push_back(blob->blob);
        const Hash commitment = data_commitment();
        for (size_t k = 0; k < scope_.batches.size(); ++k) {
            const auto& claim = scope_.batches[k];
            auto inputs = part(batch_of_[k]).public_inputs;
            inputs.chain_id = claim.chain_id;
            inputs.batch_number = claim.batch_number;
            inputs.first_block = claim.first_block;
            inputs.parent_block_hash = claim.parent_block_hash;
            inputs.last_block_hash = claim.last_block_hash;
            inputs.builder = claim.builder;
            inputs.l1_origin_number = claim.l1_origin_number;
            inputs.l1_origin_hash = claim.l1_origin_hash;
            inputs.data = {commitment, claim.data_offset, claim.data_length};
            inputs.remotes = claim.remotes;
            inputs.forced_queue_position = claim.forced_queue_position;
            input.claims.push_back(std::move(inputs));
        }
        return input;
    }

    /// Puts the batches' bytes where the original's were. False if they can't be blobs.
    bool publish() {
        Data data;
        if (draft_.data) {
            data = *draft_.data;
        } else if (has_other_batch()) {
            data.calldata = bytes_of(draft_.batches);
            if (!blobs_.empty()) {
                auto blobs = rollup::to_blobs(data.calldata);
                if (!blobs) return false;
                data = {{}, std::move(*blobs)};
            }
            slice();
        } else {
            return true;
        }
        scope_.data = data.calldata;
        blobs_.clear();
        for (const auto& blob : data.blobs) {
            blobs_.push_back(stored(blob));
            if (!blobs_.back()) return false;
        }
        return true;
    }

    /// Has each claim name its batch's bytes.
    void slice() {
        std::vector<std::pair<size_t, size_t>> slices;
        size_t end = 0;
        for (const auto& batch : draft_.batches) {
            const size_t size = rollup::encode(batch).size();
            slices.emplace_back(end, size);
            end += size;
        }
        for (size_t k = 0; k < scope_.batches.size(); ++k) {
            const auto [offset, size] = slices[batch_of_[k]];
            scope_.batches[k].data_offset = uint256{offset};
            scope_.batches[k].data_length = uint256{size};
        }
    }

    [[nodiscard]] Hash data_commitment() const {
        if (blobs_.empty()) return protocol::data_commitment_of_calldata(scope_.data);
        std::vector<Hash> hashes;
        for (const auto& blob : blobs_) hashes.push_back(crypto::versioned_hash(blob->commitment));
        return protocol::data_commitment_of_blobs(hashes);
    }

    Attempt settle() {
        const auto& contracts = sealed_.devnet.node().network().contracts;
        auto tx = builder::make_bundle_transaction(*builder::read_snapshot(sealed_.devnet.l1()),
                                                   contracts, sealed_.options, scope_, blobs_);
        if (draft_.calldata) tx.data = *draft_.calldata;
        if (draft_.gas_limit) tx.gas_limit = *draft_.gas_limit;
        CHECK(sign(tx, *sealed_.options.submitter));
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
        derive(attempt, *sealed, blobs_);
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
            const auto outcomes = run_batch(sealed_.devnet.node().follower(), batch, nullptr);
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
    std::vector<chain::StoredBlobPtr> blobs_;
    std::vector<size_t> batch_of_;  // of each claim
};

}  // namespace

Attempt attempt(const oracle::SealedScope& sealed, const Draft& draft) {
    return Attempter{sealed, draft}.run();
}

}  // namespace scope::adversary
