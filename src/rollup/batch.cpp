#include "rollup/batch.hpp"

#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

/// The grammar (docs/formats/batch.md):
///
///     batch        = version || rlp([chain_id, number, first_block, blocks])
///     version      = 0x02
///     blocks       = [block, ...]                 at least one
///     block        = [kind, slot, l1_origin_number, l1_origin_hash, timestamp_s, coinbase,
///                     transactions]
///     kind         = 0 regular, 1 end, 2 based
///     transactions = [envelope, ...]              EIP-2718, each a byte string
namespace scope::rollup {

namespace {

constexpr uint8_t VERSION = 0x02;

/// Returns the size of a list whose items take so many bytes.
size_t list_size(size_t payload) {
    return rlp::header_size(payload) + payload;
}

Result<BatchBlock, BatchError> decode_block(rlp::Reader& blocks) {
    const auto malformed = std::unexpected{BatchError::malformed_rlp};
    auto fields = blocks.list();
    if (!fields) return malformed;
    const auto kind = fields->u64();
    if (!kind) return malformed;
    if (*kind > static_cast<uint64_t>(BlockKind::based))
        return std::unexpected{BatchError::unknown_kind};
    const auto slot = fields->u64();
    if (!slot) return malformed;
    const auto l1_origin_number = fields->u64();
    if (!l1_origin_number) return malformed;
    const auto l1_origin_hash = fields->fixed<32>();
    if (!l1_origin_hash) return malformed;
    const auto timestamp_s = fields->u64();
    if (!timestamp_s) return malformed;
    const auto coinbase = fields->fixed<20>();
    if (!coinbase) return malformed;
    auto envelopes = fields->list();
    if (!envelopes || !fields->finish()) return malformed;

    BatchBlock block{.kind = static_cast<BlockKind>(*kind),
                     .slot = *slot,
                     .l1_origin_number = *l1_origin_number,
                     .l1_origin_hash = *l1_origin_hash,
                     .timestamp_s = *timestamp_s,
                     .coinbase = *coinbase,
                     .transactions = {}};
    while (!envelopes->at_end()) {
        const auto envelope = envelopes->string();
        if (!envelope) return malformed;
        auto tx = decode_transaction(*envelope);
        if (!tx) return std::unexpected{BatchError::bad_transaction};
        if (tx->type == TxType::blob) return std::unexpected{BatchError::blob_transaction};
        block.transactions.push_back(std::move(*tx));
    }
    return block;
}

}  // namespace

Bytes encode(const Batch& batch) {
    CHECK(!batch.blocks.empty());
    Bytes blocks;
    for (const auto& block : batch.blocks) {
        std::vector<Bytes> envelopes;
        envelopes.reserve(block.transactions.size());
        for (const auto& tx : block.transactions) envelopes.push_back(scope::encode(tx));
        rlp::encode_list_to(blocks, static_cast<uint64_t>(block.kind), block.slot,
                            block.l1_origin_number, block.l1_origin_hash, block.timestamp_s,
                            block.coinbase, envelopes);
    }
    rlp::close_list(blocks, 0);

    Bytes out{VERSION};
    rlp::encode_list_to(out, batch.chain_id, batch.number, batch.first_block, rlp::Raw{blocks});
    return out;
}

size_t size_in_batch(const Transaction& tx) {
    return rlp::encoded_size(scope::encode(tx));
}

size_t size_in_batch(const BatchBlock& block, size_t transactions_size) {
    return list_size(rlp::payload_size(static_cast<uint64_t>(block.kind), block.slot,
                                       block.l1_origin_number, block.l1_origin_hash,
                                       block.timestamp_s, block.coinbase) +
                     list_size(transactions_size));
}

size_t encoded_size(const Batch& frame, size_t blocks_size) {
    return 1 + list_size(rlp::payload_size(frame.chain_id, frame.number, frame.first_block) +
                         list_size(blocks_size));
}

std::optional<BytesView> slice_of(BytesView scope_data, const uint256& offset,
                                  const uint256& length) {
    const uint256 size{scope_data.size()};
    if (offset > size || length > size - offset) return std::nullopt;
    return scope_data.subspan(static_cast<size_t>(offset[0]), static_cast<size_t>(length[0]));
}

Result<Batch, BatchError> decode_batch(BytesView bytes) {
    if (bytes.empty()) return std::unexpected{BatchError::empty};
    if (bytes.size() > MAX_BATCH_SIZE) return std::unexpected{BatchError::too_large};
    if (bytes[0] != VERSION) return std::unexpected{BatchError::unknown_version};

    const auto malformed = std::unexpected{BatchError::malformed_rlp};
    rlp::Reader reader{bytes.subspan(1)};
    auto fields = reader.list();
    if (!fields || !reader.finish()) return malformed;
    Batch batch;
    const auto chain_id = fields->u64();
    if (!chain_id) return malformed;
    const auto number = fields->u64();
    if (!number) return malformed;
    const auto first_block = fields->u64();
    if (!first_block) return malformed;
    batch = {ChainId{*chain_id}, *number, *first_block, {}};

    auto blocks = fields->list();
    if (!blocks || !fields->finish()) return malformed;
    while (!blocks->at_end()) batch.blocks.push_back(TRY(decode_block(*blocks)));
    if (batch.blocks.empty()) return std::unexpected{BatchError::no_blocks};
    return batch;
}

std::string_view to_string(BatchError error) noexcept {
    switch (error) {
        case BatchError::empty:
            return "the batch has no bytes";
        case BatchError::unknown_version:
            return "version: not 0x02";
        case BatchError::malformed_rlp:
            return "batch: not the canonical RLP of its fields";
        case BatchError::no_blocks:
            return "blocks: empty";
        case BatchError::unknown_kind:
            return "kind: none of 0, 1, 2";
        case BatchError::bad_transaction:
            return "transactions: not a transaction envelope";
        case BatchError::blob_transaction:
            return "transactions: blob transactions don't exist on a rollup";
        case BatchError::too_large:
            return "batch: larger than six blobs hold";
        case BatchError::bad_blob_length:
            return "blobs: the length prefix does not fit the blobs";
        case BatchError::bad_field_element:
            return "blobs: a field element's top byte is not 0";
        case BatchError::bad_padding:
            return "blobs: padding is not 0, or a blob too many";
    }
    return "unknown";
}

}  // namespace scope::rollup
