#include "equivalence/program.hpp"

#include <fmt/format.h>

namespace scope::equivalence {

namespace {

class Generator {
  public:
    explicit Generator(std::mt19937_64& random) : random_(random) {}

    Program program() {
        Program program;
        program.chains = 2 + below(3);
        const size_t contracts = program.chains + below(3);
        for (size_t i = 0; i < contracts; ++i)
            program.contracts.push_back(
                {i < program.chains ? i : below(program.chains), {}, chance(2) ? 5u : 0u});
        for (auto& contract : program.contracts) {
            const size_t functions = 1 + below(3);
            for (size_t i = 0; i < functions; ++i)
                contract.functions.push_back(function(contracts));
        }
        const size_t roots = 1 + below(3);
        for (size_t i = 0; i < roots; ++i)
            program.roots.push_back({below(contracts), below(3), below(10), chance(3) ? 2u : 0u});
        return program;
    }

  private:
    uint64_t below(uint64_t n) { return random_() % n; }
    bool chance(uint64_t one_in) { return below(one_in) == 0; }

    Function function(size_t contracts) {
        Function function;
        const size_t size = 1 + below(5);
        for (size_t i = 0; i < size; ++i) function.push_back(operation(contracts));
        if (below(10) < 3)
            function.push_back({.kind = Operation::Kind::revert,
                                .expression = {Expression::Kind::accumulator, 0}});
        return function;
    }

    Operation operation(size_t contracts) {
        Operation operation;
        operation.expression = expression();
        operation.slot = below(SLOTS);
        if (below(100) < 50) {
            operation.kind = Operation::Kind::call;
            operation.mode = static_cast<CallMode>(below(3));
            operation.target = below(contracts);
            operation.function = below(3);
            operation.value = chance(2) ? 0 : 1 + 2 * below(2);
            return operation;
        }
        constexpr Operation::Kind KINDS[] = {Operation::Kind::set, Operation::Kind::set,
                                             Operation::Kind::load, Operation::Kind::emit,
                                             Operation::Kind::revert_if};
        operation.kind = KINDS[below(std::size(KINDS))];
        return operation;
    }

    Expression expression() {
        using Kind = Expression::Kind;
        constexpr Kind KINDS[] = {Kind::constant, Kind::accumulator, Kind::accumulator,
                                  Kind::argument, Kind::slot,        Kind::balance};
        const Kind kind = KINDS[below(std::size(KINDS))];
        return {kind, kind == Kind::slot ? below(SLOTS) : below(10)};
    }

    std::mt19937_64& random_;
};

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
        case Expression::Kind::balance:
            return "balance";
    }
    return "?";
}

std::string to_string(const Operation& op) {
    const std::string e = to_string(op.expression);
    switch (op.kind) {
        case Operation::Kind::set:
            return fmt::format("s{0} = (3 * s{0} + {1}) % M;", op.slot, e);
        case Operation::Kind::load:
            return fmt::format("acc = (11 * acc + {}) % M;", e);
        case Operation::Kind::emit:
            return fmt::format("emit Log(msg.sender, {});", e);
        case Operation::Kind::revert_if:
            return fmt::format("if ({0} % 2 == 1) revert({0});", e);
        case Operation::Kind::revert:
            return fmt::format("revert({});", e);
        case Operation::Kind::call:
            break;
    }
    constexpr const char* MODES[] = {"", "try ", "tryScoped "};
    return fmt::format("acc = 7 * acc + {}c{}.f{}{{value: {}}}({});",
                       MODES[static_cast<size_t>(op.mode)], op.target, op.function, op.value, e);
}

}  // namespace

Program random_program(std::mt19937_64& random) {
    return Generator{random}.program();
}

std::string to_string(const Program& program) {
    std::string out;
    for (size_t i = 0; i < program.contracts.size(); ++i) {
        const auto& contract = program.contracts[i];
        out += fmt::format("contract c{} on chain {} {{  // {} wei\n", i, contract.chain,
                           contract.balance);
        for (size_t f = 0; f < contract.functions.size(); ++f) {
            out += fmt::format("  f{}(arg) {{\n", f);
            for (const auto& op : contract.functions[f]) out += "    " + to_string(op) + "\n";
            out += "  }\n";
        }
        out += "}\n";
    }
    for (const auto& root : program.roots)
        out += fmt::format("root: c{}.f{}{{value: {}}}({})\n", root.target, root.function,
                           root.value, root.argument);
    return out;
}

std::vector<Program> smaller(const Program& program) {
    std::vector<Program> out;
    for (size_t i = 0; program.roots.size() > 1 && i < program.roots.size(); ++i) {
        out.push_back(program);
        out.back().roots.erase(out.back().roots.begin() + static_cast<ptrdiff_t>(i));
    }
    for (size_t c = 0; c < program.contracts.size(); ++c) {
        const auto& functions = program.contracts[c].functions;
        for (size_t f = 0; f < functions.size(); ++f) {
            for (size_t i = 0; i < functions[f].size(); ++i) {
                out.push_back(program);
                auto& cut = out.back().contracts[c].functions[f];
                cut.erase(cut.begin() + static_cast<ptrdiff_t>(i));
            }
        }
        if (functions.size() > 1) {
            out.push_back(program);
            out.back().contracts[c].functions.pop_back();
        }
    }
    return out;
}

}  // namespace scope::equivalence
