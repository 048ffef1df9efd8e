#pragma once

#include <absl/hash/hash.h>

#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace scope::state {

/// A hash map whose copies share what they have in common.
///
/// A copy costs one reference. A change makes new nodes only on the path to its key, and only where
/// another copy holds them. Copies may be used in different threads. Order of iteration is not
/// defined.
///
/// A tree of 16-way branches over the bits of the key's hash; a leaf holds up to LEAF_SIZE entries
/// unordered, since most accounts have few slots.
template <typename K, typename V>
class PersistentMap {
  public:
    /// Returns the value, or null if there is none. Borrowed until the map changes.
    [[nodiscard]] const V* find(const K& key) const {
        size_t hash = absl::HashOf(key);
        const Node* node = root_.get();
        for (; node != nullptr && node->branch; hash >>= BITS)
            node = (*node->branch)[hash % WIDTH].get();
        if (node == nullptr) return nullptr;
        for (const auto& entry : node->entries)
            if (entry.first == key) return &entry.second;
        return nullptr;
    }

    void put(const K& key, V value) {
        if (insert(root_, absl::HashOf(key), 0, key, std::move(value))) ++size_;
    }

    void erase(const K& key) {
        if (find(key) == nullptr) return;
        size_t hash = absl::HashOf(key);
        Node* node = &own(root_);
        for (; node->branch; hash >>= BITS) node = &own((*node->branch)[hash % WIDTH]);
        for (auto& entry : node->entries) {
            if (entry.first != key) continue;
            std::swap(entry, node->entries.back());
            node->entries.pop_back();
            break;
        }
        --size_;
    }

    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Calls visit(key, value) for all.
    template <typename Visit>
    void for_each(Visit visit) const {
        for_each(root_.get(), visit);
    }

  private:
    static constexpr size_t BITS = 4;
    static constexpr size_t WIDTH = size_t{1} << BITS;
    static constexpr size_t LEAF_SIZE = 8;
    static constexpr size_t MAX_DEPTH = 64 / BITS;  // below, a leaf takes whatever comes

    struct Node;
    using NodePtr = std::shared_ptr<Node>;
    struct Node {
        std::vector<std::pair<K, V>> entries;                // of a leaf
        std::unique_ptr<std::array<NodePtr, WIDTH>> branch;  // null: a leaf

        Node() = default;
        Node(const Node& other) : entries(other.entries) {
            if (other.branch) branch = std::make_unique<std::array<NodePtr, WIDTH>>(*other.branch);
        }
    };

    /// Returns the node, made if there is none, copied if others hold it.
    static Node& own(NodePtr& node) {
        if (!node) {
            node = std::make_shared<Node>();
        } else if (node.use_count() != 1) {
            node = std::make_shared<Node>(*node);
        } else {
            // Whoever gave up the last other reference has read what is changed next.
            std::atomic_thread_fence(std::memory_order_acquire);
        }
        return *node;
    }

    static bool insert(NodePtr& place, size_t hash, size_t depth, const K& key, V value) {
        Node& node = own(place);
        if (node.branch)
            return insert((*node.branch)[hash % WIDTH], hash >> BITS, depth + 1, key,
                          std::move(value));
        for (auto& entry : node.entries) {
            if (entry.first != key) continue;
            entry.second = std::move(value);
            return false;
        }
        node.entries.emplace_back(key, std::move(value));
        if (node.entries.size() > LEAF_SIZE && depth < MAX_DEPTH) {
            node.branch = std::make_unique<std::array<NodePtr, WIDTH>>();
            for (auto& entry : std::exchange(node.entries, {})) {
                const size_t rest = absl::HashOf(entry.first) >> (BITS * depth);
                insert((*node.branch)[rest % WIDTH], rest >> BITS, depth + 1, entry.first,
                       std::move(entry.second));
            }
        }
        return true;
    }

    template <typename Visit>
    static void for_each(const Node* node, Visit& visit) {
        if (node == nullptr) return;
        for (const auto& [key, value] : node->entries) visit(key, value);
        if (node->branch)
            for (const auto& child : *node->branch) for_each(child.get(), visit);
    }

    NodePtr root_;
    size_t size_ = 0;
};

}  // namespace scope::state
