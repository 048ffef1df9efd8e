#pragma once

#include <simdjson.h>

#include <functional>

#include "terminal/tree.hpp"

namespace scope::terminal {

/// Returns the name of a chain by its id in decimal.
using ChainName = std::function<std::string(std::string_view chain_id)>;

/// Returns the drawing of a root, a line for it and one for each call: of the JSON that
/// docs/formats/scope-tree.md describes. Throws std::runtime_error for JSON without its members.
std::string draw_root(simdjson::dom::element root, const ChainName& chain_name);
/// Returns the drawing of calls that hang under nothing: those of a root that was refused.
std::string draw_calls_of(simdjson::dom::element calls, const ChainName& chain_name);

}  // namespace scope::terminal
