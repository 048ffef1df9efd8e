#include "builder/scope_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "base/hex.hpp"
#include "builder/l1_budget.hpp"
#include "builder/simulation.hpp"
#include "protocol/callable.hpp"
#include "protocol/fault.hpp"
#include "rollup/blob_codec.hpp"
#include "types/blob.hpp"

namespace scope::builder {

namespace callable = protocol::callable;

namespace {

/// What a system transaction may use: serving all inbound calls of one root on one rollup.
constexpr uint64_t SYSTEM_GAS = 30'000'000;
/// For views on L1, which nobody pays for.
constexpr uint64_t VIEW_GAS = 10'000'000;
/// Frames below executeScope run at this depth.
constexpr int SETTLEMENT_CALL_DEPTH = 1;

/// Adds the time until it ends to a step.
class Timer {
  public:
    explicit Timer(StepTimes::Duration& step) : step_(step) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { step_ += std::chrono::steady_clock::now() - start_; }

  private:
    StepTimes::Duration& step_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Calls a view on a state in which no transaction is open; leaves no trace.
Bytes view(state::State& state, const execution::Environment& environment, const Address& target,
           const Bytes& calldata) {
    const auto checkpoint = state.checkpoint();
    execution::Host host{state, environment};
    host.open_transaction({});
    auto result = host.call({.is_static = true,
                             .gas = VIEW_GAS,
                             .recipient = target,
                             .code_address = target,
                             .input = calldata});
    state.rollback(checkpoint);
    return std::move(result.output);
}

Refusal refusal(RefusalRule rule, std::string reason, std::vector<CallTrace> calls = {}) {
    return {rule, std::move(reason), std::move(calls)};
}

}  // namespace

struct ScopeBuilder::Parts {
    struct Rollup {
        const RollupNode* node = nullptr;
        std::unique_ptr<chain::BlockBuilder> block;
        bool touched = false;

        [[nodiscard]] uint64_t chain_id() const { return node->config.chain_id(); }
        [[nodiscard]] const execution::SystemTransactionRule& system() const {
            return node->config.system();
        }
    };

    /// To come back to before a root, on every chain.
    struct Snapshot {
        std::vector<chain::BlockBuilder::Checkpoint> rollups;
        state::Journal::Checkpoint journal = 0;
    };

    /// How the root's own code ended when the plan was executed.
    struct Ending {
        bool success = false;
        Bytes output;
        uint64_t gas_used = 0;
    };

    const Network& network;
    BuilderOptions options;
    SlotAttributes attributes;
    Address submitter;
    state::Journal journal;
    std::unique_ptr<chain::BlockBuilder> l1;  // for its state and environment only
    std::unique_ptr<execution::Host> l1_host;
    std::vector<Rollup> rollups;
    std::vector<protocol::L1Leg> legs;
    std::vector<RootTrace> roots;
    uint64_t next_index = 0;
    L1Budget l1_budget;
    bool alone = false;  // a leg signed that it runs alone
    StepTimes times;

    Parts(const Network& network_, BuilderOptions options_, const SlotAttributes& attributes_)
        : network(network_),
          options(std::move(options_)),
          attributes(attributes_),
          l1_budget(network.rollups.size()) {
        submitter = crypto::address_of(options.submitter);
        open_l1();
        for (const auto& node : network.rollups) open_rollup(node);
    }

    // ---- opening the scope

    [[nodiscard]] std::vector<uint256> remotes_of(uint64_t chain_id) const {
        std::vector<uint256> remotes;
        if (chain_id != l1_id()) remotes.emplace_back(l1_id());
        for (const auto& node : network.rollups)
            if (node.config.chain_id() != chain_id) remotes.emplace_back(node.config.chain_id());
        std::ranges::sort(remotes);
        return remotes;
    }

    [[nodiscard]] uint64_t l1_id() const { return network.settlement.l1_chain_id[0]; }

