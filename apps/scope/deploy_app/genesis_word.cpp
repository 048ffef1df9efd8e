#include "deploy_app/genesis_word.hpp"

#include <fmt/format.h>

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

Result<Bytes, std::string> genesis_proof(const protocol::GenesisClaim& claim,
                                         std::span<const Member> members, size_t threshold) {
    const Hash inputs = protocol::genesis_hash(claim);
    const Hash message = protocol::attestation_hash(claim.program_id, {&inputs, 1});
    Bytes proof;
    std::string missing;
    size_t count = 0;
    for (const auto& [address, word] : members) {
        if (count == threshold) break;
        Result<prover::Attestation, std::string> told = std::unexpected{"it can't be asked"};
        if (word) told = word(claim);
        if (told && is_signed_by(address, told->signature, message)) {
            append(proof, told->signature);
            ++count;
            continue;
        }
        missing +=
            fmt::format("; {}: {}", to_hex(address),
                        told ? "its signature is not of this genesis by its key" : told.error());
    }
    if (count == threshold) return proof;
    return std::unexpected{
        fmt::format("{} of the {} members that have to sign the genesis of "
                    "rollup {} do{}",
                    count, threshold, to_decimal(claim.chain_id), missing)};
}

}  // namespace scope::deploy_app
