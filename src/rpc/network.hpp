#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "builder/bundle.hpp"
#include "builder/root_call.hpp"
#include "chain/chain.hpp"
#include "crypto/secp256k1.hpp"
#include "execution/environment.hpp"
#include "net/json_rpc.hpp"
#include "pool/tx_pool.hpp"
#include "rollup/follower.hpp"
#include "state/state_view.hpp"

// What the methods need of a network: views of its chains, and the ways in. devnet::LiveNetwork is
// one; a lone chain (testing) is another. All of it is for one thread, the worker's.

namespace scope::rpc {

using net::RpcError;
using net::RpcResult;
using rollup::Label;

/// A chain as the methods read it.
class ChainView {
  public:
    virtual ~ChainView() = default;

    /// Returns the chain up to its latest block: of a rollup with the blocks that are not settled.
    [[nodiscard]] virtual const chain::Chain& chain() const = 0;
    /// Returns the block of a label; the head by default.
    [[nodiscard]] virtual chain::StoredBlockPtr head(Label label = Label::latest) const = 0;
    /// Returns the state after a block, changes by force included; null if it is not kept.
    [[nodiscard]] virtual std::shared_ptr<const state::WorldState> state(
        const Hash& block) const = 0;
    /// Returns the attributes of the block that comes next.
    [[nodiscard]] virtual chain::BlockAttributes next_block() const = 0;
    /// Returns what waits for a block; null: nothing can be sent.
    [[nodiscard]] virtual pool::TxPool* pool() = 0;
    /// Returns whether the chain is a rollup.
    [[nodiscard]] bool is_rollup() const { return chain().spec().rollup != nullptr; }
};

/// A root, or an ordinary transaction, that was taken and then refused.
struct RefusalRecord {
    ChainId chain_id;
    Hash hash;                                ///< of the transaction, or of the operation
    std::optional<builder::Refusal> refusal;  ///< nullopt: it kept the scope from sealing
    std::string reason;                       ///< human-readable
};

/// A scope that has settled.
struct ScopeRecord {
    uint64_t number = 0;  ///< from 0, in the order of settling
    Hash l1_transaction;
    Hash l1_block;
    uint64_t l1_block_number = 0;
    uint64_t l1_gas_used = 0;
    size_t blobs = 0;
    std::vector<builder::RootResult> roots;
    std::vector<protocol::BatchClaim> batches;
};
using ScopeRecordPtr = std::shared_ptr<const ScopeRecord>;

/// A receiver of what happens in a network: subscriptions, filters, a log.
class Listener {
  public:
    virtual ~Listener() = default;
    /// @param removed  Blocks that are canonical no more, the last first.
    /// @param added    Blocks that are, in order.
    virtual void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                           std::span<const chain::StoredBlockPtr> added) = 0;
    virtual void on_pending(ChainId chain_id, const pool::PooledTransaction& transaction) = 0;
    virtual void on_scope(const ScopeRecordPtr& scope) = 0;
    virtual void on_refusal(const RefusalRecord& refusal) = 0;
    /// @param reason  Why nothing settles or no block is made though no root is to blame: it is told
    ///                once, until something settles or the reason is another.
    virtual void on_trouble(std::string_view /*reason*/) {}
};

/// An account whose key the network holds (devnet).
struct DevAccount {
    Address address;
    crypto::SecretKey key;
};

/// The ways in which a test changes a network by force; on a devnet only. Errors name the parameter
/// and the rule.
class TestControls {
  public:
    virtual ~TestControls() = default;

    // Of all chains at once. A snapshot's id counts from 1.
    virtual uint64_t snapshot() = 0;
    virtual Result<bool, RpcError> revert(uint64_t id) = 0;
    virtual void increase_time(uint64_t seconds) = 0;
    [[nodiscard]] virtual int64_t time_offset_s() const = 0;
    virtual Result<void, RpcError> set_time(uint64_t timestamp_s) = 0;
    virtual Result<void, RpcError> set_next_block_timestamp(uint64_t timestamp_s) = 0;
    virtual void set_automine(bool on) = 0;
    [[nodiscard]] virtual bool automine() const = 0;
    virtual void set_interval(uint64_t milliseconds) = 0;  ///< 0: none
    [[nodiscard]] virtual uint64_t interval_ms() const = 0;
    virtual Result<void, RpcError> mine(ChainId chain_id, uint64_t blocks,
                                        std::optional<uint64_t> interval_s) = 0;
    virtual Result<void, RpcError> reset() = 0;
    virtual Result<void, RpcError> reorg(ChainId chain_id, uint64_t depth,
                                         std::vector<std::pair<Transaction, uint64_t>> blocks) = 0;
    virtual Result<void, RpcError> rollback(ChainId chain_id, uint64_t depth) = 0;
    virtual Bytes dump() = 0;
    virtual Result<void, RpcError> load(BytesView dump) = 0;
    virtual void set_coinbase(const Address& coinbase) = 0;

    /// Drops what waits for a block of the chain, on L1 operations too: a transaction, or an
    /// operation, by its hash; returns whether it was there.
    virtual bool drop_transaction(ChainId chain_id, const Hash& hash) = 0;
    virtual void drop_all_transactions(ChainId chain_id) = 0;

