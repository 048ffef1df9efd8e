#pragma once

#include <functional>

#include "fuzz_evm/program.hpp"

namespace scope::fuzz_evm {

/// Returns the smallest program found for which @p still_fails holds, as it does for @p program:
/// accounts, slots, lists, call data and pieces of code are taken away as long as it does.
///
/// @param tries  The most calls of still_fails.
Program minimise(Program program, const std::function<bool(const Program&)>& still_fails,
                 size_t tries);

}  // namespace scope::fuzz_evm
