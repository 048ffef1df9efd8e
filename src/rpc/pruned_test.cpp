#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "execution/host.hpp"
#include "execution/system_contracts.hpp"
#include "rpc/blocks.hpp"
#include "rpc/test_asking.hpp"
#include "store/stored_chain.hpp"
#include "types/signing.hpp"

// Requests about blocks whose state is pruned: each says so, and none answers as if nothing were
// there.

namespace scope::rpc {
namespace {

using namespace literals;
using ::testing::HasSubstr;

constexpr ChainId CHAIN{31337};
constexpr uint64_t DEPTH = 4;
constexpr uint64_t BLOCKS = 10;
constexpr uint64_t CREATED_EARLY = 2, CREATED_LATE = 8;  // the blocks that create a contract
/// Returns itself as a contract's code: CODESIZE PUSH0 PUSH0 CODECOPY CODESIZE PUSH0 RETURN.
const Bytes INIT = "385f5f39385ff3"_hex;

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
    for (const Address& each : {execution::WITHDRAWALS, execution::CONSOLIDATIONS})
        genesis.alloc[each].code = "00"_hex;  // no block without them
    return genesis;
}

Transaction transaction(uint64_t nonce, bool creates) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN;
    tx.nonce = nonce;
    if (creates)
        tx.data = INIT;
    else
        tx.to = Address{};
    tx.gas_limit = 100'000;
    tx.max_fee_per_gas = uint256{20'000'000'000};
    sign(tx, key());
    return tx;
}

/// A service on a chain in a database, of whose 10 blocks the last 4 and the one before have states.
class Pruned : public ::testing::Test {
  protected:
    Pruned() {
        for (uint64_t number = 1; number <= BLOCKS; ++number)
            asking_.chain.mine(
                {transaction(number - 1, number == CREATED_EARLY || number == CREATED_LATE)});
    }
    [[nodiscard]] std::string hash_of(uint64_t number) const {
        return to_hex(asking_.chain.chain().store().canonical_block(number)->hash);
    }
    [[nodiscard]] std::string transaction_of(uint64_t number) const {
        return to_hex(asking_.chain.chain().store().canonical_block(number)->transaction_hashes[0]);
    }

