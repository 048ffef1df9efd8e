#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "devnet/dev_accounts.hpp"
#include "devnet/genesis.hpp"
#include "devnet/live_genesis.hpp"
#include "devnet/live_network.hpp"
#include "rpc/service.hpp"

namespace scope::devnet {

inline constexpr ChainId L1 = DEVNET_L1;
inline constexpr ChainId A{42001};
inline constexpr ChainId B{42002};

/// A connection that keeps what it is sent.
class TestConnection final : public net::Subscriber {
  public:
    bool send(std::shared_ptr<const std::string> message) override {
        messages.push_back(*message);
        return true;
    }
    std::vector<std::string> messages;
};

/// What a test changes of LiveNetwork's options.
struct TestOptions {
    bool automine = true;
    builder::DataAvailability data_availability = builder::DataAvailability::calldata;
    uint64_t settle_after_ms = 12'000;
    size_t settle_after_blocks = 64;
    builder::PriceRule price = {};
    std::filesystem::path folder = {};  ///< of its nodes' databases; empty: in memory
    store::PruneDepth depth = store::DEFAULT_PRUNE_DEPTH;
};

/// An L1 and two rollups that are asked by JSON-RPC's text, with couriers (examples/Courier.sol) on
/// all three.
class TestLive {
  public:
    explicit TestLive(const TestOptions& options = {});

    uint64_t now_ms = (GENESIS_TIME_S + 100) * 1000;  ///< the clock
    LiveNetwork network;
    rpc::Service service;
    std::shared_ptr<TestConnection> connection = std::make_shared<TestConnection>();

    /// Returns the answer.
    rpc::RpcResult ask(ChainId chain, std::string_view method, const std::string& params = "[]");
    /// Returns the result as JSON text; fails the test on an error.
    std::string get(ChainId chain, std::string_view method, const std::string& params = "[]");
    /// Returns the error's message; fails the test if there is none.
    std::string error(ChainId chain, std::string_view method, const std::string& params = "[]");
    /// Returns a member of a result as text: "a.b", of objects.
    static std::string member(const std::string& json, std::string_view path);
    /// Returns text without its quotes.
    static std::string unquoted(const std::string& json);
    static uint256 number(const std::string& json);

    [[nodiscard]] static const WalletAccount& account(size_t index = 0);
    [[nodiscard]] static std::string address(size_t index = 0);
    /// Returns the balance on the latest state.
    uint256 balance(ChainId chain, const Address& account);

    /// Sends a transaction of account 0 by eth_sendTransaction; returns its hash.
    std::string send(ChainId chain, const std::optional<Address>& to, BytesView data,
                     const uint256& value = {});
    /// Returns the receipt; "null" if there is none.
    std::string receipt(ChainId chain, const std::string& hash);
    Address deploy(ChainId chain, const std::string& contract, BytesView arguments);

    /// Deploys the couriers.
    void deploy_couriers();
    /// Returns calldata that takes everything to another chain's courier.
    [[nodiscard]] Bytes carry_to(ChainId chain, const uint256& value) const;
    /// Sends ETH from A to L1 and B to A, each a root; fails the test if one does not settle, or if a
    /// node that has L1 alone comes to other heads.
    void expect_settles();
    /// Fails the test if a new node that has L1 alone comes to other heads.
    void expect_derivable();

    std::map<ChainId, Address> couriers;

  private:
    static LiveOptions live_options(const TestOptions& options, const uint64_t& now_ms);
};

}  // namespace scope::devnet
