#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "devnet/devnet.hpp"
#include "rpc/network.hpp"

namespace scope::devnet {

/// The parameters of a network that people use.
struct LiveOptions {
    DevnetOptions devnet;
    Address coinbase;                       ///< of all blocks
    std::vector<rpc::DevAccount> accounts;  ///< whose keys it holds
    std::vector<rpc::Network::NamedContract> contracts;
    bool automine = true;      ///< mine at once what comes
    uint64_t interval_ms = 0;  ///< mine so often, too; 0: never
    pool::PoolOptions pool;    ///< of every chain
    /// A rollup's blocks settle when the first of them is so old, though no root waits; 0: never.
    uint64_t settle_after_ms = 12'000;
    size_t settle_after_blocks = 256;  ///< or when a rollup has so many. REQUIRES: not 0
    /// Returns the time since 1970, in ms. No other clock is read.
    std::function<uint64_t()> clock_ms;
};

/// A network in this process that takes transactions and operations, mines, settles, and can be
/// changed by force: what `scope devnet` serves.
///
/// Ordinary transactions and roots wait in one pool a chain, so that a sender's nonces keep their
/// order; operations of L1 wait beside. An ordinary transaction of a rollup stands in an unsettled
/// block at once (builder/unsettled.hpp), and settles with the next scope. A root is simulated at
/// the door. What the door took and a scope then refused is a RefusalRecord; what doesn't settle
/// for another reason waits on.
///
/// For one thread.
class LiveNetwork final : public rpc::Network {
  public:
    /// Makes the chains, each at its genesis; their specifications get a Forced each.
    LiveNetwork(chain::ChainSpec l1_spec, const chain::Genesis& l1_genesis, node::Network network,
                LiveOptions options);
    ~LiveNetwork() override;
    LiveNetwork(const LiveNetwork&) = delete;
    LiveNetwork& operator=(const LiveNetwork&) = delete;

    [[nodiscard]] Devnet& devnet() noexcept;
    /// Returns whether a test asked for a log (anvil_setLoggingEnabled); true at the start.
    [[nodiscard]] bool is_logging() const noexcept;

    /// Does what the time asks for: mines at intervals, settles what has waited long enough.
    void tick();
    /// Returns the ms until the next tick has something to do; nullopt: until something comes.
    [[nodiscard]] std::optional<uint64_t> ms_to_next_tick() const;
    /// Settles all unsettled blocks and waiting roots; the reason why, if that can't be.
    Result<void, rpc::RpcError> settle();

    // rpc::Network
    [[nodiscard]] std::vector<ChainId> chains() const override;
    [[nodiscard]] rpc::ChainView* chain(ChainId chain_id) override;
    [[nodiscard]] const builder::L1Contracts* contracts() const override;
    [[nodiscard]] const rollup::Follower* follower() const override;
    [[nodiscard]] std::vector<NamedContract> named_contracts() const override;
    [[nodiscard]] std::span<const rpc::DevAccount> accounts() const override;
    void expect(ChainId chain_id, std::vector<Transaction> transactions) override;
    void finish() override;
    Result<Hash, rpc::RpcError> send(ChainId chain_id, const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> blobs,
                                     std::optional<Address> sender) override;
    Result<Hash, rpc::RpcError> send_operation(const protocol::SignedOperation& operation,
                                               std::optional<uint64_t> root_index) override;
    [[nodiscard]] std::optional<uint256> next_operation_nonce(
        const Address& account) const override;
    Result<builder::RootCallResult, builder::Refusal> simulate(
        const builder::RootCall& call) override;
    std::vector<Result<builder::RootResult, builder::Refusal>> simulate(
        std::span<const builder::Root> roots) override;
    [[nodiscard]] const rpc::RefusalRecord* refusal(const Hash& hash) const override;
    [[nodiscard]] std::optional<std::string> why_waiting(const Hash& hash) override;
    [[nodiscard]] rpc::ScopeRecordPtr scope(uint64_t number) const override;
    [[nodiscard]] rpc::ScopeRecordPtr scope(const Hash& hash) const override;
    [[nodiscard]] uint64_t scopes() const override;
    void listen(rpc::Listener* listener) override;
    void unlisten(rpc::Listener* listener) override;
    [[nodiscard]] rpc::TestControls* controls() override;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::devnet
