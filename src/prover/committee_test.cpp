#include "prover/committee.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <latch>
#include <semaphore>

#include "test_prover/test_input.hpp"

namespace scope::prover {
namespace {

using namespace rollup::test;
using namespace test;

std::unique_ptr<AttesterClient> member(uint8_t number, const l1::L1Source& l1,
                                       const rollup::RollupConfig& rollup) {
    return std::make_unique<Member>(key(number), l1, std::vector{rollup});
}

std::vector<Address> signers_of(const ProofInput& input, const Proof& proof) {
    std::vector<Address> out;
    for (size_t at = 0; at < proof.bytes.size(); at += 65)
        out.push_back(signer_of(input, BytesView{proof.bytes}.subspan(at, 65)));
    return out;
}

TEST(committee, gives_the_signatures_of_the_lowest_addresses) {
    Setting s;
    std::vector<std::unique_ptr<AttesterClient>> members;
    for (uint8_t i = 11; i < 14; ++i) members.push_back(member(i, s.l1, s.rollup));
    Committee committee{std::move(members)};
    auto expected = committee.addresses();
    ASSERT_EQ(expected.size(), 3u);
    std::ranges::sort(expected);
    expected.resize(2);
    const auto input = s.input(DataIn::blobs);
    const auto proof = committee.prove(input);
    ASSERT_TRUE(proof.has_value()) << to_string(proof.error());
    EXPECT_EQ(signers_of(input, *proof), expected);
    EXPECT_TRUE(proof->dissents.empty());
}

TEST(committee, proves_several_at_once) {
    Setting s;
    std::vector<std::unique_ptr<AttesterClient>> members;
    for (uint8_t i = 11; i < 14; ++i) members.push_back(member(i, s.l1, s.rollup));
    Committee committee{std::move(members)};
    const auto good = s.input(DataIn::calldata);
    auto bad = good;
    bad.claims[0].last_block_hash = {};
    std::vector<std::future<bool>> proved;
    proved.reserve(6);
    for (size_t i = 0; i < 6; ++i)
        proved.push_back(std::async(std::launch::async, [&committee, &input = i % 2 ? bad : good] {
            return committee.prove(input).has_value();
        }));
    for (size_t i = 0; i < proved.size(); ++i) EXPECT_EQ(proved[i].get(), i % 2 == 0) << i;
}

TEST(committee, goes_without_one_that_disagrees) {
    Setting s;
    auto other = s.rollup;
    other.genesis.alloc[Address{{0x99}}].balance = uint256{1u};
    std::vector<std::unique_ptr<AttesterClient>> members;
    members.push_back(member(11, s.l1, s.rollup));
    members.push_back(member(12, s.l1, other));
    members.push_back(member(13, s.l1, s.rollup));
    Committee committee{std::move(members)};
    const auto input = s.input(DataIn::calldata);
    const auto proof = committee.prove(input);
    ASSERT_TRUE(proof.has_value()) << to_string(proof.error());
    auto expected = std::vector{crypto::address_of(key(11)), crypto::address_of(key(13))};
    std::ranges::sort(expected);
    EXPECT_EQ(signers_of(input, *proof), expected);
    ASSERT_EQ(proof->dissents.size(), 1u);
    EXPECT_EQ(proof->dissents[0].member, crypto::address_of(key(12)));
    EXPECT_EQ(proof->dissents[0].field, "parentBlockHash");
    EXPECT_EQ(proof->dissents[0].chain_id, CHAIN);
}

TEST(committee, gives_no_proof_below_the_threshold) {
    Setting s;
    std::vector<std::unique_ptr<AttesterClient>> members;
    for (uint8_t i = 11; i < 14; ++i) members.push_back(member(i, s.l1, s.rollup));
    Committee committee{std::move(members)};
    auto input = s.input(DataIn::calldata);
    input.claims[0].last_block_hash = {};
    const auto wrong = committee.prove(input);
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().attestations, 0u);
    EXPECT_EQ(wrong.error().threshold, 2u);
    ASSERT_EQ(wrong.error().dissents.size(), 3u);
    for (const auto& dissent : wrong.error().dissents) EXPECT_EQ(dissent.field, "lastBlockHash");

