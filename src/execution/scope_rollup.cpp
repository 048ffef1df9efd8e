#include "execution/scope_rollup.hpp"

#include <algorithm>
#include <utility>

#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "execution/transaction.hpp"

namespace scope::execution {

using evm::CallResult;
using evm::Message;
using evm::Status;

namespace {

/// The namespace of ScopedCallableL2's slots for entries: keccak256("scope.entries").
constexpr auto ENTRIES =
    literals::fixed_literal<32>("d6053b45aa89de0cbc181889ef5d331bc5392421bcf6f49129641ff7bd3c61b0");

bool has_selector(BytesView input, BytesView selector) noexcept {
    return input.size() >= selector.size() && equal(input.first(selector.size()), selector);
}

/// Returns the code in calldata of upgrade(bytes), as abi.encode lays it out; nullopt in any other.
std::optional<BytesView> upgrade_in(BytesView calldata) noexcept {
    constexpr size_t WORD = 32;
    constexpr size_t HEAD = UPGRADE.size() + 2 * WORD;
    if (!has_selector(calldata, UPGRADE) || calldata.size() < HEAD) return std::nullopt;
    const uint256 offset = from_be(calldata.subspan(UPGRADE.size(), WORD));
    const uint256 size = from_be(calldata.subspan(UPGRADE.size() + WORD, WORD));
    const BytesView tail = calldata.subspan(HEAD);
    if (offset != uint256{WORD} || size > uint256{tail.size()}) return std::nullopt;
    return tail.first(uint64_t{size});
}

CallResult aborted() {
    CallResult result;
    result.status = Status::aborted;
    return result;
}

CallResult asking_paused(int64_t gas) {
    CallResult result;
    result.status = Status::revert;
    result.gas_left = gas;
    result.output = to_bytes(ASKING_PAUSED);
    return result;
}

/// The part of SystemTransactionRule that is about messages.
class ScopeHost final : public RollupHost {
  public:
    ScopeHost(Host& host, const SystemTransactionRule& rule) noexcept
        : RollupHost(host, ASK_SHARE), rule_(rule) {}

    void open_transaction(const evm::TransactionContext& transaction) override {
        RollupHost::open_transaction(transaction);
        is_system_ = is_loading_ = transaction.origin == rule_.sender;
        ask_gas_ = ASK_GAS;
        asking_ = {};
        frame_ = {};
        warm_up();
    }

    CallResult call(const Message& message) override {
        if (aborts(message)) abort(message.input);
        if (is_late()) abort({});
        if (abort_reason()) return aborted();
        const Frame caller = frame_;
        if (caller.is_below_pause && is_paused(message)) return asking_paused(message.gas);
        frame_ = {.is_below_pause = starts_below_pause(message, caller),
                  .gas_kept = caller.gas_kept + message.gas_kept.value_or(0)};
        const Asking around = asking_;
        // No frame sends it: a simulation has it served, on top of whatever waits.
        if (!message.gas_kept) asking_.gas = 0;
        CallResult result = run(message);
        asking_ = around;
        frame_ = caller;
        if (result.status == Status::success && calls_target(message) &&
            has_selector(message.input, PAUSE_ASKING))
            frame_.is_pausing = true;
        return result;
    }

    [[nodiscard]] bool aborts(const Message& message) const noexcept override {
        return message.code_address == rule_.abort && message.sender == rule_.target &&
               message.kind == evm::CallKind::call;
    }

  private:
    /// The frame that runs, as far as pauses go.
    struct Frame {
        bool is_below_pause = false;  // a frame around it had paused asking as it called
        bool is_pausing = false;      // it has paused asking itself: below it, not for itself
        int64_t gas_kept = 0;         // by all frames around
    };

    /// The innermost `ask` that is open.
    struct Asking {
        int64_t gas = 0;          // that it was given; 0: none is open, or it doesn't count
        int64_t gas_kept = 0;     // by all frames around it
        int64_t used_around = 0;  // gas of `ask`s around it, as it began

        /// Returns the gas that all open ones have used as a frame sends @p message.
        [[nodiscard]] int64_t used(const Message& message, const Frame& frame) const noexcept {
            if (gas == 0) return used_around;
            return used_around + gas - (frame.gas_kept - gas_kept) - message.gas;
        }
    };

    void warm_up() {
        state::State& state = host().state();
        state.access_account(rule_.abort);
        if (is_system_) state.access_account(rule_.target);
    }

    /// Somebody, or itself; a CALLCODE or DELEGATECALL of its code is not to the target.
    [[nodiscard]] bool calls_target(const Message& message) const noexcept {
        return message.kind == evm::CallKind::call && message.recipient == rule_.target &&
               message.code_address == rule_.target;
    }
    /// The target does.
    [[nodiscard]] bool calls_itself(const Message& message) const noexcept {
        return message.sender == rule_.target && calls_target(message);
    }

    /// Returns whether a pause around the frame that sends it refuses the message.
    [[nodiscard]] bool is_paused(const Message& message) const noexcept {
        if (!calls_target(message) || message.sender == rule_.target) return false;
        return has_selector(message.input, SCOPED_CALL) ||
               has_selector(message.input, TRY_SCOPED_CALL) ||
               has_selector(message.input, SCOPED_STATIC_CALL) ||
               has_selector(message.input, FORWARD_STRANDED);
    }