    void open_l1() {
        l1 = std::make_unique<chain::BlockBuilder>(
            *network.l1, network.l1->head()->hash,
            chain::BlockAttributes{.timestamp_s = attributes.timestamp_s,
                                   .coinbase = attributes.coinbase,
                                   .prev_randao = attributes.prev_randao},
            &journal);
        l1_host = std::make_unique<execution::Host>(l1->state(), l1->environment());
        l1_host->open_transaction(
            {.origin = submitter,
             .gas_price = l1->environment().block.base_fee + options.max_priority_fee_per_gas});
        l1_host->access_account(network.settlement.settlement);
        const auto opened = on_l1(callable::open_scope(remotes_of(l1_id())));
        CHECK(opened.status == evm::Status::success);
    }

    void open_rollup(const RollupNode& node) {
        Rollup rollup{&node, nullptr, false};
        const auto& head = *node.chain->head();
        rollup.block = std::make_unique<chain::BlockBuilder>(
            *node.chain, head.hash,
            rollup::attributes_of(network.l1->head()->hash, attributes.timestamp_s,
                                  attributes.coinbase),
            &journal);
        const auto opened = run_system(rollup, callable::open_scope(remotes_of(rollup.chain_id())));
        CHECK(opened.has_value());
        rollups.push_back(std::move(rollup));
    }

    // ---- running on one chain

    /// A call of the settlement contract inside executeScope.
    evm::CallResult on_l1(const Bytes& calldata, uint64_t gas = VIEW_GAS) {
        return l1_call(*l1_host, network.l1_callable, calldata, gas);
    }

    evm::CallResult l1_call(execution::Host& host, const Address& target, const Bytes& calldata,
                            uint64_t gas) {
        host.access_account(target);
        if (const auto delegate = host.delegation(target)) host.access_account(*delegate);
        return host.call({.depth = SETTLEMENT_CALL_DEPTH,
                          .gas = static_cast<int64_t>(gas),
                          .recipient = target,
                          .sender = network.settlement.settlement,
                          .code_address = target,
                          .input = calldata});
    }

    [[nodiscard]] static Transaction system_transaction(Rollup& rollup, Bytes calldata) {
        Transaction tx;
        tx.type = TxType::system;
        tx.chain_id = rollup.chain_id();
        tx.nonce = rollup.block->state().nonce(rollup.system().sender);
        tx.gas_limit = SYSTEM_GAS;
        tx.to = rollup.system().target;
        tx.data = std::move(calldata);
        return tx;
    }

    /// Runs a system transaction as the block's next; or says why it can't.
    Result<execution::Outcome, Failure> run_system(Rollup& rollup, Bytes calldata) {
        const auto tx = system_transaction(rollup, std::move(calldata));
        execution::Host host{rollup.block->state(), rollup.block->environment()};
        auto outcome = rollup.block->try_transaction(tx, &host);
        if (outcome) return std::move(*outcome);
        if (outcome.error() == execution::TxError::aborted)
            return std::unexpected{reverted(*host.abort_reason())};
        if (outcome.error() != execution::TxError::system_failed)
            return std::unexpected{Failure{std::string{to_string(outcome.error())}, {}}};
        return std::unexpected{reverted(view_as(rollup, rollup.system().sender, tx.data))};
    }

    /// What a failing system transaction reverts with.
    Bytes view_as(Rollup& rollup, const Address& sender, const Bytes& calldata) {
        auto& state = rollup.block->state();
        const auto checkpoint = state.checkpoint();
        execution::Host host{state, rollup.block->environment()};
        host.open_transaction({.origin = sender});
        auto result = host.call({.gas = SYSTEM_GAS,
                                 .recipient = rollup.system().target,
                                 .sender = sender,
                                 .code_address = rollup.system().target,
                                 .input = calldata});
        state.rollback(checkpoint);
        return std::move(result.output);
    }

    Rollup* find(uint64_t chain_id) {
        for (auto& rollup : rollups)
            if (rollup.chain_id() == chain_id) return &rollup;
        return nullptr;
    }

    [[nodiscard]] Snapshot snapshot() const {
        Snapshot snapshot;
        for (const auto& rollup : rollups) snapshot.rollups.push_back(rollup.block->checkpoint());
        snapshot.journal = journal.checkpoint();
        return snapshot;
    }
    void rollback(const Snapshot& snapshot) {
        for (size_t i = 0; i < rollups.size(); ++i) rollups[i].block->rollback(snapshot.rollups[i]);
        journal.rollback(snapshot.journal);
    }

