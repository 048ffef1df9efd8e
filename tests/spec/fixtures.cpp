#include "spec/fixtures.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

#include "base/hex.hpp"

extern char** environ;

namespace scope::spec {

namespace fs = std::filesystem;

namespace {

void unpack(const fs::path& archive, const fs::path& folder) {
    std::string words[] = {"tar", "--zstd", "-xf", archive.string(), "-C", folder.string()};
    std::array<char*, std::size(words) + 1> arguments{};
    std::ranges::transform(words, arguments.begin(), [](std::string& word) { return word.data(); });
    pid_t child = 0;
    int status = -1;
    if (posix_spawnp(&child, "tar", nullptr, nullptr, arguments.data(), environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        throw std::runtime_error("can't unpack " + archive.string());
}

/// Unpacked once; several tests, each a process of its own, may ask at one time: each unpacks
/// beside and the first to rename wins.
fs::path unpacked(const fs::path& archive) {
    const fs::path target =
        fs::path{SCOPE_FIXTURE_CACHE} /
        (archive.stem().stem().string() + "-" + std::to_string(fs::file_size(archive)));
    if (fs::is_directory(target)) return target;
    const fs::path own = target.string() + "." + std::to_string(getpid());
    fs::create_directories(own);
    unpack(archive, own);
    std::error_code lost;
    fs::rename(own, target, lost);
    if (lost) fs::remove_all(own);
    return target;
}

}  // namespace

std::optional<fs::path> fixture_folder(std::string_view archive, std::string_view name) {
    const char* const given = std::getenv("SCOPE_FIXTURES");
    const fs::path root = given != nullptr ? fs::path{given} : fs::path{SCOPE_DEFAULT_FIXTURES};
    if (fs::is_directory(root / name)) return root / name;
    const fs::path file = root / (std::string{archive} + ".tar.zst");
    if (fs::is_regular_file(file)) return unpacked(file) / name;
    if (given != nullptr)
        throw std::runtime_error("SCOPE_FIXTURES has neither " + std::string{name} + " nor " +
                                 file.filename().string());
    return std::nullopt;
}

Bytes bytes_of(simdjson::dom::element hex) {
    const std::string_view text = hex.get_string().value();
    auto bytes = from_hex(text);
    if (!bytes) throw std::runtime_error("no hex: " + std::string{text});
    return std::move(*bytes);
}

std::vector<fs::path> json_files(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator{folder})
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

}  // namespace scope::spec
