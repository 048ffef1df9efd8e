#include "rollup/rollup_config.hpp"

#include "crypto/keccak.hpp"

namespace scope::rollup {

const execution::SystemTransactionRule& RollupConfig::system() const {
    const auto* const rollup = dynamic_cast<const execution::ScopeRollup*>(spec.rollup.get());
    CHECK(rollup != nullptr);
    return rollup->system();
}

std::optional<uint256> genesis_supply(const RollupConfig& config) {
    const auto& alloc = config.genesis.alloc;
    const auto predeploy = alloc.find(config.system().target);
    if (config.genesis.gas_limit < MIN_GAS_LIMIT || predeploy == alloc.end() ||
        predeploy->second.balance != RESERVE)
        return std::nullopt;
    uint256 supply;
    for (const auto& [address, account] : alloc) {
        if (address == predeploy->first) continue;
        supply += account.balance;
        if (supply < account.balance) return std::nullopt;
    }
    return supply;
}

chain::ChainSpec rollup_spec(ChainId chain_id) {
    auto spec = chain::ChainSpec::of(evm::Revision::osaka, chain_id);
    spec.deposit_contract = {};  // nobody stakes on a rollup (EIP-6110)
    spec.rollup = std::make_shared<execution::ScopeRollup>(
        execution::SystemTransactionRule{SYSTEM_SENDER, PREDEPLOY});
    return spec;
}

chain::BlockAttributes attributes_of(const BatchBlock& block, uint64_t all_gas) {
    chain::BlockAttributes attributes;
    attributes.timestamp_s = block.timestamp_s;
    attributes.coinbase = block.coinbase;
    attributes.prev_randao = crypto::keccak256(block.l1_origin_hash);
    attributes.parent_beacon_block_root = block.l1_origin_hash;
    attributes.all_gas = all_gas;
    return attributes;
}

}  // namespace scope::rollup
