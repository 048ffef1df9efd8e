#include "keys/keystore.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "json/json.hpp"
#include "json/writer.hpp"
#include "keys/scrypt.hpp"

namespace scope::keys {

namespace {

constexpr size_t IV_SIZE = 16;
constexpr size_t DERIVED_SIZE = 32;
constexpr size_t MAX_SALT = 256;

using json::FormatError;
using json::Json;

/// What a password and a salt give: the cipher's key, and 16 bytes for the MAC.
using Derived = SecretBytes<DERIVED_SIZE>;

/// Returns why a derivation with these numbers is not done; null: it is.
const char* why_not(const ScryptCost& cost) {
    if (cost.n < 2 || !std::has_single_bit(cost.n)) return "n: not a power of 2 above 1";
    if (cost.r == 0 || cost.r > 64) return "r: not from 1 to 64";
    if (cost.p == 0 || cost.p > 64) return "p: not from 1 to 64";
    // n is below 2^40 then, so that nothing overflows.
    if (cost.n > MAX_SCRYPT_MEMORY / 128 / cost.r) return "n and r: above 1 GiB of memory";
    if (cost.n * cost.r * cost.p > MAX_SCRYPT_WORK) return "n, r and p: too much work";
    return nullptr;
}

bool derive_by_pbkdf2(const Secret& password, BytesView salt, uint64_t rounds, Derived& out) {
    const auto text = password.text();
    return PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), salt.data(),
                             static_cast<int>(salt.size()), static_cast<int>(rounds), EVP_sha256(),
                             static_cast<int>(DERIVED_SIZE), out.bytes.data()) == 1;
}

/// Encrypts or decrypts 32 bytes with AES-128 in counter mode: the same.
bool encipher(const Derived& derived, const FixedBytes<IV_SIZE>& iv, BytesView in,
              SecretBytes<32>& out) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{
        EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
    int size = 0;
    return context &&
           EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, derived.bytes.data(),
                              iv.data()) == 1 &&
           EVP_EncryptUpdate(context.get(), out.bytes.data(), &size, in.data(),
                             static_cast<int>(in.size())) == 1 &&
           size == 32;
}

Hash mac_of(const Derived& derived, BytesView ciphertext) {
    SecretBytes<16 + 32> content;
    CHECK(ciphertext.size() == 32);
    std::ranges::copy(BytesView{derived.bytes}.last(16), content.bytes.data());
    std::ranges::copy(ciphertext, content.bytes.data() + 16);
    return crypto::keccak256(content.bytes);
}

/// Reads hex, which these files have without 0x.
template <size_t N>
FixedBytes<N> fixed(Json value) {
    const auto bytes = fixed_from_hex<N>(json::string(value));
    if (!bytes) throw FormatError{fmt::format("not {} bytes of hex", N)};
    return *bytes;
}
Bytes salt_of(Json value) {
    auto bytes = from_hex(json::string(value));
    if (!bytes) throw FormatError{"not hex"};
    if (bytes->size() > MAX_SALT) throw FormatError{fmt::format("above {} bytes", MAX_SALT)};
    return std::move(*bytes);
}
void require(Json object, std::string_view key, std::string_view only) {
    json::get(object, key, [&](Json value) {
        if (json::string(value) != only) throw FormatError{fmt::format("only {} is known", only)};
        return 0;
    });
}

void derive(Json parameters, std::string_view function, const Secret& password, Derived& out) {
    const auto size = json::get(parameters, "dklen", json::u64);
    if (size != DERIVED_SIZE) throw FormatError{"dklen", "only 32 is known"};
    const Bytes salt = json::get(parameters, "salt", salt_of);
    if (function == "scrypt") {
        const ScryptCost cost{.n = json::get(parameters, "n", json::u64),
                              .r = json::get(parameters, "r", json::u64),
                              .p = json::get(parameters, "p", json::u64)};
        if (const char* const why = why_not(cost)) throw FormatError{why};
        scrypt(as_bytes(password.text()), salt, cost, out.bytes.data());
    } else {
        require(parameters, "prf", "hmac-sha256");
        const auto rounds = json::get(parameters, "c", json::u64);
        if (rounds == 0 || rounds > MAX_PBKDF2_ROUNDS)
            throw FormatError{"c", fmt::format("not from 1 to {}", MAX_PBKDF2_ROUNDS)};
        if (!derive_by_pbkdf2(password, salt, rounds, out))
            throw FormatError{"the derivation failed"};
    }
}

