#pragma once

#include <vector>

#include "chain/store.hpp"
#include "rpc/params.hpp"

namespace scope::rpc {

/// A signed transaction as a wallet sends it: one of type 3 with its blobs.
struct RawTransaction {
    Transaction transaction;
    std::vector<chain::StoredBlobPtr> blobs;
};

/// Decodes a transaction's envelope; one of type 3 as in EIP-4844's network form, with proofs of its
/// blobs, or in EIP-7594's, with those of its cells.
///
/// Of the latter only the blobs are looked at: the proofs that followers check are made here, since
/// nobody here holds cells. Throws RpcFailure that says what is wrong.
RawTransaction decode_raw_transaction(BytesView bytes);

}  // namespace scope::rpc
