#include "adversary/judge.hpp"

#include <fmt/format.h>

#include <map>

#include "base/hex.hpp"
#include "oracle/one_chain.hpp"
#include "state/memory_state.hpp"

namespace scope::adversary {

namespace {

constexpr int64_t VIEW_GAS = 10'000'000;

state::GenesisAlloc accounts_of(const state::WorldState& state) {
    const auto* memory = dynamic_cast<const state::MemoryState*>(&state);
    CHECK(memory != nullptr);
    return memory->dump();
}

/// All ETH that exists on a rollup: all but the predeploy's reserve (docs/protocol.md §10).
uint256 ether_on(const state::WorldState& rollup) {
    uint256 sum;
    for (const auto& [address, account] : accounts_of(rollup))
        if (address != rollup::PREDEPLOY) sum += account.balance;
    return sum;
}

protocol::RegisteredRollup registered(const state::WorldState& l1,
                                      const protocol::SettlementId& settlement, ChainId chain_id) {
    state::State state{l1};
    execution::Environment environment;
    environment.block.chain_id = settlement.l1_chain_id;
    execution::Host host{state, environment};
    host.open_transaction({});
    const Bytes input = protocol::get_rollup(chain_id);
    const auto result = host.call({.is_static = true,
                                   .gas = VIEW_GAS,
                                   .recipient = settlement.settlement,
                                   .code_address = settlement.settlement,
                                   .input = input});
    const auto rollup = protocol::decode_rollup(result.output);
    CHECK(rollup.has_value());
    return *rollup;
}

/// A rollup that gives more than L1 holds for it, if any.
std::optional<Judgement> unbacked(const oracle::SealedScope& sealed, const Attempt& attempt) {
    const auto& [contracts, rollups, first_l1_block] = sealed.devnet.node().network();
    for (size_t i = 0; i < rollups.size(); ++i) {
        const ChainId id = rollups[i].chain_id();
        const auto escrow = registered(*attempt.chains[0].state, contracts.settlement, id).escrow;
        const auto ether = ether_on(*attempt.chains[i + 1].state);
        if (escrow < ether)
            return Judgement{Verdict::survivor, fmt::format("escrow of {}: {} for {} wei", id,
                                                            to_decimal(escrow), to_decimal(ether))};
    }
    return std::nullopt;
}

/// The entries of forced queues, as an attempt left them.
struct Entries {
    std::vector<oracle::Entry> taken;  ///< in place of those that weren't, ones that do nothing
    bool passed_over = false;          ///< by a batch that had to take them
};
/// REQUIRES: the chains are this program's alone.
Entries entries_of(const oracle::Program& program, const oracle::SealedScope& sealed,
                   const Attempt& attempt) {
    const auto& settlement = sealed.devnet.node().network().contracts.settlement;
    Entries entries{program.entries, false};
    std::map<size_t, uint64_t> indices;  // by chain: of the next entry
    for (auto& entry : entries.taken) {
        const auto rollup =
            registered(*attempt.chains[0].state, settlement, oracle::chain_id_of(entry.chain));
        const bool is_queued = entry.before == 0;
        entry.before = 0;
        if (is_queued && indices[entry.chain]++ < rollup.forced_queue_position) continue;
        entry.kind = oracle::Entry::Kind::garbage;
        entries.passed_over |=
            is_queued && program.entries_are_due && !attempt.chains[entry.chain].receipts.empty();
    }
    return entries;
}

/// If it ended before it settled and was derived.
std::optional<Judgement> ended_early(const Attempt& attempt) {
    switch (attempt.end) {
        case Attempt::End::not_attested:
        case Attempt::End::not_settled:
            return Judgement{Verdict::refused, attempt.reason};
        case Attempt::End::not_derived:
            return Judgement{Verdict::survivor, attempt.reason};
        case Attempt::End::settled:
            break;
    }
    return std::nullopt;
}

}  // namespace

Judgement judge(const oracle::Program& program, const oracle::SealedScope& sealed,
                const Attempt& attempt) {
    if (auto early = ended_early(attempt)) return std::move(*early);
    if (auto wrong = unbacked(sealed, attempt)) return std::move(*wrong);

    auto entries = entries_of(program, sealed, attempt);
    if (entries.passed_over) return {Verdict::survivor, "an entry that is due was passed over"};

    auto ran = program;
    ran.roots.clear();
    ran.entries = std::move(entries.taken);
    auto many = sealed.read(attempt.chains);
    for (const auto& [root, success, output] : attempt.roots) {
        ran.roots.push_back(program.roots[root]);
        many.roots.push_back({success, output});
    }
    auto difference = oracle::difference(oracle::run_on_one_chain(ran), many);
    if (difference.empty()) return {Verdict::equivalent, {}};
    return {attempt.has_swallowed_fault ? Verdict::swallowed : Verdict::survivor,
            std::move(difference)};
}

Judgement judge_same(const oracle::SealedScope& sealed, const Attempt& honest,
                     const Attempt& attempt) {
    if (auto early = ended_early(attempt)) return std::move(*early);
    if (auto wrong = unbacked(sealed, attempt)) return std::move(*wrong);

    const auto& contracts = sealed.devnet.node().network().contracts;
    std::vector<Address> apart{contracts.l1_callable,
                               contracts.settlement.settlement,
                               rollup::PREDEPLOY,
                               rollup::SYSTEM_SENDER,
                               sealed.bundle.attributes.coinbase,
                               sealed.options.submitter->address()};
    for (size_t i = 0; i < honest.chains.size(); ++i) {
        auto here = accounts_of(*honest.chains[i].state);
        auto there = accounts_of(*attempt.chains[i].state);
        for (const auto& address : apart) {
            here.erase(address);
            there.erase(address);
        }
        for (const auto& [address, account] : here)
            if (const auto same = there.find(address);
                same == there.end() || !(same->second == account))
                return {Verdict::survivor, fmt::format("{} differs", to_hex(address))};
        // Aliases may be deployed by anyone.
    }
    return {Verdict::equivalent, {}};
}

}  // namespace scope::adversary
