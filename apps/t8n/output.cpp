#include "output.hpp"

#include "base/hex.hpp"
#include "interchange/exception_names.hpp"
#include "rlp/encode.hpp"

namespace scope::t8n {

namespace {

void quantity(json::JsonWriter& json, std::string_view key, const uint256& value) {
    json.member(key, to_quantity(value));
}
void bytes(json::JsonWriter& json, std::string_view key, BytesView value) {
    json.key(key);
    json.value(value);
}

struct Place {  // of a transaction
    size_t index;
    Hash hash;
    uint64_t block_number;
};

void write_log(json::JsonWriter& json, const Log& log, const Place& place, size_t log_index) {
    json.begin_object();
    bytes(json, "address", log.address);
    json.key("topics");
    json.begin_array();
    for (const Hash& topic : log.topics) json.value(BytesView{topic});
    json.end_array();
    bytes(json, "data", log.data);
    quantity(json, "blockNumber", place.block_number);
    bytes(json, "transactionHash", place.hash);
    quantity(json, "transactionIndex", place.index);
    bytes(json, "blockHash", Hash{});  // not known here
    quantity(json, "logIndex", log_index);
    json.member("removed", false);
    json.end_object();
}

void write_receipt(json::JsonWriter& json, const Transition& transition, const Place& place,
                   size_t& log_index) {
    const Transaction& tx = transition.transactions[place.index];
    const Receipt& receipt = transition.receipts[place.index];
    const execution::Outcome& outcome = transition.outcomes[place.index];
    json.begin_object();
    quantity(json, "type", static_cast<uint64_t>(tx.type));
    if (receipt.state_root)
        bytes(json, "root", *receipt.state_root);
    else
        json.member("root", "0x");
    quantity(json, "status", uint64_t{receipt.success});
    quantity(json, "cumulativeGasUsed", receipt.cumulative_gas_used);
    bytes(json, "logsBloom", receipt.logs_bloom);
    json.key("logs");
    json.begin_array();
    for (const Log& log : receipt.logs) write_log(json, log, place, log_index++);
    json.end_array();
    bytes(json, "transactionHash", place.hash);
    bytes(json, "contractAddress", outcome.created.value_or(Address{}));
    quantity(json, "gasUsed", outcome.gas_used);
    quantity(json, "effectiveGasPrice",
             execution::effective_gas_price(tx, transition.header.base_fee_per_gas));
    if (tx.type == TxType::blob) {
        quantity(json, "blobGasUsed", outcome.blob_gas_used);
        quantity(json, "blobGasPrice", transition.blob_base_fee);
    }
    bytes(json, "blockHash", Hash{});
    quantity(json, "blockNumber", place.block_number);
    quantity(json, "transactionIndex", place.index);
    json.end_object();
}

}  // namespace

void write_alloc(json::JsonWriter& json, const Transition& transition) {
    json.begin_object();
    for (const auto& [address, account] : transition.state.dump()) {
        json.key(to_hex(address));
        json.begin_object();
        quantity(json, "balance", account.balance);
        if (account.nonce != 0) quantity(json, "nonce", account.nonce);
        if (!account.code.empty()) bytes(json, "code", account.code);
        if (!account.storage.empty()) {
            json.key("storage");
            json.begin_object();
            for (const auto& [key, value] : account.storage) bytes(json, to_hex(key), value);
            json.end_object();
        }
        json.end_object();
    }
    json.end_object();
}

void write_result(json::JsonWriter& json, const Transition& transition) {
    const BlockHeader& header = transition.header;
    std::vector<Log> logs;
    for (const Receipt& receipt : transition.receipts)
        logs.insert(logs.end(), receipt.logs.begin(), receipt.logs.end());

    json.begin_object();
    bytes(json, "stateRoot", header.state_root);
    bytes(json, "txRoot", header.transactions_root);
    bytes(json, "receiptsRoot", header.receipts_root);
    bytes(json, "logsHash", logs_hash(logs));
    bytes(json, "logsBloom", header.logs_bloom);
    json.key("receipts");
    json.begin_array();
    size_t log_index = 0;
    for (size_t i = 0; i < transition.transactions.size(); ++i)
        write_receipt(json, transition, {i, hash(transition.transactions[i]), header.number},
                      log_index);
    json.end_array();
    json.key("rejected");
    json.begin_array();
    for (const auto& [index, error] : transition.rejected) {
        json.begin_object();
        json.member("index", uint64_t{index});
        json.member("error", error);
        json.end_object();
    }
    json.end_array();
    if (!header.difficulty.is_zero()) quantity(json, "currentDifficulty", header.difficulty);
    quantity(json, "gasUsed", header.gas_used);
    if (header.base_fee_per_gas) quantity(json, "currentBaseFee", *header.base_fee_per_gas);
    if (header.withdrawals_root) bytes(json, "withdrawalsRoot", *header.withdrawals_root);
    if (header.excess_blob_gas) quantity(json, "currentExcessBlobGas", *header.excess_blob_gas);
    if (header.blob_gas_used) quantity(json, "blobGasUsed", *header.blob_gas_used);
    if (header.requests_hash) {
        bytes(json, "requestsHash", *header.requests_hash);
        json.key("requests");
        json.begin_array();
        for (const Bytes& request : transition.requests) json.value(BytesView{request});
        json.end_array();
    }
    if (transition.error)
        json.member(
            "blockException",
            "BlockException." + std::string{interchange::official_names(*transition.error)});
    json.end_object();
}

void write_body(json::JsonWriter& json, const Transition& transition) {
    Bytes list;
    for (const Transaction& tx : transition.transactions) {
        const Bytes envelope = encode(tx);
        if (tx.type == TxType::legacy)
            append(list, envelope);
        else
            rlp::encode_to(list, envelope);
    }
    rlp::close_list(list, 0);
    json.value(BytesView{list});
}

}  // namespace scope::t8n
