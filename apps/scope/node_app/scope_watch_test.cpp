#include "node_app/scope_watch.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

#include "base/hex.hpp"

namespace scope::node_app {
namespace {

using prover::DisagreementKind;

constexpr Address MEMBER{{0xaa}};

prover::Disagreement dissent(DisagreementKind kind) {
    prover::Disagreement made;
    made.member = MEMBER;
    made.kind = kind;
    return made;
}

/// Proves with the dissents that a test says, or fails where none are said.
class SaidProver final : public prover::Prover {
  public:
    Result<prover::Proof, prover::ProofFailure> prove(const prover::ProofInput&) override {
        if (fails)
            return std::unexpected{
                prover::ProofFailure{.attestations = 1, .threshold = 2, .dissents = dissents}};
        return prover::Proof{.bytes = {}, .dissents = dissents};
    }
    bool fails = false;
    std::vector<prover::Disagreement> dissents;
};

/// Says of what is sent what a test says.
class SaidSender final : public l1::L1Sender {
  public:
    Result<void, l1::SendError> send(const Transaction&,
                                     std::span<const chain::StoredBlobPtr>) override {
        if (error) return std::unexpected{l1::SendError{*error, ""}};
        return {};
    }
    [[nodiscard]] Result<l1::TransactionStatus, l1::L1Error> status(const Hash&) const override {
        return now;
    }
    std::optional<l1::SendError::Rule> error;
    l1::TransactionStatus now;
};

struct Fixture {
    [[nodiscard]] prover::ProofInput input() const {
        prover::ProofInput made;
        made.claims.resize(2);
        made.claims[0].chain_id = uint256{42001u};
        made.claims[0].batch_number = uint256{7u};
        made.claims[1].chain_id = uint256{42002u};
        return made;
    }
    /// L1's block with one transaction, which settled or reverted.
    [[nodiscard]] static l1::TransactionStatus in_block(uint64_t number, bool success) {
        chain::StoredBlock block;
        block.block.header.number = number;
        block.block.header.timestamp_s = number * 12;
        block.hash = Hash{{static_cast<uint8_t>(number)}};
        block.receipts.resize(1);
        block.receipts[0].success = success;
        return {l1::TransactionStatus::Stage::included,
                chain::TransactionPlace{std::make_shared<const chain::StoredBlock>(block), 0}};
    }
    /// Takes what was logged.
    std::string log() {
        auto text = out.str();
        out.str({});
        return text;
    }
    bool logs(std::string_view text) {
        const auto told = log();
        return told.find(text) != std::string::npos || (ADD_FAILURE() << told, false);
    }

    std::ostringstream out;
    NodeLog node_log{{.level = config::LogLevel::info, .format = config::LogFormat::json},
                     std::make_shared<spdlog::sinks::ostream_sink_mt>(out)};
    ScopeWatch watch{node_log,
                     {.now_s = [] { return 1200; },
                      .slot_of = [](uint64_t timestamp_s) { return timestamp_s / 12; }}};
    std::shared_ptr<SaidProver> said = std::make_shared<SaidProver>();
    std::shared_ptr<prover::Prover> prover = watch.watch(std::shared_ptr<prover::Prover>{said});
    std::shared_ptr<SaidSender> sends = std::make_shared<SaidSender>();
    std::shared_ptr<l1::L1Sender> sender = watch.watch(std::shared_ptr<l1::L1Sender>{sends});
};

TEST(scope_watch, tells_of_a_scope_that_is_built_and_proved) {
    Fixture fixture;
    EXPECT_TRUE(fixture.prover->prove(fixture.input()));
    const auto told = fixture.log();
    EXPECT_NE(told.find(R"("event":"scope_built")"), std::string::npos) << told;
    EXPECT_NE(told.find(R"("batches":"42001/7 42002/0")"), std::string::npos) << told;
    EXPECT_NE(told.find(R"("event":"scope_proved")"), std::string::npos) << told;
    EXPECT_NE(told.find(R"("slot":100)"), std::string::npos) << told;
    fixture.said->fails = true;
    EXPECT_FALSE(fixture.prover->prove(fixture.input()));
    EXPECT_TRUE(fixture.logs("1 attestations of 2"));
    EXPECT_EQ(fixture.watch.counts().built, 2u);
    EXPECT_EQ(fixture.watch.counts().proved, 1u);
}

TEST(scope_watch, names_a_member_that_does_not_sign_once_for_each_reason) {
    Fixture fixture;
    const auto prove_with = [&](std::vector<prover::Disagreement> dissents) {
        fixture.said->dissents = std::move(dissents);
        (void)fixture.prover->prove(fixture.input());
        return fixture.log();
    };
    const auto names = [](const std::string& told, std::string_view event) {
        return told.find(event) != std::string::npos &&
               told.find(to_hex(MEMBER)) != std::string::npos;
    };
    EXPECT_TRUE(names(prove_with({dissent(DisagreementKind::timed_out)}), "\"dissent\""));
    EXPECT_FALSE(names(prove_with({dissent(DisagreementKind::timed_out)}), "\"dissent\""));
    EXPECT_TRUE(names(prove_with({dissent(DisagreementKind::unreachable)}), "\"dissent\""));
    EXPECT_TRUE(names(prove_with({}), "\"dissent_over\""));
    EXPECT_TRUE(names(prove_with({dissent(DisagreementKind::unreachable)}), "\"dissent\""));
    const auto counts = fixture.watch.counts().dissents;
    EXPECT_EQ(counts.at({MEMBER, DisagreementKind::timed_out}), 2u);
    EXPECT_EQ(counts.at({MEMBER, DisagreementKind::unreachable}), 2u);
}

TEST(scope_watch, tells_what_comes_of_what_is_sent) {
    Fixture fixture;
    Transaction first;
    first.nonce = 5;
    auto dearer = first;
    dearer.max_fee_per_gas = uint256{1u};
    EXPECT_TRUE(fixture.sender->send(first, {}));
    EXPECT_TRUE(fixture.logs(R"("event":"scope_sent")"));
    EXPECT_TRUE(fixture.sender->send(first, {}));
    EXPECT_TRUE(fixture.logs("sent again"));
    EXPECT_TRUE(fixture.sender->send(dearer, {}));
    EXPECT_TRUE(fixture.logs(R"("replaces":")" + to_hex(hash(first))));
    fixture.sends->error = l1::SendError::Rule::insufficient;
    auto next = first;
    next.nonce = 6;
    EXPECT_FALSE(fixture.sender->send(next, {}));
    EXPECT_TRUE(fixture.logs(R"("rule":"insufficient")"));

    // Each block in which it stands is told of once, whoever asks.
    fixture.sends->now = Fixture::in_block(9, false);
    for (int i = 0; i < 2; ++i) (void)fixture.sender->status(hash(dearer));
    EXPECT_TRUE(fixture.logs(R"("event":"scope_reverted")"));
    fixture.sends->now = Fixture::in_block(10, true);
    for (int i = 0; i < 2; ++i) (void)fixture.sender->status(hash(dearer));
    (void)fixture.sender->status(hash(next));  // another one's
    const auto counts = fixture.watch.counts();
    EXPECT_EQ(counts.sent, 2u);
    EXPECT_EQ(counts.replaced, 1u);
    EXPECT_EQ(counts.reverted, 1u);
    EXPECT_EQ(counts.settled, 1u);
    EXPECT_EQ(counts.send_errors.at("insufficient"), 1u);
}

}  // namespace
}  // namespace scope::node_app
