#include "prover/attester_client.hpp"

#include <algorithm>

#include "crypto/secp256k1.hpp"

namespace scope::prover {

bool is_of(const Attestation& attestation, const Address& member,
           std::span<const Hash> input_hashes, const Hash& message) noexcept {
    const BytesView signature{attestation.signature};
    return attestation.signer == member &&
           std::ranges::equal(attestation.input_hashes, input_hashes) &&
           (signature[64] == 27 || signature[64] == 28) &&
           crypto::recover(message, from_be(signature.first(32)),
                           from_be(signature.subspan(32, 32)), signature[64] == 28) == member;
}

}  // namespace scope::prover
