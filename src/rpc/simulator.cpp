#include "rpc/simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/hex.hpp"
#include "evm/analysis.hpp"
#include "execution/block_executor.hpp"
#include "execution/scope_rollup.hpp"
#include "rpc/errors.hpp"

namespace scope::rpc {

namespace {

using execution::Outcome;
using execution::TxError;

// As geth's.
constexpr uint64_t MAX_BLOCKS = 256;
constexpr size_t MAX_CALLS_OF_BLOCK = 5000;
constexpr size_t MAX_CALLS = 10'000;
constexpr uint64_t SLOT_S = 12;

// Codes of eth_simulateV1 (execution-apis).
constexpr int NONCE_TOO_LOW = -38010;
constexpr int NONCE_TOO_HIGH = -38011;
constexpr int BASE_FEE_TOO_LOW = -38012;
constexpr int INTRINSIC_GAS = -38013;
constexpr int INSUFFICIENT_FUNDS = -38014;
constexpr int BLOCK_GAS_LIMIT_REACHED = -38015;
constexpr int BLOCK_NUMBER_INVALID = -38020;
constexpr int BLOCK_TIMESTAMP_INVALID = -38021;
constexpr int SENDER_IS_NOT_EOA = -38024;
constexpr int INIT_CODE_TOO_LARGE = -38025;
constexpr int LIMIT_EXCEEDED = -38026;

int code_of(TxError error) noexcept {
    switch (error) {
        case TxError::nonce_too_low:
            return NONCE_TOO_LOW;
        case TxError::nonce_too_high:
            return NONCE_TOO_HIGH;
        case TxError::fee_below_base_fee:
            return BASE_FEE_TOO_LOW;
        case TxError::intrinsic_gas_too_low:
            return INTRINSIC_GAS;
        case TxError::insufficient_funds:
        case TxError::gas_cost_overflow:
            return INSUFFICIENT_FUNDS;
        case TxError::sender_not_eoa:
            return SENDER_IS_NOT_EOA;
        case TxError::init_code_too_large:
            return INIT_CODE_TOO_LARGE;
        case TxError::priority_fee_above_max_fee:
            return INVALID_PARAMS;
        default:
            return INTERNAL_ERROR;
    }
}

SimulatedBlock read_block(Json value) {
    SimulatedBlock block;
    for (const auto& [key, content] : read_object(value)) {
        const std::string_view name = key;
        if (content.is_null()) continue;
        if (name == "blockOverrides")
            block.block = read_member(name, content, read_block_overrides);
        if (name == "stateOverrides")
            block.state = read_member(name, content, read_state_overrides);
        if (name == "calls")
            block.calls = read_member(
                name, content, [](Json calls) { return read_list(calls, read_transaction); });
    }
    return block;
}

void require_bounds(const SimulateOptions& options) {
    if (options.blocks.empty()) fail(INVALID_PARAMS, "empty input");
    if (options.blocks.size() > MAX_BLOCKS) fail(LIMIT_EXCEEDED, "too many blocks");
    size_t calls = 0;
    for (const auto& block : options.blocks) {
        if (block.calls.size() > MAX_CALLS_OF_BLOCK)
            fail(LIMIT_EXCEEDED, fmt::format("too many calls in block: {} > {}", block.calls.size(),
                                             MAX_CALLS_OF_BLOCK));
        calls += block.calls.size();
    }
    if (calls > MAX_CALLS)
        fail(LIMIT_EXCEEDED, fmt::format("too many calls: {} > {}", calls, MAX_CALLS));
}

/// Gives each block its number and time, and fills gaps with empty ones.
std::vector<SimulatedBlock> in_a_row(std::vector<SimulatedBlock> blocks, const BlockHeader& base) {
    std::vector<SimulatedBlock> row;
    uint64_t number = base.number;
    uint64_t time_s = base.timestamp_s;
    for (auto& block : blocks) {
        const uint256 wanted = block.block.number.value_or(uint256{number + 1});
        if (wanted <= uint256{number})
            fail(BLOCK_NUMBER_INVALID, fmt::format("block numbers must be in order: {} <= {}",
                                                   to_decimal(wanted), number));
        if (wanted > uint256{base.number + MAX_BLOCKS}) fail(LIMIT_EXCEEDED, "too many blocks");
        while (uint256{number + 1} < wanted) {
            SimulatedBlock empty;
            empty.block.number = uint256{++number};
            empty.block.time = time_s += SLOT_S;
            row.push_back(std::move(empty));
        }
        number = wanted[0];
        block.block.number = wanted;
        if (block.block.time && *block.block.time <= time_s)
            fail(BLOCK_TIMESTAMP_INVALID, fmt::format("block timestamps must be in order: {} <= {}",
                                                      *block.block.time, time_s));
        time_s = block.block.time.value_or(time_s + SLOT_S);
        block.block.time = time_s;
        row.push_back(std::move(block));
    }
    return row;
}

/// The hashes of the simulated blocks, and of those below.
class Hashes final : public execution::BlockHashes {
  public:
    Hashes(const chain::Chain& chain, const chain::StoredBlock& base)
        : base_number_(base.header().number) {
        if (chain.store().block(base.hash)) below_ = chain.ancestors(base.hash);
    }
    void add(uint64_t number, const Hash& hash) { simulated_[number] = hash; }

