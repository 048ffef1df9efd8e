#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <variant>

#include "builder/scope_builder.hpp"
#include "l1/l1_sender.hpp"
#include "node/back_off.hpp"
#include "node/latest_chain.hpp"
#include "node/sent_scope.hpp"
#include "node/suspects.hpp"
#include "node/unsettled_rows.hpp"
#include "prover/attester.hpp"

namespace scope::node {

/// The parameters that all nodes of a network agree on.
struct Network {
    builder::L1Contracts contracts;
    std::vector<rollup::RollupConfig> rollups;  ///< not empty
    uint64_t first_l1_block = 0;  ///< none before it has an event of the settlement contract
};

/// The parts of a node. With a source alone it is a follower; each other part adds a role.
struct Components {
    std::shared_ptr<const l1::L1Source> source;
    /// The node's database, from which it goes on when it starts again; null: one that ends with it.
    std::shared_ptr<store::NodeDatabase> database = {};
    crypto::SignerPtr attester = {};  ///< key of a node that attests; null: it doesn't

    /// The parts of a node that builds scopes and settles them: all of these, or none.
    struct Builder {
        std::shared_ptr<const l1::L1View> view;
        std::shared_ptr<l1::L1Sender> sender;
        std::shared_ptr<prover::Prover> prover;
        builder::BuilderOptions options;
    };
    std::optional<Builder> builder;
};

/// The reason why a bundle did not settle, or is not known to have. The heads are those of L1 in
/// any case.
enum class SettleRule : uint8_t {
    not_sealed,   // no bundle could be made (SealError)
    stale,        // L1 has another head than was followed, or than the bundle was built on
    unreachable,  // L1 does not answer, or a state can't be read; nothing is known of what was sent
    not_sent,     // nobody took it, or it can't stand in a block (SendError)
    not_included,  // sent, and in no block as far as was followed
    reverted,      // in a block, and executeScope reverted
    not_followed,  // the node can't follow L1 to its head (FollowError)
    other_head,    // settled, but a rollup has other blocks than the bundle's
    left_out,      // of a block: its rollup can't go on from its head
    in_flight,     // of a block: a scope with its rollup is on its way to L1
};
/// Returns the enumerator's name.
std::string_view to_string(SettleRule rule) noexcept;

struct SettleError {
    SettleRule rule{};
    std::string reason;
};
std::string to_string(const SettleError& error);

/// The reason why a node does not take a root.
enum class SubmitError : uint8_t {
    queue_full,  // as many wait as may
    known_bad,   // it was dropped, since a scope with it doesn't seal
};
/// Returns the enumerator's name.
std::string_view to_string(SubmitError error) noexcept;

/// Returns whether a root that was refused so may do in a scope of its own.
bool needs_another_scope(builder::RefusalRule rule) noexcept;

/// The L1 block in which a bundle settled, and its transaction's receipt.
struct Settled {
    chain::StoredBlockPtr l1_block;
    Receipt receipt;
    uint64_t gas_used = 0;
};

/// A scope that was sent, and of which nothing is known yet: it is pending, or L1 doesn't answer.
struct InFlight {
    Hash transaction;    ///< of L1; the last of those that were sent
    uint64_t since = 0;  ///< number of L1's head as the first was sent
    size_t sent = 0;     ///< how many were
    size_t roots = 0;    ///< that wait for it
};

/// A block of ordinary transactions that a node built over a rollup's latest one.
struct BuiltBlock {
    chain::StoredBlockPtr block;  ///< null: none was built, for none of them could stand in it
    /// One for each transaction that was given. What finds no room (RefusalRule::scope_full) does
    /// after the next settlement.
    std::vector<Result<execution::Outcome, builder::Refusal>> outcomes;
};
enum class EmptyBlock : uint8_t { no, yes };

/// Unsettled blocks that are no more: another branch was followed, or they could not settle.
struct DroppedBlocks {
    ChainId chain_id;
    std::string reason;
    std::vector<chain::StoredBlockPtr> blocks;  ///< parents before children
};

/// A node: one follower, which owns the heads of L1 and of all rollups, and the parts that work on
/// them. The builder reads the heads and gives a bundle; the sender brings it to L1; only what is
/// derived from there moves the heads.
///
/// For one thread at a time.
class Node {
  public:
    Node(Network network, Components components);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] const Network& network() const noexcept { return network_; }
    [[nodiscard]] const rollup::Follower& follower() const noexcept { return follower_; }

