#include "builder/scope_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/hex.hpp"
#include "builder/assembly.hpp"
#include "builder/plan_execution.hpp"
#include "builder/proving.hpp"
#include "builder/refuse.hpp"
#include "builder/rehearsal.hpp"
#include "builder/root_simulation.hpp"
#include "builder/settlement_check.hpp"
#include "builder/step_timer.hpp"
#include "rollup/blob_codec.hpp"
#include "types/blob.hpp"
#include "types/signing.hpp"

namespace scope::builder {

namespace {

/// Executes the plan, which must reach what simulation did; @p simulated gets the gas it took.
Result<void, Refusal> execute_and_compare(OpenScope& scope, const Candidate& candidate,
                                          RootResult& simulated) {
    const auto ending = TRY(execute(scope, candidate, simulated.plan));
    if (ending.success != simulated.success || ending.output != simulated.output)
        return refuse(
            RefusalRule::execution_differs,
            fmt::format("simulated: {} {}; executed: {} {}",
                        simulated.success ? "success" : "failure", to_hex(simulated.output),
                        ending.success ? "success" : "failure", to_hex(ending.output)));
    simulated.gas_used = ending.gas_used;
    simulated.outcome = ending.outcome;
    return {};
}

/// Returns the rule that the L1 transaction broke before it ran.
SealRule rule_of(execution::TxError error) noexcept {
    using enum execution::TxError;
    switch (error) {
        case nonce_too_low:
        case nonce_too_high:
        case nonce_is_max:
        case sender_not_eoa:
        case insufficient_funds:
        case gas_cost_overflow:
        case priority_fee_above_max_fee:
        case fee_below_base_fee:  // the block asks for more than the options let it offer
        case blob_fee_below_base_fee:
            return SealRule::submitter_refused;
        default:
            return SealRule::bundle_refused;
    }
}

/// Returns whether others read it from a batch as it is here.
bool is_as_encoded(const Transaction& tx) {
    if (!has_encoding(tx)) return false;
    const auto decoded = decode_transaction(encode(tx));
    return decoded && *decoded == tx;
}

std::string why_not_settled(const execution::Outcome& outcome) {
    return outcome.status == evm::Status::revert ? describe_revert(outcome.output)
                                                 : evm::to_string(outcome.status);
}

/// The use of gas and room by the scope so far.
struct Spent {
    uint64_t l1_gas = 0;
    uint64_t gas_on_rollups = 0;  // whoever pays for it
    uint64_t batch_bytes = 0;
};

Spent spent_by(OpenScope& scope) {
    Spent spent{.l1_gas = scope.l1().budget.counted()};
    for (auto& rollup : scope.rollups()) {
        spent.gas_on_rollups += rollup.block().all_gas_used();
        spent.batch_bytes += rollup.batch_size();
    }
    return spent;
}

L1Prices prices_of(OpenL1& l1) {
    const uint256 blob = l1.environment().block.blob_base_fee * uint256{GAS_PER_BLOB};
    return {.gas_wei = l1.host().transaction().gas_price,
            .blob_byte_wei = blob / uint256{rollup::BLOB_CONTENT_SIZE}};
}

/// Returns what the builder gets of a root: from a rollup's transaction its priority fee, which
/// goes to the block's coinbase; from an operation its own fee.
uint256 paid_by(OpenScope& scope, const Root& root, uint64_t gas_used) {
    const auto* const on_rollup = std::get_if<L2Root>(&root);
    if (on_rollup == nullptr) return std::get<L1Root>(root).operation.operation.fee;
    const uint256 base_fee = scope.find(on_rollup->chain_id)->block().environment().block.base_fee;
    const uint256 price = execution::effective_gas_price(on_rollup->transaction, base_fee);
    return (price - base_fee) * uint256{gas_used};
}

/// Returns what the scope has spent since; on rollups without @p paid_gas, for which a transaction
/// pays.
RootUse use_since(OpenScope& scope, const Spent& before, uint64_t paid_gas) {
    const Spent now = spent_by(scope);
    const bool in_blobs = scope.options().data_availability == DataAvailability::blobs;
    return {.l1_gas = now.l1_gas - before.l1_gas,
            .unpaid_gas = now.gas_on_rollups - before.gas_on_rollups - paid_gas,
            .blob_bytes = in_blobs ? now.batch_bytes - before.batch_bytes : 0};
}

Result<void, Refusal> require_l1_gas_granted(const OpenScope& scope, const RootUse& use) {
    const uint64_t granted = scope.options().max_l1_gas_per_root;
    if (use.l1_gas <= granted) return {};
    return refuse(
        RefusalRule::gas_budget,
        fmt::format("it takes {} gas on L1, the builder grants a root {}", use.l1_gas, granted));
}

/// Refuses a root, or an ordinary transaction of a rollup, that took more gas on L1 than one may, or
/// pays too little for what it took.
Result<void, Refusal> require_paid(OpenScope& scope, const Root& root, uint64_t gas_used,
                                   const Spent& before) {
    const bool is_on_rollup = std::holds_alternative<L2Root>(root);
    const RootUse use = use_since(scope, before, is_on_rollup ? gas_used : 0);
    TRY_VOID(require_l1_gas_granted(scope, use));
    const auto prices = prices_of(scope.l1());
    const auto& rule = scope.options().price;
    auto why = why_underpaid(paid_by(scope, root, gas_used), use, prices, rule);
    if (!why) return {};
    auto refused = refuse(RefusalRule::underpaid, std::move(*why));
    const uint256 asked = asked_of(use, prices, rule);
    refused.error().sufficient_fee = is_on_rollup ? priority_fee_for(asked, gas_used) : asked;
    return refused;
}

/// The outcome of a call's plan on a rollup, and what the builder asks for it.
struct ExecutedCall {
    execution::Outcome outcome;
    uint256 asked_wei;
};
/// Runs the plan of a simulated call; refuses one that comes out another way.
Result<ExecutedCall, Refusal> execute_and_price(OpenScope& scope, const RootCall& call,
                                                const RootResult& simulated) {
    const Spent before = spent_by(scope);
    auto outcome = TRY(execute(scope, call, simulated.context, simulated.plan));
    if (outcome.succeeded() != simulated.success || outcome.output != simulated.output)
        return refuse(RefusalRule::execution_differs,
                      fmt::format("simulated: {}; executed: {}", to_hex(simulated.output),
                                  to_hex(outcome.output)));
    RootUse use = use_since(scope, before, 0);
    // It does not stand in the block.
    use.unpaid_gas += outcome.rollup_gas_used;
    if (use.blob_bytes != 0) use.blob_bytes += rollup::size_in_batch(as_signed(call.transaction));
    TRY_VOID(require_l1_gas_granted(scope, use));
    return ExecutedCall{std::move(outcome),
                        asked_of(use, prices_of(scope.l1()), scope.options().price)};
}

/// Returns the call's root, named by its place in the scope; refuses what can't run at all.
Result<protocol::RootContext, Refusal> admit(OpenScope& scope, const RootCall& call,
                                             uint64_t index) {
    const auto& tx = call.transaction;
    if (call.chain_id != scope.l1().chain_id() && scope.find(call.chain_id) == nullptr)
        return refuse(RefusalRule::unknown_chain, scope.why_absent(uint256{call.chain_id}));
    if (tx.type == TxType::system || tx.type == TxType::blob || !has_encoding(tx))
        return refuse(RefusalRule::transaction,
                      "a root is a user's transaction, with all fields of its type, without blobs");
    if (tx.gas_limit > execution::MAX_GAS)
        return refuse(RefusalRule::transaction, "gas: more than a block can have");
    return protocol::RootContext{uint256{call.chain_id}, hash(tx), uint256{index}};
}

/// Returns what of L1's environment has to be as it was simulated: all that any root looked at.
std::set<protocol::EnvironmentField> declared_environment(OpenScope& scope,
                                                          const std::vector<RootResult>& roots) {
    std::set<protocol::EnvironmentField> fields;
    for (const auto& root : roots) fields.insert(root.environment.begin(), root.environment.end());
    if (scope.options().pins_l1_parent && !scope.l1().legs.empty())
        fields.insert(protocol::EnvironmentField::parent_hash);
    return fields;
}

}  // namespace

struct ScopeBuilder::Scope {
    OpenScope open;
    SettlementCheck settlement_check;
    std::vector<RootResult> roots;
    StepTimes times;

