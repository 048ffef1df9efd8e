#pragma once

#include <memory>

#include "builder/bundle.hpp"
#include "builder/root_call.hpp"
#include "builder/unsettled.hpp"
#include "rollup/follower.hpp"

namespace scope::builder {

/// The builder of one scope: takes roots in order, then makes the bundle.
///
///     auto scope = ScopeBuilder::open(l1, follower, contracts, options);
///     auto root = scope->add(L2Root{901, tx});
///     auto bundle = scope->seal(prover);
///
/// Where a chain's state can't be read, what reads it throws state::Unavailable. Then the scope is as
/// it was before, and it may be tried again; but not of seal, rehearse and end_block, which are done
/// once.
///
/// It moves no head: somebody sends the bundle, and the follower finds it on L1. One slot per
/// builder: L1's next block, and one block on each rollup that a root touches.
class ScopeBuilder {
  public:
    /// Opens a scope for L1's next block, on the heads of L1 and of the rollups; later it reads
    /// nothing from the view but the state it gave. A rollup that has stopped, or whose head L1
    /// does not have, or whose clock is too far ahead of L1's, takes no part.
    ///
    /// @param l1, follower  Must outlive it. Heads may move; then the scope does not settle.
    /// @param unsettled     Blocks of rollups on their followed heads: their batches begin with
    ///                      these, and they settle whether anything is added or not. A rollup whose
    ///                      blocks did not open the scope for all others is left out.
    static Result<ScopeBuilder, l1::L1Error> open(const l1::L1View& l1,
                                                  const rollup::Follower& follower,
                                                  const L1Contracts& contracts,
                                                  const BuilderOptions& options,
                                                  const UnsettledBlocks& unsettled = {});
    /// Opens the next block of one rollup, which will be unsettled: for ordinary transactions alone.
    /// All that open says of rollups is said of this one; the others take no part but for the room
    /// that their unsettled blocks take in the scope that settles them.
    static Result<ScopeBuilder, l1::L1Error> open_block(
        const l1::L1View& l1, const rollup::Follower& follower, const L1Contracts& contracts,
        const BuilderOptions& options, const UnsettledBlocks& unsettled, ChainId chain_id);
    ~ScopeBuilder();
    ScopeBuilder(ScopeBuilder&&) noexcept;
    ScopeBuilder& operator=(ScopeBuilder&&) noexcept;

    /// Adds a root: simulates it, executes its plan on every chain that it touches, and keeps it
    /// only if execution reached what simulation did and the streams of every pair match.
    ///
    /// Returns what happened under it, or why it was refused: then it leaves no trace.
    Result<RootResult, Refusal> add(const Root& root);

    /// Does what add does, and keeps nothing: returns what would happen under the root, or why it
    /// would be refused.
    Result<RootResult, Refusal> simulate(const Root& root);
    /// Simulates a call as a root, and on a rollup executes its plan; keeps nothing. What would be
    /// refused of a root, but for what it pays, is refused here.
    Result<RootCallResult, Refusal> simulate_call(const RootCall& call);

    /// Adds an ordinary transaction of a rollup, in no root: its scoped calls revert (NoOpenRoot).
    /// One that is a root can't stand so, and it pays for what it costs the builder as a root does.
    /// @param known_sender  As execution::sender_of gives it; nullopt: it is recovered.
    Result<execution::Outcome, Refusal> add_transaction(ChainId chain_id, const Transaction& tx,
                                                        std::optional<Address> known_sender = {});

    /// Returns whether a transaction is no root by its rollup's rule as the block stands, so that
    /// it goes to add_transaction and not to add; false if the rollup takes no part.
    [[nodiscard]] bool is_ordinary(ChainId chain_id, const Transaction& tx);

    /// Returns why a chain is no rollup of this scope, human-readable; nullopt if it is one.
    [[nodiscard]] std::optional<std::string> why_absent(ChainId chain_id);

    /// Returns whether the scope has something to settle though nothing is added to it, that does not
    /// wait for a root: entries of a forced queue, or a closing to undo.
    [[nodiscard]] bool must_settle() const noexcept;
    /// Returns whether the next block of a rollup takes entries of its forced queue.
    [[nodiscard]] bool takes_entries(ChainId chain_id);

    /// Returns the number of the L1 origin of a rollup's next block: the head, unless what L1 says up to
    /// there takes more blocks than one (next_origin). REQUIRES: why_absent says nothing.
    [[nodiscard]] uint64_t l1_origin_number(ChainId chain_id);

    /// Returns the L1 block on which the scope is built.
    [[nodiscard]] const l1::L1Head& l1_parent() const noexcept;
    [[nodiscard]] const std::vector<RootResult>& roots() const noexcept;
    [[nodiscard]] const StepTimes& times() const noexcept;

    /// Makes the bundle: ends the rollups' blocks as add left them, rehearses the one L1
    /// transaction, has the batches proved, signs the transaction with the proofs, and runs it dry.
    /// Once only.
    /// REQUIRES: the prover follows the same L1.
    Result<Bundle, SealError> seal(prover::Prover& prover);
    /// Goes as far as seal does without a prover, and returns what seal would refuse by then. Once
    /// only, and in place of seal.
    Result<void, SealError> rehearse();

    /// Ends the block that open_block opened, which may have no transactions of users. Once only, and
    /// in place of seal. REQUIRES: why_absent says nothing.
    Result<UnsettledBlockPtr, SealError> end_block();

  private:
    struct Scope;
    explicit ScopeBuilder(std::unique_ptr<Scope> scope);
    std::unique_ptr<Scope> scope_;
};

}  // namespace scope::builder
