#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/node_config.hpp"

namespace scope::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto ADDRESS = "0x00000000000000000000000000000000000000aa";
const std::string KEY = "sha256:" + std::string(64, 'a');

TEST(setting, gives_keys_of_every_kind_a_value) {
    auto config = sample_config({Role::builder, Role::attester});
    const auto set = [&](std::string_view key, std::string_view value) {
        const auto done = set_key(config, key, value);
        EXPECT_TRUE(done.has_value()) << done.error();
    };
    set("network", "other.json");
    set("l1.rpc", "http://a:1,https://b/path");
    set("l1.beacon", "");
    set("l1.slot", "2s");
    set("l1.roots_with_blobs", "true");
    set("database.cache", "1GiB");
    set("builder.max_fee_per_gas", "3gwei");
    set("builder.threshold", "3");
    set("builder.data", "calldata");
    set("attester.deployer", ADDRESS);
    set("blobs.keep", "all");
    set("log.format", "json");
    EXPECT_EQ(config.network, "other.json");
    EXPECT_THAT(config.l1.rpc, ElementsAre("http://a:1", "https://b/path"));
    EXPECT_THAT(config.l1.beacon, ElementsAre());
    EXPECT_EQ(config.l1.slot, milliseconds{2'000});
    EXPECT_TRUE(config.l1.roots_with_blobs);
    EXPECT_EQ(config.database.cache_bytes, uint64_t{1} << 30);
    EXPECT_EQ(config.builder->max_fee_per_gas_wei, 3'000'000'000u);
    EXPECT_EQ(config.builder->threshold, 3u);
    EXPECT_TRUE(config.builder->calldata);
    EXPECT_EQ(config.attester->deployer, ADDRESS);
    EXPECT_EQ(config.blobs.keep, std::nullopt);
    EXPECT_EQ(config.log.format, LogFormat::json);
}

TEST(setting, refuses_what_a_file_would_be_refused_for_and_changes_nothing) {
    auto config = sample_config({Role::builder});
    const auto before = print_node_config(config);
    const auto refused = [&](std::string_view key, std::string_view value) -> std::string {
        const auto done = set_key(config, key, value);
        return done ? "none" : done.error();
    };
    EXPECT_EQ(refused("l1.pol", "1s"), "l1.pol: there is no such key; is l1.poll meant?");
    EXPECT_THAT(refused("", "1s"), HasSubstr("there is no such key"));
    EXPECT_THAT(refused("l1", "1s"), HasSubstr("there is no such key"));
    EXPECT_THAT(refused("attester.key", "env:KEY"), HasSubstr("there is no such key"));
    EXPECT_THAT(refused("builder.attesters", ADDRESS), HasSubstr("there is no such key"));
    EXPECT_THAT(refused("l1.rpc", "http://a,b"), HasSubstr("l1.rpc: it is no URL"));
    EXPECT_THAT(refused("l1.slot", "2"), HasSubstr("l1.slot: "));
    EXPECT_THAT(refused("l1.slot", "2d"), HasSubstr("l1.slot: 2d is not in ["));
    EXPECT_THAT(refused("blobs.keep", "some"), HasSubstr("blobs.keep: "));
    EXPECT_THAT(refused("database.archive", "yes"), HasSubstr("neither true nor false"));
    for (const auto* const number : {"", "-1", "1x", "0x1", " 1", "256", "99999999999999999999"})
        EXPECT_THAT(refused("builder.threshold", number), HasSubstr("builder.threshold: "));
    EXPECT_THAT(refused("builder.data", "both"), HasSubstr("none of blobs, calldata"));
    EXPECT_THAT(refused("builder.key", "0x1234"), HasSubstr("a key stands in no configuration"));
    EXPECT_EQ(print_node_config(config), before);
}

TEST(setting, parses_members_and_who_may_ask) {
    const auto member = parse_attester(std::string{ADDRESS} + "=https://host:7545/path#" + KEY);
    ASSERT_TRUE(member.has_value()) << member.error();
    EXPECT_EQ(member->address, ADDRESS);
    EXPECT_EQ(member->url, "https://host:7545/path");
    EXPECT_EQ(member->key, KEY);
    for (const auto& wrong :
         {std::string{}, std::string{ADDRESS}, std::string{ADDRESS} + "=",
          std::string{ADDRESS} + "=http://host#" + KEY, std::string{ADDRESS} + "=https://host",
          std::string{ADDRESS} + "=https://host#sha256:12", "0x12=https://host#" + KEY,
          std::string{ADDRESS} + "=https://#" + KEY})
        EXPECT_FALSE(parse_attester(wrong).has_value()) << wrong;
    const auto allowed = parse_allowed("somebody=" + KEY);
    ASSERT_TRUE(allowed.has_value()) << allowed.error();
    EXPECT_EQ(allowed->name, "somebody");
    EXPECT_EQ(allowed->key, KEY);
    for (const auto& wrong : {std::string{}, KEY, "=" + KEY, std::string{"somebody="}})
        EXPECT_FALSE(parse_allowed(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace scope::config
