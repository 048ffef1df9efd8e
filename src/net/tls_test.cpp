#include "net/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/http_client.hpp"
#include "net/test_peer.hpp"

namespace scope::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Rule = HttpError::Rule;

TlsIdentity identity_of(const PemIdentity& pem) {
    return *TlsIdentity::from_pem(pem.certificate, pem.key);
}
TlsIdentity make_identity() {
    return identity_of(make_certificate("test"));
}

TestPeer::Answer always(std::string bytes, bool is_kept = true) {
    return [=](const auto&, const auto& connection) { return connection.send(bytes) && is_kept; };
}

HttpClient client_of(const TestPeer& peer, TlsOptions tls,
                     milliseconds timeout = milliseconds{10'000}) {
    return HttpClient{*parse_http_url(peer.url()), {.timeout = timeout, .tls = std::move(tls)}};
}

std::string outcome_of(const Result<HttpResponse, HttpError>& response) {
    if (response) return response->body;
    switch (response.error().rule) {
        case Rule::tls:
            return "tls: " + response.error().reason;
        case Rule::slow:
            return "slow";
        case Rule::unreachable:
            return "unreachable";
        default:
            return "other: " + response.error().reason;
    }
}

// ---- keys

TEST(tls, reads_fingerprints_as_it_writes_them) {
    const auto fingerprint = make_identity().fingerprint();
    const auto text = to_string(fingerprint);
    EXPECT_EQ(parse_fingerprint(text), fingerprint);
    const auto digits = text.substr(7);
    for (const auto& bad : {std::string{}, digits, "sha256:" + digits.substr(1), text + "0",
                            "sha256:0x" + digits.substr(2), "sha1:" + digits})
        EXPECT_FALSE(parse_fingerprint(bad)) << bad;
}

TEST(tls, makes_certificates_of_keys_that_nobody_else_has) {
    const auto one = make_certificate("one");
    const auto other = make_certificate(std::string(100, 'x'));
    EXPECT_EQ(identity_of(one).fingerprint(), one.fingerprint);
    EXPECT_NE(one.fingerprint, other.fingerprint);
}

TEST(tls, refuses_what_is_no_certificate_with_its_key) {
    const auto good = make_certificate("good");
    const auto other = make_certificate("other");
    const auto error_of = [](std::string_view certificate, std::string_view key) {
        const auto identity = TlsIdentity::from_pem(certificate, key);
        return identity ? "none" : identity.error();
    };
    EXPECT_EQ(error_of(good.certificate, good.key), "none");
    EXPECT_EQ(error_of(good.certificate + other.certificate, good.key), "none");
    EXPECT_EQ(error_of(good.key + good.certificate, good.certificate + good.key), "none");
    EXPECT_THAT(error_of("", good.key), HasSubstr("no certificate"));
    EXPECT_THAT(error_of("hello", good.key), HasSubstr("no certificate"));
    EXPECT_THAT(error_of(good.certificate, ""), HasSubstr("no private key"));
    EXPECT_THAT(error_of(good.certificate, good.certificate), HasSubstr("no private key"));
    EXPECT_THAT(error_of(good.certificate, other.key), HasSubstr("not the certificate's"));
    EXPECT_THAT(error_of(std::string(100'000, 'x'), good.key), HasSubstr("more than"));
    auto cut = good.certificate;
    cut.resize(cut.size() / 2);
    EXPECT_THAT(error_of(good.certificate + cut, good.key), HasSubstr("no certificate"));
    EXPECT_THAT(TlsIdentity::read("/no/such/file", "/no/such/key").error(),
                HasSubstr("/no/such/file"));
}

// ---- whom a client takes for the server

TEST(tls, takes_the_server_with_the_pinned_key_alone) {
    const auto own = make_identity();
    const TestPeer peer{always(TestPeer::response("x")),
                        TlsServerOptions{.own = own, .clients = {}}};
    const auto client = client_of(peer, {.own = {}, .peer = own.fingerprint()});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(outcome_of(client.get("/")), "x");
    EXPECT_EQ(outcome_of(client.post(std::string(1'000'000, 'y'))), "x");
    EXPECT_EQ(peer.connections(), 1);
    const auto other = make_identity().fingerprint();
    EXPECT_EQ(outcome_of(client_of(peer, {.own = {}, .peer = other}).get("/")),
              "tls: its key is not " + to_string(other));
    EXPECT_EQ(peer.requests(), 6);
}

/// Makes a certificate that says for whom it is: DNS:name or IP:address.
PemIdentity certificate_for(const char* whom) {
    auto pem = make_certificate("for a name");
    const std::unique_ptr<BIO, FreeBy<BIO_free_all>> in{
        BIO_new_mem_buf(pem.certificate.data(), static_cast<int>(pem.certificate.size()))};
    const std::unique_ptr<BIO, FreeBy<BIO_free_all>> key_in{
        BIO_new_mem_buf(pem.key.data(), static_cast<int>(pem.key.size()))};
    const std::unique_ptr<X509, FreeBy<X509_free>> x509{
        PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>> key{
        PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>> extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, whom)};
    EXPECT_EQ(X509_add_ext(x509.get(), extension.get(), -1), 1);
    EXPECT_GT(X509_sign(x509.get(), key.get(), EVP_sha256()), 0);
    const std::unique_ptr<BIO, FreeBy<BIO_free_all>> out{BIO_new(BIO_s_mem())};
    EXPECT_EQ(PEM_write_bio_X509(out.get(), x509.get()), 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &data);
    pem.certificate.assign(data, static_cast<size_t>(size));
    return pem;
}

TEST(tls, takes_the_word_of_an_authority_for_the_urls_host_alone) {
    const auto here = certificate_for("IP:127.0.0.1");
    const auto elsewhere = certificate_for("DNS:elsewhere.example");
    const auto file = std::filesystem::path{testing::TempDir()} / "authorities.pem";
    std::ofstream{file} << here.certificate << elsewhere.certificate;
    ::setenv("SSL_CERT_FILE", file.c_str(), 1);  // where OpenSSL looks for the system's
    const auto ask = [](const PemIdentity& pem, std::string_view host) {
        const TestPeer peer{always(TestPeer::response("x")),
                            TlsServerOptions{.own = identity_of(pem), .clients = {}}};
        auto url = *parse_http_url(peer.url());
        url.host = host;
        return outcome_of(HttpClient{url}.get("/"));
    };
    EXPECT_EQ(ask(here, "127.0.0.1"), "x");
    EXPECT_THAT(ask(here, "localhost"), HasSubstr("tls: its certificate: "));
    EXPECT_THAT(ask(elsewhere, "127.0.0.1"), HasSubstr("tls: its certificate: "));
    EXPECT_EQ(ask(certificate_for("DNS:localhost"), "localhost").substr(0, 21),
              "tls: its certificate:");  // nobody's word is there for it
    ::unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(file);
}

// ---- whom a server lets in

TEST(tls, lets_in_who_has_an_allowed_key) {
    const auto own = make_identity();
    const auto friend_ = make_identity();
    const TestPeer peer{
        always(TestPeer::response("x")),
        TlsServerOptions{.own = own,
                         .clients = std::vector<TlsPeer>{{friend_.fingerprint(), "friend"}}}};
    const auto ask = [&](std::optional<TlsIdentity> shown, size_t bytes) {
        const auto client = client_of(peer, {.own = std::move(shown), .peer = own.fingerprint()});
        return outcome_of(client.post(std::string(bytes, 'x')));
    };
    for (const size_t bytes : {size_t{1}, size_t{10'000}}) {
        EXPECT_EQ(ask(friend_, bytes), "x");
        EXPECT_THAT(ask({}, bytes), HasSubstr("tls: it refuses this client"));
        EXPECT_THAT(ask(make_identity(), bytes), HasSubstr("tls: it refuses this client"));
    }
    EXPECT_EQ(peer.requests(), 2);
}

// ---- bounds

TEST(tls, is_no_tls_where_one_side_speaks_none) {
    const TestPeer plain{always("HTTP/1.1 400 Bad Request\r\n\r\n", false)};
    auto url = *parse_http_url(plain.url());
    url.is_tls = true;
    EXPECT_EQ(outcome_of(HttpClient{url, {.timeout = milliseconds{100}}}.get("/")), "slow");
    const TestPeer peer{always(TestPeer::response("x")),
                        TlsServerOptions{.own = make_identity(), .clients = {}}};
    url = *parse_http_url(peer.url());
    url.is_tls = false;
    EXPECT_NE(outcome_of(HttpClient{url}.get("/")), "x");
}

TEST(tls, bounds_an_answer_in_time_and_in_bytes) {
    const auto own = make_identity();
    const auto peer_of = [&](TestPeer::Answer answer) {
        return TestPeer{std::move(answer), TlsServerOptions{.own = own, .clients = {}}};
    };
    const TlsOptions pinned{.own = {}, .peer = own.fingerprint()};
    const auto drips = peer_of([](const auto&, const auto& connection) {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while (connection.send("x")) std::this_thread::sleep_for(milliseconds{1});
        return false;
    });
    EXPECT_EQ(outcome_of(client_of(drips, pinned, milliseconds{200}).get("/")), "slow");
    const auto silent = peer_of([](const auto&, const auto& connection) {
        connection.wait_end();
        return false;
    });
    EXPECT_EQ(outcome_of(client_of(silent, pinned, milliseconds{200}).get("/")), "slow");
    const auto floods = peer_of([](const auto&, const auto& connection) {
        connection.send("HTTP/1.1 200 OK\r\n\r\n");
        while (connection.send(std::string(10'000, 'x'))) {
        }
        return false;
    });
    const HttpClient client{*parse_http_url(floods.url()),
                            {.max_response = 100'000, .tls = pinned}};
    const auto much = client.get("/");
    ASSERT_FALSE(much);
    EXPECT_EQ(much.error().rule, Rule::too_long);
}

TEST(tls, does_not_take_a_cut_line_for_the_answers_end) {
    const auto own = make_identity();
    const TlsOptions pinned{.own = {}, .peer = own.fingerprint()};
    for (const bool is_cut : {false, true}) {
        const TestPeer peer{[&](const auto&, const auto& connection) {
                                connection.send("HTTP/1.1 200 OK\r\n\r\nall of it");
                                if (is_cut) connection.cut();
                                return false;
                            },
                            TlsServerOptions{.own = own, .clients = {}}};
        EXPECT_EQ(outcome_of(client_of(peer, pinned).get("/")),
                  is_cut ? "unreachable" : "all of it");
    }
}

TEST(tls, connects_again_where_the_server_has_closed) {
    const auto own = make_identity();
    const TestPeer peer{always(TestPeer::response("x"), false),
                        TlsServerOptions{.own = own, .clients = {}}};
    const auto client = client_of(peer, {.own = {}, .peer = own.fingerprint()});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(outcome_of(client.get("/")), "x");
}

}  // namespace
}  // namespace scope::net
