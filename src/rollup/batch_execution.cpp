#include "rollup/batch_execution.hpp"

#include "crypto/keccak.hpp"
#include "protocol/callable.hpp"
#include "rlp/encode.hpp"
#include "rollup/forced.hpp"
#include "rollup/predeploy_views.hpp"
#include "rollup/scratch_chain.hpp"
#include "rollup/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

namespace scope::rollup {

namespace callable = protocol::callable;

namespace {

constexpr std::array<std::string_view, BATCH_RULE_COUNT> RULE_NAMES{
    "wrong_chain_id",
    "wrong_first_block",
    "too_many_blocks",
    "wrong_kind",
    "l1_origin_before_parent",
    "unknown_l1_origin",
    "timestamp_not_after_parent",
    "timestamp_before_l1_origin",
    "timestamp_ahead_of_l1",
    "missing_open_scope",
    "repeated_open_scope",
    "missing_add_chains",
    "wrong_add_chains",
    "missing_remove_chains",
    "wrong_remove_chains",
    "missing_upgrade",
    "wrong_upgrade",
    "missing_take_forced",
    "wrong_take_forced",
    "carried_deposit",
    "unknown_system_call",
    "malformed_system_call",
    "load_of_foreign_root",
    "run_of_own_root",
    "load_without_user_transaction",
    "wrong_operation_hash",
    "refused_transaction",
    "refused_block",
    "unreadable_streams",
    "too_many_remotes",
    "remotes_not_ascending",
    "views_out_of_gas",
    "out_of_time",
};
static_assert(!RULE_NAMES.back().empty());

std::unexpected<BatchRefusal> refuse(BatchRule rule, size_t block,
                                     std::optional<size_t> transaction = std::nullopt) {
    BatchRefusal refusal;
    refusal.rule = rule;
    refusal.block = block;
    refusal.transaction = transaction;
    return std::unexpected{std::move(refusal)};
}

// --- What can be seen without execution ---

/// The block before, in the batch or on the chain.
struct Before {
    uint64_t timestamp_s = 0;
    uint64_t l1_origin_number = 0;
};

/// Returns the rule that a block's kind, origin or timestamp breaks; nullopt if none is.
std::optional<BatchRule> broken_rule(const BatchBlock& block, const Before& before,
                                     const L1Origins* l1) {
    if (block.kind != BlockKind::regular || block.slot != 0) return BatchRule::wrong_kind;
    if (block.l1_origin_number < before.l1_origin_number) return BatchRule::l1_origin_before_parent;
    if (block.timestamp_s <= before.timestamp_s) return BatchRule::timestamp_not_after_parent;
    if (l1 == nullptr) return std::nullopt;
    const auto origin = l1->l1_origin(block.l1_origin_number);
    if (!origin || origin->hash != block.l1_origin_hash) return BatchRule::unknown_l1_origin;
    if (block.timestamp_s < origin->timestamp_s) return BatchRule::timestamp_before_l1_origin;
    if (block.timestamp_s - origin->timestamp_s > MAX_CLOCK_AHEAD_S)
        return BatchRule::timestamp_ahead_of_l1;
    return std::nullopt;
}

/// The system transactions that a block begins with, in their order; behind them all others.
enum class Opening : uint8_t { open_scope, add_chains, remove_chains, upgrade, take_forced, none };

Opening opening_of(const callable::SystemCall& call) {
    if (std::holds_alternative<callable::OpenScopeCall>(call)) return Opening::open_scope;
    if (std::holds_alternative<callable::AddChainsCall>(call)) return Opening::add_chains;
    if (std::holds_alternative<callable::RemoveChainsCall>(call)) return Opening::remove_chains;
    if (std::holds_alternative<callable::UpgradeCall>(call)) return Opening::upgrade;
    if (std::holds_alternative<callable::TakeForcedCall>(call)) return Opening::take_forced;
    return Opening::none;
}

/// The rules for one of them: where it is due and is missing, and where it stands and is not due.
struct OpeningRules {
    BatchRule missing;
    BatchRule wrong;
};
constexpr std::array<OpeningRules, static_cast<size_t>(Opening::none)> OPENING_RULES{{
    {BatchRule::missing_open_scope, BatchRule::repeated_open_scope},
    {BatchRule::missing_add_chains, BatchRule::wrong_add_chains},
    {BatchRule::missing_remove_chains, BatchRule::wrong_remove_chains},
    {BatchRule::missing_upgrade, BatchRule::wrong_upgrade},
    {BatchRule::missing_take_forced, BatchRule::wrong_take_forced},
}};
OpeningRules rules_of(Opening opening) {
    return OPENING_RULES[static_cast<size_t>(opening)];
}

/// The arguments with which a block has to begin, as L1 gives them.
struct Due {
    std::vector<uint256> to_add;
    std::vector<uint256> to_remove;
    std::optional<Bytes> upgrade;
    ForcedRange forced;  ///< of a batch's first block
    uint64_t forced_position = 0;

