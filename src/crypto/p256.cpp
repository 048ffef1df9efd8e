#include "crypto/p256.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <memory>

namespace scope::crypto {
namespace {

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using Point = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;
using Scratch = std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>>;

const EC_GROUP* curve() noexcept {
    static const EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    CHECK(group != nullptr);
    return group;
}

Number number(BytesView big_endian = {}) {
    Number n{BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr)};
    CHECK(n != nullptr);
    return n;
}

/// Returns whether 0 < scalar < n.
bool is_scalar(const Number& scalar, const BIGNUM* n) {
    return !BN_is_zero(scalar.get()) && BN_cmp(scalar.get(), n) < 0;
}

}  // namespace

bool p256_verify(const Hash& digest, const Hash& r, const Hash& s, const Hash& x,
                 const Hash& y) noexcept {
    const EC_GROUP* group = curve();
    const BIGNUM* n = EC_GROUP_get0_order(group);
    const BIGNUM* p = EC_GROUP_get0_field(group);
    const Number rn = number(r);
    const Number sn = number(s);
    const Number xn = number(x);
    const Number yn = number(y);
    if (!is_scalar(rn, n) || !is_scalar(sn, n)) return false;
    // OpenSSL reduces coordinates; the precompile refuses them. (0, 0) is not on the curve.
    if (BN_cmp(xn.get(), p) >= 0 || BN_cmp(yn.get(), p) >= 0) return false;

    const Scratch scratch{BN_CTX_new()};
    const Point key{EC_POINT_new(group)};
    const Point sum{EC_POINT_new(group)};
    CHECK(scratch && key && sum);
    if (EC_POINT_set_affine_coordinates(group, key.get(), xn.get(), yn.get(), scratch.get()) != 1)
        return false;

    // R = (h / s) * G + (r / s) * Q, valid when R.x = r mod n.
    const Number inverse{BN_mod_inverse(nullptr, sn.get(), n, scratch.get())};
    CHECK(inverse != nullptr);
    const Number u1 = number();
    const Number u2 = number();
    CHECK(BN_mod_mul(u1.get(), number(digest).get(), inverse.get(), n, scratch.get()) == 1);
    CHECK(BN_mod_mul(u2.get(), rn.get(), inverse.get(), n, scratch.get()) == 1);
    CHECK(EC_POINT_mul(group, sum.get(), u1.get(), key.get(), u2.get(), scratch.get()) == 1);
    if (EC_POINT_is_at_infinity(group, sum.get()) == 1) return false;
    const Number sum_x = number();
    CHECK(EC_POINT_get_affine_coordinates(group, sum.get(), sum_x.get(), nullptr, scratch.get()) ==
          1);
    CHECK(BN_nnmod(sum_x.get(), sum_x.get(), n, scratch.get()) == 1);
    return BN_cmp(sum_x.get(), rn.get()) == 0;
}

}  // namespace scope::crypto
