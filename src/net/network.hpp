#pragma once

// Of server.cpp only: Boost is compiled there and nowhere else.

#include <boost/asio.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/connection.hpp"
#include "net/free_memory.hpp"
#include "net/hub.hpp"
#include "net/lead.hpp"
#include "net/metrics.hpp"
#include "net/server.hpp"

namespace scope::net {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;  // known, so that no call goes by a table
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// Returns a request's target without what follows a question mark.
inline std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

/// A port that is listened on.
struct Port {
    Port(asio::io_context& io, std::vector<ChainId> chains)
        : acceptor(io), chain_ids(std::move(chains)), retry(io) {}

    Acceptor acceptor;
    std::vector<ChainId> chain_ids;  ///< the first is the one that no path names
    bool has_all_chains = false;     ///< the first one, where a path names the chain
    asio::steady_timer retry;
};

/// What others tell the server, for those who ask it.
class Told {
  public:
    struct Ready {
        bool is_ready = true;
        std::string json;  ///< empty: a word says it
    };
    void set_ready(Ready ready) {
        const std::scoped_lock lock{mutex_};
        ready_ = std::move(ready);
    }
    [[nodiscard]] Ready ready() const {
        const std::scoped_lock lock{mutex_};
        return ready_;
    }
    void set_metrics(std::string text) {
        const std::scoped_lock lock{mutex_};
        metrics_ = std::move(text);
    }
    [[nodiscard]] std::string metrics() const {
        const std::scoped_lock lock{mutex_};
        return metrics_;
    }

  private:
    mutable std::mutex mutex_;
    Ready ready_;
    std::string metrics_;
};

/// What the connections share: all of it is the network's thread's, which is that of two that leads.
class Network {
  public:
    Network(ServerOptions options, Worker& worker, RpcHandler& handler);

    // --- For other threads.

    enum class Role : uint8_t { leader, understudy };
    /// Runs until stop() has been called and all connections have ended. Two threads do: one leads
    /// from the beginning, the other one while the first is at a call that takes long.
    void run(Role role);
    /// Binds a port.
    std::unique_ptr<Port> bind(uint16_t number, std::vector<ChainId> chain_ids);
    /// Runs @p task on the network's thread.
    void post(std::move_only_function<void()> task);

    // --- For the network's thread.

    void listen(std::unique_ptr<Port> port);
    void stop();

    void add(std::shared_ptr<Connection> connection);
    void remove(Connection& connection);
    /// Removes @p connection, whose socket @p next has.
    void replace(Connection& connection, std::shared_ptr<Connection> next);

    /// Sets what @p connection holds. If all hold too much, the one that holds most is ended, which
    /// may be this one.
    void hold_receiving(Connection& connection, size_t bytes);
    void hold_sending(Connection& connection, size_t bytes);
    /// Queues a message of @p connection for the worker. Its bytes are held until it is answered or
    /// dropped, whatever becomes of the connection.
    void submit(Connection& connection, Message&& message);
    /// Queues that a subscriber's connection has ended.
    void submit_end(std::shared_ptr<Subscriber> subscriber);

    /// Sets the metrics that are not counted as they change.
    void set_gauges();

    /// Returns the chain that @p path names on @p port; nullopt: none.
    [[nodiscard]] std::optional<ChainId> chain_at(const Port& port, std::string_view path) const;
    /// Whether a page of @p origin may open a WebSocket; empty: it is no page.
    [[nodiscard]] bool is_allowed(std::string_view origin) const;

    const ServerOptions options;
    const std::shared_ptr<Metrics> shared_metrics;  ///< with the hub
    Metrics& metrics;
    asio::io_context io{1};  // its handlers hold connections, which count their ends in metrics
    const std::shared_ptr<Hub> hub;
    const std::string cors;  ///< header lines of every HTTP answer
    Told told;
    Connection::TimePoint now;  ///< when this turn of the loop began
    bool is_stopping = false;

  private:
    /// Has what was read run. Returns false if the other thread leads meanwhile.
    bool run_submitted();
    void accept(Port& port);
    void accepted(Port& port, Socket socket);
    /// Ends the connection that has idled longest; returns false if none idles.
    bool end_oldest_idle();
    void tick();
    void give_back_memory();
    void deliver_all();
    void deliver(Delivery&& delivery);
    /// Ends the connection of which @p member is largest.
    void shed(size_t Connection::* member, Metrics::Event event);

    Lead lead_;
    asio::executor_work_guard<Executor> work_;
    asio::steady_timer ticker_;
    std::vector<std::unique_ptr<Port>> ports_;
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
    std::vector<Hub::Incoming> submitted_;
    std::vector<Delivery> deliveries_;
    size_t unanswered_ = 0;  ///< messages
    size_t input_bytes_ = 0;
    size_t output_bytes_ = 0;  ///< of answers
    Ebb held_;                 ///< of answers and notifications
};

}  // namespace scope::net
