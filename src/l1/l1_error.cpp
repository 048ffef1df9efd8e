#include "l1/l1_error.hpp"

namespace scope::l1 {

std::string_view to_string(L1Error error) noexcept {
    switch (error) {
        case L1Error::unreachable:
            return "unreachable";
        case L1Error::unknown_block:
            return "unknown_block";
    }
    return "unknown";
}

}  // namespace scope::l1
