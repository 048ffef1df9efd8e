#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace scope::node_app {

/// Metrics as Prometheus' text format has them.
class MetricsText {
  public:
    /// Begins a metric, whose values follow.
    /// @param kind  "gauge" or "counter".
    void begin(std::string_view name, std::string_view kind, std::string_view help) {
        name_ = name;
        out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
    }
    /// @param value  A number, also as text.
    /// @param labels  As they are printed: name="value", with commas between.
    template <typename Number>
    void value(const Number& value, std::string_view labels = {}) {
        out_ += labels.empty() ? fmt::format("{} {}\n", name_, value)
                               : fmt::format("{}{{{}}} {}\n", name_, labels, value);
    }
    /// Appends a metric that has one value.
    template <typename Number>
    void one(std::string_view name, std::string_view kind, std::string_view help,
             const Number& number) {
        begin(name, kind, help);
        value(number);
    }
    std::string take() { return std::move(out_); }

  private:
    std::string name_;
    std::string out_;
};

}  // namespace scope::node_app
