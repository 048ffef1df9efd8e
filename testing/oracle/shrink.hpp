#pragma once

#include <functional>

#include "oracle/program.hpp"

namespace scope::oracle {

/// Returns the smallest program found that still fails.
///
/// @param fails  REQUIRES: holds for @p program.
Program shrink(Program program, const std::function<bool(const Program&)>& fails);

}  // namespace scope::oracle
