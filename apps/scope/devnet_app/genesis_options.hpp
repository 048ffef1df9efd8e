#pragma once

#include <vector>

#include "devnet/dev_accounts.hpp"
#include "devnet/live_genesis.hpp"
#include "devnet_app/options.hpp"

namespace scope::devnet_app {

/// Returns the development accounts. Throws cli::UsageError for a phrase or a path that is none.
std::vector<devnet::WalletAccount> wallet_of(const Options& options);

/// Returns what makes the genesis of these options.
/// @param now_s  Its time, where the options have none.
/// Throws std::runtime_error if the file of --init can't be read.
devnet::LiveGenesisOptions genesis_options(const Options& options, uint64_t now_s);

/// Has options that were left as they are say what is so in a genesis that is loaded. Throws
/// cli::UsageError, which names the option, if one was given that says otherwise.
void take_over(Options& options, const devnet::LiveGenesisOptions& saved);

}  // namespace scope::devnet_app
