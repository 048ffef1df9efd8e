#include "deploy_app/options.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "base/hex.hpp"
#include "keys/secret.hpp"
#include "net/tls.hpp"

namespace scope::deploy_app {
namespace {

using cli::UsageError;
using testing::HasSubstr;

constexpr auto ONE = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";  // of the key 1
constexpr auto OTHER = "0x00000000000000000000000000000000000000aa";

TEST(deploy_options, read_ether_with_decimals) {
    const uint256 ether{uint64_t{1'000'000'000'000'000'000}};
    EXPECT_EQ(wei_of_ether("0"), uint256{});
    EXPECT_EQ(wei_of_ether("1"), ether);
    EXPECT_EQ(wei_of_ether("0001.50"), ether + ether / uint256{2u});
    EXPECT_EQ(wei_of_ether("0.000000000000000001"), uint256{1u});
    EXPECT_EQ(wei_of_ether("1000000000"), ether * uint256{uint64_t{1'000'000'000}});
    EXPECT_EQ(wei_of_ether("99999999999999999999"),
              uint256_from_text("99999999999999999999" + std::string(18, '0')));
    for (const auto* const wrong : {"", ".", "1.", ".5", "-1", "1e3", "0x1", " 1", "1,5",
                                    "0.0000000000000000001", "100000000000000000000"})
        EXPECT_EQ(wei_of_ether(wrong), std::nullopt) << wrong;
}

TEST(deploy_options, make_a_committee_of_addresses_and_keys) {
    setenv("SCOPE_TEST_KEY_1", "0000000000000000000000000000000000000000000000000000000000000001",
           1);
    Options options;
    options.attesters = {OTHER};
    options.attester_keys = {"env:SCOPE_TEST_KEY_1"};
    const auto members = members_of(options);
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(to_hex(members[0].address), OTHER);
    EXPECT_FALSE(members[0].word);
    EXPECT_EQ(to_hex(members[1].address), ONE);
    EXPECT_TRUE(members[1].word);
    // A member of which both are given is one.
    options.attesters = {ONE};
    EXPECT_EQ(members_of(options).size(), 1u);

    options.attesters = {OTHER, OTHER};
    EXPECT_THROW((void)members_of(options), UsageError);
    options.attesters = {"0x12"};
    EXPECT_THROW((void)members_of(options), UsageError);
    options.attesters = {};
    options.attester_keys = {"env:SCOPE_TEST_KEY_1", "env:SCOPE_TEST_KEY_1"};
    EXPECT_THROW((void)members_of(options), UsageError);
    options.attester_keys = {};
    EXPECT_THROW((void)members_of(options), UsageError);
}

TEST(deploy_options, take_members_that_are_asked_over_https) {
    const auto folder = std::filesystem::path{testing::TempDir()} / "deploy_options_test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const auto file = folder / "own.pem";
    const auto made = net::make_certificate("test");
    ASSERT_TRUE(keys::write_private_file(file, made.certificate + made.key).has_value());
    const auto key = to_string(made.fingerprint);
    Options options;
    options.tls_certificate = file;
    options.attesters = {fmt::format("{}=https://member.example:7545#{}", ONE, key), OTHER};
    const auto members = members_of(options);
    ASSERT_EQ(members.size(), 2u);
    EXPECT_FALSE(members[0].word);
    EXPECT_TRUE(members[1].word);

    const auto refused = [&](const std::string& attester, const std::string& own) -> std::string {
        Options other;
        other.attesters = {attester};
        other.tls_certificate = own;
        try {
            (void)members_of(other);
        } catch (const UsageError& error) {
            return error.what();
        }
        return "none";
    };
    const auto at = [&](std::string_view place) { return fmt::format("{}={}", ONE, place); };
    EXPECT_THAT(refused(at("https://a#" + key), ""), HasSubstr("--tls-certificate"));
    EXPECT_THAT(refused(at("https://a#" + key), folder / "none.pem"), HasSubstr("none.pem"));
    EXPECT_THAT(refused(at("http://a#" + key), file), HasSubstr("https://"));
    EXPECT_THAT(refused(at("member#" + key), file), HasSubstr("--attester: '0x7e5f"));
    EXPECT_THAT(refused(at("https://a"), file), HasSubstr("sha256"));
    EXPECT_THAT(refused(at("https://a#sha256:12"), file), HasSubstr("sha256"));
    EXPECT_THAT(refused(at(""), file), HasSubstr("--attester: '0x7e5f"));
    EXPECT_THAT(refused("0x12=https://a#" + key, file), HasSubstr("no address"));
    // A file that anybody may read holds no secret.
    std::filesystem::permissions(file, std::filesystem::perms{0644});
    EXPECT_THAT(refused(at("https://a#" + key), file), HasSubstr("mode"));
    std::filesystem::remove_all(folder);
}

TEST(deploy_options, say_what_is_wanted) {
    const std::vector<Member> members{{Address{{1}}, nullptr}, {Address{{2}}, nullptr}};
    const Address deployer{{9}};
    Options options;
    options.rollups = {22, 21};
    options.funds = {std::string{ONE} + "=1.5", std::string{OTHER} + "=2"};
    const auto wanted = wanted_of(options, members, deployer);
    EXPECT_EQ(wanted.threshold, 2u);
    EXPECT_EQ(wanted.owner, deployer);
    ASSERT_EQ(wanted.rollups.size(), 2u);
    for (const auto& [chain_id, accounts] : wanted.rollups)
        EXPECT_EQ(accounts.at(*fixed_from_hex<20>(OTHER)).balance,
                  uint256{uint64_t{2'000'000'000'000'000'000}});

    const auto refused = [&](const std::function<void(Options&)>& change) -> std::string {
        auto changed = options;
        change(changed);
        try {
            (void)wanted_of(changed, members, deployer);
        } catch (const UsageError& error) {
            return error.what();
        }
        return "none";
    };
    EXPECT_THAT(refused([](Options& o) { o.rollups = {21, 21}; }), HasSubstr("--rollup: 21"));
    EXPECT_THAT(refused([](Options& o) { o.threshold = 3; }), HasSubstr("--threshold: 3 of 2"));
    EXPECT_THAT(refused([](Options& o) { o.owner = "me"; }), HasSubstr("--owner: 'me'"));
    EXPECT_THAT(refused([](Options& o) { o.funds = {"x"}; }), HasSubstr("--fund: 'x' has no '='"));
    EXPECT_THAT(refused([](Options& o) { o.funds = {std::string{ONE} + "=x"}; }),
                HasSubstr("--fund: 'x' is no amount"));
    EXPECT_THAT(refused([](Options& o) { o.account_files = {"23=/dev/null"}; }),
                HasSubstr("--accounts-file: '23' is none of the rollups"));
    EXPECT_THAT(refused([](Options& o) { o.account_files = {"22=/no/such/file"}; }),
                HasSubstr("--accounts-file: /no/such/file"));
}

TEST(deploy_options, know_l1s_rules_by_their_name) {
    EXPECT_EQ(l1_spec_of("osaka", ChainId{1}).blobs_at(0).max, 9u);
    EXPECT_EQ(l1_spec_of("BPO1", ChainId{1}).blobs_at(0).max, 15u);
    EXPECT_EQ(l1_spec_of("bpo2", ChainId{7}).blobs_at(0).max, 21u);
    EXPECT_EQ(l1_spec_of("bpo2", ChainId{7}).chain_id, ChainId{7});
    for (const auto* const wrong : {"", "Prague", "bpo3", "BPO", "OsakaToBPO1AtTime15k"})
        EXPECT_THROW((void)l1_spec_of(wrong, ChainId{1}), UsageError) << wrong;
}

}  // namespace
}  // namespace scope::deploy_app
