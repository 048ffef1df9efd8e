#pragma once

#include "store/keys.hpp"
#include "trie/changes.hpp"

namespace scope::store {

/// What a block did to a state: the nodes that it wrote and replaced, in the tries of all accounts,
/// and code that is new.
struct StateChanges {
    struct Written {
        Owner owner;
        trie::NodePath path;
        Bytes node;  ///< trie::encode_stored
    };
    struct Replaced {
        Owner owner;
        trie::NodePath path;
        uint64_t sequence = 0;  ///< of the block that wrote it
        friend bool operator==(const Replaced&, const Replaced&) = default;
    };
    std::vector<Written> written;
    std::vector<Replaced> replaced;
    std::vector<std::pair<Hash, Bytes>> codes;  ///< hash, bytes
};

/// A sink that collects what visit_changes tells of one trie.
class ChangesOfTrie final : public trie::NodeSink {
  public:
    /// @param into  Must outlive it.
    ChangesOfTrie(StateChanges& into, const Owner& owner) : into_(into), owner_(owner) {}

    void write(const trie::NodePath& path, const trie::NodeVersion& version,
               const trie::StoredNode& node) override;
    void replace(const trie::NodePath& path, const trie::NodeVersion& version) override;

  private:
    StateChanges& into_;
    Owner owner_;
};

/// A row of changes, without the nodes themselves: what pruning deletes. RLP:
///
///     changes := [trie*]
///     trie    := [owner, [path*], [[path, age]*]]   written; replaced, the block's sequence less
///                                                   that of who wrote it
///     owner   := string: empty, or the hash of the account's address
///     path    := string: its number of nibbles, and two of them a byte
struct ChangedPlaces {
    struct Place {
        Owner owner;
        trie::NodePath path;
        friend bool operator==(const Place&, const Place&) = default;
    };
    std::vector<Place> written;
    std::vector<StateChanges::Replaced> replaced;
    friend bool operator==(const ChangedPlaces&, const ChangedPlaces&) = default;
};
/// Encodes the places. REQUIRES: what was replaced is older than @p sequence.
Bytes encode_changes_row(const StateChanges& changes, uint64_t sequence);
/// Decodes a row of changes of a block that wrote with @p sequence. Throws DatabaseError, bad_row.
ChangedPlaces decode_changes_row(BytesView key, BytesView value, uint64_t sequence);

}  // namespace scope::store
