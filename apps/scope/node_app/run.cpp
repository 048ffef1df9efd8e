#include "node_app/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "blobs/blob_routes.hpp"
#include "cli/clock.hpp"
#include "cli/command.hpp"
#include "net/server.hpp"
#include "node_app/attester_part.hpp"
#include "node_app/builder_part.hpp"
#include "node_app/check.hpp"
#include "node_app/follower_part.hpp"
#include "node_app/own_keys.hpp"
#include "node_app/urls.hpp"
#include "rpc/openrpc.hpp"
#include "rpc/service.hpp"
#include "service/forwarder.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

/// Between two looks at what /ready and /metrics tell.
constexpr chrono::seconds TICK{1};
/// A worker that was at one thing for so long, or for two slots, is no node to ask.
constexpr chrono::seconds BUSY{10};
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

service::ForwarderOptions forwarder_options(const config::NodeConfig& node,
                                            std::vector<ChainId> chains) {
    const auto& config = node.rpc;
    service::ForwarderOptions forwarder{.builder = {}, .chains = std::move(chains), .http = {}};
    if (!config.forward.empty()) forwarder.builder = url_of("rpc.forward", config.forward, node);
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
    ports.name = config::print_listen({place->host, port});
    return ports;
}

/// Makes the node of these roles.
std::unique_ptr<NodePart> make_part(const config::NodeConfig& config, const node::NetworkFile& file,
                                    NodeLog& log, net::Worker& worker) {
    if (const auto problems = compare(config, file); !problems.empty())
        throw cli::UsageError{problems.front()};
    if (config.has(config::Role::builder))
        return std::make_unique<BuilderPart>(config, file, log, worker);
    crypto::SignerPtr attester;
    if (config.has(config::Role::attester)) {
        attester = read_signer("attester.key", config.attester->key, config);
        if (const auto why = why_no_member(attester->address(), file); !why.empty())
            throw cli::UsageError{why};
    }
    return std::make_unique<FollowerPart>(config, file, log, worker, std::move(attester));
}

/// A running node: its parts, and the threads that they run on.
class Run {
  public:
    Run(const config::NodeConfig& config, const node::NetworkFile& file)
        : config_(config),
          log_(config.log),
          worker_([this](std::exception_ptr exception) { fail(std::move(exception)); }),
          node_(make_part(config, file, log_, worker_)),
          service_(node_->network()),
          forwarder_(service_, forwarder_options(config, node_->network().chains())) {
        service_.set_document(rpc::open_rpc(service_.method_table()));
        if (config.has(config::Role::attester)) attester_.emplace(config, *node_, log_, worker_);
    }

    int run(const cli::Signals& signals) {
        const auto chains = node_->network().chains();
        // Who only attests serves no JSON-RPC.
        if (config_.has(config::Role::builder) || config_.has(config::Role::follower))
            listen_for_rpc(chains);
        if (!config_.metrics.listen.empty()) {
            metrics_ = listen(config_.metrics.listen, {}, worker_, no_methods_, {chains.front()});
            announce(fmt::format("metrics on http://{}/metrics", metrics_.name));
        }
        if (attester_) announce(fmt::format("attesting on https://{}", attester_->listen()));
        if (!config_.blobs.listen.empty()) serve_blobs();
        for (auto* const server : servers()) server->set_ready(false, ready_json({"it begins"}));
        worker_.post([this] { tick(); });
        watch_ = std::thread{[this] { watch(); }};
        node_->begin([this] { show(); });
        (void)signals.wait();
        return end();
    }

  private:
    void listen_for_rpc(const std::vector<ChainId>& chains) {
        auto options = server_options(config_.rpc);
        for (const auto name : service_.methods()) options.methods.emplace_back(name);
        net::RpcHandler& handler = config_.has(config::Role::builder)
                                       ? static_cast<net::RpcHandler&>(service_)
                                       : forwarder_;
        rpc_ = listen(config_.rpc.listen, std::move(options), worker_, handler, chains);
        std::string ids;
        for (const ChainId chain_id : chains)
            ids += fmt::format("{}/{}", ids.empty() ? "" : " ", chain_id.number());
        announce(fmt::format("JSON-RPC on http://{}: {}", rpc_.name, ids));
    }

