#include "devnet/dev_accounts.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "devnet/published.hpp"
#include "execution/host.hpp"

namespace scope::devnet {
namespace {

using namespace literals;

TEST(dev_accounts, are_those_that_every_tool_has) {
    const auto accounts = derive_accounts(DEFAULT_MNEMONIC, DEFAULT_DERIVATION_PATH, 10);
    ASSERT_TRUE(accounts) << accounts.error();
    ASSERT_EQ(accounts->size(), 10u);
    EXPECT_EQ(accounts->at(0).address, "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"_address);
    EXPECT_EQ(accounts->at(0).private_key,
              "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"_hash);
    EXPECT_EQ(accounts->at(9).address, "0xa0ee7a142d267c1f36714e4a8f75612f20a79720"_address);
    for (const auto& account : *accounts)
        EXPECT_EQ(crypto::address_of(account.key), account.address);
}

TEST(dev_accounts, path_may_end_in_a_slash) {
    // As anvil prints it for this path.
    for (const auto* const path : {"m/44'/60'/1'", "m/44'/60'/1'/"}) {
        const auto accounts = derive_accounts(DEFAULT_MNEMONIC, path, 1);
        ASSERT_TRUE(accounts) << accounts.error();
        EXPECT_EQ(accounts->at(0).address, "0x45c52b8bb3e871f865761cdf089e3f9b2e1ffbdb"_address);
    }
}

TEST(dev_accounts, spaces_between_words_do_not_count) {
    const auto accounts = derive_accounts(
        "  test test test test test test\ttest test test test test   junk ", "m", 1);
    ASSERT_TRUE(accounts) << accounts.error();
    EXPECT_EQ(accounts->at(0).address, derive_accounts(DEFAULT_MNEMONIC, "m", 1)->at(0).address);
}

TEST(dev_accounts, refuse_what_bip_39_refuses) {
    const struct {
        const char* mnemonic;
        const char* path;
        const char* reason;
    } cases[] = {
        {"test test test test test test test test test test test test", "m", "checksum"},
        {"foo bar", "m", "2"},
        {"test test test test test test test test test test test frob", "m", "'frob'"},
        {"", "m", "0"},
        {"test test test test test test test test test test test junk", "44/60", "44/60"},
        {"test test test test test test test test test test test junk", "", "path"},
    };
    for (const auto& [mnemonic, path, reason] : cases) {
        const auto accounts = derive_accounts(mnemonic, path, 1);
        ASSERT_FALSE(accounts) << mnemonic << ' ' << path;
        EXPECT_NE(accounts.error().find(reason), std::string::npos) << accounts.error();
    }
}

TEST(dev_accounts, take_phrases_of_24_words) {
    // From the vectors that BIP-39 names: entropy of 32 zero bytes.
    const std::string phrase =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon art";
    EXPECT_TRUE(derive_accounts(phrase, "m", 1));
}

TEST(published, the_deterministic_deployer_comes_by_the_transaction_of_its_creator) {
    const auto transaction = deterministic_deployer_transaction();
    EXPECT_EQ(recover_sender(transaction), DETERMINISTIC_DEPLOYER_CREATOR);
    EXPECT_EQ(execution::create_address(DETERMINISTIC_DEPLOYER_CREATOR, 0), DETERMINISTIC_DEPLOYER);
    EXPECT_EQ(transaction.chain_id, std::nullopt);
    EXPECT_EQ(decode_transaction(encode(transaction)), transaction);
}

TEST(published, words_are_sorted) {
    EXPECT_EQ(bip39_words().size(), 2048u);
    EXPECT_TRUE(std::ranges::is_sorted(bip39_words()));
    EXPECT_EQ(bip39_words().front(), "abandon");
    EXPECT_EQ(bip39_words().back(), "zoo");
}

}  // namespace
}  // namespace scope::devnet
