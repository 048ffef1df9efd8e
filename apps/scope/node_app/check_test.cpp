#include "node_app/check.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "base/hex.hpp"
#include "net/tls.hpp"

namespace scope::node_app {
namespace {

std::string all(const config::NodeConfig& config) {
    std::string text;
    for (const auto& problem : check_surroundings(config)) text += problem + "\n";
    return text;
}

/// A folder of a test's own, with files of which others may read what is no secret.
class Folder {
  public:
    Folder() : path_(testing::TempDir() + "/node-check-XXXXXX") {
        EXPECT_NE(mkdtemp(path_.data()), nullptr);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(std::string_view name, std::string_view text, mode_t mode = 0600) const {
        const auto file = std::filesystem::path{path_} / name;
        std::ofstream{file} << text;
        EXPECT_EQ(chmod(file.c_str(), mode), 0);
    }
    [[nodiscard]] config::NodeConfig attester(const char* variable) const {
        config::NodeConfig config;
        config.folder = path_;
        config.attester.emplace();
        config.attester->key = {.key = fmt::format("env:{}", variable), .password = {}};
        config.attester->tls_certificate = "tls.pem";
        return config;
    }
    [[nodiscard]] config::NodeConfig builder(const char* variable) const {
        config::NodeConfig config;
        config.folder = path_;
        config.builder.emplace();
        config.builder->key = {.key = fmt::format("env:{}", variable), .password = {}};
        config.builder->tls_certificate = "tls.pem";
        return config;
    }

  private:
    std::string path_;
};

/// A key that no configuration has, in a variable of the environment.
constexpr auto KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

TEST(node_check, names_all_that_is_missing) {
    const Folder folder;
    for (const auto& [role, config] : {std::pair{"attester", folder.attester("SCOPE_TEST_NO_KEY")},
                                       std::pair{"builder", folder.builder("SCOPE_TEST_NO_KEY")}}) {
        const auto text = all(config);
        EXPECT_NE(text.find("network: "), std::string::npos);
        EXPECT_NE(text.find(fmt::format("{}.key: the environment has no variable", role)),
                  std::string::npos)
            << text;
        EXPECT_NE(text.find(fmt::format("{}.tls_certificate: ", role)), std::string::npos);
        EXPECT_NE(text.find("tls.pem: No such file"), std::string::npos);
    }
    auto config = folder.builder("SCOPE_TEST_NO_KEY");
    config.builder->calldata_key = {.key = "file:none.json", .password = "env:SCOPE_TEST_NO_KEY"};
    EXPECT_NE(all(config).find("builder.calldata_key: "), std::string::npos);
}

TEST(node_check, reads_the_tls_key_as_the_secret_that_it_is) {
    const Folder folder;
    const auto made = net::make_certificate("a test");
    const auto config = folder.attester("SCOPE_TEST_NO_KEY");
    const auto said = [&](std::string_view text, mode_t mode = 0600) {
        folder.write("tls.pem", text, mode);
        return all(config);
    };
    EXPECT_EQ(said(made.certificate + made.key).find("tls_certificate"), std::string::npos);
    EXPECT_NE(said(made.certificate + made.key, 0644).find("others than its owner may use it"),
              std::string::npos);
    EXPECT_NE(said("junk").find("tls.pem: no certificate in PEM"), std::string::npos);
    EXPECT_NE(said(made.certificate).find("tls.pem: no private key in PEM"), std::string::npos);
}

TEST(node_check, says_nothing_of_a_secret) {
    const Folder folder;
    const auto made = net::make_certificate("a test");
    const std::string pem_key = made.key.substr(made.key.find('\n') + 1, 40);
    folder.write("tls.pem", made.key);
    for (const auto& secret : {std::string{KEY}.substr(1), std::string{KEY} + "00"}) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread of the test runs
        setenv("SCOPE_TEST_KEY", secret.c_str(), 1);
        for (const auto& config :
             {folder.attester("SCOPE_TEST_KEY"), folder.builder("SCOPE_TEST_KEY")}) {
            const auto text = all(config);
            EXPECT_NE(text.find("SCOPE_TEST_KEY: not 32 bytes of hex"), std::string::npos) << text;
            EXPECT_EQ(text.find(secret.substr(8, 16)), std::string::npos);
            EXPECT_EQ(text.find(pem_key), std::string::npos);
        }
    }
}

TEST(node_check, reads_urls_where_they_are_and_tells_none) {
    const Folder folder;
    auto config = folder.attester("SCOPE_TEST_NO_KEY");
    config.l1.rpc = {"https://host/SECRET", "env:SCOPE_TEST_URL", "file:url"};
    config.l1.beacon = {"env:SCOPE_TEST_NO_URL"};
    config.l1.websocket = "file:url";
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread of the test runs
    setenv("SCOPE_TEST_URL", "https://other/SECRET", 1);
    folder.write("url", "https://third/SECRET\n");
    auto text = all(config);
    EXPECT_EQ(text.find("l1.rpc"), std::string::npos) << text;
    EXPECT_NE(text.find("l1.beacon: the environment has no variable SCOPE_TEST_NO_URL"),
              std::string::npos);
    EXPECT_NE(text.find("l1.websocket: file:url: a URL of a WebSocket begins with ws"),
              std::string::npos)
        << text;
    folder.write("url", "not a url: SECRET");
    text = all(config);
    EXPECT_NE(text.find("l1.rpc: file:url: "), std::string::npos);
    EXPECT_EQ(text.find("SECRET"), std::string::npos);
    folder.write("url", "https://third/SECRET\n", 0644);
    EXPECT_NE(all(config).find("l1.rpc: "), std::string::npos);
}

TEST(node_check, compares_the_committee_with_the_networks) {
    const Folder folder;
    auto config = folder.builder("SCOPE_TEST_NO_KEY");
    node::NetworkFile network;
    network.committee.threshold = 2;
    network.committee.members = {Address{{1}}, Address{{2}}, Address{{3}}};
    EXPECT_TRUE(compare(config, network).empty());
    config.builder->threshold = 3;  // more than the verifier asks for
    EXPECT_TRUE(compare(config, network).empty());
    config.builder->threshold = 1;
    config.builder->attesters = {{to_hex(Address{{2}}), "https://a", ""},
                                 {to_hex(Address{{9}}), "https://b", ""}};
    EXPECT_EQ(compare(config, network),
              (std::vector<std::string>{
                  "builder.threshold: it is 1, and the verifier asks for 2",
                  "builder.attesters: 0x0900000000000000000000000000000000000000 is no member of "
                  "the network's committee"}));
    EXPECT_EQ(why_no_member(Address{{3}}, network), "");
    EXPECT_EQ(why_no_member(Address{{4}}, network),
              "attester.key: 0x0400000000000000000000000000000000000000 is no member of the "
              "network's committee");
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
