#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/signer.hpp"
#include "l1/l1_sender.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::l1 {

struct L1AccountOptions {
    /// The most that a unit of gas may cost: no transaction offers more.
    uint256 max_fee_per_gas = 500'000'000'000u;
    /// The least that is offered above the base fee; the client may advise up to four times as much.
    uint256 min_priority_fee_per_gas = 1'000'000'000u;
    /// Blocks from the transaction's own on until it counts as done: 1 is its own. REQUIRES: not 0.
    uint64_t confirmations = 2;
    /// New heads without the transaction in a block until its fees are raised. REQUIRES: not 0.
    uint64_t patience = 3;
};

/// A transaction without blobs that an account is to send.
struct L1Call {
    std::optional<Address> to;  ///< nullopt: creates a contract
    uint256 value;              ///< wei
    Bytes data;
    /// Nullopt: the account's next, behind those that wait in the client's pool.
    std::optional<uint64_t> nonce = {};
    std::optional<uint64_t> gas_limit = {};  ///< nullopt: the client's estimate, and a margin
};

/// The reason why a transaction isn't done. Nothing is lost by any: the next step goes on, but after
/// those that say so.
struct AccountError {
    enum class Rule : uint8_t {
        l1,             ///< L1 gives no answer (L1Error)
        not_signed,     ///< the account's key does not sign
        reverts,        ///< the client's estimate: the call would fail
        too_much_gas,   ///< more than a transaction may have (EIP-7825)
        insufficient,   ///< the account can't pay for it
        refused,        ///< the client says that it can't stand in a block
        nonce_is_used,  ///< another transaction of its nonce stands in a block: the call has ended
    };
    Rule rule{};
    std::string reason;
};
/// Returns the enumerator's name.
std::string_view to_string(AccountError::Rule rule) noexcept;
std::string to_string(const AccountError& error);

/// The stage of an account's transaction.
struct AccountProgress {
    enum class Stage : uint8_t {
        waiting,     ///< in no block (trouble: why, if that is known)
        confirming,  ///< in a block, with too few above it
        done,        ///< the call has ended; its block may say that it failed
    };
    Stage stage = Stage::waiting;
    Hash transaction;                              ///< the last version; zero: none was sent
    std::optional<chain::TransactionPlace> place;  ///< from confirming on
    std::string trouble;
};
/// Returns the receipt at a place.
const Receipt& receipt_at(const chain::TransactionPlace& place);

/// An account that brings transactions into L1's blocks, one after the other, as a sender on a real L1
/// has to: it learns nonce, gas and fees from the client; raises the fees of what stays in no block,
/// by an eighth each time and up to a bound; sends again what the pool has dropped; recognises each
/// version that it sent; notices a nonce that another transaction has used, and a block that a
/// reorganisation takes away.
///
/// It reads no clock: its caller calls step, at best after each new head, which asks and sends what is
/// due at that head. What the client says is checked as far as L1Source and L1Sender do; nonce,
/// estimate and advised fee are its word, bounded by the options. For one thread.
class L1Account {
  public:
    /// @param sender  Of the same client. None is null.
    L1Account(std::shared_ptr<const RpcEndpoint> endpoint, std::shared_ptr<L1Sender> sender,
              ChainId chain_id, crypto::SignerPtr signer, L1AccountOptions options = {});

    [[nodiscard]] const Address& address() const noexcept { return signer_->address(); }
    [[nodiscard]] bool is_busy() const noexcept { return call_.has_value(); }

    /// Begins a call; step sends it. REQUIRES: not is_busy().
    void begin(L1Call call);
    /// Does what is due at L1's head. REQUIRES: is_busy().
    Result<AccountProgress, AccountError> step();
    /// Ends the call, whatever becomes of what was sent.
    void give_up();

    /// Asks for the account's nonces: of the latest block, and with what waits in the client's pool.
    struct Nonces {
        uint64_t latest = 0;
        uint64_t pending = 0;
    };
    [[nodiscard]] Result<Nonces, AccountError> nonces() const;

    /// Most versions of a transaction: then its fees are raised no more.
    static constexpr size_t MAX_VERSIONS = 64;

  private:
    struct Fees {
        uint256 max_fee;
        uint256 priority_fee;
    };
    /// What a step asks for first.
    struct Seen {
        BlockHeader head;
        Nonces nonces;
        std::optional<uint256> advised;  ///< priority fee; nullopt: the client advises none
    };

    [[nodiscard]] Result<Seen, AccountError> look() const;
    /// Returns what is offered at this head; nullopt where the bound is below its base fee.
    [[nodiscard]] std::optional<Fees> fees_at(const Seen& seen) const;
    /// Returns fees with which a pool lets a version replace one with @p last; nullopt above the bound.
    [[nodiscard]] std::optional<Fees> raised(const Fees& last, const Seen& seen) const;
    [[nodiscard]] Result<uint64_t, AccountError> estimate(const L1Call& call) const;

    /// Makes what all versions have in common.
    Result<void, AccountError> prepare(const Seen& seen);
    /// Sends a version with these fees, or raised as often as the pool asks for it.
    Result<AccountProgress, AccountError> send(Fees fees, const Seen& seen);
    /// Looks which version the nonce is used by.
    Result<AccountProgress, AccountError> find_version(const Seen& seen);
    [[nodiscard]] AccountProgress waiting(std::string trouble = {}) const;
    [[nodiscard]] AccountError l1_error(L1Error error) const;
    std::unexpected<AccountError> end_as_used(const std::string& reason);

    std::shared_ptr<const RpcEndpoint> endpoint_;
    std::shared_ptr<L1Sender> sender_;
    ChainId chain_id_;
    crypto::SignerPtr signer_;
    L1AccountOptions options_;

    std::optional<L1Call> call_;
    Transaction transaction_;             ///< the last version; without a signature: none yet
    std::vector<Hash> versions_;          ///< those that a pool may have, oldest first
    uint64_t sent_at_ = 0;                ///< L1 block at which the last version was sent
    std::optional<uint64_t> used_since_;  ///< L1 block at which the nonce was seen used
};

}  // namespace scope::l1
