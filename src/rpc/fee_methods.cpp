#include <fmt/format.h>

#include <algorithm>

#include "chain/header_rules.hpp"
#include "rpc/blocks.hpp"
#include "rpc/fees.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"

// Prices of gas and of blobs, and what to offer.

namespace scope::rpc {

namespace {

using chain::StoredBlockPtr;
using json::quantity_json;

constexpr uint64_t GWEI = 1'000'000'000;
constexpr uint64_t MOST_HISTORY_BLOCKS = 1024;  // as geth's
constexpr size_t MOST_PERCENTILES = 100;        // as geth's

// --- What to offer, as geth's oracle has it: of the lowest tips of the last blocks, one a little
// above the middle.

constexpr size_t SAMPLED_BLOCKS = 20;
constexpr size_t SAMPLED_OF_A_BLOCK = 3;
constexpr size_t SAMPLE_PERCENTILE = 60;
const uint256 NO_TIP_BELOW{2u};            // wei; below it a tip is not counted
const uint256 MOST_SUGGESTED{500 * GWEI};  // wei
const uint256 SUGGESTED_BY_DEFAULT{GWEI};  // wei; where nobody has paid anything

/// Returns what a transaction pays the coinbase for each gas, in wei.
uint256 tip_of(const Transaction& tx, const std::optional<uint256>& base_fee) {
    const uint256 price = effective_gas_price(tx, base_fee);
    return price - std::min(price, base_fee.value_or(uint256{}));
}

std::vector<uint256> lowest_tips(const chain::StoredBlock& block) {
    std::vector<uint256> tips;
    for (size_t i = 0; i < block.block.transactions.size(); ++i) {
        const Transaction& tx = block.block.transactions[i];
        const uint256 tip = tip_of(tx, block.header().base_fee_per_gas);
        const bool is_own = block.senders[i] == block.header().coinbase;
        if (tx.type != TxType::system && !is_own && tip >= NO_TIP_BELOW) tips.push_back(tip);
    }
    std::ranges::sort(tips);
    tips.resize(std::min(tips.size(), SAMPLED_OF_A_BLOCK));
    return tips;
}

}  // namespace

uint256 suggested_tip(ChainView& view) {
    std::vector<uint256> tips;
    StoredBlockPtr block = view.head();
    for (size_t i = 0; block && i < SAMPLED_BLOCKS; ++i) {
        std::ranges::copy(lowest_tips(*block), std::back_inserter(tips));
        block = view.chain().store().block(block->header().parent_hash);
    }
    if (tips.empty()) return SUGGESTED_BY_DEFAULT;
    std::ranges::sort(tips);
    return std::min(tips[(tips.size() - 1) * SAMPLE_PERCENTILE / 100], MOST_SUGGESTED);
}

uint256 reckoned_base_fee(const ChainView& view) {
    const auto head = view.head();
    const auto forced = chain::forced_child(view.chain().spec(), head->hash).base_fee;
    return forced.value_or(head->header().base_fee_per_gas.value_or(uint256{}));
}

namespace {

// --- The next block

BlockHeader next_header(ChainView& view) {
    const StoredBlockPtr head = view.head();
    return chain::child_header(view.chain().spec(), head->hash, head->header(), view.next_block());
}

uint256 blob_price(const chain::ChainSpec& spec, const BlockHeader& header) {
    if (!header.excess_blob_gas) return {};
    return execution::blob_base_fee(*header.excess_blob_gas, spec.blobs_at(header.timestamp_s));
}

std::string gas_price(Request& request) {
    return quantity_json(reckoned_base_fee(request.chain) + suggested_tip(request.chain));
}
std::string max_priority_fee(Request& request) {
    return quantity_json(suggested_tip(request.chain));
}
std::string base_fee(Request& request) {
    const auto fee = next_header(request.chain).base_fee_per_gas;
    return fee ? quantity_json(*fee) : "null";
}
std::string blob_base_fee(Request& request) {
    return quantity_json(blob_price(request.chain.chain().spec(), request.chain.head()->header()));
}

// --- History

double read_percentile(Json value) {
    double number = 0;
    if (value.get(number) != simdjson::SUCCESS) throw BadValue{"expected a number"};
    return number;
}

std::vector<double> percentiles_of(const Params& params) {
    const auto list = params.find(2, [](Json value) { return read_list(value, read_percentile); })
                          .value_or(std::vector<double>{});
    if (list.size() > MOST_PERCENTILES)
        fail(SERVER_ERROR,
             fmt::format("invalid reward percentile: over the query limit {}", MOST_PERCENTILES));
    for (size_t i = 0; i < list.size(); ++i) {
        if (!(list[i] >= 0 && list[i] <= 100))
            fail(SERVER_ERROR, fmt::format("invalid reward percentile: {:f}", list[i]));
        if (i > 0 && list[i] <= list[i - 1])
            fail(SERVER_ERROR, fmt::format("invalid reward percentile: #{}:{:f} >= #{}:{:f}", i - 1,
                                           list[i - 1], i, list[i]));
    }
    return list;
}

/// Appends the tips at these percentiles of the gas that a block used, by ascending tip.
void append_rewards(Appender& out, const chain::StoredBlock& block,
                    const std::vector<double>& percentiles) {
    struct Paid {
        uint256 tip;
        uint64_t gas = 0;
    };
    std::vector<Paid> paid;
    uint64_t before = 0;
    for (size_t i = 0; i < block.receipts.size(); ++i) {
        const uint64_t total = block.receipts[i].cumulative_gas_used;
        paid.push_back(
            {tip_of(block.block.transactions[i], block.header().base_fee_per_gas), total - before});
        before = total;
    }
    std::ranges::sort(paid, {}, &Paid::tip);
    out.begin_array();
    size_t index = 0;
    uint64_t gas = paid.empty() ? 0 : paid[0].gas;
    for (const double percentile : percentiles) {
        const auto threshold =
            static_cast<uint64_t>(static_cast<double>(block.header().gas_used) * percentile / 100);
        while (gas < threshold && index + 1 < paid.size()) gas += paid[++index].gas;
        out.quantity(paid.empty() ? uint256{} : paid[index].tip);
    }
    out.end_array();
}

/// The prices in the child of a block.
struct NextPrices {
    uint256 base_fee;
    uint256 blob_base_fee;
};
NextPrices prices_after(const chain::ChainSpec& spec, const chain::StoredBlock& block) {
    NextPrices prices;
    const BlockHeader& header = block.header();
    if (spec.rules_at(header.number + 1, header.timestamp_s).has_fee_market)
        prices.base_fee =
            chain::forced_child(spec, block.hash).base_fee.value_or(chain::next_base_fee(header));
    if (header.excess_blob_gas)
        prices.blob_base_fee =
            execution::blob_base_fee(chain::next_excess_blob_gas(spec, header, header.timestamp_s),
                                     spec.blobs_at(header.timestamp_s));
    return prices;
}

double ratio(uint64_t used, uint64_t limit) {
    return limit == 0 ? 0 : static_cast<double>(used) / static_cast<double>(limit);
}

std::string fee_history(Request& request) {
    const uint256 asked = request.params.get(0, read_loose_quantity);
    const BlockTag tag = request.params.get(1, read_block_number);
    const std::vector<double> percentiles = percentiles_of(request.params);
    const uint64_t head = request.chain.head()->header().number;
    if (tag.kind == BlockTag::Kind::number && tag.number > head)
        fail(SERVER_ERROR,
             fmt::format("request beyond head block: requested {}, head {}", tag.number, head));
    const uint64_t last = block_of(request.chain, tag)->header().number;
    const uint64_t count =
        std::min({asked.fits_u64() ? asked[0] : UINT64_MAX, MOST_HISTORY_BLOCKS, last + 1});
    if (count == 0) return R"({"oldestBlock":"0x0","gasUsedRatio":[]})";

    const chain::ChainSpec& spec = request.chain.chain().spec();
    std::vector<StoredBlockPtr> blocks;
    for (uint64_t number = last + 1 - count; number <= last; ++number)
        blocks.push_back(block_of(request.chain, BlockTag::of_number(number)));
    const NextPrices next = prices_after(spec, *blocks.back());

    Appender out;
    out.begin_object();
    out.key("oldestBlock").quantity(last + 1 - count);
    if (!percentiles.empty()) {
        out.key("reward").begin_array();
        for (const StoredBlockPtr& block : blocks) append_rewards(out, *block, percentiles);
        out.end_array();
    }
    out.key("baseFeePerGas").begin_array();
    for (const StoredBlockPtr& block : blocks)
        out.quantity(block->header().base_fee_per_gas.value_or(uint256{}));
    out.quantity(next.base_fee);
    out.end_array();
    out.key("gasUsedRatio").begin_array();
    for (const StoredBlockPtr& block : blocks)
        out.number(ratio(block->header().gas_used, block->header().gas_limit));
    out.end_array();
    out.key("baseFeePerBlobGas").begin_array();
    for (const StoredBlockPtr& block : blocks) out.quantity(blob_price(spec, block->header()));
    out.quantity(next.blob_base_fee);
    out.end_array();
    out.key("blobGasUsedRatio").begin_array();
    for (const StoredBlockPtr& block : blocks)
        out.number(ratio(block->header().blob_gas_used.value_or(0),
                         spec.blobs_at(block->header().timestamp_s).max * GAS_PER_BLOB));
    out.end_array();
    out.end_object();
    return out.take();
}

constexpr Method METHODS[] = {
    {"eth_gasPrice", gas_price},
    {"eth_maxPriorityFeePerGas", max_priority_fee},
    {"eth_baseFee", base_fee},
    {"eth_blobBaseFee", blob_base_fee},
    {"eth_feeHistory", fee_history, "blockCount newestBlock rewardPercentiles?"},
};

}  // namespace

std::span<const Method> fee_methods() {
    return METHODS;
}

}  // namespace scope::rpc
