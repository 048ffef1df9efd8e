#include <gtest/gtest.h>

#include "calldata_mutants.hpp"
#include "demo/stories.hpp"
#include "demo/world.hpp"
#include "evm/analysis.hpp"
#include "protocol/abi_fields.hpp"
#include "rollup/derivation.hpp"
#include "types/signing.hpp"

/// Whatever calldata the settlement contract accepts, a follower reads the same from it.
namespace scope::derivation {
namespace {

using builder::DataAvailability;

enum class Verifiers : uint8_t {
    real,       ///< the committee's: only what it signed settles
    accepting,  ///< whatever is claimed settles, if the rest of the contract lets it
};

/// Notes what the contract gives its verifiers.
class VerifierHost final : public execution::Host {
  public:
    VerifierHost(state::State& state, const execution::Environment& environment,
                 const Address& verifier)
        : Host(state, environment), verifier_(verifier) {}

    evm::CallResult call(const evm::Message& message) override {
        if (message.recipient == verifier_) verified.push_back(to_bytes(message.input));
        return Host::call(message);
    }
    std::vector<Bytes> verified;

  private:
    Address verifier_;
};

/// A scope of two rollups with legs on L1, ready to settle; runs its transaction with other
/// calldata.
class Stage {
  public:
    Stage(DataAvailability availability, Verifiers verifiers)
        : world_(devnet::Artifacts::locate(), availability, progress_) {
        auto scope = world_.open();
        for (const auto& story : demo::stories()) {
            if (story.name != "swap" && story.name != "courier") continue;
            const auto root = scope.add(story.make(world_));
            if (!root) throw std::runtime_error{root.error().to_string()};
        }
        auto bundle = world_.devnet().node().seal(scope);
        if (!bundle) throw std::runtime_error{to_string(bundle.error())};
        bundle_ = std::move(*bundle);
        if (!world_.devnet().l1().add_blobs(bundle_.blobs)) throw std::runtime_error{"a blob"};

        block_ = std::make_unique<chain::BlockBuilder>(world_.chain(demo::L1), bundle_.l1_parent,
                                                       bundle_.attributes);
        if (verifiers == Verifiers::accepting)
            block_->state().set_code(world_.sites().verifier, evm::make_code(Bytes{0x00}));
    }

    [[nodiscard]] const Bytes& calldata() const { return bundle_.transaction.data; }
    [[nodiscard]] const builder::Bundle& bundle() const { return bundle_; }

    struct Settled {
        Transaction transaction;
        chain::StoredBlock block;
        std::vector<Bytes> verified;
    };
    /// The L1 block with the transaction, if that succeeds.
    std::optional<Settled> settle(Bytes calldata) {
        const auto before = block_->checkpoint();
        Settled out{bundle_.transaction, {}, {}};
        out.transaction.data = std::move(calldata);
        CHECK(sign(out.transaction, *world_.options().submitter));
        VerifierHost host{block_->state(), block_->environment(), world_.sites().verifier};
        const auto outcome = block_->try_transaction(out.transaction, &host);
        if (!outcome) return std::nullopt;
        auto receipt = block_->receipts().back();
        block_->rollback(before);
        if (!outcome->succeeded()) return std::nullopt;
        out.verified = std::move(host.verified);
        auto& header = out.block.block.header;
        out.block.block.transactions = {out.transaction};
        out.block.receipts = {std::move(receipt)};
        header.transactions_root = transactions_root(out.block.block.transactions);
        header.receipts_root = receipts_root(out.block.receipts);
        out.block.hash = hash(header);
        return out;
    }
    Result<std::vector<rollup::DerivedScope>, rollup::DerivationError> derive(
        const Settled& settled) {
        return rollup::derive_scopes(world_.devnet().l1(), settled.block,
                                     world_.network().contracts.settlement);
    }

    /// Expects that the contract gave its verifiers, and put into its event, this scope.
    void expect_read(const Settled& settled, const protocol::SettledScope& scope) {
        const auto event =
            protocol::decode_scope_settled(settled.block.receipts[0].logs.back().data);
        ASSERT_TRUE(event.has_value());
        const auto& hashes = settled.transaction.blob_versioned_hashes;
        const Hash commitment = hashes.empty() ? protocol::data_commitment_of_calldata(scope.data)
                                               : protocol::data_commitment_of_blobs(hashes);
        EXPECT_EQ(event->data_commitment, commitment);
        ASSERT_EQ(scope.batches.size(), event->batches.size());
        std::vector<Hash> inputs_hashes;
        for (size_t i = 0; i < scope.batches.size(); ++i) {
            const auto& batch = scope.batches[i];
            inputs_hashes.push_back(protocol::public_inputs_hash(public_inputs(commitment, batch)));
            EXPECT_EQ(
                event->batches[i],
                (protocol::SettledBatch{batch.chain_id, batch.batch_number, batch.last_block_hash,
                                        batch.data_offset, batch.data_length}));
        }
        // One proof of all, which the contract does not look into.
        ASSERT_EQ(settled.verified.size(), 1u);
        const auto verified = abi::decode_call<Hash, std::vector<Hash>, Bytes>(
            abi::selector("verify(bytes32,bytes32[],bytes)"), settled.verified[0]);
        ASSERT_TRUE(verified.has_value());
        EXPECT_EQ(std::get<0>(*verified), world_.network().rollups[0].program_id);
        EXPECT_EQ(std::get<1>(*verified), inputs_hashes);
    }

