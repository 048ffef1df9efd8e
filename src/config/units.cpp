#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace scope::config {

namespace {

struct Unit {
    std::string_view name;
    uint64_t worth;
};
// The smallest first.
constexpr Unit DURATIONS[]{
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit SIZES[]{
    {"B", 1}, {"KiB", uint64_t{1} << 10}, {"MiB", uint64_t{1} << 20}, {"GiB", uint64_t{1} << 30}};
constexpr Unit WEI[]{{"wei", 1}, {"gwei", 1'000'000'000}, {"ether", 1'000'000'000'000'000'000}};

constexpr uint64_t MOST = uint64_t{1} << 53;

std::string names_of(std::span<const Unit> units) {
    std::string names;
    for (const auto& unit : units)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", unit.name);
    return names;
}

Result<uint64_t, std::string> parse(std::string_view text, std::span<const Unit> units,
                                    uint64_t most) {
    uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, number);
    const std::string_view name{parsed, static_cast<size_t>(end - parsed)};
    const auto unit = std::ranges::find(units, name, &Unit::name);
    if (error == std::errc::result_out_of_range) return std::unexpected{"it is too large"};
    if (error != std::errc{} || unit == units.end())
        return std::unexpected{
            fmt::format("it is no whole number with one of the units {}, such as \"12{}\"",
                        names_of(units), units[1].name)};
    if (number > most / unit->worth) return std::unexpected{"it is too large"};
    return number * unit->worth;
}

std::string print(uint64_t amount, std::span<const Unit> units) {
    size_t at = units.size() - 1;
    while (at > 0 && (amount == 0 || amount % units[at].worth != 0)) --at;
    return fmt::format("{}{}", amount / units[at].worth, units[at].name);
}

}  // namespace

Result<milliseconds, std::string> parse_duration(std::string_view text) {
    return milliseconds{TRY(parse(text, DURATIONS, MOST))};
}
std::string print_duration(milliseconds duration) {
    return print(static_cast<uint64_t>(duration.count()), DURATIONS);
}

Result<uint64_t, std::string> parse_size(std::string_view text) {
    return parse(text, SIZES, MOST);
}
std::string print_size(uint64_t bytes) {
    return print(bytes, SIZES);
}

Result<uint64_t, std::string> parse_wei(std::string_view text) {
    return parse(text, WEI, UINT64_MAX);
}
std::string print_wei(uint64_t wei) {
    return print(wei, WEI);
}

Result<Listen, std::string> parse_listen(std::string_view text) {
    const auto refuse = [] {
        return std::unexpected{"it is no HOST:PORT, such as 127.0.0.1:9545"};
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return refuse();
    std::string_view host = text.substr(0, colon);
    const bool has_brackets = host.starts_with('[') && host.ends_with(']');
    if (has_brackets) host = host.substr(1, host.size() - 2);
    const auto is_graphic = [](char c) { return c > ' ' && c < '\x7f'; };
    if (host.empty() || !std::ranges::all_of(host, is_graphic) ||
        (!has_brackets && host.find(':') != std::string_view::npos))
        return refuse();
    const std::string_view digits = text.substr(colon + 1);
    Listen listen{.host = std::string{host}};
    const char* const end = digits.data() + digits.size();
    const auto [parsed, error] = std::from_chars(digits.data(), end, listen.port);
    if (error != std::errc{} || parsed != end) return refuse();
    return listen;
}

std::string print_listen(const Listen& place) {
    const bool is_v6 = place.host.find(':') != std::string::npos;
    return is_v6 ? fmt::format("[{}]:{}", place.host, place.port)
                 : fmt::format("{}:{}", place.host, place.port);
}

}  // namespace scope::config
