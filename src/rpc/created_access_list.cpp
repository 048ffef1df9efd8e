#include "rpc/created_access_list.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "evm/precompiles.hpp"
#include "rpc/errors.hpp"
#include "rpc/frames.hpp"

namespace scope::rpc {

namespace {

using SlotsOf = std::map<Address, std::set<Hash>>;

/// Runs of a call, each with the list of the one before: with one a contract may take another way.
constexpr int MAX_RUNS = 16;
/// The gas of all of them.
constexpr uint64_t MAX_GAS = 120'000'000;

class AccessTracer final : public FrameTracer {
  public:
    AccessTracer(const std::set<Address>& warm, evm::Revision revision)
        : warm_(warm), revision_(revision) {}

    void on_instruction(const evm::TraceStep& step) override {
        if (const auto key = slot_named_by(step)) looked_at[owner()].insert(*key);
        if (const auto account = account_named_by(step))
            if (!warm_.contains(*account) && !evm::is_precompile(revision_, *account))
                looked_at.try_emplace(*account);
    }
    SlotsOf looked_at;

  private:
    const std::set<Address>& warm_;
    evm::Revision revision_;
};

AccessList to_list(const SlotsOf& slots_of) {
    AccessList list;
    for (const auto& [address, slots] : slots_of)
        list.push_back({address, {slots.begin(), slots.end()}});
    return list;
}

/// Returns the accounts that a transaction warms by itself.
std::set<Address> warm_accounts(const Transaction& tx, const Address& from,
                                const state::State& state) {
    std::set<Address> warm{from,
                           tx.to.value_or(execution::create_address(from, state.nonce(from)))};
    for (const auto& authorization : tx.authorization_list) {
        const bool is_here =
            authorization.chain_id.is_zero() || authorization.chain_id == uint256{*tx.chain_id};
        if (!is_here || authorization.nonce == UINT64_MAX) continue;
        if (const auto authority = recover_authority(authorization)) warm.insert(*authority);
    }
    return warm;
}

}  // namespace

CreatedAccessList create_access_list(Evaluation& evaluation, const TransactionArgs& args) {
    Transaction tx = evaluation.call_of(args);
    if (tx.type == TxType::legacy) tx.type = TxType::access_list;
    const Address from = args.from.value_or(Address{});
    if (tx.authorization_list.size() >
        tx.gas_limit / evm::rules_of(evm::LATEST_REVISION).authorization_gas)
        fail(SERVER_ERROR, "insufficient gas to process all authorizations");
    const auto warm = warm_accounts(tx, from, evaluation.state());
    CreatedAccessList created;
    uint64_t gas_used = 0;
    for (int run = 0; run < MAX_RUNS; ++run) {
        AccessTracer tracer{warm, evaluation.environment().revision};
        created.outcome = evaluation.run_as_is(tx, from, &tracer);
        auto list = to_list(tracer.looked_at);
        if (list == tx.access_list) break;
        gas_used += created.outcome.gas_used;
        if (gas_used > MAX_GAS)
            fail(SERVER_ERROR, fmt::format("the call takes another way with each list, and more "
                                           "than {} gas in all: give it less gas",
                                           MAX_GAS));
        tx.access_list = std::move(list);
    }
    created.list = std::move(tx.access_list);
    return created;
}

}  // namespace scope::rpc