    // Of one chain, at its latest block.
    // An account without which nothing would settle is refused.
    virtual Result<void, RpcError> set_balance(ChainId chain_id, const Address& account,
                                               const uint256& wei) = 0;
    virtual Result<void, RpcError> set_code(ChainId chain_id, const Address& account,
                                            Bytes code) = 0;
    virtual Result<void, RpcError> set_nonce(ChainId chain_id, const Address& account,
                                             uint64_t nonce) = 0;
    virtual Result<void, RpcError> set_storage(ChainId chain_id, const Address& account,
                                               const Hash& key, const Hash& value) = 0;
    virtual Result<void, RpcError> set_next_base_fee(ChainId chain_id, const uint256& wei) = 0;
    virtual Result<void, RpcError> set_gas_limit(ChainId chain_id, uint64_t gas) = 0;
    /// Refuses an account of the network itself; so does send, where all are impersonated.
    virtual Result<void, RpcError> impersonate(const Address& account, bool on) = 0;
    virtual void auto_impersonate(bool on) = 0;
    [[nodiscard]] virtual bool is_impersonated(const Address& account) const = 0;
    /// Returns whether anything was changed by force.
    [[nodiscard]] virtual bool is_patched(ChainId chain_id) const = 0;
    virtual void set_logging(bool on) = 0;
};

/// A network of chains.
class Network {
  public:
    virtual ~Network() = default;

    /// Returns the ids of all chains: L1's first, where the network shows L1, then the rollups'
    /// ascending.
    [[nodiscard]] virtual std::vector<ChainId> chains() const = 0;
    /// Returns null for a chain that there isn't.
    [[nodiscard]] virtual ChainView* chain(ChainId chain_id) = 0;
    /// L1 at its head, as a network reads it that doesn't show it among its chains.
    struct L1State {
        std::shared_ptr<const state::StateView> state;
        execution::Environment environment;  ///< of the head, without hashes of blocks
        uint64_t next_timestamp_s = 0;       ///< of the block that comes next
    };
    /// Returns nullopt where L1 can't be read here, or is one of the chains. What fails while it is
    /// read is thrown, as state::Unavailable.
    [[nodiscard]] virtual std::optional<L1State> l1_state() { return std::nullopt; }
    /// Returns the contracts of a SCOPE network; null: the chain stands alone.
    [[nodiscard]] virtual const builder::L1Contracts* contracts() const = 0;
    /// Returns null if the chain stands alone.
    [[nodiscard]] virtual const rollup::Follower* follower() const = 0;
    /// A contract that stands on a chain from the start.
    struct NamedContract {
        ChainId chain_id;
        std::string name;
        Address address;
    };
    /// Returns those that users are told of, by scope_contracts and the banner.
    [[nodiscard]] virtual std::vector<NamedContract> named_contracts() const = 0;
    [[nodiscard]] virtual std::span<const DevAccount> accounts() const = 0;

    /// Is told of signed transactions that are about to be sent, in this order: their senders may be
    /// recovered meanwhile. None of them may come.
    virtual void expect(ChainId /*chain_id*/, std::vector<Transaction> /*transactions*/) {}
    /// Takes a signed transaction, or one of an account that is impersonated (@p sender). Blobs
    /// belong to one of type 3.
    /// Ends a request, before it is answered: what it did is committed, and listeners are told.
    virtual void finish() {}
    virtual Result<Hash, RpcError> send(ChainId chain_id, const Transaction& transaction,
                                        std::span<const chain::StoredBlobPtr> blobs,
                                        std::optional<Address> sender) = 0;
    /// Takes a signed operation of L1; returns its hash.
    virtual Result<Hash, RpcError> send_operation(const protocol::SignedOperation& operation,
                                                  std::optional<uint64_t> root_index) = 0;

    /// Returns the nonce of an account's next operation behind those that wait; nullopt: none waits.
    [[nodiscard]] virtual std::optional<uint256> next_operation_nonce(
        const Address& /*account*/) const {
        return std::nullopt;
    }

    /// Simulates a call as a root on the heads; nothing is kept.
    virtual Result<builder::RootCallResult, builder::Refusal> simulate(
        const builder::RootCall& call) = 0;
    /// Simulates signed roots, one after the other, on the heads; nothing is kept.
    virtual std::vector<Result<builder::RootResult, builder::Refusal>> simulate(
        std::span<const builder::Root> roots) = 0;

    [[nodiscard]] virtual const RefusalRecord* refusal(const Hash& hash) const = 0;
    /// Returns why a root or an operation that waits has not settled: the last try failed and no root
    /// is to blame, it has to wait for others, or nothing is mined; nullopt: it doesn't wait.
    [[nodiscard]] virtual std::optional<std::string> why_waiting(const Hash& /*hash*/) {
        return std::nullopt;
    }
    [[nodiscard]] virtual ScopeRecordPtr scope(uint64_t number) const = 0;
    /// Returns the scope of a root, of an operation, or of an L1 transaction or block; null: none.
    [[nodiscard]] virtual ScopeRecordPtr scope(const Hash& hash) const = 0;
    [[nodiscard]] virtual uint64_t scopes() const = 0;

    virtual void listen(Listener* listener) = 0;
    virtual void unlisten(Listener* listener) = 0;

    /// Returns null but on a devnet.
    [[nodiscard]] virtual TestControls* controls() = 0;
};

}  // namespace scope::rpc
