#include "execution/scope_rollup.hpp"

#include "execution/transaction.hpp"

namespace scope::execution {

using evm::CallResult;
using evm::Message;
using evm::Status;

namespace {

CallResult out_of_gas() {
    CallResult result;
    result.status = Status::out_of_gas;
    return result;
}

/// The part of SystemTransactionRule that is about messages.
class ScopeHost final : public RollupHost {
  public:
    ScopeHost(Host& host, const SystemTransactionRule& rule) noexcept
        : RollupHost(host, host.environment()), rule_(rule) {}

    void open_transaction(const evm::TransactionContext& transaction) override {
        RollupHost::open_transaction(transaction);
        is_system_ = is_loading_ = transaction.origin == rule_.sender;
        has_no_open_root_ = false;
        ask_gas_ = ASK_GAS;
        warm_up();
    }

    CallResult call(const Message& message) override {
        if (aborts(message)) {
            if (equal(message.input, NO_OPEN_ROOT))
                has_no_open_root_ = true;
            else
                abort(message.input);
        }
        if (abort_reason()) return out_of_gas();
        if (!calls_itself(message)) return host().run(message);
        if (is_loading_) {
            is_loading_ = false;
            host().state().forget_accesses();
            host().warm_up();
            warm_up();
        }
        const bool asks =
            message.input.size() >= ASK.size() && equal(message.input.first(ASK.size()), ASK);
        return asks ? ask(message) : host().run(message);
    }

    /// A transaction's own frame fails if it met NoOpenRoot.
    void end_frame(const Message& message, CallResult& result) override {
        if (!has_no_open_root_ || message.depth != 0 || result.status != Status::success) return;
        result.status = Status::revert;
        result.gas_refund = 0;
        result.output = to_bytes(NO_OPEN_ROOT);
    }

    [[nodiscard]] bool aborts(const Message& message) const noexcept override {
        return message.code_address == rule_.abort && message.sender == rule_.target &&
               message.kind == evm::CallKind::call;
    }

  private:
    void warm_up() {
        state::State& state = host().state();
        state.access_account(rule_.abort);
        if (is_system_) state.access_account(rule_.target);
    }

    /// The target does.
    [[nodiscard]] bool calls_itself(const Message& message) const noexcept {
        return message.sender == rule_.target && message.recipient == rule_.target &&
               message.code_address == rule_.target;
    }

    CallResult ask(const Message& message) {
        state::State& state = host().state();
        Message unpaid = message;
        unpaid.gas = ask_gas_;
        ask_gas_ -= unpaid.gas / 64;
        const auto checkpoint = state.checkpoint();
        CallResult result = host().run(unpaid);
        // What it looked at would stay warm, and what it serves is the builder's choice.
        if (message.is_static) state.rollback(checkpoint);
        ask_gas_ = unpaid.gas;
        set_gas_left(gas_left() - (unpaid.gas - result.gas_left));
        if (gas_left() < 0 || result.status != Status::success) {
            const bool is_told = gas_left() >= 0 && !result.output.empty();
            abort(is_told ? BytesView{result.output} : BytesView{TOO_LITTLE_GAS});
            return out_of_gas();
        }
        result.gas_left = message.gas;
        result.gas_refund = 0;
        return result;
    }

    SystemTransactionRule rule_;
    bool is_system_ = false;
    bool is_loading_ = false;        // a system transaction, whose target has called nobody yet
    bool has_no_open_root_ = false;  // the abort precompile was called with that
    int64_t ask_gas_ = 0;            // what the next `ask` gets
};

}  // namespace

std::unique_ptr<RollupHost> ScopeRollup::make_host(Host& host) const {
    return std::make_unique<ScopeHost>(host, system_);
}

Result<Address, TxError> ScopeRollup::sender_of(const Transaction& tx,
                                                const Environment& environment) const {
    if (tx.chain_id && *tx.chain_id != environment.block.chain_id)
        return std::unexpected{TxError::wrong_chain_id};
    return system_.sender;
}

Result<Costs, TxError> ScopeRollup::validate_transaction(const state::State& state,
                                                         const Environment& environment,
                                                         const Transaction& tx,
                                                         const Address& sender,
                                                         const Room& room) const {
    if (tx.to != system_.target) return std::unexpected{TxError::system_wrong_target};
    if (!tx.value.is_zero() || !tx.max_fee_per_gas.is_zero() ||
        !tx.max_priority_fee_per_gas.is_zero() || !tx.max_fee_per_blob_gas.is_zero() ||
        !tx.access_list.empty() || !tx.blob_versioned_hashes.empty() ||
        !tx.authorization_list.empty() || tx.y_parity || !tx.r.is_zero() || !tx.s.is_zero())
        return std::unexpected{TxError::system_pays_or_sends};
    if (tx.gas_limit > room.gas) return std::unexpected{TxError::block_gas_exceeded};
    const uint64_t gas = intrinsic_gas(tx, environment.revision).intrinsic;
    if (tx.gas_limit < gas) return std::unexpected{TxError::intrinsic_gas_too_low};
    if (tx.nonce == UINT64_MAX) return std::unexpected{TxError::nonce_is_max};
    const uint64_t nonce = state.nonce(sender);
    if (tx.nonce < nonce) return std::unexpected{TxError::nonce_too_low};
    if (tx.nonce > nonce) return std::unexpected{TxError::nonce_too_high};
    return Costs{.intrinsic_gas = gas};
}

Result<Outcome, TxError> ScopeRollup::execute_transaction(Host& host, const Transaction& tx,
                                                          const Address& sender,
                                                          const Room& room) const {
    state::State& state = host.state();
    const Costs costs = TRY(validate_transaction(state, host.environment(), tx, sender, room));

    const auto before = state.checkpoint();
    state.drop_carried_transient();  // of a system transaction directly before
    host.open_transaction({sender, {}, {}});
    host.rollup()->limit_gas(room.rollup_gas);
    state.set_nonce(sender, tx.nonce + 1);
    CallResult result = host.call(frame_of(tx, sender, costs));
    if (host.rollup()->abort_reason() || result.status != Status::success) {
        const bool is_aborted = host.rollup()->abort_reason().has_value();
        state.rollback(before);
        return std::unexpected{is_aborted ? TxError::aborted : TxError::system_failed};
    }
    Outcome outcome = outcome_of(host, tx, costs, std::move(result));
    outcome.logs = host.close_transaction(system_.target);
    return outcome;
}

}  // namespace scope::execution
