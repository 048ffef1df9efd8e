#include "net/server.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <future>
#include <random>
#include <string>
#include <vector>

#include "net/test_client.hpp"
#include "net/test_handler.hpp"

namespace scope::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Response = TestClient::Response;

constexpr ChainId L1{31337};
constexpr ChainId ROLLUP{42001};

std::string call(std::string_view id, std::string_view method, std::string_view params = "[]") {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method,
                       params);
}

std::string result(std::string_view id, std::string_view value) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", id, value);
}

/// A server of two chains.
struct Served {
    explicit Served(ServerOptions options = {})
        : server(std::move(options), worker, handler),
          port(server.listen(0, L1)),
          second_port(server.listen(0, ROLLUP)) {}

    [[nodiscard]] TestClient client() const { return TestClient{port}; }
    [[nodiscard]] TestClient websocket() const {
        TestClient client{port};
        EXPECT_EQ(client.open_websocket(), 101);
        return client;
    }
    /// Returns the value of a line of /metrics; -1: there is none.
    [[nodiscard]] double metric(const std::string& name) const {
        const std::string text = client().request("GET", "/metrics").body;
        const size_t at = text.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
    }
    /// Waits until a metric is at least @p value.
    void wait_metric(const std::string& name, double value) const {
        while (metric(name) < value) std::this_thread::sleep_for(milliseconds{5});
    }

    TestHandler handler;
    Worker worker;
    Server server;
    uint16_t port;
    uint16_t second_port;
};

// --- HTTP.

TEST(Http, answers_a_post_with_or_without_a_content_type) {
    const Served served;
    TestClient client = served.client();
    for (const char* fields : {"", "Content-Type: application/json\r\n", "Content-Type: x\r\n"}) {
        const Response response = client.post(call("1", "echo"), "/", fields);
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.fields.at("content-type"), "application/json");
        EXPECT_EQ(response.body, result("1", "[]"));
    }
}

TEST(Http, errors_of_json_rpc_have_status_200) {
    const Served served;
    TestClient client = served.client();
    for (const std::string& text : {std::string{"{"}, std::string{"[]"}, call("1", "nope")}) {
        const Response response = client.post(text);
        EXPECT_EQ(response.status, 200);
        EXPECT_THAT(response.body, HasSubstr("\"error\""));
    }
}

TEST(Http, a_notification_is_answered_with_200_and_nothing) {
    const Served served;
    TestClient client = served.client();
    const Response response = client.post(R"([{"jsonrpc":"2.0","method":"echo"}])");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(served.handler.calls, 1);
}

TEST(Http, a_connection_is_kept_and_takes_requests_ahead) {
    const Served served;
    TestClient client = served.client();
    std::string requests;
    for (int i = 0; i < 500; ++i) requests += post_text(call(std::to_string(i), "echo"));
    client.send(requests);
    for (int i = 0; i < 500; ++i)
        EXPECT_EQ(client.read_response().body, result(std::to_string(i), "[]"));
}

TEST(Http, closes_when_asked_to) {
    const Served served;
    for (const char* head : {"POST / HTTP/1.1\r\nConnection: close\r\n", "POST / HTTP/1.0\r\n"}) {
        TestClient client = served.client();
        client.send(fmt::format("{}Content-Length: 2\r\n\r\n[]", head));
        EXPECT_THAT(client.read_all(), HasSubstr("empty batch"));
    }
    TestClient client = served.client();
    client.send("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n[]");
    EXPECT_EQ(client.read_response().fields.at("connection"), "keep-alive");
    EXPECT_EQ(client.post("[]").status, 200);
}

TEST(Http, a_client_that_has_sent_all_gets_its_answer) {
    const Served served;
    TestClient client = served.client();
    client.send(post_text(call("1", "echo")));
    client.end_sending();
    EXPECT_THAT(client.read_all(), HasSubstr(result("1", "[]")));
}

TEST(Http, takes_requests_in_any_pieces) {
    const Served served;
    TestClient client = served.client();
    const std::string text = post_text(call("1", "echo"));
    for (const char c : text) client.send({&c, 1});
    EXPECT_EQ(client.read_response().body, result("1", "[]"));
}

