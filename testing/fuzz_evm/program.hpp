#pragma once

#include <cstdint>
#include <vector>

#include "crypto/secp256k1.hpp"
#include "state/memory_state.hpp"
#include "types/transaction.hpp"

namespace scope::fuzz_evm {

/// One transaction, and the accounts that it meets. All addresses but those of precompiles belong
/// to this program alone, so that many of them fit in one block.
struct Program {
    uint64_t index = 0;
    state::GenesisAlloc accounts;
    Transaction tx;  ///< signed
    Address sender;
    crypto::SecretKey key;  ///< the sender's
};

inline constexpr ChainId CHAIN_ID{1};

/// Makes the program with number @p index of the run with this seed: always the same one.
///
/// Structured: statements that make sense one after the other, over a small pool of addresses,
/// slots and numbers at the edges, so that effects meet each other; and at times random bytes.
Program make_program(uint64_t seed, uint64_t index);

}  // namespace scope::fuzz_evm
