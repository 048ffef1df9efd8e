#include <map>

#include "crypto/keccak.hpp"
#include "pieces.hpp"
#include "trie/proof.hpp"
#include "trie/trie.hpp"

// Two readings of the input. As nodes: whatever they are, a proof is refused or proves one thing.
// As keys and values: what a trie proves holds, and does not hold with a bit turned over.

using namespace scope;
using fuzz::Pieces;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void read_as_nodes(BytesView input) {
    Pieces pieces{input};
    const Bytes key = to_bytes(pieces.next(trie::MAX_KEY_SIZE));
    std::vector<Bytes> nodes;
    while (!pieces.at_end()) nodes.push_back(to_bytes(pieces.next(255)));
    if (nodes.empty()) return;
    // A root that the first node has, so that more than its hash is looked at.
    const Hash root = crypto::keccak256(nodes.front());
    const auto proven = trie::verify_proof(root, key, nodes);
    if (proven) {  // and not with a node more
        nodes.push_back(nodes.back());
        CHECK(!trie::verify_proof(root, key, nodes));
    }
    CHECK(!trie::verify_proof(trie::EMPTY_ROOT, key, nodes));
}

void read_as_entries(BytesView input) {
    Pieces pieces{input};
    std::map<Bytes, Bytes> entries;
    trie::Trie made;
    while (!pieces.at_end() && entries.size() < 40) {
        const Bytes key = to_bytes(pieces.next(trie::MAX_KEY_SIZE));
        const Bytes value = to_bytes(pieces.next(64));
        CHECK(made.put(key, value));
        if (value.empty())
            entries.erase(key);
        else
            entries[key] = value;
    }
    const Hash root = made.root_hash();
    for (const auto& [key, value] : entries) {
        auto proof = made.prove(key).value();
        const auto proven = trie::verify_proof(root, key, proof);
        CHECK(proven && *proven == value);
        Bytes& node = proof[input[0] % proof.size()];
        node[input.back() % node.size()] ^= 1;
        CHECK(!trie::verify_proof(root, key, proof));
    }
    const Bytes absent(trie::MAX_KEY_SIZE, 0xa5);
    if (!entries.contains(absent)) {
        const auto proven = trie::verify_proof(root, absent, made.prove(absent).value());
        CHECK(proven && !*proven);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const BytesView input{data, size};
    if (input.empty()) return 0;
    read_as_nodes(input);
    read_as_entries(input);
    return 0;
}
