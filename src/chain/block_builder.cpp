#include "chain/block_builder.hpp"

#include "base/check.hpp"
#include "chain/chain.hpp"
#include "chain/header_rules.hpp"
#include "chain/refuse.hpp"
#include "crypto/keccak.hpp"
#include "execution/forced.hpp"

namespace scope::chain {

namespace {

execution::BlockInputs inputs_of(const ChainSpec& spec, const Block& block, uint64_t all_gas,
                                 std::shared_ptr<const state::WorldState> parent_state) {
    execution::BlockInputs inputs;
    inputs.all_gas = all_gas;
    inputs.parent_hash = block.header.parent_hash;
    inputs.parent_beacon_block_root = block.header.parent_beacon_block_root;
    inputs.withdrawals = block.withdrawals;
    inputs.deposit_contract = spec.deposit_contract;
    inputs.intermediate_root = [parent_state](const state::State& state) {
        return parent_state->after(state.diff())->state_root();
    };
    return inputs;
}

}  // namespace

bool are_allowed(const ChainSpec& spec, const BlockHeader& parent,
                 const BlockAttributes& attributes) {
    const evm::Rules& rules = spec.rules_at(parent.number + 1, attributes.timestamp_s);
    const bool is_first_london = rules.has_fee_market && !parent.base_fee_per_gas;
    return attributes.timestamp_s > parent.timestamp_s &&
           attributes.extra_data.size() <= MAX_EXTRA_DATA_SIZE &&
           (!attributes.gas_limit ||
            is_gas_limit_allowed(*attributes.gas_limit, parent, is_first_london));
}

BlockHeader child_header(const ChainSpec& spec, const Hash& parent_hash, const BlockHeader& parent,
                         const BlockAttributes& attributes) {
    BlockHeader header;
    header.parent_hash = parent_hash;
    header.number = parent.number + 1;
    header.timestamp_s = attributes.timestamp_s;
    CHECK(header.timestamp_s > parent.timestamp_s);
    header.coinbase = attributes.coinbase;
    header.prev_randao = attributes.prev_randao;
    header.extra_data = attributes.extra_data;
    CHECK(header.extra_data.size() <= MAX_EXTRA_DATA_SIZE);
    header.difficulty = next_difficulty(spec, parent, header.timestamp_s);

    const evm::Rules& rules = spec.rules_at(header.number, header.timestamp_s);
    const bool is_first_london = rules.has_fee_market && !parent.base_fee_per_gas;
    const auto forced = forced_child(spec, parent_hash);
    header.gas_limit = attributes.gas_limit.value_or(parent.gas_limit *
                                                     (is_first_london ? ELASTICITY_MULTIPLIER : 1));
    CHECK(is_gas_limit_allowed(header.gas_limit, parent, is_first_london));
    if (forced.gas_limit) header.gas_limit = *forced.gas_limit;
    if (rules.has_fee_market)
        header.base_fee_per_gas = forced.base_fee.value_or(next_base_fee(parent));
    if (rules.has_withdrawals) header.withdrawals_root = withdrawals_root(attributes.withdrawals);
    if (rules.has_blobs) {
        header.excess_blob_gas = next_excess_blob_gas(spec, parent, header.timestamp_s);
        header.blob_gas_used = 0;
    }
    if (rules.has_beacon_root)
        header.parent_beacon_block_root = attributes.parent_beacon_block_root;
    return header;
}

struct BlockBuilder::Impl {
    Impl(const Chain& on, const Hash& parent_hash, const BlockAttributes& attributes,
         state::Journal* journal)
        : spec(on.spec()),
          parent(on.store().block(parent_hash)),
          parent_state(on.kept_state_after(parent_hash)),
          ancestors(on.ancestors(parent_hash)) {
        CHECK(parent != nullptr);
        block.header = child_header(spec, parent_hash, parent->header(), attributes);
        if (block.header.withdrawals_root) block.withdrawals = attributes.withdrawals;
        environment = make_environment(spec, block.header, ancestors.get());
        if (journal != nullptr)
            state.emplace(*parent_state, *journal);
        else
            state.emplace(*parent_state);
        executor.emplace(*state, environment,
                         inputs_of(spec, block, attributes.all_gas, parent_state));
        executor->begin();
        size_bytes = encode(block).size() + SIZE_RESERVE;
    }

    static constexpr size_t SIZE_RESERVE = 64;  // what list headers and numbers may grow by

