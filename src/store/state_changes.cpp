#include "store/state_changes.hpp"

#include <array>
#include <map>

#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "trie/stored_node.hpp"

namespace scope::store {

namespace {

/// A path as the row has it.
struct PathRow {
    std::array<uint8_t, 1 + trie::MAX_KEY_SIZE> bytes;
    size_t size;

    explicit PathRow(const trie::NodePath& path) : size(1 + (path.size + size_t{1}) / 2) {
        bytes[0] = path.size;
        std::copy_n(path.bytes.begin(), size - 1, bytes.begin() + 1);
    }
    operator BytesView() const noexcept { return BytesView{bytes}.first(size); }
};
struct ReplacedRow {
    PathRow path;
    uint64_t age = 0;
};
constexpr auto rlp_fields(const ReplacedRow*) {
    return std::tuple{&ReplacedRow::path, &ReplacedRow::age};
}
struct TrieRow {
    Bytes owner;
    std::vector<PathRow> written;
    std::vector<ReplacedRow> replaced;
};
constexpr auto rlp_fields(const TrieRow*) {
    return std::tuple{&TrieRow::owner, &TrieRow::written, &TrieRow::replaced};
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
    auto row_of = [&, last = tries.end()](const Owner& owner) mutable -> TrieRow& {
        if (last == tries.end() || last->first != owner) last = tries.try_emplace(owner).first;
        return last->second;
    };
    for (const auto& each : changes.written) row_of(each.owner).written.emplace_back(each.path);
    for (const auto& each : changes.replaced) {
        CHECK(each.sequence < sequence);
        row_of(each.owner).replaced.push_back({PathRow{each.path}, sequence - each.sequence});
    }
    std::vector<TrieRow> rows;
    for (auto& [owner, row] : tries) {
        if (owner) row.owner = to_bytes(*owner);
        rows.push_back(std::move(row));
    }
    return rlp::encode(rows);
}

ChangedPlaces decode_changes_row(BytesView key, BytesView value, uint64_t sequence) {
    ChangedPlaces places;
    const auto read = [&]() -> rlp::RlpResult<void> {
        rlp::Reader whole{value};
        for (auto tries = TRY(whole.list()); !tries.at_end();) {
            auto trie = TRY(tries.list());
            const auto owner = decode_owner(key, TRY(trie.string()));
            for (auto written = TRY(trie.list()); !written.at_end();)
                places.written.push_back({owner, decode_path(key, TRY(written.string()))});
            for (auto replaced = TRY(trie.list()); !replaced.at_end();) {
                auto fields = TRY(replaced.list());
                const auto path = decode_path(key, TRY(fields.string()));
                const uint64_t age = TRY(fields.u64());
                TRY_VOID(fields.finish());
                if (age == 0 || age > sequence)
                    refuse_row(key, "it replaces what was not yet written");
                places.replaced.push_back({owner, path, sequence - age});
            }
            TRY_VOID(trie.finish());
        }
        return whole.finish();
    }();
    if (!read) refuse_row(key, to_string(read.error()));
    return places;
}

}  // namespace scope::store
