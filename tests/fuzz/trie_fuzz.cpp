#include <map>

#include "crypto/keccak.hpp"
#include "pieces.hpp"
#include "trie/stored_node.hpp"
#include "trie/trie.hpp"

// Two readings of the input. As a node from a database: what is accepted is exactly what the encoder
// gives. As nodes of a trie: whatever they are, nothing breaks; where all are accepted, the trie is
// the one of its entries, and stays so when it is changed.

using namespace scope;
using fuzz::Pieces;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

/// Where a piece has this in it, the hash of the next piece stands in its place.
constexpr size_t HASH_SIZE = 32;
constexpr uint8_t LINK = 0x11;
constexpr size_t MAX_NODES = 5;  // each may name the next seven times

class Nodes final : public trie::NodeSource {
  public:
    explicit Nodes(Pieces& pieces) {
        std::vector<Bytes> nodes;
        while (!pieces.at_end() && nodes.size() < MAX_NODES)
            nodes.push_back(to_bytes(pieces.next(255)));
        for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
            link(*node);
            root_ = crypto::keccak256(*node);
            nodes_[root_] = *node;
        }
    }
    [[nodiscard]] trie::NodeVersion root() const { return {.hash = root_}; }

    Result<trie::StoredNode, trie::NodeError> node(
        const trie::NodePath& /*path*/, const trie::NodeVersion& version) const override {
        const auto found = nodes_.find(version.hash);
        if (found == nodes_.end()) return std::unexpected{trie::NodeError::missing_node};
        return trie::StoredNode{.rlp = found->second, .sequences = {}};
    }

  private:
    void link(Bytes& node) const {
        constexpr std::array<uint8_t, HASH_SIZE> MARK = [] {
            std::array<uint8_t, HASH_SIZE> mark{};
            mark.fill(LINK);
            return mark;
        }();
        for (auto at = node.begin();; at += HASH_SIZE) {
            at = std::search(at, node.end(), MARK.begin(), MARK.end());
            if (at == node.end()) return;
            std::ranges::copy(root_, at);
        }
    }

    std::map<Hash, Bytes> nodes_;
    Hash root_;  // of the node last read
};

void read_as_stored(BytesView input) {
    const uint64_t sequence = uint64_t{input[0]} << input[0] % 32;
    const auto node = trie::decode_stored(input.subspan(1), sequence);
    if (node) CHECK(equal(trie::encode_stored(*node, sequence), input.subspan(1)));
}

void read_as_nodes(BytesView input) {
    Pieces pieces{input};
    const Bytes key = to_bytes(pieces.next(trie::MAX_KEY_SIZE));
    const Nodes nodes{pieces};
    trie::Trie given{nodes, nodes.root()};
    trie::Trie made;
    const auto all =
        given.for_each([&](BytesView each, BytesView value) { CHECK(made.put(each, value)); });
    const Hash root = given.root_hash();
    if (all) CHECK(made.root_hash() == root);

    const auto value = given.get(key);
    if (all) CHECK(value && *value == *made.get(key));
    if (value) CHECK(given.prove(key) && given.load(key));
    if (all) CHECK(*given.prove_erasure(key) == *made.prove_erasure(key));
    trie::Trie without = given;
    const auto erased = without.erase(key);
    if (!erased) CHECK(without.root_hash() == root);
    const auto put = given.put(key, Bytes{1});
    CHECK(put.has_value() == value.has_value());
    if (!put) CHECK(given.root_hash() == root);
    if (!all) return;
    CHECK(erased && made.put(key, Bytes{1}) && made.root_hash() == given.root_hash());
    CHECK(made.erase(key) && made.root_hash() == without.root_hash());
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const BytesView input{data, size};
    if (input.empty()) return 0;
    read_as_stored(input);
    read_as_nodes(input);
    return 0;
}
