#include "crypto/hd_key.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <secp256k1.h>

#include <charconv>
#include <string>

namespace scope::crypto {

namespace {

constexpr int SEED_ROUNDS = 2048;

/// A private key, and what its children are derived with beside it.
struct ExtendedKey {
    Hash key;
    Hash chain_code;
};

const secp256k1_context* context() noexcept {
    static const secp256k1_context* const made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    CHECK(made != nullptr);
    return made;
}

FixedBytes<64> hmac_sha512(BytesView key, BytesView data) {
    FixedBytes<64> out;
    unsigned size = 0;
    CHECK(HMAC(EVP_sha512(), key.data(), static_cast<int>(key.size()), data.data(), data.size(),
               out.data(), &size) != nullptr);
    CHECK(size == out.size());
    return out;
}

ExtendedKey split(const FixedBytes<64>& bytes) {
    return {Hash::from(BytesView{bytes}.first(32)), Hash::from(BytesView{bytes}.subspan(32))};
}

FixedBytes<33> compressed_public_key(const Hash& key) {
    secp256k1_pubkey point;
    CHECK(secp256k1_ec_pubkey_create(context(), &point, key.data()) == 1);
    FixedBytes<33> out;
    size_t size = out.size();
    secp256k1_ec_pubkey_serialize(context(), out.data(), &size, &point, SECP256K1_EC_COMPRESSED);
    return out;
}

/// BIP-32 "Private parent key → private child key".
std::optional<ExtendedKey> child_of(const ExtendedKey& parent, uint32_t index) {
    Bytes data;
    if (index >= HARDENED) {
        data.push_back(0);
        append(data, parent.key);
    } else {
        append(data, compressed_public_key(parent.key));
    }
    for (int shift = 24; shift >= 0; shift -= 8)
        data.push_back(static_cast<uint8_t>(index >> shift));
    const auto [tweak, chain_code] = split(hmac_sha512(parent.chain_code, data));
    ExtendedKey child{parent.key, chain_code};
    if (secp256k1_ec_seckey_tweak_add(context(), child.key.data(), tweak.data()) == 0)
        return std::nullopt;
    return child;
}

std::optional<uint32_t> parse_index(std::string_view text) {
    const bool is_hardened = text.ends_with('\'') || text.ends_with('h');
    if (is_hardened) text.remove_suffix(1);
    uint32_t index = 0;
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, index);
    if (error != std::errc{} || parsed != end || index >= HARDENED) return std::nullopt;
    return is_hardened ? index + HARDENED : index;
}

}  // namespace

Seed seed_of_mnemonic(std::string_view phrase, std::string_view passphrase) {
    const std::string salt = "mnemonic" + std::string{passphrase};
    Seed seed;
    CHECK(PKCS5_PBKDF2_HMAC(phrase.data(), static_cast<int>(phrase.size()), as_bytes(salt).data(),
                            static_cast<int>(salt.size()), SEED_ROUNDS, EVP_sha512(),
                            static_cast<int>(seed.size()), seed.data()) == 1);
    return seed;
}

std::optional<std::vector<uint32_t>> parse_key_path(std::string_view path) {
    if (!path.starts_with('m')) return std::nullopt;
    path.remove_prefix(1);
    std::vector<uint32_t> indices;
    while (!path.empty()) {
        if (!path.starts_with('/')) return std::nullopt;
        path.remove_prefix(1);
        const auto text = path.substr(0, path.find('/'));
        const auto index = parse_index(text);
        if (!index) return std::nullopt;
        indices.push_back(*index);
        path.remove_prefix(text.size());
    }
    return indices;
}

std::optional<Hash> derive_private_key(const Seed& seed, std::span<const uint32_t> path) {
    auto key = split(hmac_sha512(as_bytes("Bitcoin seed"), seed));
    if (secp256k1_ec_seckey_verify(context(), key.key.data()) == 0) return std::nullopt;
    for (const uint32_t index : path) {
        const auto child = child_of(key, index);
        if (!child) return std::nullopt;
        key = *child;
    }
    return key.key;
}

}  // namespace scope::crypto
