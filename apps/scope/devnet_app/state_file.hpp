#pragma once

#include <filesystem>

#include "devnet/live_genesis.hpp"

namespace scope::devnet_app {

/// What --dump-state writes and --load-state reads: a JSON object of all that makes the genesis, and
/// of what happened since (TestControls::dump). So whoever loads it has the same chains, whatever
/// time it is.
struct SavedState {
    devnet::LiveGenesisOptions genesis;
    Bytes state;
};

/// Returns the file that --dump-state and --state name: in a folder, state.json.
std::filesystem::path state_file(const std::filesystem::path& path);

/// Writes what makes a genesis, and reads it. Throws as read_state does.
void write_genesis(const std::filesystem::path& file, const devnet::LiveGenesisOptions& genesis);
devnet::LiveGenesisOptions read_genesis(const std::filesystem::path& file);

/// Reads a state. Throws std::runtime_error that names the file and what is wrong with it.
SavedState read_state(const std::filesystem::path& file);
void write_state(const std::filesystem::path& file, const SavedState& saved);

/// Writes a file, whole or not at all: beside it first, then in its place. Throws
/// std::runtime_error if that fails; what was there stays.
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace scope::devnet_app
