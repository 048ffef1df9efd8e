#include "equivalence/check.hpp"

#include <exception>

namespace scope::equivalence {

Finding check(const ManyChains& many, const Program& program,
              builder::DataAvailability data_availability) {
    try {
        const auto outcome = many.run(program, data_availability);
        if (!outcome) return {Verdict::refused, outcome.error().reason};
        auto detail = difference(run_on_one_chain(program), *outcome);
        return {detail.empty() ? Verdict::equal : Verdict::different, std::move(detail)};
    } catch (const std::exception& error) {
        return {Verdict::different, error.what()};
    }
}

Program shrink(const ManyChains& many, Program program,
               builder::DataAvailability data_availability) {
    for (bool found = true; found;) {
        found = false;
        for (auto& candidate : smaller(program)) {
            if (check(many, candidate, data_availability).verdict != Verdict::different) continue;
            program = std::move(candidate);
            found = true;
            break;
        }
    }
    return program;
}

}  // namespace scope::equivalence
