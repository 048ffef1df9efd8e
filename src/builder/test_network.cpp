#include "builder/test_network.hpp"

#include "evm/opcodes.hpp"
#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"

namespace scope::builder::test {

namespace {

Bytes push(BytesView bytes) {
    return concat(Bytes{static_cast<uint8_t>(evm::OP_PUSH0 + bytes.size())}, bytes);
}
Bytes push2(size_t value) {
    return push(Bytes{static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)});
}

/// Returns code that leaves on the stack whether the calldata begin with @p prefix.
Bytes test_of(const Bytes& prefix) {
    using namespace evm;
    constexpr size_t SELECTOR_SIZE = abi::Selector::size();
    CHECK(prefix.size() == SELECTOR_SIZE || prefix.size() == SELECTOR_SIZE + abi::WORD);
    const BytesView view{prefix};
    Bytes code = concat(Bytes{OP_PUSH0, OP_CALLDATALOAD, OP_PUSH0 + 1, 224, OP_SHR},
                        push(view.first(SELECTOR_SIZE)), Bytes{OP_EQ});
    if (prefix.size() > SELECTOR_SIZE)
        append(code, concat(Bytes{OP_PUSH0 + 1, SELECTOR_SIZE, OP_CALLDATALOAD},
                            push(view.subspan(SELECTOR_SIZE)), Bytes{OP_EQ, OP_AND}));
    return code;
}

/// Returns code that, at @p start, ends the frame with so many bytes at @p place of the contract's
/// code if the calldata begin with @p prefix.
Bytes answer_to(const Bytes& prefix, size_t start, size_t place, size_t size) {
    using namespace evm;
    const Bytes test = concat(test_of(prefix), Bytes{OP_ISZERO});
    const Bytes answer = concat(push2(size), push2(place), Bytes{OP_PUSH0, OP_CODECOPY},
                                push2(size), Bytes{OP_PUSH0, OP_RETURN});
    const size_t end = start + test.size() + push2(0).size() + 1 + answer.size();
    return concat(test, push2(end), Bytes{OP_JUMPI}, answer, Bytes{OP_JUMPDEST});
}

}  // namespace

Bytes canned_code(const std::vector<CannedAnswer>& answers) {
    size_t place = 1;  // of the outputs, behind all code
    for (const auto& answer : answers) place += answer_to(answer.prefix, 0, 0, 0).size();
    Bytes code;
    Bytes outputs;
    for (const auto& [prefix, output] : answers) {
        append(code, answer_to(prefix, code.size(), place + outputs.size(), output.size()));
        append(outputs, output);
    }
    code.push_back(evm::OP_STOP);
    return concat(code, outputs);
}

NetworkChanges with_batons() {
    namespace callable = protocol::callable;
    const auto selector_of = [](const Bytes& calldata) {
        return to_bytes(BytesView{calldata}.first(abi::Selector::size()));
    };
    const callable::Baton baton;
    const CannedAnswer told{selector_of(callable::get_baton()),
                            abi::encode(Hash{}, std::tuple{baton.trace, baton.depth,
                                                           baton.gas_to_ask, protocol::Marks{}})};
    const Bytes code =
        canned_code({told,
                     {selector_of(callable::get_remotes()), abi::encode(std::vector<uint256>{})},
                     {selector_of(callable::forced_queue_position()), abi::encode(uint256{})}});
    NetworkChanges changes;
    changes.rollup = [code](rollup::RollupConfig& config) {
        config.genesis.alloc[rollup::PREDEPLOY].code = code;
    };
    changes.l1_callable = {told};
    return changes;
}

TestNetwork::TestNetwork(const NetworkChanges& changes) {
    for (const ChainId chain_id : {CHAIN, REMOTE}) {
        configs.push_back(rollup::test::config(chain_id));
        if (changes.rollup) changes.rollup(configs.back());
    }
    contracts = {configs[0].settlement, Address{{0xca}}};

    auto settlement = changes.settlement;
    for (const auto& config : configs) {
        protocol::RegisteredRollup registered;
        registered.verifier = Address{{0xee}};
        registered.program_id = config.program_id;
        registered.last_block_hash = rollup::test::make_chain(config).head()->hash;
        if (changes.registry) changes.registry(config.chain_id(), registered);
        settlement.push_back({protocol::get_rollup(config.chain_id()), abi::encode(registered)});
    }
    const Bytes nonce_of = protocol::nonce_of({});
    settlement.push_back(
        {to_bytes(BytesView{nonce_of}.first(abi::Selector::size())), abi::encode(uint256{})});

    chain::Genesis genesis;
    genesis.timestamp_s = GENESIS_TIME_S;
    genesis.alloc = changes.l1;
    genesis.alloc[contracts.settlement.settlement].code = canned_code(settlement);
    genesis.alloc[contracts.l1_callable].code = canned_code(changes.l1_callable);
    genesis.alloc[options.submitter->address()].balance =
        uint256{1'000'000'000} * uint256{1'000'000'000};
    l1 = std::make_unique<l1::LocalL1>(
        chain::ChainSpec::of(evm::Revision::osaka, rollup::test::L1_CHAIN), genesis);
    source.blocks_.front() = std::make_shared<chain::StoredBlock>(*l1->chain().head());
    follow_anew();
}

void TestNetwork::follow_anew() {
    follower = std::make_unique<rollup::Follower>(source, configs);
    CHECK(follower->advance().has_value());
}

void TestNetwork::stop_chain() {
    const auto chain = rollup::test::make_chain(configs[0]);
    const auto batch = rollup::test::sample_batch(chain, source.head()->hash, 0);
    auto claim = rollup::test::claim_of(chain, configs[0], batch, rollup::test::DataIn::calldata);
    claim.claim.last_block_hash = Hash{{0xbb}};
    source.settle({claim});
    CHECK(follower->advance().has_value());
    CHECK(follower->rollup(CHAIN)->stopped.has_value());
}

ScopeBuilder TestNetwork::open() const {
    auto scope = ScopeBuilder::open(*l1, *follower, contracts, options);
    CHECK(scope.has_value());
    return std::move(*scope);
}

}  // namespace scope::builder::test