    /// Follows L1 to its head.
    Result<rollup::Followed, rollup::FollowError> follow();
    /// Takes the users' transactions that L1's reorganisations undid (rollup/follower.hpp), and
    /// those of unsettled blocks that were dropped: each once, in their order, if it does not stand on
    /// the latest chain.
    std::vector<Transaction> take_undone(ChainId chain_id);

    /// Returns the chain up to the last block that this node has, settled or not. Borrowed until the
    /// node does anything. REQUIRES: a rollup of the network.
    [[nodiscard]] const chain::Chain& latest(ChainId chain_id) const;

    // ---- builder. REQUIRES: the part

    /// Follows L1 and opens a scope on its head, for the block that comes next.
    Result<builder::ScopeBuilder, SettleError> open_scope();
    /// Opens a scope with other options than the node's.
    Result<builder::ScopeBuilder, SettleError> open_scope(const builder::BuilderOptions& options);
    /// Has what scopes read of L1 read ahead, where that pays (L1View::rehearse): @p simulate gets
    /// scopes on states that are guessed.
    void rehearse(const l1::Foreseen& foreseen,
                  const std::function<void(builder::ScopeBuilder&)>& simulate) const;
    /// Limits what is read of L1's state while the result lives (L1View::limit_reads).
    [[nodiscard]] l1::ReadLimit limit_reads() const;
    /// Has the scope proved and makes the bundle.
    Result<builder::Bundle, builder::SealError> seal(builder::ScopeBuilder& scope);
    /// Sends the bundle, follows L1 to its head, and says what came of it there. What is in no
    /// block by then may still settle: follow finds it.
    Result<Settled, SettleError> settle(const builder::Bundle& bundle);

    // ---- blocks of a builder that no batch has settled: the next scope does. Its roots see them

    /// Most drops that take_dropped tells of; then the oldest is forgotten.
    static constexpr size_t MAX_DROPS = 64;
    /// Follows L1 and builds a block over a rollup's latest one, from those of @p transactions that
    /// can stand in it, in their order. The first over the followed head takes what the forced queue
    /// holds, before them. Where L1 said more of chains since the latest block than one block takes,
    /// blocks without users' transactions come before.
    /// @param empty    Whether it is built if none of them can and it takes no entry.
    /// @param senders  Theirs, as execution::sender_of gives them; empty: they are recovered.
    Result<BuiltBlock, SettleError> build_block(ChainId chain_id,
                                                std::span<const Transaction> transactions,
                                                EmptyBlock empty = EmptyBlock::no,
                                                std::span<const Address> senders = {});
    /// Returns the blocks of all rollups that wait for a batch.
    [[nodiscard]] builder::UnsettledBlocks unsettled() const;
    /// Puts unsettled blocks in the place of those that there are, as unsettled gave them. Those that
    /// are not on the followed head are left out. Nothing is dropped or undone by that.
    void set_unsettled(const builder::UnsettledBlocks& blocks);
    /// Drops a rollup's unsettled blocks but the first ones; their transactions are undone.
    void drop_unsettled(ChainId chain_id, size_t kept, const std::string& reason);
    /// Returns whether the unsettled blocks have to settle before others: since they take so much of
    /// what a scope may have that the next ones may find no room, or since entries of a forced queue
    /// wait behind them, which only a batch's first block takes.
    [[nodiscard]] bool must_settle() const;
    /// Returns whether a rollup's forced queue, as far as L1 was followed, holds entries that neither
    /// its latest chain nor a batch has taken.
    [[nodiscard]] bool has_entries(ChainId chain_id) const;
    /// Returns whether the next block that is built of it takes some: the first of a batch does.
    [[nodiscard]] bool takes_entries_next(ChainId chain_id) const;
    /// Takes what was dropped since it was last asked.
    std::vector<DroppedBlocks> take_dropped();

    // ---- loop of a builder: roots are submitted, and each turn settles those that wait

    /// Most roots that may wait for a turn.
    static constexpr size_t MAX_WAITING = 4096;
    /// Most roots that are refused in one turn, for each may have cost a simulation.
    static constexpr size_t MAX_REFUSED = 256;
    /// Most roots that are dropped in one turn.
    static constexpr size_t MAX_DROPPED = 8;
    /// Most often that the fees of a transaction are raised in one turn, as its pool wants it.
    static constexpr size_t MAX_RAISES = 8;
    /// Most dropped roots that are remembered; then the oldest is forgotten.
    static constexpr size_t MAX_KNOWN_BAD = 4096;
    /// Has a root wait for the next turn. An L2Root whose transaction is none by its rollup's rule
    /// will stand as an ordinary transaction.
    [[nodiscard]] Result<void, SubmitError> submit(builder::Root root);
    [[nodiscard]] size_t waiting() const noexcept { return waiting_.size(); }
    /// Takes back the roots that wait, in their order; not those of a scope in flight.
    std::vector<builder::Root> take_waiting();
    /// Returns the scope that was sent and is in no block yet; nullopt: there is none. The next turn
    /// goes on with it, and builds no other before its end.
    [[nodiscard]] std::optional<InFlight> in_flight() const;
    /// Returns its bundle, with the transaction that was sent first; null: there is none. Borrowed until
    /// the node does anything.
    [[nodiscard]] const builder::Bundle* bundle_in_flight() const;
    /// Returns whether a scope in flight has a batch of a rollup.
    [[nodiscard]] bool is_in_flight(ChainId chain_id) const;

