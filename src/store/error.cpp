#include "store/error.hpp"

#include <array>

namespace scope::store {

namespace {

constexpr std::array<std::string_view, DATABASE_RULE_COUNT> RULE_NAMES{
    "no_database",  "not_a_database", "other_format", "other_network", "in_use",
    "missing_file", "corrupt",        "lost_commits", "full",          "io",
    "bad_row"};
static_assert(!RULE_NAMES.back().empty());

}  // namespace

std::string_view to_string(DatabaseRule rule) noexcept {
    return RULE_NAMES[static_cast<size_t>(rule)];
}

}  // namespace scope::store
