#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace scope::keys::test {

/// A folder of a test's own, which ends with it.
class Folder {
  public:
    Folder() : path_(testing::TempDir() + "/scope-keys-XXXXXX") {
        EXPECT_NE(mkdtemp(path_.data()), nullptr);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::filesystem::path path() const { return path_; }
    /// Writes a file, which others may read or not.
    [[nodiscard]] std::filesystem::path write(std::string_view name, std::string_view text,
                                              mode_t mode = 0600) const {
        const auto file = path() / name;
        std::ofstream{file} << text;
        EXPECT_EQ(chmod(file.c_str(), mode), 0);
        return file;
    }

  private:
    std::string path_;
};

}  // namespace scope::keys::test