    // ---- simulation

    std::vector<SimulatedChain> simulated_chains() {
        std::vector<SimulatedChain> chains;
        chains.push_back({l1_id(), network.l1_callable, network.settlement.settlement, &l1->state(),
                          &l1->environment(), l1_host.get(), l1_budget.left()});
        for (auto& rollup : rollups)
            chains.push_back({rollup.chain_id(), rollup.system().target, rollup.system().sender,
                              &rollup.block->state(), &rollup.block->environment(), nullptr,
                              SYSTEM_GAS});
        return chains;
    }

    Result<RootTrace, Refusal> simulate(const L2Root& root, const protocol::RootContext& context) {
        Rollup* const rollup = find(root.chain_id);
        if (const auto loaded = run_system(*rollup, callable::load_root(context, {})); !loaded)
            return std::unexpected{refusal(RefusalRule::execution_failed, loaded.error().reason)};
        Simulation simulation{simulated_chains(), context};
        const auto outcome = rollup->block->try_transaction(root.transaction, &simulation.host());
        if (!outcome) return std::unexpected{tx_refusal(root, outcome.error())};
        return simulation.finish({.success = outcome->succeeded(),
                                  .output = outcome->output,
                                  .gas_used = outcome->gas_used});
    }

    Result<RootTrace, Refusal> simulate(const L1Root& root, const protocol::RootContext& context) {
        const auto loaded = on_l1(callable::load_root(context, {}));
        if (loaded.status != evm::Status::success)
            return std::unexpected{
                refusal(RefusalRule::execution_failed, describe_revert(loaded.output))};
        Simulation simulation{simulated_chains(), context};
        const auto ending = run_operation(simulation.host(), root, l1_budget.left());
        if (!ending && !simulation.refusal()) {
            const bool full = protocol::is_too_little_operation_gas(ending.error().revert_data);
            return std::unexpected{refusal(full ? RefusalRule::scope_full : RefusalRule::operation,
                                           ending.error().reason)};
        }
        if (!ending) return simulation.finish({});
        return simulation.finish(
            {.success = ending->success, .output = ending->output, .gas_used = ending->gas_used});
    }

    /// The account's executeOperation; or what it refused with.
    Result<Ending, Failure> run_operation(execution::Host& host, const L1Root& root, uint64_t gas) {
        const auto logs_before = l1->state().logs().size();
        const auto result = l1_call(host, root.operation.operation.account,
                                    protocol::execute_operation(root.operation), gas);
        if (result.status != evm::Status::success)
            return std::unexpected{result.status == evm::Status::revert
                                       ? reverted(result.output)
                                       : Failure{evm::to_string(result.status), {}}};
        const auto& logs = l1->state().logs();
        for (size_t i = logs.size(); i-- > logs_before;) {
            if (logs[i].address != root.operation.operation.account || logs[i].topics.empty() ||
                logs[i].topics[0] != protocol::operation_executed_topic())
                continue;
            auto executed = protocol::decode_operation_executed(logs[i].data);
            if (!executed) break;
            return Ending{executed->success, std::move(executed->return_data),
                          gas - static_cast<uint64_t>(result.gas_left)};
        }
        return std::unexpected{Failure{"the account did not say OperationExecuted", {}}};
    }

    static Refusal tx_refusal(const L2Root& root, execution::TxError error) {
        const bool full = error == execution::TxError::block_gas_exceeded;
        return refusal(full ? RefusalRule::scope_full : RefusalRule::transaction,
                       fmt::format("chain {}: {}", root.chain_id, to_string(error)));
    }

    // ---- execution of the plan: nothing is intercepted

    /// A chain's transaction for the root can't stand.
    static Refusal fault(uint64_t chain_id, const Failure& failure) {
        const bool short_of_gas =
            protocol::fault_of(failure.revert_data) == protocol::Fault::too_little_gas;
        return refusal(short_of_gas ? RefusalRule::gas_budget : RefusalRule::execution_failed,
                       fmt::format("chain {}: {}", chain_id, failure.reason));
    }