/// Requests that have much of their headers in common, or all.
std::vector<std::string> similar_requests() {
    std::vector<std::string> requests{
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        "GET /none HTTP/1.1\r\n\r\n",
        "OPTIONS / HTTP/1.1\r\nAccess-Control-Request-Headers: X\r\n\r\n",
        "OPTIONS / HTTP/1.1\r\nAccess-Control-Request-Headers: Y\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n[]",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n"};
    for (const char* const id : {"1", "2", "10", "11"})
        for (const char* const path : {"/", "/42001"})
            for (const char* const fields : {"", "Accept-Encoding: gzip\r\n"})
                for (const auto& body : {call(id, "chain"), call(id, "big", "[5000]")})
                    requests.push_back(post_text(body, path, fields));
    requests.push_back(post_text(call("1", "chain"), "/", fmt::format("X: {:2000}\r\n", "long")));
    return requests;
}

TEST(Http, what_a_request_means_is_not_a_matter_of_those_before_it) {
    const Served served;
    const auto requests = similar_requests();
    std::vector<Response> alone;
    for (const std::string& request : requests) {
        TestClient client = served.client();
        client.send(request);
        alone.push_back(client.read_response());
    }
    const auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    const auto below = [&](size_t end) { return random() % end; };
    TestClient client = served.client();
    for (int round = 0; round < 100; ++round) {
        std::vector<size_t> row;
        std::string text;
        const size_t count = 1 + below(4);
        while (row.size() < count) {
            // Mostly the same one again.
            row.push_back(row.empty() || below(3) == 0 ? below(requests.size()) : row.back());
            text += requests[row.back()];
        }
        while (!text.empty()) {
            const size_t size = below(2) == 0 ? text.size() : std::min(1 + below(200), text.size());
            client.send(text.substr(0, size));
            text.erase(0, size);
        }
        for (const size_t index : row) {
            const Response response = client.read_response();
            ASSERT_EQ(response.status, alone[index].status) << requests[index];
            ASSERT_EQ(response.fields, alone[index].fields) << requests[index];
            ASSERT_EQ(response.body, alone[index].body) << requests[index];
        }
    }
}

TEST(Http, takes_chunked_requests) {
    const Served served;
    TestClient client = served.client();
    std::string request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string text = call("1", "echo");
    for (size_t at = 0; at < text.size(); at += 7) {
        const std::string piece = text.substr(at, 7);
        request += fmt::format("{:x};x=y\r\n{}\r\n", piece.size(), piece);
    }
    client.send(request + "0\r\nTrailer: x\r\n\r\n" + post_text(call("2", "echo")));
    EXPECT_EQ(client.read_response().body, result("1", "[]"));
    EXPECT_EQ(client.read_response().body, result("2", "[]"));
}

TEST(Http, asks_for_the_body_of_who_waits_to_be_asked) {
    const Served served;
    TestClient client = served.client();
    const std::string text = post_text(call("1", "echo"), "/", "Expect: 100-continue\r\n");
    const size_t header = text.find("\r\n\r\n") + 4;
    client.send(text.substr(0, header));
    EXPECT_EQ(client.read_response().status, 100);
    client.send(text.substr(header));
    EXPECT_EQ(client.read_response().body, result("1", "[]"));
}

TEST(Http, a_request_has_at_most_5_mib) {
    const Served served;
    const size_t limit = size_t{5} << 20;
    std::string text = call("1", "echo");
    text += std::string(limit - text.size(), ' ');
    EXPECT_EQ(served.client().post(text).body, result("1", "[]"));
    text += ' ';
    EXPECT_EQ(served.client().post(text).status, 413);

    TestClient client = served.client();
    client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", text.size(), text));
    const Response response = client.read_response();
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(response.fields.at("connection"), "close");
    EXPECT_EQ(client.read_response().status, 0);
}

TEST(Http, a_header_is_bounded) {
    const Served served;
    const auto field = [](size_t size) { return "X: " + std::string(size, 'x') + "\r\n"; };
    EXPECT_EQ(served.client().post("[]", "/", field(15'000)).status, 200);
    EXPECT_EQ(served.client().post("[]", "/", field(20'000)).status, 431);
    TestClient client = served.client();
    client.send("GET /" + std::string(100'000, 'x'));
    EXPECT_EQ(client.read_response().status, 431);
}

TEST(Http, what_is_no_http_is_refused) {
    const Served served;
    for (const char* text :
         {"x\r\n\r\n", "POST / HTTP/3.0\r\n\r\n", "{\"jsonrpc\":\"2.0\"}\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"}) {
        TestClient client = served.client();
        client.send(text);
        EXPECT_EQ(client.read_response().status, 400) << text;
        client.end_sending();
        EXPECT_EQ(client.read_all(), "");
    }
}

TEST(Http, other_methods_and_paths_are_refused) {
    const Served served;
    TestClient client = served.client();
    EXPECT_EQ(client.request("GET", "/").status, 405);
    EXPECT_EQ(client.request("HEAD", "/").status, 405);
    EXPECT_EQ(client.request("PUT", "/").status, 405);
    EXPECT_EQ(client.request("DELETE", "/").fields.at("allow"), "GET, POST, OPTIONS");
    EXPECT_EQ(client.request("GET", "/x").status, 404);
    EXPECT_EQ(client.post("[]", "/x").status, 404);
    EXPECT_EQ(client.post("[]", "/health").status, 404);
}

TEST(Http, each_port_is_a_chain_and_the_first_has_all_by_path) {
    const Served served;
    TestClient first{served.port};
    TestClient second{served.second_port};
    const auto chain = [](TestClient& client, std::string_view path) {
        return client.post(call("1", "chain"), path).body;
    };
    EXPECT_EQ(chain(first, "/"), result("1", "31337"));
    EXPECT_EQ(chain(first, "/?key=1"), result("1", "31337"));
    EXPECT_EQ(chain(first, "/31337"), result("1", "31337"));
    EXPECT_EQ(chain(first, "/42001"), result("1", "42001"));
    EXPECT_EQ(chain(first, "/42001/"), result("1", "42001"));
    EXPECT_EQ(chain(second, "/"), result("1", "42001"));
    for (const char* path : {"/1", "/042001", "/42001//", "/0xa411", "/42001x", "//"})
        EXPECT_EQ(first.post("[]", path).status, 404) << path;
    EXPECT_EQ(second.post("[]", "/31337").status, 404);
}

TEST(Http, health_and_ready) {
    Served served;
    TestClient client = served.client();
    EXPECT_EQ(client.request("GET", "/health").status, 200);
    EXPECT_EQ(client.request("GET", "/ready").status, 200);
    served.server.set_ready(false);
    EXPECT_EQ(client.request("GET", "/ready").status, 503);
    EXPECT_EQ(client.request("GET", "/health?x").status, 200);
    served.server.set_ready(false, R"({"reasons":["no L1"]})");
    EXPECT_EQ(client.request("GET", "/ready").status, 503);
    EXPECT_EQ(client.request("GET", "/ready").body, R"({"reasons":["no L1"]})");
    served.server.set_more_metrics("of_others 7\n");
    EXPECT_TRUE(client.request("GET", "/metrics").body.ends_with("\nof_others 7\n"));
}

TEST(Http, a_port_has_several_chains) {
    Served served;
    const uint16_t port = served.server.listen(0, std::vector{ChainId{7}, ChainId{8}});
    TestClient client{port};
    for (const auto& [path, status] :
         {std::pair{"/", 200}, std::pair{"/7", 200}, std::pair{"/8", 200}, std::pair{"/8/", 200},
          std::pair{"/9", 404}, std::pair{"/31337", 404}})
        EXPECT_EQ(client.post("[]", path).status, status) << path;
}

TEST(Http, cors_is_for_all_for_one_or_off) {
    const auto options = [](std::optional<std::string> origin) {
        ServerOptions o;
        o.allow_origin = std::move(origin);
        return o;
    };
    const auto preflight = [](const Served& served) {
        return served.client().request("OPTIONS", "/",
                                       "Origin: http://a\r\nAccess-Control-Request-Method: POST\r\n"
                                       "Access-Control-Request-Headers: content-type,x-y\r\n");
    };
    {
        const Served served;
        const Response response = preflight(served);
        EXPECT_EQ(response.status, 204);
        EXPECT_EQ(response.fields.at("access-control-allow-origin"), "*");
        EXPECT_EQ(response.fields.at("access-control-allow-methods"), "GET, POST, OPTIONS");
        EXPECT_EQ(response.fields.at("access-control-allow-headers"), "content-type,x-y");
        EXPECT_EQ(served.client().post("[]").fields.at("access-control-allow-origin"), "*");
    }
    {
        const Served served{options("http://a")};
        EXPECT_EQ(preflight(served).fields.at("access-control-allow-origin"), "http://a");
        EXPECT_EQ(served.client().post("[]").fields.at("vary"), "Origin");
        EXPECT_EQ(served.client().open_websocket("/", "Origin: http://a\r\n"), 101);
        EXPECT_EQ(served.client().open_websocket("/", "Origin: http://b\r\n"), 403);
        EXPECT_EQ(served.client().open_websocket(), 101);
    }
    {
        const Served served{options(std::nullopt)};
        EXPECT_EQ(preflight(served).status, 204);
        EXPECT_FALSE(preflight(served).fields.contains("access-control-allow-origin"));
        EXPECT_FALSE(served.client().post("[]").fields.contains("access-control-allow-origin"));
        EXPECT_EQ(served.client().open_websocket("/", "Origin: http://a\r\n"), 403);
    }
    EXPECT_THROW(Served{options("a\r\nX: y")}, std::invalid_argument);
}

std::string gunzip(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out;
    out.resize(30'000'000);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    EXPECT_EQ(stream.avail_in, 0U);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

TEST(Http, compresses_long_answers_for_who_asks) {
    const Served served;
    TestClient client = served.client();
    const auto ask = [&](size_t size, std::string_view fields) {
        return client.post(call("1", "big", fmt::format("[{}]", size)), "/", fields);
    };
    const auto expect = [](size_t size) { return result("1", '"' + std::string(size, 'x') + '"'); };
    constexpr std::string_view GZIP = "Accept-Encoding: gzip\r\n";
    for (const size_t size : {5000UL, 65536UL, 70'000UL, 3'000'000UL, 24'000'000UL}) {
        const Response response = ask(size, GZIP);
        ASSERT_EQ(response.fields.at("content-encoding"), "gzip");
        EXPECT_LT(response.body.size(), size / 50);
        EXPECT_TRUE(gunzip(response.body) == expect(size)) << size;
    }
    EXPECT_FALSE(ask(4000, GZIP).fields.contains("content-encoding"));
    const Response plain = ask(5000, "Accept-Encoding: gzip;q=0\r\n");
    EXPECT_FALSE(plain.fields.contains("content-encoding"));
    EXPECT_EQ(plain.body, expect(5000));
    const std::string old = call("1", "big", "[9000]");
    client.send(
        fmt::format("POST / HTTP/1.0\r\n{}Content-Length: {}\r\n\r\n{}", GZIP, old.size(), old));
    EXPECT_EQ(client.read_response().body.size(), expect(9000).size());
}

TEST(Http, answers_of_25_mb_go_through) {
    const Served served;
    const std::string body = served.client().post(call("1", "big", "[24999998]")).body;
    EXPECT_EQ(body.size(), 25'000'000 + result("1", "").size());
    EXPECT_THAT(served.client().post(call("1", "big", "[24999999]")).body,
                HasSubstr("response too large"));
}

TEST(Http, answers_that_come_later_wait_for_nobody) {
    const Served served;
    TestClient waiting = served.client();
    TestClient other = served.client();
    waiting.send(post_text(call("1", "later")));
    std::string released;
    do released = other.post(call("2", "release")).body;
    while (released == result("2", "0"));
    EXPECT_EQ(released, result("2", "1"));
    EXPECT_EQ(waiting.read_response().body, result("1", "\"released\""));
}

TEST(Http, a_long_call_holds_up_nothing_but_calls) {
    Served served;
    TestClient waiting = served.client();
    TestClient behind = served.client();
    for (int round = 1; round <= 3; ++round) {  // each of the threads comes to lead, and to wait
        served.handler.is_open = false;
        const int calls = served.handler.calls;
        waiting.send(post_text(call("1", "block")));
        while (served.handler.calls == calls) std::this_thread::yield();
        behind.send(post_text(call("2", "echo")));
        EXPECT_EQ(served.client().request("GET", "/health").body, "ok\n");
        EXPECT_EQ(served.handler.calls, calls + 1);
        served.handler.open();
        EXPECT_EQ(waiting.read_response().body, result("1", "\"opened\""));
        EXPECT_EQ(behind.read_response().body, result("2", "[]"));
    }
}

TEST(Http, a_batch_of_1000_is_answered_and_one_of_1001_refused) {
    const Served served;
    TestClient client = served.client();
    std::string text = '[' + call("0", "echo");
    for (int i = 1; i < 1000; ++i) text += ',' + call(std::to_string(i), "echo");
    std::string expect = '[' + result("0", "[]");
    for (int i = 1; i < 1000; ++i) expect += ',' + result(std::to_string(i), "[]");
    EXPECT_EQ(client.post(text + ']').body, expect + ']');
    EXPECT_THAT(client.post(text + ',' + call("1000", "echo") + ']').body, HasSubstr("-32600"));
}

// --- WebSocket.

TEST(WebSocket, answers_text_and_binary_and_fragments) {
    const Served served;
    TestClient client = served.websocket();
    client.send_text(call("1", "echo"));
    EXPECT_EQ(client.read_text(), result("1", "[]"));
    client.send_frame(2, call("2", "echo"));
    EXPECT_EQ(client.read_text(), result("2", "[]"));
    const std::string text = call("3", "echo");
    client.send_frame(1, text.substr(0, 10), false);
    client.send_frame(9, "between");  // a ping
    client.send_frame(0, "", false);
    for (size_t i = 10; i < text.size(); ++i)
        client.send_frame(0, text.substr(i, 1), i + 1 == text.size());
    const auto pong = client.read_frame();
    EXPECT_EQ(pong.opcode, 10);
    EXPECT_EQ(pong.payload, "between");
    EXPECT_EQ(client.read_text(), result("3", "[]"));
    client.send_text("");
    EXPECT_THAT(client.read_text(), HasSubstr("-32700"));
    client.send_text("[]");
    EXPECT_THAT(client.read_text(), HasSubstr("-32600"));
}

TEST(WebSocket, notifications_of_json_rpc_get_no_answer) {
    const Served served;
    TestClient client = served.websocket();
    for (int i = 0; i < 200; ++i) client.send_text(R"({"jsonrpc":"2.0","method":"echo"})");
    client.send_text(call("1", "echo"));
    EXPECT_EQ(client.read_text(), result("1", "[]"));
    EXPECT_EQ(served.handler.calls, 201);
}

TEST(WebSocket, the_path_names_the_chain) {
    const Served served;
    TestClient client = served.client();
    ASSERT_EQ(client.open_websocket("/42001"), 101);
    client.send_text(call("1", "chain"));
    EXPECT_EQ(client.read_text(), result("1", "42001"));
    EXPECT_EQ(served.client().open_websocket("/1"), 404);
}

TEST(WebSocket, a_bad_handshake_is_refused) {
    const Served served;
    EXPECT_EQ(
        served.client().request("GET", "/", "Upgrade: websocket\r\nConnection: Upgrade\r\n").status,
        426);
}

TEST(WebSocket, a_message_has_at_most_5_mib) {
    const Served served;
    const size_t limit = size_t{5} << 20;
    std::string text = call("1", "echo");
    text += std::string(limit - text.size(), ' ');
    TestClient client = served.websocket();
    client.send_text(text);
    EXPECT_EQ(client.read_text(), result("1", "[]"));
    client.send_text(text + ' ');
    EXPECT_EQ(client.read_close(), 1009);

    TestClient fragments = served.websocket();
    for (int i = 0;
         i < 6 && fragments.send_frame(i == 0 ? 1 : 0, std::string(1 << 20, ' '), false);)
        ++i;
    EXPECT_EQ(fragments.read_close(), 1009);
}

TEST(WebSocket, long_answers_go_through) {
    const Served served;
    TestClient client = served.websocket();
    client.send_text(call("1", "big", "[24999998]"));
    EXPECT_EQ(client.read_text().size(), 25'000'000 + result("1", "").size());
}

TEST(WebSocket, what_breaks_its_rules_is_closed_with_the_code) {
    const Served served;
    const struct {
        int opcode;
        std::string payload;
        int code;
    } cases[] = {{3, "", 1002}, {0, "", 1002}, {9, std::string(126, 'x'), 1002}, {1, "\xff", 1007}};
    for (const auto& [opcode, payload, code] : cases) {
        TestClient client = served.websocket();
        client.send_frame(opcode, payload);
        EXPECT_EQ(client.read_close(), code) << opcode;
    }
    TestClient client = served.websocket();
    client.send_frame(8, "\x03\xe8");
    EXPECT_EQ(client.read_close(), 1000);
}

TEST(WebSocket, sends_notifications_to_subscribers_and_tells_of_their_end) {
    Served served;
    {
        TestClient client = served.websocket();
        client.send_text(call("1", "subscribe"));
        EXPECT_EQ(client.read_text(), result("1", "true"));
        EXPECT_EQ(served.client().post(call("2", "notify", "[3,20]")).body, result("2", "3"));
        for (int i = 0; i < 3; ++i) EXPECT_EQ(client.read_text(), std::string(20, 'n'));
        EXPECT_EQ(served.client().post(call("3", "subscribe")).body, result("3", "false"));
    }
    served.handler.wait_closed(1);
    EXPECT_EQ(served.client().post(call("4", "notify", "[3,20]")).body, result("4", "0"));
}

TEST(WebSocket, answers_overtake_each_other) {
    const Served served;
    TestClient client = served.websocket();
    client.send_text(call("1", "later"));
    client.send_text(call("2", "echo"));
    EXPECT_EQ(client.read_text(), result("2", "[]"));
    client.send_text(call("3", "release"));
    EXPECT_EQ(client.read_text(), result("1", "\"released\""));
    EXPECT_EQ(client.read_text(), result("3", "1"));
}

// --- Limits.

TEST(Limits, nothing_more_is_read_while_too_many_messages_wait) {
    ServerOptions options;
    options.messages_in_flight = 3;
    Served served{options};
    TestClient client = served.websocket();
    for (int i = 0; i < 10; ++i) client.send_text(call(std::to_string(i), "later"));
    while (served.handler.calls < 3) std::this_thread::yield();
    std::this_thread::sleep_for(milliseconds{50});  // in which a fourth would come
    EXPECT_EQ(served.handler.calls, 3);
    int answered = 0;
    while (answered < 10) {  // 3 at a time
        const std::string body = served.client().post(call("99", "release")).body;
        const int released = body.at(body.size() - 2) - '0';
        EXPECT_LE(released, 3);
        for (int i = 0; i < released; ++i, ++answered)
            EXPECT_EQ(client.read_text(), result(std::to_string(answered), "\"released\""));
    }
}

TEST(Limits, a_subscriber_that_does_not_read_is_closed_and_holds_up_nobody) {
    ServerOptions options;
    options.subscriber_bytes = 1 << 20;
    Served served{options};
    TestClient slow{served.port, 4096};
    ASSERT_EQ(slow.open_websocket(), 101);
    TestClient fast = served.websocket();
    slow.send_text(call("1", "subscribe"));
    EXPECT_EQ(slow.read_text(), result("1", "true"));
    TestClient other = served.client();
    // 10 KB each; the system's buffers take some MB.
    for (int i = 0; i < 100'000 && served.handler.closed_count == 0; ++i) {
        other.post(call("2", "notify", "[1,10000]"));
        fast.send_text(call("3", "echo"));
        EXPECT_EQ(fast.read_text(), result("3", "[]"));
    }
    served.handler.wait_closed(1);
    EXPECT_EQ(other.post(call("4", "notify", "[1,1]")).body, result("4", "0"));
    (void)slow.read_all();  // what the system had buffered, and the end
    EXPECT_EQ(served.metric(R"(scope_net_events_total{event="slow_reader"})"), 1);
}

TEST(Limits, a_subscriber_has_at_most_so_many_notifications) {
    ServerOptions options;
    options.subscriber_messages = 100;
    Served served{options};
    TestClient client = served.websocket();
    client.send_text(call("1", "subscribe"));
    EXPECT_EQ(client.read_text(), result("1", "true"));
    // In one call, but the network sends meanwhile what it can: 50 MB, of which not all go.
    const std::string body = served.client().post(call("2", "notify", "[5000,10000]")).body;
    EXPECT_NE(body, result("2", "5000"));
    served.handler.wait_closed(1);
}

TEST(Limits, notifications_of_all_together_are_bounded_as_they_are_queued) {
    ServerOptions options;
    options.output_bytes = size_t{1} << 20;
    options.subscriber_bytes = size_t{16} << 20;
    Served served{options};
    std::vector<TestClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back(served.port, 4096);
        ASSERT_EQ(clients.back().open_websocket(), 101);
        clients.back().send_text(call("1", "subscribe"));
        EXPECT_EQ(clients.back().read_text(), result("1", "true"));
    }
    // In one call, 10 MB each: more than the system's buffers take, and less than one may have.
    const std::string body = served.client().post(call("2", "notify", "[1000,10000]")).body;
    EXPECT_NE(body, result("2", "20000"));
    served.wait_metric(R"(scope_net_events_total{event="slow_reader"})", 1);
    EXPECT_LE(served.metric("scope_net_output_bytes"), 1 << 20);
}

TEST(Limits, for_one_connection_too_many_the_one_that_has_idled_longest_is_closed) {
    ServerOptions options;
    options.connections = 4;
    const Served served{options};
    std::vector<TestClient> clients;
    const auto is_served = [&](size_t i) { return clients[i].post("[]").status == 200; };
    for (size_t i = 0; i < 4; ++i) {
        clients.push_back(served.client());
        EXPECT_TRUE(i == 2 || is_served(i));  // that one says nothing
    }
    for (const size_t closed : {0UL, 2UL, 3UL}) {
        clients.push_back(served.client());
        EXPECT_TRUE(is_served(clients.size() - 1));
        EXPECT_EQ(clients[closed].read_all(), "");
        EXPECT_TRUE(is_served(1));
    }
}

TEST(Limits, one_connection_too_many_is_closed_if_none_idles) {
    ServerOptions options;
    options.connections = 4;
    Served served{options};
    std::vector<TestClient> clients;
    clients.push_back(served.client());
    clients.back().send("POST / HT");
    clients.push_back(served.client());
    clients.back().send(post_text(call("1", "later")));
    while (served.handler.calls < 1) std::this_thread::yield();
    for (int i = 0; i < 2; ++i) clients.push_back(served.websocket());
    EXPECT_EQ(served.client().read_response().status, 0);
    clients.pop_back();
    Response response;
    do response = served.client().post("[]");
    while (response.status == 0);  // until the server has seen that one is gone
    EXPECT_EQ(response.status, 200);
}

TEST(Limits, requests_that_come_too_slowly_are_ended) {
    ServerOptions options;
    options.first_byte_timeout = milliseconds{100};
    options.request_timeout = milliseconds{100};
    Served served{options};
    std::vector<TestClient> clients;
    for (const char* begin : {"", "POST / HT", "POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"}) {
        clients.push_back(served.client());
        clients.back().send(begin);
    }
    clients.push_back(served.websocket());
    clients.back().send_frame(1, "{", false);
    for (TestClient& client : clients) EXPECT_EQ(client.read_all(), "");
    EXPECT_EQ(served.metric(R"(scope_net_events_total{event="timeout"})"), 4);
}

TEST(Limits, a_connection_that_idles_is_ended) {
    ServerOptions options;
    options.idle_timeout = milliseconds{100};
    Served served{options};
    TestClient client = served.client();
    EXPECT_EQ(client.post("[]").status, 200);
    EXPECT_EQ(client.read_all(), "");
}

TEST(Limits, an_answer_that_is_not_read_is_given_up) {
    ServerOptions options;
    options.write_timeout = milliseconds{100};
    Served served{options};
    TestClient client{served.port, 4096};
    client.send(post_text(call("1", "big", "[20000000]")));
    served.wait_metric(R"(scope_net_events_total{event="timeout"})", 1);
    EXPECT_EQ(served.metric("scope_net_output_bytes"), 0);
    EXPECT_LT(client.read_all().size(), 20'000'000U);
}

TEST(Limits, a_silent_websocket_is_pinged_and_one_that_does_not_answer_ended) {
    ServerOptions options;
    options.ping_interval = milliseconds{100};
    Served served{options};
    TestClient client = served.websocket();
    for (int i = 0; i < 3; ++i) {
        const auto ping = client.read_frame();
        EXPECT_EQ(ping.opcode, 9);
        client.send_frame(10, ping.payload);
    }
    client.send_text(call("1", "echo"));
    EXPECT_EQ(client.read_text(), result("1", "[]"));
    EXPECT_EQ(client.read_close(), 0);  // after pings that are not answered
    served.handler.wait_closed(1);
}

TEST(Limits, unfinished_requests_together_are_bounded) {
    ServerOptions options;
    options.input_bytes = 1'000'000;
    Served served{options};
    std::vector<TestClient> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(served.client());
        clients.back().send("POST / HTTP/1.1\r\nContent-Length: 400000\r\n\r\n" +
                            std::string(static_cast<size_t>(300'000 + i), ' '));
    }
    served.wait_metric(R"(scope_net_events_total{event="request_refused"})", 2);
    EXPECT_EQ(served.client().post(call("1", "echo")).body, result("1", "[]"));
    EXPECT_LT(served.metric("scope_net_input_bytes"), 1'000'000);
}

TEST(Limits, answers_that_are_not_read_together_are_bounded) {
    ServerOptions options;
    options.output_bytes = 50'000'000;
    Served served{options};
    std::vector<TestClient> clients;
    for (int i = 0; i < 5; ++i) {
        clients.emplace_back(served.port, 4096);
        clients.back().send(post_text(call("1", "big", "[20000000]")));
    }
    served.wait_metric(R"(scope_net_events_total{event="slow_reader"})", 3);
    EXPECT_EQ(served.client().post(call("1", "echo")).body, result("1", "[]"));
    EXPECT_LT(served.metric("scope_net_output_bytes"), 50'000'000);
}

TEST(Limits, two_thousand_connections_opened_and_dropped_leave_nothing) {
    Served served;
    for (int i = 0; i < 2000; ++i) {
        TestClient client = served.client();
        switch (i % 5) {
            case 1:
                client.send("POST / HTTP/1.1\r\nContent-Le");
                break;
            case 2:
                client.send(post_text(call("1", "echo")));  // and doesn't wait for the answer
                break;
            case 3:
                EXPECT_EQ(client.post(call("1", "echo")).status, 200);
                break;
            case 4:
                EXPECT_EQ(client.open_websocket(), 101);
                client.send_text(call("1", "subscribe"));
                break;
            default:
                break;
        }
    }
    served.handler.wait_closed(400);
    while (served.metric(R"(scope_net_connections{transport="http"})") > 1 ||
           served.metric(R"(scope_net_connections{transport="websocket"})") > 0)
        std::this_thread::sleep_for(milliseconds{5});
    EXPECT_EQ(served.metric("scope_net_input_bytes"), 0);
    EXPECT_EQ(served.metric("scope_net_output_bytes"), 0);
    EXPECT_EQ(served.client().post(call("2", "notify", "[1,1]")).body, result("2", "0"));
}

TEST(Limits, metrics_have_bounded_labels) {
    ServerOptions options;
    options.methods = {"echo", "chain"};
    Served served{options};
    TestClient client = served.client();
    for (int i = 0; i < 100; ++i) client.post(call("1", fmt::format("nope{}", i)));
    for (int i = 0; i < 5; ++i) client.post(call("1", "echo"));
    client.post(call("1", "other"));
    EXPECT_EQ(served.metric(R"(scope_rpc_calls_total{method="echo"})"), 5);
    EXPECT_EQ(served.metric(R"(scope_rpc_calls_total{method="chain"})"), 0);
    EXPECT_EQ(served.metric(R"(scope_rpc_calls_total{method="other"})"), 101);
    EXPECT_EQ(served.metric("scope_rpc_errors_total"), 101);
    EXPECT_EQ(served.metric("scope_rpc_seconds_count"), 106);
    EXPECT_GT(served.metric("scope_net_received_bytes_total"), 106 * 60);
    EXPECT_GT(served.metric("scope_net_sent_bytes_total"), 106 * 60);
    const Response response = client.request("GET", "/metrics");
    EXPECT_EQ(response.fields.at("content-type"), "text/plain; version=0.0.4");
    EXPECT_THAT(response.body, testing::Not(HasSubstr("nope")));
}

// --- Begin and end.

TEST(Server, a_taken_port_is_named) {
    Served served;
    Worker worker;
    Server other{{}, worker, served.handler};
    try {
        other.listen(served.port, L1);
        FAIL();
    } catch (const ListenError& error) {
        EXPECT_EQ(error.what(),
                  fmt::format("can't listen on 127.0.0.1:{}: Address already in use", served.port));
    }
    EXPECT_NE(other.listen(0, L1), served.port);
    ServerOptions nowhere;
    nowhere.host = "256.0.0.1";
    Server third{nowhere, worker, served.handler};
    EXPECT_THROW(third.listen(0, L1), ListenError);
}

TEST(Server, stop_ends_all_in_order) {
    Served served;
    TestClient idle = served.client();
    EXPECT_EQ(idle.post("[]").status, 200);
    TestClient waiting = served.client();
    waiting.send(post_text(call("1", "later")));
    TestClient subscriber = served.websocket();
    subscriber.send_text(call("1", "subscribe"));
    EXPECT_EQ(subscriber.read_text(), result("1", "true"));
    while (served.handler.calls < 2) std::this_thread::yield();

    auto closing = std::async(std::launch::async, [&] { return subscriber.read_close(); });
    served.server.stop();
    EXPECT_EQ(closing.get(), 1001);
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_EQ(waiting.read_all(), "");
    EXPECT_THROW((void)served.client(), std::runtime_error);
    served.server.stop();

    // What the handler kept leads nowhere, and does no harm.
    std::promise<bool> sent;
    served.worker.post([&] {
        served.handler.waiting.clear();
        const auto text = std::make_shared<const std::string>("x");
        bool any = false;
        for (const auto& one : served.handler.subscribers) any = one->send(text) || any;
        sent.set_value(any);
    });
    EXPECT_FALSE(sent.get_future().get());
}

TEST(Server, a_reply_may_be_dropped_after_its_end) {
    TestHandler handler;
    Worker worker;
    {
        Server server{{}, worker, handler};
        TestClient client{server.listen(0, L1)};
        client.send(post_text(call("1", "later")));
        while (handler.calls < 1) std::this_thread::yield();
    }
    worker.stop();
    EXPECT_EQ(std::exchange(handler.waiting, {}).size(), 1U);
}

TEST(Server, stop_waits_for_what_the_worker_is_at) {
    Served served;
    TestClient client = served.client();
    std::promise<void> go_on;
    served.worker.post([&] { go_on.get_future().wait(); });
    client.send(post_text(call("1", "echo")));
    served.wait_metric("scope_net_input_bytes", 1);
    auto stopping = std::async(std::launch::async, [&] { served.server.stop(); });
    EXPECT_EQ(client.read_all(), "");  // given up, after close_timeout
    EXPECT_EQ(stopping.wait_for(milliseconds{0}), std::future_status::timeout);
    go_on.set_value();
    stopping.wait();
    const int calls = served.handler.calls;
    std::promise<void> later;
    served.worker.post([&] { later.set_value(); });
    later.get_future().wait();
    EXPECT_EQ(served.handler.calls, calls);
}

TEST(Server, stop_waits_for_a_call_that_has_begun) {
    Served served;
    TestClient client = served.client();
    client.send(post_text(call("1", "block")));
    while (served.handler.calls == 0) std::this_thread::yield();
    auto stopping = std::async(std::launch::async, [&] { served.server.stop(); });
    EXPECT_EQ(client.read_all(), "");  // given up, after close_timeout
    EXPECT_EQ(stopping.wait_for(milliseconds{0}), std::future_status::timeout);
    served.handler.open();
    stopping.wait();
}

TEST(Server, a_worker_that_has_stopped_does_not_hold_it_up) {
    Served served;
    served.worker.stop();
    TestClient client = served.client();
    client.send(post_text(call("1", "echo")));
    served.wait_metric("scope_net_input_bytes", 1);
    served.server.stop();
    EXPECT_EQ(client.read_all(), "");
}

TEST(Server, an_exception_of_the_handler_is_told_and_answered) {
    std::atomic<int> told = 0;
    TestHandler handler;
    Worker worker{[&](const std::exception_ptr&) { ++told; }};
    Server server{{}, worker, handler};
    TestClient client{server.listen(0, L1)};
    EXPECT_THAT(client.post(call("1", "throw")).body, HasSubstr("-32603"));
    EXPECT_THAT(client.post('[' + call("1", "throw") + ',' + call("2", "echo") + ']').body,
                HasSubstr(result("2", "[]")));
    EXPECT_EQ(client.post(call("3", "echo")).body, result("3", "[]"));
    EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace scope::net
