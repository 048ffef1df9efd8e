#include "node_app/check.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace scope::node_app {
namespace {

std::string all(const config::NodeConfig& config) {
    std::string text;
    for (const auto& problem : check_surroundings(config)) text += problem + "\n";
    return text;
}

TEST(node_check, names_all_that_is_missing_and_no_secret) {
    const std::filesystem::path folder = std::filesystem::path{testing::TempDir()} / "node_check";
    std::filesystem::create_directories(folder);
    config::NodeConfig config;
    config.folder = folder;
    config.attester.emplace();
    config.attester->key = {.key = "env:SCOPE_TEST_NO_KEY", .password = {}};
    config.attester->tls_certificate = "nowhere.pem";
    const auto text = all(config);
    EXPECT_NE(text.find("network: "), std::string::npos);
    EXPECT_NE(text.find("attester.key: "), std::string::npos);
    EXPECT_NE(text.find("attester.tls_certificate: nowhere.pem"), std::string::npos);
}

TEST(node_check, refuses_what_is_no_network_file) {
    const std::filesystem::path folder = std::filesystem::path{testing::TempDir()} / "node_check_2";
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "network.json"} << "{\"version\": 0}";
    config::NodeConfig config;
    config.folder = folder;
    EXPECT_NE(all(config).find("network.json"), std::string::npos);
    config.network = ".";
    EXPECT_NE(all(config), "");
}

}  // namespace
}  // namespace scope::node_app
