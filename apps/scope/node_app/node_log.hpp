#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/node_config.hpp"

namespace scope::node_app {

/// The log of a node, on standard output: a line for each event, for a person or as a JSON object:
///
///     {"time": "2026-01-31T12:00:00.000Z", "level": "info", "event": "scope", "message": "...", ...}
///
/// Behind these come what belongs to the event: l1_block, slot, chain_id, .... docs/node.md lists the
/// events. May be used from several threads; a copy writes to the same place.
class NodeLog {
  public:
    struct Field {
        std::string_view name;
        std::variant<uint64_t, std::string> value;
    };
    using Fields = std::vector<Field>;
    using Level = config::LogLevel;

    explicit NodeLog(const config::LogConfig& config);
    /// Makes one that writes to @p sink.
    NodeLog(const config::LogConfig& config, std::shared_ptr<spdlog::sinks::sink> sink);

    /// @param text  May hold what others said: it is made printable.
    void write(Level level, std::string_view event, std::string_view text,
               const Fields& fields = {});
    void info(std::string_view event, std::string_view text, const Fields& fields = {}) {
        write(Level::info, event, text, fields);
    }
    void warn(std::string_view event, std::string_view text, const Fields& fields = {}) {
        write(Level::warn, event, text, fields);
    }
    void error(std::string_view event, std::string_view text, const Fields& fields = {}) {
        write(Level::error, event, text, fields);
    }

  private:
    std::shared_ptr<spdlog::logger> log_;
    config::LogFormat format_;
};

}  // namespace scope::node_app
