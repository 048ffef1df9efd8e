#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace scope::net {

/// The name of a TLS key: the SHA-256 of its certificate's SubjectPublicKeyInfo, so that a
/// certificate can be renewed for the same key (RFC 7469, as `curl --pinnedpubkey` has it).
struct Fingerprint {
    FixedBytes<32> sha256;
    friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};
/// Returns it as people write it: sha256:, and 64 hex digits.
std::string to_string(const Fingerprint& fingerprint);
/// Reads what to_string gives, with digits of either case; nullopt for anything else.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

/// A certificate with its private key, as who has the key shows itself in TLS.
class TlsIdentity {
  public:
    /// @param certificate  PEM: the certificate, and behind it those that sign for it, if any.
    /// @param key          PEM, not encrypted. It stands in no error.
    static Result<TlsIdentity, std::string> from_pem(std::string_view certificate,
                                                     std::string_view key);
    /// Reads both from files, which may be one.
    static Result<TlsIdentity, std::string> read(const std::filesystem::path& certificate,
                                                 const std::filesystem::path& key);

    [[nodiscard]] const Fingerprint& fingerprint() const noexcept;

  private:
    friend struct TlsContext;
    struct Parts;
    explicit TlsIdentity(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    std::shared_ptr<const Parts> parts_;
};

/// A new key with its certificate, as files have them. The key is a secret.
struct PemIdentity {
    std::string certificate;
    std::string key;
    Fingerprint fingerprint;
};
/// Makes a key on P-256 and a certificate that it signs itself: for who is known by its fingerprint,
/// not by somebody's word for its name. It does not expire.
/// @param name  For people; at most 64 bytes of it.
PemIdentity make_certificate(std::string_view name);

/// What a client of TLS shows, and whom it takes for the server.
struct TlsOptions {
    std::optional<TlsIdentity> own;  ///< what it shows to a server that asks
    /// The server's key: then nothing else of its certificate counts. nullopt: the certificate has
    /// to be of the URL's host, by the word of an authority that the system trusts.
    std::optional<Fingerprint> peer;
};

/// Somebody who may connect to a server.
struct TlsPeer {
    Fingerprint key;
    std::string name;  ///< what its operator calls it
};
/// What a server of TLS shows, and whom it lets in.
struct TlsServerOptions {
    TlsIdentity own;
    /// Who may connect, by their keys; all others are refused in the handshake. nullopt: anyone,
    /// and nobody is asked for a key.
    std::optional<std::vector<TlsPeer>> clients;
};

}  // namespace scope::net
