#include "l1/l1_error.hpp"

namespace scope::l1 {

namespace {

constexpr std::string_view name_of(SendError::Rule rule) noexcept {
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

}  // namespace

std::string_view to_string(L1Error error) noexcept {
    switch (error) {
        case L1Error::unreachable:
            return "unreachable";
        case L1Error::unknown_block:
            return "unknown_block";
    }
    return "unknown";
}

std::string to_string(const SendError& error) {
    std::string text{name_of(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

}  // namespace scope::l1
