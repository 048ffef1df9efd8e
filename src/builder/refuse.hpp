#pragma once

#include <expected>

#include "builder/call_tree.hpp"

namespace scope::builder {

inline std::unexpected<Refusal> refuse(RefusalRule rule, std::string reason) {
    return std::unexpected{Refusal{rule, std::move(reason), {}}};
}

}  // namespace scope::builder
