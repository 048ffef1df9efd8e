#include "builder/scope_builder.hpp"

#include <gmock/gmock.h>

#include <atomic>

#include "builder/test_network.hpp"
#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"
#include "rollup/blob_codec.hpp"
#include "types/signing.hpp"

namespace scope::builder {
namespace {

using rollup::test::Author;
using test::CannedAnswer;
using test::CHAIN;
using test::NetworkChanges;
using test::REMOTE;
using test::TestNetwork;
using test::with_batons;
using testing::HasSubstr;

/// Proves everything.
class Yes final : public prover::Prover {
  public:
    Result<prover::Proof, prover::ProofFailure> prove(
        const prover::ProofInput& /*input*/) override {
        ++asked;
        return prover::Proof{};
    }
    std::atomic<int> asked = 0;
};

/// An L1 that is gone after so many answers.
class LeavingL1 final : public l1::L1View {
  public:
    LeavingL1(const l1::L1View& l1, int answers) : l1_(l1), answers_(answers) {}

    [[nodiscard]] const chain::ChainSpec& spec() const override { return l1_.spec(); }
    [[nodiscard]] Result<l1::L1Head, l1::L1Error> head() const override {
        return ask([&] { return l1_.head(); });
    }
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, l1::L1Error> state(
        const Hash& block) const override {
        return ask([&] { return l1_.state(block); });
    }
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, l1::L1Error> ancestors(
        const Hash& parent) const override {
        return ask([&] { return l1_.ancestors(parent); });
    }
    [[nodiscard]] Result<chain::BlockAttributes, l1::L1Error> next_block() const override {
        return ask([&] { return l1_.next_block(); });
    }

  private:
    template <typename Ask>
    std::invoke_result_t<Ask> ask(Ask question) const {
        if (answers_-- == 0) return std::unexpected{l1::L1Error::unreachable};
        return question();
    }

    const l1::L1View& l1_;
    mutable int answers_;
};

TEST(scope_builder, can_not_open_without_l1_and_needs_it_no_more_then) {
    const TestNetwork network;
    constexpr int QUESTIONS = 4;
    for (int answers = 0; answers <= QUESTIONS; ++answers) {
        const LeavingL1 l1{*network.l1, answers};
        auto scope = ScopeBuilder::open(l1, *network.follower, network.contracts, network.options);
        ASSERT_EQ(scope.has_value(), answers == QUESTIONS) << answers;
        if (!scope) {
            EXPECT_EQ(scope.error(), l1::L1Error::unreachable);
            continue;
        }
        Author author;
        ASSERT_TRUE(scope->add_transaction(CHAIN, author.transfer(Address{{1}}, 1)).has_value());
        Yes prover;
        EXPECT_TRUE(scope->seal(prover).has_value());
    }
}

/// An L1 that says of its next block what can't follow its head: it was reorganised in between.
class OtherNextBlock final : public l1::L1View {
  public:
    OtherNextBlock(const l1::L1View& l1, chain::BlockAttributes next)
        : l1_(l1), next_(std::move(next)) {}

    [[nodiscard]] const chain::ChainSpec& spec() const override { return l1_.spec(); }
    [[nodiscard]] Result<l1::L1Head, l1::L1Error> head() const override { return l1_.head(); }
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, l1::L1Error> state(
        const Hash& block) const override {
        return l1_.state(block);
    }
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, l1::L1Error> ancestors(
        const Hash& parent) const override {
        return l1_.ancestors(parent);
    }
    [[nodiscard]] Result<chain::BlockAttributes, l1::L1Error> next_block() const override {
        return next_;
    }

