#pragma once

#include <functional>

#include "equivalence/many_chains.hpp"

namespace scope::equivalence {

/// What became of one program.
enum class Verdict : uint8_t { equal, different, refused };

struct Finding {
    Verdict verdict = Verdict::equal;
    std::string detail;  ///< the difference, or why a root was refused
};

/// Runs a program both ways and compares.
Finding check(const ManyChains& many, const Program& program,
              builder::DataAvailability data_availability);

/// The smallest program found that still comes out different.
Program shrink(const ManyChains& many, Program program,
               builder::DataAvailability data_availability);

}  // namespace scope::equivalence
