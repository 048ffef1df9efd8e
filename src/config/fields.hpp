#pragma once

#include <functional>
#include <span>

#include "config/node_config.hpp"

namespace scope::config {

/// A key of a table, and what it means.
struct Key {
    std::string_view name;
    std::string_view meaning;
};

/// Returns why a text has not the form that a key wants; empty if it has.
using WhyNot = std::string (*)(std::string_view text);
enum class Need : uint8_t { optional, required };

/// One who goes through all keys of a configuration: a reader, a printer.
class Fields {
  public:
    virtual ~Fields() = default;

    /// @param need  Required: an empty one is refused, and so is one that is missing and has no default.
    virtual void text(Key key, std::string& value, Need need, WhyNot why_not) = 0;
    virtual void texts(Key key, std::vector<std::string>& values, Need need, WhyNot why_not) = 0;
    /// URLs, whose paths may hold a key: a printer leaves them out.
    virtual void url(Key key, std::string& value, Need need, WhyNot why_not) {
        text(key, value, need, why_not);
    }
    virtual void urls(Key key, std::vector<std::string>& values, Need need, WhyNot why_not) {
        texts(key, values, need, why_not);
    }
    virtual void duration(Key key, milliseconds& value, milliseconds least, milliseconds most) = 0;
    /// @param word  Stands for nullopt.
    virtual void duration_or(Key key, std::optional<milliseconds>& value,
                             std::string_view word) = 0;
    virtual void size(Key key, uint64_t& bytes, uint64_t least, uint64_t most) = 0;
    virtual void wei(Key key, uint64_t& wei) = 0;
    virtual void number(Key key, uint64_t& value, uint64_t least, uint64_t most) = 0;
    virtual void flag(Key key, bool& value) = 0;
    /// @param value  An index of @p names.
    virtual void choice(Key key, size_t& value, std::span<const std::string_view> names) = 0;

    /// Goes through the keys of a table.
    virtual void table(Key key, const std::function<void()>& keys) = 0;
    /// The same of one that may be missing.
    virtual void optional_table(Key key, bool& is_there, const std::function<void()>& keys) = 0;
    /// Goes through the keys of each of some tables.
    /// @param resize  Makes room for so many.
    virtual void tables(Key key, size_t count, const std::function<void(size_t)>& resize,
                        const std::function<void(size_t)>& keys) = 0;
};

/// Names all keys of a configuration to @p fields, in the order in which they are printed: the one
/// list of them.
void describe(Fields& fields, NodeConfig& config);

/// A rule that two keys break together.
struct Contradiction {
    std::string key;  ///< the one to change
    std::string reason;
};
std::vector<Contradiction> contradictions(const NodeConfig& config);

}  // namespace scope::config
