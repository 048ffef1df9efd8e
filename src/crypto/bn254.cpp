#include "crypto/bn254.hpp"

#include <vector>

#include "crypto/bn254_pairing.hpp"

namespace scope::crypto::bn254 {
namespace {

constexpr size_t BYTES_PER_PAIR = 192;

std::optional<Fp> decode_fp(const uint8_t* data) noexcept {
    const uint256 value = load_be32(data);
    if (value >= P) return std::nullopt;
    return Fp::from(value);
}

/// 64 bytes.
std::optional<G1> decode_g1(const uint8_t* data) noexcept {
    const auto x = decode_fp(data);
    const auto y = decode_fp(data + 32);
    if (!x || !y) return std::nullopt;
    const G1 point{*x, *y};
    if (!is_on_curve(point)) return std::nullopt;
    return point;
}

/// 128 bytes; imaginary parts first.
std::optional<G2> decode_g2(const uint8_t* data) noexcept {
    const auto x1 = decode_fp(data);
    const auto x0 = decode_fp(data + 32);
    const auto y1 = decode_fp(data + 64);
    const auto y0 = decode_fp(data + 96);
    if (!x1 || !x0 || !y1 || !y0) return std::nullopt;
    const G2 point{{*x0, *x1}, {*y0, *y1}};
    if (!is_on_curve(point) || !is_in_subgroup(point)) return std::nullopt;
    return point;
}

FixedBytes<64> encode(const G1& point) noexcept {
    FixedBytes<64> out;
    store_be32(out.data(), point.x.value());
    store_be32(out.data() + 32, point.y.value());
    return out;
}

/// By chord and tangent: for one sum, whose coordinates are asked for, less work than a detour over
/// Jacobian coordinates, as both take one inversion.
G1 add_affine(const G1& a, const G1& b) noexcept {
    if (a.is_infinity()) return b;
    if (b.is_infinity()) return a;
    Fp rise = b.y - a.y;
    Fp run = b.x - a.x;
    if (run.is_zero()) {
        if (!rise.is_zero()) return {};  // b is -a; no point has y = 0, as the order is odd
        const Fp xx = a.x.squared();
        rise = xx.doubled() + xx;
        run = a.y.doubled();
    }
    const Fp slope = rise * run.inverse();
    const Fp x = slope.squared() - a.x - b.x;
    return {x, slope * (a.x - x) - a.y};
}

}  // namespace

std::optional<FixedBytes<64>> add(const FixedBytes<128>& points) noexcept {
    const auto a = decode_g1(points.data());
    const auto b = decode_g1(points.data() + 64);
    if (!a || !b) return std::nullopt;
    return encode(add_affine(*a, *b));
}

std::optional<FixedBytes<64>> mul(const FixedBytes<96>& point_and_scalar) noexcept {
    const auto point = decode_g1(point_and_scalar.data());
    if (!point) return std::nullopt;
    return encode(multiply(*point, load_be32(point_and_scalar.data() + 64)).to_affine());
}

std::optional<bool> pairing_check(BytesView pairs) {
    if (pairs.size() % BYTES_PER_PAIR != 0) return std::nullopt;
    std::vector<PointPair> decoded;
    decoded.reserve(pairs.size() / BYTES_PER_PAIR);
    for (; !pairs.empty(); pairs = pairs.subspan(BYTES_PER_PAIR)) {
        const auto p = decode_g1(pairs.data());
        const auto q = decode_g2(pairs.data() + 64);
        if (!p || !q) return std::nullopt;
        decoded.push_back({*p, *q});
    }
    return final_exponentiation(miller_loop(decoded)) == Fp12::one();
}

}  // namespace scope::crypto::bn254
