#include "node_app/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/hex.hpp"
#include "keys/read_key.hpp"
#include "node_app/own_keys.hpp"
#include "node_app/urls.hpp"

namespace scope::node_app {

namespace {

using Problems = std::vector<std::string>;

/// Reads a key; null, and notes it, if that can't be.
crypto::SignerPtr read_key(std::string_view name, const config::KeyConfig& key,
                           const config::NodeConfig& config, Problems& problems) {
    auto signer = keys::read_key(key.key, key.password, config.folder);
    if (signer) return std::move(*signer);
    problems.push_back(fmt::format("{}: {}", name, signer.error()));
    return nullptr;
}

/// Reads the URLs, some of which may stand elsewhere.
void check_urls(const config::NodeConfig& config, Problems& problems) {
    const auto note = [&](std::string_view key, const Result<net::HttpUrl, std::string>& url) {
        if (!url) problems.push_back(fmt::format("{}: {}", key, url.error()));
    };
    for (const auto& url : config.l1.rpc) note("l1.rpc", read_url(url, config));
    for (const auto& url : config.l1.beacon) note("l1.beacon", read_url(url, config));
    if (!config.l1.websocket.empty())
        note("l1.websocket", read_ws_url(config.l1.websocket, config));
    if (!config.rpc.forward.empty()) note("rpc.forward", read_url(config.rpc.forward, config));
}

void check_identity(std::string_view name, const std::string& path,
                    const config::NodeConfig& config, Problems& problems) {
    if (const auto identity = try_identity(path, config); !identity)
        problems.push_back(fmt::format("{}: {}", name, identity.error()));
}

void check_builder(const config::NodeConfig& config, Problems& problems) {
    const auto& builder = *config.builder;
    (void)read_key("builder.key", builder.key, config, problems);
    if (!builder.calldata_key.key.empty())
        (void)read_key("builder.calldata_key", builder.calldata_key, config, problems);
    check_identity("builder.tls_certificate", builder.tls_certificate, config, problems);
}

void check_attester(const config::NodeConfig& config, const node::NetworkFile* network,
                    Problems& problems) {
    const auto& attester = *config.attester;
    const auto signer = read_key("attester.key", attester.key, config, problems);
    check_identity("attester.tls_certificate", attester.tls_certificate, config, problems);
    if (network == nullptr || signer == nullptr) return;
    if (auto why = why_no_member(signer->address(), *network); !why.empty())
        problems.push_back(std::move(why));
}

}  // namespace

Result<node::NetworkFile, std::string> read_network(const config::NodeConfig& config) {
    const auto file = config.path_of(config.network);
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (error) return std::unexpected{fmt::format("{}: {}", file.string(), error.message())};
    if (size > node::MAX_NETWORK_FILE)
        return std::unexpected{
            fmt::format("{}: it is longer than {} bytes", file.string(), node::MAX_NETWORK_FILE)};
    std::ifstream in{file, std::ios::binary};
    std::string text(size, '\0');
    if (!in.read(text.data(), static_cast<std::streamsize>(size)))
        return std::unexpected{fmt::format("{}: it can't be read", file.string())};
    auto network = node::read_network_file(text);
    if (!network) return std::unexpected{fmt::format("{}: {}", file.string(), network.error())};
    return network;
}

std::vector<std::string> compare(const config::NodeConfig& config,
                                 const node::NetworkFile& network) {
    Problems problems;
    if (!config.builder) return problems;
    const auto& builder = *config.builder;
    if (builder.threshold < network.committee.threshold)
        problems.push_back(fmt::format("builder.threshold: it is {}, and the verifier asks for {}",
                                       builder.threshold, network.committee.threshold));
    for (const auto& attester : builder.attesters) {
        const auto address = fixed_from_hex<20>(attester.address);
        if (address && !std::ranges::binary_search(network.committee.members, *address))
            problems.push_back(fmt::format(
                "builder.attesters: {} is no member of the network's committee", attester.address));
    }
    return problems;
}

std::string why_no_member(const Address& attester, const node::NetworkFile& network) {
    if (std::ranges::binary_search(network.committee.members, attester)) return {};
    return fmt::format("attester.key: {} is no member of the network's committee",
                       to_hex(attester));
}

std::vector<std::string> check_surroundings(const config::NodeConfig& config) {
    Problems problems;
    const auto network = read_network(config);
    if (network)
        problems = compare(config, *network);
    else
        problems.push_back(fmt::format("network: {}", network.error()));
    const auto* const known = network ? &*network : nullptr;
    check_urls(config, problems);
    if (config.builder) check_builder(config, problems);
    if (config.attester) check_attester(config, known, problems);
    return problems;
}

}  // namespace scope::node_app