    /// One turn of the loop, and what it came to.
    struct Turn {
        rollup::Followed followed;
        std::vector<std::pair<builder::Root, builder::Refusal>> refused;  ///< they wait no more
        /// Those that kept the scope from sealing, and would keep any: they wait no more, and their
        /// senders' other roots wait longer (BackOff).
        std::vector<std::pair<builder::Root, builder::SealError>> dropped;
        /// Nullopt: no root waited, or none was taken; and unsettled blocks were not asked for.
        std::optional<Settled> settled;
        std::optional<builder::Bundle> bundle;      ///< what settled, with its roots and batches
        std::optional<SettleError> failed;          ///< the reason why what was taken waits on
        std::optional<InFlight> in_flight;          ///< what was sent, and is in no block yet
        std::vector<builder::SealError> suspected;  ///< by whose suspects rollups were left out
    };
    /// Follows L1, builds a scope of the roots that wait, in their order, and settles it. What the
    /// scope has no room for waits on, and so does all of it if the scope doesn't settle. Entries of
    /// forced queues settle with it, and by themselves where no root waits; so does an empty batch
    /// of a rollup whose closing was started; and unsettled blocks, where L1 has said more of chains
    /// since a rollup's latest block than its next one takes.
    ///
    /// A scope that was sent and is in no block at the end of the turn is in flight: the next turns
    /// only look after it, until it is in a block, or another one takes its place (SentScope).
    ///
    /// If a proof fails, the scope is built once more without the rollups that it was for, or without
    /// half of them, until one is found or the others settle. A rollup that is found so waits for whole
    /// turns, each time for twice as many (BackOff), and till then a root that needs it is refused; in
    /// the turn in which it was found the root waits.
    ///
    /// If it doesn't seal and a root may be why, the root is found by bisection: the first with
    /// which a scope of those before it seals no more. One that doesn't seal alone either is
    /// dropped, and the scope is built of the others; else the scope ends before that root, which
    /// is then the first of the next.
    Turn step();
    /// Takes a turn that settles unsettled blocks also where no root waits, or none is taken.
    Turn settle_unsettled();
    /// Takes turns as long as @p next says so, which gets what the last one came to; it also says
    /// when, for no clock is read here.
    void run(const std::function<bool(const Turn&)>& next);

    // ---- attester. REQUIRES: the part

    [[nodiscard]] const Address& attester() const { return attester_->address(); }
    /// Follows L1, executes and signs (prover/attester.hpp).
    /// @param requester  Whose time it takes; nullopt: this process's.
    Result<prover::Attestation, prover::Disagreement> attest(
        BytesView proof_input, const std::optional<Address>& requester = {});
    /// Signs what its configuration says of a rollup's genesis (prover/attester.hpp).
    [[nodiscard]] Result<prover::Attestation, prover::Disagreement> attest_genesis(
        const protocol::GenesisClaim& claim) const {
        return attester_->attest_genesis(claim);
    }

