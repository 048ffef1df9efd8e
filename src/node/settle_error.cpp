#include "node/settle_error.hpp"

namespace scope::node {

std::string_view to_string(SettleRule rule) noexcept {
    switch (rule) {
        case SettleRule::not_sealed:
            return "not_sealed";
        case SettleRule::stale:
            return "stale";
        case SettleRule::unreachable:
            return "unreachable";
        case SettleRule::not_sent:
            return "not_sent";
        case SettleRule::not_included:
            return "not_included";
        case SettleRule::reverted:
            return "reverted";
        case SettleRule::not_followed:
            return "not_followed";
        case SettleRule::other_head:
            return "other_head";
    }
    return "unknown";
}

std::string to_string(const SettleError& error) {
    std::string text{to_string(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

}  // namespace scope::node
