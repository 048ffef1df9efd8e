#include "devnet/genesis.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "abi/abi.hpp"
#include "crypto/keccak.hpp"
#include "devnet/system_contracts.hpp"
#include "execution/host.hpp"

namespace scope::devnet {

namespace {

constexpr uint64_t DEPLOY_GAS = 10'000'000;

}  // namespace

Hash program_id() {
    return crypto::keccak256(as_bytes("scope.program.osaka.v2"));
}

chain::ChainSpec l1_spec(ChainId chain_id) {
    return chain::ChainSpec::of(evm::Revision::osaka, chain_id);
}

chain::Genesis l1_genesis(state::GenesisAlloc alloc) {
    chain::Genesis genesis;
    genesis.timestamp_s = GENESIS_TIME_S;
    genesis.alloc = std::move(alloc);
    add_system_contracts(genesis.alloc);
    return genesis;
}

Bytes predeploy_code(const Artifacts& artifacts, const chain::ChainSpec& rollup,
                     const protocol::SettlementId& settlement) {
    const state::MemoryState nothing;
    state::State state{nothing};
    BlockHeader header;
    header.gas_limit = DEPLOY_GAS;
    header.timestamp_s = GENESIS_TIME_S;
    header.base_fee_per_gas = uint256{};
    header.excess_blob_gas = 0;
    const auto environment = chain::make_environment(rollup, header, nullptr);
    execution::Host host{state, environment};
    host.open_transaction({});
    const Bytes init_code =
        concat(artifacts.init_code("ScopedCallableL2"),
               abi::encode(uint256{settlement.l1_chain_id}, settlement.settlement));
    const auto result = host.call({.kind = evm::CallKind::create,
                                   .gas = static_cast<int64_t>(DEPLOY_GAS),
                                   .input = init_code});
    if (result.status != evm::Status::success)
        throw std::runtime_error{
            fmt::format("the predeploy's constructor: {}", evm::to_string(result.status))};
    return state.code(result.created)->bytes;
}

state::GenesisAlloc rollup_alloc(const Bytes& predeploy_code) {
    state::GenesisAlloc alloc;
    add_system_contracts(alloc);
    alloc[rollup::PREDEPLOY] = {
        .nonce = 1, .balance = rollup::RESERVE, .code = predeploy_code, .storage = {}};
    return alloc;
}

rollup::RollupConfig rollup_config(ChainId chain_id, const protocol::SettlementId& settlement,
                                   state::GenesisAlloc alloc) {
    rollup::RollupConfig config;
    config.spec = rollup::rollup_spec(chain_id);
    config.settlement = settlement;
    config.program_id = program_id();
    config.genesis.timestamp_s = GENESIS_TIME_S;
    config.genesis.gas_limit = rollup::MIN_GAS_LIMIT;
    config.genesis.alloc = std::move(alloc);
    return config;
}

}  // namespace scope::devnet
