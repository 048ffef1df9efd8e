#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scope::l1 {

/// The reason why an L1 gives no answer. Nothing is known then: the caller keeps what it has and
/// asks again.
enum class L1Error : uint8_t {
    unreachable,    // nobody answers, or not in time
    unknown_block,  // a block that it doesn't have, or whose state it doesn't keep
};
/// Returns the enumerator's name.
constexpr std::string_view to_string(L1Error error) noexcept {
    switch (error) {
        case L1Error::unreachable:
            return "unreachable";
        case L1Error::unknown_block:
            return "unknown_block";
    }
    return "unknown";
}

/// The reason why a transaction is not on its way to a block.
struct SendError {
    enum class Rule : uint8_t {
        unreachable,  ///< nobody took it
        blobs,        ///< not those of its versioned hashes, or a proof that does not hold
        refused,      ///< it can't stand in a block (reason: why)
    };
    Rule rule{};
    std::string reason;
};
constexpr std::string_view to_string(SendError::Rule rule) noexcept {
    switch (rule) {
        case SendError::Rule::unreachable:
            return "unreachable";
        case SendError::Rule::blobs:
            return "blobs";
        case SendError::Rule::refused:
            return "refused";
    }
    return "unknown";
}

inline std::string to_string(const SendError& error) {
    std::string text{to_string(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

}  // namespace scope::l1
