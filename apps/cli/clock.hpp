#pragma once

#include <chrono>
#include <cstdint>

// The system's clock, which programs read and hand to libraries: none of these reads one.

namespace scope::cli {

/// Returns the time since 1970, in ms.
inline uint64_t now_ms() {
    namespace chrono = std::chrono;
    return static_cast<uint64_t>(
        chrono::duration_cast<chrono::milliseconds>(chrono::system_clock::now().time_since_epoch())
            .count());
}
/// Returns the time since 1970, in seconds.
inline uint64_t now_s() {
    return now_ms() / 1000;
}

/// Returns a time in ms that never goes back.
inline uint64_t steady_ms() {
    namespace chrono = std::chrono;
    return static_cast<uint64_t>(
        chrono::duration_cast<chrono::milliseconds>(chrono::steady_clock::now().time_since_epoch())
            .count());
}

}  // namespace scope::cli