    Result<Ending, Refusal> execute(const Root& root, const protocol::RootContext& context,
                                    const Plan& plan) {
        Ending ending;
        const auto section_of = [&](uint64_t chain_id) {
            const auto found = plan.find(chain_id);
            return found == plan.end() ? protocol::RootSection{} : found->second;
        };
        const uint64_t root_chain = context.root_chain_id[0];
        add_batches(root, context, plan);
        if (l1_budget.left() == 0)
            return std::unexpected{
                refusal(RefusalRule::scope_full, "the L1 transaction has no gas left for it")};
        if (plan.contains(l1_id()) || root_chain == l1_id()) {
            auto on = execute_on_l1(root, context, section_of(l1_id()));
            if (!on) return std::unexpected{std::move(on.error())};
            if (root_chain == l1_id()) ending = std::move(*on);
        }
        for (auto& rollup : rollups) {
            const uint64_t id = rollup.chain_id();
            if (!plan.contains(id) && id != root_chain) continue;
            rollup.touched = true;
            const bool own = id == root_chain;
            auto calldata = own ? callable::load_root(context, section_of(id))
                                : callable::run_root(context, section_of(id));
            if (const auto run = run_system(rollup, std::move(calldata)); !run)
                return std::unexpected{fault(id, run.error())};
            if (!own) continue;
            const auto& l2_root = std::get<L2Root>(root);
            execution::Host host{rollup.block->state(), rollup.block->environment()};
            const auto outcome = rollup.block->try_transaction(l2_root.transaction, &host);
            if (!outcome && outcome.error() == execution::TxError::aborted)
                return std::unexpected{fault(id, reverted(*host.abort_reason()))};
            if (!outcome) return std::unexpected{tx_refusal(l2_root, outcome.error())};
            ending = {outcome->succeeded(), outcome->output, outcome->gas_used};
        }
        return ending;
    }

    Result<Ending, Refusal> execute_on_l1(const Root& root, const protocol::RootContext& context,
                                          const protocol::RootSection& section) {
        const auto failed = [&](const Failure& failure) {
            const bool full =
                protocol::fault_of(failure.revert_data) == protocol::Fault::too_little_gas ||
                protocol::is_too_little_operation_gas(failure.revert_data);
            return std::unexpected{
                refusal(full ? RefusalRule::scope_full : RefusalRule::execution_failed,
                        "L1: " + failure.reason)};
        };
        protocol::L1Leg leg{context, section.fills, section.records, {}};
        Ending ending;
        const auto* const l1_root = std::get_if<L1Root>(&root);
        if (l1_root) leg.signed_operation = protocol::encode(l1_root->operation);
        l1_budget.add_leg(leg);
        const uint64_t gas = l1_budget.left();
        const auto loaded = on_l1(
            l1_root ? callable::load_root(context, section) : callable::run_root(context, section),
            gas);
        if (loaded.status != evm::Status::success) return failed(reverted(loaded.output));
        l1_budget.add_gas(gas - static_cast<uint64_t>(loaded.gas_left));
        if (l1_root) {
            auto run = run_operation(*l1_host, *l1_root, l1_budget.left());
            if (!run) return failed(run.error());
            ending = std::move(*run);
            l1_budget.add_gas(ending.gas_used);
            const auto& operation = l1_root->operation.operation;
            const auto open = callable::decode_open_root(on_l1(callable::get_baton()).output);
            if (!open ||
                (!operation.final_trace.is_zero() && open->baton.trace != operation.final_trace))
                return std::unexpected{refusal(RefusalRule::operation,
                                               "the root's trace ends elsewhere than finalTrace")};
            if (on_l1(callable::close_root()).status != evm::Status::success)
                return failed({"closeRoot", {}});
            alone = alone || operation.runs_alone;
        }
        legs.push_back(std::move(leg));
        if (alone && legs.size() > 1)
            return std::unexpected{
                refusal(RefusalRule::operation, "an operation signed that it runs alone on L1")};
        return ending;
    }