    Result<execution::Outcome, Refusal> add_transaction(ChainId chain_id, const Transaction& tx,
                                                        const std::optional<Address>& known_sender);

    /// Returns the least index that a root can have.
    [[nodiscard]] uint64_t next_index() const {
        return roots.empty() ? 0 : uint64_t{roots.back().context.root_index} + 1;
    }

    Result<RootResult, Refusal> simulate(const Candidate& candidate) {
        const StepTimer timer{times.simulate};
        const auto before = open.checkpoint();
        auto simulated = builder::simulate(open, candidate);
        open.rollback(before);
        return simulated;
    }

    /// A point to come back to.
    struct Before {
        OpenScope::Checkpoint scope;
        SettlementCheck settlement_check;
    };
    [[nodiscard]] Before before() const { return {open.checkpoint(), settlement_check}; }
    void take_back(const Before& before) {
        settlement_check = before.settlement_check;
        open.rollback(before.scope);
    }

    /// Returns what @p work does; takes back all of it if it throws: a chain's state couldn't be read
    /// (state::Unavailable).
    template <typename Work>
    std::invoke_result_t<Work> whole(const Work& work) {
        const auto before = this->before();
        try {
            return work();
        } catch (...) {
            take_back(before);
            throw;
        }
    }
    /// Returns what @p work does, and takes back all of it.
    template <typename Work>
    std::invoke_result_t<Work> taking_back(const Work& work) {
        const auto before = this->before();
        auto result = whole(work);
        take_back(before);
        return result;
    }

