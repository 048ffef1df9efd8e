#pragma once

#include <string>
#include <string_view>

#include "chain/block_error.hpp"

namespace scope::interchange {

/// Returns whether @p expected, a fixture's expectException, names @p error: "A|B" means that
/// either is right.
bool is_expected(std::string_view expected, execution::TxError error);
bool is_expected(std::string_view expected, const chain::BlockRefusal& refusal);
/// Returns whether it names one of these.
bool is_expected(std::string_view expected, const execution::TxErrors& broken);
bool is_expected(std::string_view expected, const chain::BrokenRules& broken);
/// Returns whether it names TransactionException.@p name.
bool has_name(std::string_view expected, std::string_view name);

/// Returns the official tests' name, without "TransactionException."; empty for rules that they
/// don't know.
std::string_view official_name(execution::TxError error);
/// Returns the official tests' names, without "BlockException."; "A|B" where they know several.
std::string_view official_names(chain::BlockError error);
/// Returns the error human-readable: the enumerator's name, and behind it the tests' name.
std::string describe(execution::TxError error);

}  // namespace scope::interchange
