#pragma once

#include <filesystem>
#include <optional>

#include "devnet/devnet.hpp"
#include "devnet/live_genesis.hpp"

/// The folder of --state: what makes the genesis, and a database of each node (docs/database.md).
///
///     FOLDER/genesis.json
///     FOLDER/node/            L1, the node that builds, and what the devnet keeps
///     FOLDER/attester-1/ ...
namespace scope::devnet_app {

/// Returns whether a path of --state is such a folder, or would become one; else it is a dump's: a
/// file, a folder with state.json, or a name with an extension.
bool is_state_folder(const std::filesystem::path& path);

/// Returns what makes the genesis of a folder; nullopt if it is new. Throws std::runtime_error that
/// names the file.
std::optional<devnet::LiveGenesisOptions> genesis_in(const std::filesystem::path& folder);

struct StateFolderOptions {
    std::filesystem::path folder;
    bool archive = false;
    size_t cache_bytes = 0;
};
/// Opens the databases of a folder, or makes them. An attester's that is gone is made anew: it follows
/// L1 from the beginning. Throws store::DatabaseError.
devnet::DevnetDatabases open_databases(const StateFolderOptions& options,
                                       const devnet::LiveGenesisOptions& genesis);

}  // namespace scope::devnet_app