    /// Leaves the scope as the call left it.
    Result<RootCallResult, Refusal> simulate(const RootCall& call,
                                             const protocol::RootContext& context) {
        if (call.prepare) {
            call.prepare(open.l1().chain_id(), open.l1().state());
            for (auto& rollup : open.rollups())
                call.prepare(rollup.chain_id(), rollup.block().state());
        }
        const auto before = open.checkpoint();
        auto result = TRY(builder::simulate(open, call, context));
        open.rollback(before);
        result.root.root_id = protocol::root_id(open.l1().settlement(), context);
        if (call.chain_id == open.l1().chain_id()) return result;
        auto executed = execute_and_price(open, call, result.root);
        if (executed) {
            result.root.gas_used = executed->outcome.gas_used;
            result.outcome = std::move(executed->outcome);
            result.asked_wei = executed->asked_wei;
            if (auto checked = settlement_check.check(open, result.root.plan); !checked)
                executed = std::unexpected{std::move(checked.error())};
        }
        if (executed) return result;
        executed.error().calls = std::move(result.root.calls);
        return std::unexpected{std::move(executed.error())};
    }

    /// Executes and checks the plan of @p simulated, or takes all of it back.
    Result<void, Refusal> execute(const Candidate& candidate, RootResult& simulated) {
        const StepTimer timer{times.execute};
        const auto before = open.checkpoint();
        const Spent spent_before = spent_by(open);
        auto executed = execute_and_compare(open, candidate, simulated);
        if (executed)
            executed = require_paid(open, candidate.root, simulated.gas_used, spent_before);
        if (executed) executed = settlement_check.check(open, simulated.plan);
        if (executed) return {};
        open.rollback(before);
        executed.error().calls = std::move(simulated.calls);
        return executed;
    }

