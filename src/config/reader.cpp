#include <stdexcept>

// toml++ asserts of some texts what isn't so of them: that ends no process here, it is an error.
struct TomlAssertion : std::logic_error {
    using std::logic_error::logic_error;
};
#define TOML_ASSERT(expr) \
    if (!(expr)) throw TomlAssertion("it is no TOML")
#define TOML_ENABLE_FORMATTERS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>

#include "base/nearest.hpp"
#include "base/printable.hpp"
#include "config/fields.hpp"

namespace scope::config {

namespace {

using namespace std::chrono_literals;

/// Fills a configuration from TOML, and notes all that is wrong.
class Reader final : public Fields {
  public:
    Reader(const toml::table& root, std::string file)
        : file_(std::move(file)), tables_{{&root, {}, {}}} {}

    void text(Key key, std::string& value, Need need, WhyNot why_not) override {
        const std::string* found = nullptr;
        const auto* const node = take(key);
        if (node != nullptr) {
            found = text_of(*node, path(key));
            if (found == nullptr) return;
            value = *found;
        }
        if (value.empty()) {
            if (need == Need::required) refuse_missing(node, key);
            return;
        }
        if (node == nullptr) return;
        if (auto why = why_not(value); !why.empty()) refuse(*node, path(key), std::move(why));
    }

    void texts(Key key, std::vector<std::string>& values, Need need, WhyNot why_not) override {
        const auto* const node = take(key);
        if (node == nullptr) {
            if (values.empty() && need == Need::required) refuse_missing(nullptr, key);
            return;
        }
        const auto* const array = node->as_array();
        if (array == nullptr) return refuse(*node, path(key), "it is no list of texts");
        values.clear();
        for (const auto& element : *array) {
            const auto name = fmt::format("{}[{}]", path(key), values.size());
            const auto* const value = text_of(element, name);
            values.push_back(value == nullptr ? "" : *value);
            if (value == nullptr) continue;
            if (auto why = why_not(*value); !why.empty()) refuse(element, name, std::move(why));
        }
        if (values.empty() && need == Need::required) refuse_missing(node, key);
    }

    void duration(Key key, milliseconds& value, milliseconds least, milliseconds most) override {
        amount(key, value, least, most, parse_duration, print_duration);
    }
    void duration_or(Key key, std::optional<milliseconds>& value, std::string_view word) override {
        if (const auto* const node = peek(key);
            node != nullptr && node->value_exact<std::string>() == word) {
            take(key);
            value.reset();
            return;
        }
        milliseconds duration = value.value_or(0ms);
        amount(key, duration, 0ms, milliseconds{uint64_t{1} << 53}, parse_duration, print_duration);
        value = duration;
    }
    void size(Key key, uint64_t& bytes, uint64_t least, uint64_t most) override {
        amount(key, bytes, least, most, parse_size, print_size);
    }
    void wei(Key key, uint64_t& wei) override {
        amount(key, wei, uint64_t{0}, UINT64_MAX, parse_wei, print_wei);
    }

    void number(Key key, uint64_t& value, uint64_t least, uint64_t most) override {
        const auto* const node = take(key);
        if (node == nullptr) return;
        const auto read = node->value_exact<int64_t>();
        if (!read) return refuse(*node, path(key), "it is no whole number");
        if (*read < 0 || static_cast<uint64_t>(*read) < least ||
            static_cast<uint64_t>(*read) > most)
            return refuse(*node, path(key),
                          fmt::format("{} is not in [{} - {}]", *read, least, most));
        value = static_cast<uint64_t>(*read);
    }
    void flag(Key key, bool& value) override {
        const auto* const node = take(key);
        if (node == nullptr) return;
        const auto read = node->value_exact<bool>();
        if (!read) return refuse(*node, path(key), "it is neither true nor false");
        value = *read;
    }
    void choice(Key key, size_t& value, std::span<const std::string_view> names) override {
        const auto* const node = take(key);
        if (node == nullptr) return;
        const auto* const read = text_of(*node, path(key));
        if (read == nullptr) return;
        const auto found = std::ranges::find(names, *read);
        if (found == names.end())
            return refuse(*node, path(key),
                          fmt::format("it is none of {}", fmt::join(names, ", ")));
        value = static_cast<size_t>(found - names.begin());
    }

