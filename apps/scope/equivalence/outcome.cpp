#include "equivalence/outcome.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "equivalence/addresses.hpp"
#include "equivalence/script_code.hpp"
#include "execution/host.hpp"
#include "state/memory_state.hpp"

namespace scope::equivalence {

namespace {

constexpr int64_t GAS = int64_t{1} << 40;

std::string describe(const RootResult& result) {
    return fmt::format("{} {}", result.success ? "success" : "failure", to_hex(result.output));
}

std::string describe(const std::vector<LogLine>& lines) {
    std::string out;
    for (const auto& line : lines)
        out += fmt::format(" c{}({}, {})", line.contract, line.sender, to_decimal(line.value));
    return out.empty() ? " none" : out;
}

}  // namespace

std::string difference(const Outcome& one, const Outcome& many) {
    for (size_t i = 0; i < one.roots.size(); ++i)
        if (one.roots[i] != many.roots[i])
            return fmt::format("root {}: one chain: {}; many: {}", i, describe(one.roots[i]),
                               describe(many.roots[i]));
    for (size_t c = 0; c < one.storage.size(); ++c)
        for (size_t s = 0; s < one.storage[c].size(); ++s)
            if (one.storage[c][s] != many.storage[c][s])
                return fmt::format("c{}.s{}: one chain: {}; many: {}", c, s,
                                   to_decimal(one.storage[c][s]), to_decimal(many.storage[c][s]));
    for (size_t c = 0; c < one.balances.size(); ++c)
        if (one.balances[c] != many.balances[c])
            return fmt::format("balance of c{}: one chain: {}; many: {}", c,
                               to_decimal(one.balances[c]), to_decimal(many.balances[c]));
    for (size_t chain = 0; chain < one.logs.size(); ++chain)
        if (one.logs[chain] != many.logs[chain])
            return fmt::format("logs of chain {}: one chain:{}; many:{}", chain,
                               describe(one.logs[chain]), describe(many.logs[chain]));
    return {};
}

Outcome run_on_one_chain(const Program& program) {
    std::vector<CallTarget> targets;
    for (size_t c = 0; c < program.contracts.size(); ++c)
        targets.push_back({true, contract_address(c), 0});
    state::GenesisAlloc alloc;
    for (size_t c = 0; c < program.contracts.size(); ++c)
        alloc[contract_address(c)] = {.nonce = 1,
                                      .balance = uint256{program.contracts[c].balance},
                                      .code = compile(program.contracts[c], targets, Address{}),
                                      .storage = {}};
    const Address user = user_address();
    alloc[user].balance = uint256{1'000'000u};
    const state::MemoryState genesis{alloc};
    state::State state{genesis};
    execution::Environment environment;
    environment.block.gas_limit = static_cast<uint64_t>(GAS);
    execution::Host host{state, environment};

    Outcome outcome;
    outcome.logs.resize(program.chains);
    for (const auto& root : program.roots) {
        host.open_transaction({.origin = user});
        const Bytes input = script_input(root.function, root.argument, DEPTH);
        const Address target = contract_address(root.target);
        auto result = host.call({.gas = GAS,
                                 .recipient = target,
                                 .sender = user,
                                 .code_address = target,
                                 .input = input,
                                 .value = uint256{root.value}});
        outcome.roots.push_back({result.status == evm::Status::success, std::move(result.output)});
        for (const auto& log : host.close_transaction()) {
            const size_t c = contract_number(log.address);
            outcome.logs[program.contracts[c].chain].push_back(
                {c, name_of(to_address(from_be(log.topics.at(0)))), from_be(log.data)});
        }
    }
    for (size_t c = 0; c < program.contracts.size(); ++c) {
        outcome.storage.emplace_back();
        for (uint64_t s = 0; s < SLOTS; ++s)
            outcome.storage.back().push_back(
                from_be(state.storage(contract_address(c), to_be(uint256{s}))));
        outcome.balances.push_back(state.balance(contract_address(c)));
    }
    return outcome;
}

}  // namespace scope::equivalence
