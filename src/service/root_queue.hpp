#pragma once

#include <functional>

#include "service/door.hpp"

namespace scope::service {

/// What brings the roots that wait in pools into scopes, and takes out what settled or was refused.
///
/// The pools have them until they settle: a node's queue is filled for each turn, but where a scope is
/// in flight with them.
class RootQueue {
  public:
    /// All must outlive it.
    struct Parts {
        node::Node& node;
        Door& door;
        std::vector<ServedChain*> rollups;  ///< ascending chain id
        Operations& operations;
        Refusals& refusals;
        ScopeLog& scopes;
        Herald& herald;
    };
    explicit RootQueue(Parts parts) : parts_(std::move(parts)) {}

    /// What turns came to.
    enum class Progress : uint8_t {
        none,    ///< nothing waited, or what waits has to go on waiting
        some,    ///< something settled, was refused or was dropped
        failed,  ///< stalled() says why
    };

    /// Returns whether a root waits that the next scope may have.
    [[nodiscard]] bool has_roots() const;
    /// Takes turns of the node until something came of one: at most so many as a sender can be passed
    /// over whose root kept a scope from sealing (node::BackOff).
    /// @param take_turn  Takes one.
    /// @param moved      Is told after each that heads may have moved.
    /// @param needs_root  Whether nothing is to be done where no root waits.
    Progress settle(const std::function<node::Node::Turn()>& take_turn,
                    const std::function<void()>& moved, bool needs_root);
    /// Returns why the last try to settle failed; empty: it didn't.
    [[nodiscard]] const std::string& stalled() const noexcept { return stalled_; }
    void forget_stalled() { stalled_.clear(); }

    /// Whether a root is simulated before it is taken.
    enum class CheckRoots : uint8_t { no, yes };
    /// Adds to a chain's pool what it and the door take; what is refused takes nothing's place, and is
    /// no refusal to be asked for later.
    Result<pool::PooledPtr, rpc::RpcError> take_in(ServedChain& chain,
                                                   const Transaction& transaction,
                                                   const Address& sender, CheckRoots check);

    /// Drops a transaction that was taken, and says why.
    void drop(ServedChain& chain, const pool::PooledTransaction& pooled,
              std::optional<builder::Refusal> refusal, std::string reason);
    /// Drops what can't stand for a reason of its own.
    void drop_ordinary(ServedChain& chain, const pool::PooledTransaction& pooled,
                       const std::string& reason);
    /// Drops from a pool what the head made stale.
    void update_pool(ServedChain& chain);
    /// Has a transaction whose block is no more, or that an earlier process had, wait again; or says
    /// why not.
    void give_back(ServedChain& chain, const Transaction& transaction);
    /// Drops what of a block's ordinary transactions can't stand in a later one either; returns whether
    /// any was, and whether one needs another scope.
    struct Outcome {
        bool has_dropped = false;
        bool is_full = false;
    };
    Outcome take_outcomes(ServedChain& chain, std::span<const pool::PooledPtr> ordinary,
                          const node::BuiltBlock& built);
    /// Returns whether a root or an operation waits for others, which are not there.
    [[nodiscard]] bool is_behind_gap(const Hash& hash) const;
    /// Returns whether it is a root that waits in a pool, or an operation that waits.
    [[nodiscard]] bool waits(const Hash& hash) const;

  private:
    /// Adds to a chain's pool what was admitted, and says why what goes for it is gone.
    pool::PooledPtr add(ServedChain& chain, pool::TxPool::Admission admission);
    /// Gives the node's queue the roots that wait; returns how many.
    size_t submit();
    void take_settled(const node::Node::Turn& turn);
    void take_refused(const node::Node::Turn& turn);
    void refuse(const builder::Root& root, std::optional<builder::Refusal> refusal,
                std::string reason);
    [[nodiscard]] ServedChain* find(ChainId chain_id) const;
    [[nodiscard]] Hash hash_of(const builder::L1Root& root) const;

    Parts parts_;
    std::string stalled_;
};

}  // namespace scope::service
