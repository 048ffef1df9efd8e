#include "store/state_changes.hpp"

#include <map>

#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "trie/stored_node.hpp"

namespace scope::store {

namespace {

struct ReplacedRow {
    Bytes path;
    uint64_t age = 0;
};
constexpr auto rlp_fields(const ReplacedRow*) {
    return std::tuple{&ReplacedRow::path, &ReplacedRow::age};
}
struct TrieRow {
    Bytes owner;
    std::vector<Bytes> written;
    std::vector<ReplacedRow> replaced;
};
constexpr auto rlp_fields(const TrieRow*) {
    return std::tuple{&TrieRow::owner, &TrieRow::written, &TrieRow::replaced};
}

Bytes encode_path(const trie::NodePath& path) {
    Bytes out;
    append_path(out, path);
    return out;
}

trie::NodePath decode_path(BytesView key, BytesView bytes) {
    trie::NodePath path;
    if (bytes.empty() || bytes[0] > 2 * trie::MAX_KEY_SIZE ||
        bytes.size() != 1 + (bytes[0] + size_t{1}) / 2)
        refuse_row(key, "no path");
    path.size = bytes[0];
    std::ranges::copy(bytes.subspan(1), path.bytes.begin());
    if (path.size % 2 != 0 && (bytes.back() & 0x0f) != 0) refuse_row(key, "no path");
    return path;
}

Owner decode_owner(BytesView key, BytesView bytes) {
    if (bytes.empty()) return std::nullopt;
    if (bytes.size() != 32) refuse_row(key, "no owner");
    return Hash::from(bytes);
}

}  // namespace

void ChangesOfTrie::write(const trie::NodePath& path, const trie::NodeVersion& version,
                          const trie::StoredNode& node) {
    into_.written.push_back({owner_, path, trie::encode_stored(node, version.sequence)});
}

void ChangesOfTrie::replace(const trie::NodePath& path, const trie::NodeVersion& version) {
    into_.replaced.push_back({owner_, path, version.sequence});
}

Bytes encode_changes_row(const StateChanges& changes, uint64_t sequence) {
    std::map<Owner, TrieRow> tries;
    for (const auto& each : changes.written)
        tries[each.owner].written.push_back(encode_path(each.path));
    for (const auto& each : changes.replaced) {
        CHECK(each.sequence < sequence);
        tries[each.owner].replaced.push_back({encode_path(each.path), sequence - each.sequence});
    }
    std::vector<TrieRow> rows;
    for (auto& [owner, row] : tries) {
        if (owner) row.owner = to_bytes(*owner);
        rows.push_back(std::move(row));
    }
    return rlp::encode(rows);
}

ChangedPlaces decode_changes_row(BytesView key, BytesView value, uint64_t sequence) {
    rlp::Reader reader{value};
    const auto rows = reader.read<std::vector<TrieRow>>();
    if (!rows) refuse_row(key, to_string(rows.error()));
    if (!reader.at_end()) refuse_row(key, "bytes behind its end");
    ChangedPlaces places;
    for (const auto& row : *rows) {
        const auto owner = decode_owner(key, row.owner);
        for (const auto& path : row.written)
            places.written.push_back({owner, decode_path(key, path)});
        for (const auto& [path, age] : row.replaced) {
            if (age == 0 || age > sequence) refuse_row(key, "it replaces what was not yet written");
            places.replaced.push_back({owner, decode_path(key, path), sequence - age});
        }
    }
    return places;
}

}  // namespace scope::store
