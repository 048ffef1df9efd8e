#include "net/server.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.hpp"
#include "net/http_connection.hpp"
#include "net/network.hpp"
#include "net/websocket_connection.hpp"

namespace scope::net {
namespace {

using std::chrono::milliseconds;

/// What a message takes beside its text, so that many short ones count.
constexpr size_t MESSAGE_OVERHEAD = 512;
/// So much of what is ready is done before the worker is woken.
constexpr int READY_PER_TURN = 64;
/// Room for so many deliveries is kept; a burst may have taken more.
constexpr size_t KEPT_DELIVERIES = 4096;
/// Until accepting is tried again where it failed: there are no file descriptors.
constexpr milliseconds ACCEPT_RETRY{100};

std::string make_cors(const std::optional<std::string>& origin) {
    if (!origin) return {};
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    if (std::ranges::any_of(*origin, is_control))
        throw std::invalid_argument{"allow_origin: must have no control characters"};
    return fmt::format("Access-Control-Allow-Origin: {}\r\n{}", *origin,
                       *origin == "*" ? "" : "Vary: Origin\r\n");
}

/// Returns how often timeouts are looked at: so that the shortest is late by a quarter.
milliseconds tick_interval(const ServerOptions& options) {
    const milliseconds shortest =
        std::min({options.first_byte_timeout, options.request_timeout, options.idle_timeout,
                  options.write_timeout, options.ping_interval, options.close_timeout});
    return std::clamp(shortest / 4, milliseconds{10}, milliseconds{1000});
}

}  // namespace

// --- The loop.

Network::Network(ServerOptions options_, Worker& worker, RpcHandler& handler)
    : options(std::move(options_)),
      shared_metrics(std::make_shared<Metrics>(options.methods)),
      metrics(*shared_metrics),
      hub(std::make_shared<Hub>(worker, handler, options.message, options.output_bytes,
                                shared_metrics,
                                [this] { asio::post(io, [this] { deliver_all(); }); })),
      cors(make_cors(options.allow_origin)),
      now(Hub::Clock::now()),
      work_(io.get_executor()),
      ticker_(io) {
    post([this] { tick(); });
}

void Network::run(Role role) {
    /// Whatever ends this, an exception too, ends the other thread's sleep.
    struct AtEnd {
        explicit AtEnd(Lead& lead_) : lead(lead_) {}
        ~AtEnd() { lead.end(); }
        AtEnd(const AtEnd&) = delete;
        AtEnd& operator=(const AtEnd&) = delete;
        Lead& lead;
    };
    const AtEnd at_end{lead_};
    bool leads = role == Role::leader;
    while (leads || lead_.wait()) {
        io.run_one();
        now = Hub::Clock::now();
        // Where several clients wait, more of them may be ready: one handover for all. Looking costs
        // a system call, which a single client need not pay for.
        for (int i = 0; i < READY_PER_TURN && unanswered_ > 1 && io.poll_one() > 0; ++i) {
        }
        leads = run_submitted();
        if (leads && is_stopping && connections_.empty()) return;
    }
}

/// Handing over costs more than most calls, so a message that comes alone runs here if the worker has
/// nothing else to do. Of several the next ones are read while the first runs.
bool Network::run_submitted() {
    // Again where a connection ends over its answer, which is told.
    while (submitted_.size() == 1) {
        Hub::Incoming only = std::move(submitted_.front());
        submitted_.clear();
        uint64_t absence = 0;
        if (!hub->run_here(only, [&] { absence = lead_.leave(); })) {
            submitted_.push_back(std::move(only));
            break;
        }
        if (!lead_.come_back(absence)) {
            hub->wake_if_needed();
            return false;
        }
        now = Hub::Clock::now();
        deliver_all();
    }
    if (!submitted_.empty()) hub->submit(submitted_);
    return true;
}

void Network::post(std::move_only_function<void()> task) {
    asio::post(io, std::move(task));
}

void Network::tick() {
    std::vector<std::shared_ptr<Connection>> all;  // for one that ends leaves the map
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->tick(now);
    give_back_memory();
    ticker_.expires_after(tick_interval(options));
    ticker_.async_wait([this](error_code error) {
        if (!error) tick();
    });
}

/// The allocator keeps what it had to get for a burst of notifications, which may be gigabytes.
void Network::give_back_memory() {
    held_.rise(hub->take_most_notification_bytes());
    if (held_.has_fallen(output_bytes_ + hub->notification_bytes())) give_back_free_memory();
}

void Network::stop() {
    is_stopping = true;
    for (const auto& port : ports_) {
        port->acceptor.close();
        port->retry.cancel();
    }
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->leave();
    // What has not ended by then is what the worker is at, or who doesn't read.
    ticker_.expires_after(options.close_timeout);
    ticker_.async_wait([this](error_code) {
        while (!connections_.empty()) connections_.begin()->second->abort();
    });
}

// --- Ports.

std::unique_ptr<Port> Network::bind(uint16_t number, std::vector<ChainId> chain_ids) {
    auto port = std::make_unique<Port>(io, std::move(chain_ids));
    try {
        asio::ip::tcp::resolver resolver{io};
        const auto found = resolver.resolve(options.host, std::to_string(number),
                                            asio::ip::tcp::resolver::passive);
        const auto v4 = std::ranges::find_if(
            found, [](const auto& entry) { return entry.endpoint().address().is_v4(); });
        const asio::ip::tcp::endpoint endpoint =
            (v4 == found.end() ? found.begin() : v4)->endpoint();
        port->acceptor.open(endpoint.protocol());
        port->acceptor.set_option(asio::socket_base::reuse_address{true});
        port->acceptor.bind(endpoint);
        port->acceptor.listen();
    } catch (const boost::system::system_error& error) {
        throw ListenError{
            fmt::format("can't listen on {}:{}: {}", options.host, number, error.code().message())};
    }
    return port;
}

void Network::listen(std::unique_ptr<Port> port) {
    port->has_all_chains = ports_.empty();
    ports_.push_back(std::move(port));
    accept(*ports_.back());
}

void Network::accept(Port& port) {
    port.acceptor.async_accept([this, &port](error_code error, Socket socket) {
        if (is_stopping) return;
        if (!error) {
            accepted(port, std::move(socket));
            return accept(port);
        }
        port.retry.expires_after(ACCEPT_RETRY);
        port.retry.async_wait([this, &port](error_code) {
            if (!is_stopping) accept(port);
        });
    });
}

void Network::accepted(Port& port, Socket socket) {
    if (connections_.size() >= options.connections) {
        metrics.count(Metrics::Event::connection_refused);
        if (!end_oldest_idle()) return;
    }
    error_code ignored;
    ignored = socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    ignored = socket.non_blocking(true, ignored);
    const auto connection = std::make_shared<HttpConnection>(*this, port, std::move(socket));
    add(connection);
    connection->start();
}

bool Network::end_oldest_idle() {
    std::shared_ptr<Connection> oldest;
    for (const auto& [key, connection] : connections_) {
        const auto since = connection->idle_since();
        if (since && (!oldest || *since < *oldest->idle_since())) oldest = connection;
    }
    if (!oldest) return false;
    oldest->abort();
    return true;
}

std::optional<ChainId> Network::chain_at(const Port& port, std::string_view path) const {
    if (path == "/" || path.empty()) return port.chain_ids.front();
    if (path.ends_with('/')) path.remove_suffix(1);
    const auto is_named = [&](ChainId chain_id) {
        return path.substr(1) == std::to_string(chain_id.number());
    };
    for (const auto& other : ports_) {
        if (!port.has_all_chains && other.get() != &port) continue;
        // A path names a chain only where there are several.
        if (!port.has_all_chains && other->chain_ids.size() == 1) continue;
        const auto named = std::ranges::find_if(other->chain_ids, is_named);
        if (named != other->chain_ids.end()) return *named;
    }
    return std::nullopt;
}

bool Network::is_allowed(std::string_view origin) const {
    return origin.empty() || options.allow_origin == "*" || options.allow_origin == origin;
}

// --- Connections.

void Network::add(std::shared_ptr<Connection> connection) {
    Connection* const key = connection.get();
    connections_.emplace(key, std::move(connection));
}

void Network::remove(Connection& connection) {
    hold_receiving(connection, 0);
    hold_sending(connection, 0);
    connections_.erase(&connection);
}

void Network::replace(Connection& connection, std::shared_ptr<Connection> next) {
    remove(connection);
    add(std::move(next));
}

void Network::hold_receiving(Connection& connection, size_t bytes) {
    const size_t before = std::exchange(connection.receiving, bytes);
    input_bytes_ = input_bytes_ - before + bytes;
    if (bytes > before && input_bytes_ > options.input_bytes)
        shed(&Connection::receiving, Metrics::Event::request_refused);
}

void Network::hold_sending(Connection& connection, size_t bytes) {
    const size_t before = std::exchange(connection.sending, bytes);
    output_bytes_ = output_bytes_ - before + bytes;
    held_.rise(output_bytes_);
    if (bytes > before && output_bytes_ > options.output_bytes)
        shed(&Connection::sending, Metrics::Event::slow_reader);
}

void Network::shed(size_t Connection::* member, Metrics::Event event) {
    const auto largest = std::ranges::max_element(
        connections_, {}, [member](const auto& entry) { return entry.second.get()->*member; });
    metrics.count(event);
    const std::shared_ptr<Connection> connection = largest->second;
    connection->abort();
}

void Network::set_gauges() {
    metrics.set_held(input_bytes_, output_bytes_ + hub->notification_bytes());
}

// --- To the worker, and from it.

void Network::submit(Connection& connection, Message&& message) {
    const size_t held = message.text.size() + MESSAGE_OVERHEAD;
    input_bytes_ += held;
    ++unanswered_;
    message.answer = AnswerOnce{hub, connection.weak_from_this(), held, now};
    submitted_.push_back({.message = std::move(message)});
}

void Network::submit_end(std::shared_ptr<Subscriber> subscriber) {
    submitted_.push_back({.message = {.subscriber = std::move(subscriber)}, .has_ended = true});
}

void Network::deliver_all() {
    hub->take(deliveries_);
    // Nothing of this submits a message: what a connection reads next comes in another turn.
    for (Delivery& delivery : deliveries_) deliver(std::move(delivery));
    deliveries_.clear();
    if (deliveries_.capacity() > KEPT_DELIVERIES) deliveries_.shrink_to_fit();
}

void Network::deliver(Delivery&& delivery) {
    input_bytes_ -= delivery.request_bytes;
    if (delivery.request_bytes > 0) --unanswered_;
    if (delivery.kind == Delivery::Kind::answer) metrics.answered(now - delivery.received);
    const std::shared_ptr<Connection> connection = delivery.to.lock();
    if (connection && connections_.contains(connection.get()))
        connection->deliver(std::move(delivery));
}

// --- The server.

struct Server::Impl {
    Impl(ServerOptions options, Worker& worker_, RpcHandler& handler)
        : worker(worker_),
          network(std::move(options), worker_, handler),
          threads{std::thread{[this] { run(Network::Role::leader); }},
                  std::thread{[this] { run(Network::Role::understudy); }}} {}

