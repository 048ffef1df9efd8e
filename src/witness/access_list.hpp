#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/uint256.hpp"
#include "rlp/error.hpp"

namespace scope::witness {

/// The accesses of a block to one account, all transactions together (EIP-7928): the values that
/// are there at its end.
struct AccountAccess {
    Address address;
    std::map<Hash, uint256> storage_writes;
    std::vector<Hash> storage_reads;
    std::optional<uint256> balance;
    std::optional<uint64_t> nonce;
    std::vector<Bytes> codes;  ///< all that it has had, the last stays
};

/// Reads a block access list:
///
///     list    = [account, ...]
///     account = [address, [[slot, [[index, value], ...]], ...], [slot, ...],
///                [[index, balance], ...], [[index, nonce], ...], [[index, code], ...]]
///
/// where index counts the block's transactions, ascending.
rlp::RlpResult<std::vector<AccountAccess>> decode_access_list(BytesView bytes);

}  // namespace scope::witness
