#include "crypto/kzg.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/hex.hpp"
#include "base/uint256.hpp"
#include "crypto/keccak.hpp"

extern "C" const char scope_trusted_setup_begin[];

namespace scope::crypto {

using namespace literals;

namespace {

constexpr uint256 MODULUS{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805,
                          0x73eda753299d7d48};

uint256 power(uint256 base, const uint256& exponent) {
    uint256 out{1};
    for (unsigned i = 256; i-- > 0;) {
        out = mulmod(out, out, MODULUS);
        if (((exponent >> i)[0] & 1) != 0) out = mulmod(out, base, MODULUS);
    }
    return out;
}

/// The points at which a blob's elements are its polynomial's values: powers of a 4096th root of
/// unity, at indices read backwards (consensus-specs, polynomial-commitments).
std::vector<uint256> domain() {
    const uint256 root = power(uint256{7}, (MODULUS - uint256{1}) / uint256{4096});
    std::vector<uint256> out(FIELD_ELEMENTS_PER_BLOB);
    uint256 x{1};
    for (size_t i = 0; i < out.size(); ++i) {
        size_t reversed = 0;
        for (unsigned bit = 0; bit < 12; ++bit) reversed |= (i >> bit & 1) << (11 - bit);
        out[reversed] = x;
        x = mulmod(x, root, MODULUS);
    }
    return out;
}

/// Values of a polynomial over the domain.
template <typename F>
std::unique_ptr<Blob> blob_of(F value) {
    auto blob = std::make_unique<Blob>();
    size_t i = 0;
    for (const uint256& x : domain()) store_be32(blob->data() + 32 * i++, value(x));
    return blob;
}

std::unique_ptr<Blob> random_blob(uint64_t seed) {
    auto blob = std::make_unique<Blob>();
    for (size_t i = 0; i < FIELD_ELEMENTS_PER_BLOB; ++i) {
        const Hash hash = keccak256(to_be(uint256{seed} * uint256{1000} + uint256{i}));
        store_be32(blob->data() + 32 * i, load_be32(hash.data()) % MODULUS);
    }
    return blob;
}

/// A line of the trusted setup's text.
std::string_view setup_line(size_t line) {
    std::string_view text{scope_trusted_setup_begin};
    while (line-- > 0) text.remove_prefix(text.find('\n') + 1);
    return text.substr(0, text.find('\n'));
}

const KzgCommitment INFINITY_POINT = [] {
    KzgCommitment out;
    out[0] = 0xc0;
    return out;
}();
// The generator of G1, compressed.
constexpr auto GENERATOR = fixed_literal<48>(
    "0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22"
    "c6bb");

}  // namespace

TEST(kzg, commits_to_zero_one_and_x) {
    const auto zero = blob_of([](const uint256&) { return uint256{}; });
    EXPECT_EQ(blob_to_commitment(*zero), INFINITY_POINT);
    EXPECT_EQ(compute_blob_proof(*zero, INFINITY_POINT), INFINITY_POINT);

    const auto one = blob_of([](const uint256&) { return uint256{1}; });
    EXPECT_EQ(blob_to_commitment(*one), GENERATOR);

    // The commitment to x is the setup's secret times the generator: the second monomial point.
    const auto x = blob_of([](const uint256& point) { return point; });
    const auto expected = fixed_from_hex<48>(setup_line(2 + 4096 + 65 + 1));
    ASSERT_TRUE(expected);
    EXPECT_EQ(blob_to_commitment(*x), *expected);
}

TEST(kzg, evaluates_and_proves) {
    // 3 x^2 + 5 x + 11
    const auto polynomial = [](const uint256& x) {
        const uint256 square = mulmod(x, x, MODULUS);
        return addmod(
            addmod(mulmod(uint256{3}, square, MODULUS), mulmod(uint256{5}, x, MODULUS), MODULUS),
            uint256{11}, MODULUS);
    };
    const auto blob = blob_of(polynomial);
    const auto commitment = blob_to_commitment(*blob);
    ASSERT_TRUE(commitment);
    // Outside the domain, and within it.
    for (const uint256& z : {uint256{123456789}, MODULUS - uint256{1}, domain()[77]}) {
        const auto evaluation = compute_proof(*blob, to_be(z));
        ASSERT_TRUE(evaluation);
        EXPECT_EQ(evaluation->y, to_be(polynomial(z)));
        EXPECT_TRUE(verify_proof(*commitment, to_be(z), evaluation->y, evaluation->proof));
        EXPECT_FALSE(verify_proof(*commitment, to_be(z), to_be(polynomial(z) + uint256{1}),
                                  evaluation->proof));
        EXPECT_FALSE(verify_proof(*commitment, to_be(addmod(z, uint256{1}, MODULUS)), evaluation->y,
                                  evaluation->proof));
        EXPECT_FALSE(verify_proof(*commitment, to_be(z), evaluation->y, GENERATOR));
        EXPECT_FALSE(verify_proof(GENERATOR, to_be(z), evaluation->y, evaluation->proof));
        // Numbers from the modulus on and bytes that are no point.
        EXPECT_FALSE(
            verify_proof(*commitment, to_be(z + MODULUS), evaluation->y, evaluation->proof));
        EXPECT_FALSE(verify_proof(*commitment, to_be(z),
                                  to_be(load_be32(evaluation->y.data()) + MODULUS),
                                  evaluation->proof));
        EXPECT_FALSE(verify_proof(*commitment, to_be(z), evaluation->y, KzgProof{}));
        EXPECT_FALSE(verify_proof(KzgCommitment{}, to_be(z), evaluation->y, evaluation->proof));
    }
    EXPECT_FALSE(compute_proof(*blob, to_be(MODULUS)));
}

TEST(kzg, verifies_blob_proofs) {
    std::vector<Blob> blobs;
    std::vector<KzgCommitment> commitments;
    std::vector<KzgProof> proofs;
    EXPECT_TRUE(verify_blob_proof_batch({}, {}, {}));
    for (uint64_t i = 0; i < 3; ++i) {
        blobs.push_back(*random_blob(i));
        const auto commitment = blob_to_commitment(blobs.back());
        ASSERT_TRUE(commitment);
        commitments.push_back(*commitment);
        const auto proof = compute_blob_proof(blobs.back(), *commitment);
        ASSERT_TRUE(proof);
        proofs.push_back(*proof);
        EXPECT_TRUE(verify_blob_proof(blobs.back(), *commitment, *proof));
        EXPECT_TRUE(verify_blob_proof_batch(blobs, commitments, proofs));
    }
    EXPECT_FALSE(verify_blob_proof(blobs[0], commitments[0], proofs[1]));
    EXPECT_FALSE(verify_blob_proof(blobs[0], commitments[1], proofs[0]));
    EXPECT_FALSE(verify_blob_proof(blobs[1], commitments[0], proofs[0]));
    std::swap(proofs[0], proofs[1]);
    EXPECT_FALSE(verify_blob_proof_batch(blobs, commitments, proofs));
}

TEST(kzg, proves_cells) {
    // A cell's 64 points are the roots of x^64 - a, so its proof commits to the quotient by that:
    // nothing for polynomials of a lower degree, and 1 for x^64.
    KzgProof infinity;
    infinity[0] = 0xc0;
    const auto one = blob_to_commitment(*blob_of([](const uint256&) { return uint256{1}; }));
    for (const auto& [exponent, expected] :
         {std::pair{uint256{63}, infinity}, {uint256{64}, *one}}) {
        const auto blob = blob_of([&](const uint256& x) { return power(x, exponent); });
        const auto proofs = compute_cell_proofs(*blob);
        ASSERT_TRUE(proofs);
        EXPECT_EQ(*proofs, std::vector<KzgProof>(CELL_PROOFS_PER_BLOB, expected));
    }
    const auto blob = random_blob(5);
    const auto commitment = *blob_to_commitment(*blob);
    auto proofs = *compute_cell_proofs(*blob);
    EXPECT_TRUE(verify_cell_proofs(*blob, commitment, proofs));
    EXPECT_FALSE(verify_cell_proofs(*random_blob(6), commitment, proofs));
    EXPECT_FALSE(verify_cell_proofs(*blob, *one, proofs));
    EXPECT_FALSE(verify_cell_proofs(*blob, commitment, std::span{proofs}.first(127)));
    std::swap(proofs[3], proofs[90]);
    EXPECT_FALSE(verify_cell_proofs(*blob, commitment, proofs));
    store_be32(blob->data(), MODULUS);
    EXPECT_FALSE(compute_cell_proofs(*blob));
}

TEST(kzg, refuses_elements_from_the_modulus_on) {
    const auto blob = random_blob(9);
    const auto commitment = blob_to_commitment(*blob);
    ASSERT_TRUE(commitment);
    const auto proof = compute_blob_proof(*blob, *commitment);
    ASSERT_TRUE(proof);
    store_be32(blob->data() + 32 * 4095, MODULUS);
    EXPECT_FALSE(blob_to_commitment(*blob));
    EXPECT_FALSE(compute_blob_proof(*blob, *commitment));
    EXPECT_FALSE(compute_proof(*blob, {}));
    EXPECT_FALSE(verify_blob_proof(*blob, *commitment, *proof));
    EXPECT_FALSE(compute_blob_proof(*random_blob(9), KzgCommitment{}));
}

TEST(kzg, is_ready_from_any_thread) {
    const auto blob = random_blob(1);
    std::vector<std::optional<KzgCommitment>> results(4);
    {
        std::vector<std::jthread> threads;
        for (auto& result : results)
            threads.emplace_back([&] { result = blob_to_commitment(*blob); });
    }
    for (const auto& result : results) {
        ASSERT_TRUE(result);
        EXPECT_EQ(result, results[0]);
    }
}

TEST(kzg, versioned_hash_is_sha256_with_the_version_first) {
    // Of the commitment to the empty blob, as every explorer shows it.
    EXPECT_EQ(versioned_hash(INFINITY_POINT),
              "0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"_hash);
}

}  // namespace scope::crypto
