#include "attester/https_attester.hpp"

#include <fmt/format.h>

#include "base/printable.hpp"

namespace scope::attester {

namespace {

using prover::DisagreementKind;
using Rule = net::HttpError::Rule;

constexpr unsigned OK = 200;
constexpr unsigned UNAVAILABLE = 503;
/// The most that is read of an answer, which a status of many rollups needs.
constexpr size_t MAX_RESPONSE = size_t{1} << 20;

DisagreementKind kind_of(Rule rule) {
    switch (rule) {
        case Rule::unreachable:
        case Rule::tls:
            return DisagreementKind::unreachable;
        case Rule::slow:
            return DisagreementKind::timed_out;
        case Rule::malformed:
        case Rule::too_long:
            return DisagreementKind::malformed_answer;
        case Rule::refused:
            break;
    }
    return DisagreementKind::failed;
}

net::HttpOptions options_of(net::TlsOptions tls, std::chrono::milliseconds timeout) {
    return {.timeout = timeout,
            .max_response = MAX_RESPONSE,
            .idle_connections = 1,
            .tls = std::move(tls)};
}

std::string status_text(const net::HttpResponse& response) {
    constexpr size_t MAX_TOLD = 200;
    auto body = std::string_view{response.body}.substr(0, MAX_TOLD);
    while (body.ends_with('\n')) body.remove_suffix(1);
    return fmt::format("HTTP status {}: {}", response.status, body);
}

}  // namespace

HttpsAttester::HttpsAttester(const Address& member, net::HttpUrl url, net::TlsOptions tls,
                             std::chrono::milliseconds timeout)
    : member_(member), http_(std::move(url), options_of(std::move(tls), timeout)) {}

prover::Disagreement HttpsAttester::none(DisagreementKind kind, std::string_view reason) const {
    prover::Disagreement result;
    result.member = member_;
    result.kind = kind;
    result.detail = printable(fmt::format("{}: {}", http_.url().authority(), reason));
    return result;
}

Answer HttpsAttester::ask(std::string_view path, BytesView body) const {
    const std::string_view bytes{reinterpret_cast<const char*>(body.data()), body.size()};
    const auto response = http_.post(path, "application/octet-stream", bytes);
    if (!response)
        return std::unexpected{none(kind_of(response.error().rule), response.error().reason)};
    if (response->status != OK)
        return std::unexpected{none(response->status == UNAVAILABLE ? DisagreementKind::overloaded
                                                                    : DisagreementKind::failed,
                                    status_text(*response))};
    auto answer = decode_answer(as_bytes(response->body));
    if (!answer)
        return std::unexpected{none(DisagreementKind::malformed_answer,
                                    fmt::format("its answer: {}", to_string(answer.error())))};
    if (!*answer) answer->error().member = member_;  // whoever it says that it is
    return std::move(*answer);
}

Result<prover::Attestation, prover::Disagreement> HttpsAttester::attest(BytesView proof_input) {
    return ask("/v1/attest", proof_input);
}

Answer HttpsAttester::attest_genesis(const protocol::GenesisClaim& claim) const {
    auto answer = ask("/v1/genesis", encode(claim));
    if (!answer) return answer;
    const std::vector hashes{protocol::genesis_hash(claim)};
    if (!is_of(*answer, member_, hashes, protocol::attestation_hash(claim.program_id, hashes)))
        return std::unexpected{
            none(DisagreementKind::false_attestation, "not its word for this genesis")};
    return answer;
}

Result<AttesterStatus, std::string> HttpsAttester::status() const {
    const auto named = [&](std::string_view reason) {
        return std::unexpected{printable(fmt::format("{}: {}", http_.url().authority(), reason))};
    };
    const auto response = http_.get("/v1/status");
    if (!response) return named(response.error().reason);
    if (response->status != OK) return named(status_text(*response));
    auto status = read_status(response->body);
    if (!status) return named("its status: " + status.error());
    return status;
}

}  // namespace scope::attester
