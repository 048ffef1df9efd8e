#pragma once

#include <cstdint>
#include <string_view>

namespace scope::l1 {

/// Why an L1 gives no answer. Nothing is known then: who asked keeps what it has and asks again.
enum class L1Error : uint8_t {
    unreachable,    // nobody answers, or not in time
    unknown_block,  // a block that it doesn't have, or whose state it doesn't keep
};
/// As the enumerator is written.
std::string_view to_string(L1Error error) noexcept;

}  // namespace scope::l1
