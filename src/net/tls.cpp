#include "net/tls.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <new>

#include "base/hex.hpp"
#include "net/tls_context.hpp"

namespace scope::net {

namespace {

using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;

constexpr std::string_view FINGERPRINT_PREFIX = "sha256:";
/// More of a PEM file is not read, and no longer chain of certificates.
constexpr size_t MAX_PEM = size_t{64} << 10;
constexpr size_t MAX_CHAIN = 10;

BioPtr bio_of(std::string_view text) {
    BioPtr bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    if (!bio) throw std::bad_alloc{};
    return bio;
}

std::string text_of(BIO& bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(&bio, &data);
    return {data, static_cast<size_t>(size)};
}

/// Reads a file of PEM; an error names it.
Result<std::string, std::string> read_pem(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text(MAX_PEM + 1, '\0');
    if (!file) return std::unexpected{fmt::format("{}: can't be opened", path.string())};
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return std::unexpected{fmt::format("{}: can't be read", path.string())};
    text.resize(static_cast<size_t>(file.gcount()));
    if (text.size() > MAX_PEM)
        return std::unexpected{fmt::format("{}: has more than {} bytes", path.string(), MAX_PEM)};
    return text;
}

/// Nobody is asked for a password.
int no_password(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*argument*/) {
    return -1;
}

/// Whether a host is an address: in a certificate it stands elsewhere than a name.
bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> ignored{};
    return inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

/// Answers OpenSSL's question whether a certificate is good.
int answer(X509_STORE_CTX* asked, bool is_good) {
    X509_STORE_CTX_set_error(asked, is_good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return is_good ? 1 : 0;
}
int verify_server(X509_STORE_CTX* asked, void* argument) {
    const auto& client = *static_cast<const TlsClientContext*>(argument);
    const X509* const certificate = X509_STORE_CTX_get0_cert(asked);
    return answer(asked,
                  certificate != nullptr && fingerprint_of(*certificate) == *client.options.peer);
}
int verify_client(X509_STORE_CTX* asked, void* argument) {
    const auto& server = *static_cast<const TlsServerContext*>(argument);
    const X509* const certificate = X509_STORE_CTX_get0_cert(asked);
    return answer(asked,
                  certificate != nullptr && server.find(fingerprint_of(*certificate)) != nullptr);
}

SslContextPtr make_context(const SSL_METHOD* method) {
    SslContextPtr context{SSL_CTX_new(method)};
    if (!context) throw std::bad_alloc{};
    CHECK(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
    SSL_CTX_set_options(context.get(),
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_num_tickets(context.get(), 0);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    return context;
}

}  // namespace

// --- Fingerprints.

std::string to_string(const Fingerprint& fingerprint) {
    return fmt::format("{}{}", FINGERPRINT_PREFIX, to_hex(fingerprint.sha256).substr(2));
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
    if (!text.starts_with(FINGERPRINT_PREFIX)) return std::nullopt;
    text.remove_prefix(FINGERPRINT_PREFIX.size());
    if (text.size() != 2 * decltype(Fingerprint::sha256)::size()) return std::nullopt;
    const auto digits = fixed_from_hex<32>(text);
    if (!digits) return std::nullopt;
    return Fingerprint{*digits};
}

Fingerprint fingerprint_of(const X509& certificate) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &encoded);
    if (size < 0) throw std::bad_alloc{};
    Fingerprint result;
    const int done = EVP_Digest(encoded, static_cast<size_t>(size), result.sha256.data(), nullptr,
                                EVP_sha256(), nullptr);
    OPENSSL_free(encoded);
    CHECK(done == 1);
    return result;
}

// --- Identities.

struct TlsIdentity::Parts {
    std::vector<CertificatePtr> chain;  ///< the first is its own
    KeyPtr key;
    Fingerprint fingerprint;
};

Result<TlsIdentity, std::string> TlsIdentity::from_pem(std::string_view certificate,
                                                       std::string_view key) {
    if (certificate.size() > MAX_PEM || key.size() > MAX_PEM)
        return std::unexpected{fmt::format("PEM of more than {} bytes", MAX_PEM)};
    ERR_clear_error();
    auto parts = std::make_shared<Parts>();
    const auto certificates = bio_of(certificate);
    while (
        CertificatePtr next{PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr)}) {
        if (parts->chain.size() == MAX_CHAIN)
            return std::unexpected{fmt::format("more than {} certificates", MAX_CHAIN)};
        parts->chain.push_back(std::move(next));
    }
    // Behind the last one there is none: OpenSSL's error for that is no error here.
    const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (parts->chain.empty() || !is_at_end) return std::unexpected{"no certificate in PEM"};
    const auto key_text = bio_of(key);
    parts->key.reset(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_password, nullptr));
    ERR_clear_error();
    if (!parts->key) return std::unexpected{"no private key in PEM, or an encrypted one"};
    if (X509_check_private_key(parts->chain.front().get(), parts->key.get()) != 1) {
        ERR_clear_error();
        return std::unexpected{"the private key is not the certificate's"};
    }
    parts->fingerprint = fingerprint_of(*parts->chain.front());
    return TlsIdentity{std::move(parts)};
}

