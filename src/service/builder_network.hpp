#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "service/remote_l1_now.hpp"
#include "service/root_queue.hpp"
#include "service/senders.hpp"
#include "service/unserved.hpp"

namespace scope::service {

/// The parameters of a builder's network.
struct BuilderNetworkOptions {
    pool::PoolOptions pool;      ///< of every rollup
    uint64_t block_time_ms = 0;  ///< from one block of a rollup to the next; 0: at once
    /// A rollup's blocks settle when the first of them is so old, though no root waits; 0: never.
    uint64_t settle_after_ms = 12'000;
    size_t settle_after_blocks = 256;  ///< or when a rollup has so many. REQUIRES: not 0
    uint64_t retry_ms = 3'000;         ///< after L1 did not answer, or nothing settled
    std::vector<rpc::Network::NamedContract> contracts;  ///< that people are told of
    /// Returns the number of L1's head as far as it is known, where the source may be behind it: then
    /// nothing is built on what the source has. Null: the source has all.
    std::function<uint64_t()> l1_head_number = {};
    /// Returns a time in ms that never goes back. No other clock is read.
    std::function<uint64_t()> clock_ms;
    /// Is called when something was sent that the next tick looks at. Null: nobody is.
    std::function<void()> on_work;
};

/// A builder's rollups on an L1 elsewhere: takes transactions and operations, builds blocks, and settles
/// them with the roots that wait.
///
/// What waits is in the node's database before it is answered that it does, and so is why it was
/// refused: after any end of the process each root that was taken has settled, waits, or there is a
/// refusal of it. L1 is none of the chains: its own clients are asked there. Where L1 can't be read, what
/// has to read it is refused with SERVER_ERROR; the rest goes on.
///
/// For one thread.
class BuilderNetwork final : public rpc::Network {
  public:
    /// @param components  With the part of a builder. Nothing of L1 is read before the first tick.
    BuilderNetwork(node::Network network, node::Components components,
                   BuilderNetworkOptions options);
    ~BuilderNetwork() override;
    BuilderNetwork(const BuilderNetwork&) = delete;
    BuilderNetwork& operator=(const BuilderNetwork&) = delete;

    [[nodiscard]] node::Node& node() noexcept { return node_; }
    /// Returns whether it is at L1's head, as far as it was told, with what waits.
    [[nodiscard]] bool is_ready() const;
    /// Returns whether it has what waited when it began, and takes more.
    [[nodiscard]] bool is_loaded() const noexcept { return is_loaded_; }
    /// Returns how many operations of L1 wait.
    [[nodiscard]] size_t waiting_operations() const noexcept { return operations_.size(); }
    /// Returns why the last try to follow L1 or to settle failed; empty: it didn't.
    [[nodiscard]] std::string trouble() const;
    /// Returns why it can't follow L1; empty: it can.
    [[nodiscard]] const std::string& why_not_following() const noexcept { return cant_follow_; }

    /// Is told that L1 may have another head: the next tick looks.
    void on_new_head() { has_new_head_ = true; }
    /// Does what the time and what waits ask for: follows L1, builds blocks, settles.
    void tick();
    /// Returns the ms until the next tick has something to do; nullopt: until something comes.
    [[nodiscard]] std::optional<uint64_t> ms_to_next_tick() const;

