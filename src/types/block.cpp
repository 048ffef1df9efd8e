#include "types/block.hpp"

#include "crypto/keccak.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "types/rlp_fields.hpp"

namespace scope {

namespace {

using Status = Result<void, BlockDecodeError>;

BlockDecodeError error_of(rlp::RlpError error) {
    switch (error) {
        case rlp::RlpError::trailing_bytes:
            return BlockDecodeError::trailing_bytes;
        case rlp::RlpError::missing_item:
            return BlockDecodeError::missing_field;
        case rlp::RlpError::number_too_large:
            return BlockDecodeError::field_too_large;
        case rlp::RlpError::wrong_size:
            return BlockDecodeError::bad_field_length;
        default:
            return BlockDecodeError::malformed_rlp;
    }
}

/// The value, or the error in terms of blocks.
template <typename T>
Result<T, BlockDecodeError> lift(rlp::RlpResult<T> result) {
    if (!result) return std::unexpected{error_of(result.error())};
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return std::move(*result);
}

template <typename... Fields>
Status read_fields(rlp::Reader& reader, Fields&... fields) {
    Status status;
    const auto read = [&]<typename T>(T& field) {
        auto value = reader.read<T>();
        if (value)
            field = std::move(*value);
        else
            status = std::unexpected{error_of(value.error())};
        return value.has_value();
    };
    (read(fields) && ...);
    return status;
}

/// Optional fields of one fork: all there, or the header ends before them.
template <typename... Fields>
Status read_fork(rlp::Reader& reader, std::optional<Fields>&... fields) {
    if (reader.at_end()) return {};
    return read_fields(reader, fields.emplace()...);
}

/// Calls @p function with the fields that every header has.
template <typename Header, typename F>
auto with_fields(Header& h, F&& function) {
    return function(h.parent_hash, h.ommers_hash, h.coinbase, h.state_root, h.transactions_root,
                    h.receipts_root, h.logs_bloom, h.difficulty, h.number, h.gas_limit, h.gas_used,
                    h.timestamp_s, h.extra_data, h.prev_randao, h.nonce);
}

/// Calls @p function with the optional fields of each fork, in their order.
template <typename F>
void with_forks(const BlockHeader& h, F&& function) {
    function(h.base_fee_per_gas);
    function(h.withdrawals_root);
    function(h.blob_gas_used, h.excess_blob_gas, h.parent_beacon_block_root);
    function(h.requests_hash);
}

void encode_to(Bytes& out, const BlockHeader& header) {
    CHECK(has_encoding(header));
    const size_t start = out.size();
    with_fields(header, [&](const auto&... fields) { (rlp::encode_to(out, fields), ...); });
    with_forks(header, [&](const auto&... fields) {
        ((fields ? rlp::encode_to(out, *fields) : void()), ...);
    });
    rlp::close_list(out, start);
}

Result<BlockHeader, BlockDecodeError> read_header(rlp::Reader& reader) {
    rlp::Reader list = TRY(lift(reader.list()));
    BlockHeader header;
    TRY_VOID(with_fields(header, [&](auto&... fields) { return read_fields(list, fields...); }));
    TRY_VOID(read_fork(list, header.base_fee_per_gas));
    TRY_VOID(read_fork(list, header.withdrawals_root));
    TRY_VOID(read_fork(list, header.blob_gas_used, header.excess_blob_gas,
                       header.parent_beacon_block_root));
    TRY_VOID(read_fork(list, header.requests_hash));
    TRY_VOID(lift(list.finish()));
    return header;
}

/// EIP-2718: a legacy transaction stands in the block as its list, any other as a string.
Result<Transaction, BlockDecodeError> read_transaction(rlp::Reader& reader) {
    const rlp::Item item = TRY(lift(reader.item()));
    const BytesView envelope = item.is_list ? item.whole : item.payload;
    auto tx = decode_transaction(envelope);
    if (!tx || item.is_list != (tx->type == TxType::legacy))
        return std::unexpected{BlockDecodeError::bad_transaction};
    return std::move(*tx);
}

}  // namespace

std::string_view to_string(BlockDecodeError error) noexcept {
    switch (error) {
        case BlockDecodeError::malformed_rlp:
            return "not the RLP lists of a block";
        case BlockDecodeError::trailing_bytes:
            return "bytes after the block or its last field";
        case BlockDecodeError::field_too_large:
            return "number above what its field may hold";
        case BlockDecodeError::bad_field_length:
            return "hash, address or bloom of a wrong length";
        case BlockDecodeError::missing_field:
            return "missing field";
        case BlockDecodeError::bad_transaction:
            return "malformed transaction";
    }
    return "unknown error";
}

bool has_encoding(const BlockHeader& header) noexcept {
    bool fork_before = true;
    bool result = true;
    with_forks(header, [&](const auto&... fields) {
        const bool any = (fields.has_value() || ...);
        result &= !any || (fork_before && (fields.has_value() && ...));
        fork_before = any;
    });
    return result;
}

Bytes encode(const BlockHeader& header) {
    Bytes out;
    encode_to(out, header);
    return out;
}

Result<BlockHeader, BlockDecodeError> decode_header(BytesView bytes) {
    rlp::Reader reader{bytes};
    BlockHeader header = TRY(read_header(reader));
    TRY_VOID(lift(reader.finish()));
    return header;
}

Hash hash(const BlockHeader& header) {
    return crypto::keccak256(encode(header));
}

Bytes encode(const Block& block) {
    Bytes out;
    encode_to(out, block.header);
    const size_t transactions = out.size();
    for (const Transaction& tx : block.transactions) {
        const Bytes envelope = encode(tx);
        if (tx.type == TxType::legacy)
            append(out, envelope);
        else
            rlp::encode_to(out, envelope);
    }
    rlp::close_list(out, transactions);
    const size_t ommers = out.size();
    for (const BlockHeader& ommer : block.ommers) encode_to(out, ommer);
    rlp::close_list(out, ommers);
    if (block.withdrawals) rlp::encode_to(out, *block.withdrawals);
    rlp::close_list(out, 0);
    return out;
}

Result<Block, BlockDecodeError> decode_block(BytesView bytes) {
    rlp::Reader reader{bytes};
    rlp::Reader list = TRY(lift(reader.list()));
    TRY_VOID(lift(reader.finish()));
    Block block;
    block.header = TRY(read_header(list));
    rlp::Reader transactions = TRY(lift(list.list()));
    while (!transactions.at_end())
        block.transactions.push_back(TRY(read_transaction(transactions)));
    rlp::Reader ommers = TRY(lift(list.list()));
    while (!ommers.at_end()) block.ommers.push_back(TRY(read_header(ommers)));
    TRY_VOID(read_fork(list, block.withdrawals));
    TRY_VOID(lift(list.finish()));
    return block;
}

}  // namespace scope
