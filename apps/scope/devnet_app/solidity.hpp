#pragma once

#include <filesystem>

namespace scope::devnet_app {

/// Copies into @p folder what a contract of somebody else's project imports: the interfaces, the
/// libraries with ScopeLib, and the helpers for scripts, each in a folder of its own, as they
/// import each other. What else lies there is left alone. Throws std::runtime_error if a file can't
/// be read or written.
/// @return  The number of files.
size_t write_solidity(const std::filesystem::path& folder);

}  // namespace scope::devnet_app
