#pragma once

#include <functional>
#include <span>

#include "builder/bundle.hpp"
#include "devnet/artifacts.hpp"
#include "protocol/registry.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::devnet {

/// Returns the addresses of the settlement's contracts if @p deployer makes them as deploy_settlement
/// does, from the creation with this nonce on.
builder::L1Contracts settlement_contracts(ChainId l1, const Address& deployer,
                                          uint64_t first_nonce = 0);
/// Returns the account that the factory has made for all: to which EOAs delegate (EIP-7702).
Address shared_account(const builder::L1Contracts& contracts);

/// Creates a contract as the deployer's next; returns its address.
using Create = std::function<Address(const std::string& contract, const Bytes& init_code)>;
/// Has @p create make the settlement's contracts, at the addresses that settlement_contracts gives:
/// each names the settlement contract, which comes last and names them.
void deploy_settlement(const Artifacts& artifacts, const builder::L1Contracts& at,
                       const Create& create);

/// Returns what a registration has to bring: the ETH that exists at the rollup's genesis, and the
/// bond; wei. REQUIRES: a rollup can start from it (rollup::genesis_supply).
uint256 registration_value(const rollup::RollupConfig& rollup);
/// Returns the claim that a registration proves.
/// @param genesis  The header of the rollup's block 0.
/// REQUIRES: as registration_value.
protocol::GenesisClaim genesis_claim(const rollup::RollupConfig& rollup, const Address& owner,
                                     const BlockHeader& genesis);
/// Encodes calldata of RollupRegistry.register for a claim, without a sequencing policy.
/// @param proof  Of the claim, for the verifier.
Bytes register_rollup(const protocol::GenesisClaim& claim, const Address& verifier,
                      BytesView proof);
/// Encodes calldata of RollupRegistry.register, without a sequencing policy, with a proof of the
/// genesis that these members of the verifier's committee sign.
/// @param genesis  The header of the rollup's block 0.
/// REQUIRES: as registration_value.
Bytes register_rollup(const rollup::RollupConfig& rollup, const Address& owner,
                      const Address& verifier, const BlockHeader& genesis,
                      std::span<const crypto::SecretKey> members);

}  // namespace scope::devnet
