#pragma once

#include <map>
#include <memory>
#include <span>

#include "devnet/devnet.hpp"
#include "fuzz_roots/program.hpp"

namespace scope::fuzz_roots {

/// The roots of one program that a scope has so far, by what the next one has to count.
struct Counted {
    std::map<size_t, uint64_t> transactions;    ///< of the user, by chain
    std::map<size_t, uint64_t> authorizations;  ///< of the second account, by chain
    std::map<Address, uint64_t> operations;     ///< by account
    friend bool operator==(const Counted&, const Counted&) = default;
};

/// A root that is made of its plan.
struct MadeRoot {
    builder::Root root;
    Counted counted;  ///< if the scope takes it
};

/// An L1 and rollups whose genesis has the protocol's contracts and those of programs, which run
/// one after the other: nothing is deployed by a transaction.
class World {
  public:
    /// @param programs  Of one group; not empty.
    World(const BaseChains& base, std::span<const Program> programs);

    [[nodiscard]] devnet::Devnet& devnet() noexcept { return *devnet_; }
    [[nodiscard]] node::Node& node() noexcept { return devnet_->node(); }
    /// Returns a node that has nothing but L1 to read.
    [[nodiscard]] node::Node& follower() noexcept { return *follower_; }
    [[nodiscard]] const protocol::SettlementId& settlement() const noexcept {
        return network_.contracts.settlement;
    }
    [[nodiscard]] size_t chains() const noexcept { return chains_; }

    /// Returns the program's accounts on L1 that are no contracts of its own, aliases of its
    /// contracts and users among them.
    [[nodiscard]] std::vector<Address> accounts_of(const Program& program) const;

    /// Opens a scope on the heads. Throws std::runtime_error if that can't be.
    builder::ScopeBuilder open(const Program& program);

    /// @param outcome  For the operation to sign; zero: any.
    [[nodiscard]] MadeRoot make_root(const Program& program, const RootPlan& plan,
                                     const Counted& before, const Hash& outcome = {},
                                     std::optional<uint64_t> root_index = {}) const;
    /// Makes an ordinary transaction of a rollup: a scope of L1's roots alone has no batch.
    [[nodiscard]] Transaction make_ordinary(const Program& program, const Counted& before) const;

    // ---- those on L1 who have nothing to do with any program

    static constexpr size_t BYSTANDERS = 4;
    static const crypto::SecretKey& bystander_key(size_t number);
    /// Burns all gas that it is given.
    static constexpr Address BURNER{{0xb0, 0x01}};
    /// Gives what it gets to the block's coinbase.
    static constexpr Address TIPPER{{0xb0, 0x02}};

  private:
    void add_program(const Program& program, std::vector<state::GenesisAlloc>& allocs) const;
    void add_bystanders(state::GenesisAlloc& alloc) const;
    void add_rollup(size_t chain, state::GenesisAlloc alloc, Setup& l1);
    [[nodiscard]] Transaction sign_transaction(const Program& program, const TransactionPlan& plan,
                                               const Counted& before) const;
    [[nodiscard]] protocol::SignedOperation sign_operation(const Program& program,
                                                           const OperationPlan& plan,
                                                           const Counted& before,
                                                           const Hash& outcome) const;

    const BaseChains& base_;
    size_t chains_;
    node::Network network_;
    std::unique_ptr<devnet::Devnet> devnet_;
    std::unique_ptr<node::Node> follower_;
};

}  // namespace scope::fuzz_roots
