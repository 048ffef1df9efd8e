#pragma once

#include "base/uint256.hpp"

namespace scope {

/// keccak256 of no bytes: the code hash of an account without code.
inline constexpr Hash EMPTY_CODE_HASH{{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c,
                                       0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
                                       0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b,
                                       0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

/// An account without its storage (Yellow Paper, section 4.1).
struct Account {
    uint64_t nonce = 0;
    uint256 balance;  ///< wei
    Hash code_hash = EMPTY_CODE_HASH;

    /// Returns whether it has no code, nonce or balance (EIP-161).
    [[nodiscard]] bool is_empty() const noexcept {
        return nonce == 0 && balance.is_zero() && code_hash == EMPTY_CODE_HASH;
    }
    friend bool operator==(const Account&, const Account&) = default;
};

}  // namespace scope
