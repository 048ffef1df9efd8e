#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <span>

#include "devnet/artifacts.hpp"
#include "devnet/devnet.hpp"
#include "oracle/coverage.hpp"
#include "oracle/outcome.hpp"

namespace scope::oracle {

/// The reason why a program can't be judged: a root that the builder refused, and why.
struct NotRun {
    builder::RefusalRule rule{};
    std::string reason;
    bool has_starved_call = false;  ///< one of its calls failed with TooLittleGas
};

/// A chain after a scope: its state, and receipts with the program's logs.
struct ChainAfter {
    std::shared_ptr<const state::WorldState> state;
    std::vector<Receipt> receipts;
};

/// A program's first scope, sealed and not settled, with its chains: for tests that interfere.
struct SealedScope {
    devnet::Devnet& devnet;
    const builder::BuilderOptions& options;
    const builder::Bundle& bundle;
    /// Reads an outcome but for its roots from all chains, L1 first.
    std::function<Outcome(const std::vector<ChainAfter>&)> read;
};
using BeforeSettling = std::function<void(const SealedScope&)>;

/// A runner of programs through the whole protocol: simulate, plan, execute, batch, attest, settle
/// on L1, derive by a follower.
class ManyChains {
  public:
    explicit ManyChains(const devnet::Artifacts& artifacts);

    class World;

    /// Runs a program in a world of its own.
    /// @param before_settling  Called with the first scope; must leave the chains as they are.
    Result<Outcome, NotRun> run(const Program& program, builder::DataAvailability data_availability,
                                const BeforeSettling& before_settling = {}) const;

  private:
    [[nodiscard]] Address alias_of(size_t on_chain, ChainId chain_id, const Address& account) const;
    [[nodiscard]] Bytes alias_code(size_t on_chain, ChainId chain_id, const Address& account) const;

    // What a chain holds before there are programs: L1 with settlement, verifier, account.
    state::GenesisAlloc l1_, rollup_;
    builder::L1Contracts contracts_;
    Address verifier_;
    Address l1_alias_, rollup_alias_;  // what aliases delegate to
};

/// Chains whose genesis holds the settlement contracts as their constructors leave them and the
/// contracts of many programs, which run one after the other: chains go on, and setting them up is
/// paid for once.
class ManyChains::World {
  public:
    World(const ManyChains& base, std::span<const Program> programs);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Runs a program. A root is in the scope of the one before it, or in the next, as the program
    /// says, and if entries stand before it; in the next too if the builder says it needs a scope of
    /// its own. L1 queues entries before it is opened, and behind all roots in a scope of their own.
    /// An exception leaves the world unusable.
    /// @param program   One of the world's, for the first time.
    /// @param coverage  If not null, what it reached is added there.
    Result<Outcome, NotRun> run(const Program& program, builder::DataAvailability data_availability,
                                const BeforeSettling& before_settling = {},
                                Coverage* coverage = nullptr);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::oracle
