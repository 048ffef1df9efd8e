#include "net/http_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "net/http_client.hpp"
#include "net/server.hpp"
#include "net/test_client.hpp"

namespace scope::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

HttpRoute get(std::string path, std::function<HttpAnswer(const HttpCall&)> handler) {
    HttpRoute route;
    route.path = std::move(path);
    route.handler = std::move(handler);
    return route;
}
HttpRoute post(std::string path, size_t max_body,
               std::function<HttpAnswer(const HttpCall&)> handler) {
    auto route = get(std::move(path), std::move(handler));
    route.method = HttpMethod::post;
    route.max_body = max_body;
    return route;
}
HttpAnswer echo(const HttpCall& call) {
    return text_answer(200, call.path + "|" + call.query + "|" + call.body);
}

/// A service on a free port.
struct Served {
    explicit Served(std::vector<HttpRoute> routes, HttpServiceOptions options = {})
        : service(std::move(options), std::move(routes)), port(service.listen(0)) {}
    [[nodiscard]] TestClient client() const { return TestClient{port}; }

    HttpService service;
    uint16_t port;
};

TEST(http_service, answers_by_method_and_path) {
    auto below = get("/below/", echo);
    below.match = HttpMatch::prefix;
    const Served served{{get("/x", echo), post("/x", 100, echo), below}};
    auto client = served.client();
    EXPECT_EQ(client.request("GET", "/x?a=1,2?").body, "/x|a=1,2?|\n");
    EXPECT_EQ(client.post("hello", "/x").body, "/x||hello\n");
    EXPECT_EQ(client.request("GET", "/below/3/4").body, "/below/3/4||\n");
    EXPECT_EQ(served.client().request("GET", "/y").status, 404);
    EXPECT_EQ(served.client().request("GET", "/x/").status, 404);
    EXPECT_EQ(served.client().request("PUT", "/x").status, 405);
    EXPECT_EQ(served.client().post("", "/below/1").status, 405);
}

TEST(http_service, answers_what_is_sent_without_waiting_in_its_order) {
    const Served served{{post("/x", 100, echo)}};
    auto client = served.client();
    std::string all;
    for (int i = 0; i < 20; ++i) all += post_text(std::to_string(i), "/x");
    client.send(all);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(client.read_response().body, "/x||" + std::to_string(i) + "\n");
}

