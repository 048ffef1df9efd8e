#pragma once

#include <string>

namespace scope::node {

/// Why a bundle did not settle, or is not known to have. The heads are those of L1 in any case.
enum class SettleRule : uint8_t {
    not_sealed,    // with the SealError
    stale,         // L1 has another head than the bundle was built on
    unreachable,   // with the L1Error
    not_sent,      // with the SendError
    not_included,  // sent, and in no block yet
    reverted,      // in a block, and executeScope reverted
    not_followed,  // with the FollowError: settled, but the node can't follow L1 there
    other_head,    // settled, but a rollup's head is another than the bundle's
};
/// As the enumerator is written.
std::string_view to_string(SettleRule rule) noexcept;

struct SettleError {
    SettleRule rule{};
    std::string reason;
};
std::string to_string(const SettleError& error);

}  // namespace scope::node