    const auto malformed = committee.prove_bytes(Bytes{7});
    ASSERT_FALSE(malformed.has_value());
    EXPECT_EQ(malformed.error().dissents[0].kind, DisagreementKind::malformed_input);
}

/// A member that does with its answer what it likes.
class Hostile final : public AttesterClient {
  public:
    Hostile(std::unique_ptr<AttesterClient> honest, std::function<void(Attestation&)> change)
        : honest_(std::move(honest)), change_(std::move(change)) {}
    [[nodiscard]] const Address& address() const noexcept override { return honest_->address(); }
    Result<Attestation, Disagreement> attest(BytesView proof_input) override {
        auto answer = honest_->attest(proof_input);
        if (answer) change_(*answer);
        return answer;
    }

  private:
    std::unique_ptr<AttesterClient> honest_;
    std::function<void(Attestation&)> change_;
};

TEST(committee, goes_without_one_that_lies_or_throws) {
    using enum DisagreementKind;
    const std::pair<DisagreementKind, std::function<void(Attestation&)>> cases[] = {
        {false_attestation, [](auto& answer) { answer.signature.bytes[5] ^= 1; }},
        {false_attestation, [](auto& answer) { answer.signature = {}; }},
        {false_attestation, [](auto& answer) { answer.signature.bytes[64] = 0; }},
        {false_attestation, [](auto& answer) { answer.signer = {}; }},
        {false_attestation, [](auto& answer) { answer.input_hashes[0] = {}; }},
        {false_attestation, [](auto& answer) { answer.input_hashes.clear(); }},
        {failed, [](auto&) { throw std::runtime_error{"no connection"}; }},
    };
    for (const auto& [kind, change] : cases) {
        Setting s;
        std::vector<std::unique_ptr<AttesterClient>> members;
        for (uint8_t i = 11; i < 14; ++i) members.push_back(member(i, s.l1, s.rollup));
        // The one whose signature would be the first.
        auto& lowest = *std::ranges::min_element(members, {},
                                                 [](const auto& each) { return each->address(); });
        const Address liar = lowest->address();
        lowest = std::make_unique<Hostile>(std::move(lowest), change);
        Committee committee{std::move(members)};
        const auto input = s.input(DataIn::calldata);
        const auto proof = committee.prove(input);
        ASSERT_TRUE(proof.has_value()) << to_string(proof.error());
        const auto signers = signers_of(input, *proof);
        EXPECT_EQ(signers.size(), 2u);
        EXPECT_EQ(std::ranges::count(signers, liar), 0);
        ASSERT_EQ(proof->dissents.size(), 1u);
        EXPECT_EQ(proof->dissents[0].member, liar);
        EXPECT_EQ(to_string(proof->dissents[0].kind), to_string(kind));
    }
}

/// An L1 that does not answer until it is let.
class SlowL1 final : public l1::L1Source {
  public:
    SlowL1(const l1::L1Source& l1, std::latch& gate) : l1_(l1), gate_(gate) {}
    [[nodiscard]] Result<l1::L1Heads, l1::L1Error> heads() const override {
        gate_.wait();
        return l1_.heads();
    }
    [[nodiscard]] Result<chain::StoredBlockPtr, l1::L1Error> block(uint64_t number) const override {
        return l1_.block(number);
    }
    [[nodiscard]] Result<chain::StoredBlobPtr, l1::L1Error> blob(
        const Hash& versioned_hash) const override {
        return l1_.blob(versioned_hash);
    }

