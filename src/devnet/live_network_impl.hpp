#pragma once

#include <deque>
#include <map>
#include <set>

#include "devnet/devnet_rows.hpp"
#include "devnet/live_chain.hpp"
#include "devnet/live_network.hpp"
#include "service/root_queue.hpp"
#include "service/senders.hpp"
#include "service/unserved.hpp"

namespace scope::devnet {

/// The gas limits that a test may force on a block: above, EIP-1559's arithmetic on headers and a
/// batch's bound have no room.
inline constexpr uint64_t MIN_FORCED_GAS_LIMIT = chain::MIN_GAS_LIMIT;
inline constexpr uint64_t MAX_FORCED_GAS_LIMIT = uint64_t{1} << 40;

/// All that a LiveNetwork is: its chains and what waits (live_network.cpp), its blocks and scopes
/// (live_mining.cpp), what tests do to it by force (live_controls.cpp), and its state as bytes
/// (live_dump.cpp).
class LiveNetwork::Impl final : public rpc::TestControls {
  public:
    static constexpr size_t MAX_FORCED_CODE = size_t{128} << 10;  ///< bytes
    static constexpr size_t MAX_SNAPSHOTS = 1024;                 ///< then the oldest is forgotten
    static constexpr size_t MAX_IMPERSONATED = 65'536;   ///< accounts; then one is forgotten
    static constexpr uint64_t MAX_MINED_L1 = 10'000;     ///< blocks that one call mines on L1
    static constexpr uint64_t MAX_MINED_ROLLUP = 1'000;  ///< and on a rollup

    Impl(chain::ChainSpec l1_spec, const chain::Genesis& l1_genesis, node::Network network,
         LiveOptions options);

    // --- live_network.cpp

    [[nodiscard]] LiveChain* find(ChainId chain_id);
    [[nodiscard]] LiveChain& l1_chain() { return chains_.at(l1_id_); }
    [[nodiscard]] l1::LocalL1& l1() { return devnet_->l1(); }
    [[nodiscard]] node::Node& node() { return devnet_->node(); }
    [[nodiscard]] std::vector<ChainId> ids() const;
    [[nodiscard]] uint64_t now_ms() const;
    void expect(ChainId chain_id, std::vector<Transaction> transactions);
    Result<Hash, rpc::RpcError> send(ChainId chain_id, const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs,
                                     std::optional<Address> sender);
    Result<Hash, rpc::RpcError> send_operation(const protocol::SignedOperation& operation,
                                               std::optional<uint64_t> root_index);

    // --- live_mining.cpp

    void tick();
    [[nodiscard]] std::optional<uint64_t> ms_to_next_tick() const;
    /// Mines and settles as long as there is something that can be.
    void work();
    enum class Wanted : uint8_t { roots, blocks };
    /// Brings roots and operations that wait, and all unsettled blocks, into a scope: one L1 block,
    /// with L1's ordinary transactions behind. Returns whether anything came of it.
    /// @param wanted  Whether unsettled blocks are worth a scope of their own.
    bool settle(Wanted wanted);
    [[nodiscard]] std::optional<std::string> why_waiting(const Hash& hash);

    // --- live_controls.cpp: rpc::TestControls

