#include "evm/precompiles.hpp"

#include <array>
#include <bit>
#include <limits>
#include <optional>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "crypto/blake2b.hpp"
#include "crypto/bls12_381.hpp"
#include "crypto/bn254.hpp"
#include "crypto/kzg.hpp"
#include "crypto/modexp.hpp"
#include "crypto/p256.hpp"
#include "crypto/ripemd160.hpp"
#include "crypto/secp256k1.hpp"
#include "crypto/sha256.hpp"
#include "evm/rules.hpp"

namespace scope::evm {
namespace {

/// A price that nobody can pay.
constexpr int64_t MAX_GAS = std::numeric_limits<int64_t>::max();

/// The first N bytes of the input, as if zeros without end followed it.
template <size_t N>
FixedBytes<N> padded(BytesView input) noexcept {
    FixedBytes<N> out;
    std::ranges::copy(input.first(std::min(N, input.size())), out.bytes.begin());
    return out;
}

/// Returns the padded input from an offset and for a size known at run time.
Bytes padded(BytesView input, size_t offset, size_t size) {
    Bytes out(size, 0);
    if (offset < input.size()) {
        const BytesView rest = input.subspan(offset);
        std::ranges::copy(rest.first(std::min(size, rest.size())), out.begin());
    }
    return out;
}

int64_t per_word(BytesView input, int64_t base, int64_t word) noexcept {
    return base + word * static_cast<int64_t>((input.size() + 31) / 32);
}

Bytes boolean_word(bool value) {
    Bytes out(32, 0);
    out[31] = value ? 1 : 0;
    return out;
}

// For each precompile: what it costs, and what it does. run gives nothing when the call must fail;
// the gas is paid before.

int64_t ecrecover_gas(const Rules&, BytesView) noexcept {
    return 3000;
}
std::optional<Bytes> run_ecrecover(BytesView input) {
    const auto data = padded<128>(input);  // digest, v, r, s
    const uint256 v = load_be32(data.data() + 32);
    if (v != uint256{27} && v != uint256{28}) return Bytes{};
    const auto signer =
        crypto::recover(Hash::from(BytesView{data}.first(32)), load_be32(data.data() + 64),
                        load_be32(data.data() + 96), v == uint256{28});
    if (!signer) return Bytes{};
    Bytes out(32, 0);
    std::ranges::copy(*signer, out.begin() + 12);
    return out;
}

int64_t sha256_gas(const Rules&, BytesView input) noexcept {
    return per_word(input, 60, 12);
}
std::optional<Bytes> run_sha256(BytesView input) {
    return to_bytes(crypto::sha256(input));
}

int64_t ripemd160_gas(const Rules&, BytesView input) noexcept {
    return per_word(input, 600, 120);
}
std::optional<Bytes> run_ripemd160(BytesView input) {
    Bytes out(32, 0);
    std::ranges::copy(crypto::ripemd160(input), out.begin() + 12);
    return out;
}

int64_t identity_gas(const Rules&, BytesView input) noexcept {
    return per_word(input, 15, 3);
}
std::optional<Bytes> run_identity(BytesView input) {
    return to_bytes(input);
}

/// The three lengths before base, exponent and modulus.
struct ModexpLengths {
    uint256 base;
    uint256 exponent;
    uint256 modulus;

