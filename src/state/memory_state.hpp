#pragma once

#include <map>
#include <memory>

#include "state/world_state.hpp"

namespace scope::state {

/// An account as a genesis file or a test has it.
struct GenesisAccount {
    uint64_t nonce = 0;
    uint256 balance;  ///< wei
    Bytes code;
    std::map<Hash, Hash> storage;
    friend bool operator==(const GenesisAccount&, const GenesisAccount&) = default;
};
using GenesisAlloc = std::map<Address, GenesisAccount>;

/// A whole state in memory, with its root.
///
/// A value: a copy costs a few pointers, shares what both have in common, and is independent of the
/// original from then on, so that one is kept for every block. Copies may be read in several
/// threads.
class MemoryState final : public WorldState {
  public:
    MemoryState();
    explicit MemoryState(const GenesisAlloc& alloc);
    MemoryState(const MemoryState&);
    MemoryState(MemoryState&&) noexcept;
    MemoryState& operator=(const MemoryState&);
    MemoryState& operator=(MemoryState&&) noexcept;
    ~MemoryState() override;

    [[nodiscard]] std::optional<Account> account(const Address& address) const override;
    [[nodiscard]] evm::CodePtr code(const Address& address) const override;
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override;
    [[nodiscard]] bool has_storage(const Address& address) const override;

    [[nodiscard]] Hash state_root() const override;
    [[nodiscard]] Hash storage_root(const Address& address) const override;
    [[nodiscard]] AccountProof prove(const Address& address,
                                     std::span<const Hash> keys) const override;
    [[nodiscard]] std::vector<Bytes> prove_erasure(const Address& address,
                                                   std::span<const Hash> keys) const override;
    [[nodiscard]] uint256 supply() const override;
    [[nodiscard]] std::shared_ptr<const WorldState> after(const StateDiff& diff) const override;

    /// Applies @p diff in place. Only what changed is hashed. REQUIRES: a diff from a State on this
    /// state.
    void apply(const StateDiff& diff);

    /// Returns all accounts, in the order of addresses and keys.
    [[nodiscard]] GenesisAlloc dump() const;

  private:
    struct Content;
    std::unique_ptr<Content> content_;
};

/// Estimates the bytes that a MemoryState takes beside the one on which @p diff was made, while both
/// are kept: changed accounts and slots, code, and the nodes on the paths to them.
size_t size_in_memory(const StateDiff& diff);

}  // namespace scope::state
