#pragma once

#include <span>

#include "crypto/kzg.hpp"
#include "rollup/batch.hpp"

/// Batches in blobs (EIP-4844):
///
///     content = length(4 bytes, big-endian) || batch || zeros
///
/// cut into pieces of 31 bytes, each behind a zero byte in a field element of 32: so every element
/// is below the BLS modulus. A blob holds 4096 * 31 = 126'976 bytes of content; the fewest blobs
/// that hold it are used.
namespace scope::rollup {

inline constexpr size_t BLOB_CONTENT_SIZE = crypto::FIELD_ELEMENTS_PER_BLOB * 31;

/// Returns the number of blobs that hold a batch of so many bytes.
constexpr size_t blobs_for(size_t batch_size) noexcept {
    constexpr size_t LENGTH_SIZE = 4;
    return (LENGTH_SIZE + batch_size + BLOB_CONTENT_SIZE - 1) / BLOB_CONTENT_SIZE;
}

/// Puts a batch into blobs.
/// @param batch_bytes  encode(Batch).
/// @return  The blobs in order, or BatchError::too_large or empty.
Result<std::vector<crypto::Blob>, BatchError> to_blobs(BytesView batch_bytes);

/// Returns the batch bytes; accepts only what to_blobs gives.
Result<Bytes, BatchError> from_blobs(std::span<const crypto::Blob> blobs);

}  // namespace scope::rollup
