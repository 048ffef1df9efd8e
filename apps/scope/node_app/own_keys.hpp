#pragma once

#include <string_view>

#include "config/node_config.hpp"
#include "crypto/signer.hpp"
#include "net/tls.hpp"

namespace scope::node_app {

/// Reads a key that a configuration names. Throws cli::UsageError that names where it stands.
crypto::SignerPtr read_signer(std::string_view where, const config::KeyConfig& key,
                              const config::NodeConfig& config);

/// Reads a certificate with its private key, both in one file, which is one of a secret
/// (keys::read_private_file). An error names the file.
Result<net::TlsIdentity, std::string> try_identity(const std::string& path,
                                                   const config::NodeConfig& config);
/// The same; throws cli::UsageError that names where it stands.
net::TlsIdentity read_identity(std::string_view where, const std::string& path,
                               const config::NodeConfig& config);

}  // namespace scope::node_app
