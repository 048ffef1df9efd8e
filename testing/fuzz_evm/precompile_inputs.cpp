#include "fuzz_evm/precompile_inputs.hpp"

#include <array>

#include "base/hex.hpp"
#include "crypto/secp256k1.hpp"
#include "evm/precompiles.hpp"

namespace scope::fuzz_evm {

namespace {

using namespace literals;

constexpr auto IDS =
    std::to_array<uint64_t>({0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
                             0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x100});

Bytes run(uint64_t id, BytesView input) {
    return evm::execute_precompile(evm::Revision::osaka, to_address(uint256{id}), input, INT64_MAX)
        .output;
}

Bytes word(uint64_t value) {
    return to_bytes(to_be(uint256{value}));
}

/// Makes a scalar for the precompiles: mostly any 32 bytes, at times a small or an extreme number.
Bytes scalar(Random& random) {
    switch (random.below(4)) {
        case 0:
            return word(random.below(4));
        case 1:
            return Bytes(32, 0xff);
        default:
            return random.bytes(32);
    }
}

Bytes signature(Random& random) {
    const Hash digest = random.fixed<32>();
    const auto key = crypto::SecretKey::from(to_be(uint256{random.next() | 1}));
    const auto made = crypto::sign(digest, *key);
    return concat(digest, word(27 + uint64_t{made.y_parity}), to_be(made.r), to_be(made.s));
}

Bytes modexp(Random& random) {
    const auto length = [&] { return random.below(random.chance(80) ? 40 : 300); };
    const uint64_t base = length();
    const uint64_t exponent = length();
    const uint64_t modulus = length();
    Bytes numbers = random.bytes(base + exponent + modulus);
    if (random.chance(40) && modulus != 0) numbers.back() |= 1;
    if (random.chance(20))  // lengths that mean nothing, or more than allowed
        return concat(scalar(random), scalar(random), word(random.below(1100)), numbers);
    return concat(word(base), word(exponent), word(modulus), numbers);
}

Bytes bn254_point(Random& random) {
    if (random.chance(10)) return Bytes(64, 0);
    return run(7, concat(word(1), word(2), scalar(random)));
}

Bytes bn254_negated(const Bytes& point) {
    constexpr uint256 P{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
                        0x30644e72e131a029};
    const uint256 y = from_be(BytesView{point}.last(32));
    return concat(BytesView{point}.first(32), to_be(y.is_zero() ? y : P - y));
}

Bytes bn254_pairs(Random& random) {
    // The generator of the second group (EIP-197).
    const Bytes q =
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
        "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"_hex;
    const Bytes p = bn254_point(random);
    switch (random.below(4)) {
        case 0:
            return {};
        case 1:
            return concat(p, q);
        case 2:
            return concat(p, q, bn254_point(random), Bytes(128, 0));
        default:
            return concat(p, q, bn254_negated(p), q);
    }
}

Bytes blake2f(Random& random) {
    Bytes input = random.bytes(213);
    std::fill_n(input.begin(), 4, uint8_t{0});
    input[3] = static_cast<uint8_t>(random.below(40));
    input[212] = static_cast<uint8_t>(random.below(random.chance(95) ? 2 : 256));
    return input;
}

Bytes point_evaluation(Random& random) {
    // The empty polynomial: commitment and proof are infinity, the value is 0 everywhere.
    Bytes infinity(48, 0);
    infinity[0] = 0xc0;
    Bytes point = random.bytes(32);
    point[0] = 0;
    return concat("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"_hex, point,
                  word(0), infinity, infinity);
}

Bytes bls_field_element(Random& random) {
    Bytes element = concat(Bytes(16, 0), random.bytes(48));
    element[16] &= random.chance(90) ? 0x0f : 0xff;  // the modulus begins with 0x1a
    return element;
}

Bytes bls_g1(Random& random) {
    return random.chance(15) ? Bytes(128, 0) : run(0x10, concat(Bytes(17, 0), random.bytes(47)));
}

Bytes bls_g2(Random& random) {
    if (random.chance(15)) return Bytes(256, 0);
    return run(0x11, concat(Bytes(17, 0), random.bytes(47), Bytes(17, 0), random.bytes(47)));
}

Bytes repeated(Random& random, Bytes (*piece)(Random&)) {
    Bytes result;
    for (uint64_t count = 1 + random.below(3); count > 0; --count) append(result, piece(random));
    return result;
}

Bytes well_formed(Random& random, uint64_t id) {
    switch (id) {
        case 0x01:
            return signature(random);
        case 0x05:
            return modexp(random);
        case 0x06:
            return concat(bn254_point(random), bn254_point(random));
        case 0x07:
            return concat(bn254_point(random), scalar(random));
        case 0x08:
            return bn254_pairs(random);
        case 0x09:
            return blake2f(random);
        case 0x0a:
            return point_evaluation(random);
        case 0x0b:
            return concat(bls_g1(random), bls_g1(random));
        case 0x0c:
            return repeated(random, [](Random& r) { return concat(bls_g1(r), scalar(r)); });
        case 0x0d:
            return concat(bls_g2(random), bls_g2(random));
        case 0x0e:
            return repeated(random, [](Random& r) { return concat(bls_g2(r), scalar(r)); });
        case 0x0f:
            return repeated(random, [](Random& r) { return concat(bls_g1(r), bls_g2(r)); });
        case 0x10:
            return bls_field_element(random);
        case 0x11:
            return concat(bls_field_element(random), bls_field_element(random));
        case 0x100:  // the example of EIP-7951
            return "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
                   "2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"
                   "4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"
                   "2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"
                   "c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"_hex;
        default:
            return random.bytes(random.below(200));
    }
}

}  // namespace

std::span<const uint64_t> precompile_ids() {
    return IDS;
}

Bytes make_precompile_input(Random& random, uint64_t id) {
    Bytes input = well_formed(random, id);
    if (random.chance(15) && !input.empty()) {
        const size_t at = random.below(input.size());
        input[at] ^= static_cast<uint8_t>(1u << random.below(8));
    }
    if (random.chance(10)) input.resize(random.below(input.size() + 40));
    return input;
}

}  // namespace scope::fuzz_evm