TEST(http_service, bounds_bodies_and_headers) {
    const Served served{{post("/x", 10, echo), post("/long", 1'000'000, echo)}};
    EXPECT_EQ(served.client().post("0123456789", "/x").status, 200);
    EXPECT_EQ(served.client().post("0123456789a", "/x").status, 413);
    EXPECT_EQ(served.client().post(std::string(1'000'000, 'x'), "/long").status, 200);
    auto claims = served.client();
    claims.send("POST /x HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n");
    EXPECT_EQ(claims.read_response().status, 413);
    auto pieces = served.client();
    pieces.send(
        "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n6\r\nfghijk\r\n");
    EXPECT_EQ(pieces.read_response().status, 413);
    auto long_header = served.client();
    long_header.send("GET /x HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
    EXPECT_EQ(long_header.read_response().status, 431);
    auto none = served.client();
    none.send("hello\r\n\r\n");
    EXPECT_EQ(none.read_response().status, 400);
}

TEST(http_service, tells_a_client_to_go_on_that_asks) {
    const Served served{{post("/x", 10, echo)}};
    auto client = served.client();
    client.send("POST /x HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_response().status, 100);
    client.send("abc");
    EXPECT_EQ(client.read_response().body, "/x||abc\n");
}

TEST(http_service, says_that_a_handler_failed) {
    std::string told;
    std::latch has_told{1};
    const Served served{
        {get("/x",
             [](const HttpCall&) -> HttpAnswer { throw std::runtime_error{"the disk is full"}; })},
        {.failed = [&](std::string_view what) {
            told = what;
            has_told.count_down();
        }}};
    const auto response = served.client().request("GET", "/x");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("disk"), std::string::npos);
    has_told.wait();
    EXPECT_EQ(told, "the disk is full");
}

TEST(http_service, answers_others_while_it_is_too_early_for_a_call) {
    Worker worker;
    std::atomic<bool> is_time = false;
    std::atomic<int> looks = 0;
    HttpRoute early = post("/early", 1000, echo);
    early.worker = &worker;
    early.patience = std::chrono::hours{1};
    early.when = [&](const HttpCall& call) {
        EXPECT_EQ(call.body, "x");
        return [&] {
            ++looks;
            return is_time.load();
        };
    };
    HttpRoute other = get("/other", echo);
    other.worker = &worker;
    const Served served{{early, other}};
    auto waits = served.client();
    waits.send(post_text("x", "/early"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(served.client().request("GET", "/other").status, 200);
    while (looks < 2) std::this_thread::yield();
    EXPECT_EQ(served.client().request("GET", "/other").status, 200);
    is_time = true;
    EXPECT_EQ(waits.read_response().body, "/early||x\n");
}

TEST(http_service, answers_a_call_in_any_case_after_its_patience) {
    HttpRoute route = post("/x", 1000, echo);
    route.when = [](const HttpCall&) { return [] { return false; }; };
    EXPECT_EQ(Served{{route}}.client().post("x", "/x").status, 200);
    route.patience = std::chrono::milliseconds{1};
    EXPECT_EQ(Served{{route}}.client().post("x", "/x").status, 200);
    route.when = [](const HttpCall&) -> std::function<bool()> { throw std::runtime_error{"no"}; };
    EXPECT_EQ(Served{{route}}.client().post("x", "/x").status, 500);
    // Nobody waits for it at the service's end.
    route.patience = std::chrono::hours{1};
    route.when = [](const HttpCall&) { return [] { return false; }; };
    auto client = std::make_unique<Served>(std::vector{route})->client();
    client.send(post_text("x", "/x"));
}

/// A route whose handler waits for its gate.
struct Gated {
    explicit Gated(Worker* worker = nullptr) {
        route = post("/gated", 1000, [this](const HttpCall& call) {
            ++began;
            gate.wait();
            return echo(call);
        });
        route.worker = worker;
    }
    void await_one() const {
        while (began == 0) std::this_thread::yield();
    }

    std::latch gate{1};
    std::atomic<int> began = 0;
    HttpRoute route;
};

TEST(http_service, refuses_what_would_wait_too_long) {
    Worker worker;
    Gated gated{&worker};
    gated.route.max_waiting = 2;
    const Served served{{gated.route, get("/quick", echo)}};
    auto first = served.client();
    first.send(post_text("1", "/gated"));
    gated.await_one();
    auto second = served.client();
    second.send(post_text("2", "/gated"));
    // The second may come after this one, which then has its place.
    auto third = served.client();
    third.send(post_text("3", "/gated"));
    EXPECT_EQ(served.client().request("GET", "/quick").status, 200);
    gated.gate.count_down();
    EXPECT_EQ(first.read_response().status, 200);
    const auto one = second.read_response();
    const auto other = third.read_response();
    EXPECT_EQ(std::min(one.status, other.status), 200);
    if (std::max(one.status, other.status) == 503)
        EXPECT_EQ((one.status == 503 ? one : other).fields.at("retry-after"), "1");
    EXPECT_EQ(served.client().post("4", "/gated").status, 200);
}

TEST(http_service, counts_what_waits_of_a_full_route) {
    Worker worker;
    Gated gated{&worker};
    gated.route.max_waiting = 1;
    const Served served{{gated.route}};
    auto first = served.client();
    first.send(post_text("1", "/gated"));
    gated.await_one();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(served.client().post("2", "/gated").status, 503);
    gated.gate.count_down();
    EXPECT_EQ(first.read_response().status, 200);
}

TEST(http_service, gives_up_an_answer_that_takes_too_long) {
    Worker worker;
    Gated gated{&worker};
    const Served served{{gated.route}, {.answer_timeout = milliseconds{50}}};
    EXPECT_EQ(served.client().post("1", "/gated").status, 503);
    // What waited behind it, for nobody any more, is not begun.
    EXPECT_EQ(served.client().post("2", "/gated").status, 503);
    gated.gate.count_down();
    std::latch is_through{1};
    worker.post([&] { is_through.count_down(); });
    is_through.wait();
    EXPECT_LE(gated.began, 2);
}

TEST(http_service, answers_where_its_worker_has_ended) {
    Worker worker;
    auto route = get("/x", echo);
    route.worker = &worker;
    const Served served{{route}};
    worker.stop();
    EXPECT_EQ(served.client().request("GET", "/x").status, 503);
}

TEST(http_service, ends_connections_that_say_nothing) {
    const Served served{{post("/x", 10, echo)},
                        {.first_byte_timeout = milliseconds{50},
                         .request_timeout = milliseconds{50},
                         .idle_timeout = milliseconds{50}}};
    EXPECT_EQ(served.client().read_all(), "");
    auto begun = served.client();
    begun.send("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(begun.read_all(), "");
    auto idle = served.client();
    EXPECT_EQ(idle.post("1", "/x").status, 200);
    EXPECT_EQ(idle.read_all(), "");
}

TEST(http_service, closes_who_waits_longest_for_one_connection_more) {
    const Served served{{get("/x", echo)}, {.connections = 2}};
    auto first = served.client();
    EXPECT_EQ(first.request("GET", "/x").status, 200);
    auto second = served.client();
    EXPECT_EQ(second.request("GET", "/x").status, 200);
    EXPECT_EQ(served.client().request("GET", "/x").status, 200);
    EXPECT_EQ(first.read_all(), "");
}

TEST(http_service, bounds_what_it_holds_of_all_requests) {
    const Served served{{post("/x", 1'000'000, echo)}, {.input_bytes = 100'000}};
    auto one = served.client();
    one.send("POST /x HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + std::string(90'000, 'x'));
    for (int i = 0; i < 3; ++i) {
        auto other = served.client();
        other.send("POST /x HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" +
                   std::string(200'000, 'x'));
        EXPECT_EQ(other.read_response().status, 503);
    }
}

TEST(http_service, ends_with_requests_that_run_and_wait) {
    Worker worker;
    Gated gated{&worker};
    auto served = std::make_unique<Served>(std::vector{gated.route});
    auto running = served->client();
    running.send(post_text("1", "/gated"));
    gated.await_one();
    auto waiting = served->client();
    waiting.send(post_text("2", "/gated"));
    std::jthread opens{[&] { gated.gate.count_down(); }};
    served->service.stop();
    const int began = gated.began;
    served.reset();
    std::latch is_through{1};
    worker.post([&] { is_through.count_down(); });
    is_through.wait();
    EXPECT_EQ(gated.began, began);  // nothing runs behind stop
}

TEST(http_service, says_which_port_it_can_not_have) {
    const Served served{{get("/x", echo)}};
    HttpService other{{}, {get("/x", echo)}};
    EXPECT_THROW(other.listen(served.port), ListenError);
}

// ---- TLS

struct Keys {
    TlsIdentity own = *make();
    TlsIdentity alice = *make();
    TlsIdentity bob = *make();

    static Result<TlsIdentity, std::string> make() {
        const auto pem = make_certificate("test");
        return TlsIdentity::from_pem(pem.certificate, pem.key);
    }
    [[nodiscard]] TlsServerOptions server() const {
        return {.own = own,
                .clients = std::vector<TlsPeer>{{alice.fingerprint(), "alice"},
                                                {bob.fingerprint(), "bob"}}};
    }
    [[nodiscard]] HttpClient client(const Served& served, std::optional<TlsIdentity> shown) const {
        return HttpClient{*parse_http_url(fmt::format("https://127.0.0.1:{}", served.port)),
                          {.tls = {.own = std::move(shown), .peer = own.fingerprint()}}};
    }
};

TEST(http_service, knows_by_their_keys_who_asks) {
    const Keys keys;
    const Served served{{post("/who", 2'000'000,
                              [](const HttpCall& call) {
                                  return text_answer(
                                      200, fmt::format("{} {}", call.peer->name, call.body.size()));
                              })},
                        {.tls = keys.server()}};
    const auto alice = keys.client(served, keys.alice);
    const auto bob = keys.client(served, keys.bob);
    for (const size_t bytes : {size_t{0}, size_t{1'000}, size_t{2'000'000}}) {
        const std::string body(bytes, 'x');
        EXPECT_EQ(alice.post("/who", "text/plain", body)->body, fmt::format("alice {}\n", bytes));
        EXPECT_EQ(bob.post("/who", "text/plain", body)->body, fmt::format("bob {}\n", bytes));
        for (const auto& shown : {std::optional<TlsIdentity>{}, std::optional{*Keys::make()}}) {
            const auto stranger = keys.client(served, shown).post("/who", "text/plain", body);
            ASSERT_FALSE(stranger);
            EXPECT_EQ(stranger.error().rule, HttpError::Rule::tls) << stranger.error().reason;
        }
    }
    EXPECT_EQ(alice.post("/who", "text/plain", std::string(2'000'001, 'x'))->status, 413u);
}

TEST(http_service, bounds_each_peer_so_that_the_others_are_served) {
    const Keys keys;
    Worker worker;
    Gated gated{&worker};
    gated.route.max_waiting_of_peer = 1;
    const Served served{{gated.route, get("/quick", echo)},
                        {.tls = keys.server(), .connections_of_peer = 2}};
    std::jthread first{[&] {
        EXPECT_EQ(keys.client(served, keys.alice).post("/gated", "text/plain", "1")->status, 200u);
    }};
    gated.await_one();
    {
        const auto alice = keys.client(served, keys.alice);
        EXPECT_EQ(alice.post("/gated", "text/plain", "2")->status, 503u);
        // She has two connections: no third one.
        EXPECT_FALSE(keys.client(served, keys.alice).get("/quick"));
    }
    std::jthread second{[&] {
        EXPECT_EQ(keys.client(served, keys.bob).post("/gated", "text/plain", "3")->status, 200u);
    }};
    EXPECT_EQ(keys.client(served, keys.bob).get("/quick")->status, 200u);
    gated.gate.count_down();
}

TEST(http_service, asks_nobody_for_a_key_where_anyone_may_come) {
    const Keys keys;
    const Served served{{get("/x",
                             [](const HttpCall& call) {
                                 return text_answer(200, call.peer == nullptr ? "nobody" : "who?");
                             })},
                        {.tls = TlsServerOptions{.own = keys.own, .clients = {}}}};
    EXPECT_EQ(keys.client(served, {}).get("/x")->body, "nobody\n");
}

TEST(http_service, ends_a_handshake_that_does_not_come) {
    const Keys keys;
    const Served served{{get("/x", echo)},
                        {.tls = keys.server(),
                         .first_byte_timeout = milliseconds{50},
                         .close_timeout = milliseconds{50}}};
    EXPECT_EQ(served.client().read_all(), "");
    auto plain = served.client();
    plain.send("GET /x HTTP/1.1\r\n\r\n");
    EXPECT_EQ(plain.read_all().find("HTTP"), std::string::npos);
}

TEST(http_service, serves_many_threads) {
    const Keys keys;
    const Served served{{post("/x", 100, echo)}, {.tls = keys.server()}};
    const auto client = keys.client(served, keys.alice);
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 50; ++i) {
                    const auto text = fmt::format("{}.{}", t, i);
                    const auto response = client.post("/x", "text/plain", text);
                    right += response && response->body == "/x||" + text + "\n" ? 1 : 0;
                }
            });
    }
    EXPECT_EQ(right, 200);
}

}  // namespace
}  // namespace scope::net
