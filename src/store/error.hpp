#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace scope::store {

/// The reason why a database can't be used, or not any more.
enum class DatabaseRule : uint8_t {
    no_database,     ///< the folder has none, and none was to be created
    not_a_database,  ///< the folder has other files
    other_format,    ///< written by another version of this program
    other_network,   ///< of other chains than those that it was opened for
    in_use,          ///< another process has it open
    missing_file,    ///< a file or folder of it is gone
    corrupt,         ///< bytes of a file are not those that were written
    lost_commits,    ///< commits that succeeded are not there
    full,            ///< no space left
    io,              ///< the system refuses: permissions, a bad disk, too many open files
    bad_row,         ///< a row is not what this program writes
};
inline constexpr size_t DATABASE_RULE_COUNT = 11;
/// Returns the enumerator's name.
std::string_view to_string(DatabaseRule rule) noexcept;

/// Something is wrong with a database: thrown, for it is the machine's fault. The text names the
/// file or the row, and says what to do if there is something to be done.
class DatabaseError : public std::runtime_error {
  public:
    DatabaseError(DatabaseRule rule, const std::string& text)
        : std::runtime_error(text), rule_(rule) {}

    [[nodiscard]] DatabaseRule rule() const noexcept { return rule_; }

  private:
    DatabaseRule rule_;
};

}  // namespace scope::store