    [[nodiscard]] bool is_due(Opening opening) const {
        switch (opening) {
            case Opening::add_chains:
                return !to_add.empty();
            case Opening::remove_chains:
                return !to_remove.empty();
            case Opening::upgrade:
                return upgrade.has_value();
            case Opening::take_forced:
                return forced.at_least > forced_position;
            default:
                return false;
        }
    }
    /// Returns whether a call that may stand where it stands has the arguments that are due.
    [[nodiscard]] bool allows(const callable::SystemCall& call) const {
        if (const auto* add = std::get_if<callable::AddChainsCall>(&call))
            return !to_add.empty() && add->chain_ids == to_add;
        if (const auto* remove = std::get_if<callable::RemoveChainsCall>(&call))
            return !to_remove.empty() && remove->chain_ids == to_remove;
        if (const auto* change = std::get_if<callable::UpgradeCall>(&call))
            return upgrade.has_value() && change->code == *upgrade;
        if (const auto* take = std::get_if<callable::TakeForcedCall>(&call))
            return take->position > forced_position && take->position >= forced.at_least &&
                   take->position <= forced.at_most;
        return true;
    }
};

Due due_in(const L1Origins& l1, const Batch& batch, size_t block, const Before& before,
           const BatchOptions& options) {
    const uint64_t origin = batch.blocks[block].l1_origin_number;
    Due due{.to_add = chains_to_add(l1, batch.chain_id, before.l1_origin_number, origin),
            .to_remove = chains_to_remove(l1, batch.chain_id, before.l1_origin_number, origin),
            .upgrade = upgrade_to(l1, batch.chain_id, before.l1_origin_number, origin),
            .forced = {},
            .forced_position = options.parent_forced_queue_position};
    if (block == 0) due.forced = forced_range(l1, batch.chain_id, due.forced_position, origin);
    return due;
}

/// Returns the rule that is broken at one system transaction by itself; nullopt if none is.
std::optional<BatchRule> broken_rule(const Batch& batch, size_t block, size_t index,
                                     const callable::SystemCall& call) {
    const auto& transactions = batch.blocks[block].transactions;
    const uint256 own_chain{batch.chain_id};
    const bool is_first = block == 0 && index == 0;
    const bool is_open = std::holds_alternative<callable::OpenScopeCall>(call);
    if (is_first != is_open)
        return is_first ? BatchRule::missing_open_scope : BatchRule::repeated_open_scope;
    if (std::holds_alternative<callable::DepositCall>(call)) return BatchRule::carried_deposit;
    if (std::holds_alternative<callable::TakeForcedCall>(call) && block != 0)
        return BatchRule::wrong_take_forced;
    if (const auto* run = std::get_if<callable::RunRootCall>(&call);
        run != nullptr && run->context.root_chain_id == own_chain)
        return BatchRule::run_of_own_root;
    if (const auto* load = std::get_if<callable::LoadRootCall>(&call)) {
        if (load->context.root_chain_id != own_chain) return BatchRule::load_of_foreign_root;
        if (index + 1 == transactions.size() || transactions[index + 1].type == TxType::system)
            return BatchRule::load_without_user_transaction;
        if (hash(transactions[index + 1]) != load->context.operation_hash)
            return BatchRule::wrong_operation_hash;
    }
    return std::nullopt;
}

/// Checks the system transactions of a block.
/// @param due  What it has to begin with; null: not checked, but that it takes no entries.
Result<void, BatchRefusal> check_system_calls(const Batch& batch, size_t block, const Due* due) {
    const auto& transactions = batch.blocks[block].transactions;
    std::array<bool, OPENING_RULES.size()> stands{};
    Opening behind = Opening::open_scope;  // the first that may still come
    for (size_t i = 0; i < transactions.size(); ++i) {
        if (transactions[i].type != TxType::system) {
            behind = Opening::none;
            continue;
        }
        const auto call = callable::decode_system_call(transactions[i].data);
        if (!call)
            return refuse(call.error() == protocol::DecodeError::unknown_function
                              ? BatchRule::unknown_system_call
                              : BatchRule::malformed_system_call,
                          block, i);
        if (const auto rule = broken_rule(batch, block, i, *call)) return refuse(*rule, block, i);
        const Opening opening = opening_of(*call);
        if (opening == Opening::none) {
            behind = opening;
            continue;
        }
        const bool is_allowed =
            due != nullptr ? due->allows(*call) : opening != Opening::take_forced;
        if (opening < behind || !is_allowed) return refuse(rules_of(opening).wrong, block, i);
        stands[static_cast<size_t>(opening)] = true;
        behind = static_cast<Opening>(static_cast<size_t>(opening) + 1);
    }
    for (size_t i = 0; due != nullptr && i < stands.size(); ++i)
        if (const auto opening = static_cast<Opening>(i); !stands[i] && due->is_due(opening))
            return refuse(rules_of(opening).missing, block);
    return {};
}

// --- Execution ---

/// Runs a system transaction that was refused once more, for its reason, and undoes it.
Bytes revert_data_of(chain::BlockBuilder& builder, const Transaction& tx,
                     const RollupConfig& config, std::optional<execution::Deadline> deadline) {
    const auto& [sender, predeploy, abort] = config.system();
    const auto gas = execution::intrinsic_gas(tx, builder.environment().revision).intrinsic;
    if (tx.gas_limit < gas) return {};
    const auto checkpoint = builder.checkpoint();
    execution::Host host{builder.state(), builder.environment()};
    if (deadline) host.rollup()->set_deadline(*deadline);
    host.open_transaction({sender, uint256{}, {}});
    evm::Message message;
    message.gas = static_cast<int64_t>(tx.gas_limit - gas);
    message.recipient = predeploy;
    message.code_address = predeploy;
    message.sender = sender;
    message.input = tx.data;
    auto result = host.call(message);
    host.close_transaction();
    builder.rollback(checkpoint);
    return std::move(result.output);
}

void set_revert_data(BatchRefusal& refusal, BytesView data) {
    refusal.revert_data = to_bytes(data.first(std::min(data.size(), MAX_KEPT_REVERT_BYTES)));
    refusal.revert_size_bytes = data.size();
}

/// Tells for each transaction of a block which accounts it changed, at the cost of what it changed.
class Digester {
  public:
    /// @param state  As the first transaction finds it. Must outlive this.
    explicit Digester(const state::State& state) : state_(state), since_(state.checkpoint()) {}

