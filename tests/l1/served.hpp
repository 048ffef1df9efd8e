#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/hex.hpp"
#include "blobs/test_blobs.hpp"
#include "crypto/kzg.hpp"
#include "l1/beacon_blobs.hpp"
#include "l1/local_l1.hpp"
#include "l1/rpc_l1_source.hpp"
#include "lone_chain/lone_chain.hpp"
#include "net/server.hpp"
#include "net/test_liar.hpp"
#include "net/test_peer.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"
#include "types/signing.hpp"

namespace scope::l1 {

/// A LocalL1 as a network that JSON-RPC asks; what is sent to it is mined at once.
class LocalL1Network final : public testing::LoneChain {
  public:
    explicit LocalL1Network(LocalL1& l1) : LoneChain(l1.spec(), {}), l1_(l1) {}

    using LoneChain::chain;
    [[nodiscard]] const chain::Chain& chain() const override { return l1_.chain(); }
    [[nodiscard]] chain::StoredBlockPtr head(rpc::Label label) const override {
        const auto heads = *l1_.heads();
        const auto& id = label == rpc::Label::latest ? heads.latest
                         : label == rpc::Label::safe ? heads.safe
                                                     : heads.finalized;
        return chain().store().block(id.hash);
    }
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const override {
        return chain().state_after(block);
    }
    [[nodiscard]] chain::BlockAttributes next_block() const override { return *l1_.next_block(); }
    Result<Hash, rpc::RpcError> send(ChainId /*chain_id*/, const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs,
                                     std::optional<Address> /*sender*/) override {
        if (const auto sent = l1_.send(transaction, blobs); !sent)
            return std::unexpected{rpc::RpcError{-32000, sent.error().reason, {}}};
        return hash(transaction);
    }

  private:
    LocalL1& l1_;
};

/// A handler behind a server on loopback, and an endpoint for it.
struct Served {
    Served(net::RpcHandler& handler, ChainId chain_id)
        : liar(handler),
          server(net::ServerOptions{}, worker, liar),
          url(fmt::format("http://127.0.0.1:{}", server.listen(0, chain_id))) {}
    ~Served() { server.stop(); }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    [[nodiscard]] std::shared_ptr<const RpcEndpoint> endpoint(
        net::RpcCallerOptions options = {}) const {
        return std::make_shared<RpcEndpoint>(*net::parse_http_url(url), options);
    }

    net::Liar liar;
    net::Worker worker;
    net::Server server;
    std::string url;
};

/// Blobs by the Beacon REST API, under the ids that a test gives.
class BeaconPeer {
  public:
    /// @param slot_s  0: it knows no slots, as anvil.
    explicit BeaconPeer(uint64_t genesis_s = 0, uint64_t slot_s = 0)
        : peer_([this, genesis_s, slot_s](const auto& request, const auto& connection) {
              return connection.send(answer(request.target, genesis_s, slot_s));
          }) {}

    [[nodiscard]] std::shared_ptr<const BeaconBlobs> source() const {
        return std::make_shared<BeaconBlobs>(*net::parse_http_url(peer_.url()));
    }
    [[nodiscard]] int requests() const noexcept { return peer_.requests(); }

    std::map<std::string, std::vector<Bytes>> blobs;  ///< by id; what is not there is 404
    std::atomic<bool> is_away = false;                ///< somebody else answers: 404 to all

  private:
    std::string answer(std::string_view target, uint64_t genesis_s, uint64_t slot_s) {
        using net::TestPeer;
        constexpr std::string_view BLOBS = "/eth/v1/beacon/blobs/";
        if (is_away) return TestPeer::response("{}", "404 Not Found");
        if (slot_s != 0 && target == "/eth/v1/config/spec")
            return TestPeer::response(
                fmt::format(R"({{"data":{{"SECONDS_PER_SLOT":"{}"}}}})", slot_s));
        if (slot_s != 0 && target == "/eth/v1/beacon/genesis")
            return TestPeer::response(
                fmt::format(R"({{"data":{{"genesis_time":"{}"}}}})", genesis_s));
        const auto id = std::string{
            target.starts_with(BLOBS) ? target.substr(BLOBS.size(), target.find('?') - BLOBS.size())
                                      : ""};
        const auto found = blobs.find(id);
        if (found == blobs.end()) return TestPeer::response("{}", "404 Not Found");
        std::string list;
        for (const Bytes& blob : found->second)
            list += (list.empty() ? "\"" : ",\"") + to_hex(blob) + "\"";
        return TestPeer::response(fmt::format(R"({{"data":[{}]}})", list));
    }

