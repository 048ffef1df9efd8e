#include "oracle/check.hpp"

#include <exception>

#include "oracle/demand.hpp"
#include "oracle/generator.hpp"
#include "oracle/shrink.hpp"

namespace scope::oracle {

namespace {

constexpr uint64_t BLOBS_EVERY = 100;
/// So many share a world.
constexpr uint64_t PROGRAMS_A_WORLD = 64;

builder::DataAvailability data_availability(const Program& program) {
    return program.id % BLOBS_EVERY == 0 ? builder::DataAvailability::blobs
                                         : builder::DataAvailability::calldata;
}

/// Returns whether a program may run into this, however its roots are put into scopes: its gas
/// limits are too low for what chains do once more than simulation counts, as static callbacks at
/// one anchor.
bool is_for_gas(const NotRun& not_run) {
    using Rule = builder::RefusalRule;
    return not_run.rule == Rule::scope_full || not_run.rule == Rule::gas_budget ||
           (not_run.rule == Rule::execution_failed && not_run.has_starved_call);
}

Finding compare(const OneChain& one, const Result<Outcome, NotRun>& many) {
    if (!many && is_for_gas(many.error())) return {Verdict::refused, many.error().reason, {}};
    if (!many) return {Verdict::different, "a root was refused: " + many.error().reason, {}};
    auto detail = difference(one.outcome, *many);
    return {detail.empty() ? Verdict::equal : Verdict::different, std::move(detail), {}};
}

}  // namespace

Finding Checker::check_alone(const Program& program) const {
    try {
        const auto one = trace_on_one_chain(program);
        if (!fits(program, one)) return {};  // says nothing
        return compare(one, many_.run(program, data_availability(program)));
    } catch (const std::exception& error) {
        return {Verdict::different, error.what(), {}};
    }
}

Finding Checker::explain(const Program& program, Finding finding) const {
    const auto alone = check_alone(program);
    if (alone.verdict != Verdict::different) {
        finding.smallest = "only after the programs before it\n" + to_string(program);
        return finding;
    }
    const Program small = shrink(program, [&](const Program& candidate) {
        return check_alone(candidate).verdict == Verdict::different;
    });
    finding.smallest = check_alone(small).detail + "\n" + to_string(small);
    return finding;
}

Finding Checker::check(ManyChains::World& world, const Program& program) {
    const auto one = trace_on_one_chain(program);
    Coverage reached;
    for (const auto& root : one.roots) reached.add(root);
    for (size_t i = 0; i < one.entries.size(); ++i)
        reached.add(program, program.entries[i], one.entries[i]);
    auto finding = compare(one, world.run(program, data_availability(program), {}, &reached));
    if (finding.verdict == Verdict::equal) coverage_.add(reached);
    return finding;
}

void Checker::check(uint64_t first_seed, uint64_t count,
                    const std::function<void(uint64_t seed, const Finding&)>& on_finding) {
    for (uint64_t done = 0; done < count;) {
        std::vector<Program> programs;
        while (programs.size() < PROGRAMS_A_WORLD && done + programs.size() < count)
            programs.push_back(random_program(first_seed + done + programs.size()));
        ManyChains::World world{many_, programs};
        for (const auto& program : programs) {
            ++done;
            Finding finding;
            bool usable = true;
            try {
                finding = check(world, program);
            } catch (const std::exception& error) {
                finding = {Verdict::different, error.what(), {}};
                usable = false;
            }
            if (finding.verdict == Verdict::different) finding = explain(program, finding);
            on_finding(program.id, finding);
            if (!usable) break;
        }
    }
}

}  // namespace scope::oracle
