#pragma once

#include <vector>

#include "types/signing.hpp"

namespace scope::execution::test {

/// Returns transactions signed by key 1 + i % 7, those of a pair with one nonce; every 10th for
/// another chain than 1, every 11th with a signature that is none.
inline std::vector<Transaction> make_transactions(size_t count) {
    std::vector<Transaction> transactions(count);
    for (size_t i = 0; i < count; ++i) {
        Transaction& tx = transactions[i];
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ChainId{i % 10 == 9 ? 2u : 1u};
        tx.nonce = i / 2;
        tx.to = Address{};
        sign(tx, *crypto::SecretKey::from(to_be(uint256{1 + i % 7})));
        if (i % 11 == 10) tx.r = uint256{};
    }
    return transactions;
}

}  // namespace scope::execution::test
