#pragma once

#include <span>

#include "crypto/bn254_curve.hpp"

/// The optimal ate pairing (Vercauteren 2010; Aranha, Karabina, Longa, Gebotys, Lopez 2011).
/// Internal to the library.
namespace scope::crypto::bn254 {

struct PointPair {
    G1 p;
    G2 q;
};

/// Returns the product of the Miller functions f(Q_i, P_i). Points at infinity contribute 1.
/// REQUIRES: points of the two groups of order r.
Fp12 miller_loop(std::span<const PointPair> pairs);

/// Raises to a multiple of (p^12 - 1) / r that is prime to r; gives 1 for what a Miller loop leaves
/// of a product of pairings that is 1.
Fp12 final_exponentiation(const Fp12& f) noexcept;

}  // namespace scope::crypto::bn254
