#include "deploy_app/genesis_word.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "attester/https_attester.hpp"
#include "base/hex.hpp"
#include "protocol/settlement.hpp"

namespace scope::deploy_app {

namespace {

bool is_signed_by(const Address& member, const prover::AttestationSignature& signature,
                  const Hash& message) {
    const BytesView bytes{signature};
    return (bytes[64] == 27 || bytes[64] == 28) &&
           crypto::recover(message, from_be(bytes.first(32)), from_be(bytes.subspan(32, 32)),
                           bytes[64] == 28) == member;
}

/// Returns why a member signs nothing, without its name.
std::string reason_of(const prover::Disagreement& said) {
    std::string text{to_string(said.kind)};
    if (!said.field.empty()) text += fmt::format(" ({})", said.field);
    if (!said.detail.empty()) text += ": " + said.detail;
    return text;
}

}  // namespace

GenesisWord word_of(crypto::SignerPtr signer) {
    CHECK(signer != nullptr);
    return [signer = std::move(signer)](
               const protocol::GenesisClaim& claim) -> Result<prover::Attestation, std::string> {
        std::vector<Hash> hashes{protocol::genesis_hash(claim)};
        const auto signature =
            TRY(signer->sign(protocol::attestation_message(claim.program_id, hashes)));
        return prover::Attestation{signer->address(), std::move(hashes), crypto::to_rsv(signature)};
    };
}

GenesisWord word_of(const Address& member, net::HttpUrl url, net::TlsOptions tls) {
    const auto remote =
        std::make_shared<const attester::HttpsAttester>(member, std::move(url), std::move(tls));
    return
        [remote](const protocol::GenesisClaim& claim) -> Result<prover::Attestation, std::string> {
            auto answer = remote->attest_genesis(claim);
            if (!answer) return std::unexpected{reason_of(answer.error())};
            return std::move(*answer);
        };
}

Result<Bytes, std::string> GenesisWords::proof_of(const protocol::GenesisClaim& claim) {
    const Hash inputs = protocol::genesis_hash(claim);
    if (const auto known = proofs_.find(inputs); known != proofs_.end()) return known->second;
    const Hash message = protocol::attestation_hash(claim.program_id, {&inputs, 1});
    Bytes proof;
    size_t count = 0;
    for (size_t i = 0; i < members_.size() && count < threshold_; ++i) {
        const auto& [address, word] = members_[i];
        if (!reasons_[i].empty()) continue;
        Result<prover::Attestation, std::string> told = std::unexpected{"it can't be asked"};
        if (word) told = word(claim);
        if (told && is_signed_by(address, told->signature, message)) {
            append(proof, told->signature);
            ++count;
        } else {
            reasons_[i] = told ? "its signature is not of this genesis by its key" : told.error();
        }
    }
    if (count < threshold_) return std::unexpected{missing(claim, count)};
    proofs_.emplace(inputs, proof);
    return proof;
}

std::string GenesisWords::missing(const protocol::GenesisClaim& claim, size_t count) const {
    std::string text =
        fmt::format("{} of the {} members that have to sign the genesis of rollup {} do", count,
                    threshold_, to_decimal(claim.chain_id));
    for (size_t i = 0; i < members_.size(); ++i)
        if (!reasons_[i].empty())
            text += fmt::format("; {}: {}", to_hex(members_[i].address), reasons_[i]);
    return text;
}

}  // namespace scope::deploy_app
