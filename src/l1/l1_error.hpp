#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scope::l1 {

/// Why an L1 gives no answer. Nothing is known then: who asked keeps what it has and asks again.
enum class L1Error : uint8_t {
    unreachable,    // nobody answers, or not in time
    unknown_block,  // a block that it doesn't have, or whose state it doesn't keep
};
/// As the enumerator is written.
std::string_view to_string(L1Error error) noexcept;

/// Why a transaction is not on its way to a block.
struct SendError {
    enum class Rule : uint8_t {
        unreachable,  ///< nobody took it
        blobs,        ///< not those of its versioned hashes, or a proof that does not hold
        refused,      ///< it can't stand in a block (reason: why)
    };
    Rule rule{};
    std::string reason;
};
std::string to_string(const SendError& error);

}  // namespace scope::l1
