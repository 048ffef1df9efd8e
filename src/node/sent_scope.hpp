#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "builder/bundle.hpp"
#include "builder/root.hpp"
#include "l1/l1_source.hpp"

namespace scope::node {

/// A root that waits.
struct WaitingRoot {
    builder::Root root;
    Hash identity;  ///< of the transaction; an operation's hash
    /// The account that signed; nullopt: nobody that could be told.
    std::optional<Address> sender;
};

/// A scope that was sealed and sent: its bundle, and its roots.
struct Attempt {
    builder::Bundle bundle;
    std::vector<WaitingRoot> roots;
    bool settles_blocks = false;  ///< its turn was one for unsettled blocks, too
};

/// The L1 transactions that were sent with one nonce of the submitter, to settle scopes: at most one
/// of them will stand in a block.
///
///     a scope is sealed ──► sent ──► in flight ──► in a block: settled, or reverted
///                            ▲          │
///                            │          ├─ it holds on the new head: waits; after so many blocks, or
///                            └──────────┤  where the pool wants it, it is sent with higher fees
///                            ▲          │
///       sealed on the new ◄──┴──────────┴─ it doesn't hold any more: its roots wait again
///       head, with fees that replace it
struct SentScope {
    struct Version {
        Transaction transaction;
        Hash hash;
        std::shared_ptr<Attempt> attempt;
        bool is_pending = false;    ///< a pool had it as it was last asked
        bool may_be_taken = false;  ///< a pool took it, or may have
    };
    /// Most that are kept; then the oldest is forgotten.
    static constexpr size_t MAX_VERSIONS = 16;

    std::vector<Version> versions;  ///< in the order of sending, not empty
    /// Whether the last one's roots wait for it; else they wait for another scope.
    bool is_in_flight = true;
    bool must_be_rebuilt = false;  ///< with the fees that a pool wants it doesn't hold
    uint64_t since = 0;            ///< number of L1's head as the first was sent
    uint64_t tried_at = 0;         ///< number of L1's head as fees were raised last
    l1::L1BlockId head;            ///< L1's, on which the last one was found to hold

    [[nodiscard]] Version& last() noexcept { return versions.back(); }
    [[nodiscard]] const Version& last() const noexcept { return versions.back(); }
    [[nodiscard]] bool is_any_pending() const {
        return std::ranges::any_of(versions, &Version::is_pending);
    }
    void add(Transaction transaction, std::shared_ptr<Attempt> attempt);
};

/// Returns the fees of a transaction.
builder::Fees fees_of(const Transaction& transaction);
/// Returns the least fees with which pools let a transaction take the place of this one: an eighth
/// more, and of one with blobs twice as much; of each kind.
builder::Fees fees_to_replace(const Transaction& transaction);

}  // namespace scope::node
