#pragma once

#include <map>
#include <memory>
#include <string_view>

#include "crypto/secp256k1.hpp"
#include "rollup/follower.hpp"

/// A small rollup and a small L1 for the tests of rollup and prover: no contracts of ours.
namespace scope::rollup::test {

inline constexpr ChainId CHAIN{901};
inline constexpr ChainId REMOTE{902};
inline constexpr ChainId L1_CHAIN{1};
/// The root index with which a loadRoot or runRoot reverts with the index as a word.
inline constexpr uint64_t REVERTING_INDEX = 0xdead;
/// The slot where the predeploy keeps what a user's transaction found in its transient storage.
inline constexpr uint64_t CARRIED_SLOT = 7;
/// The slots where the predeploy keeps how many chains the last addChains named, and the first.
inline constexpr uint64_t ADDED_COUNT_SLOT = 8;
inline constexpr uint64_t ADDED_CHAIN_SLOT = 9;

crypto::SecretKey key(uint8_t number);
Address user();  ///< of key(1), funded

/// Returns a predeploy in a few lines: openScope resets the streams with REMOTE to the seed;
/// loadRoot and runRoot set requestsIn to the operation hash, valueIn to the root index, and
/// transient slot 0 to the operation hash; addChains notes what it is told; any other call stores
/// transient slot 0 at CARRIED_SLOT. The views are those of ScopedCallable; no remote has a limit.
Bytes predeploy_code();

RollupConfig config(ChainId chain_id = CHAIN);
chain::Chain make_chain(const RollupConfig& config);

/// An author of transactions as they stand in a batch, with the next nonces.
class Author {
  public:
    explicit Author(ChainId chain_id = CHAIN) : chain_id_(chain_id) {}
    Transaction system(Bytes calldata);
    Transaction open_scope();
    Transaction run_root(uint64_t index);
    Transaction load_root(const Transaction& user_transaction, uint64_t index);
    Transaction add_chains(const std::vector<uint256>& chain_ids);
    Transaction transfer(const Address& to, uint64_t value_wei);
    Transaction call_predeploy();
    /// Returns a transaction that is a root, by the marker at its end.
    Transaction root();

  private:
    Transaction user_transaction(const Address& to, uint64_t value_wei, Bytes data);
    ChainId chain_id_;
    uint64_t system_nonce_ = 0;
    uint64_t user_nonce_ = 0;
};

/// Makes the next batch of a chain from blocks' transactions, 12 s apart and not before what
/// FakeL1 gives a block of the origin's number.
Batch make_batch(const chain::Chain& chain, std::vector<std::vector<Transaction>> blocks,
                 uint64_t number = 0, const Hash& l1_origin_hash = {},
                 uint64_t l1_origin_number = 0);
/// Makes a batch of two blocks with one root of each kind and a transfer.
Batch sample_batch(const chain::Chain& chain, const Hash& l1_origin_hash = {},
                   uint64_t l1_origin_number = 0);

enum class DataIn : uint8_t { calldata, blobs };

/// An honest builder's claim of a batch on a chain's head, with its data where it belongs.
struct Claimed {
    protocol::BatchClaim claim;
    BatchExecution execution;
    Bytes data;                          ///< as in calldata; empty: in blobs
    std::vector<Hash> versioned_hashes;  ///< of the blobs, if it is alone there
    std::vector<crypto::Blob> blobs;
    Hash data_commitment;  ///< if it is alone in its scope
};

/// An L1 that is told what it holds; not executed, but every root is that of its content, and no
/// two blocks are equal. To reorganise it, change blocks_.
class FakeL1 final : public l1::L1Source {
  public:
    FakeL1();

    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override;
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override;
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override;
    [[nodiscard]] chain::StoredBlockPtr head() const { return blocks_.back(); }

    /// Appends a block with these transactions.
    void add(std::vector<Transaction> transactions, std::vector<Receipt> receipts);
    /// Adds one executeScope with its event, in a block of its own, and its blobs.
    void settle(const std::vector<Claimed>& batches);
    /// Adds a block in which these rollups are registered.
    void register_rollups(const std::vector<uint256>& chain_ids);
    /// Keeps a blob for who asks; returns its versioned hash.
    Hash keep(const crypto::Blob& blob);

    static constexpr size_t SAFE_DEPTH = 2;
    static constexpr size_t FINALIZED_DEPTH = 4;

    std::vector<std::shared_ptr<chain::StoredBlock>> blocks_;
    std::map<Hash, std::shared_ptr<chain::StoredBlob>> blobs_;
    bool unreachable_ = false;
    bool blobs_unreachable_ = false;

  private:
    uint64_t added_ = 0;
};

/// A successful executeScope transaction with the event of its batches, its receipt and its blobs.
struct Settling {
    Transaction transaction;
    Receipt receipt;
    std::vector<crypto::Blob> blobs;
};
/// Settles batches in one scope, ascending by chain id. All are in blobs if the first is. If there
/// are several, their bytes follow one another, and the offsets of their claims grow by what stands
/// before them; one alone is as it says.
Settling settling(const std::vector<Claimed>& batches);

/// Returns the event of a registration.
Log registration(const uint256& chain_id);

Claimed claim_of(const chain::Chain& chain, const RollupConfig& config, const Batch& batch,
                 DataIn data_in, FakeL1* l1 = nullptr);

}  // namespace scope::rollup::test
