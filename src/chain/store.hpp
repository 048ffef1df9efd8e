#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "state/memory_state.hpp"
#include "types/blob.hpp"
#include "types/block.hpp"

namespace scope::chain {

/// A block that was found valid, with what its execution gave.
struct StoredBlock {
    Hash hash;
    Block block;
    std::vector<Receipt> receipts;
    std::vector<Hash> transaction_hashes;
    std::vector<Address> senders;
    std::vector<Bytes> requests;  ///< EIP-7685
    uint256 total_difficulty;
    size_t state_bytes = 0;  ///< that its state takes beside its parent's (state::size_in_memory)

    [[nodiscard]] const BlockHeader& header() const noexcept { return block.header; }
};
using StoredBlockPtr = std::shared_ptr<const StoredBlock>;

/// Estimates the bytes that a block takes in memory, its logs and the changes of its state included.
size_t size_in_memory(const StoredBlock& block);

/// The place of a transaction on the canonical chain.
struct TransactionPlace {
    StoredBlockPtr block;
    size_t index = 0;
};

/// The blob that a transaction's versioned hash stands for (EIP-4844).
struct StoredBlob {
    Blob blob;
    KzgCommitment commitment;
    KzgProof proof;
};
using StoredBlobPtr = std::shared_ptr<const StoredBlob>;

/// The store of a chain's blocks, states and blobs: in memory (MemoryStore) or in a database.
///
/// It returns null or nullopt for what it does not have.
class Store {
  public:
    virtual ~Store() = default;

    virtual void put_block(StoredBlockPtr block,
                           std::shared_ptr<const state::WorldState> state) = 0;
    [[nodiscard]] virtual StoredBlockPtr block(const Hash& hash) const = 0;
    /// Returns the state after a block.
    [[nodiscard]] virtual std::shared_ptr<const state::WorldState> state(
        const Hash& block_hash) const = 0;

    /// Makes @p head and its ancestors canonical. REQUIRES: all of them stored.
    virtual void set_head(const Hash& head) = 0;
    [[nodiscard]] virtual StoredBlockPtr head() const = 0;
    [[nodiscard]] virtual StoredBlockPtr canonical_block(uint64_t number) const = 0;
    [[nodiscard]] virtual std::optional<TransactionPlace> transaction(const Hash& hash) const = 0;

    /// Keeps the states of canonical blocks from this number on, however far the head goes. A store
    /// that keeps all states has nothing to do.
    virtual void keep_states(uint64_t /*from_number*/) {}

    virtual void put_blob(const Hash& versioned_hash, StoredBlobPtr blob) = 0;
    [[nodiscard]] virtual StoredBlobPtr blob(const Hash& versioned_hash) const = 0;
};

std::unique_ptr<Store> make_memory_store();

}  // namespace scope::chain