  private:
    /// Builds the unsettled blocks again that the database has; those that don't come out the same are
    /// dropped, and their transactions undone.
    void load_unsettled();
    void load_unsettled(ChainId chain_id, LatestChain& latest);
    /// Commits what was done, if there is a database that outlives the process.
    void commit();
    /// Follows L1, and has the unsettled blocks go on from there.
    Result<rollup::Followed, rollup::FollowError> advance();
    void reconcile();
    /// Notes blocks that were dropped, and their transactions.
    void note_dropped(ChainId chain_id, std::vector<builder::UnsettledBlockPtr> blocks,
                      const std::string& reason);
    /// Returns whether L1 has said more of chains since a rollup's latest block than its next one takes.
    [[nodiscard]] bool is_behind(ChainId chain_id) const;
    /// Builds unsettled blocks of a rollup that is behind, with earlier L1 origins than the head: as many
    /// as it takes, or its batch has gas for.
    /// @return  How many it built.
    size_t catch_up(ChainId chain_id);
    /// Builds one of them; returns false if none can be built.
    bool catch_up_by_a_block(ChainId chain_id);
    /// Has all rollups catch up but some; returns whether any had to, and has blocks to settle.
    bool catch_up_all(const std::set<ChainId>& besides);
    /// Opens a scope on the head that was followed last, over all unsettled blocks that can settle
    /// in it; the others are dropped. Rollups that are behind catch up before.
    Result<builder::ScopeBuilder, SettleError> open_on_followed(
        const builder::BuilderOptions& options);
    Result<builder::ScopeBuilder, SettleError> open_block_on_followed(ChainId chain_id);
    /// Refuses a scope that is not on the L1 block that was followed last.
    [[nodiscard]] Result<void, SettleError> require_followed(
        const builder::ScopeBuilder& scope) const;
    /// Ends the block that a scope of one rollup opened.
    static Result<builder::UnsettledBlockPtr, SettleError> end_block(builder::ScopeBuilder& scope);
    [[nodiscard]] bool has_unsettled(const std::set<ChainId>& besides = {}) const;
    /// Returns whether entries wait behind a rollup's unsettled blocks.
    [[nodiscard]] bool has_entries_behind_unsettled() const;
    /// Returns whether anything but roots and unsettled blocks may have to settle: entries, or a
    /// rollup so long without a batch that it may be closing.
    [[nodiscard]] bool may_have_to_settle() const;

    /// Whether a turn settles without a root.
    enum class Wanted : uint8_t { roots, blocks };
    Turn take_turn(Wanted wanted);

    using Waiting = WaitingRoot;
    [[nodiscard]] Hash identity_of(const builder::Root& root) const;
    [[nodiscard]] std::optional<Address> sender_of(const builder::Root& root) const;

    /// Returns nullopt if there was nothing to settle.
    Result<std::optional<Settled>, SettleError> settle_waiting(Turn& turn, Wanted wanted);
    // --- settle_turn.cpp

    /// Sends a scope's bundle, follows L1, and says what came of it; nullopt: it is in flight.
    /// @param taken  The scope's roots, which wait on if it doesn't settle.
    Result<std::optional<Settled>, SettleError> settle_bundle(builder::Bundle bundle,
                                                              std::vector<Waiting> taken,
                                                              Wanted wanted, Turn& turn);
    /// Refuses a bundle that was built on another head than L1's.
    [[nodiscard]] Result<void, SettleError> require_on_head(const builder::Bundle& bundle) const;
    /// Returns the bundle's receipt in a block, or why it has not settled there.
    [[nodiscard]] Result<Settled, SettleError> settled_at(
        const builder::Bundle& bundle, const chain::TransactionPlace& place) const;
    /// Goes on with what was sent before; returns whether the turn may build a scope.
    /// @param wanted  Gets what the scope was for whose place another one takes.
    bool go_on_with_sent(Turn& turn, Wanted& wanted);
    /// Returns the end of what was sent; nullopt: it is in no block that was followed.
    Result<std::optional<Settled>, SettleError> look_at_sent(Turn& turn);
    Result<Settled, SettleError> end_sent(const SentScope::Version& version,
                                          const chain::TransactionPlace& place, Turn& turn);
    enum class Flight : uint8_t { waits, was_sent, must_be_rebuilt };
    /// Has a scope in flight go on to L1's head: sends it again, or with higher fees, where that is
    /// needed.
    Result<Flight, SettleError> go_on_to_head();
    /// Sends the last version, with higher fees where the pool wants them.
    Result<void, SettleError> send_last();
    /// Adds a version with higher fees on L1's head.
    Result<void, SettleError> raise_fees(const builder::L1Snapshot& snapshot);
    /// Returns the snapshot on the head that was followed last.
    Result<builder::L1Snapshot, SettleError> read_followed_snapshot() const;
    /// Has the roots of a scope in flight wait for another one.
    void land();
    /// Ends what was sent, of which nothing can come any more.
    void forget_sent();
    [[nodiscard]] l1::L1BlockId followed_head() const;
    /// Returns the fees that a scope needs to take the place of what was sent; all 0: it need not.
    [[nodiscard]] builder::Fees least_fees() const;

    // --- scopes that don't seal