    net::TestPeer peer_;
};

inline constexpr ChainId CHAIN_ID{1};
inline constexpr uint64_t GENESIS_TIME_S = 1'000;
/// Stores calldata[32:64] in the slot calldata[0:32], and logs.
inline constexpr Address STORE{{0x57}};

inline crypto::SecretKey key(uint64_t number = 0x1234) {
    return *crypto::SecretKey::from(to_be(uint256{number}));
}

inline chain::Genesis test_genesis() {
    using namespace scope::literals;
    chain::Genesis genesis;
    genesis.timestamp_s = GENESIS_TIME_S;
    for (uint64_t i = 1; i <= 5; ++i)
        genesis.alloc[crypto::address_of(key(i))].balance = uint256{1u} << 80;
    genesis.alloc[STORE].code = "0x6020355f355560075f5fa100"_hex;
    genesis.alloc[STORE].storage[to_be(uint256{1u})] = to_be(uint256{99u});
    return genesis;
}

inline LocalL1 make_local_l1(LocalL1Options options = {.coinbase = Address{{0xc0}},
                                                       .safe_depth = 2,
                                                       .finalized_depth = 4}) {
    return {chain::ChainSpec::of(evm::Revision::cancun, CHAIN_ID), test_genesis(),
            std::move(options)};
}

using blobs::make_blob;

/// Makes a transaction of key @p from, not signed.
inline Transaction plain(const LocalL1& l1, uint64_t from) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN_ID;
    const auto account = l1.chain().head_state()->account(crypto::address_of(key(from)));
    tx.nonce = account ? account->nonce : 0;
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.max_priority_fee_per_gas = uint256{uint64_t{1'000'000'000}};
    tx.gas_limit = 200'000;
    tx.to = Address{{0xbb}};
    return tx;
}
inline Transaction signed_by(Transaction tx, uint64_t from) {
    sign(tx, key(from));
    return tx;
}
/// A call that stores @p value in @p slot.
inline Transaction storing(const LocalL1& l1, uint64_t from, uint64_t slot, uint64_t value) {
    auto tx = plain(l1, from);
    tx.to = STORE;
    tx.data = concat(to_be(uint256{slot}), to_be(uint256{value}));
    return signed_by(tx, from);
}
inline Transaction with_blobs(const LocalL1& l1, uint64_t from,
                              const std::vector<chain::StoredBlobPtr>& blobs) {
    auto tx = plain(l1, from);
    tx.type = TxType::blob;
    tx.max_fee_per_blob_gas = uint256{uint64_t{1'000'000'000}};
    for (const auto& blob : blobs)
        tx.blob_versioned_hashes.push_back(crypto::versioned_hash(blob->commitment));
    return signed_by(tx, from);
}

/// Mines blocks of random content: transfers, calls, creations, all types of transactions.
inline void mine_random(LocalL1& l1, size_t blocks, std::mt19937_64& random) {
    for (size_t i = 0; i < blocks; ++i) {
        std::vector<Transaction> transactions;
        for (uint64_t from = 1; from <= 5; ++from) {
            if (random() % 3 == 0) continue;
            auto tx = plain(l1, from);
            switch (random() % 5) {
                case 0:
                    tx.value = uint256{random() % 1000};
                    break;
                case 1:
                    tx = storing(l1, from, random() % 20, random() % 3);
                    break;
                case 2:
                    tx.type = TxType::legacy;
                    tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
                    if (random() % 2 == 0) tx.chain_id.reset();
                    break;
                case 3:
                    tx.type = TxType::access_list;
                    tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
                    tx.access_list = {{STORE, {to_be(uint256{1u})}}};
                    break;
                default:
                    tx.to.reset();
                    tx.data = *from_hex("0x600a5f5f39600a5ff3");
                    break;
            }
            transactions.push_back(signed_by(tx, from));
        }
        ASSERT_TRUE(l1.mine(transactions).has_value());
    }
}

/// Two blocks are one, but for what JSON-RPC doesn't tell.
inline void expect_equal(const chain::StoredBlock& own, const chain::StoredBlock& told) {
    EXPECT_EQ(own.hash, told.hash);
    EXPECT_EQ(own.block, told.block);
    EXPECT_EQ(own.receipts, told.receipts);
    EXPECT_EQ(own.transaction_hashes, told.transaction_hashes);
    EXPECT_EQ(own.senders, told.senders);
}

/// Two sources tell the same heads and blocks.
inline void expect_same_chain(const L1Source& own, const L1Source& told) {
    const auto heads = *own.heads();
    const auto told_heads = told.heads();
    ASSERT_TRUE(told_heads) << to_string(told_heads.error());
    EXPECT_EQ(told_heads->latest, heads.latest);
    EXPECT_EQ(told_heads->safe, heads.safe);
    EXPECT_EQ(told_heads->finalized, heads.finalized);
    for (uint64_t number = 0; number <= heads.latest.number; ++number) {
        const auto block = told.block(number);
        ASSERT_TRUE(block) << number << ": " << to_string(block.error());
        ASSERT_NE(*block, nullptr) << number;
        expect_equal(**own.block(number), **block);
    }
    EXPECT_EQ(*told.block(heads.latest.number + 1), nullptr);
}

}  // namespace scope::l1
