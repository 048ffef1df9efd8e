#include "builder/proving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>

namespace scope::builder {

namespace {

using Answer = Result<prover::Proof, prover::ProofFailure>;

bool found_otherwise(const Answer& answer) {
    const auto& dissents = answer ? answer->dissents : answer.error().dissents;
    return std::ranges::any_of(dissents, [](const prover::Disagreement& dissent) {
        return dissent.kind == prover::DisagreementKind::different_field;
    });
}

Answer prove(const RollupPart& part, prover::Prover& prover, const DigestsOf& digests_of) {
    prover::ProofInput input{part.public_inputs, {}, part.blobs, {}};
    if (part.blobs.empty()) input.batch = part.batch_bytes;
    auto answer = prover.prove(input);
    if (!found_otherwise(answer)) return answer;
    input.digests = digests_of(part);
    auto placed = prover.prove(input);
    return placed || !answer ? placed : answer;
}

}  // namespace

Result<std::vector<prover::Proof>, SealError> prove(const std::vector<RollupPart>& parts,
                                                    prover::Prover& prover,
                                                    const DigestsOf& digests_of) {
    std::vector<std::future<Answer>> answers;
    for (const auto& part : parts)
        answers.push_back(
            std::async(std::launch::async, [&] { return prove(part, prover, digests_of); }));
    std::vector<prover::Proof> proofs;
    std::optional<SealError> error;
    for (size_t i = 0; i < parts.size(); ++i) {
        auto answer = answers[i].get();
        if (answer)
            proofs.push_back(std::move(*answer));
        else
            error = {SealRule::not_proved,
                     fmt::format("chain {}: {}", parts[i].chain_id, to_string(answer.error()))};
    }
    if (error) return std::unexpected{std::move(*error)};
    return proofs;
}

}  // namespace scope::builder
