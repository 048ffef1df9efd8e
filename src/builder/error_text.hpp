#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace scope::builder {

/// Returns the text of Error(string), as it is; nullopt for other revert data. Its end may lack the
/// zeros that the ABI asks for, and more may stand behind it: contracts in assembly leave out the
/// one and add the other.
std::optional<std::string> error_text(BytesView revert_data);

}  // namespace scope::builder
