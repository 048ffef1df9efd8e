#include "store/keys.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "store/error.hpp"
#include "store/numbers.hpp"

namespace scope::store {

namespace {

/// Returns the name; empty for a byte that is no column.
std::string_view name_of(Column column) {
    switch (column) {
        case Column::identity:
            return "identity";
        case Column::commit:
            return "commit";
        case Column::value:
            return "value";
        case Column::header:
            return "header";
        case Column::body:
            return "body";
        case Column::receipts:
            return "receipts";
        case Column::canonical:
            return "canonical";
        case Column::place:
            return "place";
        case Column::state:
            return "state";
        case Column::changes:
            return "changes";
        case Column::node:
            return "node";
        case Column::code:
            return "code";
        case Column::blob:
            return "blob";
        case Column::follower:
            return "follower";
        case Column::unsettled:
            return "unsettled";
        case Column::service:
            return "service";
        case Column::devnet:
            return "devnet";
    }
    return {};
}

bool is_of_a_chain(Column column) {
    return column != Column::identity && column != Column::commit;
}

Bytes start(Column column, ChainId chain, size_t size) {
    Bytes key;
    key.reserve(CHAIN_PREFIX_SIZE + size);
    key.push_back(static_cast<uint8_t>(column));
    append_u64(key, chain.number());
    return key;
}

constexpr std::string_view OTHER_LENGTH = "its key has another length";

}  // namespace

Bytes identity_key() {
    return column_prefix(Column::identity);
}

Bytes commit_key(uint64_t number) {
    Bytes key = column_prefix(Column::commit);
    append_u64(key, number);
    return key;
}

Bytes column_prefix(Column column) {
    return {static_cast<uint8_t>(column)};
}

Bytes column_prefix(Column column, ChainId chain) {
    return start(column, chain, 0);
}

Bytes value_key(ChainId chain, ChainValue name) {
    Bytes key = start(Column::value, chain, 1);
    key.push_back(static_cast<uint8_t>(name));
    return key;
}

Bytes hash_key(Column column, ChainId chain, const Hash& hash) {
    Bytes key = start(column, chain, 32);
    append(key, hash);
    return key;
}

Bytes number_key(Column column, ChainId chain, uint64_t number) {
    Bytes key = start(column, chain, 8);
    append_u64(key, number);
    return key;
}

Bytes block_key(Column column, ChainId chain, uint64_t number, const Hash& hash) {
    Bytes key = start(column, chain, 8 + 32);
    append_u64(key, number);
    append(key, hash);
    return key;
}

Bytes versions_prefix(ChainId chain, const Owner& owner, const trie::NodePath& path) {
    Bytes key = start(Column::node, chain, 1 + 32 + 32 + 1 + 8);
    key.push_back(owner ? 1 : 0);
    if (owner) append(key, *owner);
    append_path(key, path);
    return key;
}

Bytes node_key(ChainId chain, const Owner& owner, const trie::NodePath& path, uint64_t sequence) {
    Bytes key = versions_prefix(chain, owner, path);
    append_u64(key, sequence);
    return key;
}

void append_path(Bytes& out, const trie::NodePath& path) {
    out.push_back(path.size);
    append(out, BytesView{path.bytes}.first((path.size + size_t{1}) / 2));
}

uint64_t number_of(BytesView key) {
    const bool has_chain = !key.empty() && is_of_a_chain(static_cast<Column>(key[0]));
    const size_t start = has_chain ? CHAIN_PREFIX_SIZE : 1;
    if (key.size() != start + 8) refuse_row(key, OTHER_LENGTH);
    return read_u64(key.subspan(start));
}

Hash block_hash_of(BytesView key) {
    if (key.size() != CHAIN_PREFIX_SIZE + 8 + 32) refuse_row(key, OTHER_LENGTH);
    return Hash::from(key.last(32));
}

std::string describe_key(BytesView key) {
    if (key.empty()) return "(without a key)";
    const auto column = static_cast<Column>(key[0]);
    const auto name = name_of(column);
    if (name.empty()) return to_hex(key);
    if (!is_of_a_chain(column)) return fmt::format("{} {}", name, to_hex(key.subspan(1)));
    if (key.size() < CHAIN_PREFIX_SIZE) return fmt::format("{} {}", name, to_hex(key.subspan(1)));
    return fmt::format("{} of chain {}, {}", name, read_u64(key.subspan(1)),
                       to_hex(key.subspan(CHAIN_PREFIX_SIZE)));
}

void refuse_row(BytesView key, std::string_view reason) {
    throw DatabaseError{DatabaseRule::bad_row,
                        fmt::format("row {}: {}", describe_key(key), reason)};
}

}  // namespace scope::store
