#include "rpc/blocks.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"

// Blocks, transactions and receipts. What there isn't is null.

namespace scope::rpc {

namespace {

using chain::StoredBlockPtr;
using json::quantity_json;
using Kind = BlockTag::Kind;

constexpr auto NONE = "null";

/// Returns the block that the first parameter names by name or number; null if there is none.
StoredBlockPtr block_by_number(Request& request) {
    const BlockTag tag = request.params.get(0, read_block_number);
    if (tag.kind == Kind::pending) return pending_block(request.chain).block;
    return find_block(request.chain, tag);
}
StoredBlockPtr block_by_hash(Request& request) {
    return request.chain.chain().store().block(request.params.hash(0));
}
using FindBlock = StoredBlockPtr (*)(Request&);

std::string get_block_by_number(Request& request) {
    const BlockTag tag = request.params.get(0, read_block_number);
    const auto form = request.params.boolean(1) ? Transactions::full : Transactions::hashes;
    const StoredBlockPtr block = block_by_number(request);
    if (!block) return NONE;
    Appender out;
    append_block(out, *block, form,
                 tag.kind == Kind::pending ? Standing::pending : Standing::mined);
    return out.take();
}

std::string get_block_by_hash(Request& request) {
    const auto form = request.params.boolean(1) ? Transactions::full : Transactions::hashes;
    const StoredBlockPtr block = block_by_hash(request);
    if (!block) return NONE;
    Appender out;
    append_block(out, *block, form);
    return out.take();
}

template <FindBlock FIND>
std::string get_transaction_count(Request& request) {
    const StoredBlockPtr block = FIND(request);
    return block ? quantity_json(block->block.transactions.size()) : NONE;
}
template <FindBlock FIND>
std::string get_uncle_count(Request& request) {
    const StoredBlockPtr block = FIND(request);
    return block ? quantity_json(block->block.ommers.size()) : NONE;
}

template <FindBlock FIND>
std::string get_uncle(Request& request) {
    const uint64_t index = request.params.quantity(1);
    const StoredBlockPtr block = FIND(request);
    if (!block || index >= block->block.ommers.size()) return NONE;
    Appender out;
    append_ommer(out, block->block.ommers[index]);
    return out.take();
}

template <FindBlock FIND>
std::string get_transaction_by_index(Request& request) {
    const uint64_t index = request.params.quantity(1);
    const StoredBlockPtr block = FIND(request);
    if (!block || index >= block->block.transactions.size()) return NONE;
    Appender out;
    append_transaction(out, *block, index);
    return out.take();
}

std::string get_transaction_by_hash(Request& request) {
    const Hash hash = request.params.hash(0);
    Appender out;
    if (const auto place = request.chain.chain().store().transaction(hash)) {
        append_transaction(out, *place->block, place->index);
        return out.take();
    }
    const pool::TxPool* const pool = request.chain.pool();
    const pool::PooledPtr waiting = pool == nullptr ? nullptr : pool->find(hash);
    return waiting ? pending_result(*waiting, Transactions::full) : NONE;
}

std::string get_transaction_receipt(Request& request) {
    const auto place = request.chain.chain().store().transaction(request.params.hash(0));
    if (!place) return NONE;
    Appender out;
    append_receipt(out, request.chain.chain().spec(), *place->block, place->index);
    return out.take();
}

std::string get_block_receipts(Request& request) {
    const BlockTag tag = request.params.get(0, read_block_tag);
    const StoredBlockPtr block = tag.kind == Kind::pending ? pending_block(request.chain).block
                                                           : find_block(request.chain, tag);
    if (!block) return NONE;
    Appender out;
    append_receipts(out, request.chain.chain().spec(), *block);
    return out.take();
}

std::string block_number(Request& request) {
    return quantity_json(request.chain.head()->header().number);
}

constexpr Method METHODS[] = {
    {"eth_blockNumber", block_number},
    {"eth_getBlockByNumber", get_block_by_number, "block fullTransactions"},
    {"eth_getBlockByHash", get_block_by_hash, "blockHash fullTransactions"},
    {"eth_getBlockTransactionCountByNumber", get_transaction_count<block_by_number>, "block"},
    {"eth_getBlockTransactionCountByHash", get_transaction_count<block_by_hash>, "blockHash"},
    {"eth_getUncleCountByBlockNumber", get_uncle_count<block_by_number>, "block"},
    {"eth_getUncleCountByBlockHash", get_uncle_count<block_by_hash>, "blockHash"},
    {"eth_getUncleByBlockNumberAndIndex", get_uncle<block_by_number>, "block index"},
    {"eth_getUncleByBlockHashAndIndex", get_uncle<block_by_hash>, "blockHash index"},
    {"eth_getTransactionByBlockNumberAndIndex", get_transaction_by_index<block_by_number>,
     "block index"},
    {"eth_getTransactionByBlockHashAndIndex", get_transaction_by_index<block_by_hash>,
     "blockHash index"},
    {"eth_getTransactionByHash", get_transaction_by_hash, "transactionHash"},
    {"eth_getTransactionReceipt", get_transaction_receipt, "transactionHash"},
    {"eth_getBlockReceipts", get_block_receipts, "block"},
};

}  // namespace

std::span<const Method> block_methods() {
    return METHODS;
}

}  // namespace scope::rpc
