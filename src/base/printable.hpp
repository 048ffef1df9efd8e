#pragma once

#include <string>
#include <string_view>

namespace scope {

/// Returns text of somebody else's as a terminal and a log can show it, in one line: what controls
/// them (C0, C1, directions, line separators) is escaped, \n and \x1b and \u{202e}; bytes that
/// are no UTF-8 become U+FFFD.
std::string printable(std::string_view text);

}  // namespace scope
