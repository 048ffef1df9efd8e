#include "l1/beacon_blobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hex.hpp"
#include "crypto/kzg.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::l1 {

namespace {

constexpr unsigned OK = 200;
constexpr unsigned NOT_FOUND = 404;
/// The most blobs that a block may have in years to come, of which an answer may consist.
constexpr size_t MAX_BLOBS = 128;

L1Error refused(const net::HttpResponse& response) {
    return {L1Error::refused, fmt::format("HTTP status {}", response.status)};
}

/// Reads the member `data` of an answer.
template <typename Read>
auto read_data(const net::HttpResponse& response, Read&& read) {
    return decoded("the answer", [&] {
        const json::Document document{response.body};
        return json::get(document.root(), "data", read);
    });
}

std::shared_ptr<chain::StoredBlob> read_blob(json::Json value) {
    const auto bytes = json::bytes(value);
    auto stored = std::make_shared<chain::StoredBlob>();
    if (bytes.size() != stored->blob.size())
        throw json::FormatError{
            fmt::format("{} bytes, a blob has {}", bytes.size(), stored->blob.size())};
    std::ranges::copy(bytes, stored->blob.data());
    const auto commitment = crypto::blob_to_commitment(stored->blob);
    if (!commitment) throw json::FormatError{"an element is not below the modulus"};
    stored->commitment = *commitment;
    return stored;
}

}  // namespace

net::HttpOptions BeaconBlobs::default_options() {
    return {.timeout = std::chrono::seconds{20},
            .max_response = MAX_BLOBS * (2 * BYTES_PER_BLOB + 16) + 4096};
}

BeaconBlobs::BeaconBlobs(net::HttpUrl url, net::HttpOptions options)
    : http_(std::move(url), options) {}

L1Error BeaconBlobs::named(L1Error error) const {
    error.reason = fmt::format("{}: {}", http_.url().authority(), error.reason);
    return error;
}

Result<std::optional<SlotTimes>, L1Error> BeaconBlobs::slots() const {
    const std::lock_guard lock{mutex_};
    if (slots_) return *slots_;
    const auto get = [&](std::string_view path) -> Result<net::HttpResponse, L1Error> {
        auto response = http_.get(path);
        if (!response) return std::unexpected{error_of(response.error())};
        return std::move(*response);
    };
    const auto spec = TRY(get("/eth/v1/config/spec"));
    // A beacon node that is not there yet says so, too: what is asked by number has to answer first.
    if (spec.status == NOT_FOUND) return std::nullopt;
    if (spec.status != OK) return std::unexpected{refused(spec)};
    const auto genesis = TRY(get("/eth/v1/beacon/genesis"));
    if (genesis.status != OK) return std::unexpected{refused(genesis)};
    SlotTimes slots;
    slots.slot_ms = TRY(read_data(spec, [](json::Json data) -> uint64_t {
        constexpr uint64_t MOST_S = 3600;
        const auto slot_ms = json::get_optional(data, "SLOT_DURATION_MS", json::u64);
        const auto slot_s = slot_ms ? 0 : json::get(data, "SECONDS_PER_SLOT", json::u64);
        const uint64_t result = slot_ms ? *slot_ms : std::min(slot_s, MOST_S) * 1000;
        if (result == 0 || result > MOST_S * 1000) throw json::FormatError{"no length of a slot"};
        return result;
    }));
    slots.genesis_s = TRY(read_data(
        genesis, [](json::Json data) { return json::get(data, "genesis_time", json::u64); }));
    return slots_.emplace(slots);
}

Result<uint64_t, L1Error> BeaconBlobs::block_id(const BlobPlace& place,
                                                const std::optional<SlotTimes>& slots) const {
    if (!slots) return place.block_number;
    constexpr uint64_t MOST_S = uint64_t{1} << 50;  // so that milliseconds fit
    if (place.timestamp_s < slots->genesis_s || place.timestamp_s > MOST_S)
        return std::unexpected{
            L1Error{L1Error::wrong, fmt::format("genesis_time {} is after the block's time, {}",
                                                slots->genesis_s, place.timestamp_s)}};
    return slots->slot_at(place.timestamp_s);
}

Result<std::vector<chain::StoredBlobPtr>, L1Error> BeaconBlobs::fetch(
    const BlobPlace& place, std::span<const Hash> wanted) const {
    const auto slots = this->slots();
    if (!slots) return std::unexpected{named(slots.error())};
    const auto id = block_id(place, *slots);
    if (!id) return std::unexpected{named(id.error())};
    std::string path = fmt::format("/eth/v1/beacon/blobs/{}?versioned_hashes=", *id);
    for (size_t i = 0; i < wanted.size(); ++i) path += (i == 0 ? "" : ",") + to_hex(wanted[i]);
    const auto response = http_.get(path);
    if (!response) return std::unexpected{named(error_of(response.error()))};
    if (response->status == NOT_FOUND) return {};
    if (response->status != OK) return std::unexpected{named(refused(*response))};
    const auto blobs =
        read_data(*response, [](json::Json data) { return json::list(data, read_blob); });
    if (!blobs) return std::unexpected{named(blobs.error())};
    std::vector<chain::StoredBlobPtr> found;
    for (const auto& blob : *blobs) {
        if (std::ranges::find(wanted, crypto::versioned_hash(blob->commitment)) == wanted.end())
            continue;
        const auto proof = crypto::compute_blob_proof(blob->blob, blob->commitment);
        CHECK(proof.has_value());
        blob->proof = *proof;
        found.push_back(blob);
    }
    if (found.empty() && !blobs->empty())
        return std::unexpected{named({L1Error::wrong, "blobs with other commitments"})};
    if (!found.empty() && !*slots) {
        const std::lock_guard lock{mutex_};
        if (!slots_) slots_.emplace(std::nullopt);
    }
    return found;
}

}  // namespace scope::l1
