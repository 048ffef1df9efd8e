#pragma once

#include "crypto/signer.hpp"
#include "keys/secret.hpp"

namespace scope::keys {

/// Returns the key that @p key names:
///
///     file:PATH                         a keystore (keystore.hpp), with its password
///     env:NAME                          hex in a variable of the environment
///     http://HOST:PORT[/PATH]#ADDRESS   of a web3signer (remote_signer.hpp), which isn't asked yet
///
/// An error names the place and what is wrong with it, and no secret.
///
/// @param password  Of a keystore, as read_secret has it; empty: there is none.
/// @param folder    Where relative paths begin; empty: where the process is.
Result<crypto::SignerPtr, std::string> read_key(std::string_view key,
                                                std::string_view password = {},
                                                const std::filesystem::path& folder = {});

}  // namespace scope::keys
