#pragma once

#include <string>
#include <string_view>

// The forms that texts of a configuration have: each returns why a text is none, or nothing.

namespace scope::config {

std::string any_text(std::string_view text);
std::string listen_form(std::string_view text);
/// http:// or https://, as net::parse_http_url reads it.
std::string url_form(std::string_view text);
std::string https_form(std::string_view text);
std::string ws_form(std::string_view text);
/// A URL, or where it is, for it may hold a key: env:NAME or file:PATH.
std::string url_or_place_form(std::string_view text);
std::string ws_or_place_form(std::string_view text);
/// Where a secret is: env:NAME or file:PATH.
std::string secret_form(std::string_view text);
/// A key that signs (KeyConfig).
std::string key_form(std::string_view text);
std::string address_form(std::string_view text);
/// sha256: and 64 digits.
std::string fingerprint_form(std::string_view text);
/// What may stand in a header.
std::string origin_form(std::string_view text);

}  // namespace scope::config
