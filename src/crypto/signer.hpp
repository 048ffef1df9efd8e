#pragma once

#include <memory>
#include <string>

#include "base/check.hpp"
#include "crypto/secp256k1.hpp"

namespace scope::crypto {

/// A key that signs, wherever it is kept. May be used by several threads.
class Signer {
  public:
    virtual ~Signer() = default;

    [[nodiscard]] virtual const Address& address() const noexcept = 0;
    /// Signs keccak256(@p message), with s in the lower half. Blocks where the key is kept elsewhere.
    /// An error says why it doesn't sign, and holds no secret.
    [[nodiscard]] virtual Result<Signature, std::string> sign(BytesView message) const = 0;
};
using SignerPtr = std::shared_ptr<const Signer>;

/// A key in this process.
class LocalSigner final : public Signer {
  public:
    explicit LocalSigner(const SecretKey& key) noexcept : key_(key), address_(address_of(key)) {}

    [[nodiscard]] const Address& address() const noexcept override { return address_; }
    /// Always signs.
    [[nodiscard]] Result<Signature, std::string> sign(BytesView message) const override;

  private:
    SecretKey key_;
    Address address_;
};

/// Returns a signer that holds @p key.
SignerPtr local_signer(const SecretKey& key);

}  // namespace scope::crypto
