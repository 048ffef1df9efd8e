#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "evm/revision.hpp"

namespace scope::interchange {

/// A fork as the official tests name it.
struct Fork {
    std::string_view name;
    evm::Revision revision;
};

std::optional<Fork> fork_by_name(std::string_view name);
/// Returns the name of a revision.
std::string_view fork_name(evm::Revision revision);
/// Returns all names, for a message.
std::string fork_names();

}  // namespace scope::interchange