    static constexpr size_t SIZE = 96;
    explicit ModexpLengths(BytesView input) noexcept {
        const auto head = padded<SIZE>(input);
        base = load_be32(head.data());
        exponent = load_be32(head.data() + 32);
        modulus = load_be32(head.data() + 64);
    }
};

/// a * b, or 2^256 - 1 if that is too small.
uint256 saturating_multiply(const uint256& a, const uint256& b) noexcept {
    if (a.is_zero()) return a;
    return ~uint256{} / a < b ? ~uint256{} : a * b;
}

/// Index of the highest bit in the first 32 bytes of the exponent (0 for none), and for each byte
/// beyond these @p multiplier more.
uint256 modexp_iterations(BytesView input, const ModexpLengths& lengths, uint64_t multiplier) {
    const size_t head_size =
        lengths.exponent < uint256{32} ? static_cast<size_t>(lengths.exponent[0]) : 32;
    uint256 head;
    // Beyond 2^63 there is no input: the exponent is zero.
    if (lengths.base < uint256{uint64_t{1} << 63})
        head = from_be(padded(input, ModexpLengths::SIZE + lengths.base[0], head_size));
    const unsigned bits = 256 - count_leading_zeros(head);
    const uint256 index{bits == 0 ? 0u : bits - 1};
    if (lengths.exponent <= uint256{32}) return index;
    const uint256 more = saturating_multiply(lengths.exponent - uint256{32}, uint256{multiplier});
    return more + index < more ? ~uint256{} : more + index;
}

/// EIP-198.
uint256 byzantium_complexity(const uint256& size) noexcept {
    const uint256 square = saturating_multiply(size, size);
    if (square == ~uint256{}) return square;
    if (size <= uint256{64}) return square;
    if (size <= uint256{1024}) return square / uint256{4} + uint256{96} * size - uint256{3072};
    return square / uint256{16} + uint256{480} * size - uint256{199680};
}

int64_t modexp_gas(const Rules& rules, BytesView input) {
    const ModexpLengths lengths{input};
    const uint256 size = std::max(lengths.base, lengths.modulus);
    const uint256 words = size / uint256{8} + uint256{(size[0] & 7) != 0 ? 1u : 0u};
    const uint256 words_squared = saturating_multiply(words, words);

    uint256 gas;
    if (rules.modexp_price == ModexpPrice::eip_7883) {  // EIP-7823 bounds the lengths
        constexpr uint256 MAX_LENGTH{1024u};
        if (std::max(size, lengths.exponent) > MAX_LENGTH) return MAX_GAS;
        const uint256 complexity = size > uint256{32} ? words_squared * uint256{2} : uint256{16};
        const uint256 iterations = std::max(modexp_iterations(input, lengths, 16), uint256{1});
        gas = std::max(complexity * iterations, uint256{500});
    } else if (rules.modexp_price == ModexpPrice::eip_2565) {
        const uint256 iterations = std::max(modexp_iterations(input, lengths, 8), uint256{1});
        gas = std::max(saturating_multiply(words_squared, iterations) / uint256{3}, uint256{200});
    } else {
        const uint256 iterations = std::max(modexp_iterations(input, lengths, 8), uint256{1});
        gas = saturating_multiply(byzantium_complexity(size), iterations) / uint256{20};
    }
    return gas > uint256{MAX_GAS} ? MAX_GAS : static_cast<int64_t>(gas[0]);
}
std::optional<Bytes> run_modexp(BytesView input) {
    const ModexpLengths lengths{input};
    // Without a modulus there is no output, and the price has not bounded the exponent's length.
    if (lengths.modulus.is_zero()) return Bytes{};
    const size_t base_size = lengths.base[0];
    const size_t exponent_size = lengths.exponent[0];
    const size_t modulus_size = lengths.modulus[0];
    Bytes modulus = padded(input, ModexpLengths::SIZE + base_size + exponent_size, modulus_size);
    if (std::ranges::all_of(modulus, [](uint8_t byte) { return byte == 0; })) return modulus;
    return crypto::modexp(padded(input, ModexpLengths::SIZE, base_size),
                          padded(input, ModexpLengths::SIZE + base_size, exponent_size), modulus);
}

int64_t bn254_add_gas(const Rules& rules, BytesView) noexcept {
    return rules.bn254_add_gas;
}
int64_t bn254_mul_gas(const Rules& rules, BytesView) noexcept {
    return rules.bn254_mul_gas;
}
int64_t bn254_pairing_gas(const Rules& rules, BytesView input) noexcept {
    const auto pairs = static_cast<int64_t>(input.size() / 192);
    return rules.bn254_pairing_gas + rules.bn254_pair_gas * pairs;
}

template <size_t N>
std::optional<Bytes> owned(const std::optional<FixedBytes<N>>& bytes) {
    if (!bytes) return std::nullopt;
    return to_bytes(*bytes);
}
std::optional<Bytes> owned(std::optional<bool> answer) {
    if (!answer) return std::nullopt;
    return boolean_word(*answer);
}

std::optional<Bytes> run_bn254_add(BytesView input) {
    return owned(crypto::bn254::add(padded<128>(input)));
}
std::optional<Bytes> run_bn254_mul(BytesView input) {
    return owned(crypto::bn254::mul(padded<96>(input)));
}
std::optional<Bytes> run_bn254_pairing(BytesView input) {
    return owned(crypto::bn254::pairing_check(input));
}

// EIP-152: rounds (4, big-endian), h (64), m (128), t (16), all little-endian words, flag (1).
constexpr size_t BLAKE2F_SIZE = 213;
int64_t blake2f_gas(const Rules&, BytesView input) noexcept {
    if (input.size() != BLAKE2F_SIZE) return 0;  // run refuses
    return static_cast<int64_t>(from_be(input.first(4))[0]);
}
std::optional<Bytes> run_blake2f(BytesView input) {
    static_assert(std::endian::native == std::endian::little);
    if (input.size() != BLAKE2F_SIZE || input[212] > 1) return std::nullopt;
    std::array<uint64_t, 8> h;
    std::array<uint64_t, 16> m;
    std::array<uint64_t, 2> t;
    std::memcpy(h.data(), input.data() + 4, sizeof(h));
    std::memcpy(m.data(), input.data() + 68, sizeof(m));
    std::memcpy(t.data(), input.data() + 196, sizeof(t));
    crypto::blake2b_compress(static_cast<uint32_t>(from_be(input.first(4))[0]), h, m, t,
                             input[212] == 1);
    Bytes out(sizeof(h));
    std::memcpy(out.data(), h.data(), sizeof(h));
    return out;
}

// EIP-4844: versioned hash (32), z (32), y (32), commitment (48), proof (48).
int64_t point_evaluation_gas(const Rules&, BytesView) noexcept {
    return 50'000;
}
std::optional<Bytes> run_point_evaluation(BytesView input) {
    using namespace literals;
    if (input.size() != 192) return std::nullopt;
    const auto commitment = crypto::KzgCommitment::from(input.subspan(96, 48));
    if (!equal(crypto::versioned_hash(commitment), input.first(32))) return std::nullopt;
    if (!crypto::verify_proof(commitment, Hash::from(input.subspan(32, 32)),
                              Hash::from(input.subspan(64, 32)),
                              crypto::KzgProof::from(input.subspan(144, 48))))
        return std::nullopt;
    constexpr Hash BLS_MODULUS =
        "0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"_hash;
    return concat(to_be(uint256{crypto::FIELD_ELEMENTS_PER_BLOB}), BLS_MODULUS);
}

// EIP-2537: the price of k products is k * price of one * discount[k] / 1000; beyond the table its
// last entry holds.
using Discounts = std::array<int64_t, 128>;
constexpr Discounts G1_DISCOUNTS{
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665,
    661,  658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615,
    613,  611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585,
    584,  582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563,
    562,  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544,  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529,
    528,  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};
constexpr Discounts G2_DISCOUNTS{
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699,
    693,  688,  683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629,
    627,  624,  622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592,
    590,  589,  587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567,
    566,  565,  563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547,  546,  545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533,
    532,  532,  531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};
static_assert(G1_DISCOUNTS.back() == 519 && G2_DISCOUNTS.back() == 524);

int64_t msm_gas(size_t count, int64_t price, const Discounts& discounts) noexcept {
    if (count == 0) return 0;  // run refuses
    const int64_t discount = discounts[std::min(count, discounts.size()) - 1];
    return static_cast<int64_t>(count) * price * discount / 1000;
}
int64_t g1_add_gas(const Rules&, BytesView) noexcept {
    return 375;
}
int64_t g1_msm_gas(const Rules&, BytesView input) noexcept {
    return msm_gas(input.size() / 160, 12'000, G1_DISCOUNTS);
}
int64_t g2_add_gas(const Rules&, BytesView) noexcept {
    return 600;
}
int64_t g2_msm_gas(const Rules&, BytesView input) noexcept {
    return msm_gas(input.size() / 288, 22'500, G2_DISCOUNTS);
}
int64_t bls_pairing_gas(const Rules&, BytesView input) noexcept {
    return 37'700 + 32'600 * static_cast<int64_t>(input.size() / 384);
}
int64_t map_fp_to_g1_gas(const Rules&, BytesView) noexcept {
    return 5500;
}
int64_t map_fp2_to_g2_gas(const Rules&, BytesView) noexcept {
    return 23'800;
}

std::optional<Bytes> run_g1_add(BytesView input) {
    return owned(crypto::bls12_381::g1_add(input));
}
std::optional<Bytes> run_g1_msm(BytesView input) {
    return owned(crypto::bls12_381::g1_msm(input));
}
std::optional<Bytes> run_g2_add(BytesView input) {
    return owned(crypto::bls12_381::g2_add(input));
}
std::optional<Bytes> run_g2_msm(BytesView input) {
    return owned(crypto::bls12_381::g2_msm(input));
}
std::optional<Bytes> run_bls_pairing(BytesView input) {
    return owned(crypto::bls12_381::pairing_check(input));
}
std::optional<Bytes> run_map_fp_to_g1(BytesView input) {
    return owned(crypto::bls12_381::map_fp_to_g1(input));
}
std::optional<Bytes> run_map_fp2_to_g2(BytesView input) {
    return owned(crypto::bls12_381::map_fp2_to_g2(input));
}

// EIP-7951: digest, r, s, x, y.
int64_t p256_verify_gas(const Rules&, BytesView) noexcept {
    return 6900;
}
std::optional<Bytes> run_p256_verify(BytesView input) {
    if (input.size() != 160) return Bytes{};
    const auto word = [input](size_t i) { return Hash::from(input.subspan(32 * i, 32)); };
    if (!crypto::p256_verify(word(0), word(1), word(2), word(3), word(4))) return Bytes{};
    return boolean_word(true);
}

struct Precompile {
    uint16_t id;  // the address, a small number
    Revision since;
    int64_t (*gas)(const Rules&, BytesView);
    std::optional<Bytes> (*run)(BytesView);
};

using enum Revision;
constexpr std::array PRECOMPILES{
    Precompile{0x01, frontier, ecrecover_gas, run_ecrecover},
    Precompile{0x02, frontier, sha256_gas, run_sha256},
    Precompile{0x03, frontier, ripemd160_gas, run_ripemd160},
    Precompile{0x04, frontier, identity_gas, run_identity},
    Precompile{0x05, byzantium, modexp_gas, run_modexp},
    Precompile{0x06, byzantium, bn254_add_gas, run_bn254_add},
    Precompile{0x07, byzantium, bn254_mul_gas, run_bn254_mul},
    Precompile{0x08, byzantium, bn254_pairing_gas, run_bn254_pairing},
    Precompile{0x09, istanbul, blake2f_gas, run_blake2f},
    Precompile{0x0a, cancun, point_evaluation_gas, run_point_evaluation},
    Precompile{0x0b, prague, g1_add_gas, run_g1_add},
    Precompile{0x0c, prague, g1_msm_gas, run_g1_msm},
    Precompile{0x0d, prague, g2_add_gas, run_g2_add},
    Precompile{0x0e, prague, g2_msm_gas, run_g2_msm},
    Precompile{0x0f, prague, bls_pairing_gas, run_bls_pairing},
    Precompile{0x10, prague, map_fp_to_g1_gas, run_map_fp_to_g1},
    Precompile{0x11, prague, map_fp2_to_g2_gas, run_map_fp2_to_g2},
    Precompile{0x100, osaka, p256_verify_gas, run_p256_verify},
};
// A revision's precompiles are a beginning of the table.
static_assert(std::ranges::is_sorted(PRECOMPILES, {}, &Precompile::since));
static_assert(std::ranges::is_sorted(PRECOMPILES, {}, &Precompile::id));
// Rows 0x01 to 0x11 stand at their id minus 1, so that finding one is no search.
constexpr size_t CONSECUTIVE = 0x11;
static_assert(PRECOMPILES[CONSECUTIVE - 1].id == CONSECUTIVE &&
              PRECOMPILES.size() == CONSECUTIVE + 1);

constexpr auto ADDRESSES = [] {
    std::array<Address, PRECOMPILES.size()> out;
    for (size_t i = 0; i < out.size(); ++i) out[i] = to_address(uint256{PRECOMPILES[i].id});
    return out;
}();

constexpr auto COUNTS = [] {
    std::array<size_t, REVISION_COUNT> out{};
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<size_t>(std::ranges::count_if(PRECOMPILES, [i](const Precompile& row) {
            return static_cast<size_t>(row.since) <= i;
        }));
    return out;
}();

/// The row of an address, or null.
const Precompile* find(Revision revision, const Address& address) noexcept {
    constexpr size_t HIGH = Address::size() - 2;
    static constexpr uint8_t ZEROS[HIGH]{};
    if (std::memcmp(address.data(), ZEROS, HIGH) != 0) return nullptr;
    const size_t id = size_t{address[HIGH]} << 8 | address[HIGH + 1];
    const size_t row = id == PRECOMPILES.back().id ? PRECOMPILES.size() - 1 : id - 1;
    if (row >= COUNTS[static_cast<size_t>(revision)]) return nullptr;
    return PRECOMPILES[row].id == id ? &PRECOMPILES[row] : nullptr;
}

}  // namespace

std::span<const Address> precompile_addresses(Revision revision) noexcept {
    return std::span{ADDRESSES}.first(COUNTS[static_cast<size_t>(revision)]);
}

bool is_precompile(Revision revision, const Address& address) noexcept {
    return find(revision, address) != nullptr;
}

PrecompileResult execute_precompile(Revision revision, const Address& address, BytesView input,
                                    int64_t gas) {
    const Precompile* precompile = find(revision, address);
    CHECK(precompile != nullptr);
    const int64_t price = precompile->gas(rules_of(revision), input);
    if (price > gas) return {};
    auto output = precompile->run(input);
    if (!output) return {};
    return {true, gas - price, std::move(*output)};
}

}  // namespace scope::evm