    void run(Network::Role role) {
        try {
            network.run(role);
        } catch (...) {
            worker.report(std::current_exception());
        }
    }

    Worker& worker;
    Network network;
    std::mutex mutex;  ///< of listen() and stop()
    std::array<std::thread, 2> threads;
};

Server::Server(ServerOptions options, Worker& worker, RpcHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), worker, handler)) {}

Server::~Server() {
    stop();
}

uint16_t Server::listen(uint16_t port, std::vector<ChainId> chain_ids) {
    const std::scoped_lock lock{impl_->mutex};
    CHECK(impl_->threads.front().joinable() && !chain_ids.empty());
    auto bound = impl_->network.bind(port, std::move(chain_ids));
    const uint16_t number = bound->acceptor.local_endpoint().port();
    std::promise<void> done;
    std::future<void> is_done = done.get_future();
    impl_->network.post([this, bound = std::move(bound), done = std::move(done)]() mutable {
        impl_->network.listen(std::move(bound));
        done.set_value();
    });
    is_done.wait();
    return number;
}

void Server::set_ready(bool ready) {
    set_ready(ready, {});
}
void Server::set_ready(bool ready, std::string json) {
    impl_->network.told.set_ready({ready, std::move(json)});
}
void Server::set_more_metrics(std::string text) {
    impl_->network.told.set_metrics(std::move(text));
}

void Server::stop() {
    const std::scoped_lock lock{impl_->mutex};
    if (!impl_->threads.front().joinable()) return;
    impl_->network.post([this] { impl_->network.stop(); });
    for (std::thread& thread : impl_->threads) thread.join();
    impl_->network.hub->close();
}

}  // namespace scope::net
