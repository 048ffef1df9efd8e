#pragma once

#include <string>
#include <vector>

namespace scope::demo {

/// Statements that the demonstration makes, and whether they held.
class Checks {
  public:
    struct Check {
        std::string what;
        bool held = false;
    };

    /// Notes a statement; returns @p held.
    bool expect(bool held, std::string what) {
        checks_.push_back({std::move(what), held});
        return held;
    }
    [[nodiscard]] size_t passed() const { return checks_.size() - failed(); }
    [[nodiscard]] size_t failed() const {
        size_t count = 0;
        for (const auto& check : checks_) count += check.held ? 0 : 1;
        return count;
    }
    [[nodiscard]] const std::vector<Check>& all() const noexcept { return checks_; }

  private:
    std::vector<Check> checks_;
};

}  // namespace scope::demo
