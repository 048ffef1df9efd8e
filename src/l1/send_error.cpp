#include "l1/l1_sender.hpp"

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

std::string to_string(const SendError& error) {
    std::string text{name_of(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

}  // namespace scope::l1
