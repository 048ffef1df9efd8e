#include "blobs/blob_routes.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "blobs/test_blobs.hpp"
#include "l1/beacon_blobs.hpp"

namespace scope::blobs {
namespace {

/// Some blobs, served.
struct Served {
    explicit Served(std::optional<l1::SlotTimes> times = {})
        : slots(times),
          service({}, blob_routes(kept, [this] { return slots; })),
          url(fmt::format("http://127.0.0.1:{}", service.listen(0))) {
        for (uint64_t i = 0; i < 3; ++i) {
            blobs.push_back(make_blob(i));
            kept->keep({.block_number = 7 + i / 2, .timestamp_s = 1'000 + i / 2 * 12}, *blobs[i]);
        }
    }
    [[nodiscard]] net::HttpResponse get(std::string_view path) const {
        return *net::HttpClient{*net::parse_http_url(url)}.get(path);
    }

    std::optional<l1::SlotTimes> slots;
    std::shared_ptr<KeptBlobs> kept = std::make_shared<KeptBlobs>(store::make_memory_database());
    std::vector<chain::StoredBlobPtr> blobs;
    net::HttpService service;
    std::string url;
};

TEST(blob_routes, serve_who_asks_a_beacon_node) {
    for (const bool has_slots : {false, true}) {
        const Served served{has_slots ? std::optional{l1::SlotTimes{400, 12'000}} : std::nullopt};
        const l1::BeaconBlobs source{*net::parse_http_url(served.url)};
        const auto slots = source.slots();
        ASSERT_TRUE(slots);
        EXPECT_EQ(slots->has_value(), has_slots);
        const std::vector wanted{hash_of(served.blobs[1]), Hash{{1}}, hash_of(served.blobs[0])};
        const auto found = source.fetch({.block_number = 7, .timestamp_s = 1'000}, wanted);
        ASSERT_TRUE(found) << to_string(found.error());
        ASSERT_EQ(found->size(), 2u);
        for (const auto& blob : *found)
            EXPECT_TRUE(hash_of(blob) == wanted[0] || hash_of(blob) == wanted[2]);
        const auto none =
            source.fetch({.block_number = 7, .timestamp_s = 1'000}, std::vector{Hash{{1}}});
        ASSERT_TRUE(none);
        EXPECT_TRUE(none->empty());
    }
}

TEST(blob_routes, serve_all_blobs_of_a_block_by_number_or_slot) {
    const auto count = [](const Served& served, uint64_t id) {
        const auto response = served.get(fmt::format("/eth/v1/beacon/blobs/{}", id));
        if (response.status != 200) return -static_cast<int>(response.status);
        int blobs = 0;
        for (const auto& blob : served.blobs)
            blobs += response.body.find(to_hex(blob->blob)) != std::string::npos ? 1 : 0;
        return blobs;
    };
    const Served by_number;
    EXPECT_EQ(count(by_number, 7), 2);
    EXPECT_EQ(count(by_number, 8), 1);
    EXPECT_EQ(count(by_number, 9), -404);
    const Served by_slot{l1::SlotTimes{400, 12'000}};
    EXPECT_EQ(count(by_slot, 50), 2);  // from 1,000 s on
    EXPECT_EQ(count(by_slot, 51), 1);
    EXPECT_EQ(count(by_slot, 49), -404);
    EXPECT_EQ(count(by_slot, UINT64_MAX), -404);
    Served told_later;
    EXPECT_EQ(count(told_later, 50), -404);
    EXPECT_EQ(told_later.get("/eth/v1/config/spec").status, 404u);
    told_later.slots = l1::SlotTimes{400, 12'000};
    EXPECT_EQ(count(told_later, 50), 2);
    EXPECT_EQ(told_later.get("/eth/v1/config/spec").body,
              R"({"data":{"SLOT_DURATION_MS":"12000"}})");
}

TEST(blob_routes, refuse_what_is_no_question) {
    const Served served;
    const std::string blobs = "/eth/v1/beacon/blobs/";
    for (const auto* const bad :
         {"", "head", "0x7", "7/8", "-7", "99999999999999999999",
          "7?versioned_hashes=", "7?versioned_hashes=0x01", "7?versioned_hashes=0x01,"})
        EXPECT_EQ(served.get(blobs + bad).status, 400u) << bad;
    std::string many = "7?versioned_hashes=" + to_hex(hash_of(served.blobs[0]));
    for (size_t i = 1; i < 20; ++i) many += "," + to_hex(Hash{{1}});
    EXPECT_EQ(served.get(blobs + many).status, 200u);
    EXPECT_EQ(served.get("/eth/v1/config/spec").status, 404u);
    EXPECT_EQ(served.get("/eth/v1/beacon/genesis").status, 404u);
}

}  // namespace
}  // namespace scope::blobs
