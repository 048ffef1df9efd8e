#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "execution/environment.hpp"
#include "execution/tx_error.hpp"
#include "state/state_view.hpp"
#include "types/transaction.hpp"

namespace scope::pool {

/// The largest transaction that a pool takes, in bytes of its envelope (geth's txMaxSize).
inline constexpr size_t MAX_TRANSACTION_SIZE = size_t{128} << 10;

/// The reason why a pool does not take a transaction.
enum class PoolRule : uint8_t {
    already_known,
    invalid,                  // it can't stand in the next block, nor later (its TxError)
    replacement_underpriced,  // another one waits with its nonce, and it doesn't pay 10% more
    underpriced,              // the pool is full of better-paying ones, or below the minimum
    insufficient_funds,       // balance below what it and those of its sender may cost
    gas_limit_above_block,    // more gas than a block has
    sender_full,              // as many of its sender wait as may
    nonce_too_far,            // a gap of more than PoolOptions::max_nonce_gap
    too_large,                // above MAX_TRANSACTION_SIZE
};
/// Returns the enumerator's name.
std::string_view to_string(PoolRule rule) noexcept;

struct PoolRefusal {
    PoolRule rule{};
    std::optional<execution::TxError> tx_error;  ///< invalid only
    std::string detail;                          ///< the numbers that were compared
};
/// Returns the message that geth has for it, which wallets and libraries match: "nonce too low: next
/// nonce 5, tx nonce 4".
std::string to_string(const PoolRefusal& refusal);
/// Returns geth's message for a transaction that can't stand in a block, without numbers.
std::string_view message_of(execution::TxError error) noexcept;

/// A transaction that waits.
struct PooledTransaction {
    Transaction transaction;
    Hash hash;
    Address sender;
    uint64_t arrival = 0;   ///< grows by one with each that comes
    size_t size_bytes = 0;  ///< of its envelope and its blobs
};
using PooledPtr = std::shared_ptr<const PooledTransaction>;

/// The order of those that could stand next.
enum class Order : uint8_t { fees, fifo };

struct PoolOptions {
    size_t max_transactions = 5120;
    size_t max_bytes = size_t{64} << 20;
    size_t max_per_sender = 1024;
    uint64_t max_nonce_gap = 1024;
    uint256 min_gas_price;  ///< wei; below it a transaction is underpriced
    Order order = Order::fees;
    bool notes_changes = false;  ///< for take_changes
};

/// The transactions of one chain that wait for a block: those that could stand next (pending), and
/// those that wait for an earlier nonce (queued).
///
/// For one thread. Bounded by PoolOptions; the worst-paying goes first.
class TxPool {
  public:
    explicit TxPool(PoolOptions options = {});

    /// What comes in, and what goes for it.
    struct Admission {
        PooledTransaction candidate;
        PooledPtr replaced;  ///< has its sender and nonce, and pays less; null: none has them
        std::vector<PooledPtr> victims;
    };
    /// Returns what add would keep and drop, or why it would refuse; changes nothing.
    ///
    /// @param head         State after the chain's head.
    /// @param environment  Of the block that comes next.
    /// @param sender       As execution::sender_of gives it.
    [[nodiscard]] Result<Admission, PoolRefusal> admit(
        const Transaction& transaction, const Address& sender, const state::StateView& head,
        const execution::Environment& environment) const;
    /// Adds what has been admitted. REQUIRES: nothing has come or gone since.
    PooledPtr add(Admission admission);
    /// Adds a transaction, if it is admitted.
    Result<PooledPtr, PoolRefusal> add(const Transaction& transaction, const Address& sender,
                                       const state::StateView& head,
                                       const execution::Environment& environment);

    /// Returns those that may stand in the next block: each sender's in the order of nonces, without
    /// gaps from the head's nonce, at a fee that pays @p environment's base fee; between senders by
    /// the order.
    [[nodiscard]] std::vector<PooledPtr> ready(const state::StateView& head,
                                               const execution::Environment& environment) const;
    /// Removes what @p head has made stale: nonces that are used, and what can't be paid any more.
    /// Returns what it removed.
    std::vector<PooledPtr> update(const state::StateView& head,
                                  const execution::Environment& environment);

    [[nodiscard]] PooledPtr find(const Hash& hash) const;
    /// Returns those of a sender by nonce.
    [[nodiscard]] std::vector<PooledPtr> of(const Address& sender) const;
    /// Returns the nonce of the sender's next transaction behind those that wait without a gap.
    [[nodiscard]] uint64_t next_nonce(const Address& sender, uint64_t head_nonce) const;
    /// Returns all, by sender and nonce.
    [[nodiscard]] std::vector<PooledPtr> all() const;
    [[nodiscard]] size_t size() const noexcept;

    /// Removes one; returns whether it was there.
    bool remove(const Hash& hash);
    void clear();

    /// One that came or went.
    struct Change {
        PooledPtr transaction;
        bool has_come = false;
    };
    /// Returns what came and went since the last call, in order. REQUIRES: PoolOptions::notes_changes.
    std::vector<Change> take_changes();

    [[nodiscard]] const PoolOptions& options() const noexcept { return options_; }
    void set_min_gas_price(const uint256& price) { options_.min_gas_price = price; }

  private:
    using OfSender = std::map<uint64_t, PooledPtr>;  // by nonce

    [[nodiscard]] Result<void, PoolRefusal> check_rules(
        const PooledTransaction& candidate, const state::StateView& head,
        const execution::Environment& environment) const;
    [[nodiscard]] Result<void, PoolRefusal> check_place(const PooledTransaction& candidate,
                                                        const Account& account) const;
    /// Returns those that go to make room: the last of other senders, which pay less.
    [[nodiscard]] Result<std::vector<PooledPtr>, PoolRefusal> victims_of(
        const PooledTransaction& candidate, const PooledPtr& replaced,
        const uint256& base_fee) const;
    void erase(const PooledTransaction& pooled);

    PoolOptions options_;
    uint64_t arrivals_ = 0;
    std::vector<Change> changes_;
    size_t bytes_ = 0;
    std::map<Address, OfSender> by_sender_;
    std::map<Address, uint256>
        costs_;  // of all that a sender has here; never above its balance then
    std::unordered_map<Hash, PooledPtr> by_hash_;
};

}  // namespace scope::pool
