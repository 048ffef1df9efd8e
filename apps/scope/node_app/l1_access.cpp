#include "node_app/l1_access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/clock.hpp"
#include "cli/command.hpp"
#include "l1/beacon_blobs.hpp"
#include "l1/prefetching_source.hpp"
#include "l1/rpc_l1_source.hpp"
#include "node_app/urls.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

constexpr std::string_view SUBSCRIBE =
    R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]})";
constexpr chrono::minutes SLOTS_RETRY{1};

}  // namespace

L1Access::L1Access(const config::NodeConfig& node, const l1::L1Identity& identity, NodeLog log)
    : config_(node.l1), log_(std::move(log)) {
    const auto& config = config_;
    if (!config.websocket.empty()) {
        auto url = read_ws_url(config.websocket, node);
        if (!url) throw cli::UsageError{fmt::format("l1.websocket: {}", url.error())};
        websocket_ = std::move(*url);
    }
    std::vector<std::shared_ptr<const l1::BeaconBlobs>> beacons;
    for (const auto& url : config.beacon)
        beacons.push_back(std::make_shared<l1::BeaconBlobs>(url_of("l1.beacon", url, node)));
    const std::vector<std::shared_ptr<const l1::BlobSource>> blobs{beacons.begin(), beacons.end()};
    slots_ = std::make_shared<SlotClock>(std::move(beacons));
    if (!config.beacon.empty()) slots_->begin(SLOTS_RETRY);
    std::vector<l1::FailoverSource::Endpoint> sources;
    for (const auto& url : config.rpc) {
        auto endpoint = std::make_shared<l1::RpcEndpoint>(
            url_of("l1.rpc", url, node),
            net::RpcCallerOptions{.http = {.timeout = config.timeout,
                                           .idle_connections = l1::PrefetchOptions{}.readers}});
        auto source = std::make_shared<l1::RpcL1Source>(
            endpoint, blobs,
            l1::RpcL1SourceOptions{
                .now_s = cli::now_s,
                .max_head_age_s = static_cast<uint64_t>(
                    chrono::duration_cast<chrono::seconds>(config.max_head_age).count()),
                .takes_roots_with_blobs = config.roots_with_blobs});
        sources.push_back({endpoint->name(), std::make_shared<l1::CheckedSource>(
                                                 endpoint, std::move(source), identity)});
        endpoints_.push_back(std::move(endpoint));
    }
    const auto source = std::make_shared<l1::FailoverSource>(
        std::move(sources),
        l1::FailoverOptions{
            .clock_ms = cli::steady_ms,
            .on_change = [log = log_, counts = counts_](
                             const std::string& name,
                             const std::optional<l1::L1Error>& error) mutable {
                if (!error)
                    return log.info("l1_endpoint", fmt::format("L1 client {} answers", name),
                                    {{"endpoint", name}});
                const std::string rule{to_string(error->rule)};
                {
                    const std::scoped_lock lock{counts->mutex};
                    ++counts->errors[rule];
                }
                const bool is_wrong = *error == l1::L1Error::wrong;
                log.write(is_wrong ? NodeLog::Level::error : NodeLog::Level::warn, "l1_endpoint",
                          fmt::format("L1 client {}: {}{}", name, to_string(*error),
                                      is_wrong ? "; it is not asked for a while" : ""),
                          {{"endpoint", name}, {"rule", rule}});
            }});
    source_ = source;
    endpoint_ =
        std::make_shared<l1::RpcEndpoint>(endpoints_, [source] { return source->preferred(); });
}

std::unique_ptr<net::WsSubscription> L1Access::subscribe(
    std::function<void()> wake, std::function<void(chrono::milliseconds)> look_every) const {
    if (!websocket_) return nullptr;
    const auto name = websocket_->authority();
    net::WsSubscriptionOptions options;
    options.request = SUBSCRIBE;
    options.on_message = std::move(wake);
    // Who is told of heads asks all the same: the other side may have forgotten.
    const auto seldom = std::max(config_.poll, config_.slot);
    options.on_change = [log = log_, name, look_every = std::move(look_every), seldom,
                         often = config_.poll](const std::optional<std::string>& why_not) mutable {
        look_every(why_not ? often : seldom);
        if (why_not)
            log.warn("l1_websocket",
                     fmt::format("WebSocket {}: {}; heads are polled", name, *why_not),
                     {{"endpoint", name}});
        else
            log.info("l1_websocket", fmt::format("WebSocket {} tells of heads", name),
                     {{"endpoint", name}});
    };
    return std::make_unique<net::WsSubscription>(*websocket_, std::move(options));
}

std::map<std::string, uint64_t> L1Access::errors() const {
    const std::scoped_lock lock{counts_->mutex};
    return counts_->errors;
}

std::optional<uint64_t> L1Access::slot_of(uint64_t timestamp_s) const {
    const auto slots = slots_->times();
    if (!slots || timestamp_s < slots->genesis_s) return std::nullopt;
    return slots->slot_at(timestamp_s);
}

L1Access::~L1Access() {
    slots_->end();
}

}  // namespace scope::node_app
