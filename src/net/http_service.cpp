#include "net/http_service.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

#include "net/http_session.hpp"
#include "net/server.hpp"
#include "net/tls_context.hpp"

namespace scope::net {

namespace {

using namespace service;
using std::chrono::milliseconds;

/// Until accepting is tried again where it failed: there are no file descriptors.
constexpr milliseconds ACCEPT_RETRY{100};

/// Returns how often timeouts are looked at: so that the shortest is late by a quarter.
milliseconds tick_interval(const HttpServiceOptions& options) {
    const milliseconds shortest =
        std::min({options.first_byte_timeout, options.request_timeout, options.idle_timeout,
                  options.answer_timeout, options.write_timeout, options.close_timeout});
    return std::clamp(shortest / 4, milliseconds{10}, milliseconds{1000});
}

/// The way from handlers to the sockets' thread and back, which ends before they do.
class Door {
  public:
    explicit Door(asio::io_context& io) : io_(&io) {}

    /// Runs @p task on the sockets' thread, unless it is closed.
    void post(std::move_only_function<void()> task) {
        const std::scoped_lock lock{mutex_};
        if (io_ != nullptr) asio::post(*io_, std::move(task));
    }
    /// Runs a handler, unless it is closed, which waits for it.
    template <typename Handler>
    void pass(Handler&& handler) {
        const std::shared_lock lock{running_};
        if (!is_closed_) handler();
    }
    /// Has no handler run any more. Not from one.
    void close_to_handlers() {
        is_closed_ = true;
        const std::unique_lock lock{running_};
    }
    void close() {
        const std::scoped_lock lock{mutex_};
        io_ = nullptr;
    }

  private:
    std::mutex mutex_;
    asio::io_context* io_;
    std::shared_mutex running_;
    std::atomic<bool> is_closed_ = false;
};

/// Tells what came of a call, once: also where it is dropped.
class OneAnswer {
  public:
    using Take = std::function<void(HttpAnswer)>;
    OneAnswer(std::shared_ptr<Door> door, Take take)
        : door_(std::move(door)), take_(std::move(take)) {}
    ~OneAnswer() {
        if (take_) send(text_answer(503, "the service ends"));
    }
    OneAnswer(OneAnswer&& other) noexcept
        : door_(std::move(other.door_)), take_(std::exchange(other.take_, {})) {}
    OneAnswer& operator=(OneAnswer&&) = delete;

    void send(HttpAnswer answer) {
        door_->post([take = std::exchange(take_, {}), answer = std::move(answer)]() mutable {
            take(std::move(answer));
        });
    }

  private:
    std::shared_ptr<Door> door_;
    Take take_;
};

struct Acceptor {
    explicit Acceptor(asio::io_context& io) : acceptor(io), retry(io) {}
    asio::ip::tcp::acceptor acceptor;
    asio::steady_timer retry;
};

/// A call on its way to its handler, as tasks of a worker: the first, and those that look again.
class Answering {
  public:
    struct Parts {
        std::shared_ptr<const std::vector<HttpRoute>> routes;  ///< keeps the route
        const HttpRoute* route = nullptr;
        Worker* worker = nullptr;
        std::shared_ptr<Door> door;
        std::function<void(std::string_view)> failed;
        HttpCall call;
        std::weak_ptr<Session> asked;
    };
    Answering(Parts parts, OneAnswer reply) : parts_(std::move(parts)), reply_(std::move(reply)) {}

    void operator()() {
        // Nobody waits for it any more where the connection has ended.
        if (parts_.asked.expired()) return;
        bool is_time = true;
        parts_.door->pass([&] {
            const auto answer = run(is_time);
            if (answer) reply_.send(*answer);
        });
        if (is_time) return;
        Worker& worker = *parts_.worker;
        worker.post_after(LOOK_INTERVAL, std::move(*this));
    }

  private:
    /// Returns the answer; nullopt, and unsets @p is_time, if it is too early.
    std::optional<HttpAnswer> run(bool& is_time) {
        try {
            is_time = is_time_now();
            if (!is_time) return std::nullopt;
            return parts_.route->handler(parts_.call);
        } catch (const std::exception& error) {
            if (parts_.failed) parts_.failed(error.what());
        } catch (...) {
            if (parts_.failed) parts_.failed("something that is no std::exception");
        }
        return text_answer(500, "it failed here");
    }
    bool is_time_now() {
        if (!parts_.route->when) return true;
        const auto now = std::chrono::steady_clock::now();
        if (!has_looked_) {
            is_time_ = parts_.route->when(parts_.call);
            give_up_ = now + parts_.route->patience;
            has_looked_ = true;
        }
        return is_time_() || now >= give_up_;
    }

