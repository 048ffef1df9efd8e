#include "crypto/modexp.hpp"

#include <gmp.h>

namespace scope::crypto {
namespace {

/// A GMP integer that frees itself.
class Integer {
  public:
    Integer() { mpz_init(z_); }
    explicit Integer(BytesView big_endian) : Integer() {
        if (!big_endian.empty()) mpz_import(z_, big_endian.size(), 1, 1, 0, 0, big_endian.data());
    }
    Integer(const Integer&) = delete;
    Integer& operator=(const Integer&) = delete;
    ~Integer() { mpz_clear(z_); }

    mpz_ptr get() noexcept { return z_; }
    [[nodiscard]] mpz_srcptr get() const noexcept { return z_; }

  private:
    mpz_t z_;
};

}  // namespace

Bytes modexp(BytesView base, BytesView exponent, BytesView modulus) {
    Bytes out(modulus.size(), 0);
    const Integer m{modulus};
    if (mpz_sgn(m.get()) == 0) return out;
    const Integer b{base};
    const Integer e{exponent};
    Integer result;
    mpz_powm(result.get(), b.get(), e.get(), m.get());
    const size_t size = (mpz_sizeinbase(result.get(), 2) + 7) / 8;
    // Zero has no bytes to write, though its size in base 2 is one digit.
    if (mpz_sgn(result.get()) != 0)
        mpz_export(out.data() + out.size() - size, nullptr, 1, 1, 0, 0, result.get());
    return out;
}

}  // namespace scope::crypto
