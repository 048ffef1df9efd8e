#pragma once

#include "builder/scope_builder.hpp"
#include "l1/local_l1.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::builder::test {

using rollup::test::CHAIN;
using rollup::test::REMOTE;

/// An L1 and two rollups at their genesis, without contracts of ours: ScopedCallable is that of
/// test_rollup on every chain, and the settlement contract returns rollups as the genesis holds
/// them and accepts any scope.
struct TestNetwork {
    static constexpr uint64_t GENESIS_TIME_S = 1000;  ///< of L1

    /// @param change  Changes a rollup before its genesis.
    explicit TestNetwork(const std::function<void(rollup::RollupConfig&)>& change = {});

    std::vector<rollup::RollupConfig> configs;  ///< of CHAIN and REMOTE
    L1Contracts contracts;
    BuilderOptions options{.submitter = rollup::test::key(2)};
    rollup::test::FakeL1 source;  ///< for the follower
    std::unique_ptr<rollup::Follower> follower;
    std::unique_ptr<l1::LocalL1> l1;  ///< for the builder; 12 s a slot

    /// Has L1 settle a batch of CHAIN that does not derive, and the follower read it.
    void stop_chain();
    /// Opens a scope. REQUIRES: L1 answers.
    [[nodiscard]] ScopeBuilder open() const;
};

}  // namespace scope::builder::test
