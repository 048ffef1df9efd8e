#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "crypto/keccak.hpp"
#include "trie/changes.hpp"
#include "trie/stored_node.hpp"

/// Sources and sinks for tests.
namespace scope::trie {

/// Thrown where a test lets the machine fail.
struct DiskFailure : std::runtime_error {
    DiskFailure() : std::runtime_error{"the disk fails"} {}
};

/// Nodes by place and sequence, as a database has them.
class TestDisk final : public NodeSource, public NodeSink {
  public:
    using Key = std::pair<NodePath, uint64_t>;
    enum class Failure : uint8_t { none, missing, thrown };

    Result<StoredNode, NodeError> node(const NodePath& path,
                                       const NodeVersion& version) const override {
        ++reads;
        if (reads == fails_at && failure == Failure::thrown) throw DiskFailure{};
        if (reads == fails_at && failure == Failure::missing)
            return std::unexpected{NodeError::missing_node};
        const auto found = nodes.find({path, version.sequence});
        if (found == nodes.end()) return std::unexpected{NodeError::missing_node};
        return decode_stored(found->second, version.sequence);
    }
    void write(const NodePath& path, const NodeVersion& version, const StoredNode& node) override {
        CHECK(crypto::keccak256(node.rlp) == version.hash);
        const bool is_new =
            nodes.emplace(Key{path, version.sequence}, encode_stored(node, version.sequence))
                .second;
        CHECK(is_new);
        created[version.sequence].emplace_back(path, version.sequence);
    }
    void replace(const NodePath& path, const NodeVersion& version) override {
        CHECK(nodes.contains({path, version.sequence}));
        replacing.emplace_back(path, version.sequence);
    }

    /// Stores what a block has changed.
    void commit(const Trie& before, const Trie& after, uint64_t sequence) {
        replacing.clear();
        CHECK(visit_changes(before, after, sequence, *this));
        mark_stored(after, sequence);
        replaced[sequence] = std::exchange(replacing, {});
    }
    /// Deletes what only tries older than a block need.
    void prune(uint64_t sequence) {
        for (const Key& key : replaced[sequence]) CHECK(nodes.erase(key) == 1);
    }
    /// Deletes what a block has written that nothing builds on.
    void abandon(uint64_t sequence) {
        for (const Key& key : created[sequence]) CHECK(nodes.erase(key) == 1);
    }
    void fail_at(size_t read, Failure how) {
        reads = 0;
        fails_at = read;
        failure = how;
    }

    std::map<Key, Bytes> nodes;
    std::map<uint64_t, std::vector<Key>> created;
    std::map<uint64_t, std::vector<Key>> replaced;
    std::vector<Key> replacing;
    mutable size_t reads = 0;
    size_t fails_at = 0;  // 1 is the next; 0: never
    Failure failure = Failure::none;
};

/// Nodes by their hash, as a witness has them.
class NodesByHash final : public NodeSource {
  public:
    void add(const Bytes& rlp) { nodes_[crypto::keccak256(rlp)] = rlp; }
    Result<StoredNode, NodeError> node(const NodePath& /*path*/,
                                       const NodeVersion& version) const override {
        const auto found = nodes_.find(version.hash);
        if (found == nodes_.end()) return std::unexpected{NodeError::missing_node};
        return StoredNode{.rlp = found->second, .sequences = {}};
    }

  private:
    std::map<Hash, Bytes> nodes_;
};

}  // namespace scope::trie