    uint64_t snapshot() override;
    Result<bool, rpc::RpcError> revert(uint64_t id) override;
    void increase_time(uint64_t seconds) override;
    [[nodiscard]] int64_t time_offset_s() const override;
    Result<void, rpc::RpcError> set_time(uint64_t timestamp_s) override;
    Result<void, rpc::RpcError> set_next_block_timestamp(uint64_t timestamp_s) override;
    void set_automine(bool on) override;
    [[nodiscard]] bool automine() const override { return automine_; }
    void set_interval(uint64_t milliseconds) override;
    [[nodiscard]] uint64_t interval_ms() const override { return interval_ms_; }
    Result<void, rpc::RpcError> mine(ChainId chain_id, uint64_t blocks,
                                     std::optional<uint64_t> interval_s) override;
    Result<void, rpc::RpcError> reset() override;
    Result<void, rpc::RpcError> reorg(
        ChainId chain_id, uint64_t depth,
        std::vector<std::pair<Transaction, uint64_t>> blocks) override;
    Result<void, rpc::RpcError> rollback(ChainId chain_id, uint64_t depth) override;
    Bytes dump() override;
    Result<void, rpc::RpcError> load(BytesView dump) override;
    Result<void, rpc::RpcError> set_balance(ChainId chain_id, const Address& account,
                                            const uint256& wei) override;
    Result<void, rpc::RpcError> set_code(ChainId chain_id, const Address& account,
                                         Bytes code) override;
    Result<void, rpc::RpcError> set_nonce(ChainId chain_id, const Address& account,
                                          uint64_t nonce) override;
    Result<void, rpc::RpcError> set_storage(ChainId chain_id, const Address& account,
                                            const Hash& key, const Hash& value) override;
    bool drop_transaction(ChainId chain_id, const Hash& hash) override;
    void drop_all_transactions(ChainId chain_id) override;
    void set_coinbase(const Address& coinbase) override;
    Result<void, rpc::RpcError> set_next_base_fee(ChainId chain_id, const uint256& wei) override;
    Result<void, rpc::RpcError> set_gas_limit(ChainId chain_id, uint64_t gas) override;
    Result<void, rpc::RpcError> impersonate(const Address& account, bool on) override;
    void auto_impersonate(bool on) override { auto_impersonate_ = on; }
    [[nodiscard]] bool is_impersonated(const Address& account) const override;
    [[nodiscard]] bool is_patched(ChainId chain_id) const override;
    void set_logging(bool on) override { is_logging_ = on; }

    // --- shared by the parts

    /// Returns what a contract answers on a chain's latest state; empty if it fails.
    /// @param read  Gets the slots of @p to that it looked at; null: not asked for.
    Bytes view(LiveChain& chain, const Address& to, const Bytes& calldata,
               std::vector<Hash>* read = nullptr);

    /// Commits all that was done since the last call, as one step, and then tells listeners of it: so a
    /// kill leaves all of what a request did, or nothing.
    void finish();

    LiveOptions options_;
    ChainId l1_id_;
    std::shared_ptr<store::NodeDatabase> database_;
    store::NodeDatabase::Hold hold_;  // finish alone commits
    DevnetRows rows_;
    service::ScopeRows scope_rows_;
    int64_t offset_ms_ = 0;
    std::unique_ptr<Devnet> devnet_;
    std::optional<LocalL1Now> l1_now_;
    std::map<ChainId, LiveChain> chains_;
    service::Herald herald_;
    service::Refusals refusals_{herald_, nullptr};
    std::optional<service::ScopeLog> scopes_;
    std::optional<service::Operations> operations_;
    std::optional<service::Door> door_;
    std::optional<service::Unserved> unserved_;
    std::optional<service::RootQueue> queue_;
    bool has_changed_ = false;  ///< by force, or the clock, since the last finish
    /// The changes by force that the rows have, and their clock.
    std::map<ChainId, DevnetRows::ForcedPtr> saved_forced_;
    int64_t saved_offset_ms_ = 0;
    bool is_logging_ = true;

  private:
    // --- live_network.cpp

    /// Refuses a database of a node that had its L1 elsewhere. Throws DatabaseError.
    void require_l1() const;
    /// Returns the changes by force that the database has of a chain.
    std::shared_ptr<execution::Forced> load_forced(ChainId chain_id);
    /// Returns the account that sends it, if it may.
    Result<Address, rpc::RpcError> sender_of(LiveChain& chain, const Transaction& transaction,
                                             const execution::Environment& environment,
                                             const std::optional<Address>& impersonated);

    // --- live_mining.cpp

