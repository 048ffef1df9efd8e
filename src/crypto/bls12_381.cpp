#include "crypto/bls12_381.hpp"

#include <blst.h>

#include <vector>

#include "base/hex.hpp"

namespace scope::crypto::bls12_381 {
namespace {

constexpr size_t FP_SIZE = 64;
constexpr size_t FP_PADDING = 16;  // zero bytes above the 48 of a number below p
constexpr size_t SCALAR_SIZE = 32;

constexpr auto MODULUS = literals::fixed_literal<48>(
    "0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffff"
    "aaab");

std::optional<blst_fp> decode_fp(const uint8_t* data) noexcept {
    const BytesView view{data, FP_SIZE};
    const BytesView number = view.subspan(FP_PADDING);
    if (std::ranges::any_of(view.first(FP_PADDING), [](uint8_t byte) { return byte != 0; }) ||
        !std::ranges::lexicographical_compare(number, MODULUS))
        return std::nullopt;
    blst_fp out;
    blst_fp_from_bendian(&out, number.data());
    return out;
}

std::optional<blst_fp2> decode_fp2(const uint8_t* data) noexcept {
    const auto real = decode_fp(data);
    const auto imaginary = decode_fp(data + FP_SIZE);
    if (!real || !imaginary) return std::nullopt;
    return blst_fp2{{*real, *imaginary}};
}

void encode_fp(uint8_t* out, const blst_fp& a) noexcept {
    std::fill_n(out, FP_PADDING, uint8_t{0});
    blst_bendian_from_fp(out + FP_PADDING, &a);
}

/// The differences between the two groups in blst: coordinates and function names.
struct Group1 {
    using Encoded = G1;
    using Affine = blst_p1_affine;
    using Point = blst_p1;
    static constexpr auto decode_coordinate = decode_fp;
    static constexpr auto on_curve = blst_p1_affine_on_curve;
    static constexpr auto in_subgroup = blst_p1_affine_in_g1;
    static constexpr auto is_infinity = blst_p1_affine_is_inf;
    static constexpr auto from_affine = blst_p1_from_affine;
    static constexpr auto to_affine = blst_p1_to_affine;
    static constexpr auto add_affine = blst_p1_add_or_double_affine;
    static constexpr auto multiply = blst_p1_mult;
    static constexpr auto scratch_size = blst_p1s_mult_pippenger_scratch_sizeof;
    static constexpr auto multiply_many = blst_p1s_mult_pippenger;
    static void encode_coordinate(uint8_t* out, const blst_fp& a) noexcept { encode_fp(out, a); }
};
struct Group2 {
    using Encoded = G2;
    using Affine = blst_p2_affine;
    using Point = blst_p2;
    static constexpr auto decode_coordinate = decode_fp2;
    static constexpr auto on_curve = blst_p2_affine_on_curve;
    static constexpr auto in_subgroup = blst_p2_affine_in_g2;
    static constexpr auto is_infinity = blst_p2_affine_is_inf;
    static constexpr auto from_affine = blst_p2_from_affine;
    static constexpr auto to_affine = blst_p2_to_affine;
    static constexpr auto add_affine = blst_p2_add_or_double_affine;
    static constexpr auto multiply = blst_p2_mult;
    static constexpr auto scratch_size = blst_p2s_mult_pippenger_scratch_sizeof;
    static constexpr auto multiply_many = blst_p2s_mult_pippenger;
    static void encode_coordinate(uint8_t* out, const blst_fp2& a) noexcept {
        encode_fp(out, a.fp[0]);
        encode_fp(out + FP_SIZE, a.fp[1]);
    }
};

enum class Membership { curve, subgroup };

/// A point, infinity as blst has it: all zero, as in the encoding.
template <typename Group>
std::optional<typename Group::Affine> decode(const uint8_t* data, Membership membership) noexcept {
    const auto x = Group::decode_coordinate(data);
    const auto y = Group::decode_coordinate(data + Group::Encoded::size() / 2);
    if (!x || !y) return std::nullopt;
    const typename Group::Affine point{*x, *y};
    if (Group::is_infinity(&point)) return point;
    if (!Group::on_curve(&point)) return std::nullopt;
    if (membership == Membership::subgroup && !Group::in_subgroup(&point)) return std::nullopt;
    return point;
}

template <typename Group>
typename Group::Encoded encode(const typename Group::Point& point) noexcept {
    typename Group::Affine affine;
    Group::to_affine(&affine, &point);
    typename Group::Encoded out;
    Group::encode_coordinate(out.data(), affine.x);
    Group::encode_coordinate(out.data() + Group::Encoded::size() / 2, affine.y);
    return out;
}

template <typename Group>
std::optional<typename Group::Encoded> add(BytesView input) {
    constexpr size_t SIZE = Group::Encoded::size();
    if (input.size() != 2 * SIZE) return std::nullopt;
    const auto a = decode<Group>(input.data(), Membership::curve);
    const auto b = decode<Group>(input.data() + SIZE, Membership::curve);
    if (!a || !b) return std::nullopt;
    typename Group::Point sum;
    Group::from_affine(&sum, &*a);
    Group::add_affine(&sum, &sum, &*b);
    return encode<Group>(sum);
}

template <typename Group>
std::optional<typename Group::Encoded> multiply_and_sum(BytesView input) {
    constexpr size_t SIZE = Group::Encoded::size();
    if (input.empty() || input.size() % (SIZE + SCALAR_SIZE) != 0) return std::nullopt;
    std::vector<typename Group::Affine> points;
    std::vector<blst_scalar> scalars;
    points.reserve(input.size() / (SIZE + SCALAR_SIZE));
    scalars.reserve(points.capacity());
    for (; !input.empty(); input = input.subspan(SIZE + SCALAR_SIZE)) {
        const auto point = decode<Group>(input.data(), Membership::subgroup);
        if (!point) return std::nullopt;
        blst_scalar scalar;
        // Reduces mod r, which changes nothing for a point of the subgroup; false says zero.
        const bool is_set = blst_scalar_from_be_bytes(&scalar, input.data() + SIZE, SCALAR_SIZE);
        if (!is_set || Group::is_infinity(&*point)) continue;
        points.push_back(*point);
        scalars.push_back(scalar);
    }

    constexpr size_t SCALAR_BITS = 255;
    typename Group::Point sum{};
    if (points.size() == 1) {
        Group::from_affine(&sum, points.data());
        Group::multiply(&sum, &sum, scalars[0].b, SCALAR_BITS);
    } else if (points.size() > 1) {
        // blst takes arrays of pointers; a null in second place says that the first points to all.
        const typename Group::Affine* const point_list[] = {points.data(), nullptr};
        const byte* const scalar_list[] = {scalars[0].b, nullptr};
        std::vector<limb_t> scratch(Group::scratch_size(points.size()) / sizeof(limb_t));
        Group::multiply_many(&sum, point_list, points.size(), scalar_list, SCALAR_BITS,
                             scratch.data());
    }
    return encode<Group>(sum);
}

}  // namespace

std::optional<G1> g1_add(BytesView input) {
    return add<Group1>(input);
}
std::optional<G2> g2_add(BytesView input) {
    return add<Group2>(input);
}
std::optional<G1> g1_msm(BytesView input) {
    return multiply_and_sum<Group1>(input);
}
std::optional<G2> g2_msm(BytesView input) {
    return multiply_and_sum<Group2>(input);
}

std::optional<bool> pairing_check(BytesView input) {
    constexpr size_t PAIR_SIZE = G1::size() + G2::size();
    if (input.empty() || input.size() % PAIR_SIZE != 0) return std::nullopt;
    blst_fp12 product = *blst_fp12_one();
    for (; !input.empty(); input = input.subspan(PAIR_SIZE)) {
        const auto p = decode<Group1>(input.data(), Membership::subgroup);
        const auto q = decode<Group2>(input.data() + G1::size(), Membership::subgroup);
        if (!p || !q) return std::nullopt;
        if (blst_p1_affine_is_inf(&*p) || blst_p2_affine_is_inf(&*q)) continue;
        blst_fp12 factor;
        blst_miller_loop(&factor, &*q, &*p);
        blst_fp12_mul(&product, &product, &factor);
    }
    blst_final_exp(&product, &product);
    return blst_fp12_is_one(&product);
}

std::optional<G1> map_fp_to_g1(BytesView input) {
    if (input.size() != FP_SIZE) return std::nullopt;
    const auto element = decode_fp(input.data());
    if (!element) return std::nullopt;
    blst_p1 point;
    blst_map_to_g1(&point, &*element, nullptr);
    return encode<Group1>(point);
}

std::optional<G2> map_fp2_to_g2(BytesView input) {
    if (input.size() != 2 * FP_SIZE) return std::nullopt;
    const auto element = decode_fp2(input.data());
    if (!element) return std::nullopt;
    blst_p2 point;
    blst_map_to_g2(&point, &*element, nullptr);
    return encode<Group2>(point);
}

}  // namespace scope::crypto::bls12_381
