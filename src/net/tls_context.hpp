#pragma once

// Of what has sockets, and of tests: OpenSSL is compiled there and nowhere else.

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/tls.hpp"

namespace scope::net {

/// Frees with a function of OpenSSL's.
template <auto FREE>
struct FreeBy {
    void operator()(auto* pointer) const noexcept { FREE(pointer); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;

/// Returns the fingerprint of a certificate's key.
Fingerprint fingerprint_of(const X509& certificate);

/// The settings of all connections of one client or server: TLS 1.2 or 1.3, no resumption, so that
/// each handshake shows both keys, and no renegotiation.
struct TlsContext {
    explicit TlsContext(SslContextPtr made) : context(std::move(made)) {}
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    SslContextPtr context;

  protected:
    ~TlsContext() = default;
    void show(const TlsIdentity& identity);
};

/// Those of a client. OpenSSL has its address: it isn't moved.
struct TlsClientContext final : TlsContext {
    explicit TlsClientContext(TlsOptions with);
    /// Returns a connection to be, which takes only a server of this host, or the one with the
    /// pinned key.
    [[nodiscard]] SslPtr connection_to(const std::string& host) const;

    const TlsOptions options;
};

/// Those of a server. OpenSSL has its address: it isn't moved.
struct TlsServerContext final : TlsContext {
    explicit TlsServerContext(TlsServerOptions with);
    /// Returns who may connect with this key; null: nobody.
    [[nodiscard]] const TlsPeer* find(const Fingerprint& key) const noexcept;
    /// Returns whose connection it is, after its handshake; null if nobody was asked.
    [[nodiscard]] const TlsPeer* peer_of(const SSL& connection) const;

    const TlsServerOptions options;
};

}  // namespace scope::net
