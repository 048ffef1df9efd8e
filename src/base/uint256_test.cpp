#include "base/uint256.hpp"

#include <gmp.h>
#include <gtest/gtest.h>

#include <random>

namespace scope {

namespace {

/// A GMP integer that frees itself.
struct Integer {
    mpz_t z;
    Integer() { mpz_init(z); }
    explicit Integer(const uint256& a) : Integer() { mpz_import(z, 4, -1, 8, 0, 0, a.words); }
    Integer(const Integer&) = delete;
    Integer& operator=(const Integer&) = delete;
    ~Integer() { mpz_clear(z); }
    [[nodiscard]] uint256 low() const {
        Integer cut;
        mpz_fdiv_r_2exp(cut.z, z, 256);
        uint256 out;
        mpz_export(out.words, nullptr, -1, 8, 0, 0, cut.z);
        return out;
    }
};

/// Numbers whose words are often 0, 1, all ones, so that carries and normalisation are met.
class Numbers {
  public:
    uint256 next() {
        uint256 out;
        const unsigned words = static_cast<unsigned>(random_() % 5);
        for (size_t i = 0; i < words; ++i) {
            switch (random_() % 5) {
                case 0:
                    out[i] = 0;
                    break;
                case 1:
                    out[i] = ~uint64_t{0};
                    break;
                case 2:
                    out[i] = uint64_t{1} << random_() % 64;
                    break;
                default:
                    out[i] = random_();
            }
        }
        return out;
    }

  private:
    std::mt19937_64 random_{7};
};

}  // namespace

TEST(uint256, agrees_with_gmp) {
    Numbers numbers;
    for (int i = 0; i < 50'000; ++i) {
        const uint256 a = numbers.next();
        const uint256 b = numbers.next();
        const uint256 m = numbers.next();
        const Integer za{a}, zb{b}, zm{m};
        Integer r;
        mpz_add(r.z, za.z, zb.z);
        ASSERT_EQ(a + b, r.low());
        mpz_sub(r.z, za.z, zb.z);
        ASSERT_EQ(a - b, r.low());
        mpz_mul(r.z, za.z, zb.z);
        ASSERT_EQ(a * b, r.low());
        ASSERT_EQ(a < b, mpz_cmp(za.z, zb.z) < 0);
        if (b) {
            mpz_fdiv_q(r.z, za.z, zb.z);
            ASSERT_EQ(a / b, r.low()) << to_quantity(a) << " / " << to_quantity(b);
            mpz_fdiv_r(r.z, za.z, zb.z);
            ASSERT_EQ(a % b, r.low());
        }
        if (m) {
            mpz_add(r.z, za.z, zb.z);
            mpz_fdiv_r(r.z, r.z, zm.z);
            ASSERT_EQ(addmod(a, b, m), r.low());
            mpz_mul(r.z, za.z, zb.z);
            mpz_fdiv_r(r.z, r.z, zm.z);
            ASSERT_EQ(mulmod(a, b, m), r.low());
        }
        const uint64_t shift = b[0] % 300;
        mpz_mul_2exp(r.z, za.z, shift);
        ASSERT_EQ(a << shift, r.low());
        mpz_fdiv_q_2exp(r.z, za.z, shift);
        ASSERT_EQ(a >> shift, r.low());
    }
}

TEST(uint256, mulmod_by_the_largest_number_agrees_with_gmp) {
    const uint256 max = ~uint256{};
    const Integer zm{max};
    Numbers numbers;
    for (int i = 0; i < 5'000; ++i) {
        const uint256 a = i % 10 == 0 ? max : numbers.next();
        const uint256 b = i % 70 == 0 ? max : numbers.next();
        Integer r;
        mpz_mul(r.z, Integer{a}.z, Integer{b}.z);
        mpz_fdiv_r(r.z, r.z, zm.z);
        ASSERT_EQ(mulmod(a, b, max), r.low()) << to_quantity(a) << " * " << to_quantity(b);
    }
}

TEST(uint256, exp_agrees_with_gmp) {
    Numbers numbers;
    for (int i = 0; i < 2'000; ++i) {
        // Among others: short exponents, and powers of two.
        const uint256 a = i % 4 == 0 ? uint256{1u} << numbers.next()[0] % 256 : numbers.next();
        const uint256 e = i % 3 == 0 ? uint256{static_cast<uint64_t>(i / 3)} : numbers.next();
        Integer r, two256;
        mpz_setbit(two256.z, 256);
        mpz_powm(r.z, Integer{a}.z, Integer{e}.z, two256.z);
        ASSERT_EQ(exp(a, e), r.low());
    }
}

TEST(uint256, division_by_zero_is_zero) {
    EXPECT_EQ(uint256{5u} / uint256{}, uint256{});
    EXPECT_EQ(uint256{5u} % uint256{}, uint256{});
    EXPECT_EQ(addmod(5u, 5u, uint256{}), uint256{});
    EXPECT_EQ(mulmod(5u, 5u, uint256{}), uint256{});
}

TEST(uint256, signed_division_truncates) {
    const uint256 minus7 = -uint256{7u};
    EXPECT_EQ(signed_divmod(minus7, 2u).quotient, -uint256{3u});
    EXPECT_EQ(signed_divmod(minus7, 2u).remainder, -uint256{1u});
    EXPECT_EQ(signed_divmod(7u, -uint256{2u}).remainder, uint256{1u});
    EXPECT_TRUE(signed_less(minus7, 1u));
    EXPECT_FALSE(signed_less(1u, minus7));
}

TEST(uint256, text_round_trip) {
    Numbers numbers;
    for (int i = 0; i < 1000; ++i) {
        const uint256 a = numbers.next();
        ASSERT_EQ(uint256_from_text(to_decimal(a)), a);
        ASSERT_EQ(uint256_from_text(to_quantity(a)), a);
        ASSERT_EQ(from_be(to_be(a)), a);
        ASSERT_EQ(load_be32(to_be(a).data()), a);
    }
    EXPECT_EQ(to_quantity(uint256{}), "0x0");
}

TEST(uint256, refuses_text_that_is_no_number) {
    EXPECT_EQ(uint256_from_text(""), std::nullopt);
    EXPECT_EQ(uint256_from_text("0x"), std::nullopt);
    EXPECT_EQ(uint256_from_text("12a"), std::nullopt);
    EXPECT_EQ(uint256_from_text("-1"), std::nullopt);
    EXPECT_EQ(uint256_from_text("0x1" + std::string(64, '0')), std::nullopt);
    EXPECT_NE(uint256_from_text("0x" + std::string(64, 'f')), std::nullopt);
}

TEST(uint256, leading_zeros) {
    EXPECT_EQ(count_leading_zeros(uint256{}), 256u);
    EXPECT_EQ(count_leading_zeros(uint256{1u}), 255u);
    EXPECT_EQ(significant_bytes(uint256{256u}), 2u);
    EXPECT_EQ(significant_bytes(uint256{}), 0u);
}

}  // namespace scope
