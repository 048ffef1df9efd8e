#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "l1/rpc_l1_view.hpp"

namespace scope::l1 {

/// An L1View to rehearse a simulation on, so that it needs few round trips: what of the state isn't
/// known yet is taken for nothing, and noted.
///
///     Rehearsal rehearsal{view};
///     do {
///         simulate(rehearsal);  // what comes of it is worth nothing
///     } while (rehearsal.read_missing().value_or(false));
///     simulate(view);
///
/// Each turn reads all that the one before came across, in one batch; so there are as many as reads
/// depend on one another, and not as many as there are reads. The head stays that of the beginning.
class Rehearsal final : public L1View {
  public:
    /// @param view  Must outlive it.
    explicit Rehearsal(const RpcL1View& view) : view_(view) {}

    [[nodiscard]] const chain::ChainSpec& spec() const override { return view_.spec(); }
    [[nodiscard]] Result<L1Head, L1Error> head() const override;
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, L1Error> state(
        const Hash& block) const override;
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, L1Error> ancestors(
        const Hash& parent) const override {
        return view_.ancestors(parent);
    }
    [[nodiscard]] Result<chain::BlockAttributes, L1Error> next_block() const override {
        return view_.next_block();
    }

    /// Notes something of the head's state to be read; what is known isn't read again.
    void add_missing(const Touch& touch);
    /// Returns whether something is to be read.
    [[nodiscard]] bool has_missing() const;
    /// Reads what was missing of the head's state since the last time; returns whether anything was.
    Result<bool, L1Error> read_missing();

  private:
    class GuessedState;
    /// Most accounts and slots that a turn notes: what reads more has to be read as it goes.
    static constexpr size_t MAX_MISSING = 128;
    /// The accounts and slots that were taken for nothing.
    struct Missing {
        size_t size = 0;
        std::mutex mutex;
        std::map<Address, std::set<Hash>> touches;
    };

    const RpcL1View& view_;
    mutable std::optional<L1Head> head_;
    std::shared_ptr<Missing> missing_ = std::make_shared<Missing>();
};

}  // namespace scope::l1
