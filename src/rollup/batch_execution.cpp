#include "rollup/batch_execution.hpp"

#include "crypto/keccak.hpp"
#include "protocol/callable.hpp"
#include "rlp/encode.hpp"
#include "rollup/scratch_chain.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

namespace scope::rollup {

namespace callable = protocol::callable;

namespace {

constexpr std::array<std::string_view, BATCH_RULE_COUNT> RULE_NAMES{
    "wrong_chain_id",        "wrong_first_block",
    "too_many_blocks",       "timestamp_not_after_parent",
    "timestamp_ahead_of_l1", "missing_open_scope",
    "repeated_open_scope",   "unknown_system_call",
    "malformed_system_call", "load_of_foreign_root",
    "run_of_own_root",       "load_without_user_transaction",
    "wrong_operation_hash",  "refused_transaction",
    "refused_block",         "unreadable_streams",
};
static_assert(!RULE_NAMES.back().empty());

/// Gas for one view of the predeploy: as of a system call (EIP-4788), far above what one needs.
constexpr int64_t VIEW_GAS = 30'000'000;

std::unexpected<BatchRefusal> refuse(BatchRule rule, size_t block,
                                     std::optional<size_t> transaction = std::nullopt) {
    BatchRefusal refusal;
    refusal.rule = rule;
    refusal.block = block;
    refusal.transaction = transaction;
    return std::unexpected{std::move(refusal)};
}

// --- What can be seen without execution ---

/// Returns the rule of section 6 that is broken at one system transaction; nullopt if none is.
std::optional<BatchRule> broken_rule(const Batch& batch, size_t block, size_t index) {
    const auto& transactions = batch.blocks[block].transactions;
    const auto call = callable::decode_system_call(transactions[index].data);
    if (!call)
        return call.error() == protocol::DecodeError::unknown_function
                   ? BatchRule::unknown_system_call
                   : BatchRule::malformed_system_call;
    const uint256 own_chain{batch.chain_id};
    const bool is_first = block == 0 && index == 0;
    const bool is_open = std::holds_alternative<callable::OpenScopeCall>(*call);
    if (is_first != is_open)
        return is_first ? BatchRule::missing_open_scope : BatchRule::repeated_open_scope;
    if (const auto* run = std::get_if<callable::RunRootCall>(&*call);
        run != nullptr && run->context.root_chain_id == own_chain)
        return BatchRule::run_of_own_root;
    if (const auto* load = std::get_if<callable::LoadRootCall>(&*call)) {
        if (load->context.root_chain_id != own_chain) return BatchRule::load_of_foreign_root;
        if (index + 1 == transactions.size() || transactions[index + 1].type == TxType::system)
            return BatchRule::load_without_user_transaction;
        if (hash(transactions[index + 1]) != load->context.operation_hash)
            return BatchRule::wrong_operation_hash;
    }
    return std::nullopt;
}

// --- Execution ---

evm::CallResult call_predeploy(execution::Host& host, const Address& sender,
                               const Address& predeploy, BytesView input, int64_t gas) {
    evm::Message message;
    message.gas = gas;
    message.recipient = predeploy;
    message.code_address = predeploy;
    message.sender = sender;
    message.input = input;
    return host.call(message);
}

/// Runs a system transaction that was refused once more, for its reason, and undoes it.
Bytes revert_data_of(chain::BlockBuilder& builder, const Transaction& tx,
                     const RollupConfig& config) {
    const auto& [sender, predeploy, abort] = config.system();
    const auto gas = execution::intrinsic_gas(tx, builder.environment().revision).intrinsic;
    if (tx.gas_limit < gas) return {};
    const auto checkpoint = builder.checkpoint();
    execution::Host host{builder.state(), builder.environment()};
    host.open_transaction({sender, uint256{}, {}});
    auto result =
        call_predeploy(host, sender, predeploy, tx.data, static_cast<int64_t>(tx.gas_limit - gas));
    host.close_transaction();
    builder.rollback(checkpoint);
    return std::move(result.output);
}

/// Tells for each transaction of a block which accounts it changed.
class Digester {
  public:
    /// @param state  As the first transaction finds it. Must outlive this.
    explicit Digester(const state::State& state) : state_(state), before_(digests()) {}

    void add(const Receipt& receipt) {
        auto after = digests();
        TransactionDigest changed{crypto::keccak256(encode(receipt)), {}};
        // Both are in the order of addresses. What is gone from the difference is as the block
        // found it: digest zero.
        auto old = before_.begin();
        const auto gone_until = [&](auto is_before) {
            for (; old != before_.end() && is_before(old->first); ++old)
                changed.accounts.push_back({old->first, Hash{}});
        };
        for (const auto& [address, digest] : after) {
            gone_until([&](const Address& other) { return other < address; });
            const bool is_known = old != before_.end() && old->first == address;
            if (!is_known || old->second != digest) changed.accounts.push_back({address, digest});
            if (is_known) ++old;
        }
        gone_until([](const Address&) { return true; });
        before_ = std::move(after);
        transactions_.push_back(std::move(changed));
    }
    [[nodiscard]] std::vector<TransactionDigest> take() { return std::move(transactions_); }

  private:
    [[nodiscard]] std::map<Address, Hash> digests() const {
        std::map<Address, Hash> out;
        for (const auto& diff : state_.diff().accounts) out.emplace(diff.address, digest(diff));
        return out;
    }
    static Hash digest(const state::AccountDiff& diff) {
        const Account account = diff.account.value_or(Account{});
        Bytes slots;
        for (const auto& [key, value] : diff.storage) append(slots, concat(key, value));
        return crypto::keccak256(rlp::encode_list(diff.address, diff.is_deleted(), account.nonce,
                                                  account.balance, account.code_hash,
                                                  diff.storage_cleared, slots));
    }

