#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "demo/demo_l1.hpp"
#include "demo/progress.hpp"
#include "devnet/artifacts.hpp"
#include "devnet/genesis.hpp"

namespace scope::demo {

using devnet::Artifacts;
using devnet::Detail;
using devnet::short_hex;
using devnet::SLOT_S;

inline constexpr ChainId L1{1};  ///< where L1 is in this process; else World::l1_id tells
inline constexpr ChainId A{901};
inline constexpr ChainId B{902};

inline constexpr uint64_t ETHER = 1'000'000'000'000'000'000;  ///< wei
inline constexpr uint64_t GWEI = 1'000'000'000;               ///< wei
/// Enough gas for an account's check of one signature.
inline constexpr uint64_t VERIFICATION_GAS = 100'000;

/// Returns the data of a transaction with the marker that makes it a root (docs/protocol.md,
/// section 12).
Bytes as_root(Bytes data);

/// The addresses of contracts on a rollup.
struct RollupSites {
    Address bridge;
    Address factory;  ///< Uniswap V2
    Address pair;     ///< Uniswap V2, of usd and gold
    Address usd;      ///< bridged from L1
    Address gold;     ///< bridged from L1
    Address swapper;
    Address courier;
};
struct Sites {
    // L1
    Address settlement;
    Address l1_callable;
    Address verifier;
    Address account;  ///< to which EOAs delegate
    Address bridge;
    Address usd;
    Address gold;
    Address remote_swap;
    Address shop;
    Address answerer;
    Address courier;
    Address refuser;
    std::map<ChainId, RollupSites> rollups;
    Address asker;       ///< on A
    Address arbitrage;   ///< on A
    Address persistent;  ///< on B
};

/// The balance of one holder in one asset on one chain.
struct Balance {
    std::string who;
    ChainId chain_id;
    std::string asset;
    uint256 amount;  ///< smallest unit; 10^18 are one
};

/// An L1, in this process or another's, and two rollups in this process, with everything deployed and
/// funded: by ordinary signed transactions, on rollups in batches that settled like any other.
///
/// Throws std::runtime_error if setting up fails.
class World {
  public:
    World(Artifacts artifacts, builder::DataAvailability data_availability,
          const Progress& progress)
        : World(make_own_l1(), std::move(artifacts), data_availability, progress) {}
    /// @param l1  Never null.
    World(std::shared_ptr<DemoL1> l1, Artifacts artifacts,
          builder::DataAvailability data_availability, const Progress& progress);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] const Artifacts& artifacts() const noexcept { return artifacts_; }
    [[nodiscard]] const Sites& sites() const noexcept { return sites_; }
    [[nodiscard]] devnet::Devnet& devnet() noexcept { return *devnet_; }
    [[nodiscard]] const node::Network& network() const noexcept {
        return devnet_->node().network();
    }
    [[nodiscard]] builder::BuilderOptions options() const;
    [[nodiscard]] prover::Committee& committee() noexcept { return devnet_->committee(); }
    /// Returns a rollup, or the L1 of this process.
    [[nodiscard]] const chain::Chain& chain(ChainId chain_id) const {
        return devnet_->chain(chain_id);
    }
    [[nodiscard]] const DemoL1& l1() const noexcept { return *l1_; }
    [[nodiscard]] ChainId l1_id() const { return l1_->view().spec().chain_id; }
    /// Returns L1's head: of another's, the block that the node has followed.
    [[nodiscard]] l1::L1Head l1_head() const;
    /// Returns the head of a chain.
    [[nodiscard]] l1::L1BlockId head_of(ChainId chain_id) const;
    /// Returns L1's head with what is built on it: a block with these attributes.
    [[nodiscard]] builder::L1Snapshot l1_snapshot(const chain::BlockAttributes& next) const;
    /// Returns the three chains, L1 first.
    [[nodiscard]] std::array<ChainId, 3> chain_ids() const { return {l1_id(), A, B}; }
    /// Returns "L1", "A" or "B".
    [[nodiscard]] std::string chain_name(const uint256& chain_id) const;
    [[nodiscard]] std::string chain_name(ChainId chain_id) const {
        return chain_name(uint256{chain_id});
    }

    [[nodiscard]] const Person& alice() const noexcept { return alice_; }
    [[nodiscard]] const Person& bob() const noexcept { return bob_; }
    [[nodiscard]] const std::vector<Person>& members() const noexcept { return members_; }

    /// Opens a scope on the heads, with the world's options or these.
    builder::ScopeBuilder open();
    builder::ScopeBuilder open(const builder::BuilderOptions& options);

    /// A scope that settled, and what it took.
    struct SettledScope {
        builder::Bundle bundle;
        node::Settled settled;
        builder::StepTimes times;
        double settle_ms = 0;
        size_t tries = 1;  ///< how often it was built
    };
    /// Puts what is to settle into an open scope, and returns why that failed. Called for each try:
    /// nonces are those of the first then, so that it makes the same transactions.
    using Fill = std::function<Result<void, std::string>(builder::ScopeBuilder&)>;
    /// Is given the bundle before it settles; an error keeps it from that.
    using BeforeSettling = std::function<Result<void, std::string>(const builder::Bundle&)>;
    /// Opens a scope on the heads, has it filled, and settles it. Where an L1 that is another's went on
    /// otherwise than was foreseen, so that it didn't settle, once more on its new head:
    /// DemoL1::max_tries.
    Result<SettledScope, std::string> settle(const Fill& fill,
                                             const BeforeSettling& before_settling = {});