  private:
    const l1::L1View& l1_;
    chain::BlockAttributes next_;
};

TEST(scope_builder, does_not_open_for_a_block_that_can_not_follow_the_head) {
    const TestNetwork network;
    const auto good = *network.l1->next_block();
    const auto opens = [&](const chain::BlockAttributes& next) {
        const OtherNextBlock l1{*network.l1, next};
        return ScopeBuilder::open(l1, *network.follower, network.contracts, network.options)
            .has_value();
    };
    EXPECT_TRUE(opens(good));
    auto other = good;
    other.timestamp_s = TestNetwork::GENESIS_TIME_S;
    EXPECT_FALSE(opens(other));
    other = good;
    other.gas_limit = 1;
    EXPECT_FALSE(opens(other));
    other = good;
    other.extra_data.resize(33);
    EXPECT_FALSE(opens(other));
}

TEST(scope_builder, seals_what_others_find_when_they_execute_it) {
    const TestNetwork network;
    for (const auto where : {DataAvailability::calldata, DataAvailability::blobs}) {
        auto options = network.options;
        options.data_availability = where;
        auto scope = ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
        ASSERT_TRUE(scope.has_value());
        Author author;
        const auto refused = author.transfer(Address{{1}}, ~uint64_t{});
        Author again;
        EXPECT_FALSE(scope->add_transaction(CHAIN, refused).has_value());
        ASSERT_TRUE(scope->add_transaction(CHAIN, again.transfer(Address{{1}}, 1)).has_value());
        ASSERT_TRUE(scope->add_transaction(CHAIN, again.call_predeploy()).has_value());
        Yes prover;
        const auto bundle = scope->seal(prover);
        ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());

        ASSERT_EQ(bundle->parts.size(), 1u);  // nothing happened on REMOTE
        const auto& part = bundle->parts[0];
        EXPECT_EQ(bundle->blobs.empty(), where == DataAvailability::calldata);
        EXPECT_EQ(bundle->scope.data.empty(), where == DataAvailability::blobs);
        const auto& followed = *network.follower->rollup(CHAIN);
        const auto found = rollup::execute_batch(followed.chain, followed.config,
                                                 rollup::decode_batch(part.batch_bytes).value(),
                                                 {.max_kept_bytes = rollup::MAX_KEPT_BYTES});
        ASSERT_TRUE(found.has_value()) << to_string(found.error());
        EXPECT_EQ(part.execution.last_block_hash, found->last_block_hash);
        EXPECT_EQ(part.execution.parent_block_hash, found->parent_block_hash);
        EXPECT_EQ(part.execution.remotes, found->remotes);
        EXPECT_EQ(part.execution.gas_used, found->gas_used);
        ASSERT_EQ(part.execution.blocks.size(), 1u);
        EXPECT_EQ(part.execution.blocks[0].block.senders, found->blocks[0].block.senders);
        EXPECT_EQ(part.execution.blocks[0].block.receipts, found->blocks[0].block.receipts);
        EXPECT_EQ(part.execution.blocks[0].state->state_root(),
                  found->blocks[0].state->state_root());
    }
}

/// A bundle of both rollups, each with a transfer.
Bundle seal_both(const TestNetwork& network, const BuilderOptions& options, Yes& prover) {
    auto scope = ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
    EXPECT_TRUE(scope.has_value());
    for (const ChainId chain_id : {REMOTE, CHAIN}) {
        Author author{chain_id};
        EXPECT_TRUE(scope->add_transaction(chain_id, author.transfer(Address{{1}}, 1)).has_value());
    }
    auto bundle = scope->seal(prover);
    EXPECT_TRUE(bundle.has_value()) << to_string(bundle.error());
    return std::move(*bundle);
}

TEST(scope_builder, batches_share_one_payload_of_data) {
    const TestNetwork network;
    for (const auto where : {DataAvailability::calldata, DataAvailability::blobs}) {
        auto options = network.options;
        options.data_availability = where;
        Yes prover;
        const auto bundle = seal_both(network, options, prover);
        ASSERT_EQ(bundle.parts.size(), 2u);
        const Bytes bytes = concat(bundle.parts[0].batch_bytes, bundle.parts[1].batch_bytes);
        std::vector<Hash> hashes;
        std::vector<crypto::Blob> blobs;
        for (const auto& blob : bundle.blobs) {
            hashes.push_back(crypto::versioned_hash(blob->commitment));
            blobs.push_back(blob->blob);
        }
        const bool in_blobs = where == DataAvailability::blobs;
        EXPECT_EQ(in_blobs ? rollup::from_blobs(blobs).value() : bundle.scope.data, bytes);
        EXPECT_EQ(blobs.size(), in_blobs ? 1u : 0u);
        const Hash commitment = in_blobs ? protocol::data_commitment_of_blobs(hashes)
                                         : protocol::data_commitment_of_calldata(bytes);
        uint256 offset;
        for (size_t i = 0; i < 2; ++i) {
            const auto& part = bundle.parts[i];
            const auto& slice = part.public_inputs.data;
            EXPECT_EQ(slice.commitment, commitment);
            EXPECT_EQ(slice.offset, offset);
            EXPECT_EQ(slice.length, uint256{part.batch_bytes.size()});
            offset += slice.length;
            EXPECT_EQ(bundle.scope.batches[i].data_offset, slice.offset);
            EXPECT_EQ(bundle.scope.batches[i].data_length, slice.length);
            EXPECT_EQ(bundle.scope.batches[i].chain_id, uint256{part.chain_id});
        }
    }
}

TEST(scope_builder, asks_for_one_proof_of_all_that_share_verifier_and_program) {
    for (const bool is_shared : {true, false}) {
        const TestNetwork network{{.registry = [&](ChainId id, protocol::RegisteredRollup& rollup) {
            if (id == REMOTE && !is_shared) rollup.verifier = Address{{0xef}};
        }}};
        Yes prover;
        const auto bundle = seal_both(network, network.options, prover);
        EXPECT_EQ(prover.asked, is_shared ? 1 : 2);
        EXPECT_EQ(bundle.scope.proofs.size(), is_shared ? 1u : 2u);
    }
}

TEST(scope_builder, names_the_submitter_as_builder_if_told_to) {
    const TestNetwork network;
    for (const bool is_named : {false, true}) {
        auto options = network.options;
        options.name_builder = is_named;
        Yes prover;
        const auto bundle = seal_both(network, options, prover);
        const Address expected = is_named ? options.submitter->address() : Address{};
        for (const auto& part : bundle.parts) EXPECT_EQ(part.public_inputs.builder, expected);
        for (const auto& claim : bundle.scope.batches) EXPECT_EQ(claim.builder, expected);
    }
}

TEST(scope_builder, takes_a_root_only_as_root_and_nothing_else_so) {
    const TestNetwork network;
    auto scope = network.open();
    Author author;
    const auto root = author.root();
    EXPECT_FALSE(scope.is_ordinary(CHAIN, root));
    EXPECT_EQ(scope.add_transaction(CHAIN, root).error().reason,
              fmt::format("chain {}: root_without_load", CHAIN));
    Author again;
    const auto other = again.call_predeploy();
    EXPECT_TRUE(scope.is_ordinary(CHAIN, other));
    const auto refused = scope.add(L2Root{CHAIN, other});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, RefusalRule::transaction);
    EXPECT_THAT(refused.error().reason, HasSubstr("not a root"));
    EXPECT_TRUE(scope.add_transaction(CHAIN, other).has_value());
    EXPECT_FALSE(scope.is_ordinary(ChainId{999}, other));
}

