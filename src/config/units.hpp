#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.hpp"

// Amounts as people write them in a configuration: whole numbers with a unit, never without one, so
// that nobody has to know whether a number counts seconds or milliseconds.

namespace scope::config {

using std::chrono::milliseconds;

/// Parses "12s", "250ms", "5m", "2h", "18d"; an error says what is wrong. Up to 2^53 ms.
Result<milliseconds, std::string> parse_duration(std::string_view text);
/// Returns it with the largest unit that leaves a whole number.
std::string print_duration(milliseconds duration);

/// Parses "128MiB": bytes, in B, KiB, MiB or GiB. Up to 2^53 bytes.
Result<uint64_t, std::string> parse_size(std::string_view text);
std::string print_size(uint64_t bytes);

/// Parses "100gwei": wei, in wei, gwei or ether. Up to 18 ether.
Result<uint64_t, std::string> parse_wei(std::string_view text);
std::string print_wei(uint64_t wei);

/// A place to listen at: HOST:PORT, [::1]:9545. Port 0 takes a free one.
struct Listen {
    std::string host;
    uint16_t port = 0;
};
Result<Listen, std::string> parse_listen(std::string_view text);
std::string print_listen(const Listen& place);

}  // namespace scope::config