    ChainSpec spec;
    StoredBlockPtr parent;
    std::shared_ptr<const state::WorldState> parent_state;
    std::unique_ptr<execution::BlockHashes> ancestors;
    Block block;
    std::vector<Hash> hashes;
    std::vector<Address> senders;
    std::vector<size_t> sizes;  // of transactions, in bytes
    size_t size_bytes = 0;
    execution::Environment environment;
    std::optional<state::State> state;
    std::optional<execution::BlockExecutor> executor;
    bool is_sealed = false;
};

BlockBuilder::BlockBuilder(const Chain& chain, const Hash& parent, BlockAttributes attributes,
                           state::Journal* journal)
    : impl_(std::make_unique<Impl>(chain, parent, attributes, journal)) {}

BlockBuilder::~BlockBuilder() = default;

const execution::Environment& BlockBuilder::environment() const noexcept {
    return impl_->environment;
}

state::State& BlockBuilder::state() noexcept {
    return *impl_->state;
}

const BlockHeader& BlockBuilder::header() const noexcept {
    return impl_->block.header;
}

const std::vector<Transaction>& BlockBuilder::transactions() const noexcept {
    return impl_->block.transactions;
}

const std::vector<Receipt>& BlockBuilder::receipts() const noexcept {
    return impl_->executor->receipts();
}

execution::Room BlockBuilder::room() const noexcept {
    return impl_->executor->room();
}

uint64_t BlockBuilder::all_gas_used() const noexcept {
    return impl_->executor->all_gas_used();
}

Result<execution::Outcome, execution::TxError> BlockBuilder::try_transaction(
    const Transaction& tx, execution::Host* host) {
    return try_transaction_of(execution::sender_of(tx, impl_->environment), tx, host);
}

Result<execution::Outcome, execution::TxError> BlockBuilder::try_transaction_of(
    const Result<Address, execution::TxError>& known_sender, const Transaction& tx,
    execution::Host* host) {
    CHECK(!impl_->is_sealed);
    const Bytes envelope = encode(tx);
    const size_t size = envelope.size() + 8;  // with the header of its bytes in the list
    if (impl_->size_bytes + size > impl_->environment.rules().max_block_size)
        return std::unexpected{execution::TxError::block_size_exceeded};
    const Address sender = TRY(known_sender);
    // Who executes the block anew has to come to the same sender. No other one costs its recovery.
    if (impl_->environment.forced && execution::looks_impersonated(tx) &&
        execution::sender_of(tx, impl_->environment) != sender)
        return std::unexpected{execution::TxError::invalid_signature};
    auto outcome = TRY(impl_->executor->execute(tx, sender, host));
    impl_->block.transactions.push_back(tx);
    impl_->hashes.push_back(crypto::keccak256(envelope));
    impl_->senders.push_back(sender);
    impl_->sizes.push_back(size);
    impl_->size_bytes += size;
    return outcome;
}

BlockBuilder::Checkpoint BlockBuilder::checkpoint() const noexcept {
    return impl_->executor->checkpoint();
}

void BlockBuilder::rollback(const Checkpoint& checkpoint) {
    CHECK(!impl_->is_sealed);
    impl_->executor->rollback(checkpoint);
    impl_->block.transactions.resize(checkpoint.transactions);
    impl_->hashes.resize(checkpoint.transactions);
    impl_->senders.resize(checkpoint.transactions);
    for (; impl_->sizes.size() > checkpoint.transactions; impl_->sizes.pop_back())
        impl_->size_bytes -= impl_->sizes.back();
}

Result<SealedBlock, BlockRefusal> BlockBuilder::seal() {
    CHECK(!impl_->is_sealed);
    impl_->is_sealed = true;
    auto outcome = impl_->executor->finish();
    if (!outcome) return refuse(to_block_error(outcome.error()));

    BlockHeader& header = impl_->block.header;
    SealedBlock sealed;
    const auto diff = impl_->state->diff();
    sealed.state = impl_->parent_state->after(diff);
    header.state_root = sealed.state->state_root();
    header.transactions_root = transactions_root(impl_->block.transactions);
    header.receipts_root = receipts_root(outcome->receipts);
    header.logs_bloom = outcome->logs_bloom;
    header.gas_used = outcome->gas_used;
    if (header.blob_gas_used) header.blob_gas_used = outcome->blob_gas_used;
    header.requests_hash = outcome->requests_hash;

    StoredBlock& block = sealed.block;
    block.hash = hash(header);
    block.block = impl_->block;
    block.receipts = std::move(outcome->receipts);
    block.transaction_hashes = std::move(impl_->hashes);
    block.senders = std::move(impl_->senders);
    block.requests = std::move(outcome->requests);
    block.total_difficulty = impl_->parent->total_difficulty + header.difficulty;
    block.state_bytes = state::size_in_memory(diff);
    return sealed;
}

}  // namespace scope::chain
