#include "chain/chain.hpp"

#include "base/check.hpp"
#include "base/hex.hpp"
#include "chain/header_rules.hpp"
#include "chain/refuse.hpp"
#include "crypto/kzg.hpp"
#include "execution/sender_recovery.hpp"
#include "rlp/decode.hpp"
#include "state/unavailable.hpp"

namespace scope::chain {

namespace {

/// Hashes of a block's ancestors, found by walking from its parent and kept. For one thread.
class Ancestors final : public execution::BlockHashes {
  public:
    /// REQUIRES: the store, which must outlive it, has the parent.
    Ancestors(const Store& store, const Hash& parent) : store_(store), hashes_{parent} {
        const auto block = store.block(parent);
        CHECK(block != nullptr);
        parent_number_ = block->header().number;
    }

    [[nodiscard]] Hash block_hash(uint64_t number) const override {
        if (number > parent_number_) return {};
        const uint64_t distance = parent_number_ - number;
        while (hashes_.size() <= distance) {
            const auto block = store_.block(hashes_.back());
            if (!block) return {};
            hashes_.push_back(block->header().parent_hash);
        }
        return hashes_[distance];
    }

  private:
    const Store& store_;
    uint64_t parent_number_;
    mutable std::vector<Hash> hashes_;  // of the parent, its parent, ...
};

/// Names the rule where bytes are no block for a transaction that can't exist.
BlockRefusal refusal_of(BytesView block, BlockDecodeError error) {
    constexpr BlockRefusal MALFORMED{BlockError::malformed, 0, std::nullopt};
    if (error != BlockDecodeError::bad_transaction) return MALFORMED;
    rlp::Reader reader{block};
    auto parts = reader.list();
    if (!parts || !parts->item()) return MALFORMED;
    auto transactions = parts->list();
    for (size_t i = 0; transactions && !transactions->at_end(); ++i) {
        const auto item = transactions->item();
        if (!item) break;
        if (item->is_list || item->payload.empty()) continue;
        const auto tx = decode_transaction(item->payload);
        if (tx || tx.error() != TxDecodeError::missing_to) continue;
        return {BlockError::invalid_transaction, i,
                item->payload[0] == static_cast<uint8_t>(TxType::blob)
                    ? execution::TxError::blob_creates
                    : execution::TxError::set_code_creates};
    }
    return MALFORMED;
}

}  // namespace

execution::Environment make_environment(const ChainSpec& spec, const BlockHeader& header,
                                        const execution::BlockHashes* ancestors) {
    execution::Environment environment;
    environment.revision = spec.revision_at(header.number, header.timestamp_s);
    environment.blobs = spec.blobs_at(header.timestamp_s);
    environment.rollup = spec.rollup;
    environment.block_hashes = ancestors;
    environment.forced = spec.forced;
    auto& block = environment.block;
    block.coinbase = header.coinbase;
    block.number = header.number;
    block.timestamp_s = header.timestamp_s;
    block.gas_limit = header.gas_limit;
    block.prev_randao = header.prev_randao;
    block.difficulty = header.difficulty;
    block.base_fee = header.base_fee_per_gas.value_or(uint256{});
    if (header.excess_blob_gas)
        block.blob_base_fee = execution::blob_base_fee(*header.excess_blob_gas, environment.blobs);
    block.chain_id = spec.chain_id;
    return environment;
}

BlockHeader genesis_header(const ChainSpec& spec, const Genesis& genesis, const Hash& state_root) {
    BlockHeader header;
    header.parent_hash = genesis.parent_hash;
    header.coinbase = genesis.coinbase;
    header.state_root = state_root;
    header.difficulty = genesis.difficulty;
    header.number = genesis.number;
    header.gas_limit = genesis.gas_limit;
    header.timestamp_s = genesis.timestamp_s;
    header.extra_data = genesis.extra_data;
    header.prev_randao = genesis.prev_randao;
    header.nonce = genesis.nonce;
    const evm::Rules& rules = spec.rules_at(genesis.number, genesis.timestamp_s);
    if (rules.has_fee_market)
        header.base_fee_per_gas = genesis.base_fee_per_gas.value_or(uint256{INITIAL_BASE_FEE});
    if (rules.has_withdrawals) header.withdrawals_root = EMPTY_TRIE_ROOT;
    if (rules.has_blobs) {
        header.blob_gas_used = genesis.blob_gas_used.value_or(0);
        header.excess_blob_gas = genesis.excess_blob_gas.value_or(0);
    }
    if (rules.has_beacon_root)
        header.parent_beacon_block_root = genesis.parent_beacon_block_root.value_or(Hash{});
    if (rules.has_requests) header.requests_hash = execution::requests_hash({});
    return header;
}

Hash genesis_hash(const ChainSpec& spec, const Genesis& genesis) {
    return hash(genesis_header(spec, genesis, state::MemoryState{genesis.alloc}.state_root()));
}

Chain::Chain(ChainSpec spec, const Genesis& genesis, std::unique_ptr<Store> store)
    : spec_(std::move(spec)), store_(std::move(store)) {
    CHECK(store_ != nullptr);
    if (store_->head()) return;
    auto state = std::make_shared<const state::MemoryState>(genesis.alloc);
    auto stored = std::make_shared<StoredBlock>();
    stored->block.header = genesis_header(spec_, genesis, state->state_root());
    if (stored->header().withdrawals_root) stored->block.withdrawals.emplace();
    stored->hash = hash(stored->header());
    stored->total_difficulty = genesis.difficulty;
    const Hash hash = stored->hash;
    store_->put_block(std::move(stored), std::move(state));
    store_->set_head(hash);
}

std::shared_ptr<const state::WorldState> Chain::state_after(const Hash& block) const {
    auto own = store_->state(block);
    return spec_.forced ? spec_.forced->state_after(block, std::move(own)) : own;
}

std::shared_ptr<const state::WorldState> Chain::kept_state_after(const Hash& block) const {
    auto state = state_after(block);
    if (state) return state;
    const StoredBlockPtr stored = store_->block(block);
    const std::string number = stored ? std::to_string(stored->header().number) + " " : "";
    throw state::Unavailable{"the state after block " + number + to_hex(block) + " is not kept"};
}

void force_state(const Chain& chain, const Hash& block,
                 const std::function<void(state::State&)>& change) {
    CHECK(chain.spec().forced != nullptr);
    const auto before = chain.kept_state_after(block);
    state::State state{*before};
    change(state);
    chain.spec().forced->change_state(block, *before, state.diff());
}

std::unique_ptr<execution::BlockHashes> Chain::ancestors(const Hash& parent) const {
    return std::make_unique<Ancestors>(*store_, parent);
}

Result<SealedBlock, BlockRefusal> Chain::validate(const Block& block) const {
    const StoredBlockPtr parent = store_->block(block.header.parent_hash);
    if (!parent) return refuse(BlockError::unknown_parent);
    BlockFindings findings;
    check_header(findings, spec_, block.header, parent->header());
    if (!findings.first()) check_body(findings, spec_, block);
    if (findings.first()) return refuse(*findings.first());
    if (const auto valid = validate_ommers(spec_, block, *store_); !valid)
        return refuse(valid.error());
    BrokenRules broken;
    return execute(block, *parent, broken);
}

BrokenRules Chain::broken_rules(const Block& block) const {
    BlockFindings findings;
    const StoredBlockPtr parent = store_->block(block.header.parent_hash);
    if (!parent) {
        findings.add(BlockError::unknown_parent);
        return {findings.all(), {}};
    }
    check_header(findings, spec_, block.header, parent->header());
    check_body(findings, spec_, block);
    if (!validate_ommers(spec_, block, *store_)) findings.add(BlockError::wrong_ommers);
    BrokenRules broken{findings.all(), {}};
    // Without its number or with wrong ommers there is no saying what execution would be.
    if (findings.has(BlockError::wrong_number) || findings.has(BlockError::wrong_ommers))
        return broken;
    const auto sealed = execute(block, *parent, broken);
    if (!sealed) broken.block.set(static_cast<size_t>(sealed.error().error));
    return broken;
}

Result<SealedBlock, BlockRefusal> Chain::execute(const Block& block, const StoredBlock& parent,
                                                 BrokenRules& broken) const {
    const BlockHeader& header = block.header;
    const auto parent_state = state_after(header.parent_hash);
    if (!parent_state) return refuse(BlockError::parent_state_not_kept);
    const auto hashes = ancestors(header.parent_hash);
    const execution::Environment environment = make_environment(spec_, header, hashes.get());
    state::State state{*parent_state};
    execution::BlockInputs inputs;
    inputs.parent_hash = header.parent_hash;
    inputs.parent_beacon_block_root = header.parent_beacon_block_root;
    inputs.ommers = block.ommers;
    inputs.withdrawals = block.withdrawals;
    inputs.deposit_contract = spec_.deposit_contract;
    inputs.intermediate_root = [&](const state::State& now) {
        return parent_state->after(now.diff())->state_root();
    };
    execution::BlockExecutor executor{state, environment, std::move(inputs)};
    executor.begin();

    execution::SenderRecovery senders{block.transactions, environment};
    SealedBlock sealed;
    StoredBlock& stored = sealed.block;
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        const Transaction& tx = block.transactions[i];
        const auto refuse_transaction = [&](execution::TxError error) {
            broken.transaction.set(static_cast<size_t>(error));
            return std::unexpected{BlockRefusal{BlockError::invalid_transaction, i, error}};
        };
        const auto sender = senders.sender(i);
        if (!sender) return refuse_transaction(sender.error());
        const auto room = executor.room();
        const auto outcome = executor.execute(tx, *sender);
        if (!outcome) {
            broken.transaction |= execution::broken_rules(state, environment, tx, *sender, room);
            return refuse_transaction(outcome.error());
        }
        stored.transaction_hashes.push_back(hash(tx));
        stored.senders.push_back(*sender);
        state.journal().forget();  // a refused block is dropped whole
    }
    BlockFindings findings;
    const auto refuse_first = [&] {
        broken.block |= findings.all();
        return refuse(*findings.first());
    };
    findings.check(transactions_root(block.transactions) != header.transactions_root,
                   BlockError::wrong_transactions_root);
    auto outcome = executor.finish();
    if (!outcome) {
        findings.add(to_block_error(outcome.error()));
        return refuse_first();
    }
    findings.check(outcome->gas_used != header.gas_used, BlockError::wrong_gas_used);
    findings.check(header.blob_gas_used && outcome->blob_gas_used != *header.blob_gas_used,
                   BlockError::wrong_blob_gas_used);
    findings.check(receipts_root(outcome->receipts) != header.receipts_root,
                   BlockError::wrong_receipts_root);
    findings.check(outcome->logs_bloom != header.logs_bloom, BlockError::wrong_logs_bloom);
    findings.check(outcome->requests_hash != header.requests_hash, BlockError::wrong_requests_hash);
    const auto diff = state.diff();
    sealed.state = parent_state->after(diff);
    findings.check(sealed.state->state_root() != header.state_root, BlockError::wrong_state_root);
    if (findings.first()) return refuse_first();