    [[nodiscard]] Hash block_hash(uint64_t number) const override {
        if (number <= base_number_) return below_ ? below_->block_hash(number) : Hash{};
        const auto found = simulated_.find(number);
        return found == simulated_.end() ? Hash{} : found->second;
    }

  private:
    uint64_t base_number_;
    std::unique_ptr<execution::BlockHashes> below_;
    std::map<uint64_t, Hash> simulated_;
};

/// Makes @p state what it is after @p diff.
void apply(state::State& state, const state::StateDiff& diff) {
    for (const auto& change : diff.accounts) {
        const Account account = change.account.value_or(Account{});
        if (change.is_deleted() || change.storage_cleared) state.clear_storage(change.address);
        state.set_balance(change.address, account.balance);
        state.set_nonce(change.address, account.nonce);
        if (change.code) state.set_code(change.address, change.code);
        if (change.is_deleted()) state.set_code(change.address, evm::empty_code());
        for (const auto& [key, value] : change.storage)
            state.set_storage(change.address, key, value);
    }
}

/// Returns a root's changes without those that a scope starts anew: ScopedCallable's streams and
/// limits, and the count of system transactions.
state::StateDiff without_scope(state::StateDiff changed,
                               const execution::SystemTransactionRule& rule) {
    std::erase_if(changed.accounts,
                  [&](const auto& change) { return change.address == rule.sender; });
    for (auto& change : changed.accounts)
        if (change.address == rule.target) change.storage.clear();
    return changed;
}

/// The run of one request.
class Simulator {
  public:
    Simulator(Request& request, StateAt base, const SimulateOptions& options)
        : network_(request.network),
          chain_(request.chain),
          chain_id_(request.chain_id),
          options_(options),
          base_(std::move(base)),
          world_(base_.state),
          parent_(base_.block->header()),
          parent_hash_(base_.block->hash),
          hashes_(request.chain.chain(), *base_.block) {}

    SimulatedBlockResult run(const SimulatedBlock& block);

  private:
    /// A block while its calls run.
    struct Open {
        Open(const state::WorldState& world, BlockHeader head, execution::Environment surroundings,
             execution::BlockInputs inputs)
            : header(std::move(head)),
              environment(std::move(surroundings)),
              state(world),
              executor(state, environment, std::move(inputs)) {}

        BlockHeader header;
        execution::Environment environment;
        state::State state;
        execution::BlockExecutor executor;
    };

    [[nodiscard]] const chain::ChainSpec& spec() const { return chain_.chain().spec(); }
    [[nodiscard]] BlockHeader make_header(const BlockOverrides& overrides) const;
    std::unique_ptr<Open> open(const SimulatedBlock& block, const BlockHeader& header);
    Transaction transaction_of_call(const TransactionArgs& args, Open& open, bool& gas_capped);
    Result<Outcome, TxError> run_call(const Transaction& tx, const Address& from, Open& open,
                                      CallLogs& logs, bool& is_foreign);
    Result<Outcome, TxError> run_root(const Transaction& tx, const Address& from,
                                      const execution::SystemTransactionRule& rule, Open& open);
    SimulatedBlockResult close(Open& open, SimulatedBlockResult result,
                               const BlockOverrides& overrides);

