#pragma once

#include "base/chain_id.hpp"
#include "trie/node_source.hpp"

/// The keys of all rows. A column is a byte; numbers are big-endian, so that rows of one column are
/// in the order of their numbers:
///
///     key  := column chain_id(8) rest         of a chain
///           | column rest                     of the whole database: identity, commit
///     rest :=
///       identity   -
///       commit     number(8)
///       value      name(1)                    see ChainValue
///       header     block_hash(32)
///       body       block_hash(32)
///       receipts   block_hash(32)
///       canonical  block_number(8)
///       place      transaction_hash(32)
///       state      block_number(8) block_hash(32)
///       changes    block_number(8) block_hash(32)
///       node       owner nibbles(1) path sequence(8)
///       code       code_hash(32)
///       blob       versioned_hash(32)
///       follower   rest                       of L1's chain: rollup/follower_rows.hpp
///       unsettled  block_number(8)            of a rollup: node/unsettled_rows.hpp
///       service    rest                       service/scope_rows.hpp, service/pool_rows.hpp
///       devnet     rest                       devnet/devnet_rows.hpp
///     owner := 0x00                           the state trie
///            | 0x01 keccak256(address)(32)    an account's storage trie
///     path  := two nibbles a byte, the high half first; a zero behind an odd one
///
/// So all versions of a node lie side by side, and the nodes of one depth of a trie, in the order of
/// their paths.
namespace scope::store {

/// The first byte of a key: which kind of row it is.
enum class Column : uint8_t {
    identity = 'i',
    commit = 'k',
    value = 'v',
    header = 'h',
    body = 'b',
    receipts = 'r',
    canonical = 'c',
    place = 't',
    state = 's',
    changes = 'u',
    node = 'n',
    code = 'd',
    blob = 'l',
    follower = 'f',
    unsettled = 'w',
    service = 'q',
    devnet = 'x',
};

/// The size of what all keys of a chain's column begin with.
inline constexpr size_t CHAIN_PREFIX_SIZE = 1 + 8;

/// A chain's values that have one row each.
enum class ChainValue : uint8_t {
    head,           ///< block hash
    next_sequence,  ///< of the next state that is put
    pruned,         ///< number of the first canonical block whose changes are kept
};

/// Whose trie it is: the state trie, or the storage trie of an account, by the hash of its address.
using Owner = std::optional<Hash>;

Bytes identity_key();
Bytes commit_key(uint64_t number);
/// Returns what all keys of a column begin with that is not of a chain.
Bytes column_prefix(Column column);
/// Returns what all keys of a chain's column begin with.
Bytes column_prefix(Column column, ChainId chain);
Bytes value_key(ChainId chain, ChainValue name);
/// Returns a key that ends with a hash: header, body, receipts, place, code, blob.
Bytes hash_key(Column column, ChainId chain, const Hash& hash);
/// Returns a key that ends with a number: canonical, unsettled.
Bytes number_key(Column column, ChainId chain, uint64_t number);
/// Returns a key that ends with a block's number and hash: state, changes.
Bytes block_key(Column column, ChainId chain, uint64_t number, const Hash& hash);
/// Returns what the keys of all versions of a node begin with.
Bytes versions_prefix(ChainId chain, const Owner& owner, const trie::NodePath& path);
Bytes node_key(ChainId chain, const Owner& owner, const trie::NodePath& path, uint64_t sequence);

/// Returns the number at the end of a key of commit, canonical or unsettled. Throws DatabaseError if
/// it has another length.
uint64_t number_of(BytesView key);
/// Returns the block hash at the end of a key of state or changes. Throws like number_of.
Hash block_hash_of(BytesView key);

/// Appends a path as a key has it: how many nibbles, and two of them a byte.
void append_path(Bytes& out, const trie::NodePath& path);

/// Returns a key in human-readable words: the column's name, the chain, the rest.
std::string describe_key(BytesView key);
/// Throws DatabaseError, bad_row, of the row with this key.
[[noreturn]] void refuse_row(BytesView key, std::string_view reason);

}  // namespace scope::store
