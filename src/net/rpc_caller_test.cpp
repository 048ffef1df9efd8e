#include "net/rpc_caller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server.hpp"
#include "net/test_handler.hpp"
#include "net/test_peer.hpp"

namespace scope::net {
namespace {

using testing::HasSubstr;

struct Served {
    TestHandler handler;
    Worker worker;
    Server server{ServerOptions{}, worker, handler};
    RpcCaller caller{
        *parse_http_url(fmt::format("http://127.0.0.1:{}", server.listen(0, ChainId{31337})))};

    ~Served() { server.stop(); }
};

TEST(rpc_caller, gives_a_reply_to_each_call_in_order_in_one_round_trip) {
    const Served served;
    const std::vector<RpcRequest> requests{
        {"echo", "[1]"}, {"fail", "[]"}, {"echo", R"(["two"])"}, {"chain", "[]"}};
    const auto replies = served.caller.call(requests);
    ASSERT_TRUE(replies);
    ASSERT_EQ(replies->size(), 4u);
    EXPECT_EQ(simdjson::minify(*(*replies)[0]), "[1]");
    ASSERT_FALSE((*replies)[1]);
    EXPECT_EQ((*replies)[1].error().code, 3);
    EXPECT_EQ(simdjson::minify(*(*replies)[2]), R"(["two"])");
    EXPECT_EQ(uint64_t{*(*replies)[3]}, 31337u);
    EXPECT_EQ(served.caller.counts(), (RpcCounts{.round_trips = 1, .calls = 4}));
}

TEST(rpc_caller, splits_what_is_too_much_for_one_request) {
    const Served served;
    const std::vector<RpcRequest> requests(250, RpcRequest{"chain"});
    EXPECT_EQ(served.caller.call(requests)->size(), 250u);
    EXPECT_EQ(served.caller.counts(), (RpcCounts{.round_trips = 3, .calls = 250}));
    EXPECT_EQ(served.caller.call({})->size(), 0u);
    EXPECT_EQ(served.caller.counts().round_trips, 3u);
}

TEST(rpc_caller, refuses_answers_to_other_requests) {
    const auto error_of = [](const std::string& body, size_t calls,
                             const char* status = "200 OK") -> std::string {
        const TestPeer peer{[&](const auto&, const auto& connection) {
            return connection.send(TestPeer::response(body, status));
        }};
        const RpcCaller caller{*parse_http_url(peer.url())};
        const auto replies = caller.call(std::vector<RpcRequest>(calls, RpcRequest{"m"}));
        return replies ? "no error" : replies.error().reason;
    };
    const std::string zero = R"({"id":0,"result":1})";
    const std::string one = R"({"id":1,"result":1})";
    EXPECT_EQ(error_of("[" + one + "," + zero + "]", 2), "no error");  // in any order
    EXPECT_EQ(error_of("[" + zero + "]", 2), "a call of a batch has no reply");
    EXPECT_EQ(error_of("[" + zero + "," + zero + "]", 2), "two replies to one call");
    EXPECT_EQ(error_of("[" + zero + R"(,{"id":7,"result":1}])", 2),
              "a reply to a call that was not made");
    EXPECT_EQ(error_of("[" + zero + R"(,{"id":1}])", 2),
              "a reply without result and error, or with both");
    EXPECT_EQ(error_of(zero, 2), "the answer is no reply of JSON-RPC");
    EXPECT_EQ(error_of(R"({"id":0,"result":1,"error":{"code":1}})", 1),
              "the answer is no reply of JSON-RPC");
    EXPECT_EQ(error_of("[1]", 1), "a reply to a call that was not made");
    EXPECT_EQ(error_of("7", 1), "the answer is no reply");
    EXPECT_EQ(error_of("{", 1), "the answer is no JSON");
    EXPECT_EQ(error_of("", 1), "the answer is no JSON");
    EXPECT_EQ(error_of("slow down", 1, "429 Too Many Requests"), "HTTP status 429: slow down");
}

TEST(rpc_caller, gives_the_error_of_a_batch_to_each_call_of_it) {
    const TestPeer peer{[](const auto&, const auto& connection) {
        return connection.send(
            TestPeer::response(R"({"id":null,"error":{"code":-32600,"message":"batch"}})"));
    }};
    const RpcCaller caller{*parse_http_url(peer.url())};
    const auto replies = caller.call(std::vector<RpcRequest>(3, RpcRequest{"m"}));
    ASSERT_TRUE(replies);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ((*replies)[i].error().message, "batch");
}

}  // namespace
}  // namespace scope::net
