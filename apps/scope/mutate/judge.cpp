#include "mutate/judge.hpp"

#include <fmt/format.h>

#include "equivalence/one_chain.hpp"
#include "state/memory_state.hpp"

namespace scope::mutate {

namespace {

constexpr int64_t VIEW_GAS = 10'000'000;
constexpr uint256 RESERVE{0, 0, 1, 0};  // docs/protocol.md §10

/// All ETH that exists on a rollup.
uint256 ether_on(const state::WorldState& rollup) {
    const auto* memory = dynamic_cast<const state::MemoryState*>(&rollup);
    CHECK(memory != nullptr);
    uint256 sum;
    for (const auto& [address, account] : memory->dump()) sum += account.balance;
    return sum - RESERVE;
}

uint256 escrow_of(const state::WorldState& l1, const protocol::SettlementId& settlement,
                  uint64_t chain_id) {
    state::State state{l1};
    execution::Environment environment;
    environment.block.chain_id = settlement.l1_chain_id[0];
    execution::Host host{state, environment};
    host.open_transaction({});
    const Bytes input = protocol::get_rollup(uint256{chain_id});
    const auto result = host.call({.is_static = true,
                                   .gas = VIEW_GAS,
                                   .recipient = settlement.settlement,
                                   .code_address = settlement.settlement,
                                   .input = input});
    const auto rollup = protocol::decode_rollup(result.output);
    CHECK(rollup.has_value());
    return rollup->escrow;
}

}  // namespace

Judgement judge(const equivalence::Program& program, const equivalence::SealedScope& sealed,
                const Attempt& attempt) {
    if (attempt.end == Attempt::End::not_attested || attempt.end == Attempt::End::not_settled)
        return {Verdict::refused, attempt.reason};
    if (attempt.end == Attempt::End::not_derived) return {Verdict::survivor, attempt.reason};

    const auto& rollups = sealed.network.rollups;
    for (size_t i = 0; i < rollups.size(); ++i) {
        const uint64_t id = rollups[i].config.chain_id();
        const auto escrow = escrow_of(*attempt.chains[0].state, sealed.network.settlement, id);
        const auto ether = ether_on(*attempt.chains[i + 1].state);
        if (escrow < ether)
            return {Verdict::survivor, fmt::format("escrow of {}: {} for {} wei", id,
                                                   to_decimal(escrow), to_decimal(ether))};
    }

    auto ran = program;
    ran.roots.clear();
    auto many = sealed.read(attempt.chains);
    for (const auto& [root, success, output] : attempt.roots) {
        ran.roots.push_back(program.roots[root]);
        many.roots.push_back({success, output});
    }
    auto difference = equivalence::difference(equivalence::run_on_one_chain(ran), many);
    if (difference.empty()) return {Verdict::equivalent, {}};
    return {attempt.has_swallowed_fault ? Verdict::swallowed : Verdict::survivor,
            std::move(difference)};
}

}  // namespace scope::mutate
