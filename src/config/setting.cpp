#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/nearest.hpp"
#include "base/printable.hpp"
#include "config/fields.hpp"
#include "config/forms.hpp"

namespace scope::config {

namespace {

/// Gives one key of a configuration a value that is written as on a command line.
class Setter final : public Fields {
  public:
    Setter(std::string_view key, std::string_view value) : key_(key), value_(value) {}

    Result<void, std::string> take() {
        if (is_found_ && why_not_.empty()) return {};
        if (is_found_) return std::unexpected{printable(fmt::format("{}: {}", key_, why_not_))};
        const auto near = nearest(key_.substr(0, MAX_NAME), known_);
        return std::unexpected{printable(
            near.empty() ? fmt::format("{}: there is no such key", key_)
                         : fmt::format("{}: there is no such key; is {} meant?", key_, near))};
    }

    void text(Key key, std::string& value, Need, WhyNot why_not) override {
        if (!is_meant(key)) return;
        value = value_;
        if (!value.empty()) why_not_ = why_not(value);
    }
    void texts(Key key, std::vector<std::string>& values, Need, WhyNot why_not) override {
        if (!is_meant(key)) return;
        values.clear();
        for (auto rest = value_; !rest.empty();) {
            const auto end = std::min(rest.find(','), rest.size());
            values.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (why_not_.empty()) why_not_ = why_not(values.back());
        }
    }
    void duration(Key key, milliseconds& value, milliseconds least, milliseconds most) override {
        amount(key, value, least, most, parse_duration, print_duration);
    }
    void duration_or(Key key, std::optional<milliseconds>& value, std::string_view word) override {
        if (!is_meant(key)) return;
        if (value_ == word) {
            value.reset();
            return;
        }
        const auto parsed = parse_duration(value_);
        if (parsed)
            value = *parsed;
        else
            why_not_ = parsed.error();
    }
    void size(Key key, uint64_t& bytes, uint64_t least, uint64_t most) override {
        amount(key, bytes, least, most, parse_size, print_size);
    }
    void wei(Key key, uint64_t& wei) override {
        amount(key, wei, uint64_t{0}, UINT64_MAX, parse_wei, print_wei);
    }
    void number(Key key, uint64_t& value, uint64_t least, uint64_t most) override {
        amount(
            key, value, least, most,
            [](std::string_view text) -> Result<uint64_t, std::string> {
                uint64_t number = 0;
                const auto* const end = text.data() + text.size();
                const auto [stop, error] = std::from_chars(text.data(), end, number);
                if (error != std::errc{} || stop != end)
                    return std::unexpected{"it is no whole number"};
                return number;
            },
            [](uint64_t number) { return fmt::to_string(number); });
    }
    void flag(Key key, bool& value) override {
        if (!is_meant(key)) return;
        if (value_ != "true" && value_ != "false") why_not_ = "it is neither true nor false";
        value = value_ == "true";
    }
    void choice(Key key, size_t& value, std::span<const std::string_view> names) override {
        if (!is_meant(key)) return;
        const auto found = std::ranges::find(names, value_);
        if (found == names.end())
            why_not_ = fmt::format("it is none of {}", fmt::join(names, ", "));
        else
            value = static_cast<size_t>(found - names.begin());
    }

    void table(Key key, const std::function<void()>& keys) override {
        const auto outer = path_;
        path_ = path(key);
        keys();
        path_ = outer;
    }
    void optional_table(Key key, bool& is_there, const std::function<void()>& keys) override {
        if (is_there) table(key, keys);
    }
    /// Of several tables of a name no key says which is meant.
    void tables(Key, size_t, const std::function<void(size_t)>&,
                const std::function<void(size_t)>&) override {}

  private:
    static constexpr size_t MAX_NAME = 64;

    [[nodiscard]] std::string path(Key key) const {
        return path_.empty() ? std::string{key.name} : fmt::format("{}.{}", path_, key.name);
    }
    bool is_meant(Key key) {
        known_.push_back(path(key));
        if (known_.back() != key_) return false;
        is_found_ = true;
        return true;
    }
    template <typename T, typename Parse, typename Print>
    void amount(Key key, T& value, T least, T most, Parse parse, Print print) {
        if (!is_meant(key)) return;
        const auto parsed = parse(value_);
        if (!parsed)
            why_not_ = parsed.error();
        else if (*parsed < least || *parsed > most)
            why_not_ = fmt::format("{} is not in [{} - {}]", value_, print(least), print(most));
        else
            value = *parsed;
    }

    std::string_view key_;
    std::string_view value_;
    std::string path_;
    std::vector<std::string> known_;
    bool is_found_ = false;
    std::string why_not_;
};

}  // namespace

Result<void, std::string> set_key(NodeConfig& config, std::string_view key,
                                  std::string_view value) {
    auto changed = config;
    Setter setter{key, value};
    describe(setter, changed);
    TRY_VOID(setter.take());
    config = std::move(changed);
    return {};
}

Result<BuilderConfig::Attester, std::string> parse_attester(std::string_view text) {
    const auto at = std::min(text.find('='), text.size());
    BuilderConfig::Attester attester;
    attester.address = text.substr(0, at);
    const auto refuse = [&](std::string_view why) {
        return std::unexpected{printable(fmt::format("'{}': {}", attester.address, why))};
    };
    if (const auto why = address_form(attester.address); !why.empty()) return refuse(why);
    const auto place = text.substr(std::min(at + 1, text.size()));
    const auto hash = std::min(place.find('#'), place.size());
    attester.url = place.substr(0, hash);
    if (!attester.url.starts_with("https://") || !url_form(attester.url).empty())
        return refuse("behind '=' comes the URL of its attester, with https://");
    attester.key = place.substr(std::min(hash + 1, place.size()));
    if (!fingerprint_form(attester.key).empty())
        return refuse("behind its URL comes '#', and its TLS key: sha256: and 64 digits");
    return attester;
}

Result<AttesterConfig::Allowed, std::string> parse_allowed(std::string_view text) {
    const auto at = std::min(text.find('='), text.size());
    AttesterConfig::Allowed allowed;
    allowed.name = text.substr(0, at);
    allowed.key = text.substr(std::min(at + 1, text.size()));
    if (allowed.name.empty()) return std::unexpected{"a name is missing before '='"};
    if (const auto why = fingerprint_form(allowed.key); !why.empty())
        return std::unexpected{printable(fmt::format("'{}': {}", allowed.name, why))};
    return allowed;
}

}  // namespace scope::config
