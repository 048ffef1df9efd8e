#include "service/forwarder.hpp"

#include <gtest/gtest.h>

#include <future>

#include "net/server.hpp"
#include "rpc/errors.hpp"

namespace scope::service {
namespace {

using net::RpcCall;
using net::RpcError;
using net::RpcResult;

/// Answers every call with its chain, method and parameters, but for what it refuses.
class Echo final : public net::RpcHandler {
  public:
    void call(const RpcCall& call, net::Reply reply) override {
        if (call.params && simdjson::minify(*call.params) == R"(["bad"])")
            return reply(std::unexpected{RpcError{-39022, "refused", R"({"rule":"operation"})"}});
        reply("\"" + std::to_string(call.chain_id.number()) + " " + std::string{call.method} +
              "\"");
    }
    void closed(const net::Subscriber&) override {}
};

/// Answers no call, so that one sees which come here.
class Inner final : public net::RpcHandler {
  public:
    void call(const RpcCall&, net::Reply reply) override { reply("\"inner\""); }
    void closed(const net::Subscriber&) override {}
};

struct Fixture {
    ForwarderOptions options(bool has_builder) {
        ForwarderOptions made{.builder = {}, .chains = {ChainId{7}, ChainId{8}}, .http = {}};
        if (has_builder)
            made.builder = net::HttpUrl{
                .host = "127.0.0.1",
                .port = std::to_string(server.listen(0, std::vector{ChainId{7}, ChainId{8}})),
                .path = {}};
        return made;
    }
    static RpcResult call(net::RpcHandler& handler, uint64_t chain_id, std::string_view method,
                          const std::string& params = "[]") {
        simdjson::dom::parser parser;
        const RpcCall made{ChainId{chain_id}, method, parser.parse(params).value(), nullptr};
        std::promise<RpcResult> promise;
        auto result = promise.get_future();
        handler.call(made, [&](RpcResult answer) { promise.set_value(std::move(answer)); });
        return result.get();
    }

    Echo echo;
    net::Worker worker;
    net::Server server{{}, worker, echo};
    Inner inner;
};

TEST(forwarder, hands_on_what_a_builder_answers_and_nothing_else) {
    Fixture fixture;
    Forwarder forwarder{fixture.inner, fixture.options(true)};
    EXPECT_EQ(Fixture::call(forwarder, 7, "eth_blockNumber").value(), "\"inner\"");
    for (const auto method : builder_methods())
        EXPECT_EQ(Fixture::call(forwarder, 8, method).value(), "\"8 " + std::string{method} + "\"");
}

TEST(forwarder, passes_on_the_error_with_its_code_and_data) {
    Fixture fixture;
    Forwarder forwarder{fixture.inner, fixture.options(true)};
    const auto refused = Fixture::call(forwarder, 7, "eth_sendRawTransaction", "[\"bad\"]");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, -39022);
    EXPECT_EQ(refused.error().message, "refused");
    EXPECT_EQ(refused.error().data, R"({"rule":"operation"})");
}

TEST(forwarder, says_that_there_is_no_builder) {
    Fixture fixture;
    Forwarder forwarder{fixture.inner, fixture.options(false)};
    const auto refused = Fixture::call(forwarder, 7, "eth_sendRawTransaction");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, rpc::NO_BUILDER);
    EXPECT_EQ(refused.error().message, "this node takes no transactions: rpc.forward is not set");
    EXPECT_EQ(Fixture::call(forwarder, 7, "eth_call").value(), "\"inner\"");
}

TEST(forwarder, says_that_the_builder_does_not_answer) {
    Fixture fixture;
    auto options = fixture.options(true);
    fixture.server.stop();
    Forwarder forwarder{fixture.inner, std::move(options)};
    const auto refused = Fixture::call(forwarder, 7, "scope_sendOperation");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, net::SERVER_ERROR);
    EXPECT_NE(refused.error().message.find("can't be reached"), std::string::npos);
    forwarder.stop();
    EXPECT_NE(Fixture::call(forwarder, 7, "scope_sendOperation").error().message.find("too many"),
              std::string::npos);
}

}  // namespace
}  // namespace scope::service
