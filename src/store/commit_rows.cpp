#include "store/commit_rows.hpp"

#include <fmt/format.h>

#include "store/error.hpp"
#include "store/keys.hpp"

namespace scope::store {

namespace {

[[noreturn]] void refuse(DatabaseRule rule, const std::filesystem::path& folder, uint64_t from,
                         uint64_t to, std::string_view why) {
    throw DatabaseError{rule, fmt::format("{}: commits {} to {} are missing that had succeeded: {}",
                                          folder.string(), from, to, why)};
}

}  // namespace

uint64_t last_commit(const Rows& rows) {
    uint64_t last = 0;
    rows.scan(column_prefix(Column::commit), Order::descending, [&](BytesView key, BytesView) {
        last = number_of(key);
        return false;
    });
    return last;
}

void check_commits(const Rows& rows, uint64_t returned, const std::filesystem::path& folder) {
    const uint64_t last = last_commit(rows);
    if (last < returned)
        refuse(DatabaseRule::lost_commits, folder, last + 1, returned,
               "either the power failed before they had reached the disk, or a log (.log) or the "
               "MANIFEST was cut or removed");
    uint64_t expected = last > KEPT_COMMITS ? last - KEPT_COMMITS + 1 : 1;
    rows.scan(column_prefix(Column::commit), Order::ascending, [&](BytesView key, BytesView) {
        const uint64_t number = number_of(key);
        if (number > expected)
            refuse(DatabaseRule::corrupt, folder, expected, number - 1,
                   "later ones are there, so a log (.log) or the MANIFEST was cut or removed");
        expected = std::max(expected, number + 1);
        return true;
    });
}

}  // namespace scope::store