  private:
    [[nodiscard]] protocol::PublicInputs public_inputs(const Hash& commitment,
                                                       const protocol::BatchClaim& batch) const {
        const auto& [l1_chain_id, settlement] = world_.network().contracts.settlement;
        return {uint256{l1_chain_id},
                settlement,
                batch.chain_id,
                world_.network().rollups[0].program_id,
                batch.batch_number,
                batch.first_block,
                batch.parent_block_hash,
                batch.last_block_hash,
                batch.builder,
                batch.l1_origin_number,
                batch.l1_origin_hash,
                {commitment, batch.data_offset, batch.data_length},
                batch.remotes,
                Hash{},
                batch.forced_queue_position};
    }

    demo::Progress progress_;
    demo::World world_;
    builder::Bundle bundle_;
    std::unique_ptr<chain::BlockBuilder> block_;
};

protocol::SettledScope scope_in(const Transaction& tx) {
    auto scope = protocol::decode_settled_scope(tx.data, tx.gas_limit);
    return scope ? std::move(*scope) : protocol::SettledScope{};
}

class settled_calldata : public testing::TestWithParam<DataAvailability> {};

TEST_P(settled_calldata, of_any_shape_is_derived_as_the_contract_read_it) {
    // Each derivation commits to its blobs anew, which takes long.
    const int mutants = GetParam() == DataAvailability::blobs ? 50 : 1000;
    Stage stage{GetParam(), Verifiers::real};
    Mutator mutator{1};
    int accepted = 0;
    for (int i = 0; i < mutants; ++i) {
        SCOPED_TRACE(i);
        const auto settled =
            stage.settle(i == 0 ? stage.calldata() : mutator.reshape(stage.calldata()));
        // An empty tail may stand on zeros of an offset that changes later.
        if (!settled && i > 0) continue;
        ASSERT_TRUE(settled.has_value());
        ++accepted;
        ASSERT_NO_FATAL_FAILURE(stage.expect_read(*settled, scope_in(settled->transaction)));
        const auto scopes = stage.derive(*settled);
        ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
        const auto& derived = scopes->at(0).batches;
        ASSERT_EQ(derived.size(), 2u);
        for (size_t k = 0; k < 2; ++k) {
            ASSERT_TRUE(derived[k].has_value()) << to_string(derived[k].error());
            EXPECT_EQ(derived[k]->batch, stage.bundle().parts[k].batch);
        }
    }
    EXPECT_GT(accepted, mutants * 9 / 10);
}

TEST_P(settled_calldata, with_any_damage_is_derived_if_the_committee_signed_it) {
    constexpr int MUTANTS = 2000;
    Stage stage{GetParam(), Verifiers::real};
    Mutator mutator{2};
    int accepted = 0;
    for (int i = 0; i < MUTANTS; ++i) {
        SCOPED_TRACE(i);
        auto calldata = stage.calldata();
        if (i % 2 == 1) calldata = mutator.reshape(std::move(calldata));
        const auto settled = stage.settle(mutator.damage(std::move(calldata)));
        if (!settled) continue;
        ++accepted;
        const auto scopes = stage.derive(*settled);
        ASSERT_TRUE(scopes.has_value()) << to_string(scopes.error());
        const auto& derived = scopes->at(0).batches;
        ASSERT_EQ(derived.size(), 2u);
        for (size_t k = 0; k < 2; ++k) {
            ASSERT_TRUE(derived[k].has_value()) << to_string(derived[k].error());
            EXPECT_EQ(derived[k]->batch, stage.bundle().parts[k].batch);
        }
    }
    EXPECT_GT(accepted, MUTANTS / 100);
    EXPECT_LT(accepted, MUTANTS / 2);
}

TEST_P(settled_calldata, with_any_damage_is_read_as_the_contract_read_it) {
    constexpr int MUTANTS = 2000;
    Stage stage{GetParam(), Verifiers::accepting};
    Mutator mutator{3};
    int changed = 0;
    for (int i = 0; i < MUTANTS; ++i) {
        SCOPED_TRACE(i);
        auto calldata = stage.calldata();
        if (i % 2 == 1) calldata = mutator.reshape(std::move(calldata));
        const auto settled = stage.settle(mutator.damage(std::move(calldata)));
        if (!settled) continue;
        const auto scope = scope_in(settled->transaction);
        ASSERT_NO_FATAL_FAILURE(stage.expect_read(*settled, scope));
        const auto& honest = stage.bundle().scope;
        changed += scope.batches != honest.batches || scope.data != honest.data;
    }
    EXPECT_GT(changed, MUTANTS / 100);
}

INSTANTIATE_TEST_SUITE_P(batches_in, settled_calldata,
                         testing::Values(DataAvailability::calldata, DataAvailability::blobs),
                         [](const auto& info) {
                             return std::string{info.param == DataAvailability::blobs ? "blobs"
                                                                                      : "calldata"};
                         });

}  // namespace
}  // namespace scope::derivation
