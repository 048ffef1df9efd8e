#pragma once

#include <memory>
#include <span>
#include <vector>

#include "state/state_diff.hpp"
#include "state/state_view.hpp"

namespace scope::state {

/// Merkle proofs of an account and of slots of its storage (EIP-1186): the RLP of the nodes from
/// the root on. They prove absence as well.
struct AccountProof {
    std::vector<Bytes> account;
    std::vector<std::vector<Bytes>> slots;  ///< as the keys were given; without nodes if no storage
};

/// The whole state of a chain after one block: a view that never changes, with its root.
///
/// MemoryState is one; a state in a database is another. May be read in several threads.
class WorldState : public StateView {
  public:
    /// Returns the root of the state trie (Yellow Paper, appendix D).
    [[nodiscard]] virtual Hash state_root() const = 0;
    /// Returns the root of an account's storage trie; that of the empty trie if it does not exist.
    [[nodiscard]] virtual Hash storage_root(const Address& address) const = 0;
    /// Returns the proofs of an account and of slots of it, whether they exist or not.
    [[nodiscard]] virtual AccountProof prove(const Address& address,
                                             std::span<const Hash> keys) const = 0;
    /// Returns the nodes that prove an account and slots of it, and those that are needed to erase
    /// them all (Trie::prove_erasure).
    [[nodiscard]] virtual std::vector<Bytes> prove_erasure(const Address& address,
                                                           std::span<const Hash> keys) const = 0;
    /// Returns the balances of all accounts together, in wei modulo 2^256. Reads every account.
    [[nodiscard]] virtual uint256 supply() const = 0;
    /// Returns the state that @p diff leads to. REQUIRES: a diff from a State on this state.
    [[nodiscard]] virtual std::shared_ptr<const WorldState> after(const StateDiff& diff) const = 0;
};

}  // namespace scope::state