    /// What a root adds to batches that are published in calldata.
    void add_batches(const Root& root, const protocol::RootContext& context, const Plan& plan) {
        if (options.data_availability == DataAvailability::blobs) return;
        for (const auto& [chain_id, section] : plan)
            if (chain_id != l1_id()) l1_budget.add_calldata(callable::run_root(context, section));
        if (const auto* l2 = std::get_if<L2Root>(&root))
            l1_budget.add_calldata(encode(l2->transaction));
    }

    // ---- what settlement will check

    struct PairView {
        protocol::RollingHashes hashes;
        callable::Values values;
    };
    PairView pair_view(uint64_t chain_id, uint64_t remote) {
        Rollup* const rollup = find(chain_id);
        const auto ask = [&](const Bytes& calldata) {
            if (!rollup) return on_l1(calldata).output;
            return view(rollup->block->state(), rollup->block->environment(),
                        rollup->system().target, calldata);
        };
        const auto hashes =
            callable::decode_rolling_hashes(ask(callable::get_rolling_hashes(uint256{remote})));
        const auto values = callable::decode_values(ask(callable::get_values(uint256{remote})));
        CHECK(hashes && values);
        return {*hashes, *values};
    }

    std::optional<Refusal> check_pairs() {
        std::vector<uint64_t> chains{l1_id()};
        for (const auto& rollup : rollups) chains.push_back(rollup.chain_id());
        for (const uint64_t x : chains) {
            for (const uint64_t y : chains) {
                if (x == y) continue;
                const auto here = pair_view(x, y);
                const auto there = pair_view(y, x);
                const char* what = nullptr;
                if (here.hashes.requests_out != there.hashes.requests_in) what = "requests";
                if (here.hashes.responses_in != there.hashes.responses_out) what = "responses";
                if (here.values.value_out != there.values.value_in) what = "values";
                if (what)
                    return refusal(RefusalRule::streams_differ,
                                   fmt::format("{} of {} to {}", what, x, y));
            }
        }
        for (const auto& rollup : rollups) {
            uint256 held = registered(rollup.chain_id()).escrow;
            uint256 given;
            for (const auto& remote : remotes_of(rollup.chain_id())) {
                const auto pair = pair_view(rollup.chain_id(), remote[0]);
                held += pair.values.value_in;
                given += pair.values.value_out;
            }
            if (given > held)
                return refusal(RefusalRule::escrow,
                               fmt::format("chain {} gives out {} wei, L1 holds {} for it",
                                           rollup.chain_id(), to_decimal(given), to_decimal(held)));
        }
        return std::nullopt;
    }

    /// What it reads is not warm for the roots that follow: executeScope reads it after them.
    protocol::RegisteredRollup registered(uint64_t chain_id) {
        const auto before = l1->state().checkpoint();
        const auto result = l1_call(*l1_host, network.settlement.settlement,
                                    protocol::get_rollup(uint256{chain_id}), VIEW_GAS);
        l1->state().rollback(before);
        const auto rollup = protocol::decode_rollup(result.output);
        CHECK(rollup.has_value());
        return *rollup;
    }

    // ---- one root

    Result<protocol::RootContext, Refusal> context_of(const Root& root) {
        if (const auto* l2 = std::get_if<L2Root>(&root)) {
            if (!find(l2->chain_id))
                return std::unexpected{
                    refusal(RefusalRule::unknown_chain, fmt::format("no rollup {}", l2->chain_id))};
            if (l2->transaction.type == TxType::system || l2->transaction.type == TxType::blob)
                return std::unexpected{refusal(RefusalRule::transaction,
                                               "a root is a user's transaction, without blobs")};
            return protocol::RootContext{uint256{l2->chain_id}, hash(l2->transaction), next_index};
        }
        const auto& operation = std::get<L1Root>(root).operation.operation;
        if (!operation.submitter.is_zero() && operation.submitter != submitter)
            return std::unexpected{
                refusal(RefusalRule::operation, "submitter: the operation names another one")};
        if (l1->state().code_hash(operation.account) == EMPTY_CODE_HASH)
            return std::unexpected{refusal(RefusalRule::operation,
                                           "account: has no code; it is not delegated (EIP-7702)")};
        return protocol::RootContext{network.settlement.l1_chain_id,
                                     protocol::operation_hash(network.settlement, operation),
                                     next_index};
    }

