#pragma once

#include "evm/host.hpp"
#include "execution/environment.hpp"
#include "execution/rollup_host.hpp"
#include "state/state.hpp"

namespace scope::evm {
class Tracer;
}

namespace scope::execution {

/// An executor of messages on a State, by the rules of an environment's revision, and by those of
/// its rollup, if it has one.
///
/// It is the one implementation of evm::Host: transactions, system calls and simulations run on it.
/// A subclass may override call, and pass to Host::call what it does not answer itself.
///
/// To run messages without a transaction around them: open_transaction, then call with any message
/// (any sender, any depth, nested in another chain's frame if need be), then close_transaction.
///
/// State and environment must outlive it.
class Host : public evm::Host {
  public:
    Host(state::State& state, const Environment& environment);

    [[nodiscard]] state::State& state() noexcept { return state_; }
    [[nodiscard]] const Environment& environment() const noexcept { return environment_; }
    [[nodiscard]] evm::Revision revision() const noexcept { return environment_.revision; }
    [[nodiscard]] const evm::Rules& rules() const noexcept { return environment_.rules(); }
    /// Returns the rollup's part of this host; null without a rollup.
    [[nodiscard]] RollupHost* rollup() const noexcept { return rollup_.get(); }

    /// Begins a transaction of the state, and warms what always is warm: the origin (EIP-2929), the
    /// coinbase (EIP-3651) but on a rollup, and what the rollup adds.
    void open_transaction(evm::TransactionContext context);
    /// Ends the transaction by the revision's rules; returns its logs. @p carry_transient as in
    /// State.
    std::vector<Log> close_transaction(std::optional<Address> carry_transient = std::nullopt);

    /// Sets a tracer, which sees each instruction; null for none.
    void set_tracer(evm::Tracer* tracer) noexcept { tracer_ = tracer; }
    [[nodiscard]] evm::Tracer* tracer() const noexcept { return tracer_; }

    [[nodiscard]] const evm::BlockContext& block() const noexcept override {
        return environment_.block;
    }
    [[nodiscard]] const evm::TransactionContext& transaction() const noexcept override {
        return transaction_;
    }
    Hash block_hash(uint64_t number) override;
    bool account_exists(const Address& address) override;
    uint256 balance(const Address& address) override;
    evm::CodePtr code(const Address& address) override;
    Hash code_hash(const Address& address) override;
    Hash storage(const Address& address, const Hash& key) override;
    evm::StorageChange set_storage(const Address& address, const Hash& key,
                                   const Hash& value) override;
    Hash transient_storage(const Address& address, const Hash& key) override;
    void set_transient_storage(const Address& address, const Hash& key, const Hash& value) override;
    evm::AccessStatus access_account(const Address& address) override;
    evm::AccessStatus access_storage(const Address& address, const Hash& key) override;
    void emit_log(const Address& address, std::span<const Hash> topics, BytesView data) override;
    bool self_destruct(const Address& address, const Address& beneficiary) override;
    std::optional<Address> delegation(const Address& address) override;

    /// Runs a frame (evm/host.hpp). A create increments the sender's nonce itself, at depth 0 too.
    evm::CallResult call(const evm::Message& message) override;
    /// Runs a message by Ethereum's rules; only frames below it know of the rollup's.
    evm::CallResult run(const evm::Message& message);
    /// Warms what open_transaction does, but for what the rollup adds.
    void warm_up();

  private:
    /// Returns the precompile that runs at an address, by its own; nullopt if none does.
    [[nodiscard]] std::optional<Address> precompile_at(const Address& address) const;
    evm::CallResult run_call(const evm::Message& message);
    evm::CallResult run_create(const evm::Message& message);
    void rollback_frame(state::Journal::Checkpoint checkpoint);

    state::State& state_;
    const Environment& environment_;
    evm::TransactionContext transaction_;
    evm::Tracer* tracer_ = nullptr;
    std::unique_ptr<RollupHost> rollup_;
};

/// Returns the address of a contract that a create makes (Yellow Paper, section 7).
Address create_address(const Address& sender, uint64_t nonce);
/// Returns the address of a contract that CREATE2 makes (EIP-1014).
Address create2_address(const Address& sender, const Hash& salt, const Hash& init_code_hash);

/// Returns the account that @p code delegates to; nullopt if it is no delegation, which is
/// 0xef0100 || address (EIP-7702).
std::optional<Address> delegation_of(BytesView code) noexcept;

}  // namespace scope::execution
