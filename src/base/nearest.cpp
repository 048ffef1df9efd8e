#include "base/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace scope {

size_t edit_distance(std::string_view a, std::string_view b) {
    // One row of the table: row[j] is the distance of what was seen of a to the first j of b.
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i + 1);
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string nearest(std::string_view typed, std::span<const std::string> names) {
    std::string found;
    size_t least = typed.size();
    for (const auto& name : names)
        if (const size_t distance = edit_distance(typed, name); distance < least) {
            least = distance;
            found = name;
        }
    return found;
}

}  // namespace scope
