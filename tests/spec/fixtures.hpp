#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/bytes.hpp"

/// The official test vectors: folders of JSON in archives beside the repository
/// (../shared/fixtures, or where SCOPE_FIXTURES points).
namespace scope::spec {

/// The folder @p name of @p archive ("ethereum-tests-basic"), unpacked into the build folder if
/// need be; nothing where there are no fixtures, and then a test is skipped. A named folder
/// (SCOPE_FIXTURES) that doesn't serve throws.
std::optional<std::filesystem::path> fixture_folder(std::string_view archive,
                                                    std::string_view name);

/// Calls @p visit(path, document) for every JSON file in the folder, in the order of their paths.
template <typename F>
void for_each_json(const std::filesystem::path& folder, F visit);

/// Hex digits of a JSON string, with or without 0x; throws if they are none.
Bytes bytes_of(simdjson::dom::element hex);

std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder);

template <typename F>
void for_each_json(const std::filesystem::path& folder, F visit) {
    simdjson::dom::parser parser;
    for (const auto& path : json_files(folder)) visit(path, parser.load(path.string()).value());
}

}  // namespace scope::spec

/// In a test: the folder, or the test ends as skipped.
#define FIXTURE_FOLDER_OR_SKIP(archive, name)                                                  \
    ({                                                                                         \
        const auto scope_folder = ::scope::spec::fixture_folder(archive, name);                \
        if (!scope_folder) GTEST_SKIP() << "no fixtures: " << archive << ".tar.zst not found"; \
        *scope_folder;                                                                         \
    })
