#include "blobs/kept_blobs.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "store/numbers.hpp"

namespace scope::blobs {

namespace {

enum class Row : uint8_t { blob = 'B', place = 'P', time = 'T', number = 'N' };

constexpr size_t NUMBER_SIZE = 8;
constexpr size_t PLACE_SIZE = 2 * NUMBER_SIZE;
constexpr size_t BLOB_ROW_SIZE = KzgCommitment::size() + KzgProof::size() + BYTES_PER_BLOB;

Bytes key(Row row) {
    return {static_cast<uint8_t>(row)};
}
Bytes key(Row row, const Hash& hash) {
    return concat(key(row), hash);
}
Bytes key(Row row, uint64_t number) {
    Bytes result = key(row);
    store::append_u64(result, number);
    return result;
}
Bytes key(Row row, uint64_t number, const Hash& hash) {
    return concat(key(row, number), hash);
}
Bytes number_value(uint64_t number) {
    Bytes result;
    store::append_u64(result, number);
    return result;
}

[[noreturn]] void refuse(BytesView row) {
    throw store::DatabaseError{store::DatabaseRule::bad_row,
                               fmt::format("kept blobs: row {}", to_hex(row))};
}

/// The parts of a key of the row time or number.
struct Indexed {
    uint64_t number = 0;
    Hash hash;
};
Indexed indexed(BytesView row) {
    if (row.size() != 1 + NUMBER_SIZE + Hash::size()) refuse(row);
    return {store::read_u64(row.subspan(1)), Hash::from(row.subspan(1 + NUMBER_SIZE))};
}

}  // namespace

KeptBlobs::KeptBlobs(std::unique_ptr<store::Database> database, std::optional<uint64_t> keep_s)
    : database_(std::move(database)), keep_s_(keep_s) {}

void KeptBlobs::keep(const l1::BlobPlace& place, const chain::StoredBlob& blob) {
    const Hash hash = crypto::versioned_hash(blob.commitment);
    const std::lock_guard lock{mutex_};
    const auto before = place_of(hash);
    if (before && before->timestamp_s >= place.timestamp_s) return;
    store::WriteBatch batch;
    if (before) {
        batch.erase(key(Row::time, before->timestamp_s, hash));
        batch.erase(key(Row::number, before->block_number, hash));
    } else {
        batch.put(key(Row::blob, hash), concat(blob.commitment, blob.proof, blob.blob));
    }
    Bytes where = number_value(place.timestamp_s);
    store::append_u64(where, place.block_number);
    batch.put(key(Row::place, hash), where);
    batch.put(key(Row::time, place.timestamp_s, hash), number_value(place.block_number));
    batch.put(key(Row::number, place.block_number, hash), {});
    database_->commit(batch);
}

size_t KeptBlobs::prune(uint64_t now_s) {
    if (!keep_s_ || now_s <= *keep_s_) return 0;
    const uint64_t first_kept_s = now_s - *keep_s_;
    const std::lock_guard lock{mutex_};
    store::WriteBatch batch;
    size_t count = 0;
    database_->scan(key(Row::time), store::Order::ascending, [&](BytesView row, BytesView value) {
        const auto [time_s, hash] = indexed(row);
        if (time_s >= first_kept_s || count == MAX_PRUNED) return false;
        if (value.size() != NUMBER_SIZE) refuse(row);
        batch.erase(to_bytes(row));
        batch.erase(key(Row::number, store::read_u64(value), hash));
        batch.erase(key(Row::place, hash));
        batch.erase(key(Row::blob, hash));
        ++count;
        return true;
    });
    if (count > 0) database_->commit(batch);
    return count;
}

chain::StoredBlobPtr KeptBlobs::find(const Hash& versioned_hash) const {
    const Bytes row = key(Row::blob, versioned_hash);
    const auto value = database_->get(row);
    if (!value) return nullptr;
    if (value->size() != BLOB_ROW_SIZE) refuse(row);
    BytesView rest{*value};
    const auto take = [&](size_t size) {
        const auto part = rest.first(size);
        rest = rest.subspan(size);
        return part;
    };
    auto stored = std::make_shared<chain::StoredBlob>();
    std::ranges::copy(take(KzgCommitment::size()), stored->commitment.data());
    std::ranges::copy(take(KzgProof::size()), stored->proof.data());
    std::ranges::copy(rest, stored->blob.data());
    if (crypto::versioned_hash(stored->commitment) != versioned_hash) refuse(row);
    return stored;
}

Result<std::vector<chain::StoredBlobPtr>, l1::L1Error> KeptBlobs::fetch(
    const l1::BlobPlace& /*place*/, std::span<const Hash> wanted) const {
    std::vector<chain::StoredBlobPtr> found;
    for (const Hash& hash : wanted)
        if (auto blob = find(hash)) found.push_back(std::move(blob));
    return found;
}

std::vector<Hash> KeptBlobs::of_block(uint64_t number, size_t max_hashes) const {
    std::vector<Hash> hashes;
    database_->scan(key(Row::number, number), store::Order::ascending,
                    [&](BytesView row, BytesView) {
                        if (hashes.size() == max_hashes) return false;
                        hashes.push_back(indexed(row).hash);
                        return true;
                    });
    return hashes;
}

std::vector<Hash> KeptBlobs::between(uint64_t from_s, uint64_t to_s, size_t max_hashes) const {
    std::vector<Hash> hashes;
    database_->scan_from(key(Row::time, from_s), key(Row::time), store::Order::ascending,
                         [&](BytesView row, BytesView) {
                             const auto [time_s, hash] = indexed(row);
                             if (time_s >= to_s || hashes.size() == max_hashes) return false;
                             hashes.push_back(hash);
                             return true;
                         });
    return hashes;
}

std::optional<l1::BlobPlace> KeptBlobs::place_of(const Hash& versioned_hash) const {
    const Bytes row = key(Row::place, versioned_hash);
    const auto value = database_->get(row);
    if (!value) return std::nullopt;
    if (value->size() != PLACE_SIZE) refuse(row);
    const BytesView where{*value};
    return l1::BlobPlace{.block_number = store::read_u64(where.subspan(NUMBER_SIZE)),
                         .timestamp_s = store::read_u64(where)};
}

}  // namespace scope::blobs
