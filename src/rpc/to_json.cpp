#include "rpc/to_json.hpp"

#include <algorithm>

#include "execution/host.hpp"

namespace scope::rpc {

namespace {

/// Where a transaction stands, as its JSON says it.
struct Position {
    Hash block_hash;
    uint64_t block_number = 0;
    uint64_t timestamp_s = 0;
    size_t index = 0;
    std::optional<uint256> base_fee;
};

bool has_dynamic_fee(TxType type) {
    return type == TxType::dynamic_fee || type == TxType::blob || type == TxType::set_code;
}

void append_hashes(Appender& out, const std::vector<Hash>& hashes) {
    out.begin_array();
    for (const Hash& hash : hashes) out.hex(hash);
    out.end_array();
}

void append_authorizations(Appender& out, const std::vector<Authorization>& list) {
    out.begin_array();
    for (const Authorization& authorization : list) {
        out.begin_object();
        out.key("chainId").quantity(authorization.chain_id);
        out.key("address").hex(authorization.address);
        out.key("nonce").quantity(authorization.nonce);
        out.key("yParity").quantity(authorization.y_parity);
        out.key("r").quantity(authorization.r);
        out.key("s").quantity(authorization.s);
        out.end_object();
    }
    out.end_array();
}

void append_position(Appender& out, const std::optional<Position>& position) {
    if (!position) {
        for (const char* const name :
             {"blockHash", "blockNumber", "blockTimestamp", "transactionIndex"})
            out.key(name).null();
        return;
    }
    out.key("blockHash").hex(position->block_hash);
    out.key("blockNumber").quantity(position->block_number);
    out.key("blockTimestamp").quantity(position->timestamp_s);
    out.key("transactionIndex").quantity(position->index);
}

void append_fees(Appender& out, const Transaction& tx, const std::optional<Position>& position) {
    out.key("gasPrice")
        .quantity(position ? effective_gas_price(tx, position->base_fee) : tx.max_fee_per_gas);
    if (has_dynamic_fee(tx.type)) {
        out.key("maxFeePerGas").quantity(tx.max_fee_per_gas);
        out.key("maxPriorityFeePerGas").quantity(tx.max_priority_fee_per_gas);
    }
    if (tx.type == TxType::blob) out.key("maxFeePerBlobGas").quantity(tx.max_fee_per_blob_gas);
}

void append_signature(Appender& out, const Transaction& tx) {
    out.key("v").quantity(signature_v(tx));
    out.key("r").quantity(tx.r);
    out.key("s").quantity(tx.s);
    if (tx.type != TxType::legacy) out.key("yParity").quantity(uint64_t{tx.y_parity});
}

void append_any(Appender& out, const Transaction& tx, const Hash& hash, const Address& sender,
                const std::optional<Position>& position) {
    out.begin_object();
    append_position(out, position);
    out.key("from").hex(sender);
    out.key("gas").quantity(tx.gas_limit);
    append_fees(out, tx, position);
    out.key("hash").hex(hash);
    out.key("input").hex(tx.data);
    out.key("nonce").quantity(tx.nonce);
    if (out.key("to"); tx.to)
        out.hex(*tx.to);
    else
        out.null();
    out.key("value").quantity(tx.value);
    out.key("type").quantity(static_cast<uint64_t>(tx.type));
    append_typed_members(out, tx);
    out.end_object();
}

size_t logs_before(const chain::StoredBlock& block, size_t index) {
    size_t count = 0;
    for (size_t i = 0; i < index; ++i) count += block.receipts[i].logs.size();
    return count;
}

/// Appends the receipt of a transaction whose first log has the index @p first_log in the block.
void append_receipt_at(Appender& out, const chain::ChainSpec& spec, const chain::StoredBlock& block,
                       size_t index, size_t first_log) {
    const Receipt& receipt = block.receipts[index];
    const Transaction& tx = block.block.transactions[index];
    const BlockHeader& header = block.header();
    const uint64_t before = index == 0 ? 0 : block.receipts[index - 1].cumulative_gas_used;
    out.begin_object();
    out.key("blockHash").hex(block.hash);
    out.key("blockNumber").quantity(header.number);
    out.key("transactionHash").hex(block.transaction_hashes[index]);
    out.key("transactionIndex").quantity(index);
    out.key("from").hex(block.senders[index]);
    if (out.key("to"); tx.to)
        out.hex(*tx.to);
    else
        out.null();
    if (out.key("contractAddress"); tx.to)
        out.null();
    else
        out.hex(execution::create_address(block.senders[index], tx.nonce));
    out.key("cumulativeGasUsed").quantity(receipt.cumulative_gas_used);
    out.key("gasUsed").quantity(receipt.cumulative_gas_used - before);
    out.key("effectiveGasPrice").quantity(effective_gas_price(tx, header.base_fee_per_gas));
    if (tx.type == TxType::blob) {
        out.key("blobGasUsed").quantity(tx.blob_versioned_hashes.size() * GAS_PER_BLOB);
        out.key("blobGasPrice")
            .quantity(execution::blob_base_fee(header.excess_blob_gas.value_or(0),
                                               spec.blobs_at(header.timestamp_s)));
    }
    out.key("logs").begin_array();
    for (size_t i = 0; i < receipt.logs.size(); ++i)
        append_log(out, block, {.transaction = index, .log = first_log + i, .in_receipt = i});
    out.end_array();
    out.key("logsBloom").hex(receipt.logs_bloom);
    if (receipt.state_root)
        out.key("root").hex(*receipt.state_root);
    else
        out.key("status").quantity(uint64_t{receipt.success});
    out.key("type").quantity(static_cast<uint64_t>(receipt.type));
    out.end_object();
}

/// Returns about how many characters a block's JSON has, so that its text is not moved while it grows.
size_t expected_size(const chain::StoredBlock& block, Transactions transactions) {
    constexpr size_t HEADER = 2500;
    const size_t count = block.block.transactions.size();
    if (transactions == Transactions::hashes) return HEADER + 70 * count;
    size_t size = HEADER + 1000 * count;
    for (const Transaction& tx : block.block.transactions) size += 2 * tx.data.size();
    return size;
}

}  // namespace

uint256 effective_gas_price(const Transaction& tx, const std::optional<uint256>& base_fee) {
    if (tx.type == TxType::system) return {};  // nobody pays for it
    return execution::effective_gas_price(tx, base_fee);
}

uint256 signature_v(const Transaction& tx) {
    const uint256 parity{uint64_t{tx.y_parity}};
    if (tx.type != TxType::legacy) return parity;
    if (!tx.chain_id) return uint256{27u} + parity;
    return uint256{tx.chain_id->number()} * uint256{2u} + uint256{35u} + parity;
}

void append_typed_members(Appender& out, const Transaction& tx) {
    if (tx.type == TxType::access_list || has_dynamic_fee(tx.type))
        append_access_list(out.key("accessList"), tx.access_list);
    if (tx.chain_id) out.key("chainId").quantity(tx.chain_id->number());
    if (tx.type == TxType::blob)
        append_hashes(out.key("blobVersionedHashes"), tx.blob_versioned_hashes);
    if (tx.type == TxType::set_code)
        append_authorizations(out.key("authorizationList"), tx.authorization_list);
    append_signature(out, tx);
}

void append_access_list(Appender& out, const AccessList& list) {
    out.begin_array();
    for (const AccessListEntry& entry : list) {
        out.begin_object();
        out.key("address").hex(entry.address);
        append_hashes(out.key("storageKeys"), entry.storage_keys);
        out.end_object();
    }
    out.end_array();
}

void append_withdrawals(Appender& out, const std::vector<Withdrawal>& withdrawals) {
    out.begin_array();
    for (const Withdrawal& withdrawal : withdrawals) {
        out.begin_object();
        out.key("index").quantity(withdrawal.index);
        out.key("validatorIndex").quantity(withdrawal.validator_index);
        out.key("address").hex(withdrawal.address);
        out.key("amount").quantity(withdrawal.amount_gwei);
        out.end_object();
    }
    out.end_array();
}

void append_header_members(Appender& out, const BlockHeader& header,
                           const std::optional<Hash>& hash) {
    const auto hex_or_null = [&](const char* name, BytesView bytes) {
        if (out.key(name); hash)
            out.hex(bytes);
        else
            out.null();
    };
    out.key("number").quantity(header.number);
    hex_or_null("hash", hash ? BytesView{*hash} : BytesView{});
    out.key("parentHash").hex(header.parent_hash);
    hex_or_null("nonce", header.nonce);
    out.key("mixHash").hex(header.prev_randao);
    out.key("sha3Uncles").hex(header.ommers_hash);
    out.key("logsBloom").hex(header.logs_bloom);
    out.key("stateRoot").hex(header.state_root);
    hex_or_null("miner", header.coinbase);
    out.key("difficulty").quantity(header.difficulty);
    out.key("extraData").hex(header.extra_data);
    out.key("gasLimit").quantity(header.gas_limit);
    out.key("gasUsed").quantity(header.gas_used);
    out.key("timestamp").quantity(header.timestamp_s);
    out.key("transactionsRoot").hex(header.transactions_root);
    out.key("receiptsRoot").hex(header.receipts_root);
    if (header.base_fee_per_gas) out.key("baseFeePerGas").quantity(*header.base_fee_per_gas);
    if (header.withdrawals_root) out.key("withdrawalsRoot").hex(*header.withdrawals_root);
    if (header.blob_gas_used) out.key("blobGasUsed").quantity(*header.blob_gas_used);
    if (header.excess_blob_gas) out.key("excessBlobGas").quantity(*header.excess_blob_gas);
    if (header.parent_beacon_block_root)
        out.key("parentBeaconBlockRoot").hex(*header.parent_beacon_block_root);
    if (header.requests_hash) out.key("requestsHash").hex(*header.requests_hash);
}

void append_header(Appender& out, const chain::StoredBlock& block) {
    out.begin_object();
    append_header_members(out, block.header(), block.hash);
    out.end_object();
}

void append_block(Appender& out, const chain::StoredBlock& block, Transactions transactions,
                  Standing standing) {
    out.reserve(expected_size(block, transactions));
    out.begin_object();
    append_block_members(out, block, transactions, standing);
    out.end_object();
}

void append_block_members(Appender& out, const chain::StoredBlock& block, Transactions transactions,
                          Standing standing) {
    append_header_members(out, block.header(),
                          standing == Standing::pending ? std::nullopt : std::optional{block.hash});
    out.key("size").quantity(encode(block.block).size());
    out.key("transactions").begin_array();
    for (size_t i = 0; i < block.transaction_hashes.size(); ++i) {
        if (transactions == Transactions::full)
            append_transaction(out, block, i);
        else
            out.hex(block.transaction_hashes[i]);
    }
    out.end_array();
    out.key("uncles").begin_array();
    for (const BlockHeader& ommer : block.block.ommers) out.hex(hash(ommer));
    out.end_array();
    if (block.block.withdrawals)
        append_withdrawals(out.key("withdrawals"), *block.block.withdrawals);
}

void append_ommer(Appender& out, const BlockHeader& header) {
    out.begin_object();
    append_header_members(out, header, hash(header));
    Block block;
    block.header = header;
    out.key("size").quantity(encode(block).size());
    out.key("transactions").begin_array();
    out.end_array();
    out.key("uncles").begin_array();
    out.end_array();
    out.end_object();
}

void append_transaction(Appender& out, const chain::StoredBlock& block, size_t index) {
    const BlockHeader& header = block.header();
    append_any(
        out, block.block.transactions[index], block.transaction_hashes[index], block.senders[index],
        Position{block.hash, header.number, header.timestamp_s, index, header.base_fee_per_gas});
}

void append_pending_transaction(Appender& out, const Transaction& tx, const Hash& hash,
                                const Address& sender) {
    append_any(out, tx, hash, sender, std::nullopt);
}

std::string pending_result(const pool::PooledTransaction& transaction, Transactions form) {
    if (form == Transactions::hashes) return json::hex_json(transaction.hash);
    Appender out;
    append_pending_transaction(out, transaction.transaction, transaction.hash, transaction.sender);
    return out.take();
}

void append_receipt(Appender& out, const chain::ChainSpec& spec, const chain::StoredBlock& block,
                    size_t index) {
    append_receipt_at(out, spec, block, index, logs_before(block, index));
}

void append_receipts(Appender& out, const chain::ChainSpec& spec, const chain::StoredBlock& block) {
    out.begin_array();
    size_t first_log = 0;
    for (size_t i = 0; i < block.receipts.size(); ++i) {
        append_receipt_at(out, spec, block, i, first_log);
        first_log += block.receipts[i].logs.size();
    }
    out.end_array();
}

void append_log(Appender& out, const chain::StoredBlock& block, const LogPlace& place,
                bool removed) {
    const Log& log = block.receipts[place.transaction].logs[place.in_receipt];
    out.begin_object();
    out.key("address").hex(log.address);
    append_hashes(out.key("topics"), log.topics);
    out.key("data").hex(log.data);
    out.key("blockNumber").quantity(block.header().number);
    out.key("transactionHash").hex(block.transaction_hashes[place.transaction]);
    out.key("transactionIndex").quantity(place.transaction);
    out.key("blockHash").hex(block.hash);
    out.key("blockTimestamp").quantity(block.header().timestamp_s);
    out.key("logIndex").quantity(place.log);
    out.key("removed").boolean(removed);
    out.end_object();
}

}  // namespace scope::rpc