    // rpc::Network
    [[nodiscard]] std::vector<ChainId> chains() const override;
    [[nodiscard]] rpc::ChainView* chain(ChainId chain_id) override;
    [[nodiscard]] std::optional<L1State> l1_state() override;
    [[nodiscard]] const builder::L1Contracts* contracts() const override;
    [[nodiscard]] const rollup::Follower* follower() const override;
    [[nodiscard]] std::vector<NamedContract> named_contracts() const override;
    [[nodiscard]] std::span<const rpc::DevAccount> accounts() const override { return {}; }
    void expect(ChainId chain_id, std::vector<Transaction> transactions) override;
    void finish() override;
    Result<Hash, rpc::RpcError> send(ChainId chain_id, const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs,
                                     std::optional<Address> sender) override;
    Result<Hash, rpc::RpcError> send_operation(const protocol::SignedOperation& operation,
                                               std::optional<uint64_t> root_index) override;
    [[nodiscard]] std::optional<uint256> next_operation_nonce(
        const Address& account) const override;
    Result<builder::RootCallResult, builder::Refusal> simulate(
        const builder::RootCall& call) override;
    std::vector<Result<builder::RootResult, builder::Refusal>> simulate(
        std::span<const builder::Root> roots) override;
    [[nodiscard]] const rpc::RefusalRecord* refusal(const Hash& hash) const override;
    [[nodiscard]] std::optional<std::string> why_waiting(const Hash& hash) override;
    [[nodiscard]] rpc::ScopeRecordPtr scope(uint64_t number) const override;
    [[nodiscard]] rpc::ScopeRecordPtr scope(const Hash& hash) const override;
    [[nodiscard]] uint64_t scopes() const override;
    void listen(rpc::Listener* listener) override { herald_.listen(listener); }
    void unlisten(rpc::Listener* listener) override { herald_.unlisten(listener); }
    [[nodiscard]] rpc::TestControls* controls() override { return nullptr; }

  private:
    [[nodiscard]] ServedChain* find(ChainId chain_id);
    [[nodiscard]] std::vector<ServedChain*> served();
    /// Refuses what is sent before what waited is there.
    [[nodiscard]] Result<void, rpc::RpcError> require_loaded() const;

    /// Follows L1 to its head.
    void follow();
    /// Returns the L1 block that was followed last; nullopt: none was.
    [[nodiscard]] std::optional<l1::L1BlockId> followed_head() const;
    /// Forgets what heads that moved made stale, takes back what was undone, and notes what is new.
    void moved();
    /// Forgets of the pools what heads made stale, and takes back what was undone.
    void update_pools();
    /// Has the transactions wait again whose blocks are no more.
    void take_back_undone();
    /// Has what an earlier process had wait again.
    void load();
    /// Notes the scopes of L1's blocks that were followed since.
    Result<void, l1::L1Error> note_scopes(Herald::News& news);
    /// Returns the number of the first L1 block whose scopes are not noted.
    [[nodiscard]] uint64_t first_not_noted() const;
    void leave_out(ServedChain& chain);
    void build_blocks(uint64_t now);
    void build_block(ServedChain& chain, const std::vector<pool::PooledPtr>& ordinary);
    void settle(uint64_t now, bool has_new_head);
    /// Tells why something failed, and builds nothing for a while.
    void fail(std::string reason);
    /// Notes why it isn't at L1's head.
    void fall_behind(const l1::L1Error& why);
    void fall_behind(std::string_view rule, std::string reason);
    void look_soon(uint64_t ms);
    /// Notes that something was sent.
    void note_work();
    [[nodiscard]] std::optional<uint64_t> settles_at_ms() const;

    BuilderNetworkOptions options_;
    std::shared_ptr<const l1::L1Source> source_;
    std::shared_ptr<store::NodeDatabase> database_;
    // finish alone commits, also what the node finds as it begins; but from far behind
    std::optional<store::NodeDatabase::Hold> hold_;
    ChainId l1_id_;
    ScopeRows scope_rows_;
    PoolRows pool_rows_;
    node::Node node_;
    RemoteL1Now l1_now_;
    std::map<ChainId, ServedChain> chains_;
    Herald herald_;
    Refusals refusals_;
    ScopeLog scopes_;
    Operations operations_;
    Door door_;
    Unserved unserved_;
    RootQueue queue_;
    Senders senders_;

    bool is_loaded_ = false;
    bool is_at_head_ = false;  // of L1, as it was told last
    bool has_new_head_ = true;
    bool has_work_ = false;  // something was sent
    bool must_settle_ = false;
    uint64_t finalized_ = 0;  // number of L1's finalized block
    std::string cant_follow_;
    std::string behind_by_;                // the rule of what was told of that
    std::optional<uint64_t> retry_at_ms_;  // until then nothing is built
    std::optional<uint64_t> look_at_ms_;   // at L1's head
    std::optional<uint64_t> unsettled_since_ms_;
    std::map<ChainId, uint64_t> next_block_at_ms_;
};

}  // namespace scope::service
