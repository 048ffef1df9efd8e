#include <fmt/format.h>

#include "config/fields.hpp"

namespace scope::config {

namespace {

/// Writes a configuration as TOML.
class Printer final : public Fields {
  public:
    enum class Comments : uint8_t { no, yes };
    explicit Printer(Comments comments) : comments_(comments) {}

    [[nodiscard]] std::string take() { return std::move(out_); }

    void text(Key key, std::string& value, Need, WhyNot) override { line(key, quoted(value)); }
    void texts(Key key, std::vector<std::string>& values, Need, WhyNot) override {
        std::string list;
        for (const auto& value : values) list += (list.empty() ? "" : ", ") + quoted(value);
        line(key, "[" + list + "]");
    }
    void url(Key key, std::string& value, Need, WhyNot) override { line(key, quoted(told(value))); }
    void urls(Key key, std::vector<std::string>& values, Need need, WhyNot why_not) override {
        std::vector<std::string> list;
        for (const auto& value : values) list.push_back(told(value));
        texts(key, list, need, why_not);
    }
    void duration(Key key, milliseconds& value, milliseconds, milliseconds) override {
        line(key, quoted(print_duration(value)));
    }
    void duration_or(Key key, std::optional<milliseconds>& value, std::string_view word) override {
        line(key, quoted(value ? print_duration(*value) : std::string{word}));
    }
    void size(Key key, uint64_t& bytes, uint64_t, uint64_t) override {
        line(key, quoted(print_size(bytes)));
    }
    void wei(Key key, uint64_t& wei) override { line(key, quoted(print_wei(wei))); }
    void number(Key key, uint64_t& value, uint64_t, uint64_t) override {
        line(key, fmt::to_string(value));
    }
    void flag(Key key, bool& value) override { line(key, value ? "true" : "false"); }
    void choice(Key key, size_t& value, std::span<const std::string_view> names) override {
        line(key, quoted(names[value]));
    }

    void table(Key key, const std::function<void()>& keys) override {
        enter(key, key.meaning, "[{}]\n", keys);
    }
    void optional_table(Key key, bool& is_there, const std::function<void()>& keys) override {
        if (is_there) table(key, keys);
    }
    void tables(Key key, size_t count, const std::function<void(size_t)>&,
                const std::function<void(size_t)>& keys) override {
        for (size_t i = 0; i < count; ++i)
            enter(key, i == 0 ? key.meaning : "", "[[{}]]\n", [&] {
                is_repeated_ = i > 0;
                keys(i);
                is_repeated_ = false;
            });
    }

  private:
    /// Returns what may be told of a URL: with another character than a URL's in the place of its path, so
    /// that nobody takes it for the whole.
    [[nodiscard]] std::string told(const std::string& url) const {
        if (comments_ == Comments::yes) return url;  // it is for a file of its user's
        const auto scheme = url.find("://");
        if (scheme == std::string::npos) return url;  // where it is
        const auto path = url.find_first_of("/?#", scheme + 3);
        if (path == std::string::npos || path + 1 == url.size()) return url;
        return url.substr(0, path) + "/\u2026";
    }
    static std::string quoted(std::string_view text) {
        std::string out = "\"";
        for (const char c : text) {
            if (c == '"' || c == '\\')
                out += fmt::format("\\{}", c);
            else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
            else
                out += c;
        }
        return out + '"';
    }
    void comment(std::string_view meaning) {
        if (comments_ == Comments::yes && !meaning.empty() && !is_repeated_)
            out_ += fmt::format("# {}\n", meaning);
    }
    void line(Key key, std::string_view value) {
        comment(key.meaning);
        out_ += fmt::format("{} = {}\n", key.name, value);
    }
    template <typename Keys>
    void enter(Key key, std::string_view meaning, fmt::format_string<std::string&> header,
               const Keys& keys) {
        const auto outer = path_;
        path_ = path_.empty() ? std::string{key.name} : fmt::format("{}.{}", path_, key.name);
        out_ += '\n';
        comment(meaning);
        out_ += fmt::format(header, path_);
        keys();
        path_ = outer;
    }

    Comments comments_;
    std::string out_;
    std::string path_;
    bool is_repeated_ = false;  ///< the keys' meaning was said
};

std::string print(const NodeConfig& config, Printer::Comments comments) {
    NodeConfig copy = config;  // describe may write
    Printer printer{comments};
    describe(printer, copy);
    return printer.take();
}

}  // namespace

std::string print_node_config(const NodeConfig& config) {
    return print(config, Printer::Comments::no);
}

std::string print_commented(const NodeConfig& config) {
    return "# The configuration of `scope node`: docs/node.md. What is left out has the value "
           "that\n"
           "# stands here; what is empty and needed is yours to fill in (scope config check).\n\n" +
           print(config, Printer::Comments::yes);
}

NodeConfig sample_config(const std::set<Role>& roles) {
    NodeConfig config;
    config.roles = roles;
    if (config.has(Role::builder)) {
        config.builder.emplace();
        config.builder->key = {.key = "file:submitter.json", .password = "env:SCOPE_PASSWORD"};
        config.builder->tls_certificate = "builder.pem";
        config.builder->attesters.resize(config.builder->threshold);
    }
    if (config.has(Role::attester)) {
        config.attester.emplace();
        config.attester->key = {.key = "file:attester.json", .password = "env:SCOPE_PASSWORD"};
        config.attester->tls_certificate = "attester.pem";
        config.attester->allowed = {{.name = "builder", .key = ""}};
    }
    return config;
}

}  // namespace scope::config
