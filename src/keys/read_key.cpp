#include "keys/read_key.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "keys/keystore.hpp"
#include "keys/remote_signer.hpp"

namespace scope::keys {

namespace {

constexpr std::string_view FILE_PREFIX = "file:";
constexpr std::string_view ENVIRONMENT = "env:";

/// Reads hex, with or without 0x; leaves no copy behind.
bool read_hex(std::string_view text, SecretBytes<32>& out) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    if (text.size() != 64) return false;
    for (size_t i = 0; i < 32; ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out.bytes[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return true;
}

Result<crypto::SignerPtr, std::string> from_file(std::string_view path, std::string_view password,
                                                 const std::filesystem::path& folder) {
    const auto file = folder / path;
    const auto keystore = TRY(read_private_file(file));
    if (password.empty())
        return std::unexpected{fmt::format("{}: a keystore needs a password: env:NAME or file:PATH",
                                           printable(file.string()))};
    const auto secret = read_secret(password, folder);
    if (!secret) return std::unexpected{"password: " + secret.error()};
    const auto key = read_keystore(keystore.text(), *secret);
    if (!key) return std::unexpected{fmt::format("{}: {}", printable(file.string()), key.error())};
    return crypto::local_signer(*key);
}

Result<crypto::SignerPtr, std::string> from_environment(std::string_view spec) {
    const auto secret = TRY(read_secret(spec));
    const auto name = printable(spec.substr(ENVIRONMENT.size()));
    SecretBytes<32> bytes;
    if (!read_hex(secret.text(), bytes))
        return std::unexpected{fmt::format("{}: not 32 bytes of hex", name)};
    const auto key = crypto::SecretKey::from(bytes.bytes);
    if (!key) return std::unexpected{fmt::format("{}: not a key of secp256k1", name)};
    return crypto::local_signer(*key);
}

Result<crypto::SignerPtr, std::string> from_server(std::string_view spec) {
    const auto hash = spec.find('#');
    if (hash == std::string_view::npos)
        return std::unexpected{"a signer's URL ends with #ADDRESS, the key's account"};
    const auto address = fixed_from_hex<20>(spec.substr(hash + 1));
    if (!address) return std::unexpected{"behind # of a signer's URL: not an address"};
    auto url = net::parse_http_url(spec.substr(0, hash));
    if (!url) return std::unexpected{fmt::format("a signer's URL: {}", url.error())};
    return std::make_shared<RemoteSigner>(std::move(*url), *address);
}

}  // namespace

Result<crypto::SignerPtr, std::string> read_key(std::string_view key, std::string_view password,
                                                const std::filesystem::path& folder) {
    if (key.starts_with(FILE_PREFIX))
        return from_file(key.substr(FILE_PREFIX.size()), password, folder);
    if (!password.empty()) return std::unexpected{"only a keystore has a password"};
    if (key.starts_with(ENVIRONMENT)) return from_environment(key);
    if (key.starts_with("http://") || key.starts_with("https://")) return from_server(key);
    // It may be the key itself: it isn't told.
    return std::unexpected{"a key is given as file:PATH, env:NAME or http(s)://HOST:PORT#ADDRESS"};
}

}  // namespace scope::keys
