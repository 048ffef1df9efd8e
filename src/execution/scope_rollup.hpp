#pragma once

#include "base/hex.hpp"
#include "execution/rollup_host.hpp"

namespace scope::execution {

inline constexpr Address ABORT_PRECOMPILE =
    literals::fixed_literal<20>("0x5c09e00000000000000000000000000000000002");

// Selectors of ScopedCallableL2 that the rule below knows: functions, then errors.
inline constexpr auto ASK = literals::fixed_literal<4>("6acb245d");
inline constexpr auto LOAD_ROOT = literals::fixed_literal<4>("4731b56e");
inline constexpr auto UPGRADE = literals::fixed_literal<4>("25394645");
inline constexpr auto PAUSE_ASKING = literals::fixed_literal<4>("7553620d");
inline constexpr auto SCOPED_CALL = literals::fixed_literal<4>("752949ed");
inline constexpr auto TRY_SCOPED_CALL = literals::fixed_literal<4>("45388d4f");
inline constexpr auto SCOPED_STATIC_CALL = literals::fixed_literal<4>("7ba901fc");
inline constexpr auto FORWARD_STRANDED = literals::fixed_literal<4>("8fa02d91");
inline constexpr auto ASKING_PAUSED = literals::fixed_literal<4>("332bebdf");
inline constexpr auto TOO_LITTLE_GAS = literals::fixed_literal<4>("5dd42bb6");

/// The gas of an `ask`: inside another one a 64th less than that one.
inline constexpr int64_t ASK_GAS = int64_t{1} << 26;
/// The most gas that all asking of one transaction takes.
inline constexpr uint64_t ASK_SHARE = uint64_t{1} << 26;

/// The end of a root's data: keccak256("scope.root.v2.marker").
inline constexpr auto ROOT_MARKER =
    literals::fixed_literal<32>("0daaa518253653d485d4b09ba76fa82610e5388c3a3b3356d852a23451800dc2");

/// Transactions without a signature (docs/protocol.md, section 6): TxType system. They pay nothing,
/// must succeed, and leave the target's transient storage to the directly following transaction of
/// the same block.
struct SystemTransactionRule {
    Address sender;  ///< of all of them; its nonce counts them
    Address target;  ///< the only address that they may call
    /// A precompile for the target alone: a transaction that calls it, with a reason, stands in no
    /// block, whatever frame catches the failure (section 7). Warm from the start, as precompiles
    /// are (EIP-2929). For all others an account like any other.
    Address abort = ABORT_PRECOMPILE;
    // The target's call to itself of `ask`, in which it takes an answer and serves callbacks, has
    // gas of its own, not that of the frame that waits. Else what a builder has it serve could
    // starve that frame (section 7). All asking of a transaction takes at most ASK_SHARE, and at
    // most what the batch has left of all gas beside the transaction's gas limit; more is an abort.
    // A frame that calls the target's `pauseAsking` has what it calls from then on refused scoped
    // calls, with AskingPaused() and all gas back: so it need not trust whom it calls (section 12).
    // What a system transaction accessed before the target's first call to itself is cold from then
    // on: the accounts that it deploys as it loads are the builder's choice, too.
    // Behind a system transaction that calls the target's `upgrade`, encoded as the derivation does,
    // the target has the code that it names (section 12).
    friend bool operator==(const SystemTransactionRule&, const SystemTransactionRule&) = default;
};

/// Returns whether a transaction's data make it a root, whatever its `to`: they end in ROOT_MARKER.
bool ends_in_marker(BytesView data);
/// Returns whether a user's transaction is a root (section 12): its data, init code too, end in
/// ROOT_MARKER, or its `to` has declared itself an entry. Warms nothing.
/// @param state  As it stands before the transaction.
bool is_root(const state::StateView& state, const SystemTransactionRule& rule,
             const Transaction& tx);

/// Returns the target's storage slot that isn't 0 for an account that has declared itself an entry.
Hash entry_slot(const Address& account);

/// The rule of a rollup that takes part in scopes.
class ScopeRollup final : public RollupRule {
  public:
    explicit ScopeRollup(const SystemTransactionRule& system) noexcept : system_(system) {}

    [[nodiscard]] const SystemTransactionRule& system() const noexcept { return system_; }

    [[nodiscard]] std::unique_ptr<RollupHost> make_host(Host& host) const override;
    [[nodiscard]] std::optional<TxError> why_refused(const state::StateView& state,
                                                     const Transaction& tx,
                                                     const Room& room) const override;
    [[nodiscard]] bool loads_root(const Transaction& tx) const noexcept override;
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
