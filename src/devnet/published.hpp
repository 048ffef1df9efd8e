#pragma once

#include <span>
#include <string_view>

#include "base/hex.hpp"
#include "types/transaction.hpp"

namespace scope::devnet {

// Contracts that tools expect on every chain at the same address, and how they come there: their
// code is that of the npm packages which tools/generate_published.py reads.

/// The deterministic deployment proxy: data of a call to it are a salt and init code, which it
/// deploys with CREATE2.
inline constexpr Address DETERMINISTIC_DEPLOYER =
    literals::fixed_literal<20>("0x4e59b44847b379578588920ca78fbf26c0b4956c");
inline constexpr Address MULTICALL3 =
    literals::fixed_literal<20>("0xca11bde05977b3631167028862be2a173976ca11");
inline constexpr Address PERMIT2 =
    literals::fixed_literal<20>("0x000000000022d473030f116ddee9f6b43ac78ba3");

/// The accounts whose first transaction created them, on every chain.
inline constexpr Address DETERMINISTIC_DEPLOYER_CREATOR =
    literals::fixed_literal<20>("0x3fab184622dc19b6109349b94811493bf2a45362");
inline constexpr Address MULTICALL3_CREATOR =
    literals::fixed_literal<20>("0x05f32b3cc3888453ff71b01135b34ff8e41263f2");
/// The salt with which the deterministic deployer makes Permit2.
inline constexpr Hash PERMIT2_SALT = literals::fixed_literal<32>(
    "0x0000000000000000000000000000000000000000d3af2663da51c10215000000");

/// The transaction by which the deterministic deployer was created: of no chain id, so that it holds on every
/// chain, and with a signature that nobody's key made, so that nothing else can be sent in its place.
/// Multicall3 has one too, of other init code than the one here, which another compiler made.
Transaction deterministic_deployer_transaction();

const Bytes& deterministic_deployer_init_code();
const Bytes& multicall3_init_code();
const Bytes& permit2_init_code();

/// Returns the 2048 English words of BIP-39, in their order, which is that of the alphabet.
std::span<const std::string_view> bip39_words();

}  // namespace scope::devnet
