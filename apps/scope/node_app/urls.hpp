#pragma once

#include <string>
#include <string_view>

#include "config/node_config.hpp"
#include "net/http_client.hpp"

// A URL of a configuration stands there, or in a variable (env:NAME) or a file that only its owner may read
// (file:PATH), for it may hold a key. Errors tell nothing of it.

namespace scope::node_app {

Result<net::HttpUrl, std::string> read_url(const std::string& url,
                                           const config::NodeConfig& config);
/// The same of a WebSocket's.
Result<net::HttpUrl, std::string> read_ws_url(const std::string& url,
                                              const config::NodeConfig& config);

/// Reads it; throws cli::UsageError that names the key of the configuration.
net::HttpUrl url_of(std::string_view key, const std::string& url, const config::NodeConfig& config);

}  // namespace scope::node_app