    stored.hash = hash(header);
    stored.block = block;
    stored.receipts = std::move(outcome->receipts);
    stored.requests = std::move(outcome->requests);
    stored.total_difficulty = parent.total_difficulty + header.difficulty;
    stored.state_bytes = state::size_in_memory(diff);
    return sealed;
}

Result<StoredBlockPtr, BlockRefusal> Chain::import(const Block& block) {
    if (store_->block(hash(block.header))) return refuse(BlockError::already_known);
    SealedBlock sealed = TRY(validate(block));
    auto stored = std::make_shared<const StoredBlock>(std::move(sealed.block));
    const auto head_before = head();
    store_->put_block(stored, std::move(sealed.state));
    if (stored->header().parent_hash == head_before->hash ||
        stored->total_difficulty > head_before->total_difficulty)
        store_->set_head(stored->hash);
    return stored;
}

StoredBlockPtr Chain::adopt(SealedBlock sealed) {
    auto stored = store_->block(sealed.block.hash);
    if (stored) {
        set_head(stored->hash);
        return stored;
    }
    const Hash& parent = sealed.block.header().parent_hash;
    CHECK(store_->block(parent) != nullptr);
    (void)kept_state_after(parent);
    stored = std::make_shared<const StoredBlock>(std::move(sealed.block));
    store_->put_block(stored, std::move(sealed.state));
    store_->set_head(stored->hash);
    return stored;
}

