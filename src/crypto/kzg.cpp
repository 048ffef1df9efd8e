#include "crypto/kzg.hpp"

#include <ckzg.h>

#include <array>
#include <numeric>
#include <string_view>
#include <vector>

#include "base/hex.hpp"
#include "crypto/sha256.hpp"

extern "C" {
extern const char scope_trusted_setup_begin[];
extern const char scope_trusted_setup_end[];
}

namespace scope::crypto {
namespace {

static_assert(Blob::size() == BYTES_PER_BLOB);

/// Reads the words of the trusted setup, a text:
///
///     setup   := count1 count2 lagrange{count1} g2{count2} monomial{count1}
///     counts  := decimal numbers, 4096 and 65
///     others  := compressed points in hex, 48 bytes in G1, 96 bytes in G2
///
/// The points in monomial form are for cell proofs. The text is part of the program, so that
/// whatever is wrong with it is our mistake.
class SetupReader {
  public:
    SetupReader() noexcept
        : rest_(scope_trusted_setup_begin,
                static_cast<size_t>(scope_trusted_setup_end - scope_trusted_setup_begin)) {
        CHECK(next() == "4096");
        CHECK(next() == "65");
    }
    std::string_view next() noexcept {
        const size_t size = rest_.find_first_of(" \n");
        CHECK(size != std::string_view::npos);
        const std::string_view word = rest_.substr(0, size);
        rest_.remove_prefix(size + 1);
        return word;
    }
    void skip(size_t words) noexcept {
        while (words-- > 0) next();
    }
    /// Returns the bytes of the next points, of @p Size bytes each.
    template <size_t Size>
    Bytes next_bytes(size_t points) {
        Bytes out;
        while (points-- > 0) {
            const auto bytes = fixed_from_hex<Size>(next());
            CHECK(bytes.has_value());
            out.insert(out.end(), bytes->begin(), bytes->end());
        }
        return out;
    }
    blst_p1 next_g1() {
        const auto bytes = fixed_from_hex<48>(next());
        CHECK(bytes.has_value());
        blst_p1_affine affine;
        CHECK(blst_p1_uncompress(&affine, bytes->data()) == BLST_SUCCESS);
        blst_p1 point;
        blst_p1_from_affine(&point, &affine);
        return point;
    }
    blst_p2 next_g2() {
        const auto bytes = fixed_from_hex<96>(next());
        CHECK(bytes.has_value());
        blst_p2_affine affine;
        CHECK(blst_p2_uncompress(&affine, bytes->data()) == BLST_SUCCESS);
        blst_p2 point;
        blst_p2_from_affine(&point, &affine);
        return point;
    }

  private:
    std::string_view rest_;
};

/// An index of n bits, read backwards: the order in which c-kzg keeps roots and Lagrange points.
template <unsigned Bits>
size_t reversed(size_t index) noexcept {
    size_t out = 0;
    for (unsigned i = 0; i < Bits; ++i) out |= (index >> i & 1) << (Bits - 1 - i);
    return out;
}

/// The part of c-kzg's settings that verifying reads: roots of unity and two points of G2. Ready in
/// about 2 ms, so that the point evaluation precompile never waits for the Lagrange points.
struct VerifierSetup {
    // All that follows lives as long as the settings that point to it.
    std::vector<blst_fr> roots = std::vector<blst_fr>(FIELD_ELEMENTS_PER_EXT_BLOB);
    std::array<blst_p2, 2> g2;
    KZGSettings settings{};

    VerifierSetup() {
        SetupReader reader;
        reader.skip(FIELD_ELEMENTS_PER_BLOB);
        for (auto& point : g2) point = reader.next_g2();

        const blst_fr root = root_of_unity();
        blst_fr power = number(1);
        constexpr unsigned BITS = 13;
        static_assert(FIELD_ELEMENTS_PER_EXT_BLOB == 1 << BITS);
        for (size_t i = 0; i < FIELD_ELEMENTS_PER_EXT_BLOB; ++i) {
            roots[reversed<BITS>(i)] = power;
            blst_fr_mul(&power, &power, &root);
        }
        settings.brp_roots_of_unity = roots.data();
        settings.g2_values_monomial = g2.data();
    }

