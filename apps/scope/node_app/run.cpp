#include "node_app/run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/command.hpp"
#include "net/server.hpp"
#include "node_app/follower_part.hpp"
#include "rpc/openrpc.hpp"
#include "rpc/service.hpp"
#include "service/forwarder.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

/// Between two looks at what /ready and /metrics tell.
constexpr chrono::seconds TICK{1};
/// From a signal to the process's end.
constexpr chrono::milliseconds END_TIMEOUT{800};
/// A builder may let eth_sendRawTransactionSync wait for a minute.
constexpr chrono::seconds FORWARD_TIMEOUT{65};

net::ServerOptions server_options(const config::RpcConfig& config) {
    net::ServerOptions server;
    if (config.allow_origin.empty())
        server.allow_origin = std::nullopt;
    else
        server.allow_origin = config.allow_origin;
    server.connections = config.max_connections;
    server.message.batch_calls = config.max_batch;
    server.message.response_bytes = config.max_response_bytes;
    server.request_bytes = config.max_request_bytes;
    server.input_bytes = server.output_bytes = config.max_buffered_bytes;
    server.idle_timeout = config.idle_timeout;
    return server;
}

service::ForwarderOptions forwarder_options(const config::RpcConfig& config,
                                            std::vector<ChainId> chains) {
    service::ForwarderOptions forwarder{.builder = {}, .chains = std::move(chains), .http = {}};
    if (!config.forward.empty()) forwarder.builder = url_of("rpc.forward", config.forward);
    forwarder.http = {.timeout = FORWARD_TIMEOUT, .max_response = config.max_response_bytes};
    return forwarder;
}

/// Answers no call: of a port that has /health, /ready and /metrics alone.
class NoMethods final : public net::RpcHandler {
  public:
    void call(const net::RpcCall& call, net::Reply reply) override {
        reply(std::unexpected{
            net::RpcError{net::METHOD_NOT_FOUND,
                          fmt::format("there is no JSON-RPC on this port: {}", call.method),
                          {}}});
    }
    void closed(const net::Subscriber&) override {}
};

/// A port, and what listens there.
struct Ports {
    std::unique_ptr<net::Server> server;
    std::string name;  ///< HOST:PORT
};

Ports listen(const std::string& at, net::ServerOptions options, net::Worker& worker,
             net::RpcHandler& handler, std::vector<ChainId> chains) {
    const auto place = config::parse_listen(at);
    CHECK(place.has_value());  // checked with the configuration
    options.host = place->host;
    Ports ports{std::make_unique<net::Server>(std::move(options), worker, handler), {}};
    const uint16_t port = ports.server->listen(place->port, std::move(chains));
    const bool is_v6 = place->host.find(':') != std::string::npos;
    ports.name =
        is_v6 ? fmt::format("[{}]:{}", place->host, port) : fmt::format("{}:{}", place->host, port);
    return ports;
}

/// A running node: its parts, and the threads that they run on.
class Run {
  public:
    Run(const config::NodeConfig& config, const node::NetworkFile& file)
        : config_(config),
          log_(config.log),
          worker_([this](std::exception_ptr exception) { fail(std::move(exception)); }),
          follower_(config, file, log_, worker_),
          service_(follower_.network()),
          forwarder_(service_, forwarder_options(config.rpc, follower_.network().chains())) {
        service_.set_document(rpc::open_rpc(service_.method_table()));
    }

    int run(const cli::Signals& signals) {
        auto options = server_options(config_.rpc);
        for (const auto name : service_.methods()) options.methods.emplace_back(name);
        const auto chains = follower_.network().chains();
        rpc_ = listen(config_.rpc.listen, std::move(options), worker_, forwarder_, chains);
        if (!config_.metrics.listen.empty())
            metrics_ = listen(config_.metrics.listen, {}, worker_, no_methods_, {chains.front()});
        rpc_.server->set_ready(false, ready_json({"it begins"}));
        worker_.post([this] { tick(); });
        announce(chains);
        follower_.begin();
        signals.wait();
        return end();
    }

  private:
    /// On the worker's thread, or one of a server's.
    void fail(std::exception_ptr exception) {
        {
            const std::scoped_lock lock{mutex_};
            if (failure_ != nullptr) return;
            failure_ = std::move(exception);
        }
        cli::Signals::end();
    }

    void announce(const std::vector<ChainId>& chains) {
        std::string ids;
        for (const ChainId chain_id : chains)
            ids += fmt::format("{}/{}", ids.empty() ? "" : " ", chain_id.number());
        log_.info("listening", fmt::format("JSON-RPC on http://{}: {}", rpc_.name, ids),
                  {{"rpc", rpc_.name}, {"metrics", metrics_.name}});
        if (!metrics_.name.empty())
            log_.info("listening", fmt::format("metrics on http://{}/metrics", metrics_.name),
                      {{"rpc", rpc_.name}, {"metrics", metrics_.name}});
    }

    void tick() {
        const auto status = follower_.status();
        const auto reasons = why_not_ready(
            status, static_cast<uint64_t>(chrono::ceil<chrono::seconds>(config_.l1.slot).count()));
        const bool is_ready = reasons.empty();
        if (is_ready != was_ready_) {
            if (is_ready)
                log_.info("ready", "ready");
            else
                log_.warn("not_ready", fmt::format("not ready: {}", reasons.front()));
            was_ready_ = is_ready;
        }
        for (auto* const server : {rpc_.server.get(), metrics_.server.get()}) {
            if (server == nullptr) continue;
            server->set_ready(is_ready, ready_json(reasons));
            server->set_more_metrics(metrics_text(status));
        }
        worker_.post_after(TICK, [this] { tick(); });
    }

    /// Ends what others see and what is under way, and the process with it: nobody waits for somebody
    /// else's answer, nor longer than END_TIMEOUT. What is committed is committed.
    [[noreturn]] int end() {
        std::promise<void> done;
        auto is_done = done.get_future();
        std::thread{[this, &done] {
            follower_.stop();
            forwarder_.stop();
            if (metrics_.server) metrics_.server->stop();
            rpc_.server->stop();
            worker_.stop();
            done.set_value();
        }}.detach();
        (void)is_done.wait_for(END_TIMEOUT);
        int code = 0;
        try {
            const std::scoped_lock lock{mutex_};
            if (failure_ != nullptr) std::rethrow_exception(failure_);
            log_.info("end", "ends");
        } catch (const std::exception& error) {
            log_.error("failure", fmt::format("can't go on: {}", error.what()));
            cli::print_error(fmt::format("scope: {}\n", error.what()));
            code = cli::kFailed;
        }
        std::fflush(nullptr);
        std::_Exit(code);
    }

    const config::NodeConfig& config_;
    NodeLog log_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    net::Worker worker_;
    FollowerPart follower_;
    rpc::Service service_;
    service::Forwarder forwarder_;
    NoMethods no_methods_;
    /// Ends the worker behind the servers and before what it works on.
    struct AtEnd {
        ~AtEnd() { worker.stop(); }
        net::Worker& worker;
    } at_end_{worker_};
    Ports rpc_;
    Ports metrics_;
    bool was_ready_ = false;
};

}  // namespace

int run(const config::NodeConfig& config, const node::NetworkFile& file,
        const cli::Signals& signals) {
    for (const auto role : {config::Role::builder, config::Role::attester})
        if (config.has(role))
            throw cli::UsageError{
                fmt::format("roles: scope node can't be a {} in this version", to_string(role))};
    return Run{config, file}.run(signals);
}

}  // namespace scope::node_app
