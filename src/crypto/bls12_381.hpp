#pragma once

#include <optional>

#include "base/bytes.hpp"

/// The operations of EIP-2537 in its encoding: an element of Fp is 64 bytes, big-endian, below the
/// modulus; Fp2 is the real part, then the imaginary one; infinity is all zero. Each returns
/// nullopt where the EIP says error: wrong length, coordinate not below p, point off the curve or
/// (for multiplication and pairing) outside the subgroup.
namespace scope::crypto::bls12_381 {

using G1 = FixedBytes<128>;
using G2 = FixedBytes<256>;

/// Returns the sum of two points; no subgroup check.
std::optional<G1> g1_add(BytesView input);
std::optional<G2> g2_add(BytesView input);
/// Returns the sum of n_i * P_i over (point, 32-byte scalar); at least one pair.
std::optional<G1> g1_msm(BytesView input);
std::optional<G2> g2_msm(BytesView input);
/// Returns whether the product of e(P_i, Q_i) is 1 over (G1, G2); at least one pair.
std::optional<bool> pairing_check(BytesView input);
/// Maps an element of the field to a point of the subgroup.
std::optional<G1> map_fp_to_g1(BytesView input);
std::optional<G2> map_fp2_to_g2(BytesView input);

}  // namespace scope::crypto::bls12_381