/// Throws FormatError.
void decrypt(Json crypto, const Secret& password, SecretBytes<32>& key) {
    require(crypto, "cipher", "aes-128-ctr");
    const auto iv = json::get(crypto, "cipherparams", [](Json parameters) {
        return json::get(parameters, "iv", fixed<IV_SIZE>);
    });
    const auto ciphertext = json::get(crypto, "ciphertext", fixed<32>);
    const auto mac = json::get(crypto, "mac", fixed<32>);
    const auto function = json::get(crypto, "kdf", json::string);
    if (function != "scrypt" && function != "pbkdf2")
        throw FormatError{"kdf", "only scrypt and pbkdf2 are known"};
    Derived derived;
    json::get(crypto, "kdfparams", [&](Json parameters) {
        derive(parameters, function, password, derived);
        return 0;
    });
    const Hash found = mac_of(derived, ciphertext);
    if (CRYPTO_memcmp(found.data(), mac.data(), Hash::size()) != 0)
        throw FormatError{"mac", "not that of this password: it is wrong, or the file was changed"};
    if (!encipher(derived, iv, ciphertext, key)) throw FormatError{"ciphertext", "not decrypted"};
}

crypto::SecretKey key_of(Json keystore, const Secret& password) {
    if (json::get(keystore, "version", json::u64) != 3)
        throw FormatError{"version", "only 3 is known"};
    // ethers writes it with a capital.
    const bool has_capital = !json::optional_field(keystore, "crypto").has_value() &&
                             json::optional_field(keystore, "Crypto").has_value();
    SecretBytes<32> bytes;
    json::get(keystore, has_capital ? "Crypto" : "crypto", [&](Json crypto) {
        decrypt(crypto, password, bytes);
        return 0;
    });
    const auto key = crypto::SecretKey::from(bytes.bytes);
    if (!key) throw FormatError{"the content is no key of secp256k1"};
    const auto address = json::get_optional(keystore, "address", fixed<20>);
    if (address && *address != crypto::address_of(*key))
        throw FormatError{"address", "not that of the key"};
    return *key;
}

template <size_t N>
FixedBytes<N> random_bytes() {
    FixedBytes<N> out;
    if (RAND_bytes(out.data(), static_cast<int>(N)) != 1)
        throw std::runtime_error{"the machine gives no random bytes"};
    return out;
}

/// Returns hex as these files have it.
std::string plain_hex(BytesView bytes) {
    return to_hex(bytes).substr(2);
}
/// Returns a random identifier (RFC 9562, version 4), which says nothing of the key.
std::string make_id() {
    auto id = random_bytes<16>();
    id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x40);
    id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
    const std::string hex = plain_hex(id);
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

}  // namespace

Result<crypto::SecretKey, std::string> read_keystore(std::string_view json,
                                                     const Secret& password) {
    try {
        const json::Document document{json};
        return key_of(document.root(), password);
    } catch (const FormatError& error) {
        return std::unexpected{fmt::format("keystore: {}", error.what())};
    }
}

std::string make_keystore(const Hash& key, const Secret& password, const ScryptCost& cost) {
    const auto secret = crypto::SecretKey::from(key);
    CHECK(secret.has_value());
    const auto salt = random_bytes<32>();
    const auto iv = random_bytes<IV_SIZE>();
    CHECK(why_not(cost) == nullptr);
    Derived derived;
    SecretBytes<32> ciphertext;
    scrypt(as_bytes(password.text()), salt, cost, derived.bytes.data());
    if (!encipher(derived, iv, key, ciphertext))
        throw std::runtime_error{"OpenSSL does not encrypt a key"};

    json::JsonWriter out;
    const auto member = [&](const char* name, BytesView bytes) {
        out.member(name, plain_hex(bytes));
    };
    out.begin_object();
    member("address", crypto::address_of(*secret));
    out.key("crypto");
    out.begin_object();
    out.member("cipher", "aes-128-ctr");
    out.key("cipherparams");
    out.begin_object();
    member("iv", iv);
    out.end_object();
    member("ciphertext", ciphertext.bytes);
    out.member("kdf", "scrypt");
    out.key("kdfparams");
    out.begin_object();
    out.member("dklen", uint64_t{DERIVED_SIZE});
    out.member("n", cost.n);
    out.member("p", cost.p);
    out.member("r", cost.r);
    member("salt", salt);
    out.end_object();
    member("mac", mac_of(derived, ciphertext.bytes));
    out.end_object();
    out.member("id", make_id());
    out.member("version", uint64_t{3});
    out.end_object();
    return out.finish();
}

NewKeystore make_new_keystore(const Secret& password, const ScryptCost& cost) {
    for (;;) {  // all but about 2^-128 of the numbers are keys
        const SecretBytes<32> bytes{random_bytes<32>()};
        const auto key = crypto::SecretKey::from(bytes.bytes);
        if (key) return {make_keystore(bytes.bytes, password, cost), crypto::address_of(*key)};
    }
}

}  // namespace scope::keys