    std::unique_ptr<store::Database> database_ = store::make_memory_database();
    store::Staging staging_{*database_};
    Asking asking_{CHAIN, genesis(),
                   std::make_unique<store::StoredChain>(staging_, CHAIN,
                                                        store::StoredChainOptions{.depth = DEPTH})};
};

TEST_F(Pruned, states_are_said_not_to_be_available) {
    EXPECT_EQ(oldest_state(asking_.chain), BLOCKS - DEPTH);
    const std::string account = to_hex(sender());
    const auto at = [&](uint64_t number) {  // methods that read the state after a block
        const auto block = fmt::format(R"("0x{:x}")", number);
        const auto by_hash = fmt::format(R"({{"blockHash":"{}"}})", hash_of(number));
        const auto call = fmt::format(R"({{"from":"{0}","to":"{0}"}})", account);
        return std::vector<std::pair<std::string, std::string>>{
            {"eth_getBalance", fmt::format(R"(["{}",{}])", account, block)},
            {"eth_getBalance", fmt::format(R"(["{}",{}])", account, by_hash)},
            {"eth_getTransactionCount", fmt::format(R"(["{}",{}])", account, block)},
            {"eth_getCode", fmt::format(R"(["{}",{}])", account, block)},
            {"eth_getStorageAt", fmt::format(R"(["{}","0x0",{}])", account, block)},
            {"eth_getStorageValues", fmt::format(R"([{{"{}":["0x0"]}},{}])", account, block)},
            {"eth_getProof", fmt::format(R"(["{}",[],{}])", account, block)},
            {"eth_getAccountInfo", fmt::format(R"(["{}",{}])", account, block)},
            {"eth_call", fmt::format("[{},{}]", call, block)},
            {"eth_call", fmt::format("[{},{}]", call, by_hash)},
            {"eth_estimateGas", fmt::format("[{},{}]", call, block)},
            {"eth_createAccessList", fmt::format("[{},{}]", call, block)},
            {"eth_simulateV1", fmt::format(R"([{{"blockStateCalls":[{{}}]}},{}])", block)},
            {"debug_traceCall", fmt::format("[{},{}]", call, block)},
            {"ots_hasCode", fmt::format(R"(["{}",{}])", account, block)},
        };
    };
    const auto running = [&](uint64_t number) {  // and that before it
        const auto block = fmt::format(R"("0x{:x}")", number);
        const auto transaction = fmt::format(R"(["{}"])", transaction_of(number));
        return std::vector<std::pair<std::string, std::string>>{
            {"debug_traceBlockByNumber", fmt::format("[{}]", block)},
            {"debug_traceBlockByHash", fmt::format(R"(["{}"])", hash_of(number))},
            {"debug_traceTransaction", transaction},
            {"debug_executionWitness", fmt::format("[{}]", block)},
            {"ots_traceTransaction", transaction},
            {"ots_getInternalOperations", transaction},
        };
    };
    const auto expect = [&](const auto& requests, bool is_kept) {
        for (const auto& [method, params] : requests) {
            SCOPED_TRACE(method + params);
            if (is_kept) {
                EXPECT_NE(asking_.get(method, params), "");
                continue;
            }
            const RpcError error = asking_.error(method, params);
            EXPECT_EQ(error.code, SERVER_ERROR);
            EXPECT_THAT(error.message, HasSubstr("historical state"));
            EXPECT_THAT(error.message, HasSubstr("is not available"));
        }
    };
    for (uint64_t number = 0; number <= BLOCKS; ++number) {
        SCOPED_TRACE(number);
        expect(at(number), number >= BLOCKS - DEPTH);
        if (number > 0) expect(running(number), number > BLOCKS - DEPTH);
    }
}

TEST_F(Pruned, blocks_and_receipts_are_there) {
    for (uint64_t number = 1; number <= BLOCKS; ++number) {
        EXPECT_THAT(asking_.get("eth_getBlockByNumber", fmt::format(R"(["0x{:x}",true])", number)),
                    HasSubstr(hash_of(number)));
        EXPECT_THAT(asking_.get("eth_getTransactionReceipt",
                                fmt::format(R"(["{}"])", transaction_of(number))),
                    HasSubstr(hash_of(number)));
    }
}

TEST_F(Pruned, capabilities_say_from_which_block_on_states_are_kept) {
    const auto answer = asking_.get("eth_capabilities", "[]");
    for (const std::string_view kind : {"state", "stateproofs"})
        EXPECT_THAT(answer,
                    HasSubstr(fmt::format(R"("{}":{{"disabled":false,"oldestBlock":"0x{:x}"}})",
                                          kind, BLOCKS - DEPTH)));
    for (const std::string_view kind : {"tx", "logs", "receipts", "blocks"})
        EXPECT_THAT(answer, HasSubstr(fmt::format(
                                R"("{}":{{"disabled":false,"oldestBlock":"0x0"}})", kind)));
}

TEST_F(Pruned, a_search_that_would_need_their_states_says_so) {
    const auto created_at = [&](uint64_t number) {
        return fmt::format(R"(["{}"])", to_hex(execution::create_address(sender(), number - 1)));
    };
    EXPECT_THAT(asking_.get("ots_getContractCreator", created_at(CREATED_LATE)),
                HasSubstr(transaction_of(CREATED_LATE)));
    EXPECT_THAT(asking_.error("ots_getContractCreator", created_at(CREATED_EARLY)).message,
                HasSubstr("is not available"));
    EXPECT_EQ(asking_.get("ots_getContractCreator", created_at(CREATED_LATE + 1)), "null");
    const auto sent = [&](uint64_t number) {
        return fmt::format(R"(["{}",{}])", to_hex(sender()), number - 1);
    };
    for (uint64_t number = 1; number <= BLOCKS; ++number) {
        SCOPED_TRACE(number);
        if (number > BLOCKS - DEPTH)
            EXPECT_EQ(asking_.get("ots_getTransactionBySenderAndNonce", sent(number)),
                      fmt::format(R"("{}")", transaction_of(number)));
        else
            EXPECT_THAT(asking_.error("ots_getTransactionBySenderAndNonce", sent(number)).message,
                        HasSubstr("is not available"));
    }
    EXPECT_EQ(asking_.get("ots_getTransactionBySenderAndNonce", sent(BLOCKS + 1)), "null");
}

}  // namespace
}  // namespace scope::rpc
