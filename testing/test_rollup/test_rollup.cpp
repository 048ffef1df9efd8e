#include "test_rollup/test_rollup.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "evm/opcodes.hpp"
#include "execution/transaction.hpp"
#include "protocol/abi_fields.hpp"
#include "protocol/callable.hpp"
#include "rollup/blob_codec.hpp"
#include "test_rollup/assembler.hpp"
#include "types/signing.hpp"

namespace scope::rollup::test {

using namespace literals;
namespace callable = protocol::callable;

namespace {

constexpr protocol::SettlementId SETTLEMENT{L1_CHAIN,
                                            "0x5e771e0000000000000000000000000000000001"_address};
constexpr uint64_t SLOT_S = 12;

/// Returns the time of a block of FakeL1; the rollups' genesis is that of its first one.
uint64_t timestamp_of(uint64_t l1_block) {
    return 1000 + SLOT_S * l1_block;
}

/// Returns a signed transaction of L1 that calls the settlement contract.
Transaction to_settlement(Bytes calldata, const std::vector<Hash>& versioned_hashes = {}) {
    Transaction tx;
    tx.type = versioned_hashes.empty() ? TxType::dynamic_fee : TxType::blob;
    tx.chain_id = L1_CHAIN;
    tx.gas_limit = execution::MAX_TRANSACTION_GAS;
    tx.to = SETTLEMENT.settlement;
    tx.data = std::move(calldata);
    tx.blob_versioned_hashes = versioned_hashes;
    sign(tx, key(2));
    return tx;
}

/// Returns the receipt of one that succeeded with this event.
Receipt receipt_of(const Transaction& tx, Log event) {
    Receipt receipt;
    receipt.type = tx.type;
    receipt.success = true;
    receipt.logs.push_back(std::move(event));
    receipt.logs_bloom = bloom_of(receipt.logs);
    return receipt;
}

}  // namespace

crypto::SecretKey key(uint8_t number) {
    Hash value;
    value[31] = number;
    return crypto::SecretKey::from(value).value();
}

Address user() {
    return crypto::address_of(key(1));
}

Bytes predeploy_code() {
    Assembler code;
    code.when_called(callable::get_remotes(), [&] {
        code.push(32)
            .to_memory(0)
            .push(1)
            .to_memory(1)
            .push(REMOTE.number())
            .to_memory(2)
            .give_back(3);
    });
    code.when_called(callable::get_rolling_hashes({}), [&] {
        for (uint64_t i = 0; i < 4; ++i) code.load(i).to_memory(i);
        code.give_back(4);
    });
    code.when_called(callable::get_values({}), [&] {
        for (uint64_t i = 0; i < 2; ++i) code.load(4 + i).to_memory(i);
        code.give_back(2);
    });
    code.when_called(callable::get_limit({}), [&] { code.push(0).to_memory(0).give_back(1); });
    code.when_called(callable::open_scope({}), [&] {
        for (uint64_t i = 0; i < 4; ++i) code.push(protocol::rolling_hash_seed()).store(i);
        code.push(0).store(4).push(0).store(5).give_back(0);
    });
    code.when_called(callable::forced_queue_position(),
                     [&] { code.load(POSITION_SLOT).to_memory(0).give_back(1); });
    code.when_called(callable::take_forced(0),
                     [&] { code.argument(0).store(POSITION_SLOT).give_back(0); });
    code.when_called(callable::upgrade({}), [&] { code.give_back(0); });
    code.when_called(callable::deposit(0, {}), [&] {
        code.argument(3).push(REVERTING_VALUE).op({evm::OP_EQ}).when([&] {
            code.push(0).push(0).op({evm::OP_REVERT});
        });
        const auto count = [&](uint64_t slot) {
            code.load(slot).push(1).op({evm::OP_ADD}).store(slot).give_back(0);
        };
        code.push(0).push(0).push(0).push(0);  // no data, none back
        code.argument(3).argument(2).argument(4).op({evm::OP_CALL});
        code.when([&] { count(DEPOSITED_SLOT); });
        count(FAILED_DEPOSITS_SLOT);
    });
    code.when_called(callable::remove_chains({}), [&] {
        code.argument(1).store(REMOVED_COUNT_SLOT).argument(2).store(REMOVED_CHAIN_SLOT);
        code.give_back(0);
    });
    code.when_called(callable::add_chains({}), [&] {  // offset, length, the first
        code.argument(1).store(ADDED_COUNT_SLOT).argument(2).store(ADDED_CHAIN_SLOT).give_back(0);
    });
    for (const auto& load : {callable::load_root({}, {}), callable::run_root({}, {})}) {
        code.when_called(load, [&] {
            code.argument(2).push(REVERTING_INDEX).op({evm::OP_EQ}).when([&] {
                code.argument(2).to_memory(0).push(32).push(0).op({evm::OP_REVERT});
            });
            code.argument(1).store(1).argument(2).store(5);
            code.argument(1).push(0).op({evm::OP_TSTORE}).give_back(0);
        });
    }
    code.push(0).op({evm::OP_TLOAD}).store(CARRIED_SLOT).give_back(0);
    return code.take();
}

namespace {

Bytes logger_code() {
    Assembler code;
    code.op({evm::OP_JUMPDEST});
    for (int i = 0; i < 32; ++i) code.push(1).op({evm::OP_PUSH0, evm::OP_LOG0});
    code.op({evm::OP_GAS}).push(25'000).op({evm::OP_LT, evm::OP_PUSH0, evm::OP_JUMPI});
    return code.take();
}

}  // namespace

RollupConfig config(ChainId chain_id) {
    RollupConfig config{rollup_spec(chain_id), {}, SETTLEMENT, Hash{{0x77}}};
    config.genesis.timestamp_s = timestamp_of(0);
    config.genesis.gas_limit = MIN_GAS_LIMIT;
    config.genesis.alloc[PREDEPLOY] = {.balance = RESERVE, .code = predeploy_code()};
    config.genesis.alloc[LOGGER].code = logger_code();
    config.genesis.alloc[user()].balance = uint256{1'000'000'000'000'000'000u};
    // EIP-7002 and EIP-7251 want code; this one asks for nothing.
    for (const auto& contract : {"0x00000961ef480eb55e80d19ad83579a64c007002"_address,
                                 "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address})
        config.genesis.alloc[contract].code = {evm::OP_STOP};
    return config;
}

chain::Chain make_chain(const RollupConfig& config) {
    return chain::Chain{config.spec, config.genesis};
}

// --- Transactions and batches ---

Author::Author(const chain::Chain& chain) : chain_id_(chain.spec().chain_id) {
    const auto nonce_of = [&](const Address& address) {
        const auto account = chain.head_state()->account(address);
        return account ? account->nonce : 0;
    };
    system_nonce_ = nonce_of(SYSTEM_SENDER);
    user_nonce_ = nonce_of(user());
}

Transaction Author::system(Bytes calldata) {
    Transaction tx;
    tx.type = TxType::system;
    tx.chain_id = chain_id_;
    tx.nonce = system_nonce_++;
    tx.gas_limit = 1'000'000;
    tx.to = PREDEPLOY;
    tx.data = std::move(calldata);
    return tx;
}

Transaction Author::open_scope() {
    return system(callable::open_scope({uint256{L1_CHAIN}, uint256{REMOTE}}));
}

Transaction Author::run_root(uint64_t index) {
    const ChainId elsewhere = chain_id_ == CHAIN ? REMOTE : CHAIN;
    return system(callable::run_root({uint256{elsewhere}, Hash{{0xab}}, uint256{index}}, {}));
}

Transaction Author::load_root(const Transaction& user_transaction, uint64_t index) {
    return system(
        callable::load_root({uint256{chain_id_}, hash(user_transaction), uint256{index}}, {}));
}

Transaction Author::add_chains(const std::vector<uint256>& chain_ids) {
    return system(callable::add_chains(chain_ids));
}

Transaction Author::remove_chains(const std::vector<uint256>& chain_ids) {
    return system(callable::remove_chains(chain_ids));
}

Transaction Author::upgrade(const Bytes& code) {
    return system(callable::upgrade(code));
}

Transaction Author::take_forced(uint64_t position) {
    return system(callable::take_forced(position));
}

std::vector<Transaction> Author::openings(const BatchOptions& options, uint64_t l1_origin_number,
                                          uint64_t position) {
    const uint64_t before = options.parent_l1_origin_number;
    std::vector<Transaction> transactions{open_scope()};
    const auto to_add = chains_to_add(*options.l1, chain_id_, before, l1_origin_number);
    if (!to_add.empty()) transactions.push_back(add_chains(to_add));
    const auto to_remove = chains_to_remove(*options.l1, chain_id_, before, l1_origin_number);
    if (!to_remove.empty()) transactions.push_back(remove_chains(to_remove));
    if (const auto code = upgrade_to(*options.l1, chain_id_, before, l1_origin_number))
        transactions.push_back(upgrade(*code));
    if (position > options.parent_forced_queue_position)
        transactions.push_back(take_forced(position));
    return transactions;
}

Transaction Author::user_transaction(const Address& to, uint64_t value_wei, Bytes data) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain_id_;
    tx.nonce = user_nonce_++;
    tx.gas_limit = 100'000;
    tx.max_fee_per_gas = 2'000'000'000u;
    tx.max_priority_fee_per_gas = 1u;
    tx.to = to;
    tx.value = uint256{value_wei};
    tx.data = std::move(data);
    sign(tx, key(1));
    return tx;
}

Transaction Author::transfer(const Address& to, uint64_t value_wei) {
    return user_transaction(to, value_wei, {});
}

Transaction Author::call_predeploy() {
    return user_transaction(PREDEPLOY, 0, {1, 2, 3, 4});
}

Transaction Author::logs(uint64_t gas) {
    auto tx = user_transaction(LOGGER, 0, {});
    tx.gas_limit = gas;
    sign(tx, key(1));
    return tx;
}

Transaction Author::root() {
    return user_transaction(PREDEPLOY, 0, concat(Bytes{1, 2, 3, 4}, execution::ROOT_MARKER));
}

Batch make_batch(const chain::Chain& chain, std::vector<std::vector<Transaction>> blocks,
                 uint64_t number, const Hash& l1_origin_hash, uint64_t l1_origin_number) {
    const auto& head = chain.head()->header();
    Batch batch{chain.spec().chain_id, number, head.number + 1, {}};
    uint64_t timestamp_s = std::max(head.timestamp_s, timestamp_of(l1_origin_number));
    for (auto& transactions : blocks)
        batch.blocks.push_back({.l1_origin_number = l1_origin_number,
                                .l1_origin_hash = l1_origin_hash,
                                .timestamp_s = timestamp_s += SLOT_S,
                                .coinbase = Address{{0xc0}},
                                .transactions = std::move(transactions)});
    return batch;
}

Batch sample_batch(const chain::Chain& chain, const Hash& l1_origin_hash,
                   uint64_t l1_origin_number) {
    Author author{chain.spec().chain_id};
    std::vector<std::vector<Transaction>> blocks(2);
    blocks[0].push_back(author.open_scope());
    blocks[0].push_back(author.transfer(Address{{0x01, 0x02}}, 5));
    const auto own_root = author.root();
    blocks[0].push_back(author.load_root(own_root, 0));
    blocks[0].push_back(own_root);
    blocks[1].push_back(author.run_root(3));
    blocks[1].push_back(author.transfer(Address{{0x03}}, 6));
    return make_batch(chain, std::move(blocks), 0, l1_origin_hash, l1_origin_number);
}

Batch logging_batch(const chain::Chain& chain, uint64_t gas, const Hash& l1_origin_hash,
                    uint64_t l1_origin_number) {
    const uint64_t block_gas = chain.head()->header().gas_limit;
    Author author{chain.spec().chain_id};
    std::vector<std::vector<Transaction>> blocks{{author.open_scope()}};
    for (uint64_t left = block_gas; gas > 0;) {
        const uint64_t call_gas = std::min(gas, execution::MAX_TRANSACTION_GAS);
        if (call_gas > left) {
            blocks.emplace_back();
            left = block_gas;
        }
        blocks.back().push_back(author.logs(call_gas));
        left -= call_gas;
        gas -= call_gas;
    }
    return make_batch(chain, std::move(blocks), 0, l1_origin_hash, l1_origin_number);
}

// --- L1 ---

FakeL1::FakeL1() {
    add({}, {});
}

Result<l1::L1Heads, l1::L1Error> FakeL1::heads() const {
    if (unreachable_) return std::unexpected{l1::L1Error::unreachable};
    const auto behind = [&](size_t depth) {
        const size_t number = blocks_.size() - 1 - std::min(depth, blocks_.size() - 1);
        return l1::L1BlockId{number, blocks_[number]->hash};
    };
    return l1::L1Heads{behind(0), behind(SAFE_DEPTH), behind(FINALIZED_DEPTH)};
}

Result<chain::StoredBlockPtr, l1::L1Error> FakeL1::block(uint64_t number) const {
    if (unreachable_) return std::unexpected{l1::L1Error::unreachable};
    return number < blocks_.size() ? blocks_[static_cast<size_t>(number)] : nullptr;
}

Result<chain::StoredBlobPtr, l1::L1Error> FakeL1::blob(const Hash& versioned_hash) const {
    if (unreachable_ || blobs_unreachable_) return std::unexpected{l1::L1Error::unreachable};
    const auto found = blobs_.find(versioned_hash);
    return found != blobs_.end() ? found->second : nullptr;
}

void FakeL1::add(std::vector<Transaction> transactions, std::vector<Receipt> receipts) {
    auto block = std::make_shared<chain::StoredBlock>();
    auto& header = block->block.header;
    if (!blocks_.empty()) header.parent_hash = blocks_.back()->hash;
    header.number = blocks_.size();
    header.prev_randao = to_be(uint256{added_++});
    header.timestamp_s = timestamp_of(blocks_.size());
    header.transactions_root = transactions_root(transactions);
    header.receipts_root = receipts_root(receipts);
    block->block.transactions = std::move(transactions);
    block->receipts = std::move(receipts);
    block->hash = hash(header);
    blocks_.push_back(std::move(block));
}

void FakeL1::settle(const std::vector<Claimed>& batches) {
    auto [transaction, receipt, blobs] = settling(batches);
    for (const auto& blob : blobs) keep(blob);
    add({std::move(transaction)}, {std::move(receipt)});
}

void FakeL1::emit(const std::vector<Log>& events) {
    std::vector<Transaction> transactions;
    std::vector<Receipt> receipts;
    for (const auto& event : events) {
        transactions.push_back(to_settlement(Bytes{}));
        receipts.push_back(receipt_of(transactions.back(), event));
    }
    add(std::move(transactions), std::move(receipts));
}

void FakeL1::register_rollups(const std::vector<uint256>& chain_ids) {
    std::vector<Log> events;
    for (const auto& chain_id : chain_ids) events.push_back(registration(chain_id));
    emit(events);
}

void FakeL1::queue(ChainId chain_id, const std::vector<protocol::ForcedEntry>& entries) {
    uint64_t index = queue_length(chain_id);
    std::vector<Log> events;
    for (const auto& entry : entries) events.push_back(queueing(uint256{chain_id}, index++, entry));
    emit(events);
}

uint64_t FakeL1::queue_length(ChainId chain_id) const {
    return entries_of(chain_id).size();
}

std::optional<L1Origins::Origin> FakeL1::l1_origin(uint64_t number) const {
    if (number >= blocks_.size()) return std::nullopt;
    const auto& block = *blocks_[static_cast<size_t>(number)];
    return Origin{block.hash, block.header().timestamp_s};
}

std::vector<ChainId> FakeL1::registered(uint64_t after, uint64_t up_to) const {
    std::vector<ChainId> chain_ids;
    for (uint64_t number = after + 1; number <= up_to; ++number)
        std::ranges::copy(rollup_events(*blocks_.at(number), SETTLEMENT).registered,
                          std::back_inserter(chain_ids));
    std::ranges::sort(chain_ids);
    return chain_ids;
}

std::vector<ChainId> FakeL1::closed(uint64_t after, uint64_t up_to) const {
    std::vector<ChainId> chain_ids;
    for (uint64_t number = after + 1; number <= up_to; ++number)
        std::ranges::copy(rollup_events(*blocks_.at(number), SETTLEMENT).closed,
                          std::back_inserter(chain_ids));
    std::ranges::sort(chain_ids);
    return chain_ids;
}

std::optional<Bytes> FakeL1::upgrade(ChainId chain_id, uint64_t after, uint64_t up_to) const {
    std::optional<Bytes> last;
    for (uint64_t number = after + 1; number <= up_to; ++number)
        for (const auto& upgrade : rollup_events(*blocks_.at(number), SETTLEMENT).upgrades)
            if (upgrade.chain_id == uint256{chain_id}) last = upgrade.code;
    return last;
}

const QueuedEntry* FakeL1::forced_entry(ChainId chain_id, uint64_t index) const {
    auto entries = entries_of(chain_id);
    if (index >= entries.size()) return nullptr;
    return &(lent_[{chain_id, index}] = std::move(entries[static_cast<size_t>(index)]));
}

std::vector<QueuedEntry> FakeL1::entries_of(ChainId chain_id) const {
    std::vector<QueuedEntry> entries;
    for (const auto& block : blocks_)
        for (const auto& [of, index, entry] : rollup_events(*block, SETTLEMENT).queued)
            if (of == uint256{chain_id}) entries.push_back({index, block->header().number, entry});
    return entries;
}

Hash FakeL1::keep(const crypto::Blob& blob) {
    auto stored = std::make_shared<chain::StoredBlob>();
    stored->blob = blob;
    const Hash versioned_hash = versioned_hash_of(blob).value();
    blobs_[versioned_hash] = std::move(stored);
    return versioned_hash;
}

Log registration(const uint256& chain_id) {
    return {SETTLEMENT.settlement,
            {protocol::rollup_registered_topic(), to_be(chain_id)},
            abi::encode(Address{}, Hash{}, Address{}, Hash{}, uint256{})};
}

Log closing(const uint256& chain_id) {
    return {SETTLEMENT.settlement, {protocol::rollup_closed_topic(), to_be(chain_id)}, {}};
}

Log upgrading(const uint256& chain_id, const Bytes& code) {
    return {SETTLEMENT.settlement,
            {protocol::predeploy_upgraded_topic(), to_be(chain_id)},
            abi::encode(code)};
}

Log queueing(const uint256& chain_id, uint64_t index, const protocol::ForcedEntry& entry) {
    return {SETTLEMENT.settlement,
            {protocol::entry_queued_topic(), to_be(chain_id), to_be(uint256{index})},
            abi::encode(entry)};
}

protocol::ForcedEntry deposit(const Address& to, uint64_t value_wei, uint64_t gas_limit) {
    return {.kind = protocol::ForcedKind::deposit,
            .from = Address{{0xf0}},
            .to = to,
            .value = uint256{value_wei},
            .gas_limit = gas_limit,
            .data = {}};
}

protocol::ForcedEntry forced(const Transaction& tx) {
    return {.kind = protocol::ForcedKind::transaction,
            .from = Address{{0xf1}},
            .to = {},
            .value = {},
            .gas_limit = tx.gas_limit,
            .data = encode(tx)};
}

Settling settling(const std::vector<Claimed>& batches) {
    protocol::Scope scope;
    Bytes bytes;
    std::vector<Hash> versioned_hashes = batches.front().versioned_hashes;
    std::vector<crypto::Blob> blobs = batches.front().blobs;
    for (const auto& batch : batches) {
        scope.batches.push_back(batch.claim);
        scope.batches.back().data_offset += uint256{bytes.size()};
        append(bytes, batch.data.empty() ? from_blobs(batch.blobs).value_or(Bytes{}) : batch.data);
    }
    if (blobs.empty()) {
        scope.data = bytes;
    } else if (batches.size() > 1) {
        blobs = to_blobs(bytes).value();
        versioned_hashes.clear();
        for (const auto& blob : blobs) versioned_hashes.push_back(versioned_hash_of(blob).value());
    }
    Settling out{to_settlement(protocol::execute_scope(scope), versioned_hashes), {}, blobs};
    protocol::ScopeSettled event{versioned_hashes.empty()
                                     ? protocol::data_commitment_of_calldata(scope.data)
                                     : protocol::data_commitment_of_blobs(versioned_hashes),
                                 {}};
    for (const auto& claim : scope.batches)
        event.batches.push_back({claim.chain_id, claim.batch_number, claim.last_block_hash,
                                 claim.data_offset, claim.data_length});
    out.receipt = receipt_of(out.transaction, {SETTLEMENT.settlement,
                                               {protocol::scope_settled_topic(), Hash{}},
                                               abi::encode(event.data_commitment, event.batches)});
    return out;
}

Claimed claim_of(const chain::Chain& chain, const RollupConfig& config, const Batch& batch,
                 DataIn data_in, FakeL1* l1, BatchOptions options) {
    options.digests = Digests::yes;
    options.max_kept_bytes = MAX_KEPT_BYTES;
    auto executed = execute_batch(chain, config, batch, options);
    if (!executed) throw std::runtime_error{to_string(executed.error())};
    Claimed out;
    out.execution = std::move(*executed);
    const Bytes bytes = encode(batch);
    auto& claim = out.claim;
    claim.chain_id = uint256{batch.chain_id};
    claim.batch_number = uint256{batch.number};
    claim.first_block = uint256{batch.first_block};
    claim.parent_block_hash = out.execution.parent_block_hash;
    claim.last_block_hash = out.execution.last_block_hash;
    claim.l1_origin_number = uint256{batch.blocks.back().l1_origin_number};
    claim.l1_origin_hash = batch.blocks.back().l1_origin_hash;
    claim.data_length = uint256{bytes.size()};
    claim.remotes = out.execution.remotes;
    claim.forced_queue_position = uint256{out.execution.forced_queue_position};

    if (data_in == DataIn::calldata) {
        out.data = bytes;
        out.data_commitment = protocol::data_commitment_of_calldata(bytes);
        return out;
    }
    out.blobs = to_blobs(bytes).value();
    for (const auto& blob : out.blobs)
        out.versioned_hashes.push_back(l1 == nullptr ? versioned_hash_of(blob).value()
                                                     : l1->keep(blob));
    out.data_commitment = protocol::data_commitment_of_blobs(out.versioned_hashes);
    return out;
}

}  // namespace scope::rollup::test
