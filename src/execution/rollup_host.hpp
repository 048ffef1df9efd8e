#pragma once

#include <algorithm>
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

class Host;
struct Costs;
struct Outcome;
struct Room;

/// A rollup's part of one Host: its handling of messages.
class RollupHost {
  public:
    /// @param host  Outlives it, and so does its environment.
    RollupHost(Host& host, const Environment& environment) noexcept
        : host_(host), environment_(environment) {}
    virtual ~RollupHost() = default;
    RollupHost(const RollupHost&) = delete;
    RollupHost& operator=(const RollupHost&) = delete;

    /// Begins a transaction, in which what Ethereum has warm is warm. An override calls this first.
    virtual void open_transaction(const evm::TransactionContext& /*transaction*/) {
        abort_reason_.reset();
        limit_gas(UINT64_MAX);
    }

    /// Runs a message as Host::call does on this rollup; Host::run runs it as Ethereum does.
    virtual evm::CallResult call(const evm::Message& message) = 0;

    /// Ends a frame that has run: may make it fail, before it is undone for that.
    virtual void end_frame(const evm::Message& message, evm::CallResult& result) = 0;

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

    /// Returns what the open transaction may still take of the rollup's own gas, that nobody pays.
    /// As it is opened, the block's gas limit; at most @p gas after limit_gas.
    [[nodiscard]] int64_t gas_left() const noexcept { return gas_left_; }
    void set_gas_left(int64_t gas) noexcept { gas_left_ = gas; }
    void limit_gas(uint64_t gas) noexcept {
        gas_limit_ = std::min(gas, environment_.block.gas_limit);
        gas_left_ = static_cast<int64_t>(gas_limit_);
    }
    [[nodiscard]] uint64_t gas_used() const noexcept {
        return gas_limit_ - static_cast<uint64_t>(gas_left_);
    }

  protected:
    [[nodiscard]] Host& host() noexcept { return host_; }
    /// Aborts the transaction; the first reason counts.
    void abort(BytesView reason) {
        if (!abort_reason_) abort_reason_ = to_bytes(reason);
    }

  private:
    Host& host_;
    const Environment& environment_;
    std::optional<Bytes> abort_reason_;
    uint64_t gas_limit_ = 0;
    int64_t gas_left_ = 0;
};

/// A rollup's rules beside Ethereum's: those of its hosts, and of transactions of its own.
class RollupRule {
  public:
    virtual ~RollupRule() = default;

    [[nodiscard]] virtual std::unique_ptr<RollupHost> make_host(Host& host) const = 0;

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