TEST(scope_builder, gives_roots_their_indices_and_seals_them) {
    const TestNetwork network{with_batons()};
    auto scope = network.open();
    for (uint64_t index = 0; index < 2; ++index) {
        Author author{index == 0 ? CHAIN : REMOTE};
        const auto added = scope.add(L2Root{index == 0 ? CHAIN : REMOTE, author.root()});
        ASSERT_TRUE(added.has_value()) << added.error().to_string();
        EXPECT_TRUE(added->success);
        EXPECT_TRUE(added->outcome.is_zero());
        EXPECT_EQ(added->context.root_index, uint256{index});
    }
    Yes prover;
    const auto bundle = scope.seal(prover);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    ASSERT_EQ(bundle->parts.size(), 2u);
    // openScope, loadRoot, the root
    EXPECT_EQ(bundle->parts[0].batch.blocks[0].transactions.size(), 3u);
}

TEST(scope_builder, asks_a_rollup_nothing_for_a_root_that_does_not_call_it) {
    auto changes = with_batons();
    changes.rollup = [others = changes.rollup](rollup::RollupConfig& config) {
        if (config.chain_id() == CHAIN) others(config);  // REMOTE's tells no baton
    };
    const TestNetwork network{changes};
    auto scope = network.open();
    Author author;
    const auto added = scope.add(L2Root{CHAIN, author.root()});
    ASSERT_TRUE(added.has_value()) << added.error().to_string();
    Yes prover;
    const auto bundle = scope.seal(prover);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    EXPECT_EQ(bundle->parts.size(), 1u);
}