    /// Ends the rollups' blocks and puts their batches where their data belongs.
    Result<Bundle, SealError> assemble() {
        Bundle bundle;
        bundle.attributes = open.l1().snapshot().next;
        bundle.l1_parent = open.l1().parent().hash;
        bundle.roots = roots;
        bundle.scope.environment = open.l1().values_of(declared_environment(open, roots));
        bundle.scope.legs = open.l1().legs;
        for (auto& rollup : open.rollups()) {
            if (!rollup.is_touched()) continue;
            const StepTimer timer{times.assemble};
            bundle.parts.push_back(TRY(builder::assemble(rollup, open)));
        }
        if (bundle.parts.empty())
            return std::unexpected{SealError{SealRule::empty, "no rollup has a block to settle"}};
        const StepTimer timer{times.blobs};
        auto data = TRY(put_data(bundle.parts, open.options().data_availability));
        bundle.scope.data = std::move(data.calldata);
        bundle.blobs = std::move(data.blobs);
        for (const auto& part : bundle.parts) bundle.scope.batches.push_back(claim_of(part));
        return bundle;
    }

    Result<void, SealError> prove(Bundle& bundle, prover::Prover& prover) {
        const StepTimer timer{times.prove};
        auto proofs =
            TRY(builder::prove(bundle.parts, {bundle.scope.data, bundle.blobs}, prover,
                               [this](const RollupPart& part) { return digests_of(part); }));
        bundle.scope.proofs.clear();
        for (auto& proof : proofs) {
            bundle.scope.proofs.push_back(std::move(proof.bytes));
            std::ranges::move(proof.dissents, std::back_inserter(bundle.dissents));
        }
        return {};
    }

    /// Returns none where the batch is refused, which was built on this block: its rollup's predeploy
    /// answers otherwise than it did.
    std::vector<rollup::BlockDigest> digests_of(const RollupPart& part) {
        const auto& rollup = *open.find(part.chain_id);
        auto options = open.follower().options_for(rollup.followed());
        options.parent = rollup.batch_parent().hash;
        options.digests = rollup::Digests::yes;
        auto execution = rollup::execute_batch(rollup.followed().chain, rollup.followed().config,
                                               part.batch, options);
        return execution ? std::move(execution->digests) : std::vector<rollup::BlockDigest>{};
    }

    /// Assembles the bundle and rehearses it: all but the proofs.
    Result<Bundle, SealError> rehearse() {
        auto bundle = TRY(assemble());
        const StepTimer timer{times.bundle};
        bundle.scope.proofs.assign(proof_groups(bundle.parts).size(), placeholder_proof());
        make_transaction(bundle);
        const auto& l1 = open.l1();
        std::vector<Address> verifiers;
        for (const auto& part : bundle.parts) verifiers.push_back(part.verifier);
        const auto outcome = builder::rehearse(l1.snapshot(), bundle.transaction, l1.submitter(),
                                               {l1.settlement().settlement, std::move(verifiers)});
        if (!outcome)
            return std::unexpected{
                SealError{rule_of(outcome.error()), std::string{to_string(outcome.error())}}};
        if (!outcome->succeeded())
            return std::unexpected{SealError{SealRule::not_settled, why_not_settled(*outcome)}};
        return bundle;
    }

    void make_transaction(Bundle& bundle) {
        const auto& l1 = open.l1();
        bundle.transaction = make_bundle_transaction(l1.snapshot(), l1.contracts(), open.options(),
                                                     bundle.scope, bundle.blobs);
    }

    Result<void, SealError> sign(Bundle& bundle) const {
        const auto signed_by = scope::sign(bundle.transaction, *open.options().submitter);
        if (signed_by) return {};
        return std::unexpected{SealError{SealRule::not_signed,
                                         "the submitter's key did not sign: " + signed_by.error()}};
    }

