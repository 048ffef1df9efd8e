#pragma once

#include <optional>
#include <vector>

#include "rlp/error.hpp"
#include "types/transaction.hpp"

namespace scope::rollup {

/// The kind of a block: who may decide what is in it. Only `regular` can stand today.
enum class BlockKind : uint8_t {
    regular = 0,
    end = 1,    ///< the last one of a sequencer's slot
    based = 2,  ///< of the L1 slot that settles it
};

/// The part of a block that its batch carries; the rest of the header follows from the chain
/// (docs/formats/batch.md).
struct BatchBlock {
    BlockKind kind = BlockKind::regular;
    uint64_t slot = 0;
    uint64_t l1_origin_number = 0;  ///< of the L1 block that it builds on
    Hash l1_origin_hash;
    uint64_t timestamp_s = 0;
    Address coinbase;
    std::vector<Transaction> transactions;  ///< system and user transactions
    friend bool operator==(const BatchBlock&, const BatchBlock&) = default;
};

/// Consecutive blocks of one rollup, as they are published on L1.
struct Batch {
    ChainId chain_id;
    uint64_t number = 0;  ///< batches settled before
    uint64_t first_block = 0;
    std::vector<BatchBlock> blocks;  ///< parents before children
    friend bool operator==(const Batch&, const Batch&) = default;
};

enum class BatchError : uint8_t {
    empty,  ///< no bytes
    unknown_version,
    malformed_rlp,
    no_blocks,
    unknown_kind,       ///< of a block
    bad_transaction,    ///< an envelope that decode_transaction rejects
    blob_transaction,   ///< a rollup has no blobs
    too_large,          ///< above the blobs of one L1 transaction, or MAX_BATCH_SIZE
    bad_blob_length,    ///< the length prefix does not fit the blobs
    bad_field_element,  ///< the top byte of a field element is not 0
    bad_padding,        ///< a byte after the end is not 0, or a blob too many
};
std::string_view to_string(BatchError error) noexcept;

/// The largest size of a batch, in calldata or blobs, and of all that a scope has in blobs: the
/// capacity of six blobs.
inline constexpr size_t MAX_BATCH_SIZE = 6 * 4096 * 31 - 4;

/// Encodes version || rlp. REQUIRES: at least one block.
Bytes encode(const Batch& batch);
/// Returns the size in bytes of a transaction inside encode().
size_t size_in_batch(const Transaction& tx);
/// Returns the size in bytes of a block inside encode().
/// @param block              Its transactions are not looked at.
/// @param transactions_size  Size of its transactions: the sum of size_in_batch.
size_t size_in_batch(const BatchBlock& block, size_t transactions_size);
/// Returns the size of encode() in bytes without encoding.
/// @param frame        A batch whose blocks are not looked at.
/// @param blocks_size  Size of its blocks: the sum of size_in_batch.
size_t encoded_size(const Batch& frame, size_t blocks_size);
/// Returns a batch's bytes in those of its scope; nullopt if they don't lie inside.
std::optional<BytesView> slice_of(BytesView scope_data, const uint256& offset,
                                  const uint256& length);
/// Decodes a batch; accepts only what encode gives.
Result<Batch, BatchError> decode_batch(BytesView bytes);

}  // namespace scope::rollup
