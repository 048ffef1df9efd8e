#include "l1/rpc_endpoint.hpp"

#include <gtest/gtest.h>

#include "l1/rpc_l1_sender.hpp"

namespace scope::l1 {
namespace {

// Texts as clients have them in their sources: geth 1.17 (core/txpool, internal/ethapi, ethdb), reth
// 1.8 (rpc-eth-types), Erigon 3, Nethermind 1.34 (AcceptTxResult), anvil 1.7.

struct ReadCase {
    int code;
    const char* message;
    L1Error::Rule rule;
};

TEST(rpc_endpoint, knows_the_words_of_clients) {
    for (const auto& [code, message, rule] : {
             ReadCase{-32000, "missing trie node 1a (path ) state 0x2b is not available",
                      L1Error::pruned},
             ReadCase{-32000, "historical state 00aa is not available", L1Error::pruned},
             ReadCase{-32000, "required historical state unavailable (reexec=128)",
                      L1Error::pruned},
             ReadCase{4444, "pruned history unavailable", L1Error::pruned},
             ReadCase{-32602, "distance to target block exceeds maximum proof window",
                      L1Error::pruned},
             ReadCase{-32000, "hash 0x12 is not currently canonical", L1Error::reorganised},
             ReadCase{-32000, "transaction indexing is in progress", L1Error::behind},
             ReadCase{-32000, "header not found", L1Error::unknown_block},
             ReadCase{-32000, "header for hash not found", L1Error::unknown_block},
             ReadCase{-32001, "Resource not found", L1Error::unknown_block},
             ReadCase{-39001, "Unknown block", L1Error::unknown_block},
             ReadCase{-32001, "block not found: hash 0x12", L1Error::unknown_block},
             ReadCase{-32601, "the method eth_getProof does not exist/is not available",
                      L1Error::refused},
             ReadCase{-32005, "daily request count exceeded, request rate limited",
                      L1Error::refused},
         }) {
        const auto error = error_of(net::RpcError{code, message, {}});
        EXPECT_EQ(to_string(error.rule), to_string(rule)) << message;
        EXPECT_NE(error.reason.find(std::string_view{message}.substr(0, 10)), std::string::npos);
    }
    EXPECT_TRUE(is_no_such_block({-32000, "safe block not found", {}}));
    EXPECT_TRUE(is_no_such_block({-32000, "finalized block not found", {}}));
    EXPECT_TRUE(is_no_such_block({-39001, "Unknown block", {}}));
    EXPECT_FALSE(is_no_such_block({-32005, "rate limited", {}}));
}

TEST(rpc_endpoint, shows_nothing_that_controls_a_terminal) {
    const auto error = error_of(net::RpcError{-32000, "\x1b[31m" + std::string(10'000, 'x'), {}});
    EXPECT_EQ(error.reason.find('\x1b'), std::string::npos);
    EXPECT_LT(error.reason.size(), 400u);
}

struct SendCase {
    const char* message;
    const char* rule;
};

TEST(rpc_l1_sender, knows_why_pools_refuse) {
    for (const auto& [message, rule] : {
             SendCase{"nonce too low: next nonce 3, tx nonce 1", "nonce_too_low"},
             SendCase{"nonce too low", "nonce_too_low"},
             SendCase{"OldNonce, Current nonce: 3, nonce of rejected tx: 1", "nonce_too_low"},
             SendCase{"nonce too high: tx nonce 3, gapped nonce 2", "nonce_gap"},
             SendCase{"NonceGap, Future nonce. Expected nonce: 2", "nonce_gap"},
             SendCase{"replacement transaction underpriced", "replacement"},
             SendCase{
                 "replacement transaction underpriced: new tx gas fee cap 5 <= 5 queued + 100% "
                 "replacement penalty",
                 "replacement"},
             SendCase{"ReplacementNotAllowed", "replacement"},
             SendCase{"address already reserved", "other_kind"},
             SendCase{"transaction underpriced: gas tip cap 0, minimum needed 1", "underpriced"},
             SendCase{"max fee per gas less than block base fee: address 0x1", "underpriced"},
             SendCase{"insufficient funds for gas * price + value: balance 0", "insufficient"},
             SendCase{"Insufficient funds for gas * price + value", "insufficient"},
             SendCase{"txpool is full", "pool_full"},
             SendCase{"account limit exceeded: pooled 16 txs", "pool_full"},
             SendCase{"transaction blob limit exceeded: blob count 7, limit 6", "refused"},
             SendCase{"transaction gas limit too high (cap: 16777216, tx: 16777217)", "refused"},
             SendCase{"tx fee (16.78 ether) exceeds the configured cap (1.00 ether)", "refused"},
             SendCase{"intrinsic gas too low", "refused"},
         }) {
        const auto error = send_error_of(net::RpcError{-32000, message, {}});
        ASSERT_TRUE(error) << message;
        EXPECT_EQ(to_string(error->rule), rule) << message;
        EXPECT_EQ(error->reason, message);
    }
    for (const auto* const message :
         {"already known", "transaction already imported", "AlreadyKnown"})
        EXPECT_FALSE(send_error_of(net::RpcError{-32000, message, {}})) << message;
}

}  // namespace
}  // namespace scope::l1