    void serve_blobs() {
        const auto place = config::parse_listen(config_.blobs.listen);
        CHECK(place.has_value());  // checked with the configuration
        net::HttpServiceOptions options;
        options.host = place->host;
        blobs_ = std::make_unique<net::HttpService>(
            std::move(options),
            blobs::blob_routes(node_->l1().kept_blobs(),
                               [slots = node_->l1().access().slots()] { return slots->times(); }));
        const uint16_t port = blobs_->listen(place->port);
        announce(fmt::format("blobs on http://{}", config::print_listen({place->host, port})));
    }

    [[nodiscard]] std::vector<net::Server*> servers() const {
        std::vector<net::Server*> all;
        for (auto* const server : {rpc_.server.get(), metrics_.server.get()})
            if (server != nullptr) all.push_back(server);
        return all;
    }

    void announce(const std::string& text) {
        log_.info("listening", text, {{"rpc", rpc_.name}, {"metrics", metrics_.name}});
    }

    /// On the worker's thread, or one of a server's.
    void fail(std::exception_ptr exception) {
        {
            const std::scoped_lock lock{mutex_};
            if (failure_ != nullptr) return;
            failure_ = std::move(exception);
        }
        cli::Signals::end();
    }

    void tick() {
        show();
        worker_.post_after(TICK, [this] { tick(); });
    }

    /// On a thread of its own: has others see when the worker doesn't come to show anything.
    void watch() {
        const uint64_t most_ms = static_cast<uint64_t>(
            std::max<chrono::milliseconds>(BUSY, 2 * config_.l1.slot).count());
        std::unique_lock lock{mutex_};
        while (!ended_.wait_for(lock, TICK, [this] { return has_ended_; })) {
            const uint64_t busy_ms = cli::steady_ms() - shown_ms_;
            if (busy_ms < most_ms) continue;
            for (auto* const server : servers())
                server->set_ready(false,
                                  ready_json({fmt::format("busy: it has been at one thing for {} s",
                                                          busy_ms / 1000)}));
        }
    }

    /// Has others see whether it is ready, and what it has done.
    void show() {
        shown_ms_ = cli::steady_ms();
        const auto status = node_->status();
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
        auto metrics = metrics_text(status) + node_->role_metrics();
        if (attester_) metrics += attester_->metrics();
        for (auto* const server : servers()) {
            server->set_ready(is_ready, ready_json(reasons));
            server->set_more_metrics(metrics);
        }
    }

    /// Ends what others see and what is under way, and the process with it: nobody waits for somebody
    /// else's answer, nor longer than END_TIMEOUT. What is committed is committed.
    [[noreturn]] int end() {
        {
            const std::scoped_lock lock{mutex_};
            has_ended_ = true;
        }
        ended_.notify_all();
        watch_.join();
        std::promise<void> done;
        auto is_done = done.get_future();
        std::thread{[this, &done] {
            node_->stop();
            forwarder_.stop();
            if (blobs_) blobs_->stop();
            if (attester_) attester_->stop();
            for (auto* const server : servers()) server->stop();
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
    std::unique_ptr<NodePart> node_;
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
    std::optional<AttesterPart> attester_;
    std::unique_ptr<net::HttpService> blobs_;
    bool was_ready_ = false;
    std::atomic<uint64_t> shown_ms_ = cli::steady_ms();
    std::condition_variable ended_;
    bool has_ended_ = false;
    std::thread watch_;
};

}  // namespace

int run(const config::NodeConfig& config, const node::NetworkFile& file,
        const cli::Signals& signals) {
    return Run{config, file}.run(signals);
}

}  // namespace scope::node_app
