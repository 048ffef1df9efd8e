#pragma once

#include "oracle/many_chains.hpp"
#include "protocol/callable.hpp"

namespace scope::adversary {

/// The bytes of a scope's batches as they are published.
struct Data {
    Bytes calldata;
    std::vector<crypto::Blob> blobs;  ///< empty: in calldata
    friend bool operator==(const Data&, const Data&) = default;
};

/// A bundle that may be changed before it is attested and settled.
struct Draft {
    protocol::Scope scope;
    std::vector<rollup::Batch> batches;  ///< of scope.batches, in its order
    /// Data to publish in place of the batches' own bytes.
    std::optional<Data> data;
    /// Calldata in place of executeScope's own.
    std::optional<Bytes> calldata;
    /// Gas limit of the L1 transaction.
    std::optional<uint64_t> gas_limit;
};
Draft draft_of(const builder::Bundle& bundle);
/// Returns the bytes of all batches, one after the other.
Bytes bytes_of(const std::vector<rollup::Batch>& batches);

/// The section that one chain gets for one root, and its place.
struct Section {
    ChainId chain_id;
    protocol::RootContext context;
    protocol::RootSection section;  ///< without limits on L1
    bool is_own = false;            ///< the chain is the root's own
    /// A leg of L1, or a transaction of a batch.
    size_t leg = 0;
    size_t batch = 0, block = 0, transaction = 0;
};
/// Returns all sections of a draft: of L1, then of each rollup, in their order.
std::vector<Section> sections_of(const Draft& draft);
/// Writes a section back to its place.
void put(Draft& draft, const Section& section);

/// A user's root as it ran.
struct RanRoot {
    size_t root = 0;  ///< of the bundle's roots
    bool success = false;
    Bytes output;
};

/// The outcome of a draft.
struct Attempt {
    enum class End : uint8_t {
        not_attested,  ///< honest members don't sign the batch
        not_settled,   ///< executeScope reverted, or its transaction is invalid
        not_derived,   ///< it settled, and a follower of L1 gets stuck
        settled,
    };
    End end{};
    std::string reason;
    /// A fault of ScopedCallable on L1 that a frame above it caught, although the scope settled.
    bool has_swallowed_fault = false;

    // If it settled:
    std::vector<oracle::ChainAfter> chains;  ///< L1 first; rollups as a follower derives them
    std::vector<RanRoot> roots;              ///< in the order of root indices
};

/// Executes what a builder would have executed, asks the members to sign whatever is claimed anew,
/// settles on L1's head, and follows. Claims that they don't sign go with the old proof. Leaves the
/// chains as they are.
Attempt attempt(const oracle::SealedScope& sealed, const Draft& draft);

}  // namespace scope::adversary
