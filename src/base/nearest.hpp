#pragma once

#include <span>
#include <string>
#include <string_view>

namespace scope {

/// Returns how many characters have to be put in, taken out or replaced to make one text of the
/// other (Levenshtein). Costs the product of their lengths.
size_t edit_distance(std::string_view a, std::string_view b);

/// Returns the name that is nearest to what was typed, the first of several; empty if each differs
/// from it in every character.
std::string nearest(std::string_view typed, std::span<const std::string> names);

}  // namespace scope
