#pragma once

#include <span>

#include "crypto/kzg.hpp"
#include "rollup/batch.hpp"

/// The data of a scope in blobs (EIP-4844): the bytes of all its batches, one after the other.
///
///     content = length(4 bytes, big-endian) || data || zeros
///
/// cut into pieces of 31 bytes, each behind a zero byte in a field element of 32: so every element
/// is below the BLS modulus. A blob holds 4096 * 31 = 126'976 bytes of content; the fewest blobs
/// that hold it are used.
namespace scope::rollup {

inline constexpr size_t BLOB_CONTENT_SIZE = crypto::FIELD_ELEMENTS_PER_BLOB * 31;

/// Returns the number of blobs that hold data of so many bytes.
constexpr size_t blobs_for(size_t data_size) noexcept {
    constexpr size_t LENGTH_SIZE = 4;
    return (LENGTH_SIZE + data_size + BLOB_CONTENT_SIZE - 1) / BLOB_CONTENT_SIZE;
}

/// Puts the data of a scope into blobs.
/// @return  The blobs in order, or BatchError::too_large (above MAX_BATCH_SIZE) or empty.
Result<std::vector<crypto::Blob>, BatchError> to_blobs(BytesView data);

/// Returns the data; accepts only what to_blobs gives.
Result<Bytes, BatchError> from_blobs(std::span<const crypto::Blob> blobs);

}  // namespace scope::rollup
