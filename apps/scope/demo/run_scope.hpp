#pragma once

#include <functional>

#include "demo/report.hpp"

namespace scope::demo {

/// Builds one scope of these stories, each a root, settles it, and checks everything about it.
///
/// @param before_settling  Called with the bundle before it settles; may be null.
ScopeReport run_scope(World& world, std::string name, std::span<const Story* const> stories,
                      Checks& checks,
                      const std::function<void(const builder::Bundle&)>& before_settling = nullptr);

}  // namespace scope::demo