    /// Returns when unsettled blocks have waited long enough; nullopt: until something comes.
    [[nodiscard]] std::optional<uint64_t> settles_at_ms() const;
    /// Builds a block of a rollup's ordinary transactions; returns whether anything came of it.
    bool mine_rollup(LiveChain& chain, node::EmptyBlock empty = node::EmptyBlock::no);
    /// Mines an L1 block of ordinary transactions; returns whether anything came of it.
    bool mine_l1(node::EmptyBlock empty = node::EmptyBlock::no);
    /// Makes one block of the chain, whatever waits.
    Result<void, rpc::RpcError> mine_one(LiveChain& chain);
    /// Returns L1's ordinary transactions that are ready, with their blobs where followers find them.
    std::vector<pool::PooledPtr> ready_on_l1();
    /// Has the next block, or the scope's with a block of the chain, have the time that a test wants;
    /// moved ends that.
    void want_time(const LiveChain& chain);
    [[nodiscard]] uint64_t latest_timestamp_s() const;
    /// Mines an empty L1 block where time has gone on by more than a rollup's block may be ahead of
    /// its L1 origin.
    void catch_up_time();
    /// Follows L1 to its head.
    void follow();
    /// Drops the blobs of transactions that wait no more.
    void drop_blobs();
    enum class Undone : uint8_t { returns_to_pool, dropped };
    /// Forgets what heads that moved made stale, takes back what was undone, and tells listeners.
    void moved(Undone undone = Undone::returns_to_pool);
    /// Returns whether L1 has closed the rollup for good, as far as it was followed.
    [[nodiscard]] bool is_closed(const LiveChain& chain);
    /// Drops what a closed rollup never settled, and what waits there.
    void leave_out(LiveChain& chain);
    void announce();

    // --- live_controls.cpp

    struct Snapshot {
        Hash l1_head;
        builder::UnsettledBlocks unsettled;
        std::map<ChainId, std::shared_ptr<const execution::Forced::Contents>> forced;
        int64_t offset_ms = 0;
    };
    /// What waits in the pools, while other heads take the place of theirs.
    struct Held {
        std::map<ChainId, std::vector<pool::PooledPtr>> pooled;
        std::map<ChainId, std::map<Hash, Address>> senders;  ///< who are impersonated
        std::map<Hash, std::vector<chain::StoredBlobPtr>> blobs;
    };
    /// Empties the pools.
    [[nodiscard]] Held hold_pools();
    /// Has wait again what the heads allow; the rest is refused.
    void release(Held held);
    [[nodiscard]] Snapshot take_snapshot();
    /// Returns what was there before anything happened.
    [[nodiscard]] Snapshot genesis_snapshot();
    /// Refuses to go back to an L1 block behind which states were pruned.
    [[nodiscard]] Result<void, rpc::RpcError> require_kept(const Hash& l1_block);
    void restore(const Snapshot& snapshot);
    /// Refuses an account without which nothing would settle.
    /// Returns what an account of the network itself is on a chain; empty for all others.
    [[nodiscard]] std::string role_of(LiveChain& chain, const Address& account);
    /// Refuses to change an account of the network itself.
    [[nodiscard]] Result<void, rpc::RpcError> require_free(LiveChain& chain,
                                                           const Address& account);
    /// Refuses to send in the name of an account of the network itself.
    [[nodiscard]] Result<void, rpc::RpcError> require_user(const Address& account);
    void force(LiveChain& chain, const std::function<void(state::State&)>& change);
    /// Adds to what L1 holds for a rollup, or takes from it.
    Result<void, rpc::RpcError> patch_escrow(ChainId rollup, const uint256& before,
                                             const uint256& after);
    /// What L1 holds for a rollup, and where the registry has it.
    struct Escrow {
        uint256 wei;
        Hash slot;
    };
    [[nodiscard]] Result<Escrow, rpc::RpcError> escrow_of(ChainId rollup);
    /// Has L1 hold at least what exists on each rollup: where it went back behind a patch.
    Result<void, rpc::RpcError> mend_escrows();
    void forget_wanted_time();
    Result<LiveChain*, rpc::RpcError> chain_of(ChainId chain_id);
    Result<void, rpc::RpcError> go_back(LiveChain& chain, uint64_t depth);

    bool automine_ = true;
    uint64_t interval_ms_ = 0;
    uint64_t next_interval_ms_ = 0;
    std::optional<uint64_t> unsettled_since_ms_;
    std::optional<uint64_t> retry_at_ms_;
    std::map<ChainId, uint64_t> next_timestamp_s_;  // of a chain's next block, as a test wants it
    std::map<Hash, std::vector<chain::StoredBlobPtr>> blobs_;  // of L1's pool, by transaction

    service::Senders senders_;

    std::map<uint64_t, Snapshot> snapshots_;
    uint64_t last_snapshot_ = 0;
    Snapshot genesis_;
    std::set<Address> impersonated_;
    bool auto_impersonate_ = false;
};

}  // namespace scope::devnet
