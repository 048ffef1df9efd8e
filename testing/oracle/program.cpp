#include "oracle/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace scope::oracle {

namespace {

constexpr uint64_t GAS_PER_DEPTH = 600'000;
/// Static frames that break a rule use up all that they have, so they have less.
constexpr uint64_t STATIC_GAS_PER_DEPTH = 400'000;
/// An alias of a root's own level asks with 2,000,000 gas.
constexpr uint64_t MAX_DEPTH_BELOW_ALIAS = 2;

std::string to_string(const Expression& e) {
    switch (e.kind) {
        case Expression::Kind::constant:
            return fmt::format("{}", e.value);
        case Expression::Kind::accumulator:
            return "acc";
        case Expression::Kind::argument:
            return "arg";
        case Expression::Kind::slot:
            return fmt::format("s{}", e.value);
        case Expression::Kind::transient:
            return fmt::format("t{}", e.value);
        case Expression::Kind::balance:
            return "this.balance";
        case Expression::Kind::call_value:
            return "msg.value";
        case Expression::Kind::depth:
            return "depth";
        case Expression::Kind::gas:
            return "gasleft()";
    }
    return "?";
}

std::string bytes_of(const Operation& op) {
    const std::string e = to_string(op.expression);
    return op.size == 32 ? e : fmt::format("{} as bytes[{}]", e, op.size);
}

std::string call_text(const Program& program, const Operation& op) {
    std::string options;
    const auto option = [&](const char* name, uint64_t value) {
        if (value != 0)
            options += fmt::format("{}{}: {}", options.empty() ? "" : ", ", name, value);
    };
    option("value", value_of(program, op));
    if (is_call(op)) option("gas", gas_of(program, op));
    if (!options.empty()) options = "{" + options + "}";
    const std::string e = to_string(op.expression);
    const char* const take = op.bubbles ? "" : "try ";
    if (op.kind == Operation::Kind::create)
        return fmt::format("{}new c{}{}({})", take, op.target, options,
                           op.constructs ? fmt::format("f{}, {}", op.function, e) : "");
    constexpr const char* WAYS[] = {"scoped", "tryScoped", "alias"};
    const auto function = op.function % program.contracts[op.target].functions.size();
    return fmt::format("{}{}{} c{}.f{}{}({})", take, op.is_static ? "static " : "",
                       WAYS[static_cast<size_t>(op.way)], op.target, function, options, e);
}

std::string to_string(const Program& program, const Operation& op) {
    const std::string e = to_string(op.expression);
    switch (op.kind) {
        case Operation::Kind::set:
            return fmt::format("s{0} = (3 * s{0} + {1}) % M;", op.slot, e);
        case Operation::Kind::set_transient:
            return fmt::format("t{0} = (3 * t{0} + {1}) % M;", op.slot, e);
        case Operation::Kind::load:
            return fmt::format("acc = (11 * acc + {}) % M;", e);
        case Operation::Kind::emit:
            return fmt::format("emit Log(msg.sender, {});", bytes_of(op));
        case Operation::Kind::revert_if:
            return fmt::format("if ({} % 2 == 1) revert({});", e, bytes_of(op));
        case Operation::Kind::revert:
            return fmt::format("revert({});", bytes_of(op));
        case Operation::Kind::finish:
            return fmt::format("return {};", bytes_of(op));
        case Operation::Kind::burn: {
            constexpr std::array<const char*, BURNS> TEXTS{
                "memory[2**200] = 0;",
                "while (true) {}",
                "assembly { invalid() }",
                "while (true) storage[i++] = i;",
                "while (true) emit Log();",
                "while (true) address(i++).balance;",
                "address(this).delegatecall(msg.data); assembly { invalid() }"};
            return TEXTS[static_cast<size_t>(op.burn)];
        }
        case Operation::Kind::call:
        case Operation::Kind::create:
            return "acc = mix(acc, " + call_text(program, op) + ");";
        case Operation::Kind::look_twice:
            return fmt::format(
                "first = {0}; s{1} = (3 * s{1} + {2}) % M; acc = mix(acc, {0} == first);",
                call_text(program, op), op.slot, e);
        case Operation::Kind::self_destruct:
            return fmt::format("selfdestruct(c{});", op.target);
    }
    return "?";
}

std::string to_string(const Program& program, const Entry& entry) {
    constexpr std::array<const char*, 7> KINDS{"deposit",
                                               "transaction",
                                               "garbage for",
                                               "transaction with too much gas",
                                               "transaction with a wrong nonce",
                                               "another chain's transaction",
                                               "root"};
    const auto to = [&]() -> std::string {
        switch (entry.to) {
            case Entry::To::receiver:
                return "an account without code";
            case Entry::To::predeploy:
                return "the predeploy";
            case Entry::To::contract:
                break;
        }
        if (!calls_function(program, entry)) return fmt::format("c{}", entry.target);
        const auto& functions = program.contracts[entry.target].functions;
        return fmt::format("c{}.f{}({})", entry.target, entry.function % functions.size(),
                           entry.argument);
    };
    return fmt::format("queued before root {}{}: on chain {}, {}: {}{{value: {}, gas: {}}}",
                       entry.before, program.entries_are_due ? ", and due" : "", entry.chain,
                       KINDS[static_cast<size_t>(entry.kind)], to(), value_of(program, entry),
                       gas_of(program, entry));
}

}  // namespace

