#pragma once

#include <string_view>

#include "chain/block_error.hpp"

namespace scope::interchange {

/// Whether @p error is what a fixture's expectException names: "A|B" means that either is right.
bool is_expected(std::string_view expected, execution::TxError error);

bool is_expected(std::string_view expected, const chain::BlockRefusal& refusal);

/// What the official tests call it, without "TransactionException."; empty for rules that they
/// don't know.
std::string_view official_name(execution::TxError error);
/// As above, without "BlockException.", "A|B" where they know several.
std::string_view official_names(chain::BlockError error);

}  // namespace scope::interchange
