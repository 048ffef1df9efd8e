#include "crypto/signer.hpp"

#include <gtest/gtest.h>

#include "crypto/keccak.hpp"

namespace scope::crypto {
namespace {

TEST(local_signer, signs_the_hash_of_the_message_with_its_key) {
    const auto key = SecretKey::from(Hash{{1, 2, 3}});
    ASSERT_TRUE(key.has_value());
    const SignerPtr signer = local_signer(*key);
    EXPECT_EQ(signer->address(), address_of(*key));
    for (const std::string_view message : {"", "abc"}) {
        const auto signature = signer->sign(as_bytes(message));
        ASSERT_TRUE(signature.has_value());
        EXPECT_EQ(recover(keccak256(as_bytes(message)), *signature), signer->address());
    }
}

}  // namespace
}  // namespace scope::crypto
