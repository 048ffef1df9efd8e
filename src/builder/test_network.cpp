#include "builder/test_network.hpp"

#include "evm/opcodes.hpp"

namespace scope::builder::test {

namespace {

constexpr uint64_t WORDS = 8;  // of ISettlement.Rollup

Hash slot_of(ChainId chain_id, uint64_t word) {
    return to_be(uint256{chain_id.number() * WORDS + word});
}

/// Answers every call with the words of the rollup that its first argument names.
Bytes settlement_code() {
    using namespace evm;
    Bytes code{OP_PUSH0 + 1, 4, OP_CALLDATALOAD, OP_PUSH0 + 1, WORDS, OP_MUL};
    for (uint8_t word = 0; word < WORDS; ++word)
        append(code, Bytes{OP_DUP1, OP_PUSH0 + 1, word, OP_ADD, OP_SLOAD, OP_PUSH0 + 1,
                           static_cast<uint8_t>(32 * word), OP_MSTORE});
    append(code, Bytes{OP_PUSH0 + 2, 1, 0, OP_PUSH0, OP_RETURN});
    return code;
}

}  // namespace

TestNetwork::TestNetwork(const std::function<void(rollup::RollupConfig&)>& change) {
    for (const ChainId chain_id : {CHAIN, REMOTE}) {
        configs.push_back(rollup::test::config(chain_id));
        if (change) change(configs.back());
    }
    contracts = {configs[0].settlement, Address{{0xca}}};
    follower = std::make_unique<rollup::Follower>(source, configs);

    chain::Genesis genesis;
    genesis.timestamp_s = GENESIS_TIME_S;
    auto& settlement = genesis.alloc[contracts.settlement.settlement];
    settlement.code = settlement_code();
    for (const auto& config : configs) {
        const auto head = rollup::test::make_chain(config).head();
        settlement.storage[slot_of(config.chain_id(), 1)] = config.program_id;
        settlement.storage[slot_of(config.chain_id(), 2)] = head->header().state_root;
        settlement.storage[slot_of(config.chain_id(), 3)] = head->hash;
    }
    genesis.alloc[contracts.l1_callable].code = rollup::test::predeploy_code();
    genesis.alloc[crypto::address_of(options.submitter)].balance =
        uint256{1'000'000'000} * uint256{1'000'000'000};
    l1 = std::make_unique<l1::LocalL1>(
        chain::ChainSpec::of(evm::Revision::osaka, rollup::test::L1_CHAIN), genesis);
}

void TestNetwork::stop_chain() {
    const auto chain = rollup::test::make_chain(configs[0]);
    const auto batch = rollup::test::sample_batch(chain, source.head()->hash, 0);
    auto claim = rollup::test::claim_of(chain, configs[0], batch, rollup::test::DataIn::calldata);
    claim.claim.post_state_root = Hash{{0xbb}};
    source.settle({claim.claim});
    CHECK(follower->advance().has_value());
    CHECK(follower->rollup(CHAIN)->stopped.has_value());
}

ScopeBuilder TestNetwork::open() const {
    auto scope = ScopeBuilder::open(*l1, *follower, contracts, options);
    CHECK(scope.has_value());
    return std::move(*scope);
}

}  // namespace scope::builder::test