    /// Runs the bundle with its proofs dry, and has it signed: once, since the key may be far away.
    Result<void, SealError> conclude(Bundle& bundle) {
        const StepTimer timer{times.bundle};
        make_transaction(bundle);
        const auto& snapshot = open.l1().snapshot();
        const auto outcome =
            dry_run(snapshot, snapshot.next, bundle.transaction, open.l1().submitter());
        if (outcome && outcome->succeeded()) return sign(bundle);
        SealError error{SealRule::proof_refused, outcome ? why_not_settled(*outcome)
                                                         : std::string{to_string(outcome.error())}};
        auto& chains = error.suspects.emplace_back();
        for (const auto& part : bundle.parts) chains.push_back(part.chain_id);
        return std::unexpected{std::move(error)};
    }
};

ScopeBuilder::ScopeBuilder(std::unique_ptr<Scope> scope) : scope_(std::move(scope)) {}

ScopeBuilder::ScopeBuilder(ScopeBuilder&&) noexcept = default;
ScopeBuilder& ScopeBuilder::operator=(ScopeBuilder&&) noexcept = default;

Result<ScopeBuilder, l1::L1Error> ScopeBuilder::open(const l1::L1View& l1,
                                                     const rollup::Follower& follower,
                                                     const L1Contracts& contracts,
                                                     const BuilderOptions& options,
                                                     const UnsettledBlocks& unsettled) {
    auto snapshot = TRY(read_snapshot(l1));
    return ScopeBuilder{std::unique_ptr<Scope>{
        new Scope{.open = {std::move(snapshot), follower, contracts, options, unsettled}}}};
}

Result<ScopeBuilder, l1::L1Error> ScopeBuilder::open_block(
    const l1::L1View& l1, const rollup::Follower& follower, const L1Contracts& contracts,
    const BuilderOptions& options, const UnsettledBlocks& unsettled, ChainId chain_id) {
    auto snapshot = TRY(read_snapshot(l1));
    return ScopeBuilder{std::unique_ptr<Scope>{new Scope{
        .open = {std::move(snapshot), follower, contracts, options, unsettled, chain_id}}}};
}

ScopeBuilder::~ScopeBuilder() = default;

Result<RootResult, Refusal> ScopeBuilder::add(const Root& root) {
    CHECK(!scope_->open.only());
    return scope_->whole([&]() -> Result<RootResult, Refusal> {
        const auto candidate = TRY(admit(scope_->open, root, scope_->next_index()));
        auto result = TRY(scope_->simulate(candidate));
        TRY_VOID(scope_->execute(candidate, result));
        result.root_id = protocol::root_id(scope_->open.l1().settlement(), candidate.context);
        scope_->roots.push_back(result);
        return result;
    });
}

Result<RootResult, Refusal> ScopeBuilder::simulate(const Root& root) {
    return scope_->taking_back([&]() -> Result<RootResult, Refusal> {
        const auto candidate = TRY(admit(scope_->open, root, scope_->next_index()));
        auto result = TRY(scope_->simulate(candidate));
        TRY_VOID(scope_->execute(candidate, result));
        result.root_id = protocol::root_id(scope_->open.l1().settlement(), candidate.context);
        return result;
    });
}

Result<RootCallResult, Refusal> ScopeBuilder::simulate_call(const RootCall& call) {
    return scope_->taking_back([&]() -> Result<RootCallResult, Refusal> {
        const auto context = TRY(admit(scope_->open, call, scope_->next_index()));
        return scope_->simulate(call, context);
    });
}

Result<execution::Outcome, Refusal> ScopeBuilder::add_transaction(
    ChainId chain_id, const Transaction& tx, std::optional<Address> known_sender) {
    return scope_->whole([&] { return scope_->add_transaction(chain_id, tx, known_sender); });
}

Result<execution::Outcome, Refusal> ScopeBuilder::Scope::add_transaction(
    ChainId chain_id, const Transaction& tx, const std::optional<Address>& known_sender) {
    using execution::TxError;
    const L2Root submitted{chain_id, tx};
    auto* const rollup = open.find(chain_id);
    if (!rollup) return refuse(RefusalRule::unknown_chain, open.why_absent(uint256{chain_id}));
    if (tx.type == TxType::system) return refuse(submitted, TxError::system_pays_or_sends);
    if (tx.type == TxType::blob) return refuse(submitted, TxError::no_blobs);
    // Of a block that is not settled at once nothing may be wrong that is seen as it is settled.
    if (open.only() && !is_as_encoded(tx))
        return refuse(RefusalRule::transaction,
                      "it lacks a field of its type, or has one that its type does not have");
    const auto sender = known_sender ? Result<Address, TxError>{*known_sender}
                                     : execution::sender_of(tx, rollup->block().environment());
    if (!sender) return refuse(submitted, sender.error());
    if (is_root(*rollup, tx)) return refuse(submitted, TxError::root_without_load);
    const auto before = open.checkpoint();
    const Spent spent_before = spent_by(open);
    auto outcome = rollup->run(tx, *sender);
    if (!outcome) return refuse(submitted, outcome.error());
    if (open.options().data_availability == DataAvailability::calldata)
        open.l1().budget.add_calldata(encode(tx));
    open.count_batches();
    auto taken = require_room(open);
    if (taken && open.l1().budget.left() == 0)
        taken = refuse(RefusalRule::scope_full, "the L1 transaction has no gas left for it");
    if (taken) taken = require_paid(open, submitted, outcome->gas_used, spent_before);
    if (taken) return std::move(*outcome);
    open.rollback(before);
    return std::unexpected{std::move(taken.error())};
}

bool ScopeBuilder::is_ordinary(ChainId chain_id, const Transaction& tx) {
    auto* const rollup = scope_->open.find(chain_id);
    return rollup != nullptr && !is_root(*rollup, tx);
}

std::optional<std::string> ScopeBuilder::why_absent(ChainId chain_id) {
    if (scope_->open.find(chain_id) != nullptr) return std::nullopt;
    return scope_->open.why_absent(uint256{chain_id});
}

bool ScopeBuilder::must_settle() const noexcept {
    return std::ranges::any_of(scope_->open.rollups(), &OpenRollup::must_settle);
}

bool ScopeBuilder::takes_entries(ChainId chain_id) {
    const auto* const rollup = scope_->open.find(chain_id);
    return rollup != nullptr && rollup->taken_by_block().has_value();
}

uint64_t ScopeBuilder::l1_origin_number(ChainId chain_id) {
    const auto* const rollup = scope_->open.find(chain_id);
    CHECK(rollup != nullptr);
    return rollup->l1_origin_number();
}

const l1::L1Head& ScopeBuilder::l1_parent() const noexcept {
    return scope_->open.l1().parent();
}

const std::vector<RootResult>& ScopeBuilder::roots() const noexcept {
    return scope_->roots;
}

const StepTimes& ScopeBuilder::times() const noexcept {
    return scope_->times;
}

Result<Bundle, SealError> ScopeBuilder::seal(prover::Prover& prover) {
    auto bundle = TRY(scope_->rehearse());
    TRY_VOID(scope_->prove(bundle, prover));
    TRY_VOID(scope_->conclude(bundle));
    return bundle;
}

Result<void, SealError> ScopeBuilder::rehearse() {
    const auto rehearsed = scope_->rehearse();
    if (!rehearsed) return std::unexpected{rehearsed.error()};
    return {};
}

Result<UnsettledBlockPtr, SealError> ScopeBuilder::end_block() {
    CHECK(scope_->open.only());
    auto* const rollup = scope_->open.find(*scope_->open.only());
    CHECK(rollup != nullptr);
    auto block = std::make_shared<UnsettledBlock>();
    block->content = rollup->content();
    block->batch_size = rollup->content_size();
    block->forced_position = rollup->taken_by_block();
    block->all_gas_used = rollup->block().all_gas_used();
    auto sealed = rollup->block().seal();
    if (!sealed)
        return std::unexpected{
            SealError{SealRule::batch_refused,
                      fmt::format("chain {}: {}", rollup->chain_id(), to_string(sealed.error()))}};
    block->block = std::make_shared<const chain::StoredBlock>(std::move(sealed->block));
    block->state = std::move(sealed->state);
    return block;
}

}  // namespace scope::builder
