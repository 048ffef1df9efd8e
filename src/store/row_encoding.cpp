#include "store/row_encoding.hpp"

#include "crypto/keccak.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "store/decode_row.hpp"
#include "store/numbers.hpp"
#include "trie/node_source.hpp"
#include "types/rlp_fields.hpp"

namespace scope::store {

namespace {

struct ReceiptRow {
    uint64_t type = 0;
    Bytes outcome;
    uint64_t cumulative_gas_used = 0;
    std::vector<Log> logs;
};
constexpr auto rlp_fields(const ReceiptRow*) {
    return std::tuple{&ReceiptRow::type, &ReceiptRow::outcome, &ReceiptRow::cumulative_gas_used,
                      &ReceiptRow::logs};
}

struct BlobRow {
    Bytes content;
    KzgCommitment commitment;
    KzgProof proof;
};
constexpr auto rlp_fields(const BlobRow*) {
    return std::tuple{&BlobRow::content, &BlobRow::commitment, &BlobRow::proof};
}

/// Returns the value, or throws what is wrong with the row.
template <typename T>
T require(BytesView key, rlp::RlpResult<T> result) {
    if (!result) refuse_row(key, to_string(result.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Returns a reader of the one list that a value is.
rlp::Reader open_list(BytesView key, BytesView value) {
    rlp::Reader reader{value};
    auto fields = require(key, reader.list());
    require(key, reader.finish());
    return fields;
}

Bytes encode_two(uint64_t first, uint64_t second) {
    Bytes value;
    value.reserve(16);
    append_u64(value, first);
    append_u64(value, second);
    return value;
}

std::pair<uint64_t, uint64_t> decode_two(BytesView key, BytesView value) {
    if (value.size() != 16) refuse_row(key, "not two numbers");
    return {read_u64(value), read_u64(value.subspan(8))};
}

void check_sequence(BytesView key, uint64_t sequence) {
    if (sequence >= trie::SEQUENCE_LIMIT) refuse_row(key, "a number that no sequence is");
}

ReceiptRow to_row(const Receipt& receipt) {
    return {static_cast<uint64_t>(receipt.type),
            receipt.state_root ? to_bytes(*receipt.state_root) : Bytes{receipt.success},
            receipt.cumulative_gas_used, receipt.logs};
}

std::optional<TxType> type_of(uint64_t number) {
    if (number > UINT8_MAX) return std::nullopt;
    switch (const auto type = static_cast<TxType>(number)) {
        case TxType::legacy:
        case TxType::access_list:
        case TxType::dynamic_fee:
        case TxType::blob:
        case TxType::set_code:
        case TxType::system:
            return type;
    }
    return std::nullopt;
}

Receipt to_receipt(BytesView key, ReceiptRow row) {
    Receipt receipt;
    const auto type = type_of(row.type);
    if (!type) refuse_row(key, "a receipt of an unknown type");
    receipt.type = *type;
    if (row.outcome.size() == 32)
        receipt.state_root = Hash::from(row.outcome);
    else if (row.outcome.size() == 1 && row.outcome[0] <= 1)
        receipt.success = row.outcome[0] != 0;
    else
        refuse_row(key, "a receipt's outcome is neither 0 nor 1 nor a root");
    receipt.cumulative_gas_used = row.cumulative_gas_used;
    receipt.logs = std::move(row.logs);
    receipt.logs_bloom = bloom_of(receipt.logs);
    return receipt;
}

}  // namespace

Bytes encode_header_row(const chain::StoredBlock& block) {
    const Bytes header = encode(block.header());
    return rlp::encode_list(rlp::Raw{header}, block.total_difficulty, uint64_t{block.state_bytes});
}

HeaderRow decode_header_row(BytesView key, BytesView value) {
    auto fields = open_list(key, value);
    const auto header = require(key, fields.item());
    HeaderRow row;
    row.total_difficulty = require(key, fields.u256());
    row.state_bytes = require(key, fields.u64());
    require(key, fields.finish());
    if (key.size() < 32 || !equal(crypto::keccak256(header.whole), key.last(32)))
        refuse_row(key, "a header of another hash");
    auto decoded = decode_header(header.whole);
    if (!decoded) refuse_row(key, to_string(decoded.error()));
    row.header = std::move(*decoded);
    return row;
}

Bytes encode_body_row(const chain::StoredBlock& block) {
    const Bytes encoded = encode(block.block);
    return rlp::encode_list(rlp::Raw{encoded}, block.transaction_hashes, block.senders,
                            block.requests);
}

void decode_body_row(BytesView key, BytesView value, chain::StoredBlock& block) {
    auto fields = open_list(key, value);
    const auto encoded = require(key, fields.item());
    block.transaction_hashes = require(key, fields.read<std::vector<Hash>>());
    block.senders = require(key, fields.read<std::vector<Address>>());
    block.requests = require(key, fields.read<std::vector<Bytes>>());
    require(key, fields.finish());
    auto decoded = decode_block(encoded.whole);
    if (!decoded) refuse_row(key, to_string(decoded.error()));
    block.block = std::move(*decoded);
    const size_t count = block.block.transactions.size();
    if (block.transaction_hashes.size() != count || block.senders.size() != count)
        refuse_row(key, "not a hash and a sender for each transaction");
}

std::vector<Hash> decode_transaction_hashes(BytesView key, BytesView value) {
    auto fields = open_list(key, value);
    (void)require(key, fields.item());
    return require(key, fields.read<std::vector<Hash>>());
}

Bytes encode_receipts_row(const std::vector<Receipt>& receipts) {
    std::vector<ReceiptRow> rows;
    rows.reserve(receipts.size());
    for (const auto& receipt : receipts) rows.push_back(to_row(receipt));
    return rlp::encode(rows);
}

std::vector<Receipt> decode_receipts_row(BytesView key, BytesView value) {
    std::vector<Receipt> receipts;
    for (auto& row : decode_row<std::vector<ReceiptRow>>(key, value))
        receipts.push_back(to_receipt(key, std::move(row)));
    return receipts;
}

Bytes encode_place_row(const PlaceRow& place) {
    return encode_two(place.block_number, place.index);
}

PlaceRow decode_place_row(BytesView key, BytesView value) {
    const auto [block_number, index] = decode_two(key, value);
    return {block_number, index};
}

Bytes encode_state_row(const StateRow& state) {
    return encode_two(state.sequence, state.root_sequence);
}

StateRow decode_state_row(BytesView key, BytesView value) {
    const auto [sequence, root_sequence] = decode_two(key, value);
    if (root_sequence > sequence) refuse_row(key, "its root is younger than itself");
    check_sequence(key, sequence);
    return {sequence, root_sequence};
}

Bytes encode_blob_row(const chain::StoredBlob& blob) {
    BytesView content = blob.blob;
    while (!content.empty() && content.back() == 0) content = content.first(content.size() - 1);
    return rlp::encode_list(content, blob.commitment, blob.proof);
}

chain::StoredBlobPtr decode_blob_row(BytesView key, BytesView value) {
    const auto row = decode_row<BlobRow>(key, value);
    if (row.content.size() > BYTES_PER_BLOB) refuse_row(key, "longer than a blob");
    auto blob = std::make_shared<chain::StoredBlob>();
    std::ranges::copy(row.content, blob->blob.data());
    blob->commitment = row.commitment;
    blob->proof = row.proof;
    return blob;
}

Bytes encode_number_row(uint64_t number) {
    Bytes value;
    append_u64(value, number);
    return value;
}

Hash decode_hash_row(BytesView key, BytesView value) {
    if (value.size() != 32) refuse_row(key, "no hash");
    return Hash::from(value);
}

uint64_t decode_number_row(BytesView key, BytesView value) {
    if (value.size() != 8) refuse_row(key, "no number");
    return read_u64(value);
}

uint64_t decode_sequence_row(BytesView key, BytesView value) {
    const uint64_t sequence = decode_number_row(key, value);
    check_sequence(key, sequence);
    return sequence;
}

}  // namespace scope::store
