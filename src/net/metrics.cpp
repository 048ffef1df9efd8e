#include "net/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scope::net {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

template <typename Enum>
constexpr size_t index(Enum value) {
    return static_cast<size_t>(value);
}

constexpr std::array TRANSPORTS{"http", "websocket"};
constexpr std::array EVENTS{"connection_refused", "request_refused", "slow_reader", "timeout"};
static_assert(TRANSPORTS.size() == index(Metrics::Transport::websocket) + 1);
static_assert(EVENTS.size() == index(Metrics::Event::timeout) + 1);

const Histogram::BucketBoundaries SECONDS{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03,
                                          0.1,    0.3,    1,     3,     10};

/// The counts that the network has not told Prometheus.
struct Tally {
    std::vector<double> answers = std::vector<double>(SECONDS.size() + 1);  ///< by bucket
    double seconds = 0;                                                     ///< of all answers
    double received = 0;
    double sent = 0;
};

/// Finds a std::string by a std::string_view.
struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};

}  // namespace

struct Metrics::Impl {
    Impl() {
        for (const char* name : TRANSPORTS) {
            open.push_back(
                &gauge("scope_net_connections", "Open connections.", {{"transport", name}}));
            opened.push_back(&counter("scope_net_connections_total", "Connections ever.",
                                      {{"transport", name}}));
        }
        for (const char* name : EVENTS)
            events.push_back(
                &counter("scope_net_events_total", "What limits led to.", {{"event", name}}));
    }

    Counter& counter(const char* name, const char* help, const prometheus::Labels& labels = {}) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
    }
    Gauge& gauge(const char* name, const char* help, const prometheus::Labels& labels = {}) {
        return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
    }
    Counter& calls(const std::string& method) {
        return counter("scope_rpc_calls_total", "Calls, by method.", {{"method", method}});
    }

    prometheus::Registry registry;
    std::unordered_map<std::string, Counter*, Hash, std::equal_to<>> methods;
    Counter& other = calls("other");
    Counter& failed = counter("scope_rpc_errors_total", "Requests answered with an error.");
    Histogram& seconds = prometheus::BuildHistogram()
                             .Name("scope_rpc_seconds")
                             .Help("From the end of a message to the end of its answer's making.")
                             .Register(registry)
                             .Add({}, SECONDS);
    Tally tally;
    std::vector<Gauge*> open;
    std::vector<Counter*> opened;
    std::vector<Counter*> events;
    Counter& received = counter("scope_net_received_bytes_total", "Bytes of requests.");
    Counter& sent = counter("scope_net_sent_bytes_total", "Bytes of answers and notifications.");
    Gauge& input = gauge("scope_net_input_bytes", "Bytes of requests that are not answered.");
    Gauge& output = gauge("scope_net_output_bytes", "Bytes of answers that are not sent.");
};

Metrics::Metrics(std::span<const std::string> methods) : impl_(std::make_unique<Impl>()) {
    for (const std::string& method : methods) impl_->methods[method] = &impl_->calls(method);
}

Metrics::~Metrics() = default;

void Metrics::called(std::string_view method) {
    const auto found = impl_->methods.find(method);
    (found == impl_->methods.end() ? impl_->other : *found->second).Increment();
}

void Metrics::failed() {
    impl_->failed.Increment();
}

void Metrics::answered(std::chrono::nanoseconds after) {
    const double seconds = std::chrono::duration<double>{after}.count();
    const auto bucket = std::ranges::lower_bound(SECONDS, seconds) - SECONDS.begin();
    impl_->tally.answers[static_cast<size_t>(bucket)] += 1;
    impl_->tally.seconds += seconds;
}

void Metrics::connected(Transport transport) {
    impl_->open[index(transport)]->Increment();
    impl_->opened[index(transport)]->Increment();
}

void Metrics::disconnected(Transport transport) {
    impl_->open[index(transport)]->Decrement();
}

void Metrics::received(size_t bytes) {
    impl_->tally.received += static_cast<double>(bytes);
}

void Metrics::sent(size_t bytes) {
    impl_->tally.sent += static_cast<double>(bytes);
}

void Metrics::count(Event event) {
    impl_->events[index(event)]->Increment();
}

void Metrics::set_held(size_t input_bytes, size_t output_bytes) {
    impl_->input.Set(static_cast<double>(input_bytes));
    impl_->output.Set(static_cast<double>(output_bytes));
}

std::string Metrics::text() {
    const Tally tally = std::exchange(impl_->tally, {});
    impl_->seconds.ObserveMultiple(tally.answers, tally.seconds);
    impl_->received.Increment(tally.received);
    impl_->sent.Increment(tally.sent);
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, impl_->registry.Collect());
    return std::move(out).str();
}

}  // namespace scope::net
