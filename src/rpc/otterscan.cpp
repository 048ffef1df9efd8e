#include <algorithm>

#include "base/hex.hpp"
#include "json/appender.hpp"
#include "rpc/blocks.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"
#include "rpc/transaction_search.hpp"

// What Otterscan asks beside Ethereum's methods: its API, level 8.

namespace scope::rpc {

namespace {

using chain::StoredBlock;
using chain::StoredBlockPtr;
using json::Appender;

constexpr uint64_t API_LEVEL = 8;
constexpr uint64_t MAX_PAGE_SIZE = 1000;
constexpr size_t SELECTOR_SIZE = 4;

/// Otterscan gives numbers of blocks as numbers.
BlockTag read_block_id(Json value) {
    if (value.is_string()) return read_block_tag(value);
    const uint256 number = read_loose_quantity(value);
    if (!number.fits_u64() || number[0] >> 63 != 0)
        throw BadValue{"block number larger than int64"};
    return BlockTag::of_number(number[0]);
}
uint64_t read_number(Json value) {
    const uint256 number = read_loose_quantity(value);
    if (!number.fits_u64()) throw BadValue{"a number above 2^64"};
    return number[0];
}
uint64_t page_size(const Params& params, size_t index) {
    const uint64_t size = params.get(index, read_number);
    if (size == 0 || size > MAX_PAGE_SIZE) Params::fail_at(index, "a page has 1 to 1000 entries");
    return size;
}

std::optional<chain::TransactionPlace> place_of(Request& request) {
    return request.chain.chain().store().transaction(request.params.hash(0));
}

std::string get_api_level(Request&) {
    return std::to_string(API_LEVEL);
}

std::string has_code(Request& request) {
    const auto at = state_at(request.chain, request.params.block(1));
    return at.state->code(request.params.address(0))->bytes.empty() ? "false" : "true";
}

// --- Blocks

uint256 fees_of(const StoredBlock& block) {
    uint256 fees;
    uint64_t before = 0;
    for (size_t i = 0; i < block.receipts.size(); ++i) {
        const uint64_t used = block.receipts[i].cumulative_gas_used - before;
        before = block.receipts[i].cumulative_gas_used;
        fees += effective_gas_price(block.block.transactions[i], block.header().base_fee_per_gas) *
                uint256{used};
    }
    return fees;
}

/// Appends a block's members without transactions and bloom, which nobody looks at.
void append_block_summary(Appender& out, const StoredBlock& block) {
    append_header_members(out, block.header(), block.hash);
    out.key("size").quantity(encode(block.block).size());
    out.key("uncles").begin_array();
    for (const auto& ommer : block.block.ommers) out.hex(hash(ommer));
    out.end_array();
    if (block.block.withdrawals)
        append_withdrawals(out.key("withdrawals"), *block.block.withdrawals);
    out.key("transactionCount").number(block.block.transactions.size());
}

/// Returns the reward of a block before Paris, and that of its ommers.
std::pair<uint256, uint256> rewards_of(const chain::ChainSpec& spec, const BlockHeader& header,
                                       const std::vector<BlockHeader>& ommers) {
    const auto& rules = spec.rules_at(header.number, header.timestamp_s);
    const uint256 reward =
        uint256{rules.block_reward_ether} * uint256{1'000'000'000} * uint256{1'000'000'000};
    uint256 of_ommers;
    for (const auto& ommer : ommers)
        of_ommers += reward * uint256{8 - (header.number - ommer.number)} / uint256{8u};
    return {reward + reward / uint256{32u} * uint256{ommers.size()}, of_ommers};
}

std::string details_of(Request& request, const StoredBlockPtr& block) {
    if (!block) return "null";
    const auto [reward, of_ommers] =
        rewards_of(request.chain.chain().spec(), block->header(), block->block.ommers);
    Appender out;
    out.begin_object();
    out.key("block").begin_object();
    append_block_summary(out, *block);
    out.end_object();
    out.key("issuance").begin_object();
    out.key("blockReward").quantity(reward);
    out.key("uncleReward").quantity(of_ommers);
    out.key("issuance").quantity(reward + of_ommers);
    out.end_object();
    out.key("totalFees").quantity(fees_of(*block));
    out.end_object();
    return out.take();
}

std::string get_block_details(Request& request) {
    return details_of(request, find_block(request.chain, request.params.get(0, read_block_id)));
}
std::string get_block_details_by_hash(Request& request) {
    return details_of(request,
                      find_block(request.chain, BlockTag::of_hash(request.params.hash(0))));
}

/// Returns the block with what a page shows of its transactions: of their data the selector alone.
StoredBlock shown_block(const StoredBlock& block, size_t first, size_t end) {
    StoredBlock shown = block;
    for (size_t i = first; i < end; ++i) {
        auto& data = shown.block.transactions[i].data;
        data.resize(std::min(data.size(), SELECTOR_SIZE));
    }
    for (auto& receipt : shown.receipts) receipt.logs.clear();
    return shown;
}

/// A page is counted from the block's end.
std::string get_block_transactions(Request& request) {
    const auto block = find_block(request.chain, request.params.get(0, read_block_id));
    if (!block) return "null";
    const uint64_t page = request.params.get(1, read_number);
    const uint64_t size = page_size(request.params, 2);
    const size_t count = block->block.transactions.size();
    const size_t end = page > count / size ? 0 : count - page * size;
    const size_t first = end > size ? end - size : 0;
    const StoredBlock shown = shown_block(*block, first, end);
    Appender out;
    out.begin_object();
    out.key("fullblock").begin_object();
    append_block_summary(out, *block);
    out.key("transactions").begin_array();
    for (size_t i = first; i < end; ++i) append_transaction(out, shown, i);
    out.end_array();
    out.end_object();
    out.key("receipts").begin_array();
    for (size_t i = first; i < end; ++i)
        append_receipt(out, request.chain.chain().spec(), shown, i);
    out.end_array();
    out.end_object();
    return out.take();
}

std::string get_header_by_number(Request& request) {
    const auto block = find_block(request.chain, request.params.get(0, read_block_id));
    if (!block) return "null";
    Appender out;
    append_header(out, *block);
    return out.take();
}

// --- Transactions

void append_trace(Appender& out, const CallFrame& frame, uint64_t depth) {
    out.begin_object();
    out.key("type").string(frame.type);
    out.key("depth").number(depth);
    out.key("from").hex(frame.from);
    if (out.key("to"); frame.to)
        out.hex(*frame.to);
    else
        out.null();
    if (out.key("value"); frame.value)
        out.quantity(*frame.value);
    else
        out.null();
    out.key("input").hex(frame.input);
    out.key("output").hex(frame.output);
    out.end_object();
    for (const auto& call : frame.calls) append_trace(out, call, depth + 1);
}

std::string trace_transaction(Request& request) {
    const auto place = place_of(request);
    if (!place) return "null";
    const auto traced = trace_calls(request.chain, *place);
    Appender out;
    out.begin_array();
    append_trace(out, traced.root, 0);
    out.end_array();
    return out.take();
}

/// Otterscan's numbers for what moves ether or makes contracts; nullopt for all else.
std::optional<uint64_t> operation_type(const CallFrame& frame) {
    if (frame.type == "SELFDESTRUCT") return 1;
    if (frame.type == "CREATE") return 2;
    if (frame.type == "CREATE2") return 3;
    if (frame.type == "CALL" && frame.value && !frame.value->is_zero()) return 0;
    return std::nullopt;
}

/// Appends what calls inside a frame have done; nothing that was undone.
void append_operations(Appender& out, const CallFrame& frame) {
    for (const auto& call : frame.calls) {
        if (call.status != evm::Status::success) continue;
        const auto type = operation_type(call);
        if (type && call.to) {
            out.begin_object();
            out.key("type").number(*type);
            out.key("from").hex(call.from);
            out.key("to").hex(*call.to);
            out.key("value").quantity(call.value.value_or(uint256{}));
            out.end_object();
        }
        append_operations(out, call);
    }
}

std::string get_internal_operations(Request& request) {
    const auto place = place_of(request);
    if (!place) return "null";
    const auto traced = trace_calls(request.chain, *place);
    Appender out;
    out.begin_array();
    if (traced.outcome.succeeded()) append_operations(out, traced.root);
    out.end_array();
    return out.take();
}

std::string get_transaction_error(Request& request) {
    const auto place = place_of(request);
    if (!place) return "null";
    const auto traced = trace_calls(request.chain, *place);
    return json::hex_json(traced.outcome.status == evm::Status::revert
                              ? BytesView{traced.outcome.output}
                              : BytesView{});
}

std::string get_transaction_by_sender_and_nonce(Request& request) {
    const auto hash =
        find_by_nonce(request.chain, request.params.address(0), request.params.get(1, read_number));
    return hash ? json::hex_json(*hash) : "null";
}

std::string get_contract_creator(Request& request) {
    const auto creation = find_creation(request.chain, request.params.address(0));
    if (!creation) return "null";
    Appender out;
    out.begin_object();
    out.key("hash").hex(creation->transaction);
    out.key("creator").hex(creation->creator);
    out.end_object();
    return out.take();
}

// --- Search, the newest first in each page

std::string page_of(Request& request, const std::vector<chain::TransactionPlace>& places,
                    bool is_first, bool is_last) {
    Appender out;
    out.begin_object();
    out.key("txs").begin_array();
    for (const auto& place : places) append_transaction(out, *place.block, place.index);
    out.end_array();
    out.key("receipts").begin_array();
    for (const auto& place : places) {
        Appender receipt;
        append_receipt(receipt, request.chain.chain().spec(), *place.block, place.index);
        std::string text = receipt.take();
        text.pop_back();  // its brace
        text += ",\"timestamp\":" + json::quantity_json(place.block->header().timestamp_s) + "}";
        out.raw(text);
    }
    out.end_array();
    out.key("firstPage").boolean(is_first);
    out.key("lastPage").boolean(is_last);
    out.end_object();
    return out.take();
}

/// Searches below a block; 0 stands for above all.
std::string search_before(Request& request) {
    const Address account = request.params.address(0);
    const uint64_t block = request.params.get(1, read_number);
    const uint64_t size = page_size(request.params, 2);
    const uint64_t head = request.chain.head()->header().number;
    const bool is_first = block == 0;
    const uint64_t from = is_first || block > head ? head : block - 1;
    const auto found = search_transactions(request.chain, account, from, Direction::older, size);
    return page_of(request, found.places, is_first, found.is_complete);
}

/// Searches above a block; 0 stands for below all.
std::string search_after(Request& request) {
    const Address account = request.params.address(0);
    const uint64_t block = request.params.get(1, read_number);
    const uint64_t size = page_size(request.params, 2);
    const uint64_t from = block == UINT64_MAX ? block : block + 1;
    auto found = search_transactions(request.chain, account, from, Direction::newer, size);
    std::ranges::reverse(found.places);
    return page_of(request, found.places, found.is_complete, block == 0);
}

constexpr Method METHODS[] = {
    {"ots_getApiLevel", get_api_level, ""},
    {"ots_hasCode", has_code, "address block?"},
    {"ots_getBlockDetails", get_block_details, "block"},
    {"ots_getBlockDetailsByHash", get_block_details_by_hash, "blockHash"},
    {"ots_getBlockTransactions", get_block_transactions, "block page pageSize"},
    {"ots_traceTransaction", trace_transaction, "transactionHash"},
    {"ots_getInternalOperations", get_internal_operations, "transactionHash"},
    {"ots_getTransactionError", get_transaction_error, "transactionHash"},
    {"ots_getTransactionBySenderAndNonce", get_transaction_by_sender_and_nonce, "sender nonce"},
    {"ots_getContractCreator", get_contract_creator, "address"},
    {"ots_searchTransactionsBefore", search_before, "address block pageSize"},
    {"ots_searchTransactionsAfter", search_after, "address block pageSize"},
    {"erigon_getHeaderByNumber", get_header_by_number, "block"},
};

}  // namespace

std::span<const Method> otterscan_methods() {
    return METHODS;
}

}  // namespace scope::rpc
