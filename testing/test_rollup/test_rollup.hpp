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
/// The same of the last removeChains.
inline constexpr uint64_t REMOVED_COUNT_SLOT = 10;
inline constexpr uint64_t REMOVED_CHAIN_SLOT = 11;
/// The slot where the predeploy keeps its position in the forced queue.
inline constexpr uint64_t POSITION_SLOT = 12;
/// The slots where the predeploy keeps how many deposits succeeded, and how many failed.
inline constexpr uint64_t DEPOSITED_SLOT = 13;
inline constexpr uint64_t FAILED_DEPOSITS_SLOT = 14;
/// The value with which a deposit reverts as a whole, as the predeploy's never does.
inline constexpr uint64_t REVERTING_VALUE = 0xdead;

/// A contract that writes logs until it has little gas left: a byte in each, which takes most memory
/// for its gas.
inline constexpr Address LOGGER{{0x10, 0x65}};

crypto::SecretKey key(uint8_t number);
Address user();  ///< of key(1), funded

/// Returns a predeploy in a few lines: openScope resets the streams with REMOTE to the seed;
/// loadRoot and runRoot set requestsIn to the operation hash, valueIn to the root index, and
/// transient slot 0 to the operation hash; addChains notes what it is told; any other call stores
/// transient slot 0 at CARRIED_SLOT. removeChains notes what it is told, takeForced the position,
/// deposit calls `to` with the value and the gas limit, without data; upgrade does nothing itself. The
/// views are those of ScopedCallable; no remote has a limit.
Bytes predeploy_code();

RollupConfig config(ChainId chain_id = CHAIN);
chain::Chain make_chain(const RollupConfig& config);

/// An author of transactions as they stand in a batch, with the next nonces.
class Author {
  public:
    explicit Author(ChainId chain_id = CHAIN) : chain_id_(chain_id) {}
    /// Goes on with the nonces of a chain's head.
    explicit Author(const chain::Chain& chain);
    Transaction system(Bytes calldata);
    Transaction open_scope();
    Transaction run_root(uint64_t index);
    Transaction load_root(const Transaction& user_transaction, uint64_t index);
    Transaction add_chains(const std::vector<uint256>& chain_ids);
    Transaction remove_chains(const std::vector<uint256>& chain_ids);
    Transaction upgrade(const Bytes& code);
    Transaction take_forced(uint64_t position);
    /// Returns what a builder has to begin a block with: what is due by the rules, and behind it
    /// takeForced if @p position is above that of the batch before.
    /// @param options  Of the batch. REQUIRES: of an L1.
    std::vector<Transaction> openings(const BatchOptions& options, uint64_t l1_origin_number,
                                      uint64_t position);
    Transaction transfer(const Address& to, uint64_t value_wei);
    Transaction call_predeploy();
    /// Returns a call of LOGGER.
    Transaction logs(uint64_t gas);
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

/// Makes a first batch of calls of LOGGER that use this gas together, in full blocks.
Batch logging_batch(const chain::Chain& chain, uint64_t gas, const Hash& l1_origin_hash = {},
                    uint64_t l1_origin_number = 0);
/// The most gas that they may use, beside what openScope may.
inline constexpr uint64_t MOST_LOGGING_GAS = MAX_BATCH_GAS - 1'000'000;

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
/// two blocks are equal. To reorganise it, change blocks_. What its canonical blocks say of rollups it
/// reads anew from all of them each time: to compare a follower's with.
class FakeL1 final : public l1::L1Source, public L1Origins {
  public:
    FakeL1();

    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override;
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override;
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override;
    [[nodiscard]] std::optional<Origin> l1_origin(uint64_t number) const override;
    [[nodiscard]] std::vector<ChainId> registered(uint64_t after, uint64_t up_to) const override;
    [[nodiscard]] std::vector<ChainId> closed(uint64_t after, uint64_t up_to) const override;
    [[nodiscard]] std::optional<Bytes> upgrade(ChainId chain_id, uint64_t after,
                                               uint64_t up_to) const override;
    /// Borrowed until it is asked for the same again.
    [[nodiscard]] const QueuedEntry* forced_entry(ChainId chain_id, uint64_t index) const override;
    [[nodiscard]] chain::StoredBlockPtr head() const { return blocks_.back(); }

    /// Appends a block with these transactions.
    void add(std::vector<Transaction> transactions, std::vector<Receipt> receipts);
    /// Adds one executeScope with its event, in a block of its own, and its blobs.
    void settle(const std::vector<Claimed>& batches);
    /// Adds a block with these events, each of a successful transaction.
    void emit(const std::vector<Log>& events);
    /// Adds a block in which these rollups are registered.
    void register_rollups(const std::vector<uint256>& chain_ids);
    /// Adds a block in which these entries are queued, behind those that are.
    void queue(ChainId chain_id, const std::vector<protocol::ForcedEntry>& entries);
    /// Returns how many entries are queued.
    [[nodiscard]] uint64_t queue_length(ChainId chain_id) const;
    /// Keeps a blob for who asks; returns its versioned hash.
    Hash keep(const crypto::Blob& blob);

    static constexpr size_t SAFE_DEPTH = 2;
    static constexpr size_t FINALIZED_DEPTH = 4;

    std::vector<std::shared_ptr<chain::StoredBlock>> blocks_;
    std::map<Hash, std::shared_ptr<chain::StoredBlob>> blobs_;
    bool unreachable_ = false;
    bool blobs_unreachable_ = false;

  private:
    [[nodiscard]] std::vector<QueuedEntry> entries_of(ChainId chain_id) const;

    uint64_t added_ = 0;
    mutable std::map<std::pair<ChainId, uint64_t>, QueuedEntry> lent_;
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

/// Returns the event of a registration; the others, of a closing, an upgrade, an entry's queueing.
Log registration(const uint256& chain_id);
Log closing(const uint256& chain_id);
Log upgrading(const uint256& chain_id, const Bytes& code);
Log queueing(const uint256& chain_id, uint64_t index, const protocol::ForcedEntry& entry);

/// Returns a deposit that somebody on L1 makes, without data.
protocol::ForcedEntry deposit(const Address& to, uint64_t value_wei, uint64_t gas_limit = 100'000);
/// Returns an entry that is this transaction.
protocol::ForcedEntry forced(const Transaction& tx);

/// Executes a batch and claims it, as an honest builder does.
/// @param l1       Keeps its blobs; null: nobody does.
/// @param options  With which the builder executes it.
Claimed claim_of(const chain::Chain& chain, const RollupConfig& config, const Batch& batch,
                 DataIn data_in, FakeL1* l1 = nullptr, BatchOptions options = {});

}  // namespace scope::rollup::test
