#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "demo/progress.hpp"
#include "devnet/artifacts.hpp"
#include "devnet/devnet.hpp"
#include "devnet/genesis.hpp"
#include "devnet/people.hpp"

namespace scope::demo {

using devnet::Artifacts;
using devnet::Detail;
using devnet::Person;
using devnet::short_hex;
using devnet::SLOT_S;

inline constexpr ChainId L1{1};
inline constexpr ChainId A{901};
inline constexpr ChainId B{902};

inline constexpr uint64_t ETHER = 1'000'000'000'000'000'000;  ///< wei
inline constexpr uint64_t GWEI = 1'000'000'000;               ///< wei
/// Enough gas for an account's check of one signature.
inline constexpr uint64_t VERIFICATION_GAS = 100'000;

/// Returns "L1", "A" or "B".
std::string chain_name(const uint256& chain_id);

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

/// An L1 and two rollups in one process, with everything deployed and funded: by ordinary signed
/// transactions, on rollups in batches that settled like any other.
///
/// Throws std::runtime_error if setting up fails.
class World {
  public:
    World(Artifacts artifacts, builder::DataAvailability data_availability,
          const Progress& progress);
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
    [[nodiscard]] const chain::Chain& chain(ChainId chain_id) const {
        return devnet_->chain(chain_id);
    }

    [[nodiscard]] const Person& alice() const noexcept { return alice_; }
    [[nodiscard]] const Person& bob() const noexcept { return bob_; }
    [[nodiscard]] const std::vector<Person>& members() const noexcept { return members_; }

    /// Opens a scope on the heads, with the world's options or these.
    builder::ScopeBuilder open();
    builder::ScopeBuilder open(const builder::BuilderOptions& options);

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
    void make_chains();
    void deploy_on_l1();
    void register_rollups();
    void deploy_on_rollups();
    void fund_pools();
    void name_everything();

    uint64_t next_nonce(ChainId chain_id, const Address& account);
    Transaction creation(ChainId chain_id, const Person& from, Bytes init_code, uint64_t gas_limit);
    void sign_fees(Transaction& tx, const Person& from);
    void build_l1_block(const std::vector<Transaction>& transactions);
    builder::Bundle seal_and_settle(builder::ScopeBuilder& scope);
    [[nodiscard]] RollupSites& at(ChainId chain_id) { return sites_.rollups.at(chain_id); }

    Artifacts artifacts_;
    builder::DataAvailability data_availability_;
    const Progress& progress_;
    Person deployer_ = devnet::make_person("deployer");
    Person provider_ = devnet::make_person("provider");
    Person alice_ = devnet::make_person("alice");
    Person bob_ = devnet::make_person("bob");
    Person submitter_ = devnet::make_person("submitter");
    Person proposer_ = devnet::make_person("proposer");  // coinbase of all blocks
    std::vector<Person> members_{devnet::make_person("member-1"), devnet::make_person("member-2"),
                                 devnet::make_person("member-3")};
    std::unique_ptr<devnet::Devnet> devnet_;
    Sites sites_;
    std::map<std::pair<ChainId, Address>, uint64_t> nonces_;
    std::map<std::pair<ChainId, Address>, std::string> labels_;
};

}  // namespace scope::demo
