#include "node_app/node_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>

#include "base/printable.hpp"
#include "json/appender.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

spdlog::level::level_enum level_of(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::debug:
            return spdlog::level::debug;
        case config::LogLevel::info:
            return spdlog::level::info;
        case config::LogLevel::warn:
            return spdlog::level::warn;
        case config::LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view name_of(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::debug:
            return "debug";
        case config::LogLevel::info:
            return "info";
        case config::LogLevel::warn:
            return "warn";
        case config::LogLevel::error:
            return "error";
    }
    return "info";
}

/// UTC, to the millisecond.
std::string time_now() {
    const auto now = chrono::time_point_cast<chrono::milliseconds>(chrono::system_clock::now());
    const auto ms = now.time_since_epoch().count() % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(chrono::system_clock::to_time_t(now)), ms);
}

}  // namespace

NodeLog::NodeLog(const config::LogConfig& config)
    : NodeLog(config, std::make_shared<spdlog::sinks::stdout_sink_mt>()) {}

NodeLog::NodeLog(const config::LogConfig& config, std::shared_ptr<spdlog::sinks::sink> sink)
    : log_(std::make_shared<spdlog::logger>("node", std::move(sink))), format_(config.format) {
    log_->set_level(level_of(config.level));
    log_->set_pattern("%v");
    log_->flush_on(spdlog::level::debug);
}

void NodeLog::write(Level level, std::string_view event, std::string_view text,
                    const Fields& fields) {
    if (!log_->should_log(level_of(level))) return;
    if (format_ == config::LogFormat::text) {
        log_->log(level_of(level),
                  fmt::format("{} {:<5} {}", time_now(), name_of(level), printable(text)));
        return;
    }
    json::Appender json;
    json.begin_object();
    json.key("time").string(time_now());
    json.key("level").string(name_of(level));
    json.key("event").string(event);
    json.key("message").string(printable(text));
    for (const auto& [name, value] : fields) {
        json.text_key(std::string{name});
        if (const auto* const number = std::get_if<uint64_t>(&value))
            json.number(*number);
        else
            json.string(std::get<std::string>(value));
    }
    json.end_object();
    log_->log(level_of(level), json.take());
}

}  // namespace scope::node_app
