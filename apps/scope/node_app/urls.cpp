#include "node_app/urls.hpp"

#include <fmt/format.h>

#include "cli/command.hpp"
#include "keys/secret.hpp"
#include "net/ws_subscription.hpp"

namespace scope::node_app {

namespace {

template <typename Parse>
Result<net::HttpUrl, std::string> read(const std::string& url, const config::NodeConfig& config,
                                       Parse parse) {
    const bool is_place = url.starts_with("env:") || url.starts_with("file:");
    const auto said =
        [&](Result<net::HttpUrl, std::string_view> parsed) -> Result<net::HttpUrl, std::string> {
        if (parsed) return std::move(*parsed);
        return std::unexpected{is_place ? fmt::format("{}: {}", url, parsed.error())
                                        : std::string{parsed.error()}};
    };
    if (!is_place) return said(parse(url));
    const auto text = TRY(keys::read_secret(url, config.folder));
    return said(parse(text.text()));
}

}  // namespace

Result<net::HttpUrl, std::string> read_url(const std::string& url,
                                           const config::NodeConfig& config) {
    return read(url, config, net::parse_http_url);
}

Result<net::HttpUrl, std::string> read_ws_url(const std::string& url,
                                              const config::NodeConfig& config) {
    return read(url, config, net::parse_ws_url);
}

net::HttpUrl url_of(std::string_view key, const std::string& url,
                    const config::NodeConfig& config) {
    auto read = read_url(url, config);
    if (!read) throw cli::UsageError{fmt::format("{}: {}", key, read.error())};
    return std::move(*read);
}

}  // namespace scope::node_app
