#include "node_app/own_keys.hpp"

#include <fmt/format.h>

#include "base/printable.hpp"
#include "cli/command.hpp"
#include "keys/read_key.hpp"
#include "keys/secret.hpp"

namespace scope::node_app {

crypto::SignerPtr read_signer(std::string_view where, const config::KeyConfig& key,
                              const config::NodeConfig& config) {
    auto signer = keys::read_key(key.key, key.password, config.folder);
    if (!signer) throw cli::UsageError{fmt::format("{}: {}", where, signer.error())};
    return std::move(*signer);
}

Result<net::TlsIdentity, std::string> try_identity(const std::string& path,
                                                   const config::NodeConfig& config) {
    const auto file = config.path_of(path);
    const auto pem = TRY(keys::read_private_file(file));
    auto identity = net::TlsIdentity::from_pem(pem.text(), pem.text());
    if (!identity)
        return std::unexpected{fmt::format("{}: {}", printable(file.string()), identity.error())};
    return identity;
}

net::TlsIdentity read_identity(std::string_view where, const std::string& path,
                               const config::NodeConfig& config) {
    auto identity = try_identity(path, config);
    if (!identity) throw cli::UsageError{fmt::format("{}: {}", where, identity.error())};
    return std::move(*identity);
}

}  // namespace scope::node_app
