#include "keys/remote_signer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "net/test_peer.hpp"

namespace scope::keys {
namespace {

using namespace literals;
using net::TestPeer;
using testing::HasSubstr;

// The key 1, whose public key is the curve's generator.
constexpr std::string_view PUBLIC_KEY =
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
constexpr Address ACCOUNT = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"_address;
crypto::SecretKey key(uint8_t number) {
    Hash value;
    value[31] = number;
    return crypto::SecretKey::from(value).value();
}

/// What a signer does otherwise than one that works.
struct Fault {
    std::string public_keys = fmt::format(R"(["0x{}"])", PUBLIC_KEY);
    std::string status = "200 OK";
    std::function<std::string(Bytes message)> answer = [](const Bytes& message) {
        return to_hex(crypto::to_rsv(crypto::sign(crypto::keccak256(message), key(1))));
    };
};

/// A signer with one key, by web3signer's interface.
class Server {
  public:
    explicit Server(Fault fault = {})
        : fault_(std::move(fault)), peer_([this](const auto& request, const auto& connection) {
              return connection.send(answer(request));
          }) {}
    [[nodiscard]] RemoteSigner signer() const {
        return RemoteSigner{*net::parse_http_url(peer_.url() + "/prefix"), ACCOUNT};
    }
    [[nodiscard]] int requests() const { return peer_.requests(); }

  private:
    std::string answer(const TestPeer::Request& request) const {
        if (request.target == "/prefix/api/v1/eth1/publicKeys")
            return TestPeer::response(fault_.public_keys);
        constexpr std::string_view BEFORE = R"({"data":"0x)";
        constexpr std::string_view BEHIND = R"("})";
        const std::string_view body = request.body;
        if (request.method != "POST" || !request.target.starts_with("/prefix/api/v1/eth1/sign/") ||
            !request.target.ends_with(PUBLIC_KEY) || !body.starts_with(BEFORE) ||
            !body.ends_with(BEHIND))
            return TestPeer::response("", "400 Bad Request");
        const auto message =
            from_hex(body.substr(BEFORE.size(), body.size() - BEFORE.size() - BEHIND.size()));
        return TestPeer::response(fault_.answer(*message), fault_.status);
    }

    Fault fault_;
    TestPeer peer_;
};

std::string refusal(Fault fault) {
    const Server server{std::move(fault)};
    const auto signature = server.signer().sign(as_bytes("message"));
    EXPECT_FALSE(signature.has_value());
    return signature ? std::string{} : signature.error();
}

TEST(remote_signer, signs_and_asks_which_keys_there_are_once) {
    const Server server;
    const auto signer = server.signer();
    EXPECT_EQ(signer.address(), ACCOUNT);
    for (const std::string_view message : {"", "message", "another one"}) {
        const auto signature = signer.sign(as_bytes(message));
        ASSERT_TRUE(signature.has_value()) << signature.error();
        EXPECT_EQ(*signature, crypto::sign(crypto::keccak256(as_bytes(message)), key(1)));
    }
    EXPECT_EQ(server.requests(), 4);
}

TEST(remote_signer, takes_public_keys_and_signatures_in_the_forms_that_there_are) {
    const auto bytes = [](const Bytes& message) {
        return crypto::to_rsv(crypto::sign(crypto::keccak256(message), key(1)));
    };
    // v as 0 and 1, in quotes, with an end of line; s in the upper half.
    const auto plain = [&](const Bytes& message) {
        auto signature = bytes(message);
        signature[64] -= 27;
        return fmt::format("\"{}\"\n", to_hex(signature));
    };
    const auto high = [](const Bytes& message) {
        auto signature = crypto::sign(crypto::keccak256(message), key(1));
        signature.s = crypto::SECP256K1_N - signature.s;
        signature.y_parity = !signature.y_parity;
        return to_hex(crypto::to_rsv(signature));
    };
    const Bytes message{1, 2, 3};
    const auto expected = crypto::sign(crypto::keccak256(message), key(1));
    for (Fault fault : {Fault{.public_keys = fmt::format(R"(["0x04aa","{}"])", PUBLIC_KEY)},
                        Fault{.answer = plain}, Fault{.answer = high}}) {
        const Server server{std::move(fault)};
        const auto signature = server.signer().sign(message);
        ASSERT_TRUE(signature.has_value()) << signature.error();
        EXPECT_EQ(*signature, expected);
    }
}

TEST(remote_signer, believes_no_signature_that_is_not_of_its_key_and_message) {
    EXPECT_THAT(refusal({.answer =
                             [](const Bytes& message) {
                                 return to_hex(crypto::to_rsv(
                                     crypto::sign(crypto::keccak256(message), key(2))));
                             }}),
                HasSubstr("its signature is not by the key of 0x7e5f4552"));
    EXPECT_THAT(refusal({.answer =
                             [](const Bytes& message) {
                                 return to_hex(crypto::to_rsv(crypto::sign(
                                     crypto::keccak256(concat(message, Bytes{7})), key(1))));
                             }}),
                HasSubstr("is not by the key of"));
    for (const auto& answer :
         {std::string{}, std::string{"0x"}, "0x" + std::string(130, 'z'),
          "0x" + std::string(130, '0'), "0x" + std::string(128, '1') + "05", std::string{"{}"}})
        EXPECT_THAT(refusal({.answer = [=](const Bytes&) { return answer; }}), HasSubstr("sign"));
}

TEST(remote_signer, says_why_there_is_no_signature) {
    EXPECT_THAT(refusal({.public_keys = "[]"}), HasSubstr("it has no key of 0x7e5f4552"));
    EXPECT_THAT(refusal({.public_keys = "{}"}), HasSubstr("public keys: "));
    EXPECT_THAT(refusal({.public_keys = "[1]"}), HasSubstr("public keys: "));
    EXPECT_THAT(refusal({.public_keys = "not JSON"}), HasSubstr("public keys: "));
    EXPECT_THAT(refusal({.status = "404 Not Found"}), HasSubstr("no more"));
    EXPECT_THAT(refusal({.status = "500 Oh", .answer = [](const Bytes&) { return "bad\x1b[0m"; }}),
                HasSubstr("HTTP status 500: bad\\x1b[0m"));
    EXPECT_THAT(refusal({.answer = [](const Bytes&) { return std::string(size_t{2} << 20, '1'); }}),
                HasSubstr("signer 127.0.0.1:"));
    const RemoteSigner nobody{*net::parse_http_url("http://127.0.0.1:1"), ACCOUNT};
    EXPECT_THAT(nobody.sign({}).error(), HasSubstr("signer 127.0.0.1:1: "));
}

TEST(remote_signer, gives_up_one_that_does_not_answer) {
    const TestPeer peer{[](const auto&, const auto& connection) {
        connection.wait_end();
        return false;
    }};
    const RemoteSigner signer{*net::parse_http_url(peer.url()), ACCOUNT,
                              std::chrono::milliseconds{50}};
    EXPECT_FALSE(signer.sign(as_bytes("message")).has_value());
}

}  // namespace
}  // namespace scope::keys
