#include "net/rpc_client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server.hpp"
#include "net/test_handler.hpp"

namespace scope::net {
namespace {

/// A server of two chains, and its address.
struct Served {
    TestHandler handler;
    Worker worker;
    Server server{ServerOptions{}, worker, handler};
    std::string url = fmt::format("http://127.0.0.1:{}", server.listen(0, ChainId{31337}));
    uint16_t second = server.listen(0, ChainId{42001});

    ~Served() { server.stop(); }
};

TEST(rpc_client, returns_the_result_as_text) {
    const Served served;
    const RpcClient client{served.url};
    EXPECT_EQ(client.call("echo", R"(["a",{"b":1}])"), R"(["a",{"b":1}])");
    EXPECT_EQ(client.call("chain"), "31337");
    EXPECT_EQ(RpcClient{served.url + "/42001"}.call("chain"), "42001");
    EXPECT_EQ(RpcClient{fmt::format("http://localhost:{}/", served.second)}.call("chain"), "42001");
}

TEST(rpc_client, takes_long_answers) {
    const Served served;
    const auto result = RpcClient{served.url}.call("big", "[3000000]");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->size(), 3'000'002u);
}

TEST(rpc_client, returns_the_error_that_the_node_told) {
    const Served served;
    const auto result = RpcClient{served.url}.call("fail");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, 3);
    EXPECT_EQ(result.error().message, "execution reverted: \"no\"\n");
    EXPECT_EQ(result.error().data, "\"0x1234\"");
}

TEST(rpc_client, says_who_does_not_answer) {
    uint16_t port = 0;
    {
        Served served;
        port = served.second;
    }
    const RpcClient client{fmt::format("http://127.0.0.1:{}", port)};
    try {
        FAIL() << "somebody answered " << client.call("chain").value_or("with an error");
    } catch (const ClientError& error) {
        EXPECT_NE(std::string_view{error.what()}.find(client.url()), std::string_view::npos);
    }
}

TEST(rpc_client, waits_no_longer_than_its_timeout) {
    // The system takes the connection; nobody answers.
    const int mute = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(bind(mute, any, size), 0);
    ASSERT_EQ(listen(mute, 1), 0);
    ASSERT_EQ(getsockname(mute, any, &size), 0);
    const RpcClient client{fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port)),
                           std::chrono::seconds{1}};
    try {
        FAIL() << "somebody answered " << client.call("chain").value_or("with an error");
    } catch (const ClientError& error) {
        EXPECT_EQ(std::string_view{error.what()}, client.url() + ": no answer in 1 s");
    }
    close(mute);
}

TEST(rpc_client, refuses_what_is_no_url) {
    for (const auto* const url : {"", "localhost:8545", "wss://localhost", "http://", "http://:1",
                                  "http://host:", "http://[::1", "http://a b", "ws://localhost"})
        EXPECT_THROW(RpcClient{url}, ClientError) << url;
    EXPECT_NO_THROW(RpcClient{"http://[::1]:8545/x"});
}

}  // namespace
}  // namespace scope::net
