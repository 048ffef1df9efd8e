#include "devnet/live_genesis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "devnet/deployment.hpp"
#include "devnet/dev_accounts.hpp"
#include "devnet/genesis.hpp"
#include "devnet/genesis_state.hpp"
#include "devnet/published.hpp"
#include "devnet/rollup_genesis.hpp"
#include "devnet/system_contracts.hpp"
#include "execution/host.hpp"

namespace scope::devnet {

namespace {

constexpr uint64_t SUBMITTER_ETHER = 1'000'000'000;
constexpr uint256 WEI_PER_ETHER{1'000'000'000'000'000'000};

class Maker {
  public:
    Maker(const Artifacts& artifacts, LiveGenesisOptions options)
        : artifacts_(artifacts), options_(std::move(options)) {
        for (size_t i = 1; i <= options_.attesters; ++i)
            made_.members.push_back(make_person(fmt::format("devnet.attester-{}", i)));
        made_.threshold = options_.attesters / 2 + 1;

        made_.network.contracts = settlement_contracts(options_.l1, made_.deployer.address);
    }

    LiveGenesis make() {
        make_l1();
        return std::move(made_);
    }

  private:
    [[nodiscard]] const builder::L1Contracts& contracts() const { return made_.network.contracts; }
    [[nodiscard]] const protocol::SettlementId& settlement() const {
        return contracts().settlement;
    }
    void name(ChainId chain_id, std::string contract, const Address& address) {
        made_.contracts.push_back({chain_id, std::move(contract), address});
    }
    template <typename... Arguments>
    Address create(GenesisState& on, const std::string& contract, const Person& creator,
                   const Arguments&... arguments) {
        return on.create(contract, creator.address,
                         concat(artifacts_.init_code(contract), abi::encode(arguments...)));
    }

    [[nodiscard]] chain::Genesis genesis_of(state::GenesisAlloc alloc, uint64_t gas_limit) const {
        chain::Genesis genesis;
        genesis.timestamp_s = options_.timestamp_s;
        genesis.gas_limit = gas_limit;
        genesis.base_fee_per_gas = options_.base_fee;
        genesis.coinbase = made_.proposer.address;
        genesis.alloc = std::move(alloc);
        for (const auto& account : options_.accounts)
            genesis.alloc[account].balance = options_.balance_wei;
        return genesis;
    }

    void name_published(ChainId chain_id) {
        name(chain_id, "Permit2", PERMIT2);
        name(chain_id, "Multicall3", MULTICALL3);
        name(chain_id, "Create2Deployer", DETERMINISTIC_DEPLOYER);
    }

    void make_l1() {
        made_.l1_spec = l1_spec(options_.l1);
        made_.l1 = genesis_of({}, options_.gas_limit);
        auto& alloc = made_.l1.alloc;
        add_system_contracts(alloc);
        alloc[made_.submitter.address].balance = uint256{SUBMITTER_ETHER} * WEI_PER_ETHER;

        GenesisState on{made_.l1_spec, made_.l1};
        deploy_on_l1(on);
        for (const ChainId chain_id : options_.rollups) add_rollup(on, chain_id);
        deploy_published(on, made_.deployer.address);
        alloc = on.finish().alloc;
        for (auto& [address, account] : options_.more_on_l1)
            if (const auto found = alloc.find(address);
                found == alloc.end() || found->second.code.empty())
                alloc[address] = std::move(account);
        name_l1();
        for (const ChainId chain_id : options_.rollups) name_rollup(chain_id);
    }

    void deploy_on_l1(GenesisState& on) {
        deploy_settlement(artifacts_, contracts(),
                          [&](const std::string& contract, const Bytes& init_code) {
                              return on.create(contract, made_.deployer.address, init_code);
                          });
        std::vector<Address> members;
        for (const auto& member : made_.members) members.push_back(member.address);
        verifier_ =
            create(on, "CommitteeVerifier", made_.deployer, members, uint256{made_.threshold});
        CHECK(create(on, "TokenBridgeL1", bridge_creator_, settlement().settlement,
                     made_.deployer.address) == bridge_);
    }

