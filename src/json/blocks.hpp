#pragma once

#include "json/json.hpp"
#include "types/block.hpp"

/// Readers of blocks as JSON-RPC has them (execution-apis: Block, Transaction, Receipt).
///
/// They read what the consensus encoding has and nothing else: hashes, senders and indices that
/// stand beside are for who asks to compare. All throw FormatError, and what they return can be
/// encoded.
namespace scope::json {

/// A field or a type that came with a fork which this version does not know.
struct LaterFork : FormatError {
    using FormatError::FormatError;
};

BlockHeader header(Json object);
/// Reads a transaction of types 0 to 4.
Transaction transaction(Json object);
/// Reads a receipt; its bloom may be missing, and is then that of its logs.
Receipt receipt(Json object);
std::vector<Withdrawal> withdrawals(Json list);
/// Reads a block with whole transactions. One with ommers is refused: JSON-RPC gives their hashes
/// alone.
Block block(Json object);

}  // namespace scope::json