    Result<RootTrace, Refusal> add(const Root& root) {
        const auto context = context_of(root);
        if (!context) return std::unexpected{context.error()};

        const auto before = snapshot();
        auto simulated = [&] {
            const Timer timer{times.simulate};
            return std::visit([&](const auto& r) { return simulate(r, *context); }, root);
        }();
        rollback(before);
        if (!simulated) return simulated;

        const Timer timer{times.execute};
        const auto kept_legs = legs.size();
        const auto kept_budget = l1_budget;
        const bool kept_alone = alone;
        std::vector<bool> kept_touched;
        for (const auto& rollup : rollups) kept_touched.push_back(rollup.touched);

        auto refused = execute_and_check(root, *context, *simulated);
        if (!refused) {
            simulated->root_id = protocol::root_id(network.settlement, *context);
            ++next_index;
            roots.push_back(*simulated);
            return simulated;
        }
        rollback(before);
        legs.resize(kept_legs);
        l1_budget = kept_budget;
        alone = kept_alone;
        for (size_t i = 0; i < rollups.size(); ++i) rollups[i].touched = kept_touched[i];
        refused->calls = std::move(simulated->calls);
        return std::unexpected{std::move(*refused)};
    }

    std::optional<Refusal> execute_and_check(const Root& root, const protocol::RootContext& context,
                                             RootTrace& simulated) {
        auto ending = execute(root, context, simulated.plan);
        if (!ending) return std::move(ending.error());
        if (ending->success != simulated.success || ending->output != simulated.output)
            return refusal(
                RefusalRule::execution_differs,
                fmt::format("simulated: {} {}; executed: {} {}",
                            simulated.success ? "success" : "failure", to_hex(simulated.output),
                            ending->success ? "success" : "failure", to_hex(ending->output)));
        simulated.gas_used = ending->gas_used;
        if (auto refused = check_pairs()) return refused;
        return check_batches();
    }

    // ---- the bundle

    [[nodiscard]] rollup::Batch make_batch(const Rollup& rollup, uint64_t number) const {
        const auto l1_head = network.l1->head();
        return {.chain_id = rollup.chain_id(),
                .number = number,
                .l1_origin_hash = l1_head->hash,
                .l1_origin_number = l1_head->header().number,
                .first_block = rollup.node->chain->head()->header().number + 1,
                .blocks = {
                    {attributes.timestamp_s, attributes.coinbase, rollup.block->transactions()}}};
    }

    /// Whether all batches fit into one transaction's blobs, or each into calldata.
    [[nodiscard]] std::optional<Refusal> check_batches() const {
        size_t blobs = 0;
        for (const auto& rollup : rollups) {
            if (!rollup.touched) continue;
            const size_t size = rollup::encode(make_batch(rollup, 0)).size();
            if (size > rollup::MAX_BATCH_SIZE)
                return refusal(RefusalRule::scope_full,
                               fmt::format("chain {}: the batch has no room", rollup.chain_id()));
            blobs += rollup::blobs_for(size);
        }
        if (options.data_availability == DataAvailability::blobs &&
            blobs > MAX_BLOBS_PER_TRANSACTION)
            return refusal(RefusalRule::scope_full,
                           fmt::format("{} blobs, at most {} in one L1 transaction", blobs,
                                       MAX_BLOBS_PER_TRANSACTION));
        return std::nullopt;
    }

