#include "config/forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hex.hpp"
#include "config/units.hpp"
#include "net/http_client.hpp"
#include "net/ws_subscription.hpp"

namespace scope::config {

namespace {

constexpr auto is_graphic = [](char c) { return c > ' ' && c < '\x7f'; };

bool is_place(std::string_view text) {
    return text.starts_with("env:") || text.starts_with("file:");
}

bool is_hex_of(std::string_view text, size_t bytes) {
    const auto read = from_hex(text);
    return read && read->size() == bytes && text.starts_with("0x");
}

}  // namespace

std::string any_text(std::string_view) {
    return {};
}

std::string listen_form(std::string_view text) {
    const auto listen = parse_listen(text);
    return listen ? "" : listen.error();
}

std::string url_form(std::string_view text) {
    const auto url = net::parse_http_url(text);
    return url ? std::string{} : fmt::format("it is no URL: {}", url.error());
}

std::string https_form(std::string_view text) {
    if (!text.starts_with("https://")) return "it is no URL that begins with https://";
    return url_form(text);
}

std::string ws_form(std::string_view text) {
    const auto url = net::parse_ws_url(text);
    return url ? std::string{}
               : fmt::format("it is no URL: {}; without one heads are polled", url.error());
}

std::string url_or_place_form(std::string_view text) {
    return is_place(text) ? secret_form(text) : url_form(text);
}

std::string ws_or_place_form(std::string_view text) {
    return is_place(text) ? secret_form(text) : ws_form(text);
}

std::string secret_form(std::string_view text) {
    constexpr std::string_view ENV = "env:";
    constexpr std::string_view FILE = "file:";
    const auto is_name = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    if (text.starts_with(ENV) && text.size() > ENV.size())
        return std::ranges::all_of(text.substr(ENV.size()), is_name)
                   ? ""
                   : "the name of its variable has other characters than A-Z, a-z, 0-9 and _";
    if (text.starts_with(FILE) && text.size() > FILE.size()) return {};
    return "it is neither env:NAME nor file:PATH: a secret stands in no configuration";
}

std::string key_form(std::string_view text) {
    if (is_place(text)) return secret_form(text);
    const auto hash = text.rfind('#');
    if (hash != std::string_view::npos && url_form(text.substr(0, hash)).empty() &&
        is_hex_of(text.substr(hash + 1), 20))
        return {};
    return "it is none of file:PATH (a keystore), env:NAME and http://host:port#0xADDRESS (a "
           "remote "
           "signer): a key stands in no configuration";
}

std::string address_form(std::string_view text) {
    return is_hex_of(text, 20) ? "" : "it is no address: 0x and 40 digits";
}

std::string fingerprint_form(std::string_view text) {
    constexpr std::string_view PREFIX = "sha256:";
    if (text.starts_with(PREFIX) && is_hex_of("0x" + std::string{text.substr(PREFIX.size())}, 32))
        return {};
    return "it is no fingerprint: sha256: and 64 digits";
}

std::string origin_form(std::string_view text) {
    return std::ranges::all_of(text, is_graphic) ? "" : "it is no origin, and not *";
}

}  // namespace scope::config