    void table(Key key, const std::function<void()>& keys) override {
        const auto* const node = take(key);
        // A table that is missing has its defaults.
        static const toml::table EMPTY;
        const auto* const found = node == nullptr ? &EMPTY : node->as_table();
        if (found == nullptr) return refuse(*node, path(key), "it is no table");
        enter(*found, path(key), keys);
    }
    void optional_table(Key key, bool& is_there, const std::function<void()>& keys) override {
        is_there = take(key) != nullptr;
        if (is_there) table(key, keys);
    }
    void tables(Key key, size_t, const std::function<void(size_t)>& resize,
                const std::function<void(size_t)>& keys) override {
        const auto* const node = take(key);
        resize(0);
        if (node == nullptr) return;
        const auto* const array = node->as_array();
        if (array == nullptr) return refuse(*node, path(key), "it is no list of tables");
        resize(array->size());
        for (size_t i = 0; i < array->size(); ++i) {
            const auto name = fmt::format("{}[{}]", path(key), i);
            const auto* const element = array->get(i)->as_table();
            if (element == nullptr)
                refuse(*array->get(i), name, "it is no table");
            else
                enter(*element, name, [&] { keys(i); });
        }
    }

    /// Notes the keys that nobody asked for. To be called once, at the end.
    void end() { refuse_unknown(); }

    /// Notes what is wrong with a key that was read.
    void refuse(const std::string& path, std::string reason) {
        const auto found = places_.find(path);
        const auto place = found != places_.end() ? found->second : toml::source_position{};
        errors_.push_back({file_, place.line, place.column, path, std::move(reason)});
    }

    ConfigErrors take_errors() {
        std::ranges::sort(errors_, {}, [](const ConfigError& error) {
            return std::tuple{error.line, error.column, std::string_view{error.key}};
        });
        return std::move(errors_);
    }

  private:
    struct Table {
        const toml::table* toml;
        std::string path;
        std::vector<std::string> known;  ///< keys that were asked for
    };

    [[nodiscard]] std::string path(Key key) const {
        const auto& of = tables_.back().path;
        return of.empty() ? std::string{key.name} : fmt::format("{}.{}", of, key.name);
    }
    const toml::node* peek(Key key) const { return tables_.back().toml->get(key.name); }
    /// Returns the value of a key, and notes that there is such a key; null: it is missing.
    const toml::node* take(Key key) {
        tables_.back().known.emplace_back(key.name);
        const auto* const node = peek(key);
        if (node != nullptr) places_[path(key)] = node->source().begin;
        return node;
    }
    /// Returns null, and notes it, where it is no text.
    const std::string* text_of(const toml::node& node, const std::string& name) {
        const auto* const value = node.as_string();
        if (value == nullptr) {
            refuse(node, name, "it is no text in quotation marks");
            return nullptr;
        }
        return &value->get();
    }

    template <typename T, typename Parse, typename Print>
    void amount(Key key, T& value, T least, T most, Parse parse, Print print) {
        const auto* const node = take(key);
        if (node == nullptr) return;
        const auto* const read = text_of(*node, path(key));
        if (read == nullptr) return;
        const auto parsed = parse(*read);
        if (!parsed) return refuse(*node, path(key), parsed.error());
        if (*parsed < least || *parsed > most)
            return refuse(*node, path(key),
                          fmt::format("{} is not in [{} - {}]", *read, print(least), print(most)));
        value = *parsed;
    }