const Function& callee_of(const Program& program, const Operation& operation) {
    const auto& functions = program.contracts[operation.target].functions;
    return functions[operation.function % functions.size()];
}

bool burns(const Function& function) {
    return std::ranges::any_of(
        function, [](const Operation& op) { return op.kind == Operation::Kind::burn; });
}

bool is_leaf(const Function& function) {
    return std::ranges::none_of(function, [](const Operation& op) {
        return is_call(op) || op.kind == Operation::Kind::create;
    });
}

bool answers_with_gas(const Function& function) {
    return std::ranges::any_of(function, [](const Operation& op) {
        return op.kind == Operation::Kind::finish && op.expression.kind == Expression::Kind::gas;
    });
}

bool is_call(const Operation& operation) {
    return operation.kind == Operation::Kind::call || operation.kind == Operation::Kind::look_twice;
}

bool may_destroy_created_on_l1(const Program& program) {
    return std::ranges::any_of(program.contracts, [](const Contract& contract) {
        return contract.creator && contract.chain == 0 &&
               std::ranges::any_of(contract.functions, [](const Function& function) {
                   return std::ranges::any_of(function, [](const Operation& op) {
                       return op.kind == Operation::Kind::self_destruct;
                   });
               });
    });
}

uint64_t gas_of(const Program& program, const Operation& operation) {
    const auto& callee = callee_of(program, operation);
    if (operation.way != Way::alias &&
        (operation.gas == NO_GAS || (operation.gas != 0 && is_leaf(callee))))
        return operation.gas;
    return burns(callee) ? LEAF_GAS : 0;
}

uint64_t value_of(const Program& program, const Operation& operation) {
    if (operation.kind == Operation::Kind::create) return operation.value;
    // A call with value adds a stipend to what it names.
    const bool has_no_gas = gas_of(program, operation) == NO_GAS;
    return operation.is_static || operation.way == Way::try_scoped || has_no_gas ? 0
                                                                                 : operation.value;
}

bool has_entries_before(const Program& program, size_t root) {
    return std::ranges::any_of(program.entries,
                               [&](const Entry& entry) { return entry.before == root; });
}

bool calls_function(const Program& program, const Entry& entry) {
    return entry.calls && entry.to == Entry::To::contract &&
           !program.contracts[entry.target].functions.empty();
}

uint64_t gas_of(const Program& program, const Entry& entry) {
    if (!calls_function(program, entry)) return PLAIN_DEPOSIT_GAS;
    if (entry.kind == Entry::Kind::deposit && entry.gas == NO_GAS) return NO_GAS;
    const auto& functions = program.contracts[entry.target].functions;
    return burns(functions[entry.function % functions.size()]) ? LEAF_GAS : ENTRY_GAS;
}

uint64_t value_of(const Program& program, const Entry& entry) {
    // As a call's: value adds a stipend.
    return gas_of(program, entry) == NO_GAS ? 0 : entry.value;
}

uint64_t next_depth(uint64_t depth, bool through_remote_alias) {
    if (!through_remote_alias) return depth - 1;
    // An alias asks with half of what its request's frame has.
    return std::min((depth + 1) / 2 - 1, MAX_DEPTH_BELOW_ALIAS);
}

uint64_t gas_limit_for(uint64_t depth, bool in_static_context) {
    return (in_static_context ? STATIC_GAS_PER_DEPTH : GAS_PER_DEPTH) * (depth + 1);
}

std::string to_string(const Program& program) {
    std::string out = fmt::format("// program {}, {} chains\n", program.id, program.chains);
    for (size_t i = 0; i < program.contracts.size(); ++i) {
        const auto& contract = program.contracts[i];
        out += fmt::format("contract c{} on chain {} {{  // ", i, contract.chain);
        out += contract.creator ? fmt::format("the first that c{} creates\n", *contract.creator)
                                : fmt::format("{} wei\n", contract.balance);
        for (size_t f = 0; f < contract.functions.size(); ++f) {
            out += fmt::format("  f{}(arg) {{\n", f);
            for (const auto& op : contract.functions[f]) {
                out += "    ";
                if (op.at) out += fmt::format("if (depth == {}) ", *op.at);
                out += to_string(program, op) + "\n";
            }
            out += "  }\n";
        }
        out += "}\n";
    }
    for (const auto& entry : program.entries) out += to_string(program, entry) + "\n";
    for (const auto& root : program.roots)
        out += fmt::format("root{}: c{}.f{}{{value: {}}}({})\n",
                           root.in_next_scope ? ", in the next scope" : "", root.target,
                           root.function, root.value, root.argument);
    return out;
}

}  // namespace scope::oracle
