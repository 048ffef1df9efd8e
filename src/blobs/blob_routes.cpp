#include "blobs/blob_routes.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/hex.hpp"

namespace scope::blobs {

namespace {

constexpr std::string_view BLOBS_PATH = "/eth/v1/beacon/blobs/";
/// Above it no slot is asked for, so that milliseconds fit.
constexpr uint64_t MAX_SLOT = uint64_t{1} << 40;

net::HttpAnswer error(unsigned status, std::string_view message) {
    return {.status = status,
            .body = fmt::format(R"({{"code":{},"message":"{}"}})", status, message)};
}

std::optional<uint64_t> number_in(std::string_view text) {
    uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || at != end || text.empty()) return std::nullopt;
    return number;
}

/// Calls @p take with each part of a text between separators.
template <typename Take>
void split(std::string_view text, char separator, Take&& take) {
    for (;;) {
        const size_t end = text.find(separator);
        take(text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

/// Returns the hashes of a query, none if it has none; nullopt: one is no hash, or there are too
/// many. They are a list, or one parameter each.
std::optional<std::vector<Hash>> hashes_in(std::string_view query) {
    constexpr std::string_view NAME = "versioned_hashes=";
    std::vector<Hash> hashes;
    bool is_good = true;
    split(query, '&', [&](std::string_view parameter) {
        if (!parameter.starts_with(NAME)) return;
        split(parameter.substr(NAME.size()), ',', [&](std::string_view text) {
            const auto hash = fixed_from_hex<32>(text);
            if (hash && hashes.size() < MAX_SERVED_BLOBS)
                hashes.push_back(*hash);
            else
                is_good = false;
        });
    });
    return is_good ? std::optional{std::move(hashes)} : std::nullopt;
}

/// Returns the hashes of a block's blobs.
std::vector<Hash> hashes_of(const KeptBlobs& kept, uint64_t id,
                            const std::optional<l1::SlotTimes>& slots) {
    if (!slots) return kept.of_block(id, MAX_SERVED_BLOBS);
    if (id > MAX_SLOT) return {};
    // The first second of a slot, and of the next.
    const auto begin_s = [&](uint64_t slot) {
        return slots->genesis_s + (slot * slots->slot_ms + 999) / 1000;
    };
    return kept.between(begin_s(id), begin_s(id + 1), MAX_SERVED_BLOBS);
}

net::HttpAnswer blobs_answer(const KeptBlobs& kept, const std::optional<l1::SlotTimes>& slots,
                             const net::HttpCall& call) {
    const auto id = number_in(std::string_view{call.path}.substr(BLOBS_PATH.size()));
    if (!id) return error(400, "the block's id is no number");
    auto hashes = hashes_in(call.query);
    if (!hashes) return error(400, "versioned_hashes: no hash, or too many");
    if (hashes->empty()) *hashes = hashes_of(kept, *id, slots);
    std::string list;
    for (const Hash& hash : *hashes)
        if (const auto blob = kept.find(hash))
            list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", to_hex(blob->blob));
    if (list.empty()) return error(404, "no such blob is kept");
    return {.body = fmt::format(R"({{"execution_optimistic":false,"finalized":false,"data":[{}]}})",
                                list)};
}

net::HttpRoute route(std::string path,
                     std::function<net::HttpAnswer(const net::HttpCall&)> handler) {
    net::HttpRoute result;
    result.path = std::move(path);
    result.handler = std::move(handler);
    return result;
}

}  // namespace

std::vector<net::HttpRoute> blob_routes(std::shared_ptr<const KeptBlobs> kept,
                                        std::function<std::optional<l1::SlotTimes>()> slots) {
    const auto known = [slots = std::move(slots)] {
        return slots ? slots() : std::optional<l1::SlotTimes>{};
    };
    // What a Beacon API tells of slots.
    const auto tell = [&](std::string path, auto print) {
        return route(std::move(path), [known, print](const net::HttpCall&) {
            const auto times = known();
            return times ? net::HttpAnswer{.body = print(*times)}
                         : error(404, "blocks are named by their numbers");
        });
    };
    auto blobs =
        route(std::string{BLOBS_PATH}, [kept = std::move(kept), known](const net::HttpCall& call) {
            return blobs_answer(*kept, known(), call);
        });
    blobs.match = net::HttpMatch::prefix;
    return {std::move(blobs),
            tell("/eth/v1/beacon/genesis",
                 [](const l1::SlotTimes& times) {
                     return fmt::format(R"({{"data":{{"genesis_time":"{}"}}}})", times.genesis_s);
                 }),
            tell("/eth/v1/config/spec", [](const l1::SlotTimes& times) {
                return fmt::format(R"({{"data":{{"SLOT_DURATION_MS":"{}"}}}})", times.slot_ms);
            })};
}

}  // namespace scope::blobs