    Result<RollupPart, SealError> assemble(Rollup& rollup) {
        const Timer timer{times.assemble};
        const auto registry = registered(rollup.chain_id());
        RollupPart part;
        part.chain_id = rollup.chain_id();
        part.batch = make_batch(rollup, registry.next_batch);
        part.batch_bytes = rollup::encode(part.batch);
        // Executed once more from the bytes, as every re-executor will: what is claimed is what
        // this gives.
        const auto decoded = rollup::decode_batch(part.batch_bytes);
        if (!decoded)
            return std::unexpected{
                SealError{SealRule::batch_too_large, std::string{to_string(decoded.error())}}};
        auto execution = rollup::execute_batch(
            *rollup.node->chain, rollup.node->config, *decoded,
            {.trace = rollup::Trace::yes,
             .l1_origin_timestamp_s = network.l1->head()->header().timestamp_s});
        if (!execution)
            return std::unexpected{SealError{
                SealRule::batch_refused,
                fmt::format("chain {}: {}", part.chain_id, to_string(execution.error()))}};
        part.execution = std::move(*execution);
        part.public_inputs = {.l1_chain_id = network.settlement.l1_chain_id,
                              .settlement = network.settlement.settlement,
                              .chain_id = uint256{part.chain_id},
                              .batch_number = uint256{part.batch.number},
                              .pre_state_root = part.execution.pre_state_root,
                              .post_state_root = part.execution.post_state_root,
                              .first_block = uint256{part.batch.first_block},
                              .last_block_hash = part.execution.last_block_hash,
                              .l1_origin_hash = part.batch.l1_origin_hash,
                              .l1_origin_number = uint256{part.batch.l1_origin_number},
                              .forced_queue_position = uint256{registry.forced_queue_position},
                              .remotes = part.execution.remotes,
                              .program_id = registry.program_id};
        return part;
    }

    std::optional<SealError> make_blobs(RollupPart& part,
                                        std::vector<chain::StoredBlobPtr>& stored_blobs) {
        const Timer timer{times.blobs};
        if (options.data_availability == DataAvailability::calldata) {
            part.public_inputs.da_commitment =
                protocol::da_commitment_of_calldata(part.batch_bytes);
            return std::nullopt;
        }
        auto blobs = rollup::to_blobs(part.batch_bytes);
        if (!blobs)
            return SealError{SealRule::batch_too_large, std::string{to_string(blobs.error())}};
        part.blobs = std::move(*blobs);
        std::vector<Hash> versioned_hashes;
        for (const auto& blob : part.blobs) {
            auto stored = std::make_shared<chain::StoredBlob>();
            stored->blob = blob;
            const auto commitment = crypto::blob_to_commitment(blob);
            CHECK(commitment.has_value());
            stored->commitment = *commitment;
            const auto proof = crypto::compute_blob_proof(blob, *commitment);
            CHECK(proof.has_value());
            stored->proof = *proof;
            versioned_hashes.push_back(crypto::versioned_hash(*commitment));
            stored_blobs.push_back(std::move(stored));
        }
        part.public_inputs.da_commitment = protocol::da_commitment_of_blobs(versioned_hashes);
        return std::nullopt;
    }

    std::vector<protocol::EnvironmentValue> declared_environment() const {
        using Field = protocol::EnvironmentField;
        const auto& block = l1->environment().block;
        const auto value = [](Field field, const Hash& word) {
            return protocol::EnvironmentValue{static_cast<uint8_t>(field), word};
        };
        return {value(Field::parent_hash, network.l1->head()->hash),
                value(Field::number, to_be(uint256{block.number})),
                value(Field::timestamp, to_be(uint256{block.timestamp_s})),
                value(Field::prev_randao, block.prev_randao),
                value(Field::coinbase, to_be(to_uint256(block.coinbase))),
                value(Field::base_fee, to_be(block.base_fee)),
                value(Field::blob_base_fee, to_be(block.blob_base_fee)),
                value(Field::gas_price, to_be(l1_host->transaction().gas_price))};
    }