    /// What the target calls itself for is served for other chains: no pause here is about that.
    /// Its frame for a pausing one's own call does what that one asks, through an alias if need be.
    [[nodiscard]] bool starts_below_pause(const Message& message,
                                          const Frame& caller) const noexcept {
        if (calls_itself(message)) return false;
        return caller.is_below_pause || (caller.is_pausing && !calls_target(message));
    }

    CallResult run(const Message& message) {
        if (!calls_itself(message)) return host().run(message);
        if (is_loading_) {
            is_loading_ = false;
            host().state().forget_accesses();
            host().warm_up();
            warm_up();
        }
        return has_selector(message.input, ASK) ? ask(message) : host().run(message);
    }

    CallResult ask(const Message& message) {
        state::State& state = host().state();
        // Those around have used some that they are charged for as they end.
        const int64_t used = asking_.used(message, frame_);
        Message unpaid = message;
        unpaid.gas = std::clamp<int64_t>(gas_left() - used, 0, ask_gas_);
        asking_ = {unpaid.gas, frame_.gas_kept, used};
        const int64_t ask_gas = std::exchange(ask_gas_, unpaid.gas - unpaid.gas / 64);
        const auto checkpoint = state.checkpoint();
        CallResult result = host().run(unpaid);
        // What it looked at would stay warm, and what it serves is the builder's choice.
        if (message.is_static) state.rollback(checkpoint);
        ask_gas_ = ask_gas;
        set_gas_left(gas_left() - (unpaid.gas - result.gas_left));
        if (gas_left() < 0 || result.status != Status::success) {
            const bool is_told = gas_left() >= 0 && !result.output.empty();
            abort(is_told ? BytesView{result.output} : BytesView{TOO_LITTLE_GAS});
            return aborted();
        }
        result.gas_left = message.gas;
        result.gas_refund = 0;
        return result;
    }

    SystemTransactionRule rule_;
    bool is_system_ = false;
    bool is_loading_ = false;  // a system transaction, whose target has called nobody yet
    int64_t ask_gas_ = 0;      // what the next `ask` gets, at most
    Asking asking_;
    Frame frame_;  // the innermost
};

}  // namespace

Hash entry_slot(const Address& account) {
    return crypto::keccak256(concat(ENTRIES, Bytes(Hash::size() - Address::size()), account));
}

bool ends_in_marker(BytesView data) {
    return data.size() >= ROOT_MARKER.size() && equal(data.last(ROOT_MARKER.size()), ROOT_MARKER);
}

bool is_root(const state::StateView& state, const SystemTransactionRule& rule,
             const Transaction& tx) {
    if (tx.type == TxType::system) return false;
    if (ends_in_marker(tx.data)) return true;
    return tx.to && !state.storage(rule.target, entry_slot(*tx.to)).is_zero();
}

std::unique_ptr<RollupHost> ScopeRollup::make_host(Host& host) const {
    return std::make_unique<ScopeHost>(host, system_);
}

std::optional<TxError> ScopeRollup::why_refused(const state::StateView& state,
                                                const Transaction& tx, const Room& room) const {
    if (!room.behind_load || *room.behind_load == is_root(state, system_, tx)) return std::nullopt;
    return *room.behind_load ? TxError::load_without_root : TxError::root_without_load;
}

bool ScopeRollup::loads_root(const Transaction& tx) const noexcept {
    return is_own(tx) && has_selector(tx.data, LOAD_ROOT);
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
    if (tx.gas_limit > std::min(room.all_gas, MAX_GAS))
        return std::unexpected{TxError::block_gas_exceeded};
    const uint64_t gas = intrinsic_gas(tx, environment.revision).intrinsic;
    if (tx.gas_limit < gas) return std::unexpected{TxError::intrinsic_gas_too_low};
    if (tx.nonce == UINT64_MAX) return std::unexpected{TxError::nonce_is_max};
    const uint64_t nonce = state.nonce(sender);
    if (tx.nonce < nonce) return std::unexpected{TxError::nonce_too_low};
    if (tx.nonce > nonce) return std::unexpected{TxError::nonce_too_high};
    if (room.behind_load.value_or(false)) return std::unexpected{TxError::load_without_root};
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
    host.rollup()->limit_gas(room.all_gas - tx.gas_limit);
    state.set_nonce(sender, tx.nonce + 1);
    CallResult result = host.call(frame_of(tx, sender, costs));
    auto error = why_undone(host, room);
    if (!error && result.status != Status::success) error = TxError::system_failed;
    if (error) {
        state.rollback(before);
        return std::unexpected{*error};
    }
    Outcome outcome = outcome_of(host, tx, costs, std::move(result));
    outcome.rollup_gas_used += std::exchange(outcome.gas_used, 0);  // nobody pays it
    if (const auto code = upgrade_in(tx.data))
        state.set_code(system_.target, evm::make_code(to_bytes(*code)));
    outcome.logs = host.close_transaction(system_.target);
    return outcome;
}

}  // namespace scope::execution
