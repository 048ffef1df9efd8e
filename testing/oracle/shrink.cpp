#include "oracle/shrink.hpp"

namespace scope::oracle {

namespace {

/// Programs to try in its place, those that cut most first.
class Candidates {
  public:
    explicit Candidates(const Program& program) : program_(program) {
        without_roots();
        without_entries();
        without_functions();
        without_contract();
        without_operations();
        simpler_operations();
        simpler_roots();
        simpler_entries();
        with_fewer_chains();
    }

    std::vector<Program> take() { return std::move(out_); }

  private:
    Program& next() {
        out_.push_back(program_);
        return out_.back();
    }

    void without_roots() {
        for (size_t i = 0; program_.roots.size() > 1 && i < program_.roots.size(); ++i) {
            auto& fewer = next();
            fewer.roots.erase(fewer.roots.begin() + static_cast<ptrdiff_t>(i));
            for (auto& entry : fewer.entries)
                if (entry.before > i) --entry.before;
        }
    }

    void without_entries() {
        for (size_t i = 0; i < program_.entries.size(); ++i) {
            auto& entries = next().entries;
            entries.erase(entries.begin() + static_cast<ptrdiff_t>(i));
        }
    }

    void without_functions() {
        for (size_t c = 0; c < program_.contracts.size(); ++c)
            for (size_t f = 0; f < program_.contracts[c].functions.size(); ++f)
                if (!program_.contracts[c].functions[f].empty())
                    next().contracts[c].functions[f].clear();
        for (size_t c = 0; c < program_.contracts.size(); ++c)
            if (program_.contracts[c].functions.size() > 1)
                next().contracts[c].functions.pop_back();
    }

    /// The last one, if nothing speaks of it: addresses of the others stay.
    void without_contract() {
        const size_t last = program_.contracts.size() - 1;
        if (last == 0) return;
        for (const auto& root : program_.roots)
            if (root.target == last) return;
        for (const auto& contract : program_.contracts)
            for (const auto& function : contract.functions)
                for (const auto& operation : function)
                    if (operation.target == last) return;
        for (const auto& entry : program_.entries)
            if (entry.target == last) return;
        next().contracts.pop_back();
    }

    template <typename Change>
    void with_each_operation(Change change) {
        for (size_t c = 0; c < program_.contracts.size(); ++c)
            for (size_t f = 0; f < program_.contracts[c].functions.size(); ++f)
                for (size_t i = 0; i < program_.contracts[c].functions[f].size(); ++i) {
                    auto& function = next().contracts[c].functions[f];
                    if (!change(function, function[i])) out_.pop_back();
                }
    }

    void without_operations() {
        with_each_operation([](Function& function, Operation& operation) {
            function.erase(function.begin() + (&operation - function.data()));
            return true;
        });
    }

    template <typename T>
    static bool change_to(T& field, const T& simple) {
        if (field == simple) return false;
        field = simple;
        return true;
    }

    void simpler_operations() {
        const auto one = [&](auto change) {
            with_each_operation([&](Function&, Operation& operation) { return change(operation); });
        };
        one([](Operation& o) { return o.at && (o.at.reset(), true); });
        one([](Operation& o) { return change_to(o.value, uint64_t{0}); });
        one([](Operation& o) { return change_to(o.gas, uint64_t{0}); });
        one([](Operation& o) { return change_to(o.constructs, false); });
        one([](Operation& o) { return change_to(o.is_static, false); });
        one([](Operation& o) { return change_to(o.way, Way::scoped); });
        one([](Operation& o) { return change_to(o.size, uint64_t{32}); });
        one([](Operation& o) {
            if (o.kind == Operation::Kind::revert_if)
                o.kind = Operation::Kind::revert;
            else
                return false;
            return true;
        });
        one([](Operation& o) {
            if (o.expression.kind == Expression::Kind::constant && o.expression.value <= 1)
                return false;
            o.expression = {Expression::Kind::constant, 1};
            return true;
        });
    }

    void simpler_roots() {
        for (size_t i = 0; i < program_.roots.size(); ++i) {
            if (program_.roots[i].value != 0) next().roots[i].value = 0;
            if (program_.roots[i].argument != 0) next().roots[i].argument = 0;
            if (program_.roots[i].in_next_scope) next().roots[i].in_next_scope = false;
        }
        for (size_t c = 0; c < program_.contracts.size(); ++c)
            if (program_.contracts[c].balance != 0) next().contracts[c].balance = 0;
    }

    void simpler_entries() {
        if (program_.entries_are_due) next().entries_are_due = false;
        for (size_t i = 0; i < program_.entries.size(); ++i) {
            if (program_.entries[i].value != 0) next().entries[i].value = 0;
            if (program_.entries[i].argument != 0) next().entries[i].argument = 0;
            if (program_.entries[i].calls) next().entries[i].calls = false;
        }
    }

    void with_fewer_chains() {
        if (program_.chains == 2) return;
        for (const auto& entry : program_.entries)
            if (entry.chain == program_.chains - 1) return;
        for (const auto& contract : program_.contracts)
            if (contract.chain == program_.chains - 1) return;
        --next().chains;
    }

    const Program& program_;
    std::vector<Program> out_;
};

}  // namespace

Program shrink(Program program, const std::function<bool(const Program&)>& fails) {
    for (bool found = true; found;) {
        found = false;
        for (auto& candidate : Candidates{program}.take()) {
            if (!fails(candidate)) continue;
            program = std::move(candidate);
            found = true;
            break;
        }
    }
    return program;
}

}  // namespace scope::oracle