    /// A scope that doesn't seal.
    struct Unsealed {
        builder::SealError error;
        std::vector<Waiting> taken;  ///< its roots
        bool settles_without_roots = false;
    };
    /// Seals a scope; an error is of L1, not of the scope.
    Result<Result<builder::Bundle, builder::SealError>, SettleError> seal_reading(
        builder::ScopeBuilder& scope);
    /// Learns what came of a scope on L1, and has who is found to blame wait (BackOff).
    /// @param taken  Its roots.
    void learn(const builder::Bundle& bundle, std::span<const Waiting> taken, bool has_reverted);
    /// Decides on what the turn's next scope lacks that this one has: rollups, a root, those behind a
    /// root; or that there is none.
    /// @param max_roots  The most roots that a scope of the turn takes; fewer, if it says so.
    Result<void, SettleError> mend(Unsealed scope, size_t& max_roots, Turn& turn);
    /// Returns why it would not seal without its roots either; nullopt if one of them is to blame.
    Result<std::optional<builder::SealError>, SettleError> fault_of_no_root(const Unsealed& scope);
    /// Leaves rollups out of this turn's scopes for which a proof failed, and of later ones a rollup
    /// that a proof was for alone. Returns whether any was.
    bool leave_out(const builder::SealError& error);
    /// What a scope takes of the roots that wait.
    struct Taken {
        std::vector<Waiting> roots;
        bool is_full = false;  ///< the next one needs another scope
    };
    /// Returns the options of the scopes of this turn.
    [[nodiscard]] builder::BuilderOptions options_of_turn() const;
    /// Returns the rollups that take no part in scopes now.
    [[nodiscard]] std::set<ChainId> held_back() const;
    /// Returns whether an account's roots wait for a later turn.
    [[nodiscard]] bool holds_back(const Address& sender) const;
    /// Lets scopes have more batches without roots again, or fewer; then it's the next ones' turn.
    void allow_without_roots();
    void allow_fewer_without_roots();
    /// Moves roots that wait into the scope, at most so many, in their order. An error leaves them
    /// waiting.
    Result<Taken, SettleError> take(builder::ScopeBuilder& scope, size_t max_roots, Turn& turn);
    /// Has them wait on, before all others.
    void put_back(std::vector<Waiting> taken);

    /// A root with which a scope of those before it does not seal, while they do.
    struct Culprit {
        size_t place = 0;
        std::optional<builder::SealError> alone;  ///< why it doesn't seal alone; nullopt: it does
    };
    /// Rehearses scopes of fewer roots, about log2 of their number.
    /// @param error  The reason why all of @p roots don't seal.
    Result<Culprit, SettleError> find_culprit(std::span<const Waiting> roots,
                                              builder::SealError error);
    /// Returns why a scope of these, over all unsettled blocks, does not seal, if a root may be why.
    Result<std::optional<builder::SealError>, SettleError> why_not_sealed(
        std::span<const Waiting> roots);
    void drop(Waiting root, builder::SealError error, Turn& turn);

    Network network_;
    Components components_;
    std::shared_ptr<store::NodeDatabase> database_;
    rollup::Follower follower_;
    UnsettledRows unsettled_rows_;
    std::optional<prover::Attester> attester_;
    std::map<ChainId, LatestChain> latest_;
    std::map<ChainId, std::vector<Transaction>> undone_;  // of blocks that were dropped
    std::deque<DroppedBlocks> dropped_;
    std::deque<Waiting> waiting_;
    std::optional<SentScope> sent_;
    uint64_t turn_ = 0;  // how many were taken
    /// Of rollups that no root touches, in a scope: half as many after one for which no root is to
    /// blame, since one of them may not be provable, and more again after each turn that went well.
    size_t max_without_roots_ = builder::MAX_WITHOUT_ROOTS;
    size_t first_without_roots_ = 0;
    BoundedMap<Hash, std::monostate> known_bad_{MAX_KNOWN_BAD};
    BackOff<Address> senders_back_off_{1};
    BackOff<ChainId> rollups_back_off_{0};
    /// Rollups, whose verifiers L1 calls, and senders of operations, whose signed outcome it compares:
    /// with them a scope can revert on L1 though it was proved.
    using Suspect = std::variant<ChainId, Address>;
    Suspects<Suspect> suspects_;
    std::set<ChainId> left_out_;  // of this turn's scopes, until it's found whose proof failed
};

/// A node of this process as a member of a committee.
class LocalMember final : public prover::AttesterClient {
  public:
    /// REQUIRES: one with the attester's part.
    explicit LocalMember(std::unique_ptr<Node> node) : node_(std::move(node)) {}

    [[nodiscard]] const Address& address() const noexcept override { return node_->attester(); }
    Result<prover::Attestation, prover::Disagreement> attest(BytesView proof_input) override {
        return node_->attest(proof_input);
    }

  private:
    std::unique_ptr<Node> node_;
};

}  // namespace scope::node
