#include "fuzz_evm/test_json.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"

namespace scope::fuzz_evm {

namespace {

std::string quoted(const uint256& number) {
    const std::string digits = to_hex(to_be(number)).substr(2);
    const size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    return fmt::format("\"0x{}\"", digits.substr(first));
}

std::string quoted(BytesView bytes) {
    return fmt::format("\"{}\"", to_hex(bytes));
}

/// open, then item(0), item(1), .. with commas between, then close.
template <typename Range, typename Write>
std::string joined(char open, const Range& range, char close, Write write) {
    std::string text{open};
    for (const auto& item : range) {
        if (text.size() > 1) text += ',';
        text += write(item);
    }
    return text + close;
}

std::string alloc_json(const state::GenesisAlloc& alloc) {
    return joined('{', alloc, '}', [](const auto& entry) {
        const auto& [address, account] = entry;
        return fmt::format(R"({}:{{"nonce":{},"balance":{},"code":{},"storage":{}}})",
                           quoted(address), quoted(uint256{account.nonce}), quoted(account.balance),
                           quoted(account.code),
                           joined('{', account.storage, '}', [](const auto& slot) {
                               return fmt::format("{}:{}", quoted(slot.first), quoted(slot.second));
                           }));
    });
}

std::string access_list_json(const AccessList& list) {
    return joined('[', list, ']', [](const AccessListEntry& entry) {
        return fmt::format(
            R"({{"address":{},"storageKeys":{}}})", quoted(entry.address),
            joined('[', entry.storage_keys, ']', [](const Hash& key) { return quoted(key); }));
    });
}

std::string authorizations_json(const Transaction& tx) {
    return joined('[', tx.authorization_list, ']', [](const Authorization& item) {
        return fmt::format(R"({{"chainId":{},"address":{},"nonce":{},"yParity":{},"r":{},"s":{}}})",
                           quoted(item.chain_id), quoted(item.address), quoted(uint256{item.nonce}),
                           quoted(item.y_parity), quoted(item.r), quoted(item.s));
    });
}

std::string transaction_json(const Program& program) {
    const Transaction& tx = program.tx;
    std::string text = fmt::format(
        R"({{"nonce":{},"gasLimit":[{}],"to":{},"value":[{}],"data":[{}],"sender":{})",
        quoted(uint256{tx.nonce}), quoted(uint256{tx.gas_limit}), tx.to ? quoted(*tx.to) : R"("")",
        quoted(tx.value), quoted(tx.data), quoted(program.sender));
    if (tx.type >= TxType::dynamic_fee)
        text += fmt::format(R"(,"maxFeePerGas":{},"maxPriorityFeePerGas":{})",
                            quoted(tx.max_fee_per_gas), quoted(tx.max_priority_fee_per_gas));
    else
        text += fmt::format(R"(,"gasPrice":{})", quoted(tx.max_fee_per_gas));
    if (tx.type != TxType::legacy)
        text += fmt::format(R"(,"accessLists":[{}])", access_list_json(tx.access_list));
    if (tx.type == TxType::set_code)
        text += fmt::format(R"(,"authorizationList":{})", authorizations_json(tx));
    return text + '}';
}

}  // namespace

std::string genesis_json(const state::GenesisAlloc& alloc) {
    return fmt::format(
        R"({{"config":{{"chainId":{},"homesteadBlock":0,"eip150Block":0,"eip155Block":0,)"
        R"("eip158Block":0,"byzantiumBlock":0,"constantinopleBlock":0,"petersburgBlock":0,)"
        R"("istanbulBlock":0,"berlinBlock":0,"londonBlock":0,"terminalTotalDifficulty":0,)"
        R"("shanghaiTime":0,"cancunTime":0,"pragueTime":0,"osakaTime":0}},"nonce":"0x0",)"
        R"("timestamp":"0x3e8","extraData":"0x","gasLimit":"0x0","difficulty":"0x0",)"
        R"("mixHash":{},"coinbase":"0x00000000000000000000000000000000c0ba5e00",)"
        R"("baseFeePerGas":"0x7","alloc":{}}})",
        CHAIN_ID, quoted(Hash{}), alloc_json(alloc));
}

std::string state_test_json(const Program& program, const state::GenesisAlloc& pre,
                            const evm::BlockContext& block, uint64_t excess_blob_gas,
                            const Expectation& expected) {
    return fmt::format(
        R"({{"fuzz_{}":{{"env":{{"currentCoinbase":{},"currentNumber":{},"currentTimestamp":{},)"
        R"("currentGasLimit":{},"currentBaseFee":{},"currentRandom":{},"currentDifficulty":"0x0",)"
        R"("currentExcessBlobGas":{}}},"config":{{"chainid":{}}},"pre":{},"transaction":{},)"
        R"("post":{{"Osaka":[{{"hash":{},"logs":{},"txbytes":{},)"
        R"("indexes":{{"data":0,"gas":0,"value":0}}}}]}}}}}})",
        program.index, quoted(block.coinbase), quoted(uint256{block.number}),
        quoted(uint256{block.timestamp_s}), quoted(uint256{block.gas_limit}),
        quoted(block.base_fee), quoted(block.prev_randao), quoted(uint256{excess_blob_gas}),
        quoted(uint256{block.chain_id}), alloc_json(pre), transaction_json(program),
        quoted(expected.state_root), quoted(expected.logs_hash), quoted(encode(program.tx)));
}

}  // namespace scope::fuzz_evm
