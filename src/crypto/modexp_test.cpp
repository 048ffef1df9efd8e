#include "crypto/modexp.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.hpp"
#include "base/uint256.hpp"

namespace scope::crypto {

using namespace literals;

TEST(modexp, examples_of_eip_198) {
    EXPECT_EQ(
        modexp("03"_hex, "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"_hex,
               "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"_hex),
        to_bytes(to_be(uint256{1})));
    EXPECT_EQ(modexp({}, "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"_hex,
                     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"_hex),
              to_bytes(to_be(uint256{})));
}

TEST(modexp, side_conditions) {
    const struct {
        Bytes base, exponent, modulus, expected;
    } cases[] = {
        {"03"_hex, "02"_hex, {}, {}},                      // nothing asked for
        {"03"_hex, "02"_hex, "0000"_hex, "0000"_hex},      // modulus 0
        {"03"_hex, "02"_hex, "0001"_hex, "0000"_hex},      // modulus 1
        {"03"_hex, {}, "01"_hex, "00"_hex},                // x^0 mod 1
        {{}, {}, "0005"_hex, "0001"_hex},                  // 0^0
        {"00"_hex, "00"_hex, "05"_hex, "01"_hex},          // 0^0
        {{}, "01"_hex, "05"_hex, "00"_hex},                // 0^1
        {"ff"_hex, {}, "0a"_hex, "01"_hex},                // x^0
        {"0003"_hex, "0005"_hex, "0064"_hex, "002b"_hex},  // 243 mod 100, even modulus
        {"ffff"_hex, "01"_hex, "07"_hex, "01"_hex},        // base above modulus: 65535 mod 7
    };
    for (const auto& c : cases)
        EXPECT_EQ(to_hex(modexp(c.base, c.exponent, c.modulus)), to_hex(c.expected))
            << to_hex(c.base) << "^" << to_hex(c.exponent) << " mod " << to_hex(c.modulus);
}

TEST(modexp, agrees_with_squaring_by_mulmod) {
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const auto number = [&random] {
        return uint256{random(), random(), random(), random()} >> random() % 256;
    };
    for (int i = 0; i < 300; ++i) {
        const uint256 base = number();
        const uint256 exponent = number();
        const uint256 modulus = number();
        uint256 expected = modulus > uint256{1} ? uint256{1} : uint256{};
        for (unsigned bit = 256; bit-- > 0;) {
            expected = mulmod(expected, expected, modulus);
            if ((exponent >> bit)[0] & 1) expected = mulmod(expected, base, modulus);
        }
        ASSERT_EQ(modexp(to_be(base), to_be(exponent), to_be(modulus)), to_bytes(to_be(expected)));
    }
}

}  // namespace scope::crypto