  private:
    static blst_fr number(uint64_t small) noexcept {
        const uint64_t words[4] = {small, 0, 0, 0};
        blst_fr out;
        blst_fr_from_uint64(&out, words);
        return out;
    }
    /// 7^((r - 1) / 8192), where 7 generates the multiplicative group (EIP-7594).
    static blst_fr root_of_unity() noexcept {
        // (r - 1) / 2^32; r - 1 = odd * 2^32, so that 2^(32 - 13) squarings are left.
        constexpr uint64_t ODD_PART[4] = {0xfffe5bfeffffffff, 0x09a1d80553bda402,
                                          0x299d7d483339d808, 0x73eda753};
        const blst_fr seven = number(7);
        blst_fr out = number(1);
        for (size_t i = 256; i-- > 0;) {
            blst_fr_sqr(&out, &out);
            if ((ODD_PART[i / 64] >> i % 64 & 1) != 0) blst_fr_mul(&out, &out, &seven);
        }
        for (int i = 0; i < 32 - 13; ++i) blst_fr_sqr(&out, &out);
        return out;
    }
};

const KZGSettings& verifier_settings() {
    static const VerifierSetup setup;
    return setup.settings;
}

/// The same with the Lagrange points, for committing and proving.
struct ProverSetup {
    std::vector<blst_p1> lagrange = std::vector<blst_p1>(FIELD_ELEMENTS_PER_BLOB);
    KZGSettings settings = verifier_settings();

    ProverSetup() {
        SetupReader reader;
        constexpr unsigned BITS = 12;
        static_assert(FIELD_ELEMENTS_PER_BLOB == 1 << BITS);
        for (size_t i = 0; i < FIELD_ELEMENTS_PER_BLOB; ++i)
            lagrange[reversed<BITS>(i)] = reader.next_g1();
        settings.g1_values_lagrange_brp = lagrange.data();
    }
};

const KZGSettings& prover_settings() {
    static const ProverSetup setup;
    return setup.settings;
}

/// All of the setup, with what c-kzg computes from it for proofs of cells.
struct CellSetup {
    KZGSettings settings{};

