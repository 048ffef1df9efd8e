#include "deploy_app/genesis_word.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/hex.hpp"
#include "protocol/settlement.hpp"

namespace scope::deploy_app {
namespace {

using testing::HasSubstr;

const protocol::GenesisClaim CLAIM{.chain_id = uint256{7u}, .program_id = Hash{{1}}};

std::vector<Member> members(size_t count) {
    std::vector<Member> result;
    for (size_t i = 1; i <= count; ++i) {
        const auto signer =
            crypto::local_signer(*crypto::SecretKey::from(to_be(uint256{uint64_t{i}})));
        result.push_back({signer->address(), word_of(signer)});
    }
    std::ranges::sort(result, {}, &Member::address);
    return result;
}

TEST(genesis_words, have_as_many_signatures_as_needed_in_the_order_of_addresses) {
    const auto all = members(3);
    const Hash inputs = protocol::genesis_hash(CLAIM);
    const Hash message = protocol::attestation_hash(CLAIM.program_id, {&inputs, 1});
    for (const size_t threshold : std::vector<size_t>{1, 2, 3}) {
        GenesisWords words{all, threshold};
        const auto proof = words.proof_of(CLAIM);
        ASSERT_TRUE(proof.has_value()) << proof.error();
        ASSERT_EQ(proof->size(), 65 * threshold);
        for (size_t i = 0; i < threshold; ++i) {
            const auto one = BytesView{*proof}.subspan(65 * i, 65);
            EXPECT_EQ(crypto::recover(message, from_be(one.first(32)), from_be(one.subspan(32, 32)),
                                      one[64] == 28),
                      all[i].address);
        }
    }
}

TEST(genesis_words, do_without_members_that_do_not_sign_and_names_them_where_it_can_not) {
    auto all = members(3);
    all[0].word = nullptr;
    EXPECT_EQ((GenesisWords{all, 2}.proof_of(CLAIM)->size()), 130u);
    // One that signs another claim.
    all[1].word = [honest = all[1].word](const protocol::GenesisClaim& claim) {
        auto other = claim;
        other.supply += uint256{1u};
        return honest(other);
    };
    EXPECT_EQ((GenesisWords{all, 1}.proof_of(CLAIM)->size()), 65u);
    const auto none = GenesisWords{all, 2}.proof_of(CLAIM);
    ASSERT_FALSE(none.has_value());
    EXPECT_THAT(none.error(), HasSubstr("1 of the 2 members that have to sign"));
    EXPECT_THAT(none.error(), HasSubstr(to_hex(all[0].address) + ": it can't be asked"));
    EXPECT_THAT(none.error(), HasSubstr(to_hex(all[1].address) + ": its signature is not"));
    all[2].word = [](const protocol::GenesisClaim&) -> Result<prover::Attestation, std::string> {
        return std::unexpected{"it is away"};
    };
    EXPECT_THAT((GenesisWords{all, 1}.proof_of(CLAIM).error()), HasSubstr("it is away"));
}

TEST(genesis_words, are_asked_for_once_and_not_of_whom_gave_none) {
    auto all = members(3);
    int asked = 0;
    int tried = 0;
    all[0].word = [&](const protocol::GenesisClaim&) -> Result<prover::Attestation, std::string> {
        ++tried;
        return std::unexpected{"it is away"};
    };
    all[1].word = [&, honest = all[1].word](const protocol::GenesisClaim& claim) {
        ++asked;
        return honest(claim);
    };
    GenesisWords words{all, 2};
    const auto first = words.proof_of(CLAIM);
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(words.proof_of(CLAIM), first);
    EXPECT_EQ(asked, 1);
    auto other = CLAIM;
    other.chain_id = uint256{8u};
    EXPECT_NE(words.proof_of(other).value(), first.value());
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(tried, 1);
}

}  // namespace
}  // namespace scope::deploy_app
