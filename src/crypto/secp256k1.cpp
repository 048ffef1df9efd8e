#include "crypto/secp256k1.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <strings.h>
#include <sys/random.h>

#include "crypto/keccak.hpp"

namespace scope::crypto {

/// The one way into a SecretKey.
struct SecretKeyReader {
    static const uint8_t* bytes(const SecretKey& key) noexcept { return key.value_.data(); }
};

namespace {

/// Blinded once against side channels where the system has randomness; results do not depend on
/// it. Used const from all threads.
const secp256k1_context* context() noexcept {
    static const secp256k1_context* const made = [] {
        secp256k1_context* fresh = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
        CHECK(fresh != nullptr);
        std::array<uint8_t, 32> seed{};
        if (getrandom(seed.data(), seed.size(), 0) == static_cast<ssize_t>(seed.size()))
            CHECK(secp256k1_context_randomize(fresh, seed.data()) == 1);
        return fresh;
    }();
    return made;
}

Address address_of(const secp256k1_pubkey& key) noexcept {
    std::array<uint8_t, 65> serialized;  // 0x04, x, y
    size_t size = serialized.size();
    secp256k1_ec_pubkey_serialize(context(), serialized.data(), &size, &key,
                                  SECP256K1_EC_UNCOMPRESSED);
    return Address::from(BytesView{keccak256(BytesView{serialized}.subspan(1))}.subspan(12));
}

}  // namespace

std::optional<SecretKey> SecretKey::from(const Hash& big_endian) noexcept {
    if (secp256k1_ec_seckey_verify(context(), big_endian.data()) == 0) return std::nullopt;
    return SecretKey{big_endian};
}

SecretKey::~SecretKey() {
    explicit_bzero(value_.data(), value_.size());
}

std::optional<Address> recover(const Hash& digest, const uint256& r, const uint256& s,
                               bool y_parity) noexcept {
    std::array<uint8_t, 64> compact;
    store_be32(compact.data(), r);
    store_be32(compact.data() + 32, s);
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    // Parsing refuses numbers from n on, recovering refuses zero.
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &signature, compact.data(),
                                                            y_parity) == 0 ||
        secp256k1_ecdsa_recover(context(), &key, &signature, digest.data()) == 0)
        return std::nullopt;
    return address_of(key);
}

Signature sign(const Hash& digest, const SecretKey& key) noexcept {
    secp256k1_ecdsa_recoverable_signature signature;
    CHECK(secp256k1_ecdsa_sign_recoverable(context(), &signature, digest.data(),
                                           SecretKeyReader::bytes(key), nullptr, nullptr) == 1);
    std::array<uint8_t, 64> compact;
    int recovery_id = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), compact.data(), &recovery_id,
                                                            &signature);
    // Ids 2 and 3 say that r is the point's x minus n. Nobody can find such a point.
    CHECK(recovery_id < 2);
    return {load_be32(compact.data()), load_be32(compact.data() + 32), recovery_id == 1};
}

Address address_of(const SecretKey& key) noexcept {
    secp256k1_pubkey pubkey;
    CHECK(secp256k1_ec_pubkey_create(context(), &pubkey, SecretKeyReader::bytes(key)) == 1);
    return address_of(pubkey);
}

}  // namespace scope::crypto
