#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/uint256.hpp"

namespace scope::crypto {

/// Order of the group of secp256k1, and its half: from EIP-2 on, a transaction's s is at most that.
inline constexpr uint256 SECP256K1_N{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
                                     0xffffffffffffffff};
inline constexpr uint256 SECP256K1_HALF_N{0xdfe92f46681b20a0, 0x5d576e7357a4501d,
                                          0xffffffffffffffff, 0x7fffffffffffffff};

/// A number from 1 to n - 1 that signs. Zeroes its memory when destroyed; there is no way to print
/// or read it: only sign and address_of see it.
class SecretKey {
  public:
    /// Returns the key; nullopt if the number is 0 or not below the order of the group.
    static std::optional<SecretKey> from(const Hash& big_endian) noexcept;

    SecretKey(const SecretKey&) noexcept = default;
    SecretKey& operator=(const SecretKey&) noexcept = default;
    ~SecretKey();

  private:
    explicit SecretKey(const Hash& value) noexcept : value_(value) {}
    friend struct SecretKeyReader;
    Hash value_;
};

struct Signature {
    uint256 r;
    uint256 s;
    bool y_parity = false;

    friend bool operator==(const Signature&, const Signature&) noexcept = default;
};

/// Returns the address whose key made the signature, or nullopt if r or s is 0 or not below n, or
/// no such point exists. A high s is accepted: EIP-2 is for the validation of transactions.
std::optional<Address> recover(const Hash& digest, const uint256& r, const uint256& s,
                               bool y_parity) noexcept;
inline std::optional<Address> recover(const Hash& digest, const Signature& signature) noexcept {
    return recover(digest, signature.r, signature.s, signature.y_parity);
}

/// Returns r || s || v with v = 27 or 28, as Solidity's ecrecover and most wallets have it.
inline FixedBytes<65> to_rsv(const Signature& signature) noexcept {
    FixedBytes<65> out;
    store_be32(out.data(), signature.r);
    store_be32(out.data() + 32, signature.s);
    out[64] = signature.y_parity ? 28 : 27;
    return out;
}

/// Signs deterministically (RFC 6979), with s in the lower half.
Signature sign(const Hash& digest, const SecretKey& key) noexcept;

/// Returns the last 20 bytes of the hash of the public key (Yellow Paper, appendix F).
Address address_of(const SecretKey& key) noexcept;

}  // namespace scope::crypto
