#include <fmt/format.h>

#include "base/hex.hpp"
#include "rpc/blocks.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"

// Blocks, headers, receipts and transactions as their bytes.

namespace scope::rpc {

namespace {

using chain::StoredBlockPtr;
using json::hex_json;

constexpr auto NO_BYTES = "\"0x\"";

/// Returns the block that the first parameter names; null for a name or number that there isn't.
/// Throws RpcFailure for such a hash, as geth.
StoredBlockPtr block_of(Request& request, std::string_view what) {
    const BlockTag tag = request.params.get(0, read_block_tag);
    if (tag.kind == BlockTag::Kind::pending) return pending_block(request.chain).block;
    StoredBlockPtr block = find_block(request.chain, tag);
    if (!block && tag.kind == BlockTag::Kind::hash)
        fail(SERVER_ERROR, fmt::format("{} #{} not found", what, to_hex(tag.hash)));
    return block;
}

std::string get_raw_block(Request& request) {
    const StoredBlockPtr block = block_of(request, "block");
    return block ? hex_json(encode(block->block)) : NO_BYTES;
}
std::string get_raw_header(Request& request) {
    const StoredBlockPtr block = block_of(request, "header");
    return block ? hex_json(encode(block->header())) : NO_BYTES;
}

std::string get_raw_receipts(Request& request) {
    const StoredBlockPtr block = block_of(request, "block");
    if (!block) return "null";
    Appender out;
    out.begin_array();
    for (const Receipt& receipt : block->receipts) out.hex(encode(receipt));
    out.end_array();
    return out.take();
}

std::string get_raw_transaction(Request& request) {
    const Hash hash = request.params.hash(0);
    if (const auto place = request.chain.chain().store().transaction(hash))
        return hex_json(encode(place->block->block.transactions[place->index]));
    const pool::TxPool* const pool = request.chain.pool();
    const pool::PooledPtr waiting = pool == nullptr ? nullptr : pool->find(hash);
    return waiting ? hex_json(encode(waiting->transaction)) : NO_BYTES;
}

constexpr Method METHODS[] = {
    {"debug_getRawBlock", get_raw_block, "block"},
    {"debug_getRawHeader", get_raw_header, "block"},
    {"debug_getRawReceipts", get_raw_receipts, "block"},
    {"debug_getRawTransaction", get_raw_transaction, "transactionHash"},
    {"eth_getRawTransactionByHash", get_raw_transaction, "transactionHash"},
};

}  // namespace

std::span<const Method> debug_raw_methods() {
    return METHODS;
}

}  // namespace scope::rpc
