#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "evm/host.hpp"
#include "execution/environment.hpp"
#include "execution/tx_error.hpp"
#include "state/state.hpp"
#include "types/transaction.hpp"

// Where a rollup's rules differ from Ethereum's: a RollupRule, which the chain's specification
// names, and the RollupHost that it gives to each Host. A stack is a file that has both;
// scope_rollup.hpp is the one of SCOPE's rollups.

namespace scope::execution {

/// The time at which an execution is given up.
using Deadline = std::chrono::steady_clock::time_point;

class Host;
struct Costs;
struct Outcome;
struct Room;

/// A rollup's part of one Host: its handling of messages.
class RollupHost {
  public:
    /// @param host       Outlives it.
    /// @param gas_share  The most that a transaction takes of the rollup's own gas, that nobody
    ///                   pays. REQUIRES: at most MAX_GAS.
    RollupHost(Host& host, uint64_t gas_share) noexcept : host_(host), gas_share_(gas_share) {}
    virtual ~RollupHost() = default;
    RollupHost(const RollupHost&) = delete;
    RollupHost& operator=(const RollupHost&) = delete;

    /// Begins a transaction, in which what Ethereum has warm is warm. An override calls this first.
    virtual void open_transaction(const evm::TransactionContext& /*transaction*/) {
        abort_reason_.reset();
        grant_gas(gas_share_);
    }

    /// Runs a message as Host::call does on this rollup; Host::run runs it as Ethereum does.
    virtual evm::CallResult call(const evm::Message& message) = 0;

    /// Returns whether @p message keeps the transaction from standing in any block, whatever frame
    /// catches the failure.
    [[nodiscard]] virtual bool aborts(const evm::Message& message) const noexcept = 0;

    /// Returns why the open transaction can't stand in any block, as revert data; nullopt if it
    /// can.
    [[nodiscard]] const std::optional<Bytes>& abort_reason() const noexcept {
        return abort_reason_;
    }
    /// Forgets the abort: for a simulation, which makes calls fail that didn't.
    void forget_abort() noexcept { abort_reason_.reset(); }

    /// Returns what the open transaction may still take of the rollup's own gas: its share as it is
    /// opened; below 0 in one that is aborted for having taken more.
    [[nodiscard]] int64_t gas_left() const noexcept { return gas_left_; }
    void set_gas_left(int64_t gas) noexcept { gas_left_ = gas; }
    /// Lowers the open transaction's share to @p gas. REQUIRES: nothing of it is taken yet.
    void limit_gas(uint64_t gas) noexcept { grant_gas(std::min(gas, gas_limit_)); }
    [[nodiscard]] uint64_t gas_used() const noexcept {
        return gas_limit_ - static_cast<uint64_t>(std::max<int64_t>(gas_left_, 0));
    }

    /// Aborts, from @p deadline on, whatever message comes: for who executes what others ask for.
    void set_deadline(Deadline deadline) noexcept { deadline_ = deadline; }
    /// Returns whether the deadline, if there is one, has passed.
    [[nodiscard]] bool is_late() const noexcept {
        return deadline_ && std::chrono::steady_clock::now() >= *deadline_;
    }

  protected:
    [[nodiscard]] Host& host() noexcept { return host_; }
    /// Aborts the transaction; the first reason counts.
    void abort(BytesView reason) {
        if (!abort_reason_) abort_reason_ = to_bytes(reason);
    }

  private:
    void grant_gas(uint64_t gas) noexcept {
        gas_limit_ = gas;
        gas_left_ = static_cast<int64_t>(gas);
    }

    Host& host_;
    uint64_t gas_share_;
    std::optional<Bytes> abort_reason_;
    uint64_t gas_limit_ = 0;
    int64_t gas_left_ = 0;
    std::optional<Deadline> deadline_;
};

/// The most bytes of logs in a rollup's block (log_bytes): nobody pays for those that a system
/// transaction makes, and all of them are kept.
inline constexpr uint64_t MAX_LOG_BYTES_PER_BLOCK = uint64_t{4} << 20;

/// A rollup's rules beside Ethereum's: those of its hosts, of Ethereum's transactions, and of
/// transactions of its own.
class RollupRule {
  public:
    virtual ~RollupRule() = default;

    [[nodiscard]] virtual std::unique_ptr<RollupHost> make_host(Host& host) const = 0;

    /// Returns the rule that keeps a transaction out though Ethereum's rules let it stand next;
    /// nullopt if none does. Not for the rollup's own. Warms nothing.
    [[nodiscard]] virtual std::optional<TxError> why_refused(const state::StateView& state,
                                                             const Transaction& tx,
                                                             const Room& room) const = 0;
    /// Returns whether @p tx, if it is executed, decides what may stand next (Room::behind_load).
    [[nodiscard]] virtual bool loads_root(const Transaction& tx) const noexcept = 0;

    /// Returns whether the transaction is the rollup's own. Only such go through the functions
    /// below, which do for them what those of the same name in transaction.hpp do for Ethereum's.
    [[nodiscard]] virtual bool is_own(const Transaction& tx) const noexcept = 0;

    virtual Result<Address, TxError> sender_of(const Transaction& tx,
                                               const Environment& environment) const = 0;
    virtual Result<Costs, TxError> validate_transaction(const state::State& state,
                                                        const Environment& environment,
                                                        const Transaction& tx,
                                                        const Address& sender,
                                                        const Room& room) const = 0;
    virtual Result<Outcome, TxError> execute_transaction(Host& host, const Transaction& tx,
                                                         const Address& sender,
                                                         const Room& room) const = 0;
};

}  // namespace scope::execution
