#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "execution/forced.hpp"
#include "execution/host.hpp"
#include "execution/system_contracts.hpp"
#include "failing_state/failing_state.hpp"
#include "rpc/service.hpp"
#include "rpc/test_asking.hpp"
#include "types/signing.hpp"

// A request that reads a state which can't be read, at any of its reads: it is answered with an
// error that says so, and the next one with what it asks for.

namespace scope::rpc {
namespace {

using namespace literals;
using ::testing::HasSubstr;

constexpr ChainId CHAIN{31337};
constexpr Address STORING = "0x00000000000000000000000000000000000000ee"_address;
constexpr Hash SLOT = "0x0000000000000000000000000000000000000000000000000000000000000001"_hash;

crypto::SecretKey key() {
    return *crypto::SecretKey::from(to_be(uint256{7u}));
}
Address sender() {
    return crypto::address_of(key());
}

chain::Genesis genesis() {
    chain::Genesis genesis;
    genesis.timestamp_s = 1000;
    genesis.alloc[sender()].balance = uint256{1u} << 80;
    genesis.alloc[STORING].code = "600154600101600155"_hex;  // counts in slot 1
    genesis.alloc[STORING].storage[SLOT] = SLOT;
    for (const Address& each : {execution::WITHDRAWALS, execution::CONSOLIDATIONS})
        genesis.alloc[each].code = "00"_hex;  // no block without them
    return genesis;
}

Transaction transaction(uint64_t nonce) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN;
    tx.nonce = nonce;
    tx.to = STORING;
    tx.gas_limit = 100'000;
    tx.max_fee_per_gas = uint256{20'000'000'000};
    sign(tx, key());
    return tx;
}

chain::ChainSpec spec() {
    auto spec = chain::ChainSpec::of(evm::LATEST_REVISION, CHAIN);
    spec.forced = std::make_shared<execution::Forced>();
    return spec;
}

/// A chain whose states fail, whoever reads them: the methods, or who builds a block.
class FailingChain final : public testing::LoneChain {
  public:
    FailingChain() : LoneChain(spec(), genesis()) {
        mine({transaction(0)});
        mine({transaction(1)});
        for (uint64_t number = 0; number <= 2; ++number) {
            const Hash hash = chain().store().canonical_block(number)->hash;
            chain().spec().forced->change_state(hash, *state(hash), {});
        }
    }
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const override {
        return std::make_shared<testing::FailingState>(LoneChain::state(block), count);
    }
    std::shared_ptr<testing::ReadCount> count = std::make_shared<testing::ReadCount>();
};

RpcResult ask(Service& service, std::string_view method, const std::string& params) {
    simdjson::dom::parser parser;
    std::optional<RpcResult> answer;
    service.call({.chain_id = CHAIN,
                  .method = method,
                  .params = Json{parser.parse(params)},
                  .subscriber = nullptr},
                 [&](RpcResult result) { answer = std::move(result); });
    return std::move(*answer);
}

TEST(rpc_unavailable, is_answered_at_any_read_and_leaves_no_mark) {
    const auto call =
        fmt::format(R"({{"from":"{}","to":"{}"}})", to_hex(sender()), to_hex(STORING));
    const auto of_sender = fmt::format(R"("{}")", to_hex(sender()));
    const auto raw = fmt::format(R"(["{}"])", to_hex(encode(transaction(2))));
    const std::vector<std::pair<std::string, std::string>> requests{
        {"eth_getBalance", fmt::format(R"([{},"latest"])", of_sender)},
        {"eth_getBalance", fmt::format(R"([{},"pending"])", of_sender)},
        {"eth_getProof", fmt::format(R"(["{}",["0x1"],"latest"])", to_hex(STORING))},
        {"eth_call", fmt::format(R"([{},"latest"])", call)},
        {"eth_call", fmt::format(R"([{},"pending"])", call)},
        {"eth_estimateGas", fmt::format("[{}]", call)},
        {"eth_createAccessList", fmt::format("[{}]", call)},
        {"eth_simulateV1",
         fmt::format(R"([{{"blockStateCalls":[{{"calls":[{}]}}]}},"latest"])", call)},
        {"debug_traceCall", fmt::format(R"([{},"latest"])", call)},
        {"debug_traceBlockByNumber", R"(["0x2"])"},
        {"ots_getContractCreator", fmt::format(R"(["{}"])", to_hex(STORING))},
        {"ots_getTransactionBySenderAndNonce", fmt::format("[{},1]", of_sender)},
        {"eth_sendRawTransaction", raw},
    };
    for (const auto& [method, params] : requests) {
        SCOPED_TRACE(method + params);
        FailingChain chain;
        Service service{chain};
        const auto reset = [&] {
            chain.pool()->clear();
            chain.count->start(0);
        };
        reset();
        const auto wanted = ask(service, method, params);
        const size_t reads = chain.count->reads;
        ASSERT_TRUE(wanted) << wanted.error().message;
        ASSERT_GT(reads, 0u);
        for (size_t fails_at = 1; fails_at <= reads; ++fails_at) {
            SCOPED_TRACE(fails_at);
            reset();
            chain.count->start(fails_at);
            const auto failed = ask(service, method, params);
            ASSERT_FALSE(failed) << *failed;
            EXPECT_EQ(failed.error().code, INTERNAL_ERROR);
            EXPECT_THAT(failed.error().message, HasSubstr("the disk fails"));
            EXPECT_EQ(chain.pool()->size(), 0u);
            const auto again = ask(service, method, params);
            ASSERT_TRUE(again) << again.error().message;
            EXPECT_EQ(*again, *wanted);
        }
    }
}

}  // namespace
}  // namespace scope::rpc
