#include "evm/precompiles.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/hex.hpp"
#include "base/uint256.hpp"

namespace scope::evm {

using namespace literals;
using enum Revision;

namespace {

constexpr int64_t PLENTY = 1'000'000'000'000;

Address address(uint64_t id) {
    return to_address(uint256{id});
}

PrecompileResult execute(Revision revision, uint64_t id, BytesView input, int64_t gas = PLENTY) {
    return execute_precompile(revision, address(id), input, gas);
}

/// Gas used; -1 when the call failed.
int64_t gas_used(Revision revision, uint64_t id, BytesView input) {
    const auto result = execute(revision, id, input);
    return result.success ? PLENTY - result.gas_left : -1;
}

Bytes modexp_input(const uint256& base, const uint256& exponent, const uint256& modulus,
                   BytesView numbers = {}) {
    return concat(to_be(base), to_be(exponent), to_be(modulus), numbers);
}

/// EIP-152's example: the state before the last block of BLAKE2b("abc").
Bytes blake2f_input(uint32_t rounds, uint8_t flag) {
    const Bytes h =
        "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
        "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"_hex;
    return concat(BytesView{to_be(uint256{rounds})}.last(4), h, as_bytes("abc"), Bytes(125, 0),
                  Bytes{3}, Bytes(15, 0), Bytes{flag});
}

}  // namespace

TEST(precompiles, active_set_grows_with_the_forks) {
    const struct {
        Revision revision;
        size_t count;
    } cases[] = {{frontier, 4},        {homestead, 4}, {tangerine_whistle, 4},
                 {spurious_dragon, 4}, {byzantium, 8}, {constantinople, 8},
                 {petersburg, 8},      {istanbul, 9},  {berlin, 9},
                 {london, 9},          {paris, 9},     {shanghai, 9},
                 {cancun, 10},         {prague, 17},   {osaka, 18}};
    static_assert(std::size(cases) == REVISION_COUNT);
    for (const auto& [revision, count] : cases) {
        const auto addresses = precompile_addresses(revision);
        ASSERT_EQ(addresses.size(), count);
        for (uint64_t id = 0; id < 0x300; ++id) {
            const bool listed = std::ranges::find(addresses, address(id)) != addresses.end();
            EXPECT_EQ(listed, (id >= 1 && id <= std::min<size_t>(count, 0x11)) ||
                                  (revision == osaka && id == 0x100))
                << id;
            EXPECT_EQ(is_precompile(revision, address(id)), listed) << id;
        }
    }
    EXPECT_FALSE(is_precompile(osaka, "0x0100000000000000000000000000000000000001"_address));
    EXPECT_FALSE(is_precompile(osaka, "0x0000000000000000000000000000000000010001"_address));
    EXPECT_FALSE(is_precompile(osaka, address(0x10100)));
}

TEST(precompiles, ecrecover) {
    // Digest, v = 28, r, s; widely used as this precompile's example.
    const Bytes input =
        "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
        "000000000000000000000000000000000000000000000000000000000000001c"
        "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
        "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"_hex;
    const Bytes expected = "000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b"_hex;
    EXPECT_EQ(execute(frontier, 1, input).output, expected);
    EXPECT_EQ(gas_used(osaka, 1, input), 3000);
    EXPECT_EQ(execute(osaka, 1, concat(input, Bytes(50, 0xff))).output, expected);
    // Not a signature: success, no output, the same price.
    for (const size_t byte : {32u, 62u, 63u}) {
        Bytes bad = input;
        bad[byte] = 2;
        const auto result = execute(osaka, 1, bad);
        EXPECT_TRUE(result.success);
        EXPECT_EQ(result.gas_left, PLENTY - 3000);
        EXPECT_TRUE(result.output.empty());
    }
    EXPECT_TRUE(execute(osaka, 1, {}).success);
    EXPECT_TRUE(execute(osaka, 1, {}).output.empty());
    // A short input is filled with zeros.
    EXPECT_TRUE(execute(osaka, 1, BytesView{input}.first(127)).success);
}

TEST(precompiles, takes_exactly_its_price) {
    const auto enough = execute(osaka, 1, {}, 3000);
    EXPECT_TRUE(enough.success);
    EXPECT_EQ(enough.gas_left, 0);
    const auto short_by_one = execute(osaka, 1, {}, 2999);
    EXPECT_FALSE(short_by_one.success);
    EXPECT_EQ(short_by_one.gas_left, 0);
    EXPECT_FALSE(execute(osaka, 1, {}, 0).success);
}

TEST(precompiles, hashes_and_identity) {
    const Bytes data(33, 'a');
    EXPECT_EQ(gas_used(frontier, 2, {}), 60);
    EXPECT_EQ(gas_used(frontier, 2, data), 60 + 2 * 12);
    EXPECT_EQ(gas_used(frontier, 3, data), 600 + 2 * 120);
    EXPECT_EQ(gas_used(frontier, 4, data), 15 + 2 * 3);
    EXPECT_EQ(execute(frontier, 4, data).output, data);
    EXPECT_EQ(execute(frontier, 2, as_bytes("abc")).output,
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"_hex);
    EXPECT_EQ(execute(frontier, 3, as_bytes("abc")).output,
              "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc"_hex);
}

TEST(precompiles, modexp_prices_of_three_forks) {
    // 3^(2^256 - 2^32 - 978): EIP-198's example, 32 bytes each but for the base.
    const Bytes fermat =
        modexp_input(uint256{1}, uint256{32}, uint256{32},
                     "03fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"
                     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"_hex);
    EXPECT_EQ(gas_used(byzantium, 5, fermat), 13'056);
    EXPECT_EQ(gas_used(berlin, 5, fermat), 16 * 255 / 3);
    EXPECT_EQ(gas_used(osaka, 5, fermat), 16 * 255);
    EXPECT_EQ(execute(osaka, 5, fermat).output, to_bytes(to_be(uint256{1})));

    // The small prices: one iteration at least, and the least price.
    const Bytes small = modexp_input(uint256{1}, uint256{1}, uint256{1}, "020305"_hex);
    EXPECT_EQ(gas_used(byzantium, 5, small), 0);
    EXPECT_EQ(gas_used(berlin, 5, small), 200);
    EXPECT_EQ(gas_used(osaka, 5, small), 500);
    EXPECT_EQ(execute(osaka, 5, small).output, "03"_hex);

    // 64-byte modulus, 40-byte exponent whose first 32 bytes have their highest bit at 255 - 7.
    Bytes numbers(64 + 40 + 64, 0);
    numbers[64] = 1;
    const Bytes longer = modexp_input(uint256{64}, uint256{40}, uint256{64}, numbers);
    EXPECT_EQ(gas_used(byzantium, 5, longer), 64 * 64 * (8 * 8 + 248) / 20);
    EXPECT_EQ(gas_used(berlin, 5, longer), 8 * 8 * (8 * 8 + 248) / 3);
    EXPECT_EQ(gas_used(osaka, 5, longer), 2 * 8 * 8 * (16 * 8 + 248));

    // EIP-198's other pieces: 65..1024 and above.
    EXPECT_EQ(gas_used(byzantium, 5, modexp_input(uint256{100}, uint256{}, uint256{1})),
              (100 * 100 / 4 + 96 * 100 - 3072) / 20);
    EXPECT_EQ(gas_used(byzantium, 5, modexp_input(uint256{2000}, uint256{}, uint256{1})),
              (2000 * 2000 / 16 + 480 * 2000 - 199'680) / 20);
}

TEST(precompiles, modexp_pads_input_with_zeros) {
    // EIP-198: 3^65535 mod 2^255, the modulus cut after its first byte, or followed by more.
    const Bytes cut = modexp_input(uint256{1}, uint256{2}, uint256{32}, "03ffff80"_hex);
    const auto whole = modexp_input(
        uint256{1}, uint256{2}, uint256{32},
        "03ffff800000000000000000000000000000000000000000000000000000000000000007"_hex);
    const auto result = execute(byzantium, 5, cut);
    EXPECT_TRUE(result.success);
    EXPECT_EQ(result.output, execute(byzantium, 5, whole).output);
    EXPECT_EQ(result.output, to_bytes(to_be(exp(uint256{3}, uint256{65535}) & (~uint256{} >> 1))));
    EXPECT_TRUE(execute(byzantium, 5, {}).success);
    EXPECT_TRUE(execute(byzantium, 5, {}).output.empty());
}

TEST(precompiles, modexp_with_huge_lengths) {
    const uint256 huge = ~uint256{};
    // Too dear for anyone, and computed without overflow.
    for (const Revision revision : {byzantium, berlin, osaka}) {
        const auto limit = std::numeric_limits<int64_t>::max();
        for (const uint256& size : {huge, uint256{1} << 64, uint256{1} << 128, uint256{1} << 62}) {
            EXPECT_FALSE(
                execute(revision, 5, modexp_input(size, uint256{}, uint256{1}), limit - 1).success);
            EXPECT_FALSE(
                execute(revision, 5, modexp_input(uint256{}, size, uint256{1}), 1'000'000'000)
                    .success);
            EXPECT_FALSE(
                execute(revision, 5, modexp_input(uint256{}, uint256{1}, size), limit - 1).success);
        }
    }
    // Nothing to compute: free but for the least price, whatever the exponent's length, until
    // EIP-7823.
    EXPECT_EQ(gas_used(byzantium, 5, modexp_input(uint256{}, huge, uint256{})), 0);
    EXPECT_EQ(gas_used(berlin, 5, modexp_input(uint256{}, huge, uint256{})), 200);
    EXPECT_EQ(gas_used(osaka, 5, modexp_input(uint256{}, huge, uint256{})), -1);
    // EIP-7823 allows 1024 bytes.
    EXPECT_TRUE(
        execute(osaka, 5, modexp_input(uint256{1024}, uint256{1024}, uint256{1024})).success);
    EXPECT_FALSE(execute(osaka, 5, modexp_input(uint256{1025}, uint256{}, uint256{})).success);
    EXPECT_FALSE(execute(osaka, 5, modexp_input(uint256{}, uint256{1025}, uint256{})).success);
    EXPECT_FALSE(execute(osaka, 5, modexp_input(uint256{}, uint256{}, uint256{1025})).success);
}

TEST(precompiles, bn254_prices_and_padding) {
    EXPECT_EQ(gas_used(byzantium, 6, {}), 500);
    EXPECT_EQ(gas_used(istanbul, 6, {}), 150);
    EXPECT_EQ(gas_used(byzantium, 7, {}), 40'000);
    EXPECT_EQ(gas_used(istanbul, 7, {}), 6000);
    EXPECT_EQ(gas_used(byzantium, 8, {}), 100'000);
    EXPECT_EQ(gas_used(istanbul, 8, {}), 45'000);
    EXPECT_EQ(gas_used(byzantium, 8, Bytes(2 * 192, 0)), 260'000);
    EXPECT_EQ(gas_used(istanbul, 8, Bytes(2 * 192, 0)), 113'000);
    EXPECT_EQ(execute(osaka, 6, {}).output, Bytes(64, 0));
    EXPECT_EQ(execute(osaka, 8, {}).output, to_bytes(to_be(uint256{1})));
    // (1, 2) + nothing, from 64 bytes; bytes beyond 128 are not read.
    const Bytes generator = concat(to_be(uint256{1}), to_be(uint256{2}));
    EXPECT_EQ(execute(osaka, 6, generator).output, generator);
    EXPECT_EQ(execute(osaka, 6, concat(generator, Bytes(64, 0), Bytes(9, 1))).output, generator);
    EXPECT_EQ(execute(osaka, 7, concat(generator, to_be(uint256{1}), Bytes(9, 1))).output,
              generator);
    EXPECT_FALSE(execute(osaka, 6, to_be(uint256{1})).success);
    EXPECT_FALSE(execute(osaka, 8, Bytes(191, 0)).success);
}

TEST(precompiles, blake2f) {  // vectors of EIP-152
    const struct {
        uint32_t rounds;
        uint8_t flag;
        std::string_view output;
    } cases[] = {
        {0, 1,
         "0x08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
         "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b"},
        {12, 1,
         "0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
         "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
        {12, 0,
         "0x75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
         "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735"},
        {1, 1,
         "0xb63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb"
         "a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421"},
    };
    for (const auto& [rounds, flag, output] : cases) {
        const auto result = execute(istanbul, 9, blake2f_input(rounds, flag));
        EXPECT_EQ(to_hex(result.output), output);
        EXPECT_EQ(PLENTY - result.gas_left, rounds);
    }
    EXPECT_FALSE(execute(istanbul, 9, blake2f_input(12, 2)).success);
    EXPECT_FALSE(execute(istanbul, 9, blake2f_input(12, 1), 11).success);
    EXPECT_FALSE(execute(istanbul, 9, {}).success);
    EXPECT_FALSE(execute(istanbul, 9, BytesView{blake2f_input(12, 1)}.first(212)).success);
    EXPECT_FALSE(execute(istanbul, 9, concat(blake2f_input(12, 1), Bytes{0})).success);
}

TEST(precompiles, point_evaluation) {
    // The empty polynomial: commitment and proof are infinity, the value is 0 everywhere.
    Bytes infinity(48, 0);
    infinity[0] = 0xc0;
    const Hash versioned =
        "0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"_hash;
    const Bytes input = concat(versioned, to_be(uint256{5}), to_be(uint256{}), infinity, infinity);
    EXPECT_EQ(gas_used(cancun, 10, input), 50'000);
    EXPECT_EQ(execute(cancun, 10, input).output,
              "000000000000000000000000000000000000000000000000000000000000100073eda753299d7d483339"
              "d80809a1d80553bda402fffe5bfeffffffff00000001"_hex);
    for (const size_t byte : {0u, 1u, 95u, 96u, 191u}) {
        Bytes bad = input;
        bad[byte] ^= 1;
        EXPECT_FALSE(execute(cancun, 10, bad).success) << byte;
    }
    EXPECT_FALSE(execute(cancun, 10, {}).success);
    EXPECT_FALSE(execute(cancun, 10, BytesView{input}.first(191)).success);
    EXPECT_FALSE(execute(cancun, 10, concat(input, Bytes{0})).success);
}

TEST(precompiles, bls12_381_prices) {
    // Zeros are points at infinity, so that all of these succeed.
    EXPECT_EQ(gas_used(prague, 0x0b, Bytes(256, 0)), 375);
    EXPECT_EQ(gas_used(prague, 0x0d, Bytes(512, 0)), 600);
    EXPECT_EQ(gas_used(prague, 0x0f, Bytes(384, 0)), 70'300);
    EXPECT_EQ(gas_used(prague, 0x0f, Bytes(3 * 384, 0)), 37'700 + 3 * 32'600);
    EXPECT_EQ(gas_used(prague, 0x10, Bytes(64, 0)), 5500);
    EXPECT_EQ(gas_used(prague, 0x11, Bytes(128, 0)), 23'800);
    const struct {
        size_t count;
        int64_t g1;
        int64_t g2;
    } cases[] = {
        {1, 12'000, 22'500},
        {2, 2 * 12 * 949, 2 * 22'500},
        {3, 3 * 12 * 848, 3 * 22'500 * 923 / 1000},
        {128, 128 * 12 * 519, 128 * 22'500 * 524 / 1000},
        {200, 200 * 12 * 519, int64_t{200} * 22'500 * 524 / 1000},
    };
    for (const auto& [count, g1, g2] : cases) {
        EXPECT_EQ(gas_used(prague, 0x0c, Bytes(160 * count, 0)), g1);
        EXPECT_EQ(gas_used(prague, 0x0e, Bytes(288 * count, 0)), g2);
    }
    for (const uint64_t id : {0x0bu, 0x0cu, 0x0du, 0x0eu, 0x0fu, 0x10u, 0x11u}) {
        EXPECT_FALSE(execute(prague, id, {}).success);
        EXPECT_FALSE(execute(prague, id, Bytes(100, 0)).success);
    }
}

TEST(precompiles, p256_verify) {  // vector of EIP-7951
    const Bytes input =
        "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
        "2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"
        "4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"
        "2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"
        "c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"_hex;
    EXPECT_EQ(gas_used(osaka, 0x100, input), 6900);
    EXPECT_EQ(execute(osaka, 0x100, input).output, to_bytes(to_be(uint256{1})));
    // Refused input: success, no output, the same price.
    Bytes bad = input;
    bad[0] ^= 1;
    for (const Bytes& refused : {bad, Bytes{}, Bytes(159, 0), concat(input, Bytes{0})}) {
        EXPECT_EQ(gas_used(osaka, 0x100, refused), 6900);
        EXPECT_TRUE(execute(osaka, 0x100, refused).output.empty());
    }
}

}  // namespace scope::evm
