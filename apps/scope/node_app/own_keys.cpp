#include "node_app/own_keys.hpp"

#include <fmt/format.h>

#include "cli/command.hpp"
#include "keys/read_key.hpp"

namespace scope::node_app {

crypto::SignerPtr read_signer(std::string_view where, const config::KeyConfig& key,
                              const config::NodeConfig& config) {
    auto signer = keys::read_key(key.key, key.password, config.folder);
    if (!signer) throw cli::UsageError{fmt::format("{}: {}", where, signer.error())};
    return std::move(*signer);
}

net::TlsIdentity read_identity(std::string_view where, const std::string& path,
                               const config::NodeConfig& config) {
    const auto file = config.path_of(path);
    auto identity = net::TlsIdentity::read(file, file);
    if (!identity) throw cli::UsageError{fmt::format("{}: {}", where, identity.error())};
    return std::move(*identity);
}

}  // namespace scope::node_app