    Result<Bundle, SealError> seal(prover::Prover& prover) {
        Bundle bundle;
        bundle.attributes = attributes;
        bundle.l1_parent = network.l1->head()->hash;
        bundle.roots = roots;
        bundle.scope.environment = declared_environment();
        bundle.scope.legs = legs;
        for (auto& rollup : rollups) {
            if (!rollup.touched) continue;
            RollupPart part = TRY(assemble(rollup));
            const size_t first_blob = bundle.blobs.size();
            if (auto error = make_blobs(part, bundle.blobs)) return std::unexpected{*error};
            const auto& inputs = part.public_inputs;
            protocol::BatchClaim claim{.chain_id = inputs.chain_id,
                                       .batch_number = inputs.batch_number,
                                       .pre_state_root = inputs.pre_state_root,
                                       .post_state_root = inputs.post_state_root,
                                       .first_block = inputs.first_block,
                                       .last_block_hash = inputs.last_block_hash,
                                       .l1_origin_hash = inputs.l1_origin_hash,
                                       .l1_origin_number = inputs.l1_origin_number,
                                       .forced_queue_position = inputs.forced_queue_position,
                                       .remotes = inputs.remotes};
            if (part.blobs.empty()) {
                claim.data = part.batch_bytes;
            } else {
                claim.first_blob = uint256{first_blob};
                claim.blob_count = uint256{part.blobs.size()};
            }
            bundle.scope.batches.push_back(std::move(claim));
            bundle.parts.push_back(std::move(part));
        }
        if (bundle.parts.empty())
            return std::unexpected{SealError{SealRule::empty, "no rollup has a block to settle"}};
        if (bundle.blobs.size() > MAX_BLOBS_PER_TRANSACTION)
            return std::unexpected{
                SealError{SealRule::too_many_blobs,
                          fmt::format("{} blobs, at most {} in one transaction",
                                      bundle.blobs.size(), MAX_BLOBS_PER_TRANSACTION)}};
        TRY_VOID(prove(bundle, prover));

        const Timer timer{times.bundle};
        bundle.transaction = make_bundle_transaction(network, options, bundle.scope, bundle.blobs);
        const auto outcome = dry_run(network, attributes, bundle.transaction);
        if (!outcome)
            return std::unexpected{
                SealError{SealRule::bundle_refused, std::string{to_string(outcome.error())}}};
        if (!outcome->succeeded())
            return std::unexpected{
                SealError{SealRule::not_settled, outcome->status == evm::Status::revert
                                                     ? describe_revert(outcome->output)
                                                     : evm::to_string(outcome->status)}};
        return bundle;
    }

    /// Rollups are proved side by side.
    Result<void, SealError> prove(Bundle& bundle, prover::Prover& prover) {
        const Timer timer{times.prove};
        std::vector<std::future<Result<prover::Proof, prover::ProofFailure>>> proofs;
        for (const auto& part : bundle.parts)
            proofs.push_back(std::async(std::launch::async, [&part, &prover] {
                prover::ProofInput input{part.public_inputs, {}, part.blobs, part.execution.trace};
                if (part.blobs.empty()) input.batch = part.batch_bytes;
                return prover.prove(input);
            }));
        Result<void, SealError> result;
        for (size_t i = 0; i < proofs.size(); ++i) {
            auto proof = proofs[i].get();
            if (!proof) {
                result = std::unexpected{SealError{
                    SealRule::not_proved, fmt::format("chain {}: {}", bundle.parts[i].chain_id,
                                                      to_string(proof.error()))}};
                continue;
            }
            bundle.scope.batches[i].proof = std::move(proof->bytes);
            bundle.parts[i].dissents = std::move(proof->dissents);
        }
        return result;
    }
};

ScopeBuilder::ScopeBuilder(const Network& network, BuilderOptions options,
                           const SlotAttributes& attributes)
    : parts_(std::make_unique<Parts>(network, std::move(options), attributes)) {}

ScopeBuilder::~ScopeBuilder() = default;

Result<RootTrace, Refusal> ScopeBuilder::add(const Root& root) {
    return parts_->add(root);
}

Result<execution::Outcome, execution::TxError> ScopeBuilder::add_transaction(
    uint64_t chain_id, const Transaction& tx) {
    auto* const rollup = parts_->find(chain_id);
    if (!rollup) return std::unexpected{execution::TxError::wrong_chain_id};
    if (tx.type == TxType::system) return std::unexpected{execution::TxError::system_pays_or_sends};
    if (tx.type == TxType::blob) return std::unexpected{execution::TxError::no_blobs};
    auto outcome = rollup->block->try_transaction(tx);
    if (outcome) rollup->touched = true;
    return outcome;
}

const std::vector<RootTrace>& ScopeBuilder::roots() const noexcept {
    return parts_->roots;
}

const StepTimes& ScopeBuilder::times() const noexcept {
    return parts_->times;
}

Result<Bundle, SealError> ScopeBuilder::seal(prover::Prover& prover) {
    return parts_->seal(prover);
}

}  // namespace scope::builder