    CellSetup() {
        constexpr uint64_t NO_TABLES = 0;  // with them a proof is twice as fast, for 96 MiB
        SetupReader reader;
        const Bytes lagrange = reader.next_bytes<48>(FIELD_ELEMENTS_PER_BLOB);
        const Bytes g2 = reader.next_bytes<96>(65);
        const Bytes monomial = reader.next_bytes<48>(FIELD_ELEMENTS_PER_BLOB);
        CHECK(load_trusted_setup(&settings, monomial.data(), monomial.size(), lagrange.data(),
                                 lagrange.size(), g2.data(), g2.size(), NO_TABLES) == C_KZG_OK);
    }
};

const KZGSettings& cell_settings() {
    static const CellSetup setup;
    return setup.settings;
}

// Our byte strings have the layout of c-kzg's, which are structs of one array of bytes.
static_assert(sizeof(::Blob) == sizeof(Blob) && alignof(::Blob) == alignof(Blob));
static_assert(sizeof(Bytes48) == sizeof(KzgCommitment) && sizeof(Bytes32) == sizeof(Hash));
const ::Blob* view(const Blob& blob) noexcept {
    return reinterpret_cast<const ::Blob*>(blob.data());
}
const Bytes48* view(const FixedBytes<48>& bytes) noexcept {
    return reinterpret_cast<const Bytes48*>(bytes.data());
}
const Bytes32* view(const Hash& bytes) noexcept {
    return reinterpret_cast<const Bytes32*>(bytes.data());
}

/// False for bad bytes; c-kzg's other errors, no memory and internal, are not the caller's.
bool succeeded(C_KZG_RET result) {
    CHECK(result == C_KZG_OK || result == C_KZG_BADARGS);
    return result == C_KZG_OK;
}

}  // namespace

std::optional<KzgCommitment> blob_to_commitment(const Blob& blob) {
    KZGCommitment out;
    if (!succeeded(blob_to_kzg_commitment(&out, view(blob), &prover_settings())))
        return std::nullopt;
    return KzgCommitment::from(out.bytes);
}

std::optional<KzgProof> compute_blob_proof(const Blob& blob, const KzgCommitment& commitment) {
    KZGProof out;
    if (!succeeded(compute_blob_kzg_proof(&out, view(blob), view(commitment), &prover_settings())))
        return std::nullopt;
    return KzgProof::from(out.bytes);
}

bool verify_blob_proof(const Blob& blob, const KzgCommitment& commitment, const KzgProof& proof) {
    bool ok = false;
    return succeeded(verify_blob_kzg_proof(&ok, view(blob), view(commitment), view(proof),
                                           &verifier_settings())) &&
           ok;
}

bool verify_blob_proof_batch(std::span<const Blob> blobs,
                             std::span<const KzgCommitment> commitments,
                             std::span<const KzgProof> proofs) {
    CHECK(blobs.size() == commitments.size() && blobs.size() == proofs.size());
    if (blobs.empty()) return true;
    bool ok = false;
    return succeeded(verify_blob_kzg_proof_batch(&ok, view(blobs[0]), view(commitments[0]),
                                                 view(proofs[0]), blobs.size(),
                                                 &verifier_settings())) &&
           ok;
}

std::optional<std::vector<KzgProof>> compute_cell_proofs(const Blob& blob) {
    static_assert(CELLS_PER_EXT_BLOB == CELL_PROOFS_PER_BLOB);
    std::vector<KZGProof> proofs(CELL_PROOFS_PER_BLOB);
    if (!succeeded(
            compute_cells_and_kzg_proofs(nullptr, proofs.data(), view(blob), &cell_settings())))
        return std::nullopt;
    std::vector<KzgProof> out;
    for (const auto& proof : proofs) out.push_back(KzgProof::from(proof.bytes));
    return out;
}

bool verify_cell_proofs(const Blob& blob, const KzgCommitment& commitment,
                        std::span<const KzgProof> proofs) {
    if (proofs.size() != CELL_PROOFS_PER_BLOB) return false;
    std::vector<Cell> cells(CELL_PROOFS_PER_BLOB);
    if (!succeeded(
            compute_cells_and_kzg_proofs(cells.data(), nullptr, view(blob), &cell_settings())))
        return false;
    std::vector<uint64_t> indices(CELL_PROOFS_PER_BLOB);
    std::iota(indices.begin(), indices.end(), 0);
    const std::vector<KzgCommitment> commitments(CELL_PROOFS_PER_BLOB, commitment);
    bool ok = false;
    return succeeded(verify_cell_kzg_proof_batch(&ok, view(commitments[0]), indices.data(),
                                                 cells.data(), view(proofs[0]),
                                                 CELL_PROOFS_PER_BLOB, &cell_settings())) &&
           ok;
}

std::optional<KzgEvaluation> compute_proof(const Blob& blob, const Hash& z) {
    KZGProof proof;
    Bytes32 y;
    if (!succeeded(compute_kzg_proof(&proof, &y, view(blob), view(z), &prover_settings())))
        return std::nullopt;
    return KzgEvaluation{KzgProof::from(proof.bytes), Hash::from(y.bytes)};
}

bool verify_proof(const KzgCommitment& commitment, const Hash& z, const Hash& y,
                  const KzgProof& proof) {
    bool ok = false;
    return succeeded(verify_kzg_proof(&ok, view(commitment), view(z), view(y), view(proof),
                                      &verifier_settings())) &&
           ok;
}

Hash versioned_hash(const KzgCommitment& commitment) noexcept {
    Hash out = sha256(commitment);
    out[0] = VERSIONED_HASH_VERSION_KZG;
    return out;
}

}  // namespace scope::crypto
