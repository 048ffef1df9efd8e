#include "keys/read_key.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/hex.hpp"
#include "keys/keystore.hpp"
#include "keys/test_folder.hpp"

namespace scope::keys {
namespace {

using namespace literals;
using testing::HasSubstr;
using testing::Not;

constexpr auto KEY_HEX = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
constexpr Address ACCOUNT = "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b"_address;

TEST(read_key, reads_a_keystore_a_variable_and_a_signers_url) {
    const test::Folder folder;
    const auto file = folder.write(
        "key.json",
        make_keystore(*fixed_from_hex<32>(KEY_HEX), Secret{"word"}, {.n = 1024, .r = 8, .p = 1}));
    const auto word = folder.write("word", "word\n");
    setenv("SCOPE_TEST_WORD", "word", 1);
    setenv("SCOPE_TEST_KEY", KEY_HEX, 1);
    for (const auto& signer :
         {read_key("file:key.json", "file:word", folder.path()),
          read_key("file:" + file.string(), "env:SCOPE_TEST_WORD"), read_key("env:SCOPE_TEST_KEY"),
          read_key("http://localhost:9000#" + to_hex(ACCOUNT))}) {
        ASSERT_TRUE(signer.has_value()) << signer.error();
        EXPECT_EQ((*signer)->address(), ACCOUNT);
    }
}

TEST(read_key, says_what_is_wrong_and_nothing_of_the_key) {
    const test::Folder folder;
    const auto file = folder.write(
        "key.json",
        make_keystore(*fixed_from_hex<32>(KEY_HEX), Secret{"word"}, {.n = 1024, .r = 8, .p = 1}));
    const auto refused = [&](const std::string& key, std::string_view password = {}) {
        const auto signer = read_key(key, password, folder.path());
        EXPECT_FALSE(signer.has_value()) << key;
        return signer ? std::string{} : signer.error();
    };
    setenv("SCOPE_TEST_WORD", "other", 1);
    setenv("SCOPE_TEST_KEY", "0x7a28", 1);
    setenv("SCOPE_TEST_ZERO", std::string(64, '0').c_str(), 1);
    unsetenv("SCOPE_TEST_NOTHING");
    EXPECT_THAT(refused(KEY_HEX), Not(HasSubstr("7a28")));
    EXPECT_THAT(refused("file:key.json"), HasSubstr("a keystore needs a password"));
    EXPECT_THAT(refused("file:key.json", "env:SCOPE_TEST_NOTHING"), HasSubstr("password: "));
    EXPECT_THAT(refused("file:key.json", "env:SCOPE_TEST_WORD"), HasSubstr("mac: "));
    EXPECT_THAT(refused("file:none", "env:SCOPE_TEST_WORD"), HasSubstr("none: No such file"));
    EXPECT_THAT(refused("env:SCOPE_TEST_KEY"), Not(HasSubstr("7a28")));
    EXPECT_EQ(refused("env:SCOPE_TEST_ZERO"), "SCOPE_TEST_ZERO: not a key of secp256k1");
    EXPECT_EQ(refused("env:SCOPE_TEST_KEY", "env:SCOPE_TEST_WORD"),
              "only a keystore has a password");
    EXPECT_THAT(refused("http://localhost:9000"), HasSubstr("#ADDRESS"));
    EXPECT_THAT(refused("http://localhost:9000#0x12"), HasSubstr("not an address"));
    EXPECT_THAT(refused("http://#" + to_hex(ACCOUNT)), HasSubstr("a signer's URL: "));
}

}  // namespace
}  // namespace scope::keys