    Parts parts_;
    OneAnswer reply_;
    bool has_looked_ = false;
    std::function<bool()> is_time_;
    std::chrono::steady_clock::time_point give_up_;
};

}  // namespace

HttpAnswer text_answer(unsigned status, std::string_view line) {
    return {.status = status, .body = fmt::format("{}\n", line), .content_type = "text/plain"};
}

struct HttpService::Impl final : Sessions {
    Impl(HttpServiceOptions with, std::vector<HttpRoute> table)
        : options_(std::move(with)),
          routes_(std::make_shared<const std::vector<HttpRoute>>(std::move(table))),
          work_(io_.get_executor()),
          ticker_(io_),
          door_(std::make_shared<Door>(io_)) {
        for (const auto& route : *routes_) CHECK(route.handler && route.path.starts_with('/'));
        if (options_.tls) tls_.emplace(*options_.tls);
        if (std::ranges::any_of(*routes_, [](const auto& each) { return !each.worker; }))
            own_.emplace();
        asio::post(io_, [this] { tick(); });
        thread_ = std::thread{[this] { io_.run(); }};
    }

    // --- Of the sockets' thread: Sessions.

    [[nodiscard]] const HttpServiceOptions& options() const override { return options_; }
    [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] bool is_stopping() const override { return is_stopping_; }
    [[nodiscard]] const TlsPeer* peer_of(const SSL& connection) const override {
        return tls_->peer_of(connection);
    }

    [[nodiscard]] bool admits(const TlsPeer* peer) const override {
        return peer == nullptr || std::ranges::count_if(sessions_, [&](const auto& each) {
                                      return each.second->peer == peer;
                                  }) < static_cast<ptrdiff_t>(options_.connections_of_peer);
    }

    [[nodiscard]] Result<const HttpRoute*, http::status> find_route(
        http::verb verb, std::string_view path) const override {
        bool is_path = false;
        for (const auto& route : *routes_) {
            const bool matches =
                route.match == HttpMatch::exact ? path == route.path : path.starts_with(route.path);
            if (!matches) continue;
            is_path = true;
            if (verb == (route.method == HttpMethod::get ? http::verb::get : http::verb::post))
                return &route;
        }
        return std::unexpected{is_path ? http::status::method_not_allowed
                                       : http::status::not_found};
    }

    bool hold_input(Session& session, size_t bytes) override {
        const size_t all = input_bytes_ - session.input + bytes;
        size_t& of_peer = input_of_peer_[session.peer];
        const size_t all_of_peer = of_peer - session.input + bytes;
        const bool is_less = bytes <= session.input;
        if (!is_less && all > options_.input_bytes) return false;
        if (!is_less && session.peer != nullptr && all_of_peer > options_.input_bytes_of_peer)
            return false;
        input_bytes_ = all;
        of_peer = all_of_peer;
        session.input = bytes;
        return true;
    }

    bool hold_output(Session& session, size_t bytes) override {
        const size_t all = output_bytes_ - session.output + bytes;
        if (bytes > session.output && all > options_.output_bytes) return false;
        output_bytes_ = all;
        session.output = bytes;
        return true;
    }

    bool submit(Session& session, const HttpRoute& route, HttpCall call) override {
        auto& waiting = waiting_[{&route, nullptr}];
        auto& waiting_of_peer = waiting_[{&route, call.peer}];
        if (waiting >= route.max_waiting) return false;
        if (call.peer != nullptr && waiting_of_peer >= route.max_waiting_of_peer) return false;
        ++waiting;
        if (call.peer != nullptr) ++waiting_of_peer;
        const size_t bytes = std::exchange(session.input, 0);
        OneAnswer reply{door_, [this, &route, peer = call.peer, bytes,
                                asked = session.weak_from_this()](HttpAnswer answer) {
                            input_bytes_ -= bytes;
                            input_of_peer_[peer] -= bytes;
                            --waiting_[{&route, nullptr}];
                            if (peer != nullptr) --waiting_[{&route, peer}];
                            const auto still = asked.lock();
                            if (still && sessions_.contains(still.get()))
                                still->deliver(std::move(answer));
                        }};
        Worker& worker = route.worker != nullptr ? *route.worker : *own_;
        // Dropped, it is answered too.
        worker.post(Answering{{.routes = routes_,
                               .route = &route,
                               .worker = &worker,
                               .door = door_,
                               .failed = options_.failed,
                               .call = std::move(call),
                               .asked = session.weak_from_this()},
                              std::move(reply)});
        return true;
    }

    void remove(Session& session) override {
        hold_input(session, 0);
        hold_output(session, 0);
        sessions_.erase(&session);
        if (is_stopping_ && sessions_.empty()) finish();
    }

    // --- Of the sockets' thread.

    void tick() {
        const auto at = now();
        for (const auto& each : all()) each->tick(at);
        ticker_.expires_after(tick_interval(options_));
        ticker_.async_wait([this](error_code error) {
            if (!error) tick();
        });
    }

