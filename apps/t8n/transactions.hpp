#pragma once

#include <expected>
#include <string>
#include <vector>

#include "json/json.hpp"

namespace scope::t8n {

/// A transaction as given, or the reason why it is none.
using GivenTransaction = std::expected<Transaction, std::string>;

/// Reads `txs`: a list of objects as JSON-RPC has them, each signed or with a `secretKey` to sign
/// it with; or a string with the hex of an RLP list, as a block's body has it.
///
/// An entry that can't be read is an error of its own, which names the field, so that the others
/// are executed; what no RLP can say, or what reading it refuses, is one. Throws json::FormatError
/// if there is no list at all.
///
/// @param protect  Whether legacy transactions are signed for the chain (EIP-155), unless they say
///                 `"protected": false`.
std::vector<GivenTransaction> read_transactions(json::Json txs, ChainId chain_id, bool protect);

}  // namespace scope::t8n
