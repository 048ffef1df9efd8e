#include "devnet/deployment.hpp"

#include <algorithm>
#include <vector>

#include "abi/abi.hpp"
#include "devnet/genesis.hpp"
#include "execution/host.hpp"
#include "protocol/registry.hpp"

namespace scope::devnet {

namespace {

/// The deployer's creations, in their order.
enum Creation : uint64_t { FACTORY, QUEUE, REGISTRY, EXITS, SETTLEMENT };

/// Returns the members' signatures of a genesis, as CommitteeVerifier takes them: in the order of
/// their signers.
Bytes genesis_proof(const protocol::GenesisClaim& claim,
                    std::span<const crypto::SecretKey> members) {
    std::vector<crypto::SecretKey> signers{members.begin(), members.end()};
    std::ranges::sort(signers, {}, crypto::address_of);
    const Hash inputs = protocol::genesis_hash(claim);
    const Hash message = protocol::attestation_hash(claim.program_id, std::span{&inputs, 1});
    Bytes proof;
    for (const auto& signer : signers) append(proof, crypto::to_rsv(crypto::sign(message, signer)));
    return proof;
}

}  // namespace

builder::L1Contracts settlement_contracts(ChainId l1, const Address& deployer,
                                          uint64_t first_nonce) {
    const auto created = [&](Creation creation) {
        return execution::create_address(deployer, first_nonce + creation);
    };
    const Address settlement = created(SETTLEMENT);
    return {.settlement = {l1, settlement},
            .l1_callable = execution::create_address(settlement, 1),
            .account_factory = created(FACTORY),
            .forced_queue = created(QUEUE),
            .registry = created(REGISTRY),
            .exits = created(EXITS)};
}

Address shared_account(const builder::L1Contracts& contracts) {
    return execution::create_address(contracts.account_factory, 1);
}

void deploy_settlement(const Artifacts& artifacts, const builder::L1Contracts& at,
                       const Create& create) {
    const Address& settlement = at.settlement.settlement;
    const auto make = [&](const std::string& contract, const Address& expected,
                          const auto&... arguments) {
        const Bytes init_code = concat(artifacts.init_code(contract), abi::encode(arguments...));
        CHECK(create(contract, init_code) == expected);
    };
    make("ScopedAccountFactory", at.account_factory, settlement);
    make("ForcedQueue", at.forced_queue, settlement);
    make("RollupRegistry", at.registry, settlement);
    make("RollupExit", at.exits, settlement);
    // A struct of static members is encoded as these are.
    make("Settlement", settlement, at.account_factory, at.forced_queue, at.registry, at.exits);
}

uint256 registration_value(const rollup::RollupConfig& rollup) {
    return rollup::genesis_supply(rollup).value() + protocol::REGISTRATION_BOND;
}

protocol::GenesisClaim genesis_claim(const rollup::RollupConfig& rollup, const Address& owner,
                                     const BlockHeader& genesis) {
    const auto& [l1_chain_id, settlement] = rollup.settlement;
    return {.l1_chain_id = uint256{l1_chain_id},
            .settlement = settlement,
            .owner = owner,
            .chain_id = uint256{rollup.chain_id()},
            .program_id = rollup.program_id,
            .block_hash = hash(genesis),
            .state_root = genesis.state_root,
            .supply = rollup::genesis_supply(rollup).value()};
}

Bytes register_rollup(const protocol::GenesisClaim& claim, const Address& verifier,
                      BytesView proof) {
    return protocol::register_rollup({.chain_id = claim.chain_id,
                                      .program_id = claim.program_id,
                                      .verifier = verifier,
                                      .policy = {},
                                      .genesis_block_hash = claim.block_hash,
                                      .genesis_state_root = claim.state_root,
                                      .supply = claim.supply},
                                     proof);
}

Bytes register_rollup(const rollup::RollupConfig& rollup, const Address& owner,
                      const Address& verifier, const BlockHeader& genesis,
                      std::span<const crypto::SecretKey> members) {
    const auto claim = genesis_claim(rollup, owner, genesis);
    return register_rollup(claim, verifier, genesis_proof(claim, members));
}

}  // namespace scope::devnet
