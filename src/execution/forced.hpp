#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "state/world_state.hpp"
#include "types/transaction.hpp"

namespace scope::execution {

/// What the tests of a devnet changed by force (anvil_setBalance and its like), as all its nodes
/// replay it: a chain's specification names it, so that builder, attesters and followers come to the
/// same blocks. A chain outside of a devnet has none.
///
/// Thread-safe.
class Forced {
  public:
    /// Values of a block's child that don't follow from the rules.
    struct Child {
        std::optional<uint256> base_fee;
        std::optional<uint64_t> gas_limit;
    };
    /// All that was changed: to keep it, and to come back to it.
    struct Contents {
        std::map<Hash, std::shared_ptr<const state::WorldState>> states;  ///< by block
        std::map<Hash, Address> senders;                                  ///< by transaction
        std::map<Hash, Child> children;                                   ///< by block
    };

    /// Sets the state that children of a block are executed on in place of the block's own.
    void set_state(const Hash& block, std::shared_ptr<const state::WorldState> state);
    /// Returns null if the block's own state stands.
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const;

    /// Sets who sent a transaction whose signature is not its sender's (impersonate).
    void set_sender(const Hash& transaction, const Address& sender);
    [[nodiscard]] std::optional<Address> sender(const Transaction& transaction) const;

    void set_child(const Hash& block, const Child& child);
    [[nodiscard]] Child child(const Hash& block) const;

    /// Returns whether anything was forced.
    [[nodiscard]] bool empty() const;

    /// Forgets who sent a transaction that nothing came of.
    void forget_sender(const Hash& transaction);

    /// Returns what there is; it is shared until the next change, and never changes itself.
    [[nodiscard]] std::shared_ptr<const Contents> contents() const;
    /// REQUIRES: not null.
    void set_contents(std::shared_ptr<const Contents> contents);

  private:
    /// Returns the contents to change, in a copy if somebody else has them too.
    Contents& own();

    mutable std::mutex mutex_;
    std::shared_ptr<const Contents> contents_ = std::make_shared<const Contents>();
    mutable std::shared_ptr<Contents> owned_;  // the same, if nobody else was given them; or null
    std::atomic<bool> has_senders_{false};     // most chains have none, and need no hash then
};

/// Gives a transaction that its sender did not sign the fields of a signature. They are other ones
/// for each sender, so that two senders' transactions have two hashes. Forced::set_sender makes it
/// count.
void impersonate(Transaction& tx, const Address& sender);

}  // namespace scope::execution
