#include "builder/proving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <iterator>

namespace scope::builder {

namespace {

using Answer = Result<prover::Proof, prover::ProofFailure>;

bool found_otherwise(const Answer& answer) {
    const auto& dissents = answer ? answer->dissents : answer.error().dissents;
    return std::ranges::any_of(dissents, [](const prover::Disagreement& dissent) {
        return dissent.kind == prover::DisagreementKind::different_field;
    });
}

/// Returns those of a proof's rollups that members name who did not sign, each by itself.
std::vector<std::vector<ChainId>> named_by(const prover::ProofFailure& failure,
                                           const std::vector<ChainId>& chains) {
    std::vector<std::vector<ChainId>> named;
    for (const ChainId chain_id : chains)
        if (std::ranges::any_of(failure.dissents, [&](const prover::Disagreement& dissent) {
                return dissent.chain_id == chain_id;
            }))
            named.push_back({chain_id});
    return named;
}

bool share_proof(const RollupPart& x, const RollupPart& y) {
    return x.verifier == y.verifier && x.public_inputs.program_id == y.public_inputs.program_id;
}

Answer prove(const std::vector<RollupPart>& parts, const ProofGroup& group, const ScopeData& data,
             prover::Prover& prover, const DigestsOf& digests_of) {
    prover::ProofInput input{.claims = {}, .data = data.calldata, .blobs = {}, .digests = {}};
    for (const size_t i : group) input.claims.push_back(parts[i].public_inputs);
    for (const auto& blob : data.blobs) input.blobs.push_back(blob->blob);
    auto answer = prover.prove(input);
    if (!found_otherwise(answer)) return answer;
    for (const size_t i : group) input.digests.push_back(digests_of(parts[i]));
    auto placed = prover.prove(input);
    return placed || !answer ? placed : answer;
}

}  // namespace

std::vector<ProofGroup> proof_groups(const std::vector<RollupPart>& parts) {
    std::vector<ProofGroup> groups;
    for (size_t i = 0; i < parts.size(); ++i) {
        const auto group = std::ranges::find_if(groups, [&](const ProofGroup& candidate) {
            return share_proof(parts[candidate.front()], parts[i]);
        });
        if (group == groups.end())
            groups.push_back({i});
        else
            group->push_back(i);
    }
    return groups;
}

Result<std::vector<prover::Proof>, SealError> prove(const std::vector<RollupPart>& parts,
                                                    const ScopeData& data, prover::Prover& prover,
                                                    const DigestsOf& digests_of) {
    const auto groups = proof_groups(parts);
    std::vector<std::future<Answer>> answers;
    for (const auto& group : groups)
        answers.push_back(std::async(
            std::launch::async, [&] { return prove(parts, group, data, prover, digests_of); }));
    std::vector<prover::Proof> proofs;
    std::optional<SealError> error;
    std::vector<std::vector<ChainId>> unnamed;
    for (size_t i = 0; i < groups.size(); ++i) {
        auto answer = answers[i].get();
        if (answer) {
            proofs.push_back(std::move(*answer));
            continue;
        }
        std::vector<ChainId> chains;
        for (const size_t part : groups[i]) chains.push_back(parts[part].chain_id);
        if (!error) error = SealError{SealRule::not_proved, {}};
        error->reason += fmt::format("{}chain {}: {}", error->reason.empty() ? "" : "; ",
                                     fmt::join(chains, ", "), to_string(answer.error()));
        auto named = named_by(answer.error(), chains);
        if (named.empty())
            unnamed.push_back(std::move(chains));
        else
            std::ranges::move(named, std::back_inserter(error->suspects));
    }
    // Where there is no proof at all, it may be that there was nobody to make one.
    if (error && !proofs.empty()) std::ranges::move(unnamed, std::back_inserter(error->suspects));
    if (error) return std::unexpected{std::move(*error)};
    return proofs;
}

}  // namespace scope::builder
