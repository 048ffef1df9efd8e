#include "deploy_app/plan.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "devnet/deployment.hpp"
#include "devnet/genesis.hpp"
#include "devnet/genesis_state.hpp"
#include "devnet/published.hpp"
#include "devnet/rollup_genesis.hpp"
#include "execution/host.hpp"
#include "protocol/registry.hpp"

namespace scope::deploy_app {

namespace {

class Planner {
  public:
    Planner(const devnet::Artifacts& artifacts, const Wanted& wanted, const Beginning& beginning)
        : artifacts_(artifacts), wanted_(wanted) {
        plan_.beginning = beginning;
        plan_.owner = wanted.owner;
        auto& file = plan_.file;
        file.l1_spec = beginning.l1_spec;
        file.network.first_l1_block = beginning.first_block.number;
        file.first_l1_block_hash = beginning.first_block.hash;
        file.network.contracts =
            devnet::settlement_contracts(l1(), beginning.deployer, beginning.first_nonce);
    }

    Plan make() {
        if (wanted_.rollups.contains(l1()))
            throw std::runtime_error{fmt::format("--rollup: {} is the chain id of L1", l1())};
        plan_creations();
        for (const auto& [chain_id, accounts] : wanted_.rollups) add_rollup(chain_id, accounts);
        name_contracts();
        return std::move(plan_);
    }

  private:
    [[nodiscard]] ChainId l1() const { return plan_.beginning.l1_spec.chain_id; }
    [[nodiscard]] const Address& deployer() const { return plan_.beginning.deployer; }

    /// Runs all creations one after the other, on a state that has the deployer alone.
    void plan_creations() {
        chain::Genesis genesis;
        genesis.timestamp_s = plan_.beginning.timestamp_s;
        genesis.alloc[deployer()].nonce = plan_.beginning.first_nonce;
        devnet::GenesisState state{plan_.file.l1_spec, genesis};
        const auto create = [&](const std::string& contract, const Bytes& init_code) {
            const Address address = state.create(contract, deployer(), init_code);
            plan_.creations.push_back({contract,
                                       plan_.beginning.first_nonce + plan_.creations.size(),
                                       address,
                                       init_code,
                                       {}});
            return address;
        };
        const auto& contracts = plan_.file.network.contracts;
        devnet::deploy_settlement(artifacts_, contracts, create);
        plan_.file.committee = {
            .verifier = create("CommitteeVerifier",
                               concat(artifacts_.init_code("CommitteeVerifier"),
                                      abi::encode(wanted_.members, uint256{wanted_.threshold}))),
            .threshold = wanted_.threshold,
            .members = wanted_.members};
        // Last, since rollups' have its address: its nonce is the next there.
        plan_.bridge = create("TokenBridgeL1",
                              concat(artifacts_.init_code("TokenBridgeL1"),
                                     abi::encode(contracts.settlement.settlement, deployer())));
        const auto alloc = state.finish().alloc;
        for (auto& creation : plan_.creations) creation.code = alloc.at(creation.address).code;
    }

    void add_rollup(ChainId chain_id, const state::GenesisAlloc& accounts) {
        chain::Genesis base;
        base.timestamp_s = plan_.beginning.timestamp_s;
        base.gas_limit = wanted_.gas_limit;
        base.base_fee_per_gas = wanted_.base_fee;
        base.alloc = accounts;
        auto& creator = base.alloc[deployer()];
        if (creator.nonce != 0 || !creator.code.empty())
            throw std::runtime_error{
                fmt::format("rollup {}: the deployer {} has a nonce or code in its genesis",
                            chain_id, to_hex(deployer()))};
        creator.nonce = plan_.creations.back().nonce;
        for (const auto& ours : {rollup::PREDEPLOY, plan_.bridge, devnet::PERMIT2,
                                 devnet::MULTICALL3, devnet::DETERMINISTIC_DEPLOYER})
            if (base.alloc.contains(ours))
                throw std::runtime_error{
                    fmt::format("rollup {}: its genesis has a contract of its own at {}", chain_id,
                                to_hex(ours))};
        std::vector<ChainId> rollups;
        for (const auto& [id, others] : wanted_.rollups) rollups.push_back(id);
        auto made = devnet::make_rollup_genesis(
            artifacts_, chain_id, plan_.file.network.contracts.settlement, std::move(base),
            {.l1 = l1(), .on_l1 = plan_.bridge, .creator = deployer(), .owner = wanted_.owner},
            rollups, devnet::KnownRollups::by_registration);
        CHECK(made.bridge == plan_.bridge);
        if (!rollup::genesis_supply(made.config))
            throw std::runtime_error{fmt::format(
                "rollup {}: no rollup can start from its genesis: the gas limit is below {}, or "
                "its accounts have more than 2^256 wei",
                chain_id, rollup::MIN_GAS_LIMIT)};
        plan_.file.network.rollups.push_back(std::move(made.config));
        plan_.geneses.push_back(std::move(made.header));
    }

    void name(ChainId chain_id, std::string contract, const Address& address) {
        plan_.file.contracts.push_back({chain_id, std::move(contract), address});
    }
    void name_contracts() {
        const auto& contracts = plan_.file.network.contracts;
        name(l1(), "Settlement", contracts.settlement.settlement);
        name(l1(), "ScopedCallable", contracts.l1_callable);
        name(l1(), "ForcedQueue", contracts.forced_queue);
        name(l1(), "RollupRegistry", contracts.registry);
        name(l1(), "RollupExit", contracts.exits);
        name(l1(), "ScopedAccountFactory", contracts.account_factory);
        name(l1(), "ScopedAccount", devnet::shared_account(contracts));
        name(l1(), "CommitteeVerifier", plan_.file.committee.verifier);
        name(l1(), "TokenBridge", plan_.bridge);
        if (plan_.beginning.has_create2_deployer) {
            name(l1(), "Permit2", devnet::PERMIT2);
            name(l1(), "Create2Deployer", devnet::DETERMINISTIC_DEPLOYER);
        }
        if (plan_.beginning.has_multicall3) name(l1(), "Multicall3", devnet::MULTICALL3);
        for (const auto& [chain_id, accounts] : wanted_.rollups) {
            name(chain_id, "ScopedCallable", rollup::PREDEPLOY);
            name(chain_id, "TokenBridge", plan_.bridge);
            name(chain_id, "Permit2", devnet::PERMIT2);
            name(chain_id, "Multicall3", devnet::MULTICALL3);
            name(chain_id, "Create2Deployer", devnet::DETERMINISTIC_DEPLOYER);
        }
    }

    const devnet::Artifacts& artifacts_;
    const Wanted& wanted_;
    Plan plan_;
};

}  // namespace

uint256 brought_by(const Wanted& wanted) {
    uint256 sum;
    const auto add = [&](const uint256& wei) {
        sum += wei;
        if (sum < wei) sum = ~uint256{};
    };
    for (const auto& [chain_id, accounts] : wanted.rollups) {
        add(protocol::REGISTRATION_BOND);
        for (const auto& [address, account] : accounts) add(account.balance);
    }
    return sum;
}

Plan make_plan(const devnet::Artifacts& artifacts, const Wanted& wanted,
               const Beginning& beginning) {
    return Planner{artifacts, wanted, beginning}.make();
}

}  // namespace scope::deploy_app