    /// Adds the transaction that ran since the last one.
    void add(const Receipt& receipt) {
        TransactionDigest changed{crypto::keccak256(encode(receipt)), {}};
        for (const auto& diff : state_.diff_since(since_).accounts)
            changed.accounts.push_back({diff.address, digest(diff)});
        statistics.digested_steps += state_.checkpoint() - since_;
        since_ = state_.checkpoint();
        transactions_.push_back(std::move(changed));
    }
    [[nodiscard]] std::vector<TransactionDigest> take() { return std::move(transactions_); }

  private:
    static Hash digest(const state::AccountDiff& diff) {
        const Account account = diff.account.value_or(Account{});
        Bytes slots;
        for (const auto& [key, value] : diff.storage) append(slots, concat(key, value));
        return crypto::keccak256(rlp::encode_list(diff.address, diff.is_deleted(), account.nonce,
                                                  account.balance, account.code_hash,
                                                  diff.storage_cleared, slots));
    }

    const state::State& state_;
    state::Journal::Checkpoint since_;
    std::vector<TransactionDigest> transactions_;
};

/// The entries that a batch takes, and where.
struct Taken {
    size_t behind = 0;  ///< the index of its takeForced in the first block
    std::vector<const QueuedEntry*> entries;
};

/// Returns what a batch takes; nullopt if it takes nothing. REQUIRES: check_form with these options.
std::optional<Taken> taken_by(const Batch& batch, const BatchOptions& options) {
    const auto& transactions = batch.blocks[0].transactions;
    // It is one of those that the block begins with, each of which stands there once.
    for (size_t i = 0; i < std::min(transactions.size(), OPENING_RULES.size()); ++i) {
        const auto position = position_taken_by(transactions[i]);
        if (!position) continue;
        auto entries = entries_between(*options.l1, batch.chain_id,
                                       options.parent_forced_queue_position, *position);
        CHECK(entries.has_value());  // they are in forced_range
        return Taken{i, std::move(*entries)};
    }
    return std::nullopt;
}

/// Executes the transactions of a block of the batch; the first that can't stand refuses it.
/// @param taken  The entries whose transactions stand in it; null if there are none.
Result<void, BatchRefusal> run_transactions(chain::BlockBuilder& builder,
                                            const RollupConfig& config,
                                            const std::vector<Transaction>& transactions,
                                            size_t block, const Taken* taken, Digester* digester,
                                            std::optional<execution::Deadline> deadline) {
    const auto digest = [&] {
        if (digester != nullptr) digester->add(builder.receipts().back());
    };
    for (size_t i = 0; i < transactions.size(); ++i) {
        const auto& tx = transactions[i];
        execution::Host host{builder.state(), builder.environment()};
        if (deadline) host.rollup()->set_deadline(*deadline);
        if (const auto outcome = builder.try_transaction(tx, &host); !outcome) {
            if (host.rollup()->is_late()) return refuse(BatchRule::out_of_time, block, i);
            auto refusal = refuse(BatchRule::refused_transaction, block, i);
            refusal.error().tx_error = outcome.error();
            if (outcome.error() == execution::TxError::aborted)
                set_revert_data(refusal.error(), *host.rollup()->abort_reason());
            if (outcome.error() == execution::TxError::system_failed)
                set_revert_data(refusal.error(), revert_data_of(builder, tx, config, deadline));
            return refusal;
        }
        digest();
        if (taken == nullptr || taken->behind != i) continue;
        const auto forced = run_forced(builder, config, taken->entries, {deadline, digest});
        if (forced) continue;
        auto refusal =
            refuse(forced.error().error ? BatchRule::refused_transaction : BatchRule::out_of_time,
                   block, i);
        refusal.error().tx_error = forced.error().error;
        return refusal;
    }
    return {};
}

using BlockSink = std::function<void(chain::SealedBlock)>;

/// Executes a batch as execute_batch does, and hands each block on as soon as it is executed, also
/// if a later one is refused.
Result<BatchExecution, BatchRefusal> stream_batch(const chain::Chain& chain,
                                                  const RollupConfig& config, const Batch& batch,
                                                  const BatchOptions& options,
                                                  const BlockSink& sink) {
    CHECK(chain.spec().chain_id == config.chain_id());
    const Hash parent = options.parent ? *options.parent : chain.head()->hash;
    ScratchChain scratch{chain, parent};
    TRY_VOID(check_form(config, batch, scratch.head()->header(), options));

    const auto taken = taken_by(batch, options);
    BatchExecution execution;
    execution.parent_block_hash = parent;
    const uint64_t max_gas =
        max_batch_gas(scratch.head()->header(), batch.blocks.back().timestamp_s);
    for (size_t index = 0; index < batch.blocks.size(); ++index) {
        const auto& block = batch.blocks[index];
        chain::BlockBuilder builder{scratch.chain(), scratch.head()->hash,
                                    attributes_of(block, max_gas - execution.gas_used)};
        std::optional<Digester> digester;
        if (options.digests == Digests::yes) digester.emplace(builder.state());
        TRY_VOID(run_transactions(builder, config, block.transactions, index,
                                  index == 0 && taken ? &*taken : nullptr,
                                  digester ? &*digester : nullptr, options.deadline));
        execution.gas_used += builder.all_gas_used();
        CHECK(execution.gas_used <= max_gas);

        auto sealed = builder.seal();
        if (!sealed) {
            auto refusal = refuse(BatchRule::refused_block, index);
            refusal.error().block_refusal = sealed.error();
            return refusal;
        }
        if (digester)
            execution.digests.push_back(
                {sealed->block.hash, sealed->block.header().state_root, digester->take()});
        if (index + 1 == batch.blocks.size()) {
            auto views =
                read_views(config, sealed->block.header(), *sealed->state, options.deadline);
            if (!views) return refuse(views.error(), index);
            execution.remotes = std::move(views->remotes);
            execution.forced_queue_position = views->forced_queue_position;
            execution.last_block_hash = sealed->block.hash;
        }
        scratch.advance(*sealed);
        sink(std::move(*sealed));
    }
    return execution;
}

}  // namespace

std::string_view to_string(BatchRule rule) noexcept {
    return RULE_NAMES[static_cast<size_t>(rule)];
}

std::string to_string(const BatchRefusal& refusal) {
    std::string text = fmt::format("block {}", refusal.block);
    if (refusal.transaction) text += fmt::format(", transaction {}", *refusal.transaction);
    text += fmt::format(": {}", to_string(refusal.rule));
    if (refusal.tx_error) text += fmt::format(": {}", execution::to_string(*refusal.tx_error));
    if (refusal.block_refusal) text += ": " + chain::to_string(*refusal.block_refusal);
    if (!refusal.revert_data.empty()) text += ", revert data " + to_hex(refusal.revert_data);
    if (refusal.revert_size_bytes > refusal.revert_data.size())
        text += fmt::format("... ({} bytes)", refusal.revert_size_bytes);
    return text;
}

uint64_t max_batch_gas(const BlockHeader& parent, uint64_t last_timestamp_s) {
    CHECK(last_timestamp_s >= parent.timestamp_s);
    const uint64_t seconds = last_timestamp_s - parent.timestamp_s;
    if (seconds > MAX_BATCH_GAS / BATCH_GAS_PER_SECOND) return MAX_BATCH_GAS;
    // A block's gas limit is below 2^63.
    return std::min(MAX_BATCH_GAS, parent.gas_limit + BATCH_GAS_PER_SECOND * seconds);
}

Result<void, BatchRefusal> check_form(const RollupConfig& config, const Batch& batch,
                                      const BlockHeader& parent, const BatchOptions& options) {
    if (batch.chain_id != config.chain_id()) return refuse(BatchRule::wrong_chain_id, 0);
    if (batch.first_block != parent.number + 1) return refuse(BatchRule::wrong_first_block, 0);
    if (batch.blocks.size() > MAX_BATCH_BLOCKS)
        return refuse(BatchRule::too_many_blocks, MAX_BATCH_BLOCKS);
    CHECK(!batch.blocks.empty());

    const auto& first = batch.blocks[0].transactions;
    if (first.empty() || first[0].type != TxType::system)
        return refuse(BatchRule::missing_open_scope, 0);
    Before before{parent.timestamp_s, options.parent_l1_origin_number};
    for (size_t i = 0; i < batch.blocks.size(); ++i) {
        const auto& block = batch.blocks[i];
        if (const auto rule = broken_rule(block, before, options.l1)) return refuse(*rule, i);
        std::optional<Due> due;
        if (options.l1 != nullptr) due = due_in(*options.l1, batch, i, before, options);
        TRY_VOID(check_system_calls(batch, i, due ? &*due : nullptr));
        before = {block.timestamp_s, block.l1_origin_number};
    }
    return {};
}

Result<BatchExecution, BatchRefusal> execute_batch(const chain::Chain& chain,
                                                   const RollupConfig& config, const Batch& batch,
                                                   const BatchOptions& options) {
    std::vector<chain::SealedBlock> kept;
    size_t size_bytes = 0;
    auto execution =
        TRY(stream_batch(chain, config, batch, options, [&](chain::SealedBlock sealed) {
            size_bytes += chain::size_in_memory(sealed.block);
            if (size_bytes <= options.max_kept_bytes)
                kept.push_back(std::move(sealed));
            else
                kept = {};
        }));
    execution.blocks = std::move(kept);
    return execution;
}

void adopt_batch(chain::Chain& chain, const RollupConfig& config, const Batch& batch,
                 const BatchOptions& options, BatchExecution execution) {
    const auto adopt = [&](chain::SealedBlock sealed) { chain.adopt(std::move(sealed)); };
    if (execution.blocks.empty()) {
        auto again = options;
        again.parent = execution.parent_block_hash;
        again.digests = Digests::no;
        again.deadline.reset();
        CHECK(stream_batch(chain, config, batch, again, adopt).has_value());
    }
    std::ranges::for_each(std::exchange(execution.blocks, {}), adopt);
    CHECK(chain.head()->hash == execution.last_block_hash);
}

}  // namespace scope::rollup
