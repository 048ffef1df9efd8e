// The precompiles, each with input that makes it do its usual work.

#include <fmt/format.h>

#include <stdexcept>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "bench/suite.hpp"
#include "evm/precompiles.hpp"

namespace scope::bench {

namespace {

constexpr int64_t GAS = 1'000'000'000;

Address address(uint64_t id) {
    return to_address(uint256{id});
}

/// The output for an input that is accepted.
Bytes output(uint64_t id, const Bytes& input) {
    auto result = evm::execute_precompile(evm::Revision::osaka, address(id), input, GAS);
    if (!result.success) throw std::runtime_error(fmt::format("precompile {:#x} refuses", id));
    return std::move(result.output);
}

struct Case {
    std::string name;
    uint16_t id = 0;
    Bytes input;
};

Bytes repeat(const Bytes& once, size_t times) {
    Bytes out;
    for (size_t i = 0; i < times; ++i) out.insert(out.end(), once.begin(), once.end());
    return out;
}

/// Sizes of base, exponent and modulus are the same; all bits are about half ones.
Bytes modexp_input(size_t size, size_t exponent_size) {
    Bytes numbers;
    for (size_t i = 0; i < 2 * size + exponent_size; ++i)
        numbers.push_back(static_cast<uint8_t>(0x9d + 37 * i) | 1);
    return concat(to_be(uint256{size}), to_be(uint256{exponent_size}), to_be(uint256{size}),
                  numbers);
}

std::vector<Case> cases() {
    using namespace literals;
    // secp256k1: digest, v, r, s. P-256: the vector of EIP-7951.
    const Bytes ecrecover =
        "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
        "000000000000000000000000000000000000000000000000000000000000001c"
        "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
        "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"_hex;
    const Bytes p256 =
        "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
        "2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"
        "4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"
        "2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"
        "c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"_hex;
    // bn254: two points of G1, one with a large scalar; e(P, Q) e(-P, Q) = 1.
    const uint256 one{1u};
    const uint256 two{2u};
    const Hash scalar = "0x2f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca6050232ba3a8be"_hash;
    const Bytes bn_g1 = concat(to_be(one), to_be(two));
    const Bytes bn_point = output(7, concat(bn_g1, scalar));
    const Bytes bn_g1_negated = concat(
        to_be(one), "0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45"_hash);
    const Bytes bn_g2 =
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
        "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"_hex;
    const Bytes bn_pairs = concat(bn_g1, bn_g2, bn_g1_negated, bn_g2);
    // BLAKE2b: the state before the last block of "abc" (EIP-152).
    const auto blake2f = [](uint32_t rounds) {
        const Bytes h =
            "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
            "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"_hex;
        return concat(BytesView{to_be(uint256{rounds})}.last(4), h, as_bytes("abc"), Bytes(125, 0),
                      Bytes{3}, Bytes(15, 0), Bytes{1});
    };
    // BLS12-381: points from the mappings.
    Bytes element(64, 0);
    for (size_t i = 17; i < 64; ++i) element[i] = static_cast<uint8_t>(i * 73);
    const Bytes bls_g1 = output(0x10, element);
    const Bytes bls_g2 = output(0x11, concat(element, element));
    const Bytes bls_g1_more = output(0x0c, concat(bls_g1, scalar));
    const Bytes bls_g2_more = output(0x0e, concat(bls_g2, scalar));
    // KZG: the polynomial that is 0 everywhere.
    Bytes infinity(48, 0);
    infinity[0] = 0xc0;
    const Bytes point =
        concat("0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"_hash,
               to_be(uint256{5u}), to_be(uint256{}), infinity, infinity);

    return {
        {"ecrecover", 1, ecrecover},
        {"sha256/64", 2, Bytes(64, 1)},
        {"sha256/4096", 2, Bytes(4096, 1)},
        {"ripemd160/64", 3, Bytes(64, 1)},
        {"ripemd160/4096", 3, Bytes(4096, 1)},
        {"identity/128", 4, Bytes(128, 1)},
        {"identity/4096", 4, Bytes(4096, 1)},
        {"modexp/32,32", 5, modexp_input(32, 32)},
        {"modexp/256,3", 5, modexp_input(256, 3)},
        {"modexp/256,256", 5, modexp_input(256, 256)},
        {"modexp/1024,32", 5, modexp_input(1024, 32)},
        {"bn254_add", 6, concat(bn_g1, bn_point)},
        {"bn254_mul", 7, concat(bn_point, scalar)},
        {"bn254_pairing/2", 8, bn_pairs},
        {"bn254_pairing/4", 8, repeat(bn_pairs, 2)},
        {"blake2f/12", 9, blake2f(12)},
        {"blake2f/10000", 9, blake2f(10'000)},
        {"point_evaluation", 0x0a, point},
        {"bls_g1_add", 0x0b, concat(bls_g1, bls_g1_more)},
        {"bls_g1_msm/1", 0x0c, concat(bls_g1, scalar)},
        {"bls_g1_msm/16", 0x0c, repeat(concat(bls_g1, scalar), 16)},
        {"bls_g2_add", 0x0d, concat(bls_g2, bls_g2_more)},
        {"bls_g2_msm/1", 0x0e, concat(bls_g2, scalar)},
        {"bls_g2_msm/16", 0x0e, repeat(concat(bls_g2, scalar), 16)},
        {"bls_pairing/2", 0x0f, repeat(concat(bls_g1, bls_g2), 2)},
        {"bls_map_fp_to_g1", 0x10, element},
        {"bls_map_fp2_to_g2", 0x11, concat(element, element)},
        {"p256_verify", 0x100, p256},
    };
}

}  // namespace

void measure_precompiles(Suite& suite) {
    for (const Case& one : cases()) {
        const auto& name = one.name;
        const Bytes& input = one.input;
        const uint16_t id = one.id;
        const Address where = address(id);
        const auto ours = [&] {
            return evm::execute_precompile(evm::Revision::osaka, where, input, GAS);
        };
        const auto result = ours();
        if (!result.success) throw std::runtime_error(name + " refuses its input");
        const int64_t gas_left = result.gas_left;
        std::vector<Contender> contenders{{"scope", [&] { keep(ours()); }}};
        for (const ScopePeer* peer : suite.peers())
            if (peer->precompile != nullptr)
                contenders.push_back(
                    {peer->name, [&, peer] {
                         if (peer->precompile(id, input.data(), input.size(), GAS) != gas_left)
                             throw std::runtime_error(name + ": other gas than " + peer->name);
                     }});
        suite.measure("precompile/" + name, contenders, static_cast<double>(GAS - gas_left), "gas");
    }
}

}  // namespace scope::bench
