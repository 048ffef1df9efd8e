#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "trie/node_source.hpp"

namespace scope::witness {

/// Nodes by their hash, as a witness gives them: of all tries together, wherever they stand.
///
/// Counts what is asked for, so only one thread may use it.
class NodeSet final : public trie::NodeSource {
  public:
    /// @param nodes  Borrowed.
    explicit NodeSet(std::span<const Bytes> nodes);

    /// Returns the node, which counts as used from then on.
    [[nodiscard]] Result<trie::StoredNode, trie::NodeError> node(
        const trie::NodePath& path, const trie::NodeVersion& version) const override;
    /// Returns the number of nodes that were not asked for, each counted once.
    [[nodiscard]] size_t unused_count() const noexcept { return nodes_.size() - used_count_; }

  private:
    struct Entry {
        const Bytes* node;
        mutable bool is_used = false;
    };
    std::unordered_map<Hash, Entry> nodes_;
    mutable size_t used_count_ = 0;
};

}  // namespace scope::witness
