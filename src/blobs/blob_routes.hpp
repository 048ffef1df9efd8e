#pragma once

#include <functional>

#include "blobs/kept_blobs.hpp"
#include "net/http_service.hpp"

namespace scope::blobs {

/// Returns what serves kept blobs in the form of the Beacon REST API, so that another follower's
/// l1::BeaconBlobs finds them:
///
///     GET /eth/v1/beacon/blobs/{block_id}?versioned_hashes=0x…,0x…
///     GET /eth/v1/beacon/genesis, /eth/v1/config/spec                 where slots are known
///
/// A block's id is its slot as soon as slots are known, else its number on L1. Blobs that are asked for by
/// hash come whatever the block's id is, as many of them as there are; without hashes all of the
/// block. Status 404: none is there; 400: no such id or hash, or more hashes than a block has blobs.
/// Anyone may ask: a blob is what L1 has shown to all.
///
/// @param slots  Returns the times of L1's slots once they are known; from any thread. Null: they never are.
std::vector<net::HttpRoute> blob_routes(std::shared_ptr<const KeptBlobs> kept,
                                        std::function<std::optional<l1::SlotTimes>()> slots = {});

/// The most blobs of one answer.
inline constexpr size_t MAX_SERVED_BLOBS = 128;

}  // namespace scope::blobs
