#pragma once

#include "abi/abi.hpp"
#include "builder/scope_builder.hpp"
#include "l1/local_l1.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::builder::test {

using rollup::test::CHAIN;
using rollup::test::REMOTE;

/// A fixed answer to calls.
struct CannedAnswer {
    Bytes prefix;  ///< of the calldata: a selector, or that and the first argument
    Bytes output;
};
/// Returns the code of a contract that answers by the first entry that fits, and anything else with
/// nothing.
Bytes canned_code(const std::vector<CannedAnswer>& answers);

/// Changes to a TestNetwork before its genesis.
struct NetworkChanges {
    std::function<void(rollup::RollupConfig&)> rollup = {};
    std::function<void(ChainId, protocol::RegisteredRollup&)> registry = {};
    std::vector<CannedAnswer> settlement = {};  ///< go before its own answers
    std::vector<CannedAnswer> l1_callable = {};
    state::GenesisAlloc l1 = {};  ///< beside its own accounts
};

/// Returns changes by which ScopedCallables tell a baton, so that roots without calls can be added.
NetworkChanges with_batons();

/// An L1 and two rollups at their genesis, without contracts of ours: ScopedCallable is that of
/// test_rollup on rollups. On L1 it and the settlement contract accept everything; the latter
/// returns rollups as they are, and 0 as any account's nonce. The follower has followed L1.
struct TestNetwork {
    static constexpr uint64_t GENESIS_TIME_S = 1000;  ///< of L1

    explicit TestNetwork(const NetworkChanges& changes = {});

    std::vector<rollup::RollupConfig> configs;  ///< of CHAIN and REMOTE
    L1Contracts contracts;
    BuilderOptions options{.submitter = crypto::local_signer(rollup::test::key(2))};
    rollup::test::FakeL1 source;  ///< for the follower; its first block is the genesis of l1
    std::unique_ptr<rollup::Follower> follower;
    std::unique_ptr<l1::LocalL1> l1;  ///< for the builder; 12 s a slot

    /// Follows the source anew, with the configurations as they are.
    void follow_anew();
    /// Has the source settle a batch of CHAIN that does not derive, and the follower read it.
    void stop_chain();
    /// Opens a scope. REQUIRES: L1 answers.
    [[nodiscard]] ScopeBuilder open() const;
};

}  // namespace scope::builder::test
