#include "node_app/slot_clock.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/http_service.hpp"

namespace scope::node_app {
namespace {

using namespace std::chrono_literals;

/// A source of blobs that knows slots, or not yet.
struct Beacon {
    explicit Beacon(uint64_t genesis_s)
        : service({}, {route("/eth/v1/config/spec", R"({"data":{"SECONDS_PER_SLOT":"12"}})"),
                       route("/eth/v1/beacon/genesis",
                             fmt::format(R"({{"data":{{"genesis_time":"{}"}}}})", genesis_s))}),
          source(std::make_shared<l1::BeaconBlobs>(
              *net::parse_http_url(fmt::format("http://127.0.0.1:{}", service.listen(0))))) {}

    net::HttpRoute route(std::string path, std::string body) {
        net::HttpRoute made;
        made.path = std::move(path);
        made.handler = [this, body = std::move(body)](const net::HttpCall&) {
            return knows_slots ? net::HttpAnswer{.body = body} : net::text_answer(404, "no slots");
        };
        return made;
    }

    std::atomic<bool> knows_slots = true;
    net::HttpService service;
    std::shared_ptr<const l1::BeaconBlobs> source;
};

TEST(slot_clock, asks_all_sources_in_order_until_one_tells) {
    Beacon first{1'000};
    Beacon second{2'000};
    first.knows_slots = second.knows_slots = false;
    const auto clock = std::make_shared<SlotClock>(std::vector{first.source, second.source});
    EXPECT_FALSE(clock->times());
    clock->begin(1ms);
    std::this_thread::sleep_for(5ms);
    EXPECT_FALSE(clock->times());
    second.knows_slots = true;
    while (!clock->times()) std::this_thread::yield();
    EXPECT_EQ(clock->times()->genesis_s, 2'000u);
    EXPECT_EQ(clock->times()->slot_at(2'036), 3u);
    clock->end();
}

}  // namespace
}  // namespace scope::node_app