Result<TlsIdentity, std::string> TlsIdentity::read(const std::filesystem::path& certificate,
                                                   const std::filesystem::path& key) {
    const auto certificate_text = TRY(read_pem(certificate));
    const auto key_text = TRY(read_pem(key));
    auto identity = from_pem(certificate_text, key_text);
    if (!identity)
        return std::unexpected{
            fmt::format("{}, {}: {}", certificate.string(), key.string(), identity.error())};
    return identity;
}

const Fingerprint& TlsIdentity::fingerprint() const noexcept {
    return parts_->fingerprint;
}

PemIdentity make_certificate(std::string_view name) {
    constexpr size_t MAX_NAME = 64;  // of a common name (RFC 5280)
    constexpr int SERIAL_BITS = 127;
    const KeyPtr key{EVP_EC_gen("P-256")};
    const CertificatePtr certificate{X509_new()};
    const NumberPtr serial{BN_new()};
    if (!key || !certificate || !serial) throw std::bad_alloc{};
    X509* const x509 = certificate.get();
    const auto utf8 = name.substr(0, MAX_NAME);
    const auto* const text = reinterpret_cast<const unsigned char*>(utf8.data());
    bool done = BN_rand(serial.get(), SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1;
    done = done && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509)) != nullptr;
    done = done && X509_set_version(x509, X509_VERSION_3) == 1;
    done = done && ASN1_TIME_set_string(X509_getm_notBefore(x509), "200101000000Z") == 1;
    // "No well-defined expiration date" (RFC 5280, 4.1.2.5).
    done = done && ASN1_TIME_set_string(X509_getm_notAfter(x509), "99991231235959Z") == 1;
    X509_NAME* const subject = X509_get_subject_name(x509);
    done = done && X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC, text,
                                              static_cast<int>(utf8.size()), -1, 0) == 1;
    done = done && X509_set_issuer_name(x509, subject) == 1;
    done = done && X509_set_pubkey(x509, key.get()) == 1;
    done = done && X509_sign(x509, key.get(), EVP_sha256()) > 0;
    const BioPtr certificate_text{BIO_new(BIO_s_mem())};
    const BioPtr key_text{BIO_new(BIO_s_secmem())};
    if (!certificate_text || !key_text) throw std::bad_alloc{};
    done = done && PEM_write_bio_X509(certificate_text.get(), x509) == 1;
    done = done && PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0,
                                                 nullptr, nullptr) == 1;
    CHECK(done);
    return {.certificate = text_of(*certificate_text),
            .key = text_of(*key_text),
            .fingerprint = fingerprint_of(*x509)};
}

// --- Contexts.

void TlsContext::show(const TlsIdentity& identity) {
    const auto& parts = *identity.parts_;
    bool done = SSL_CTX_use_certificate(context.get(), parts.chain.front().get()) == 1 &&
                SSL_CTX_use_PrivateKey(context.get(), parts.key.get()) == 1;
    for (size_t i = 1; i < parts.chain.size(); ++i)
        done = done && SSL_CTX_add1_chain_cert(context.get(), parts.chain[i].get()) == 1;
    CHECK(done);
}

TlsClientContext::TlsClientContext(TlsOptions with)
    : TlsContext(make_context(TLS_client_method())), options(std::move(with)) {
    if (options.own) show(*options.own);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (options.peer)
        SSL_CTX_set_cert_verify_callback(context.get(), verify_server, this);
    else
        // Where there are none, no certificate is good.
        SSL_CTX_set_default_verify_paths(context.get());
    ERR_clear_error();
}

SslPtr TlsClientContext::connection_to(const std::string& host) const {
    SslPtr connection{SSL_new(context.get())};
    if (!connection) throw std::bad_alloc{};
    SSL_set_connect_state(connection.get());
    const bool is_ip = is_address(host);
    bool done = true;
    if (!is_ip) done = SSL_set_tlsext_host_name(connection.get(), host.c_str()) == 1;
    if (!options.peer)
        done = done && (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection.get()),
                                                              host.c_str()) == 1
                              : SSL_set1_host(connection.get(), host.c_str()) == 1);
    ERR_clear_error();
    return done ? std::move(connection) : nullptr;
}

TlsServerContext::TlsServerContext(TlsServerOptions with)
    : TlsContext(make_context(TLS_server_method())), options(std::move(with)) {
    show(options.own);
    if (!options.clients) return;
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(context.get(), verify_client, this);
}

const TlsPeer* TlsServerContext::find(const Fingerprint& key) const noexcept {
    if (!options.clients) return nullptr;
    const auto found = std::ranges::find(*options.clients, key, &TlsPeer::key);
    return found == options.clients->end() ? nullptr : &*found;
}

const TlsPeer* TlsServerContext::peer_of(const SSL& connection) const {
    const X509* const certificate = SSL_get0_peer_certificate(&connection);
    return certificate == nullptr ? nullptr : find(fingerprint_of(*certificate));
}

}  // namespace scope::net