TEST(scope_builder, refuses_a_root_that_pays_less_than_the_price_rule_asks) {
    const TestNetwork network{with_batons()};
    auto options = network.options;
    // It pays a wei for each gas; its data cost about that for each byte.
    for (const uint64_t margin : {0u, 1u, 100'000'000u}) {
        options.price.margin_percent = margin;
        auto scope = ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
        ASSERT_TRUE(scope.has_value());
        Author author;
        const auto added = scope->add(L2Root{CHAIN, author.root()});
        EXPECT_EQ(added.has_value(), margin < 100'000'000u) << margin;
        if (added) continue;
        EXPECT_EQ(added.error().rule, RefusalRule::underpaid);
        EXPECT_THAT(added.error().reason, HasSubstr("0 gas on L1"));
        EXPECT_TRUE(scope->roots().empty());
        Author other;  // nor is one taken in that is no root
        const auto ordinary = scope->add_transaction(CHAIN, other.transfer(Address{{1}}, 1));
        ASSERT_FALSE(ordinary.has_value());
        EXPECT_EQ(ordinary.error().rule, RefusalRule::underpaid);
        EXPECT_EQ(scope->rehearse().error().rule, SealRule::empty);
    }
}

TEST(scope_builder, refuses_a_root_that_takes_more_gas_on_l1_than_one_may) {
    const TestNetwork network{with_batons()};
    auto options = network.options;
    options.data_availability = DataAvailability::calldata;  // which its data take
    for (const uint64_t most : {1'000u, 100'000u}) {
        options.max_l1_gas_per_root = most;
        auto scope = ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
        ASSERT_TRUE(scope.has_value());
        Author author;
        const auto added = scope->add(L2Root{CHAIN, author.root()});
        EXPECT_EQ(added.has_value(), most == 100'000u);
        if (!added) EXPECT_EQ(added.error().rule, RefusalRule::gas_budget);
    }
}

TEST(scope_builder, takes_no_transaction_that_the_scope_has_no_room_for) {
    // Zeros are cheap: one transaction may have more of them than any batch, and several that are
    // smaller have more than six blobs.
    const TestNetwork network;
    struct Case {
        DataAvailability where;
        std::vector<size_t> sizes;
        std::vector<bool> taken;
    };
    for (const auto& [where, sizes, taken] :
         {Case{DataAvailability::blobs, {800'000, 1}, {false, true}},
          Case{DataAvailability::blobs, {400'000, 400'000, 300'000}, {true, false, true}},
          Case{DataAvailability::calldata, {1'300'000, 1}, {false, true}}}) {
        auto options = network.options;
        options.data_availability = where;
        auto scope = ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
        ASSERT_TRUE(scope.has_value());
        uint64_t nonce = 0;
        for (size_t i = 0; i < sizes.size(); ++i) {
            Author author;
            auto tx = author.transfer(Address{{1}}, 1);
            tx.nonce = nonce;
            tx.gas_limit = 16'000'000;
            tx.data.resize(sizes[i]);
            sign(tx, rollup::test::key(1));
            const auto added = scope->add_transaction(CHAIN, tx);
            EXPECT_EQ(added.has_value(), taken[i]) << i;
            if (added) ++nonce;
        }
        Yes prover;
        const auto bundle = scope->seal(prover);
        EXPECT_TRUE(bundle.has_value()) << to_string(bundle.error());
    }
}

TEST(scope_builder, refuses_a_root_on_a_rollup_that_has_stopped_and_serves_others) {
    TestNetwork network;
    network.stop_chain();
    auto scope = network.open();
    Author author;
    const auto refused = scope.add(L2Root{CHAIN, author.transfer(Address{{1}}, 1)});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, RefusalRule::unknown_chain);
    EXPECT_THAT(refused.error().reason, HasSubstr("rollup 901 has stopped: "));
    EXPECT_THAT(refused.error().reason, HasSubstr("batch 0: wrong_last_block_hash"));

    Author other{REMOTE};
    ASSERT_TRUE(scope.add_transaction(REMOTE, other.transfer(Address{{1}}, 1)).has_value());
    Yes prover;
    const auto bundle = scope.seal(prover);
    ASSERT_TRUE(bundle.has_value()) << to_string(bundle.error());
    EXPECT_EQ(bundle->parts[0].chain_id, REMOTE);
}

TEST(scope_builder, refuses_what_is_no_users_transaction) {
    const TestNetwork network;
    auto scope = network.open();
    Author author;
    const auto system = author.open_scope();
    EXPECT_EQ(scope.add_transaction(CHAIN, system).error().reason,
              fmt::format("chain {}: system_pays_or_sends", CHAIN));
    EXPECT_EQ(scope.add(L2Root{CHAIN, system}).error().rule, RefusalRule::transaction);
    EXPECT_EQ(scope.add_transaction(ChainId{999}, author.transfer({}, 1)).error().reason,
              "there is no rollup 999");
    EXPECT_EQ(scope.add(L2Root{ChainId{999}, author.transfer({}, 1)}).error().reason,
              "there is no rollup 999");
    // The signature is looked at before anything runs.
    auto unsigned_one = author.transfer({}, 1);
    unsigned_one.r = {};
    const auto refused = scope.add(L2Root{CHAIN, unsigned_one});
    EXPECT_EQ(refused.error().rule, RefusalRule::transaction);
    EXPECT_EQ(refused.error().reason, "chain 901: invalid_signature");
}

TEST(scope_builder, rehearses_before_it_has_anything_proved) {
    const TestNetwork network;
    struct Case {
        crypto::SignerPtr submitter;
        std::optional<SealRule> rule;
        int asked = 0;
    };
    for (const auto& [submitter, rule, asked] :
         {Case{network.options.submitter, {}, 1},
          Case{crypto::local_signer(rollup::test::key(3)), SealRule::submitter_refused, 0}}) {
        auto options = network.options;
        options.submitter = submitter;
        for (const bool is_rehearsal : {false, true}) {
            auto scope =
                ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
            ASSERT_TRUE(scope.has_value());
            Author author;
            ASSERT_TRUE(
                scope->add_transaction(CHAIN, author.transfer(Address{{1}}, 1)).has_value());
            Yes prover;
            std::optional<SealRule> broken;
            if (is_rehearsal) {
                if (const auto done = scope->rehearse(); !done) broken = done.error().rule;
            } else if (const auto bundle = scope->seal(prover); !bundle) {
                broken = bundle.error().rule;
            }
            EXPECT_EQ(broken, rule);
            EXPECT_EQ(prover.asked, is_rehearsal ? 0 : asked);
        }
    }
    EXPECT_EQ(network.open().rehearse().error().rule, SealRule::empty);
}

/// A key that is elsewhere, and may not be reached.
class FarSigner final : public crypto::Signer {
  public:
    FarSigner(crypto::SignerPtr signer, bool is_reached)
        : signer_(std::move(signer)), is_reached_(is_reached) {}
    [[nodiscard]] const Address& address() const noexcept override { return signer_->address(); }
    [[nodiscard]] Result<crypto::Signature, std::string> sign(BytesView message) const override {
        ++asked;
        if (!is_reached_) return std::unexpected{"nobody is there"};
        return signer_->sign(message);
    }
    mutable std::atomic<int> asked = 0;

  private:
    crypto::SignerPtr signer_;
    bool is_reached_;
};

TEST(scope_builder, asks_the_submitters_key_once_and_says_where_it_does_not_sign) {
    const TestNetwork network;
    for (const bool is_reached : {true, false}) {
        const auto signer = std::make_shared<FarSigner>(network.options.submitter, is_reached);
        auto options = network.options;
        options.submitter = signer;
        const auto open = [&] {
            auto scope =
                ScopeBuilder::open(*network.l1, *network.follower, network.contracts, options);
            Author author;
            EXPECT_TRUE(
                scope->add_transaction(CHAIN, author.transfer(Address{{1}}, 1)).has_value());
            return std::move(*scope);
        };
        // A rehearsal ends its scope's blocks.
        EXPECT_TRUE(open().rehearse().has_value());
        EXPECT_EQ(signer->asked, 0);
        Yes prover;
        const auto bundle = open().seal(prover);
        EXPECT_EQ(signer->asked, 1);
        ASSERT_EQ(bundle.has_value(), is_reached);
        if (is_reached) {
            EXPECT_EQ(recover_sender(bundle->transaction), signer->address());
        } else {
            EXPECT_EQ(to_string(bundle.error()),
                      "not_signed: the submitter's key did not sign: nobody is there");
            EXPECT_FALSE(may_be_of_a_root(bundle.error().rule));
        }
    }
}

TEST(scope_builder, can_be_moved) {
    const TestNetwork network;
    auto first = network.open();
    Author author;
    ASSERT_TRUE(first.add_transaction(CHAIN, author.transfer(Address{{1}}, 1)).has_value());
    auto second = std::move(first);
    first = network.open();
    Yes prover;
    EXPECT_EQ(first.seal(prover).error().rule, SealRule::empty);
    EXPECT_TRUE(second.seal(prover).has_value());
}

}  // namespace
}  // namespace scope::builder
