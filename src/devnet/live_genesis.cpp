#include "devnet/live_genesis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "devnet/dev_accounts.hpp"
#include "devnet/genesis.hpp"
#include "devnet/genesis_state.hpp"
#include "devnet/published.hpp"
#include "devnet/system_contracts.hpp"
#include "execution/host.hpp"

namespace scope::devnet {

namespace {

constexpr uint64_t SUBMITTER_ETHER = 1'000'000'000;
constexpr uint256 WEI_PER_ETHER{1'000'000'000'000'000'000};

/// Nonces of the deployer's creations on L1.
enum OnL1 : uint64_t { SETTLEMENT, VERIFIER };

class Maker {
  public:
    Maker(const Artifacts& artifacts, LiveGenesisOptions options)
        : artifacts_(artifacts), options_(std::move(options)) {
        for (size_t i = 1; i <= options_.attesters; ++i)
            made_.members.push_back(make_person(fmt::format("devnet.attester-{}", i)));
        made_.threshold = options_.attesters / 2 + 1;

        const Address settlement = deployed(SETTLEMENT);
        made_.network.contracts = {.settlement = {options_.l1, settlement},
                                   .l1_callable = execution::create_address(settlement, 1)};
    }

    LiveGenesis make() {
        make_l1();
        return std::move(made_);
    }

  private:
    [[nodiscard]] Address deployed(uint64_t nonce) const {
        return execution::create_address(made_.deployer.address, nonce);
    }
    [[nodiscard]] const protocol::SettlementId& settlement() const {
        return made_.network.contracts.settlement;
    }
    void name(ChainId chain_id, std::string contract, const Address& address) {
        made_.contracts.push_back({chain_id, std::move(contract), address});
    }
    template <typename... Arguments>
    void create(GenesisState& on, const std::string& contract, const Person& creator,
                const Address& at, const Arguments&... arguments) {
        const Address created =
            on.create(contract, creator.address,
                      concat(artifacts_.init_code(contract), abi::encode(arguments...)));
        CHECK(created == at);
    }

    [[nodiscard]] chain::Genesis genesis_of(state::GenesisAlloc alloc) const {
        chain::Genesis genesis;
        genesis.timestamp_s = options_.timestamp_s;
        genesis.gas_limit = options_.gas_limit;
        genesis.base_fee_per_gas = options_.base_fee;
        genesis.coinbase = made_.proposer.address;
        genesis.alloc = std::move(alloc);
        for (const auto& account : options_.accounts)
            genesis.alloc[account].balance = options_.balance_wei;
        return genesis;
    }

    void deploy_published(GenesisState& on) {
        CHECK(on.create("the deterministic deployer", DETERMINISTIC_DEPLOYER_CREATOR,
                        deterministic_deployer_init_code()) == DETERMINISTIC_DEPLOYER);
        CHECK(on.create("Multicall3", MULTICALL3_CREATOR, multicall3_init_code()) == MULTICALL3);
        on.call("Permit2", made_.deployer.address, DETERMINISTIC_DEPLOYER,
                concat(PERMIT2_SALT, permit2_init_code()));
    }
    void name_published(ChainId chain_id) {
        name(chain_id, "Permit2", PERMIT2);
        name(chain_id, "Multicall3", MULTICALL3);
        name(chain_id, "Create2Deployer", DETERMINISTIC_DEPLOYER);
    }

    void connect(GenesisState& on, const Address& bridge, ChainId remote,
                 const Address& remote_bridge) {
        on.call("connecting the bridges", made_.deployer.address, bridge,
                abi::call("connect(uint256,address)", uint256{remote}, remote_bridge));
    }

    void make_l1() {
        made_.l1_spec = l1_spec(options_.l1);
        made_.l1 = genesis_of({});
        auto& alloc = made_.l1.alloc;
        add_system_contracts(alloc);
        alloc[made_.submitter.address].balance = uint256{SUBMITTER_ETHER} * WEI_PER_ETHER;

        GenesisState on{made_.l1_spec, made_.l1};
        deploy_on_l1(on);
        for (const ChainId chain_id : options_.rollups) add_rollup(on, chain_id);
        deploy_published(on);
        alloc = on.finish().alloc;
        for (auto& [address, account] : options_.more_on_l1)
            if (const auto found = alloc.find(address);
                found == alloc.end() || found->second.code.empty())
                alloc[address] = std::move(account);
        name_l1();
        for (const ChainId chain_id : options_.rollups) name_rollup(chain_id);
    }

    void deploy_on_l1(GenesisState& on) {
        create(on, "Settlement", made_.deployer, settlement().settlement, made_.deployer.address);
        std::vector<Address> members;
        for (const auto& member : made_.members) members.push_back(member.address);
        create(on, "CommitteeVerifier", made_.deployer, deployed(VERIFIER), members,
               uint256{made_.threshold});
        create(on, "TokenBridge", bridge_creator_, bridge_, made_.network.contracts.l1_callable,
               made_.deployer.address);
    }

    /// Makes a rollup's genesis, registers it with the escrow that backs its ETH, and connects it.
    void add_rollup(GenesisState& l1, ChainId chain_id) {
        auto config = rollup_config(
            chain_id, settlement(),
            rollup_alloc(predeploy_code(artifacts_, rollup::rollup_spec(chain_id), settlement())));
        config.genesis = genesis_of(std::move(config.genesis.alloc));
        GenesisState on{config.spec, config.genesis};
        create(on, "TokenBridge", bridge_creator_, bridge_, rollup::PREDEPLOY,
               made_.deployer.address);
        connect(on, bridge_, options_.l1, bridge_);
        std::vector<uint256> others;
        for (const ChainId other : options_.rollups) {
            if (other == chain_id) continue;
            connect(on, bridge_, other, bridge_);
            others.emplace_back(other);
        }
        // As derivation has it done where a rollup is registered later (protocol.md, section 12).
        on.call("making the rollups known", rollup::SYSTEM_SENDER, rollup::PREDEPLOY,
                abi::call("addChains(uint256[])", others));
        deploy_published(on);
        auto [alloc, block_hash] = on.finish();
        config.genesis.alloc = std::move(alloc);
        l1.call("registering a rollup", made_.deployer.address, settlement().settlement,
                register_rollup(config, deployed(VERIFIER), block_hash), ether_of(config));
        connect(l1, bridge_, chain_id, bridge_);
        made_.network.rollups.push_back(std::move(config));
    }

    void name_l1() {
        const Address factory = execution::create_address(settlement().settlement, 2);
        name(options_.l1, "Settlement", settlement().settlement);
        name(options_.l1, "ScopedCallable", made_.network.contracts.l1_callable);
        name(options_.l1, "ScopedAccountFactory", factory);
        name(options_.l1, "ScopedAccount", execution::create_address(factory, 1));
        name(options_.l1, "CommitteeVerifier", deployed(VERIFIER));
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