  private:
    const l1::L1Source& l1_;
    std::latch& gate_;
};

/// Three members, of which the first has a source of its own.
std::vector<std::unique_ptr<AttesterClient>> with_slow(const SlowL1& slow, const Setting& s) {
    std::vector<std::unique_ptr<AttesterClient>> members;
    members.push_back(member(11, slow, s.rollup));
    members.push_back(member(12, s.l1, s.rollup));
    members.push_back(member(13, s.l1, s.rollup));
    return members;
}

TEST(committee, does_not_wait_for_one_that_hangs) {
    using namespace std::chrono_literals;
    Setting s;
    std::latch gate{1};
    const SlowL1 slow{s.l1, gate};
    Committee committee{with_slow(slow, s),
                        {.threshold = 2, .timeout = 60s, .grace = 10ms, .max_waiting = 1}};
    const auto input = s.input(DataIn::calldata);
    const auto proof = committee.prove(input);
    ASSERT_TRUE(proof.has_value()) << to_string(proof.error());
    ASSERT_EQ(proof->dissents.size(), 1u);
    EXPECT_EQ(proof->dissents[0].kind, DisagreementKind::timed_out);

    // One request is in its hands, one waits; the third finds no place.
    ASSERT_TRUE(committee.prove(input).has_value());
    const auto third = committee.prove(input);
    ASSERT_TRUE(third.has_value());
    EXPECT_EQ(third->dissents[0].kind, DisagreementKind::overloaded);
    gate.count_down();
}

TEST(committee, waits_only_once_for_one_that_hangs) {
    using namespace std::chrono_literals;
    Setting s;
    std::latch gate{1};
    const SlowL1 slow{s.l1, gate};
    Committee committee{with_slow(slow, s), {.threshold = 2, .timeout = 3s, .grace = 24h}};
    auto wrong = s.input(DataIn::calldata);
    wrong.claims[0].last_block_hash = {};
    ASSERT_FALSE(committee.prove(wrong).has_value());
    const auto input = s.input(DataIn::calldata);
    for (int i = 0; i < 3; ++i) {
        const auto proof = committee.prove(input);  // not in a day's time
        ASSERT_TRUE(proof.has_value()) << to_string(proof.error());
        ASSERT_EQ(proof->dissents.size(), 1u);
        EXPECT_EQ(proof->dissents[0].kind, DisagreementKind::timed_out);
    }
    gate.count_down();
}

/// One that gives up by itself, as a client with a timeout does.
class GivesUp final : public AttesterClient {
  public:
    [[nodiscard]] const Address& address() const noexcept override { return address_; }
    Result<Attestation, Disagreement> attest(BytesView /*proof_input*/) override {
        may_go_on_.acquire();
        Disagreement late;
        late.kind = DisagreementKind::timed_out;
        return std::unexpected{late};
    }
    void give_up() { may_go_on_.release(); }

  private:
    Address address_{{0x01}};
    std::counting_semaphore<> may_go_on_{0};
};

TEST(committee, waits_only_once_for_one_whose_client_gives_up) {
    using namespace std::chrono_literals;
    Setting s;
    std::vector<std::unique_ptr<AttesterClient>> members;
    auto hanging = std::make_unique<GivesUp>();
    auto& client = *hanging;
    members.push_back(std::move(hanging));
    for (uint8_t i = 11; i < 13; ++i) members.push_back(member(i, s.l1, s.rollup));
    Committee committee{std::move(members), {.threshold = 2, .timeout = 60s, .grace = 24h}};
    const auto input = s.input(DataIn::calldata);
    client.give_up();  // at the first, of which the committee hears; then it hangs again
    for (int i = 0; i < 3; ++i) {
        const auto proof = committee.prove(input);  // not in a day's time
        ASSERT_TRUE(proof.has_value()) << to_string(proof.error());
        ASSERT_EQ(proof->dissents.size(), 1u);
        EXPECT_EQ(proof->dissents[0].kind, DisagreementKind::timed_out);
    }
    client.give_up();
}

TEST(committee, gives_up_after_its_timeout) {
    using namespace std::chrono_literals;
    Setting s;
    std::latch gate{1};
    const SlowL1 slow{s.l1, gate};
    std::vector<std::unique_ptr<AttesterClient>> members;
    members.push_back(member(11, slow, s.rollup));
    Committee committee{std::move(members),
                        {.threshold = 1, .timeout = 20ms, .grace = 0ms, .max_waiting = 1}};
    const auto proof = committee.prove(s.input(DataIn::calldata));
    ASSERT_FALSE(proof.has_value());
    EXPECT_EQ(proof.error().dissents[0].kind, DisagreementKind::timed_out);
    gate.count_down();
}

}  // namespace
}  // namespace scope::prover
