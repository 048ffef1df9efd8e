#pragma once

#include <optional>

#include "deploy_app/deployment.hpp"
#include "l1/l1_sender.hpp"

namespace scope::deploy_app {

/// Puts the deterministic deployer on L1 where L1 lacks it, by the one transaction that makes it on every chain
/// (devnet/published.hpp), whose sender is paid for it first. Where that can't be, for a client takes no
/// transaction without a chain id, or L1's fees are above what it pays, it tells why and goes on
/// without. It looks at L1 each time, so the same again goes on from wherever it was ended.
///
/// Returns the number of transactions that were sent; nullopt if it ended at max_steps before the last.
/// Throws as deploy does.
/// @param account, sender  Of the same client.
std::optional<uint64_t> put_create2_deployer(const L1Reader& l1, l1::L1Account& account,
                                             l1::L1Sender& sender,
                                             const DeploymentOptions& options);

}  // namespace scope::deploy_app
