#include "devnet_app/solidity.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace scope::devnet_app {

namespace fs = std::filesystem;

namespace {

constexpr std::array FOLDERS{"interfaces", "libraries", "script"};

fs::path sources() {
    const char* const root = std::getenv("SCOPE_ROOT");
    return fs::path{root != nullptr ? root : SCOPE_SOURCE_DIR} / "contracts" / "src";
}

}  // namespace

size_t write_solidity(const fs::path& folder) {
    size_t files = 0;
    try {
        for (const auto* const name : FOLDERS) {
            fs::create_directories(folder / name);
            for (const auto& entry : fs::directory_iterator{sources() / name}) {
                fs::copy_file(entry.path(), folder / name / entry.path().filename(),
                              fs::copy_options::overwrite_existing);
                ++files;
            }
        }
    } catch (const fs::filesystem_error& error) {
        throw std::runtime_error{fmt::format("--solidity: {}", error.what())};
    }
    return files;
}

}  // namespace scope::devnet_app