    template <typename Keys>
    void enter(const toml::table& table, std::string path, const Keys& keys) {
        if (table.source().begin) places_[path] = table.source().begin;
        tables_.push_back({&table, std::move(path), {}});
        keys();
        refuse_unknown();
        tables_.pop_back();
    }
    void refuse_unknown() {
        const auto& [table, path, known] = tables_.back();
        for (const auto& [key, node] : *table) {
            const std::string name{key.str()};
            if (std::ranges::find(known, name) != known.end()) continue;
            const auto near = nearest(name.substr(0, MAX_NAME), known);
            const auto& begin = key.source().begin;
            errors_.push_back(
                {file_, begin.line, begin.column, path.empty() ? name : path + "." + name,
                 near.empty() ? "there is no such key"
                              : fmt::format("there is no such key; is {} meant?", near)});
        }
    }
    void refuse(const toml::node& node, const std::string& path, std::string reason) {
        const auto& begin = node.source().begin;
        errors_.push_back({file_, begin.line, begin.column, path, std::move(reason)});
    }
    void refuse_missing(const toml::node* node, Key key) {
        if (node != nullptr) return refuse(*node, path(key), "it is empty");
        const auto of = places_.find(tables_.back().path);
        const auto place = of != places_.end() ? of->second : toml::source_position{1, 1};
        errors_.push_back({file_, place.line, place.column, path(key), "it is missing"});
    }

    static constexpr size_t MAX_NAME = 64;

    std::string file_;
    std::vector<Table> tables_;
    std::map<std::string, toml::source_position> places_;
    ConfigErrors errors_;
};

/// A table is in another one for each dot of a key, and toml++ takes them apart by recursion.
constexpr ptrdiff_t MAX_DOTS = 2048;

ConfigErrors only(std::string file, std::string reason) {
    return {{std::move(file), 0, 0, "", std::move(reason)}};
}

}  // namespace

std::string to_string(const ConfigError& error) {
    std::string text = error.file;
    if (error.line != 0) text += fmt::format(":{}:{}", error.line, error.column);
    if (!error.key.empty()) text += fmt::format(": {}", printable(error.key));
    return text + ": " + printable(error.reason);
}

std::filesystem::path NodeConfig::path_of(std::string_view path) const {
    return (folder / path).lexically_normal();  // an absolute one takes its place
}

Result<NodeConfig, ConfigErrors> parse_node_config(std::string_view text,
                                                   const std::filesystem::path& name) {
    const std::string file = name.string();
    if (text.size() > MAX_CONFIG_BYTES)
        return std::unexpected{
            only(file, fmt::format("it is longer than {} bytes", MAX_CONFIG_BYTES))};
    if (std::ranges::count(text, '.') > MAX_DOTS)
        return std::unexpected{only(
            file,
            fmt::format("it has more than {} dots: keys could be nested without end", MAX_DOTS))};
    try {
        const toml::table root = toml::parse(text);
        NodeConfig config;
        config.folder = name.parent_path();
        Reader reader{root, file};
        describe(reader, config);
        reader.end();
        auto errors = reader.take_errors();
        // Of a configuration with other errors they could be of what the defaults are.
        if (errors.empty()) {
            for (auto& [key, reason] : contradictions(config))
                reader.refuse(key, std::move(reason));
            errors = reader.take_errors();
        }
        if (!errors.empty()) return std::unexpected{std::move(errors)};
        return config;
    } catch (const toml::parse_error& error) {
        const auto& begin = error.source().begin;
        return std::unexpected{
            ConfigErrors{{file, begin.line, begin.column, "", std::string{error.description()}}}};
    } catch (const TomlAssertion& error) {
        return std::unexpected{only(file, error.what())};
    }
}

Result<NodeConfig, ConfigErrors> read_node_config(const std::filesystem::path& file) {
    std::error_code error;
    const bool is_file = std::filesystem::is_regular_file(file, error);
    std::ifstream in{file, std::ios::binary};
    if (error || !is_file || !in)
        return std::unexpected{
            only(file.string(), error ? error.message() : "it is no file to read")};
    std::string text(MAX_CONFIG_BYTES + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return std::unexpected{only(file.string(), "it can't be read")};
    text.resize(static_cast<size_t>(in.gcount()));
    return parse_node_config(text, file);
}

}  // namespace scope::config
