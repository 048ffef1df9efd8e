#include "prover/prover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hex.hpp"

namespace scope::prover {

namespace {

constexpr std::array<std::string_view, DISAGREEMENT_KIND_COUNT> KIND_NAMES{
    "malformed_input",      "not_following",    "unknown_rollup",  "stopped_rollup",
    "unsound_genesis",      "bad_blob",         "malformed_data",  "bad_slice",
    "malformed_batch",      "refused_batch",    "different_field", "overloaded",
    "requester_over_limit", "timed_out",        "failed",          "false_attestation",
    "unreachable",          "malformed_answer",
};
static_assert(!KIND_NAMES.back().empty());

}  // namespace

std::string_view to_string(DisagreementKind kind) noexcept {
    return KIND_NAMES[static_cast<size_t>(kind)];
}

std::optional<DisagreementKind> disagreement_kind_of(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(KIND_NAMES, name);
    if (found == KIND_NAMES.end()) return std::nullopt;
    return static_cast<DisagreementKind>(found - KIND_NAMES.begin());
}

std::string to_string(const Disagreement& disagreement) {
    std::string text =
        fmt::format("{}: {}", to_hex(disagreement.member), to_string(disagreement.kind));
    if (disagreement.chain_id) text += fmt::format(", chain {}", *disagreement.chain_id);
    if (!disagreement.field.empty()) text += fmt::format(" ({})", disagreement.field);
    if (!disagreement.detail.empty()) text += ": " + disagreement.detail;
    if (disagreement.block_number) text += fmt::format("; block {}", *disagreement.block_number);
    if (disagreement.transaction_index)
        text += fmt::format(", transaction {}", *disagreement.transaction_index);
    if (disagreement.account) text += ", account " + to_hex(*disagreement.account);
    return text;
}

std::string to_string(const ProofFailure& failure) {
    std::string text =
        fmt::format("{} of {} attestations", failure.attestations, failure.threshold);
    for (const auto& dissent : failure.dissents) text += "\n  " + to_string(dissent);
    return text;
}

}  // namespace scope::prover
