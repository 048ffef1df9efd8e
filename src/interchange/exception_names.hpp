#pragma once

#include <string>
#include <string_view>

#include "chain/block_error.hpp"

namespace scope::interchange {

/// Whether @p expected, a fixture's expectException, names @p error: "A|B" means that either is
/// right.
bool is_expected(std::string_view expected, execution::TxError error);
bool is_expected(std::string_view expected, const chain::BlockRefusal& refusal);
/// Whether it names one of these.
bool is_expected(std::string_view expected, const execution::TxErrors& broken);
bool is_expected(std::string_view expected, const chain::BrokenRules& broken);
/// Whether it names TransactionException.@p name.
bool has_name(std::string_view expected, std::string_view name);

/// What the official tests call it, without "TransactionException."; empty for rules that they
/// don't know.
std::string_view official_name(execution::TxError error);
/// As above, without "BlockException.", "A|B" where they know several.
std::string_view official_names(chain::BlockError error);
/// For a person: as the enumerator is written, and behind it what the tests call it.
std::string describe(execution::TxError error);

}  // namespace scope::interchange
