#pragma once

#include "evm/host.hpp"
#include "execution/environment.hpp"
#include "state/state.hpp"

namespace scope::evm {
class Tracer;
}

namespace scope::execution {

/// Executes messages on a State by the rules of an environment's revision.
///
/// The one implementation of evm::Host: transactions, system calls and simulations run on it. A
/// subclass may override call; what its own code does not want to answer it passes to Host::call.
///
/// To run messages without a transaction around them: open_transaction, then call with any message
/// (any sender, any depth, nested in another chain's frame if need be), then close_transaction.
///
/// State and environment must outlive it.
class Host : public evm::Host {
  public:
    Host(state::State& state, const Environment& environment) noexcept
        : state_(state), environment_(environment) {}

    [[nodiscard]] state::State& state() noexcept { return state_; }
    [[nodiscard]] const Environment& environment() const noexcept { return environment_; }
    [[nodiscard]] evm::Revision revision() const noexcept { return environment_.revision; }

    /// Begins a transaction of the state, and has warm what always is: origin and coinbase
    /// (EIP-2929, EIP-3651).
    void open_transaction(evm::TransactionContext context);
    /// Ends it by the revision's rules; returns its logs. @p carry_transient as in State.
    std::vector<Log> close_transaction(std::optional<Address> carry_transient = std::nullopt);

    /// Why the transaction can't stand in any block: what the abort precompile was called with
    /// (SystemTransactionRule). From then on every call fails, so that it ends quickly.
    [[nodiscard]] const std::optional<Bytes>& abort_reason() const noexcept {
        return abort_reason_;
    }

    /// What the transaction's asking may still take (SystemTransactionRule): as it is opened, the
    /// block's gas limit.
    [[nodiscard]] int64_t asking_gas() const noexcept { return asking_gas_; }
    void set_asking_gas(int64_t gas) noexcept { asking_gas_ = gas; }

    /// Sees each instruction, if not null.
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

    /// A create counts the sender's nonce itself, at depth 0 too.
    evm::CallResult call(const evm::Message& message) override;

  protected:
    /// Whether it is a call of the abort precompile, by the one that has it.
    [[nodiscard]] bool aborts(const evm::Message& message) const noexcept;

    /// For a simulation, which makes calls fail that didn't.
    void forget_abort() noexcept { abort_reason_.reset(); }

  private:
    [[nodiscard]] bool calls_itself(const evm::Message& message) const noexcept;
    void warm_up();
    evm::CallResult ask(const evm::Message& message);
    evm::CallResult run(const evm::Message& message);
    evm::CallResult run_call(const evm::Message& message);
    evm::CallResult run_create(const evm::Message& message);
    void rollback_frame(state::Journal::Checkpoint checkpoint);
    /// A frame that failed is undone; a transaction's own fails as well if it met NoOpenRoot.
    void end_frame(const evm::Message& message, state::Journal::Checkpoint checkpoint,
                   evm::CallResult& result);

    state::State& state_;
    const Environment& environment_;
    evm::TransactionContext transaction_;
    evm::Tracer* tracer_ = nullptr;
    std::optional<Bytes> abort_reason_;
    bool no_open_root_ = false;  // the abort precompile was called with that
    bool is_loading_ = false;    // the rule's target, which has called nobody yet
    int64_t asking_gas_ = 0;
    int64_t ask_gas_ = 0;  // what the next `ask` gets
};

/// Address of a contract that a create makes (Yellow Paper, section 7).
Address create_address(const Address& sender, uint64_t nonce);
/// EIP-1014.
Address create2_address(const Address& sender, const Hash& salt, const Hash& init_code_hash);

/// EIP-7702: the account that @p code delegates to, if it is a delegation: 0xef0100 || address.
std::optional<Address> delegation_of(BytesView code) noexcept;

}  // namespace scope::execution
