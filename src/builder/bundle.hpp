#pragma once

#include <chrono>
#include <set>

#include "builder/call_tree.hpp"
#include "builder/next_l1_block.hpp"
#include "builder/price.hpp"
#include "crypto/signer.hpp"
#include "prover/prover.hpp"

namespace scope::builder {

enum class DataAvailability : uint8_t { calldata, blobs };

/// The contracts on L1 that a scope goes through, and those beside them (docs/protocol.md, section
/// 12).
struct L1Contracts {
    protocol::SettlementId settlement;
    Address l1_callable;           ///< ScopedCallable on L1
    Address account_factory = {};  ///< deploys accounts with an owner
    Address forced_queue = {};     ///< deposits and forced transactions of all rollups
    Address registry = {};         ///< who owns a rollup, what its owner announced, its closing
    Address exits = {};            ///< pays those who leave a closed rollup
};

/// The most rollups of which a scope has a batch though no root touches them: closing each takes gas
/// on L1 that roots then lack.
inline constexpr size_t MAX_WITHOUT_ROOTS = 24;

/// What a transaction pays at most, in wei.
struct Fees {
    uint256 max_priority_fee_per_gas;
    uint256 max_fee_per_gas;
    uint256 max_fee_per_blob_gas;  ///< 0: it has no blobs

    friend bool operator==(const Fees&, const Fees&) = default;
};

struct BuilderOptions {
    /// Signs the L1 transaction; an account without code. Never null.
    crypto::SignerPtr submitter;
    DataAvailability data_availability = DataAvailability::blobs;
    uint256 max_priority_fee_per_gas = 1'000'000'000u;  ///< wei
    /// Batches name the submitter as the one who has to settle them; else anyone may.
    bool name_builder = false;
    PriceRule price = {};                      ///< what a root has to pay
    uint64_t max_l1_gas_per_root = 4'000'000;  ///< of its leg; and its data, if in calldata
    /// Has a scope have a batch, an empty one if need be, of each rollup whose closing was started:
    /// which undoes it.
    bool answers_closings = true;
    /// Of rollups that no root touches: so many that wait for a batch have one, from this place on in
    /// the order of their urgency.
    size_t max_without_roots = MAX_WITHOUT_ROOTS;
    size_t first_without_roots = 0;
    std::set<ChainId> held_back = {};  ///< take no part: scopes with them didn't settle
    /// The most that the L1 transaction offers; for a block that asks for more none is made.
    uint256 max_fee_per_gas = ~uint256{};       ///< wei
    uint256 max_fee_per_blob_gas = ~uint256{};  ///< wei
    /// The least that it offers: it takes the place of another one of its nonce.
    Fees least_fees = {};
    /// Has a scope that runs anything on L1 settle in the block behind the one that it was built on, or
    /// not at all: a later one may have another state, which would be found out only as it runs.
    bool pins_l1_parent = false;
    /// A transaction that was sent and still holds is sent with higher fees after so many L1 blocks.
    uint64_t patience_blocks = 3;
};

/// Returns the priority fee per gas that the L1 transaction pays, in wei.
uint256 priority_fee_of(const BuilderOptions& options);

/// One rollup's part of a bundle, before and after it is proved.
struct RollupPart {
    ChainId chain_id;
    Address verifier;  ///< in the registry on L1
    rollup::Batch batch;
    Bytes batch_bytes;  ///< its slice of the scope's data
    rollup::BatchExecution execution;
    protocol::PublicInputs public_inputs;
};

/// Everything that settles a scope: one L1 transaction, its blobs, and the rollups' blocks.
struct Bundle {
    protocol::Scope scope;
    Transaction transaction;
    std::vector<chain::StoredBlobPtr> blobs;     ///< empty: the data are in calldata
    std::vector<RollupPart> parts;               ///< ascending chain id
    std::vector<prover::Disagreement> dissents;  ///< of members that did not sign
    std::vector<RootResult> roots;
    chain::BlockAttributes attributes;  ///< of the L1 block that it was built for
    Hash l1_parent;
};

/// The time that each step took.
struct StepTimes {
    using Duration = std::chrono::duration<double, std::milli>;
    Duration simulate{};
    Duration execute{};
    Duration assemble{};  ///< L2 blocks, batches
    Duration blobs{};     ///< KZG
    Duration prove{};
    Duration bundle{};  ///< the L1 transaction and its dry runs
};

/// The reason why a scope gave no bundle, in the order of sealing: batches, rehearsal, proofs, and
/// the bundle with them.
enum class SealRule : uint8_t {
    empty,  ///< no rollup has a block to settle
    batch_too_large,
    too_many_blobs,  ///< more than one L1 transaction may have (EIP-7594)
    batch_refused,   ///< the block, or the batch as others read it, breaks a rule

    submitter_refused,  ///< rehearsal: who signs the L1 transaction can't send it now
    bundle_refused,     ///< rehearsal: the L1 transaction can't stand in a block
    not_settled,        ///< rehearsal: executeScope reverted (reason: its error)

    not_proved,
    proof_refused,  ///< with the proofs executeScope reverted, which passed its rehearsal
    not_signed,     ///< the submitter's key did not sign (reason: why)
};
std::string_view to_string(SealRule rule) noexcept;
/// Returns whether a root can have broken the rule, so that the scope may seal without that root;
/// otherwise the fault is of the submitter, of the prover, or of nobody.
bool may_be_of_a_root(SealRule rule) noexcept;
struct SealError {
    SealRule rule{};
    std::string reason;
    /// Rollups without which the others may settle, in lists of which one at least is to blame: of a
    /// proof that failed; all, of proof_refused; of a batch that is refused, unless a root is to blame.
    std::vector<std::vector<ChainId>> suspects = {};
};
std::string to_string(const SealError& error);

/// Makes executeScope(@p scope) the submitter's next L1 transaction, without a signature: type 3
/// with @p blobs, type 2 without.
Transaction make_bundle_transaction(const L1Snapshot& l1, const L1Contracts& contracts,
                                    const BuilderOptions& options, const protocol::Scope& scope,
                                    const std::vector<chain::StoredBlobPtr>& blobs);

}  // namespace scope::builder
