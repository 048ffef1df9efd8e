#include "devnet_app/state_folder.hpp"

#include <fmt/format.h>

#include "devnet_app/state_file.hpp"

namespace scope::devnet_app {

namespace {

/// An attester reads its heads alone.
constexpr size_t ATTESTER_CACHE_BYTES = size_t{16} << 20;

std::filesystem::path genesis_file(const std::filesystem::path& folder) {
    return folder / "genesis.json";
}

/// Refuses a folder with files that no devnet made before it wrote its genesis.
void require_nothing_else(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        const auto name = entry.path().filename().string();
        if (name != "node" && !name.starts_with("attester-") && name != "genesis.json.new")
            throw store::DatabaseError{
                store::DatabaseRule::not_a_database,
                fmt::format("{}: it has other files, {} for one: take an empty or a new folder",
                            folder.string(), name)};
    }
}

}  // namespace

bool is_state_folder(const std::filesystem::path& path) {
    if (path.empty()) return false;
    if (std::filesystem::is_directory(path)) return !std::filesystem::exists(path / "state.json");
    const bool names_a_folder = !path.has_filename() || !path.has_extension();
    return !std::filesystem::exists(path) && names_a_folder;
}

std::optional<devnet::LiveGenesisOptions> genesis_in(const std::filesystem::path& folder) {
    if (!std::filesystem::exists(genesis_file(folder))) return std::nullopt;
    return read_genesis(genesis_file(folder));
}

devnet::DevnetDatabases open_databases(const StateFolderOptions& options,
                                       const devnet::LiveGenesisOptions& genesis) {
    const auto& folder = options.folder;
    std::filesystem::create_directories(folder);
    // Written behind the databases: where it is, they have to be.
    const bool is_new = !std::filesystem::exists(genesis_file(folder));
    if (is_new) require_nothing_else(folder);
    const auto open = [&](const std::string& name, size_t cache_bytes, bool is_derived = false) {
        const bool may_be_new = is_new || (is_derived && !std::filesystem::exists(folder / name));
        return std::make_shared<store::NodeDatabase>(store::NodeDatabaseOptions{
            .disk = {.folder = folder / name,
                     .mode = may_be_new ? store::OpenMode::create_if_missing
                                        : store::OpenMode::existing},
            .depth = options.archive ? store::PruneDepth{} : store::DEFAULT_PRUNE_DEPTH,
            .cache_bytes = cache_bytes,
            .chains = genesis.rollups.size() + 1});
    };
    devnet::DevnetDatabases databases{.node = open("node", options.cache_bytes), .members = {}};
    for (size_t i = 1; i <= genesis.attesters; ++i)
        databases.members.push_back(
            open(fmt::format("attester-{}", i), ATTESTER_CACHE_BYTES, /*is_derived=*/true));
    if (is_new) write_genesis(genesis_file(folder), genesis);
    return databases;
}

}  // namespace scope::devnet_app
