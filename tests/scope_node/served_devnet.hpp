#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <thread>

#include "base/hex.hpp"
#include "crypto/signer.hpp"
#include "devnet/dev_accounts.hpp"
#include "devnet/live_genesis.hpp"
#include "devnet/live_network.hpp"
#include "net/rpc_client.hpp"
#include "net/server.hpp"
#include "net/test_liar.hpp"
#include "node/network_file.hpp"
#include "rpc/service.hpp"

namespace scope::node_app {

using namespace std::chrono_literals;

inline constexpr ChainId A{42001};
inline constexpr ChainId B{42002};

/// Runs something on a worker, and waits for it.
template <typename Work>
auto on(net::Worker& worker, Work work) {
    std::packaged_task<decltype(work())()> task{std::move(work)};
    auto done = task.get_future();
    worker.post([&task] { task(); });
    return done.get();
}

/// Waits until something holds; false: it doesn't in a time that no machine needs.
template <typename Holds>
bool eventually(Holds holds) {
    for (int i = 0; i < 6000; ++i) {
        if (holds()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

/// A folder of its own for a test, removed at the end.
class TempFolder {
  public:
    TempFolder() : path_(testing::TempDir() + "/scope-node-XXXXXX") {
        EXPECT_NE(mkdtemp(path_.data()), nullptr);
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] std::filesystem::path path() const { return path_; }

  private:
    std::string path_;
};

/// A devnet with two rollups behind a server on loopback: an L1 that others ask over JSON-RPC.
class ServedDevnet {
  public:
    ServedDevnet()
        : network_(genesis().l1_spec, genesis().l1, genesis().network, options()),
          service_(network_) {}
    ~ServedDevnet() {
        server_.reset();
        worker_.stop();
    }
    ServedDevnet(const ServedDevnet&) = delete;
    ServedDevnet& operator=(const ServedDevnet&) = delete;

    [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
    [[nodiscard]] std::string websocket() const { return fmt::format("ws://127.0.0.1:{}", port_); }
    [[nodiscard]] std::string rollup_url(ChainId chain) const {
        return fmt::format("{}/{}", url(), chain.number());
    }
    /// Ends the server, or begins it again on its port.
    void set_away(bool is_away) {
        if (is_away)
            server_.reset();
        else
            listen();
    }

    /// Changes what is answered; null: nothing.
    void lie(net::Liar::Lie change) {
        on(worker_, [&] { liar_.lie = std::move(change); });
    }

    /// Sends ETH on a rollup, in a block of its own, and settles it; returns the rollup's head.
    Hash settle(ChainId chain) {
        const net::RpcClient client{rollup_url(chain)};
        const auto sent =
            client.call("eth_sendTransaction",
                        fmt::format(R"([{{"from":"{}","to":"{}","value":"0x1"}}])",
                                    to_hex(accounts()[0].address), to_hex(accounts()[1].address)));
        EXPECT_TRUE(sent) << sent.error().message;
        return on(worker_, [&] {
            EXPECT_TRUE(network_.settle());
            network_.finish();
            return network_.chain(chain)->head(rpc::Label::safe)->hash;
        });
    }
    void mine(uint64_t blocks) {
        on(worker_, [&] {
            for (uint64_t i = 0; i < blocks; ++i)
                EXPECT_TRUE(network_.controls()->mine(devnet::DEVNET_L1, 1, std::nullopt));
            network_.finish();
        });
    }
    uint64_t snapshot() {
        return on(worker_, [&] { return network_.controls()->snapshot(); });
    }
    void revert(uint64_t id) {
        on(worker_, [&] {
            EXPECT_TRUE(network_.controls()->revert(id));
            network_.finish();
        });
    }

    [[nodiscard]] node::NetworkFile network_file() {
        node::NetworkFile file{.network = genesis().network,
                               .l1_spec = genesis().l1_spec,
                               .first_l1_block_hash = {},
                               .committee = {},
                               .contracts = {}};
        file.first_l1_block_hash = on(worker_, [&] {
            const auto& store = network_.chain(devnet::DEVNET_L1)->chain().store();
            return store.canonical_block(genesis().network.first_l1_block)->hash;
        });
        file.committee.verifier = Address{{1}};  // nobody asks it here
        file.committee.threshold = genesis().threshold;
        for (const auto& member : genesis().members)
            file.committee.members.push_back(member.address);
        std::ranges::sort(file.committee.members);
        for (const auto& [chain_id, name, address] : genesis().contracts)
            file.contracts.push_back({chain_id, name, address});
        return file;
    }

  private:
    static const devnet::Artifacts& artifacts() {
        static const auto read = devnet::Artifacts::locate();
        return read;
    }
    static const std::vector<devnet::WalletAccount>& accounts() {
        static const auto derived =
            devnet::derive_accounts(devnet::DEFAULT_MNEMONIC, devnet::DEFAULT_DERIVATION_PATH, 2);
        return *derived;
    }
    static const devnet::LiveGenesis& genesis() {
        static const auto made = [] {
            devnet::LiveGenesisOptions options{.rollups = {A, B},
                                               .balance_wei = uint256{1'000'000'000'000'000'000u}};
            for (const auto& account : accounts()) options.accounts.push_back(account.address);
            return devnet::make_live_genesis(artifacts(), std::move(options));
        }();
        return made;
    }
    static devnet::LiveOptions options() {
        devnet::LiveOptions live{
            .devnet = {.builder = {.submitter = crypto::local_signer(genesis().submitter.key),
                                   .data_availability = builder::DataAvailability::calldata},
                       .members = {},
                       .committee = {}}};
        for (const auto& member : genesis().members) live.devnet.members.push_back(member.key);
        live.devnet.committee.threshold = genesis().threshold;
        live.coinbase = genesis().proposer.address;
        for (const auto& account : accounts())
            live.accounts.push_back({account.address, account.key});
        live.clock_ms = [] { return (devnet::GENESIS_TIME_S + 100) * 1000; };
        return live;
    }
    void listen() {
        server_ = std::make_unique<net::Server>(net::ServerOptions{}, worker_, liar_);
        port_ = server_->listen(port_, network_.chains());
    }

    devnet::LiveNetwork network_;
    rpc::Service service_;
    net::Liar liar_{service_};
    net::Worker worker_;
    std::unique_ptr<net::Server> server_;
    uint16_t port_ = [this] {
        port_ = 0;
        listen();
        return port_;
    }();
};

}  // namespace scope::node_app
