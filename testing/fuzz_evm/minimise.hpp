#pragma once

#include <functional>

#include "fuzz_evm/program.hpp"

namespace scope::fuzz_evm {

/// The smallest program that it finds for which @p still_fails holds, as it does for @p program:
/// accounts, slots, lists, call data and pieces of code are taken away as long as it does.
///
/// @param tries  How often still_fails may be asked.
Program minimise(Program program, const std::function<bool(const Program&)>& still_fails,
                 size_t tries);

}  // namespace scope::fuzz_evm
