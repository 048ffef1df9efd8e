#pragma once

#include "devnet/artifacts.hpp"
#include "devnet/genesis.hpp"
#include "node/node.hpp"

namespace scope::fuzz_roots {

/// The most chains of a world, L1 counted. A chain's number is 0 for L1, then its rollups.
inline constexpr size_t MAX_CHAINS = 6;
ChainId chain_id_of(size_t chain);

/// Returns a key that everybody can compute.
crypto::SecretKey key_of(std::string_view name);
const crypto::SecretKey& submitter_key();
const crypto::SecretKey& member_key();  ///< of the committee's one member
/// Returns who sends the messages of a set-up, and so owns the rollups.
Address owner();

/// The coinbase of the blocks for which scopes are built.
inline constexpr Address COINBASE{{0xc0, 0x1b}};

/// A chain at its genesis, on which set-up messages run as they would in transactions.
class Setup {
  public:
    Setup(const state::GenesisAlloc& alloc, ChainId chain_id);

    Address create(const Bytes& init_code);
    /// Returns what the contract returned.
    Bytes call(const Address& to, const Bytes& data, const uint256& value = {});
    [[nodiscard]] Bytes code(const Address& address) const;
    /// Returns all accounts as they came to be. Once only.
    state::GenesisAlloc finish();

  private:
    evm::CallResult run(const evm::Message& message);

    state::MemoryState genesis_;
    state::State state_;
    execution::Environment environment_;
    execution::Host host_;
};

/// The contracts of the protocol as their constructors leave them: what every chain's genesis has
/// before there are programs.
class BaseChains {
  public:
    explicit BaseChains(const devnet::Artifacts& artifacts);

    /// Returns the accounts of L1 or of a rollup, which are the same on each.
    [[nodiscard]] const state::GenesisAlloc& alloc(size_t chain) const {
        return chain == 0 ? l1_ : rollup_;
    }

    // ---- places

    builder::L1Contracts contracts;
    Address verifier;
    Address account_implementation;  ///< to which delegated accounts delegate
    /// Returns ScopedCallable of a chain.
    [[nodiscard]] const Address& callable(size_t chain) const;
    /// Returns the one address that may load.
    [[nodiscard]] const Address& loader(size_t chain) const;
    [[nodiscard]] Address alias_of(size_t on_chain, ChainId chain_id, const Address& account) const;
    [[nodiscard]] Bytes alias_code(size_t on_chain, ChainId chain_id, const Address& account) const;
    /// Returns the account of an owner on L1, deployed or not.
    [[nodiscard]] Address account_of(const Address& owner_of_it) const;

  private:
    state::GenesisAlloc l1_, rollup_;
    Address l1_alias_, rollup_alias_;  // what aliases delegate to
};

}  // namespace scope::fuzz_roots