    [[nodiscard]] std::vector<std::shared_ptr<Session>> all() const {
        std::vector<std::shared_ptr<Session>> result;
        result.reserve(sessions_.size());
        for (const auto& [key, session] : sessions_) result.push_back(session);
        return result;
    }

    void accept(Acceptor& from) {
        from.acceptor.async_accept([this, &from](error_code error, TcpSocket socket) {
            if (is_stopping_) return;
            if (!error) {
                accepted(std::move(socket));
                return accept(from);
            }
            from.retry.expires_after(ACCEPT_RETRY);
            from.retry.async_wait([this, &from](error_code) {
                if (!is_stopping_) accept(from);
            });
        });
    }

    void accepted(TcpSocket socket) {
        if (sessions_.size() >= options_.connections && !end_oldest_idle()) return;
        error_code ignored;
        ignored = socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
        std::shared_ptr<Session> session;
        if (tls_) {
            SslPtr connection{SSL_new(tls_->context.get())};
            if (!connection) return;
            session = std::make_shared<SessionOn<TlsSocket>>(
                *this, TlsSocket{std::move(socket), connection.release()});
        } else {
            session = std::make_shared<SessionOn<TcpSocket>>(*this, std::move(socket));
        }
        sessions_.emplace(session.get(), session);
        session->start();
    }

    bool end_oldest_idle() {
        std::shared_ptr<Session> oldest;
        for (const auto& [key, session] : sessions_) {
            const auto since = session->idle_since();
            if (since && (!oldest || *since < *oldest->idle_since())) oldest = session;
        }
        if (oldest) oldest->end();
        return oldest != nullptr;
    }

    void leave() {
        is_stopping_ = true;
        for (const auto& each : acceptors_) {
            each->acceptor.close();
            each->retry.cancel();
        }
        for (const auto& each : all()) each->leave();
        if (sessions_.empty()) return finish();
        // What has not ended by then is who doesn't read.
        ticker_.expires_after(options_.close_timeout);
        ticker_.async_wait([this](error_code) { finish(); });
    }
    void finish() {
        for (const auto& each : all()) each->end();
        ticker_.cancel();
        work_.reset();
        io_.stop();
    }

    // --- Of other threads.

    uint16_t listen(uint16_t port) {
        const std::scoped_lock lock{mutex_};
        CHECK(thread_.joinable());
        auto made = std::make_unique<Acceptor>(io_);
        try {
            asio::ip::tcp::resolver resolver{io_};
            const auto found = resolver.resolve(options_.host, std::to_string(port),
                                                asio::ip::tcp::resolver::passive);
            const auto v4 = std::ranges::find_if(
                found, [](const auto& entry) { return entry.endpoint().address().is_v4(); });
            const asio::ip::tcp::endpoint endpoint =
                (v4 == found.end() ? found.begin() : v4)->endpoint();
            made->acceptor.open(endpoint.protocol());
            made->acceptor.set_option(asio::socket_base::reuse_address{true});
            made->acceptor.bind(endpoint);
            made->acceptor.listen();
        } catch (const boost::system::system_error& error) {
            throw ListenError{fmt::format("can't listen on {}:{}: {}", options_.host, port,
                                          error.code().message())};
        }
        const uint16_t number = made->acceptor.local_endpoint().port();
        std::promise<void> done;
        auto is_done = done.get_future();
        asio::post(io_, [this, made = std::move(made), done = std::move(done)]() mutable {
            acceptors_.push_back(std::move(made));
            accept(*acceptors_.back());
            done.set_value();
        });
        is_done.wait();
        return number;
    }

    void stop() {
        const std::scoped_lock lock{mutex_};
        if (!thread_.joinable()) return;
        door_->close_to_handlers();
        asio::post(io_, [this] { leave(); });
        thread_.join();
        door_->close();
        if (own_) own_->stop();
        sessions_.clear();
    }

    const HttpServiceOptions options_;
    const std::shared_ptr<const std::vector<HttpRoute>> routes_;
    std::optional<TlsServerContext> tls_;
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    asio::steady_timer ticker_;
    const std::shared_ptr<Door> door_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
    std::map<std::pair<const HttpRoute*, const TlsPeer*>, size_t> waiting_;
    std::map<const TlsPeer*, size_t> input_of_peer_;
    size_t input_bytes_ = 0;  ///< of sessions, and of requests that handlers have
    size_t output_bytes_ = 0;
    bool is_stopping_ = false;
    std::optional<Worker> own_;
    std::mutex mutex_;  ///< of listen() and stop()
    std::thread thread_;
};

HttpService::HttpService(HttpServiceOptions options, std::vector<HttpRoute> routes)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(routes))) {}

HttpService::~HttpService() {
    stop();
}

uint16_t HttpService::listen(uint16_t port) {
    return impl_->listen(port);
}

void HttpService::stop() {
    impl_->stop();
}

}  // namespace scope::net
