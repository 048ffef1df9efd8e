#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/hex.hpp"
#include "spec/fixtures.hpp"
#include "types/transaction.hpp"

namespace scope::spec {
namespace {

namespace dom = simdjson::dom;

/// Rules that a transaction meets or not where it is executed; its bytes are well formed.
const std::set<std::string_view> RULES_OF_EXECUTION{
    "TransactionException.INTRINSIC_GAS_TOO_LOW",
    "TransactionException.INITCODE_SIZE_EXCEEDED",
    "TransactionException.GASLIMIT_PRICE_PRODUCT_OVERFLOW",
    "TransactionException.PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2",
    "TransactionException.TYPE_NOT_SUPPORTED",
};

/// The sender on the chain with id 1, if the transaction is well formed and its signature good.
std::optional<Address> sender_of(const Result<Transaction, TxDecodeError>& tx,
                                 std::string_view fork) {
    if (!tx || tx->type == TxType::system) return std::nullopt;
    const bool eip155 = fork != "Frontier" && fork != "Homestead" && fork != "EIP150";
    if (tx->type == TxType::legacy && tx->chain_id && !eip155) return std::nullopt;
    if (tx->chain_id && *tx->chain_id != 1) return std::nullopt;
    return recover_sender(*tx,
                          fork == "Frontier" ? SignatureRule::frontier : SignatureRule::homestead);
}

TEST(spec_transaction, verdicts) {
    const auto folder = FIXTURE_FOLDER_OR_SKIP("ethereum-tests-basic", "TransactionTests");
    std::map<std::string, size_t> left_to_execution;
    size_t verdicts = 0;
    for_each_json(folder, [&](const std::filesystem::path&, dom::element document) {
        for (const auto [name, test] : document.get_object()) {
            const auto tx = decode_transaction(bytes_of(test["txbytes"]));
            for (const auto [fork, result] : test["result"].get_object()) {
                SCOPED_TRACE(std::string{name} + " " + std::string{fork});
                ++verdicts;
                const auto sender = sender_of(tx, fork);
                std::string_view exception;
                if (result["exception"].get(exception) == simdjson::SUCCESS) {
                    if (RULES_OF_EXECUTION.contains(exception))
                        ++left_to_execution[std::string{exception}];
                    else
                        EXPECT_FALSE(sender) << exception;
                    continue;
                }
                ASSERT_TRUE(sender) << (tx ? "bad sender" : to_string(tx.error()));
                EXPECT_EQ(to_hex(*sender), to_hex(bytes_of(result["sender"])));
                EXPECT_EQ(to_hex(hash(*tx)), to_hex(bytes_of(result["hash"])));
            }
        }
    });
    EXPECT_GT(verdicts, 2000u);
    for (const auto& [rule, count] : left_to_execution)
        RecordProperty("left to execution: " + rule, std::to_string(count));
}

}  // namespace
}  // namespace scope::spec
