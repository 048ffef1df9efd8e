#include "devnet/rollup_genesis.hpp"

#include <vector>

#include "abi/abi.hpp"
#include "devnet/genesis.hpp"
#include "devnet/published.hpp"

namespace scope::devnet {

Bytes connect_bridge(ChainId remote, const Address& remote_bridge) {
    return abi::call("connect(uint256,address)", uint256{remote}, remote_bridge);
}

void deploy_published(GenesisState& on, const Address& caller) {
    CHECK(on.create("the deterministic deployer", DETERMINISTIC_DEPLOYER_CREATOR,
                    deterministic_deployer_init_code()) == DETERMINISTIC_DEPLOYER);
    CHECK(on.create("Multicall3", MULTICALL3_CREATOR, multicall3_init_code()) == MULTICALL3);
    on.call("Permit2", caller, DETERMINISTIC_DEPLOYER, concat(PERMIT2_SALT, permit2_init_code()));
}

RollupGenesis make_rollup_genesis(const Artifacts& artifacts, ChainId chain_id,
                                  const protocol::SettlementId& settlement, chain::Genesis base,
                                  const Bridges& bridges, std::span<const ChainId> rollups,
                                  KnownRollups known) {
    auto config = rollup_config(
        chain_id, settlement,
        rollup_alloc(predeploy_code(artifacts, rollup::rollup_spec(chain_id), settlement)));
    auto alloc = std::move(config.genesis.alloc);
    alloc.merge(base.alloc);
    config.genesis = std::move(base);
    config.genesis.alloc = std::move(alloc);

    GenesisState on{config.spec, config.genesis};
    const Address bridge = on.create(
        "TokenBridge", bridges.creator,
        concat(artifacts.init_code("TokenBridge"), abi::encode(rollup::PREDEPLOY, bridges.owner)));
    const auto connect = [&](ChainId remote, const Address& remote_bridge) {
        on.call("connecting the bridges", bridges.owner, bridge,
                connect_bridge(remote, remote_bridge));
    };
    connect(bridges.l1, bridges.on_l1);
    std::vector<uint256> others;
    for (const ChainId other : rollups) {
        if (other == chain_id) continue;
        connect(other, bridge);
        others.emplace_back(other);
    }
    if (known == KnownRollups::in_genesis)
        on.call("making the rollups known", rollup::SYSTEM_SENDER, rollup::PREDEPLOY,
                abi::call("addChains(uint256[])", others));
    deploy_published(on, bridges.owner);
    auto [made, header] = on.finish();
    config.genesis.alloc = std::move(made);
    return {std::move(config), std::move(header), bridge};
}

}  // namespace scope::devnet
