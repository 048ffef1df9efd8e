#pragma once

#include <unistd.h>

#include <filesystem>

#include "store/database.hpp"

namespace scope::store {

/// A folder of its own for a test, removed at the end.
class TestFolder {
  public:
    TestFolder() {
        auto name = (std::filesystem::temp_directory_path() / "scope-store-XXXXXX").string();
        CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Returns options with so little memory that tables are written and merged.
    [[nodiscard]] DiskOptions options() const {
        return {.folder = path_ / "database", .cache_bytes = size_t{512} << 10};
    }

  private:
    std::filesystem::path path_;
};

}  // namespace scope::store
