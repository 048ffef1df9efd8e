#include "service/forwarder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "net/server.hpp"
#include "rpc/errors.hpp"

namespace scope::service {
namespace {

using net::RpcCall;
using net::RpcError;
using net::RpcResult;

/// Answers every call with its chain, method and parameters, but for what it refuses; and those that
/// wait for a receipt when it is told to.
class Echo final : public net::RpcHandler {
  public:
    void call(const RpcCall& call, net::Reply reply) override {
        if (call.method == "eth_sendRawTransactionSync" && holds) {
            const std::scoped_lock lock{mutex_};
            held_.push_back(std::move(reply));
            return;
        }
        if (call.params && simdjson::minify(*call.params) == R"(["bad"])")
            return reply(std::unexpected{RpcError{-39022, "refused", R"({"rule":"operation"})"}});
        reply("\"" + std::to_string(call.chain_id.number()) + " " + std::string{call.method} +
              "\"");
    }
    void closed(const net::Subscriber&) override {}

    /// Answers what waits, and what comes.
    void let_go() {
        holds = false;
        const std::scoped_lock lock{mutex_};
        for (auto& reply : held_) reply("\"late\"");
        held_.clear();
    }
    size_t held() {
        const std::scoped_lock lock{mutex_};
        return held_.size();
    }
    std::atomic<bool> holds = false;

  private:
    std::mutex mutex_;
    std::vector<net::Reply> held_;
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
    static std::future<RpcResult> begin(net::RpcHandler& handler, uint64_t chain_id,
                                        std::string_view method, const std::string& params = "[]") {
        simdjson::dom::parser parser;
        const RpcCall made{ChainId{chain_id}, method, parser.parse(params).value(), nullptr};
        const auto promise = std::make_shared<std::promise<RpcResult>>();
        handler.call(made, [promise](RpcResult answer) { promise->set_value(std::move(answer)); });
        return promise->get_future();
    }
    static RpcResult call(net::RpcHandler& handler, uint64_t chain_id, std::string_view method,
                          const std::string& params = "[]") {
        return begin(handler, chain_id, method, params).get();
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

TEST(forwarder, has_room_for_others_beside_those_who_wait_for_receipts) {
    Fixture fixture;
    fixture.echo.holds = true;
    auto options = fixture.options(true);
    options.threads = 3;
    options.max_long = 2;
    Forwarder forwarder{fixture.inner, std::move(options)};
    std::vector<std::future<RpcResult>> waiting;
    for (int i = 0; i < 5; ++i)
        waiting.push_back(Fixture::begin(forwarder, 7, "eth_sendRawTransactionSync"));
    while (fixture.echo.held() < 2) std::this_thread::yield();
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(Fixture::call(forwarder, 7, "scope_getScope").value(), "\"7 scope_getScope\"");
    EXPECT_EQ(fixture.echo.held(), 2u);
    fixture.echo.let_go();
    for (auto& each : waiting) EXPECT_TRUE(each.get());
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

TEST(forwarder, refuses_subscriptions_to_what_it_is_not_told) {
    Fixture fixture;
    Forwarder forwarder{fixture.inner, fixture.options(true)};
    for (const auto& [method, params] : std::vector<std::pair<std::string, std::string>>{
             {"scope_subscribe", R"(["scopes"])"},
             {"scope_subscribe", R"(["refusals"])"},
             {"eth_subscribe", R"(["newPendingTransactions",true])"},
             {"eth_newPendingTransactionFilter", "[]"}}) {
        const auto refused = Fixture::call(forwarder, 7, method, params);
        ASSERT_FALSE(refused) << method;
        EXPECT_EQ(refused.error().code, rpc::NO_BUILDER);
        EXPECT_TRUE(refused.error().message.starts_with(method)) << refused.error().message;
    }
    for (const auto* const params : {R"(["newHeads"])", R"(["logs",{}])", "[]", "[1]", "{}"})
        EXPECT_EQ(Fixture::call(forwarder, 7, "eth_subscribe", params).value(), "\"inner\"");
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
