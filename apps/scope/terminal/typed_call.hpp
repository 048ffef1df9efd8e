#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace scope::terminal {

/// A call as it is typed in a terminal: TO SIGNATURE [ARGUMENT...] --from --value.
struct TypedCall {
    std::string to;
    std::string signature;
    std::vector<std::string> arguments;
    std::string from;  ///< empty: nobody was named
    std::string value = "0";

    void declare(CLI::App& command);
    /// Returns it as JSON-RPC has a transaction. Throws cli::UsageError that names what is wrong.
    [[nodiscard]] std::string json() const;
};

}  // namespace scope::terminal
