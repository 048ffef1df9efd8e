#pragma once

#include <mutex>

#include "crypto/signer.hpp"
#include "net/http_client.hpp"

namespace scope::keys {

/// A key in a web3signer (or what has its REST interface): it is given the message and hashes it.
///
/// Each signature that comes back is recovered, and is an error where it is of another key; so what
/// answers is believed nothing. Which keys it has is asked with the first signature.
/// Spec: https://docs.web3signer.consensys.io/reference/api/rest (eth1)
class RemoteSigner final : public crypto::Signer {
  public:
    RemoteSigner(net::HttpUrl url, const Address& address,
                 std::chrono::milliseconds timeout = std::chrono::seconds{5});

    [[nodiscard]] const Address& address() const noexcept override { return address_; }
    [[nodiscard]] Result<crypto::Signature, std::string> sign(BytesView message) const override;

  private:
    /// Returns the public key by which the server names this key.
    [[nodiscard]] Result<std::string, std::string> identifier() const;

    net::HttpUrl url_;
    Address address_;
    net::HttpOptions options_;
    mutable std::mutex mutex_;
    mutable std::string identifier_;  ///< empty: not asked
};

}  // namespace scope::keys
