#include "witness/node_set.hpp"

#include "crypto/keccak.hpp"

namespace scope::witness {

NodeSet::NodeSet(std::span<const Bytes> nodes) {
    for (const Bytes& node : nodes) nodes_.emplace(crypto::keccak256(node), Entry{&node});
}

Result<trie::StoredNode, trie::NodeError> NodeSet::node(const trie::NodePath& /*path*/,
                                                        const trie::NodeVersion& version) const {
    const auto found = nodes_.find(version.hash);
    if (found == nodes_.end()) return std::unexpected{trie::NodeError::missing_node};
    if (!found->second.is_used) ++used_count_;
    found->second.is_used = true;
    return trie::StoredNode{.rlp = *found->second.node, .sequences = {}};
}

}  // namespace scope::witness
