#pragma once

#include "attester/attest_format.hpp"
#include "net/http_client.hpp"

namespace scope::attester {

/// A member of a committee in a process of its own, asked over HTTPS: attester_routes answers.
///
/// What keeps it from an answer is a disagreement of the kind unreachable, timed_out, overloaded,
/// malformed_answer or failed, with the member's host and port and the reason in its detail. Whether
/// an attestation is the member's, prover::Committee checks.
class HttpsAttester final : public prover::AttesterClient {
  public:
    static constexpr std::chrono::milliseconds TIMEOUT{30'000};  ///< of a request, with its answer

    /// @param member  The address that signs.
    /// @param url     Of the process, without a path as a rule.
    /// @param tls     What this side shows, and the member's key.
    HttpsAttester(const Address& member, net::HttpUrl url, net::TlsOptions tls,
                  std::chrono::milliseconds timeout = TIMEOUT);

    [[nodiscard]] const Address& address() const noexcept override { return member_; }
    Result<prover::Attestation, prover::Disagreement> attest(BytesView proof_input) override;
    /// Asks for an attestation to a genesis, for whoever registers the rollup; one that isn't the
    /// member's is a false_attestation.
    Answer attest_genesis(const protocol::GenesisClaim& claim) const;
    /// Asks what it is at; an error names it.
    [[nodiscard]] Result<AttesterStatus, std::string> status() const;

  private:
    [[nodiscard]] Answer ask(std::string_view path, BytesView body) const;
    [[nodiscard]] prover::Disagreement none(prover::DisagreementKind kind,
                                            std::string_view reason) const;

    Address member_;
    net::HttpClient http_;
};

}  // namespace scope::attester
