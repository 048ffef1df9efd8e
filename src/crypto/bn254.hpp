#pragma once

#include <optional>

#include "base/bytes.hpp"

/// The curve alt_bn128, y^2 = x^3 + 3 over a prime of 254 bits, with its optimal ate pairing, in
/// the encoding of EIP-196 and EIP-197: coordinates are 32 bytes, big-endian; an element of Fp2 is
/// its imaginary part, then its real part; the point at infinity is all zero.
namespace scope::crypto::bn254 {

/// Returns P + Q, or nullopt if a coordinate is not below p or a point is not on the curve.
std::optional<FixedBytes<64>> add(const FixedBytes<128>& points) noexcept;

/// Returns n * P from 64 bytes of P and 32 bytes of n; any n below 2^256. Nullopt as in add.
std::optional<FixedBytes<64>> mul(const FixedBytes<96>& point_and_scalar) noexcept;

/// Returns whether the product of e(P_i, Q_i) is 1; true for no pairs. Nullopt if the length is no
/// multiple of 192, a coordinate is not below p, a point is off its curve, or Q_i is outside the
/// subgroup.
std::optional<bool> pairing_check(BytesView pairs);

}  // namespace scope::crypto::bn254
