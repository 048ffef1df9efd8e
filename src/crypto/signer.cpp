#include "crypto/signer.hpp"

#include "crypto/keccak.hpp"

namespace scope::crypto {

Result<Signature, std::string> LocalSigner::sign(BytesView message) const {
    return crypto::sign(keccak256(message), key_);
}

SignerPtr local_signer(const SecretKey& key) {
    return std::make_shared<LocalSigner>(key);
}

}  // namespace scope::crypto
