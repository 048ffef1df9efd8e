#pragma once

#include "base/hex.hpp"
#include "execution/rollup_host.hpp"

namespace scope::execution {

inline constexpr Address ABORT_PRECOMPILE =
    literals::fixed_literal<20>("0x5c09e00000000000000000000000000000000002");

/// Selectors that the rule below knows: of ScopedCallableL2.ask, and of ScopedCallable's errors
/// NoOpenRoot() and TooLittleGas().
inline constexpr auto ASK = literals::fixed_literal<4>("1ecf60ac");
inline constexpr auto NO_OPEN_ROOT = literals::fixed_literal<4>("7b7d468e");
inline constexpr auto TOO_LITTLE_GAS = literals::fixed_literal<4>("5dd42bb6");
/// The most gas that asking takes at once: inside another one a 64th less than that one.
inline constexpr int64_t ASK_GAS = int64_t{1} << 24;

/// Transactions without a signature (docs/protocol.md, section 6): TxType system. They pay nothing,
/// must succeed, and leave the target's transient storage to the directly following transaction of
/// the same block.
struct SystemTransactionRule {
    Address sender;  ///< of all of them; its nonce counts them
    Address target;  ///< the only address that they may call
    /// A precompile for the target alone: a transaction that calls it, with a reason, stands in no
    /// block, whatever frame catches the failure (section 7). Called with NoOpenRoot(), it has the
    /// transaction revert with that (section 12). Warm from the start, as precompiles are
    /// (EIP-2929). For all others an account like any other.
    Address abort = ABORT_PRECOMPILE;
    // The target's call to itself of `ask`, in which it takes an answer and serves callbacks, has
    // gas of its own, not that of the frame that waits. Else what a builder has it serve could
    // starve that frame (section 7). All asking in a block takes at most the block's gas limit,
    // beside what its transactions pay for; more is an abort.
    // What a system transaction accessed before the target's first call to itself is cold from then
    // on: the accounts that it deploys as it loads are the builder's choice, too.
    friend bool operator==(const SystemTransactionRule&, const SystemTransactionRule&) = default;
};

/// The rule of a rollup that takes part in scopes.
class ScopeRollup final : public RollupRule {
  public:
    explicit ScopeRollup(const SystemTransactionRule& system) noexcept : system_(system) {}

    [[nodiscard]] const SystemTransactionRule& system() const noexcept { return system_; }

    [[nodiscard]] std::unique_ptr<RollupHost> make_host(Host& host) const override;
    [[nodiscard]] bool is_own(const Transaction& tx) const noexcept override {
        return tx.type == TxType::system;
    }
    Result<Address, TxError> sender_of(const Transaction& tx,
                                       const Environment& environment) const override;
    Result<Costs, TxError> validate_transaction(const state::State& state,
                                                const Environment& environment,
                                                const Transaction& tx, const Address& sender,
                                                const Room& room) const override;
    Result<Outcome, TxError> execute_transaction(Host& host, const Transaction& tx,
                                                 const Address& sender,
                                                 const Room& room) const override;

  private:
    SystemTransactionRule system_;
};

}  // namespace scope::execution
