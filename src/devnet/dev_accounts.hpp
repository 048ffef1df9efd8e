#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/secp256k1.hpp"

namespace scope::devnet {

/// The phrase and the path that every development node begins with.
inline constexpr std::string_view DEFAULT_MNEMONIC =
    "test test test test test test test test test test test junk";
inline constexpr std::string_view DEFAULT_DERIVATION_PATH = "m/44'/60'/0'/0/";
inline constexpr size_t MAX_ACCOUNTS = 1000;

/// An account of the wallet that a devnet prints, with its key to print.
struct WalletAccount {
    Address address;
    crypto::SecretKey key;
    Hash private_key;
};

/// Derives the first accounts of a wallet.
///
/// @param mnemonic  12, 15, 18, 21 or 24 of BIP-39's English words, with its checksum.
/// @param path      Of BIP-32; the index is put behind it, with / between.
/// @return  The accounts, or the reason why there are none, which names the word or the rule.
Result<std::vector<WalletAccount>, std::string> derive_accounts(std::string_view mnemonic,
                                                                std::string_view path,
                                                                size_t count);

}  // namespace scope::devnet