Result<StoredBlockPtr, BlockRefusal> Chain::import_bytes(BytesView rlp) {
    const auto block = decode_block(rlp);
    if (!block) return std::unexpected{refusal_of(rlp, block.error())};
    return import(*block);
}

void Chain::set_head(const Hash& block_hash) {
    (void)kept_state_after(block_hash);
    store_->set_head(block_hash);
}

Result<BuiltBlock, BlockRefusal> Chain::build_block(const BlockAttributes& attributes,
                                                    std::span<const Transaction> transactions,
                                                    std::span<const Address> senders) const {
    CHECK(senders.empty() || senders.size() == transactions.size());
    BlockBuilder builder{*this, head()->hash, attributes};
    std::optional<execution::SenderRecovery> recovery;
    if (senders.empty()) recovery.emplace(transactions, builder.environment());
    BuiltBlock built;
    for (size_t i = 0; i < transactions.size(); ++i) {
        auto outcome = builder.try_transaction_of(
            recovery ? recovery->sender(i) : Result<Address, execution::TxError>{senders[i]},
            transactions[i]);
        if (outcome)
            built.outcomes.push_back(std::move(*outcome));
        else
            built.refused.push_back({i, outcome.error()});
    }
    built.sealed = TRY(builder.seal());
    return built;
}

bool Chain::add_blob(StoredBlobPtr blob) {
    if (!crypto::verify_blob_proof(blob->blob, blob->commitment, blob->proof)) return false;
    const Hash versioned_hash = crypto::versioned_hash(blob->commitment);
    store_->put_blob(versioned_hash, std::move(blob));
    return true;
}

}  // namespace scope::chain