    /// Makes a rollup's genesis, registers it with the escrow that backs its ETH and a bond, and
    /// connects it.
    void add_rollup(GenesisState& l1, ChainId chain_id) {
        auto [config, header, bridge] =
            make_rollup_genesis(artifacts_, chain_id, settlement(),
                                genesis_of({}, std::max(options_.gas_limit, rollup::MIN_GAS_LIMIT)),
                                {.l1 = options_.l1,
                                 .on_l1 = bridge_,
                                 .creator = bridge_creator_.address,
                                 .owner = made_.deployer.address},
                                options_.rollups, KnownRollups::in_genesis);
        CHECK(bridge == bridge_);
        std::vector<crypto::SecretKey> members;
        for (const auto& member : made_.members) members.push_back(member.key);
        l1.call("registering a rollup", made_.deployer.address, contracts().registry,
                register_rollup(config, made_.deployer.address, verifier_, header, members),
                registration_value(config));
        l1.call("connecting the bridges", made_.deployer.address, bridge_,
                connect_bridge(chain_id, bridge_));
        made_.network.rollups.push_back(std::move(config));
    }

    void name_l1() {
        name(options_.l1, "Settlement", settlement().settlement);
        name(options_.l1, "ScopedCallable", contracts().l1_callable);
        name(options_.l1, "ForcedQueue", contracts().forced_queue);
        name(options_.l1, "RollupRegistry", contracts().registry);
        name(options_.l1, "RollupExit", contracts().exits);
        name(options_.l1, "ScopedAccountFactory", contracts().account_factory);
        name(options_.l1, "ScopedAccount", shared_account(contracts()));
        name(options_.l1, "CommitteeVerifier", verifier_);
        name(options_.l1, "TokenBridge", bridge_);
        name_published(options_.l1);
    }
    void name_rollup(ChainId chain_id) {
        name(chain_id, "ScopedCallable", rollup::PREDEPLOY);
        name(chain_id, "TokenBridge", bridge_);
        name_published(chain_id);
    }

    const Artifacts& artifacts_;
    LiveGenesisOptions options_;
    LiveGenesis made_;
    // An account that creates nothing else, so that the bridge has one address on all chains.
    Person bridge_creator_ = make_person("devnet.bridge");
    Address bridge_ = execution::create_address(bridge_creator_.address, 0);
    Address verifier_;
};

}  // namespace

std::optional<std::string> why_no_genesis(const LiveGenesisOptions& options) {
    const auto& rollups = options.rollups;
    if (rollups.empty() || rollups.size() > MAX_ROLLUPS)
        return fmt::format("{} rollups are none of 1 to {}", rollups.size(), MAX_ROLLUPS);
    if (std::ranges::adjacent_find(rollups, std::ranges::greater_equal{}) != rollups.end())
        return "the chain ids of rollups are not ascending";
    if (std::ranges::binary_search(rollups, options.l1))
        return fmt::format("{} is the chain id of L1 and of a rollup", options.l1.number());
    if (options.attesters == 0 || options.attesters > MAX_ATTESTERS)
        return fmt::format("{} attesters are none of 1 to {}", options.attesters, MAX_ATTESTERS);
    if (options.accounts.size() > MAX_ACCOUNTS)
        return fmt::format("{} accounts are more than {}", options.accounts.size(), MAX_ACCOUNTS);
    if (options.balance_wei > MAX_BALANCE_WEI) return "balance: more than 10^9 ETH";
    if (options.gas_limit < MIN_DEVNET_GAS_LIMIT)
        return fmt::format("gas_limit: {} is less than {}", options.gas_limit,
                           MIN_DEVNET_GAS_LIMIT);
    return std::nullopt;
}

LiveGenesis make_live_genesis(const Artifacts& artifacts, LiveGenesisOptions options) {
    return Maker{artifacts, std::move(options)}.make();
}

}  // namespace scope::devnet