    const state::State& state_;
    std::map<Address, Hash> before_;
    std::vector<TransactionDigest> transactions_;
};

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
    return text;
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
    uint64_t timestamp_s = parent.timestamp_s;
    for (size_t block = 0; block < batch.blocks.size(); ++block) {
        const auto& [block_timestamp_s, coinbase, transactions] = batch.blocks[block];
        if (block_timestamp_s <= timestamp_s)
            return refuse(BatchRule::timestamp_not_after_parent, block);
        if (const auto origin = options.l1_origin_timestamp_s;
            origin && block_timestamp_s > *origin &&
            block_timestamp_s - *origin > MAX_CLOCK_AHEAD_S)
            return refuse(BatchRule::timestamp_ahead_of_l1, block);
        timestamp_s = block_timestamp_s;
        for (size_t i = 0; i < transactions.size(); ++i) {
            if (transactions[i].type != TxType::system) continue;
            if (const auto rule = broken_rule(batch, block, i)) return refuse(*rule, block, i);
        }
    }
    return {};
}

std::optional<std::vector<protocol::Streams>> read_streams(
    const state::StateView& state, const execution::Environment& environment,
    const Address& predeploy) {
    state::State overlay{state};
    execution::Host host{overlay, environment};
    host.open_transaction({});
    const auto view = [&](BytesView input) -> std::optional<Bytes> {
        auto result = call_predeploy(host, Address{}, predeploy, input, VIEW_GAS);
        if (result.status != evm::Status::success) return std::nullopt;
        return std::move(result.output);
    };

    const auto listed = view(callable::get_remotes());
    const auto remotes = listed ? callable::decode_remotes(*listed) : std::nullopt;
    if (!remotes) return std::nullopt;
    std::vector<protocol::Streams> streams;
    for (const auto& chain_id : *remotes) {
        const auto hashes_output = view(callable::get_rolling_hashes(chain_id));
        const auto values_output = view(callable::get_values(chain_id));
        if (!hashes_output || !values_output) return std::nullopt;
        const auto hashes = callable::decode_rolling_hashes(*hashes_output);
        const auto values = callable::decode_values(*values_output);
        if (!hashes || !values) return std::nullopt;
        if (!streams.empty() && chain_id <= streams.back().chain_id) return std::nullopt;
        if (!hashes->is_empty())
            streams.push_back({chain_id, *hashes, values->value_in, values->value_out});
    }
    host.close_transaction();
    return streams;
}

Result<BatchExecution, BatchRefusal> execute_batch(const chain::Chain& chain,
                                                   const RollupConfig& config, const Batch& batch,
                                                   const BatchOptions& options) {
    CHECK(chain.spec().chain_id == config.chain_id());
    const Hash parent = options.parent ? *options.parent : chain.head()->hash;
    ScratchChain scratch{chain, parent};
    TRY_VOID(check_form(config, batch, scratch.head()->header(), options));

    BatchExecution execution;
    execution.pre_state_root = scratch.head()->header().state_root;
    for (size_t index = 0; index < batch.blocks.size(); ++index) {
        const auto& block = batch.blocks[index];
        chain::BlockBuilder builder{scratch.chain(), scratch.head()->hash,
                                    attributes_of(batch, block)};
        std::optional<Digester> digester;
        if (options.digests == Digests::yes) digester.emplace(builder.state());
        for (size_t i = 0; i < block.transactions.size(); ++i) {
            const auto& tx = block.transactions[i];
            execution::Host host{builder.state(), builder.environment()};
            if (const auto outcome = builder.try_transaction(tx, &host); !outcome) {
                auto refusal = refuse(BatchRule::refused_transaction, index, i);
                refusal.error().tx_error = outcome.error();
                if (outcome.error() == execution::TxError::aborted)
                    refusal.error().revert_data = *host.rollup()->abort_reason();
                if (outcome.error() == execution::TxError::system_failed)
                    refusal.error().revert_data = revert_data_of(builder, tx, config);
                return refusal;
            }
            if (digester) digester->add(builder.receipts().back());
        }

        auto environment = builder.environment();
        environment.block_hashes = nullptr;  // they are the builder's; the views ask for none
        auto sealed = builder.seal();
        if (!sealed) {
            auto refusal = refuse(BatchRule::refused_block, index);
            refusal.error().block_refusal = sealed.error();
            return refusal;
        }
        const auto& header = sealed->block.header();
        if (digester)
            execution.digests.push_back({sealed->block.hash, header.state_root, digester->take()});
        if (index + 1 == batch.blocks.size()) {
            auto streams = read_streams(*sealed->state, environment, config.system().target);
            if (!streams) return refuse(BatchRule::unreadable_streams, index);
            execution.remotes = std::move(*streams);
            execution.post_state_root = header.state_root;
            execution.last_block_hash = sealed->block.hash;
        } else {
            scratch.add(*sealed);
        }
        execution.blocks.push_back(std::move(*sealed));
    }
    return execution;
}

void adopt_batch(chain::Chain& chain, BatchExecution execution) {
    for (auto& block : execution.blocks) chain.adopt(std::move(block));
    CHECK(chain.head()->hash == execution.last_block_hash);
}

}  // namespace scope::rollup
