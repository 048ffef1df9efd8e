#include "keys/keystore.hpp"

#include <gmock/gmock.h>

#include "base/hex.hpp"

namespace scope::keys {
namespace {

using namespace literals;
using testing::HasSubstr;

// The test vectors of the format's page.
constexpr std::string_view PBKDF2 = R"({
    "crypto" : {
        "cipher" : "aes-128-ctr",
        "cipherparams" : {"iv" : "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext" : "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf" : "pbkdf2",
        "kdfparams" : {
            "c" : 262144,
            "dklen" : 32,
            "prf" : "hmac-sha256",
            "salt" : "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
        },
        "mac" : "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
    },
    "id" : "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version" : 3
})";
constexpr std::string_view SCRYPT = R"({
    "crypto" : {
        "cipher" : "aes-128-ctr",
        "cipherparams" : {"iv" : "83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext" : "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf" : "scrypt",
        "kdfparams" : {
            "dklen" : 32,
            "n" : 262144,
            "p" : 8,
            "r" : 1,
            "salt" : "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
        },
        "mac" : "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"
    },
    "id" : "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version" : 3
})";
constexpr Address ACCOUNT = "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b"_address;
constexpr ScryptCost CHEAP{.n = 1024, .r = 8, .p = 1};

const Secret& password() {
    static const Secret word{"testpassword"};
    return word;
}

/// Returns the text with one part replaced.
std::string with(std::string_view text, std::string_view part, std::string_view other) {
    std::string out{text};
    const auto at = out.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return out.replace(at, part.size(), other);
}

TEST(keystore, reads_the_official_vectors) {
    for (const auto text : {PBKDF2, SCRYPT}) {
        const auto key = read_keystore(text, password());
        ASSERT_TRUE(key.has_value()) << key.error();
        EXPECT_EQ(crypto::address_of(*key), ACCOUNT);
        const auto known = crypto::SecretKey::from(
            "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"_hash);
        EXPECT_EQ(crypto::sign(Hash{{1}}, *key), crypto::sign(Hash{{1}}, *known));
    }
    EXPECT_TRUE(read_keystore(with(SCRYPT, "\"crypto\"", "\"Crypto\""), password()).has_value());
}

TEST(keystore, reads_what_it_wrote) {
    const auto made = make_new_keystore(password(), CHEAP);
    const auto key = read_keystore(made.json, password());
    ASSERT_TRUE(key.has_value()) << key.error();
    EXPECT_EQ(crypto::address_of(*key), made.address);
    EXPECT_NE(make_new_keystore(password(), CHEAP).address, made.address);
    const auto wrong = read_keystore(made.json, Secret{"testpasswore"});
    ASSERT_FALSE(wrong.has_value());
    EXPECT_THAT(wrong.error(), HasSubstr("not that of this password"));
}

TEST(keystore, names_what_is_wrong) {
    struct Case {
        std::string_view part, other, told;
    };
    for (const auto& [part, other, told] : {
             Case{"\"version\" : 3", "\"version\" : 4", "version: only 3 is known"},
             Case{"\"version\" : 3", "\"version\" : -3", "version: "},
             Case{"\"crypto\"", "\"krypto\"", "crypto"},
             Case{"aes-128-ctr", "aes-256-cbc", "crypto.cipher: only aes-128-ctr is known"},
             Case{"83dbcc02", "83dbcc", "crypto.cipherparams.iv: not 16 bytes of hex"},
             Case{"d172bf74", "d172bfzz", "crypto.ciphertext: not 32 bytes of hex"},
             Case{"d172bf74", "d172bf75", "crypto.mac: not that of this password"},
             Case{"2103ac29", "2103ac28", "crypto.mac: not that of this password"},
             Case{"\"scrypt\"", "\"bcrypt\"", "crypto.kdf: only scrypt and pbkdf2 are known"},
             Case{"\"scrypt\"", "\"pbkdf2\"", "crypto.kdfparams.prf"},
             Case{"\"dklen\" : 32", "\"dklen\" : 16", "crypto.kdfparams.dklen: only 32 is known"},
             Case{"\"salt\" : \"ab", "\"salt\" : \"a", "crypto.kdfparams.salt: not hex"},
             Case{": 262144", ": 262143", "n: not a power of 2"},
             Case{": 262144", ": 0", "n: not a power of 2"},
             Case{": 262144", ": 1", "n: not a power of 2"},
             Case{": 262144", ": 16777216", "above 1 GiB of memory"},
             Case{": 262144", ": 9223372036854775808", "above 1 GiB of memory"},
             Case{": 262144", ": 18446744073709551616", "crypto.kdfparams.n: "},
             Case{"\"r\" : 1", "\"r\" : 0", "r: not from 1 to 64"},
             Case{"\"r\" : 1", "\"r\" : 18446744073709551615", "r: not from 1 to 64"},
             Case{"\"r\" : 1", "\"r\" : 33", "above 1 GiB of memory"},
             Case{"\"r\" : 1", "\"r\" : 32", "too much work"},
             Case{"\"p\" : 8", "\"p\" : 0", "p: not from 1 to 64"},
             Case{"\"p\" : 8", "\"p\" : 65", "p: not from 1 to 64"},
         }) {
        const auto key = read_keystore(with(SCRYPT, part, other), password());
        ASSERT_FALSE(key.has_value()) << other;
        EXPECT_THAT(key.error(), HasSubstr(told));
    }
    for (const auto* const rounds : {"0", "10000001", "18446744073709551615", "-1", "\"x\""}) {
        const auto key = read_keystore(with(PBKDF2, "262144", rounds), password());
        ASSERT_FALSE(key.has_value()) << rounds;
        EXPECT_THAT(key.error(), HasSubstr("crypto.kdfparams.c: "));
    }
    for (const std::string_view text : {"", "{", "[]", "null", "3", "{\"version\":3}"})
        EXPECT_FALSE(read_keystore(text, password()).has_value()) << text;
    for (size_t size = 0; size < SCRYPT.size(); ++size)
        EXPECT_FALSE(read_keystore(SCRYPT.substr(0, size), password()).has_value()) << size;
}

TEST(keystore, holds_the_address_that_it_names) {
    const auto text =
        with(SCRYPT, "\"version\"",
             "\"address\": \"008aeeda4d805471df9b2a5b0f38a0c3bcba786b\", \"version\"");
    EXPECT_TRUE(read_keystore(text, password()).has_value());
    const auto other = read_keystore(with(text, "008aeeda", "108aeeda"), password());
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error(), "keystore: address: not that of the key");
}

}  // namespace
}  // namespace scope::keys
