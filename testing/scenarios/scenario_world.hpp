#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "demo/world.hpp"
#include "rollup/follower.hpp"

/// The world that the tests of scenarios have in common.
namespace scope::scenarios {

using demo::A;
using demo::B;
using demo::ETHER;
using demo::L1;

/// A contract on a chain.
struct Site {
    ChainId chain_id;
    Address address;
};

/// The options of a user's root.
struct Ask {
    uint256 value;                 ///< wei
    uint64_t gas = 8'000'000;      ///< of the transaction, or of the operation's target
    uint64_t nonces_before = 0;    ///< roots of the same user on the same chain, in the same scope
    const devnet::Person* from{};  ///< null: alice
};

/// The outcome of a root.
struct Ran {
    builder::RootResult root;
    node::Settled settled;
    builder::Bundle bundle;
};

/// The demonstration's chains, on which scenarios deploy their contracts and run their roots. Each
/// root goes the whole way: simulate, execute, batch, attest, settle on L1, derive by a follower
/// that has nothing but L1.
///
/// Whatever a test does not expect throws std::runtime_error.
class ScenarioWorld {
  public:
    /// Returns the world that all scenarios share.
    static ScenarioWorld& instance();
    ScenarioWorld();

    [[nodiscard]] demo::World& demo() noexcept { return world_; }

    // ---- setting up: by ordinary transactions, settled before the next root or reading

    /// @param source  Of the contract: contracts/test/scenarios/<source>.sol.
    template <typename... Arguments>
    Site deploy(ChainId chain_id, const std::string& source, const std::string& contract,
                const Arguments&... arguments) {
        return create(chain_id, concat(init_code(source, contract), abi::encode(arguments...)));
    }
    Site create(ChainId chain_id, Bytes init_code);
    /// Calls a contract from the deployer, which holds all tokens that nobody was given.
    void call(const Site& to, Bytes data, const uint256& value = {});
    void call_by(const devnet::Person& from, const Site& to, Bytes data, const uint256& value = {});
    /// Returns the address by which contracts of @p chain_id see the contract: its own, or its
    /// alias, deployed.
    Address seen_from(ChainId chain_id, const Site& site);
    [[nodiscard]] const devnet::Person& deployer() const noexcept { return deployer_; }

    // ---- running

    /// Makes a signed transaction, or an operation on L1.
    builder::Root root(const Site& to, Bytes data, const Ask& ask = {});
    /// Opens a scope on the heads, for the next slot.
    builder::ScopeBuilder open(
        builder::DataAvailability availability = builder::DataAvailability::calldata);
    /// Settles the scope and lets the follower follow: all heads and L1's registry
    /// must agree.
    Ran settle(builder::ScopeBuilder& scope);
    /// Runs a scope of one root, which must be accepted; whether it succeeds is in its result.
    Ran run(const Site& to, Bytes data, const Ask& ask = {},
            builder::DataAvailability availability = builder::DataAvailability::calldata);
    /// Returns the refusal of a root. Throws if it isn't refused.
    builder::Refusal refusal_of(const builder::Root& root);

    // ---- reading heads

    uint256 number(const Site& site, const Bytes& calldata);
    uint256 number(const Site& site, std::string_view signature) {
        return number(site, abi::call(signature));
    }
    /// Calls a function that returns bytes or a string.
    Bytes bytes(const Site& site, std::string_view signature);
    uint256 ether(const Site& site);
    uint256 token(ChainId chain_id, const Address& token, const Address& account);
    uint256 escrow(ChainId chain_id);
    /// Returns the ScopedCallable of a chain.
    [[nodiscard]] Address callable(ChainId chain_id) const;
    /// Returns the TokenBridge of a chain.
    [[nodiscard]] Address bridge(ChainId chain_id) const;
    std::vector<Hash> heads();

  private:
    static Bytes init_code(const std::string& source, const std::string& contract);
    Transaction make_transaction(ChainId chain_id, const devnet::Person& from,
                                 uint64_t nonces_before, std::optional<Address> to, Bytes data,
                                 const uint256& value, uint64_t gas);
    void prepare(ChainId chain_id, const devnet::Person& from, std::optional<Address> to,
                 Bytes data, const uint256& value);
    void set_up();
    void check_heads();

    struct Prepared {
        ChainId chain_id;
        Address from;
        Transaction transaction;
    };

    demo::Progress progress_;
    demo::World world_;
    devnet::Person deployer_ = devnet::make_person("deployer");
    std::vector<Prepared> prepared_;
    std::unique_ptr<node::Node> follower_;
};

/// The source and the target of a call.
struct Direction {
    ChainId here;
    ChainId there;
};
/// Returns L1 to a rollup, with blobs; a rollup to L1; a rollup to another one.
const std::vector<Direction>& directions();
std::string name_of(const testing::TestParamInfo<Direction>& direction);

/// A scenario in every direction: roots start on `here`.
class Scenario : public testing::TestWithParam<Direction> {
  protected:
    ScenarioWorld& world = ScenarioWorld::instance();
    const ChainId here = GetParam().here;
    const ChainId there = GetParam().there;

    [[nodiscard]] Ran run(const Site& to, Bytes data, const Ask& ask = {}) {
        return world.run(
            to, std::move(data), ask,
            here == L1 ? builder::DataAvailability::blobs : builder::DataAvailability::calldata);
    }
    [[nodiscard]] uint64_t number(const Site& site, std::string_view signature) {
        return world.number(site, signature)[0];
    }
    [[nodiscard]] uint64_t count(const Site& site) { return number(site, "counter()"); }
};

}  // namespace scope::scenarios
