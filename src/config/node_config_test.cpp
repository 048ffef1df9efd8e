#include "config/node_config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace scope::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view FOLLOWER = "network = \"network.json\"\nroles = [\"follower\"]\n";
constexpr std::string_view FINGERPRINT =
    "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

NodeConfig parsed(std::string_view text) {
    auto config = parse_node_config(text, "folder/scope.toml");
    if (config) return *config;
    for (const auto& error : config.error()) ADD_FAILURE() << to_string(error);
    return {};
}

/// Returns all that is said of a configuration that is refused, a line each.
std::string refusals(std::string_view text) {
    const auto config = parse_node_config(text, "folder/scope.toml");
    std::string all;
    if (!config)
        for (const auto& error : config.error()) all += to_string(error) + "\n";
    return all;
}

TEST(node_config, little_makes_a_follower) {
    const auto config = parsed(FOLLOWER);
    EXPECT_TRUE(config.has(Role::follower));
    EXPECT_FALSE(config.has(Role::builder));
    EXPECT_EQ(config.l1.slot, 12s);
    EXPECT_EQ(config.rpc.listen, "127.0.0.1:9545");
    EXPECT_EQ(config.path_of(config.network), "folder/network.json");
    EXPECT_EQ(config.path_of("/a/b"), "/a/b");
    EXPECT_FALSE(config.builder);
    EXPECT_EQ(config.blobs.keep, milliseconds{18 * 24h});
    EXPECT_FALSE(parsed("[blobs]\nkeep = \"all\"\n").blobs.keep);
}

TEST(node_config, all_errors_come_at_once_with_their_places) {
    EXPECT_EQ(
        refusals("roles = [\"follower\", \"leader\"]\n"
                 "netwrok = \"x\"\n"
                 "[l1]\n"
                 "pol = \"1s\"\n"
                 "poll = 1\n"
                 "slot = \"12\"\n"
                 "rpc = [\"ftp://x\"]\n"
                 "[rpc]\n"
                 "max_batch = 0\n"
                 "[logg]\n"),
        "folder/scope.toml:1:22: roles[1]: it is none of builder, attester, follower\n"
        "folder/scope.toml:2:1: netwrok: there is no such key; is network meant?\n"
        "folder/scope.toml:4:1: l1.pol: there is no such key; is poll meant?\n"
        "folder/scope.toml:5:8: l1.poll: it is no text in quotation marks\n"
        "folder/scope.toml:6:8: l1.slot: it is no whole number with one of the units ms, s, m, "
        "h, d, such as \"12s\"\n"
        "folder/scope.toml:7:8: l1.rpc[0]: it is no URL: a URL begins with http:// or https://\n"
        "folder/scope.toml:9:13: rpc.max_batch: 0 is not in [1 - 1000000]\n"
        "folder/scope.toml:10:2: logg: there is no such key; is log meant?\n");
}

TEST(node_config, numbers_that_do_not_fit_are_refused) {
    for (const auto* const value :
         {"-1", "0", "1000001", "9223372036854775807", "1.0", "\"5\"", "true", "[1]", "2020-01-01"})
        EXPECT_NE(refusals(std::string{"[rpc]\nmax_batch = "} + value + "\n").find("rpc.max_batch"),
                  std::string::npos)
            << value;
    EXPECT_NE(refusals("[rpc]\nmax_batch = 9223372036854775808\n"), "");
    EXPECT_NE(refusals("[l1]\npoll = \"0s\"\n").find("not in [50ms - 1h]"), std::string::npos);
    EXPECT_NE(refusals("[database]\ncache = \"1B\"\n").find("database.cache"), std::string::npos);
}

