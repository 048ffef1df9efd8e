#include "keys/remote_signer.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "crypto/keccak.hpp"
#include "json/json.hpp"

namespace scope::keys {

namespace {

constexpr size_t PUBLIC_KEY_SIZE = 64;
/// Of some thousands of public keys.
constexpr size_t MAX_ANSWER = size_t{1} << 20;
constexpr size_t MAX_TOLD = 200;

/// Returns the point's bytes of a public key, which may have the prefix 4 of an uncompressed one.
std::optional<Bytes> public_key(std::string_view text) {
    auto bytes = from_hex(text);
    if (bytes && bytes->size() == PUBLIC_KEY_SIZE + 1 && bytes->front() == 4)
        bytes->erase(bytes->begin());
    if (!bytes || bytes->size() != PUBLIC_KEY_SIZE) return std::nullopt;
    return bytes;
}

Address address_of(BytesView public_key) {
    return Address::from(BytesView{crypto::keccak256(public_key)}.last(Address::size()));
}

/// Returns a signature r || s || v in hex, alone or as a JSON string. Of v nothing is taken but its
/// parity, which recovery confirms.
std::optional<crypto::Signature> signature_of(std::string_view text) {
    const auto is_around = [](char c) { return c == '"' || c == ' ' || c == '\n' || c == '\r'; };
    while (!text.empty() && is_around(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_around(text.back())) text.remove_suffix(1);
    const auto bytes = fixed_from_hex<65>(text);
    if (!bytes) return std::nullopt;
    const BytesView view{*bytes};
    const uint8_t v = view[64];
    if (v != 0 && v != 1 && v != 27 && v != 28) return std::nullopt;
    return crypto::Signature{from_be(view.first(32)), from_be(view.subspan(32, 32)),
                             v == 1 || v == 28};
}

/// Returns the signature with s in the lower half, as EIP-2 has it: -s signs too.
crypto::Signature with_low_s(crypto::Signature signature) {
    if (signature.s > crypto::SECP256K1_HALF_N && signature.s < crypto::SECP256K1_N) {
        signature.s = crypto::SECP256K1_N - signature.s;
        signature.y_parity = !signature.y_parity;
    }
    return signature;
}

}  // namespace

RemoteSigner::RemoteSigner(net::HttpUrl url, const Address& address,
                           std::chrono::milliseconds timeout)
    : url_(std::move(url)),
      address_(address),
      options_{.timeout = timeout, .max_response = MAX_ANSWER, .idle_connections = 0} {}

Result<crypto::Signature, std::string> RemoteSigner::sign(BytesView message) const {
    const auto wrong = [&](std::string_view what) {
        return std::unexpected{fmt::format("signer {}: {}", url_.authority(), what)};
    };
    const auto identifier = this->identifier();
    if (!identifier) return wrong(identifier.error());
    auto url = url_;
    url.path += "/api/v1/eth1/sign/" + *identifier;
    const net::HttpClient client{std::move(url), options_};
    const auto answer = client.post(fmt::format(R"({{"data":"{}"}})", to_hex(message)));
    if (!answer) return wrong(answer.error().reason);
    if (answer->status == 404) {
        const std::scoped_lock lock{mutex_};
        identifier_.clear();  // it has other keys than it had
        return wrong(fmt::format("it has the key of {} no more", to_hex(address_)));
    }
    if (answer->status != 200)
        return wrong(fmt::format("HTTP status {}: {}", answer->status,
                                 printable(std::string_view{answer->body}.substr(0, MAX_TOLD))));
    const auto signature = signature_of(answer->body);
    if (!signature) return wrong("its answer is no signature");
    const auto low = with_low_s(*signature);
    if (crypto::recover(crypto::keccak256(message), low) != address_)
        return wrong(fmt::format("its signature is not by the key of {}", to_hex(address_)));
    return low;
}

Result<std::string, std::string> RemoteSigner::identifier() const {
    {
        const std::scoped_lock lock{mutex_};
        if (!identifier_.empty()) return identifier_;
    }
    const net::HttpClient client{url_, options_};
    const auto answer = client.get("/api/v1/eth1/publicKeys");
    if (!answer) return std::unexpected{answer.error().reason};
    if (answer->status != 200)
        return std::unexpected{fmt::format("public keys: HTTP status {}", answer->status)};
    try {
        const json::Document document{answer->body};
        for (const json::Json entry : json::array(document.root())) {
            const auto key = public_key(json::string(entry));
            if (!key || address_of(*key) != address_) continue;
            const std::scoped_lock lock{mutex_};
            identifier_ = json::string(entry);
            return identifier_;
        }
    } catch (const json::FormatError& error) {
        return std::unexpected{fmt::format("public keys: {}", error.what())};
    }
    return std::unexpected{fmt::format("it has no key of {}", to_hex(address_))};
}

}  // namespace scope::keys
