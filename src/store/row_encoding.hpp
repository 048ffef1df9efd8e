#pragma once

#include "chain/store.hpp"
#include "store/keys.hpp"

/// The values of rows of blocks and blobs, as RLP:
///
///     header   := [header, total_difficulty, state_bytes]
///     body     := [block, [transaction_hash*], [sender*], [request*]]
///     receipts := [receipt*]
///     receipt  := [type, outcome, cumulative_gas_used, [log*]]    its bloom follows from the logs
///     outcome  := one byte, 0 or 1 | state_root(32)
///     place    := block_number(8) index(8), not RLP
///     state    := sequence(8) root_sequence(8), not RLP    below trie::SEQUENCE_LIMIT
///     blob     := [content without trailing zeros, commitment, proof]
///
/// header, block and log are Ethereum's. Decoding throws DatabaseError, bad_row, which names the
/// row: nothing of what is read is believed.
namespace scope::store {

struct HeaderRow {
    BlockHeader header;
    uint256 total_difficulty;
    uint64_t state_bytes = 0;
};
Bytes encode_header_row(const chain::StoredBlock& block);
/// Decodes a header, and compares its hash with the key's.
HeaderRow decode_header_row(BytesView key, BytesView value);

Bytes encode_body_row(const chain::StoredBlock& block);
/// Decodes a body into @p block.
void decode_body_row(BytesView key, BytesView value, chain::StoredBlock& block);
/// Decodes the hashes of a body's transactions alone.
std::vector<Hash> decode_transaction_hashes(BytesView key, BytesView value);

Bytes encode_receipts_row(const std::vector<Receipt>& receipts);
std::vector<Receipt> decode_receipts_row(BytesView key, BytesView value);

struct PlaceRow {
    uint64_t block_number = 0;
    uint64_t index = 0;
    friend bool operator==(const PlaceRow&, const PlaceRow&) = default;
};
Bytes encode_place_row(const PlaceRow& place);
PlaceRow decode_place_row(BytesView key, BytesView value);

struct StateRow {
    uint64_t sequence = 0;       ///< that the block wrote with
    uint64_t root_sequence = 0;  ///< that its root was written with
    friend bool operator==(const StateRow&, const StateRow&) = default;
};
Bytes encode_state_row(const StateRow& state);
StateRow decode_state_row(BytesView key, BytesView value);

Bytes encode_blob_row(const chain::StoredBlob& blob);
chain::StoredBlobPtr decode_blob_row(BytesView key, BytesView value);

Bytes encode_number_row(uint64_t number);
/// Decodes a value that is one hash, or one number.
Hash decode_hash_row(BytesView key, BytesView value);
uint64_t decode_number_row(BytesView key, BytesView value);
/// Decodes a number that must be a sequence, which the trie demands of who calls it.
uint64_t decode_sequence_row(BytesView key, BytesView value);

}  // namespace scope::store