    Network& network_;
    ChainView& chain_;
    ChainId chain_id_;
    const SimulateOptions& options_;
    StateAt base_;
    std::shared_ptr<const state::WorldState> world_;  // after the last block
    BlockHeader parent_;
    Hash parent_hash_;
    Hashes hashes_;
    uint64_t gas_left_ = CALL_GAS_CAP;      // of all calls
    std::vector<state::StateDiff> closed_;  // what each block changed
};

BlockHeader Simulator::make_header(const BlockOverrides& overrides) const {
    BlockHeader header;
    header.parent_hash = parent_hash_;
    header.number = (*overrides.number)[0];
    header.timestamp_s = *overrides.time;
    header.coinbase = overrides.fee_recipient.value_or(parent_.coinbase);
    header.gas_limit = overrides.gas_limit.value_or(parent_.gas_limit);
    header.prev_randao = overrides.prev_randao.value_or(Hash{});
    const auto& rules = spec().rules_at(header.number, header.timestamp_s);
    if (!rules.is_proof_of_stake)
        header.difficulty = overrides.difficulty.value_or(parent_.difficulty);
    if (rules.has_fee_market)
        header.base_fee_per_gas = overrides.base_fee_per_gas.value_or(
            options_.validation ? chain::next_base_fee(parent_) : uint256{});
    if (rules.has_blobs)
        header.excess_blob_gas = parent_.excess_blob_gas ? chain::next_excess_blob_gas(
                                                               spec(), parent_, header.timestamp_s)
                                                         : 0;
    if (rules.has_beacon_root)
        header.parent_beacon_block_root = overrides.beacon_root.value_or(Hash{});
    return header;
}

std::unique_ptr<Simulator::Open> Simulator::open(const SimulatedBlock& block,
                                                 const BlockHeader& header) {
    auto environment = chain::make_environment(spec(), header, &hashes_);
    if (block.block.blob_base_fee) environment.block.blob_base_fee = *block.block.blob_base_fee;
    execution::BlockInputs inputs;
    inputs.parent_hash = header.parent_hash;
    inputs.parent_beacon_block_root = header.parent_beacon_block_root;
    if (environment.rules().has_withdrawals)
        inputs.withdrawals = block.block.withdrawals.value_or(std::vector<Withdrawal>{});
    inputs.deposit_contract = spec().deposit_contract;
    inputs.intermediate_root = [world = world_](const state::State& state) {
        return world->after(state.diff())->state_root();
    };
    auto opened =
        std::make_unique<Open>(*world_, header, std::move(environment), std::move(inputs));
    execution::MovedPrecompiles moved;
    apply_overrides(opened->state, block.state, opened->environment.revision, &moved);
    if (!moved.empty())
        opened->environment.moved_precompiles =
            std::make_shared<const execution::MovedPrecompiles>(std::move(moved));
    opened->executor.begin();
    return opened;
}

Transaction Simulator::transaction_of_call(const TransactionArgs& args, Open& open,
                                           bool& gas_capped) {
    Transaction tx = transaction_of(args, chain_id_);
    tx.nonce = args.nonce.value_or(open.state.nonce(args.from.value_or(Address{})));
    const uint64_t remaining = open.executor.room().gas;
    const uint64_t wanted = args.gas.value_or(remaining);
    if (wanted > remaining)
        fail(
            BLOCK_GAS_LIMIT_REACHED,
            fmt::format("block gas limit reached: remaining: {}, required: {}", remaining, wanted));
    tx.gas_limit = std::min(wanted, gas_left_);
    gas_capped = tx.gas_limit < wanted;
    return tx;
}

/// A root runs on the builder's own states, made like those here; what it changes comes back.
Result<Outcome, TxError> Simulator::run_root(const Transaction& tx, const Address& from,
                                             const execution::SystemTransactionRule& rule,
                                             Open& open) {
    if (base_.block->hash != chain_.head()->hash)
        throw RpcFailure{not_at_head(chain_id_, "the base block is not the latest")};
    builder::RootCall call{.chain_id = chain_id_, .from = from, .transaction = tx};
    call.environment = &open.environment;
    state::Journal::Checkpoint prepared = 0;
    state::StateDiff changed;
    call.prepare = [&](ChainId chain_id, state::State& state) {
        if (chain_id != chain_id_) return;
        for (const auto& diff : closed_) apply(state, diff);
        apply(state, open.state.diff());
        prepared = state.checkpoint();
    };
    call.inspect = [&](const state::State& state) { changed = state.diff_since(prepared); };
    auto result = network_.simulate(call);
    if (!result) throw RpcFailure{refused(chain_id_, result.error())};
    apply(open.state, without_scope(std::move(changed), rule));
    open.executor.take(tx, result->outcome);
    return std::move(result->outcome);
}

Result<Outcome, TxError> Simulator::run_call(const Transaction& tx, const Address& from, Open& open,
                                             CallLogs& logs, bool& is_foreign) {
    const auto* const rule = dynamic_cast<const execution::ScopeRollup*>(spec().rollup.get());
    const execution::CallChecks checks{.nonce = options_.validation, .price = options_.validation};
    is_foreign = rule != nullptr && execution::is_root(open.state, rule->system(), tx);
    if (is_foreign) {
        // As any call: what the builder would refuse it for has the codes of this method.
        TRY(execution::validate_call(open.state, open.environment, tx, from, checks));
        return run_root(tx, from, rule->system(), open);
    }
    WatchingHost host{open.state, open.environment, callable_of(network_, chain_, chain_id_)};
    host.set_tracer(&logs);
    auto outcome = open.executor.execute_call(tx, from, checks, host);
    if (host.asked)
        throw RpcFailure{chain_.is_rollup() ? no_open_root(chain_id_)
                                            : no_open_root_on_l1(chain_id_)};
    return outcome;
}

SimulatedBlockResult Simulator::run(const SimulatedBlock& block) {
    const auto opened = open(block, make_header(block.block));
    CallLogs logs{opened->state, options_.trace_transfers};
    SimulatedBlockResult result;
    for (const auto& args : block.calls) {
        const Address from = args.from.value_or(Address{});
        SimulatedCall call;
        const auto tx = transaction_of_call(args, *opened, call.gas_capped);
        bool is_foreign = false;
        auto outcome = run_call(tx, from, *opened, logs, is_foreign);
        if (!outcome)
            fail(code_of(outcome.error()), fmt::format("err: {} (supplied gas {})",
                                                       describe(outcome.error(), opened->state,
                                                                opened->environment, tx, from),
                                                       tx.gas_limit));
        if (outcome->gas_used > gas_left_)
            fail(INTERNAL_ERROR, fmt::format("RPC gas cap exhausted: need {}, remaining {}",
                                             outcome->gas_used, gas_left_));
        gas_left_ -= outcome->gas_used;
        call.logs = logs.take();
        for (size_t i = 0; is_foreign && i < outcome->logs.size(); ++i)
            call.logs.push_back({outcome->logs[i], logs.take_index()});
        if (outcome->created) outcome->output = opened->state.code(*outcome->created)->bytes;
        call.outcome = std::move(*outcome);
        result.calls.push_back(std::move(call));
        result.block.transaction_hashes.push_back(hash(tx));
        result.block.senders.push_back(from);
        result.block.block.transactions.push_back(tx);
    }
    return close(*opened, std::move(result), block.block);
}

SimulatedBlockResult Simulator::close(Open& open, SimulatedBlockResult result,
                                      const BlockOverrides& overrides) {
    auto outcome = open.executor.finish();
    if (!outcome)
        fail(INTERNAL_ERROR, fmt::format("the block can't end: {}", to_string(outcome.error())));
    auto& block = result.block.block;
    auto& header = block.header = open.header;
    const auto& rules = open.environment.rules();
    header.gas_used = outcome->gas_used;
    header.logs_bloom = outcome->logs_bloom;
    if (rules.has_blobs) header.blob_gas_used = outcome->blob_gas_used;
    header.requests_hash = outcome->requests_hash;
    header.transactions_root = transactions_root(block.transactions);
    header.receipts_root = receipts_root(outcome->receipts);
    if (rules.has_withdrawals) {
        block.withdrawals = overrides.withdrawals.value_or(std::vector<Withdrawal>{});
        header.withdrawals_root = withdrawals_root(*block.withdrawals);
    }
    auto changed = open.state.diff();
    world_ = world_->after(changed);
    closed_.push_back(std::move(changed));
    header.state_root = world_->state_root();
    result.block.hash = hash(header);
    result.block.receipts = std::move(outcome->receipts);
    parent_ = header;
    parent_hash_ = result.block.hash;
    hashes_.add(header.number, parent_hash_);
    return result;
}

}  // namespace

SimulateOptions read_simulate_options(Json value) {
    SimulateOptions options;
    for (const auto& [key, content] : read_object(value)) {
        const std::string_view name = key;
        if (content.is_null()) continue;
        if (name == "blockStateCalls")
            options.blocks = read_member(name, content,
                                         [](Json blocks) { return read_list(blocks, read_block); });
        if (name == "traceTransfers")
            options.trace_transfers = read_member(name, content, read_boolean);
        if (name == "validation") options.validation = read_member(name, content, read_boolean);
        if (name == "returnFullTransactions")
            options.full_transactions = read_member(name, content, read_boolean);
    }
    return options;
}

std::vector<SimulatedBlockResult> simulate_blocks(Request& request, const BlockTag& base,
                                                  SimulateOptions options) {
    require_bounds(options);
    StateAt at = state_at(request.chain, base);
    const auto blocks = in_a_row(std::exchange(options.blocks, {}), at.block->header());
    Simulator simulator{request, std::move(at), options};
    std::vector<SimulatedBlockResult> results;
    for (const auto& block : blocks) results.push_back(simulator.run(block));
    return results;
}

}  // namespace scope::rpc