    /// Makes a signed EIP-1559 transaction with the sender's next nonce, counting those made
    /// before.
    Transaction transaction(ChainId chain_id, const Person& from, const Address& to, Bytes data,
                            uint64_t gas_limit, const uint256& value = {});
    /// Makes such a transaction of a rollup that is a root.
    builder::L2Root root(ChainId chain_id, const Person& from, const Address& to, Bytes data,
                         uint64_t gas_limit, const uint256& value = {});
    /// Has L1 include a transaction of the deployer, which owns the rollups. The heads of rollups
    /// stay.
    void call_on_l1(const Address& to, Bytes data, const uint256& value = {});
    /// Encodes calldata by which somebody registers a rollup, with the committee's proof of its
    /// genesis; devnet::registration_value goes with it.
    [[nodiscard]] Bytes register_rollup(const rollup::RollupConfig& config,
                                        const BlockHeader& genesis) const;
    Address create_on_l1(Bytes init_code);
    /// Makes a signed operation of the account that @p from delegates to.
    [[nodiscard]] builder::L1Root operation(const Person& from, const Address& target, Bytes data,
                                            uint64_t gas) const;
    /// Returns the nonce of an account's next operation.
    [[nodiscard]] uint256 operation_nonce(const Address& account) const;
    struct Call {
        Address target;
        uint256 value;
        Bytes data;
    };
    /// Encodes calldata of IScopedAccount.executeBatch.
    static Bytes batch_of(const std::vector<Call>& calls);

    /// Returns the result of a call on the head of a chain. Throws if it fails.
    [[nodiscard]] Bytes view(ChainId chain_id, const Address& to, const Bytes& calldata) const;
    [[nodiscard]] uint256 number(ChainId chain_id, const Address& to, const Bytes& calldata) const;
    [[nodiscard]] uint256 ether_of(ChainId chain_id, const Address& account) const;
    [[nodiscard]] uint256 token_of(ChainId chain_id, const Address& token,
                                   const Address& account) const;
    /// Returns all ETH that exists on a rollup: the predeploy's reserve doesn't (protocol.md,
    /// section 10).
    [[nodiscard]] uint256 ether_on(ChainId chain_id) const;
    /// Returns the sum of the base fees of a rollup's transactions.
    [[nodiscard]] uint256 ether_burnt_on(ChainId chain_id) const;
    /// Returns the balances of everyone in the stories, always in the same order.
    [[nodiscard]] std::vector<Balance> balances() const;
    /// Returns the contract's name, "Shop", or the address by its ends.
    [[nodiscard]] std::string label(const uint256& chain_id, const Address& address) const;

  private:
    class Deployment;
    /// The reason why a try to settle came to nothing.
    struct Failure {
        std::string reason;
        bool may_try_again = false;  ///< L1 went on; nothing waits to settle
    };
    Result<SettledScope, Failure> try_to_settle(const Fill& fill,
                                                const BeforeSettling& before_settling);
    void make_chains();
    void fund_people();
    void deploy_on_l1();
    void register_rollups();
    void deploy_on_rollups();
    void deploy_on_rollups(builder::ScopeBuilder& scope);
    void fund_pools();
    void fund_pools(builder::ScopeBuilder& scope);
    void name_everything();

    uint64_t next_nonce(ChainId chain_id, const Address& account);
    Transaction creation(ChainId chain_id, const Person& from, Bytes init_code, uint64_t gas_limit);
    void sign_fees(Transaction& tx, const Person& from);
    void include_on_l1(const std::vector<Transaction>& transactions);
    void settle_set_up(const std::function<void(builder::ScopeBuilder&)>& fill);
    /// Returns a chain's state after its head, with the head.
    struct Head {
        BlockHeader header;
        std::shared_ptr<const state::StateView> state;
    };
    [[nodiscard]] Head head(ChainId chain_id) const;
    [[nodiscard]] RollupSites& at(ChainId chain_id) { return sites_.rollups.at(chain_id); }

    std::shared_ptr<DemoL1> l1_;
    Artifacts artifacts_;
    builder::DataAvailability data_availability_;
    const Progress& progress_;
    Person deployer_ = l1_->person("deployer");
    Person provider_ = l1_->person("provider");
    Person alice_ = l1_->person("alice");
    Person bob_ = l1_->person("bob");
    Person submitter_ = l1_->person("submitter");
    Person proposer_ = l1_->person("proposer");  // coinbase of the blocks of an L1 in this process
    std::vector<Person> members_{l1_->person("member-1"), l1_->person("member-2"),
                                 l1_->person("member-3")};
    std::unique_ptr<devnet::Devnet> devnet_;
    Sites sites_;
    std::map<std::pair<ChainId, Address>, uint64_t> nonces_;
    std::map<std::pair<ChainId, Address>, std::string> labels_;
};

}  // namespace scope::demo