TEST(node_config, what_is_no_toml_is_refused_with_its_place) {
    EXPECT_NE(refusals("network = \n").find("folder/scope.toml:1:"), std::string::npos);
    EXPECT_NE(refusals("a = 1\na = 2\n").find("folder/scope.toml:2:"), std::string::npos);
    EXPECT_NE(refusals(std::string(MAX_CONFIG_BYTES + 1, '#')).find("longer"), std::string::npos);
    EXPECT_NE(refusals("x = " + std::string(100'000, '[')), "");
    EXPECT_NE(refusals("\xff\xfe"), "");
    EXPECT_NE(refusals("l1 = 5\n").find("l1: it is no table"), std::string::npos);
    EXPECT_NE(refusals("roles = []\n").find("roles: it is empty"), std::string::npos);
}

TEST(node_config, roles_and_their_tables_go_together) {
    EXPECT_NE(refusals("roles = [\"builder\"]\n").find("builder needs the table [builder]"),
              std::string::npos);
    EXPECT_NE(refusals("roles = [\"attester\"]\n").find("attester needs the table [attester]"),
              std::string::npos);
    const std::string attester =
        "[attester]\nkey = \"env:KEY\"\ntls_certificate = \"a.pem\"\n[[attester.allowed]]\n"
        "name = \"b\"\nkey = \"" +
        std::string{FINGERPRINT} + "\"\n";
    EXPECT_EQ(refusals("roles = [\"attester\"]\n" + attester), "");
    EXPECT_NE(refusals("roles = [\"follower\"]\n" + attester)
                  .find("2:1: attester: the table is there, and roles has no attester"),
              std::string::npos)
        << refusals("roles = [\"follower\"]\n" + attester);
}

std::string builder(std::string_view threshold, size_t attesters) {
    std::string text =
        "roles = [\"builder\"]\n[builder]\nkey = \"http://signer:9000#"
        "0x00000000000000000000000000000000000000aa\"\ntls_certificate = \"b.pem\"\nthreshold = " +
        std::string{threshold} + "\n";
    for (size_t i = 0; i < attesters; ++i)
        text += "[[builder.attesters]]\naddress = \"0x000000000000000000000000000000000000000" +
                std::to_string(i) + "\"\nurl = \"https://10.0.0.2:7545\"\nkey = \"" +
                std::string{FINGERPRINT} + "\"\n";
    return text;
}

TEST(node_config, a_builder_and_an_attester_are_two_processes) {
    const auto both = builder("1", 1) +
                      "[attester]\nkey = \"env:KEY\"\ntls_certificate = "
                      "\"a.pem\"\n[[attester.allowed]]\nname = \"b\"\nkey = \"" +
                      std::string{FINGERPRINT} + "\"\n";
    const auto said =
        refusals("roles = [\"builder\", \"attester\"]\n" + both.substr(both.find('\n')));
    EXPECT_NE(said.find("1:9: roles: a builder and an attester are two processes"),
              std::string::npos)
        << said;
}

TEST(node_config, a_url_is_one_that_can_be_asked) {
    for (const auto* const url :
         {"http://", "http://a b", "http://user:word@host", "http://host:", "http://host:70000",
          "http://host:port", "http://[::1", "ws://h", "http://host?key=1", "host:8545"}) {
        EXPECT_NE(refusals(std::string{"[l1]\nrpc = [\""} + url + "\"]\n").find("l1.rpc[0]"),
                  std::string::npos)
            << url;
        EXPECT_NE(refusals(std::string{"[rpc]\nforward = \""} + url + "\"\n").find("rpc.forward"),
                  std::string::npos)
            << url;
    }
    EXPECT_EQ(refusals("[l1]\nrpc = [\"https://h/key\"]\nwebsocket = \"ws://h:1/key\"\n"), "");
    EXPECT_NE(refusals("[l1]\nwebsocket = \"http://h\"\n").find("l1.websocket"), std::string::npos);
    auto plain = builder("1", 1);
    plain.replace(plain.find("https://10"), 10, "http://10");
    EXPECT_NE(refusals(plain).find("builder.attesters[0].url: it is no URL that begins with https"),
              std::string::npos)
        << refusals(plain);
}

TEST(node_config, a_builder_has_enough_attesters) {
    EXPECT_EQ(refusals(builder("2", 3)), "");
    EXPECT_EQ(parsed(builder("2", 3)).builder->attesters.size(), 3u);
    EXPECT_NE(refusals(builder("3", 2)).find("builder.threshold: it is 3, and there are 2"),
              std::string::npos);
    EXPECT_NE(refusals(builder("1", 2) + builder("1", 1).substr(builder("1", 0).size()))
                  .find("builder.attesters[2].address: another one has the same"),
              std::string::npos);
}

TEST(node_config, a_key_stands_in_no_configuration) {
    const std::string key = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    for (const auto& written : {key, "0x" + key}) {
        const auto said = refusals("roles = [\"attester\"]\n[attester]\nkey = \"" + written +
                                   "\"\ntls_certificate = \"a.pem\"\n");
        EXPECT_NE(said.find("attester.key"), std::string::npos);
        EXPECT_EQ(said.find("ac09"), std::string::npos);
    }
}

TEST(node_config, what_is_printed_parses_to_the_same) {
    for (const auto& text :
         {std::string{FOLLOWER}, builder("2", 3), std::string{"[blobs]\nkeep = \"all\"\n"},
          std::string{"data = \"a\\\"b\\\\c\\u0001\"\n[log]\nformat = \"json\"\n"}}) {
        const auto printed = print_node_config(parsed(text));
        EXPECT_EQ(print_node_config(parsed(printed)), printed);
        EXPECT_EQ(print_node_config(parsed(print_commented(parsed(text)))), printed);
    }
}

TEST(node_config, the_path_of_a_url_is_not_printed_for_it_may_be_a_key) {
    const auto config = parsed(
        "[l1]\nrpc = [\"https://mainnet.example/v3/SECRET\", \"http://127.0.0.1:8545/\", "
        "\"env:L1_URL\"]\nwebsocket = \"ws://host:1/SECRET\"\n"
        "beacon = [\"file:places/beacon\"]\n[rpc]\nforward = \"https://builder/SECRET\"\n");
    EXPECT_EQ(config.l1.rpc[0], "https://mainnet.example/v3/SECRET");
    const auto printed = print_node_config(config);
    EXPECT_EQ(printed.find("SECRET"), std::string::npos);
    EXPECT_NE(printed.find("rpc = [\"https://mainnet.example/…\", \"http://127.0.0.1:8545/\", "
                           "\"env:L1_URL\"]"),
              std::string::npos)
        << printed;
    EXPECT_NE(printed.find("beacon = [\"file:places/beacon\"]"), std::string::npos);
    // Nobody takes it for the whole.
    EXPECT_NE(refusals(printed).find("l1.rpc[0]: it is no URL"), std::string::npos);
    EXPECT_EQ(parsed(print_commented(config)).l1.rpc, config.l1.rpc);
    EXPECT_NE(refusals("[l1]\nrpc = [\"env:A B\"]\n").find("l1.rpc[0]"), std::string::npos);
}

TEST(node_config, hostile_texts_are_refused_and_do_no_harm) {
    const auto repeated = [](std::string_view text, size_t times) {
        std::string result;
        for (size_t i = 0; i < times; ++i) result += text;
        return result;
    };
    for (const auto& text : {"a = " + repeated("[", 100'000),
                             "a = " + repeated("{a=", 100'000),
                             repeated("a.", 100'000) + "b = 1",
                             "[" + repeated("a.", 100'000) + "b]",
                             repeated("[[a]]\n", 100'000),
                             "[a" + repeated("]", 100'000),
                             "a = " + std::string(500'000, '9'),
                             "a = 1e" + std::string(500'000, '9'),
                             "a = \"" + repeated("\\u0041", 100'000),
                             "a = '''" + std::string(500'000, 'x'),
                             std::string(500'000, 'k') + " = 1",
                             std::string{"a = \xff\xfe"},
                             std::string{"[[[a]]]"},
                             std::string(1'000, '\0'),
                             std::string{"l1.slot = 99999999999999999999999999"},
                             "l1.slot = \"" + std::string(1'000, '9') + "d\"",
                             std::string{"database.cache = \"18446744073709551616GiB\""},
                             std::string{"builder.max_fee_per_gas = \"99999999999999999999ether\""},
                             std::string{"[rpc]\nmax_batch = 0x7fffffffffffffff"},
                             std::string{"[rpc]\nmax_batch = inf"},
                             "roles = [" + repeated("\"follower\",", 50'000) + "1]"})
        EXPECT_NE(refusals(text), "") << text.substr(0, 40);
    // And what is only long is none the worse for it.
    EXPECT_EQ(refusals("# " + std::string(MAX_CONFIG_BYTES - 3, 'x') + "\n"), "");
}

TEST(node_config, no_more_of_a_file_is_read_than_it_may_have) {
    const auto file = std::filesystem::path{testing::TempDir()} / "node_config_test.toml";
    std::ofstream{file} << "# empty\n";
    ASSERT_TRUE(read_node_config(file).has_value());
    std::filesystem::resize_file(file, size_t{100} << 20);
    const auto read = read_node_config(file);
    ASSERT_FALSE(read.has_value());
    EXPECT_NE(to_string(read.error()[0]).find("longer than 1048576 bytes"), std::string::npos);
    std::filesystem::remove(file);
    EXPECT_FALSE(read_node_config(file).has_value());
    EXPECT_FALSE(read_node_config(testing::TempDir()).has_value());
    EXPECT_FALSE(read_node_config("/dev/zero").has_value());
}

TEST(node_config, a_sample_lacks_only_what_its_user_knows) {
    EXPECT_EQ(refusals(print_commented(sample_config({Role::follower}))), "");
    const auto said =
        refusals(print_commented(sample_config({Role::builder, Role::attester, Role::follower})));
    EXPECT_NE(said.find("builder.attesters[0].address: it is empty"), std::string::npos);
    EXPECT_NE(said.find("attester.allowed[0].key: it is empty"), std::string::npos);
    EXPECT_EQ(std::ranges::count(said, '\n'), 7) << said;
}

}  // namespace
}  // namespace scope::config
