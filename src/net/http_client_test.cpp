#include "net/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "net/test_peer.hpp"

namespace scope::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Rule = HttpError::Rule;

HttpClient client_of(const TestPeer& peer, HttpOptions options = {}) {
    return HttpClient{*parse_http_url(peer.url()), options};
}

/// A peer that sends the same bytes for each request.
TestPeer::Answer always(std::string bytes, bool is_kept = true) {
    return [=](const auto&, const auto& connection) { return connection.send(bytes) && is_kept; };
}

TEST(http_client, reads_the_parts_of_a_url) {
    const auto url = parse_http_url("http://host:1/a/b/");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "host");
    EXPECT_EQ(url->port, "1");
    EXPECT_EQ(url->path, "/a/b");
    EXPECT_EQ(url->authority(), "host:1");
    EXPECT_EQ(parse_http_url("http://[::1]:8545")->authority(), "[::1]:8545");
    EXPECT_FALSE(url->is_tls);
    const auto tls = parse_http_url("https://host/a");
    ASSERT_TRUE(tls);
    EXPECT_TRUE(tls->is_tls);
    EXPECT_EQ(tls->authority(), "host:443");
    for (const auto* const bad :
         {"", "localhost:8545", "https:/localhost", "http://", "http://:1",
          "http://host:", "http://[::1", "http://[::1]x:1", "http://a b", "http://a\r\nX: y",
          "ws://localhost", "http://user:word@host", "http://host:port", "http://host:65536",
          "http://host:0", "http://host:80x", "http://host?key=1", "http://host#1/a"})
        EXPECT_FALSE(parse_http_url(bad)) << bad;
}

TEST(http_client, asks_for_the_path_behind_the_urls_own_and_posts_json) {
    const TestPeer peer{[](const auto& request, const auto& connection) {
        return connection.send(TestPeer::response(request.method + request.target + request.body));
    }};
    const HttpClient client{*parse_http_url(peer.url() + "/key/")};
    EXPECT_EQ(client.get("/eth/v1?x=1,2")->body, "GET/key/eth/v1?x=1,2");
    EXPECT_EQ(client.post("[1]")->body, "POST/key[1]");
    EXPECT_EQ(client.post("/v1", "text/plain", "x")->body, "POST/key/v1x");
    EXPECT_EQ(client_of(peer).post("")->body, "POST/");
}

TEST(http_client, keeps_a_connection) {
    const TestPeer peer{always(TestPeer::response("x"))};
    const auto client = client_of(peer);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/")->body, "x");
    EXPECT_EQ(peer.connections(), 1);
    EXPECT_EQ(peer.requests(), 5);
}

TEST(http_client, connects_again_where_the_server_has_closed) {
    const TestPeer peer{always(TestPeer::response("x"), false)};
    const auto client = client_of(peer);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/")->body, "x");
    EXPECT_EQ(peer.requests(), 5);
}

TEST(http_client, reads_pieces_and_answers_that_end_with_the_connection) {
    const TestPeer pieces{always(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")};
    EXPECT_EQ(client_of(pieces).get("/")->body, "abcde");
    const TestPeer ends{always("HTTP/1.0 404 Not Found\r\n\r\nnothing", false)};
    const auto response = client_of(ends).get("/");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 404u);
    EXPECT_EQ(response->body, "nothing");
}

TEST(http_client, tells_nobody_from_no_answer_in_time) {
    auto peer = std::make_unique<TestPeer>([](const auto&, const auto& connection) {
        connection.wait_end();
        return false;
    });
    const auto client = client_of(*peer, {.timeout = milliseconds{100}});
    const auto silent = client.get("/");
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().rule, Rule::slow);
    peer.reset();
    const auto nobody = client.get("/");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().rule, Rule::unreachable);
    const auto unknown =
        HttpClient{{.host = "127.0.0.1", .port = "no-such-port", .path = {}}}.get("/");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().rule, Rule::unreachable);
}

TEST(http_client, bounds_an_answer_that_never_ends_in_time_and_in_bytes) {
    const TestPeer drips{[](const auto&, const auto& connection) {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        while (connection.send("x")) std::this_thread::sleep_for(milliseconds{1});
        return false;
    }};
    const auto slow =
        client_of(drips, {.timeout = milliseconds{100}, .max_response = size_t{1} << 31}).get("/");
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().rule, Rule::slow);
    const TestPeer floods{[](const auto&, const auto& connection) {
        connection.send("HTTP/1.1 200 OK\r\n\r\n");
        while (connection.send(std::string(1000, 'x'))) {
        }
        return false;
    }};
    const auto much = client_of(floods, {.max_response = 100'000}).get("/");
    ASSERT_FALSE(much);
    EXPECT_EQ(much.error().rule, Rule::too_long);
    const auto said = client_of(drips, {.max_response = 100'000}).get("/");
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().rule, Rule::too_long);
}

TEST(http_client, refuses_what_is_no_http) {
    const std::string long_field = "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x');
    for (const std::string& bytes :
         {std::string{"hello\r\n\r\n"}, std::string{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"},
          std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}, long_field}) {
        const TestPeer peer{always(bytes)};
        const auto response = client_of(peer).get("/");
        ASSERT_FALSE(response) << bytes.substr(0, 60);
        EXPECT_EQ(response.error().rule, Rule::malformed) << bytes.substr(0, 60);
    }
    for (const auto* const bytes : {"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"}) {
        const TestPeer peer{always(bytes, false)};
        const auto response = client_of(peer).get("/");
        ASSERT_FALSE(response) << bytes;
        EXPECT_EQ(response.error().rule, Rule::unreachable) << bytes;
    }
}

TEST(http_client, serves_many_threads) {
    const TestPeer peer{[](const auto& request, const auto& connection) {
        return connection.send(TestPeer::response(request.body));
    }};
    const auto client = client_of(peer);
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 50; ++i) {
                    const auto text = fmt::format("{}.{}", t, i);
                    const auto response = client.post(text);
                    right += response && response->body == text ? 1 : 0;
                }
            });
    }
    EXPECT_EQ(right, 200);
}

}  // namespace
}  // namespace scope::net
