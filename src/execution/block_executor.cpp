#include "execution/block_executor.hpp"

#include <algorithm>
#include <array>

#include "base/hex.hpp"
#include "crypto/sha256.hpp"
#include "execution/statistics.hpp"
#include "execution/system_contracts.hpp"
#include "types/blob.hpp"

namespace scope::execution {

using namespace literals;

namespace {

// EIP-7685
constexpr uint8_t DEPOSIT_REQUEST = 0;
constexpr uint8_t WITHDRAWAL_REQUEST = 1;
constexpr uint8_t CONSOLIDATION_REQUEST = 2;

// EIP-6110: DepositEvent(bytes pubkey, bytes withdrawal_credentials, bytes amount, bytes signature,
// bytes index)
constexpr Hash DEPOSIT_EVENT =
    "0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5"_hash;
constexpr size_t DEPOSIT_EVENT_SIZE = 576;
struct DepositField {
    size_t offset;  // of its length, in the event's data
    size_t size;
};
constexpr std::array<DepositField, 5> DEPOSIT_FIELDS{
    {{160, 48}, {256, 32}, {320, 8}, {384, 96}, {512, 8}}};

/// Returns the fields of a deposit event one after the other; nullopt if it is laid out in another
/// way.
std::optional<Bytes> deposit_of(BytesView data) {
    if (data.size() != DEPOSIT_EVENT_SIZE) return std::nullopt;
    Bytes deposit;
    for (size_t i = 0; i < DEPOSIT_FIELDS.size(); ++i) {
        const auto [offset, size] = DEPOSIT_FIELDS[i];
        if (from_be(data.subspan(32 * i, 32)) != uint256{offset} ||
            from_be(data.subspan(offset, 32)) != uint256{size})
            return std::nullopt;
        append(deposit, data.subspan(offset + 32, size));
    }
    return deposit;
}

constexpr uint64_t GWEI = 1'000'000'000;
constexpr uint64_t ETHER = GWEI * GWEI;

}  // namespace

std::string_view to_string(ExecutionError error) noexcept {
    switch (error) {
        case ExecutionError::system_contract_missing:
            return "system_contract_missing";
        case ExecutionError::system_contract_failed:
            return "system_contract_failed";
        case ExecutionError::bad_deposit_event:
            return "bad_deposit_event";
    }
    return "";
}

Hash requests_hash(const std::vector<Bytes>& requests) {
    Bytes hashes;
    for (const Bytes& request : requests)
        if (request.size() > 1) append(hashes, crypto::sha256(request));
    return crypto::sha256(hashes);
}

BlockExecutor::BlockExecutor(state::State& state, const Environment& environment,
                             BlockInputs inputs)
    : state_(state), environment_(environment), inputs_(std::move(inputs)) {}

void BlockExecutor::begin() {
    Host host{state_, environment_};
    // A contract that is missing or fails leaves no effect and harms nobody.
    if (environment_.rules().has_beacon_root && inputs_.parent_beacon_block_root)
        system_call(host, BEACON_ROOTS, *inputs_.parent_beacon_block_root);
    if (environment_.rules().has_history_contract && inputs_.parent_hash)
        system_call(host, HISTORY, *inputs_.parent_hash);
}

Room BlockExecutor::room() const noexcept {
    Room room;
    room.gas = std::min(environment_.block.gas_limit - used_.gas, MAX_GAS);
    room.blob_gas = environment_.blobs.max * GAS_PER_BLOB - used_.blob_gas;
    room.all_gas = std::min(inputs_.all_gas - used_.all_gas, MAX_GAS);
    if (environment_.rollup) {
        room.log_bytes = MAX_LOG_BYTES_PER_BLOCK - used_.log_bytes;
        room.behind_load = used_.behind_load;
    }
    return room;
}

Result<Outcome, TxError> BlockExecutor::execute(const Transaction& tx, const Address& sender,
                                                Host* host) {
    std::optional<Host> own;
    if (host == nullptr) host = &own.emplace(state_, environment_);
    CHECK(&host->state() == &state_);
    statistics.executed.fetch_add(1, std::memory_order_relaxed);
    Outcome outcome = TRY(execute_transaction(*host, tx, sender, room()));
    take(tx, outcome);
    return outcome;
}

Result<Outcome, TxError> BlockExecutor::execute_call(const Transaction& tx, const Address& sender,
                                                     const CallChecks& checks, Host& host) {
    CHECK(&host.state() == &state_);
    Outcome outcome = TRY(execution::execute_call(host, tx, sender, checks));
    take(tx, outcome);
    return outcome;
}

void BlockExecutor::take(const Transaction& tx, const Outcome& outcome) {
    used_.gas += outcome.gas_used;
    used_.blob_gas += outcome.blob_gas_used;
    used_.all_gas += outcome.gas_used + outcome.rollup_gas_used;
    if (environment_.rollup) {
        used_.log_bytes += log_bytes(outcome.logs);
        used_.behind_load = environment_.rollup->loads_root(tx);
    }

    Receipt receipt;
    receipt.type = tx.type;
    receipt.success = outcome.succeeded();
    if (!environment_.rules().has_receipt_status && inputs_.intermediate_root)
        receipt.state_root = inputs_.intermediate_root(state_);
    receipt.cumulative_gas_used = used_.gas;
    receipt.logs = outcome.logs;
    receipt.logs_bloom = bloom_of(receipt.logs);
    receipts_.push_back(std::move(receipt));
}

BlockExecutor::Checkpoint BlockExecutor::checkpoint() const noexcept {
    return {state_.checkpoint(), receipts_.size(), used_};
}

void BlockExecutor::rollback(const Checkpoint& checkpoint) {
    state_.rollback(checkpoint.state);
    receipts_.resize(checkpoint.transactions);
    used_ = checkpoint.used;
}

Result<void, ExecutionError> BlockExecutor::collect_requests() {
    Bytes deposits{DEPOSIT_REQUEST};
    for (const Receipt& receipt : receipts_) {
        for (const Log& log : receipt.logs) {
            if (log.address != inputs_.deposit_contract || log.topics.empty() ||
                log.topics[0] != DEPOSIT_EVENT)
                continue;
            const auto deposit = deposit_of(log.data);
            if (!deposit) return std::unexpected{ExecutionError::bad_deposit_event};
            append(deposits, *deposit);
        }
    }
    if (deposits.size() > 1) requests_.push_back(std::move(deposits));

    Host host{state_, environment_};
    for (const auto& [type, contract] : {std::pair{WITHDRAWAL_REQUEST, WITHDRAWALS},
                                         std::pair{CONSOLIDATION_REQUEST, CONSOLIDATIONS}}) {
        if (state_.code_hash(contract) == EMPTY_CODE_HASH)
            return std::unexpected{ExecutionError::system_contract_missing};
        const auto result = system_call(host, contract, {});
        if (result.status != evm::Status::success)
            return std::unexpected{ExecutionError::system_contract_failed};
        if (result.output.empty()) continue;
        Bytes request{type};
        append(request, result.output);
        requests_.push_back(std::move(request));
    }
    return {};
}

void BlockExecutor::pay_rewards() {
    const uint256 reward = inputs_.block_reward.value_or(
        uint256{environment_.rules().block_reward_ether} * uint256{ETHER});
    if (reward.is_zero()) return;
    uint256 own = reward;
    for (const BlockHeader& ommer : inputs_.ommers) {
        const uint64_t distance = environment_.block.number - ommer.number;
        state_.add_balance(ommer.coinbase, reward * uint256{8 - distance} / uint256{8u});
        own += reward / uint256{32u};
    }
    state_.add_balance(environment_.block.coinbase, own);
}

Result<BlockOutcome, ExecutionError> BlockExecutor::finish() {
    state_.drop_carried_transient();
    if (inputs_.withdrawals) {
        state_.begin_transaction();  // an account that stays empty must not appear
        for (const Withdrawal& withdrawal : *inputs_.withdrawals)
            state_.add_balance(withdrawal.address, uint256{withdrawal.amount_gwei} * uint256{GWEI});
        state_.end_transaction(state::EmptyAccounts::remove);
    }
    if (environment_.rules().has_requests) TRY_VOID(collect_requests());
    pay_rewards();
    return outcome();
}

BlockOutcome BlockExecutor::outcome() const {
    BlockOutcome outcome;
    outcome.receipts = receipts_;
    for (const Receipt& receipt : receipts_)
        for (size_t i = 0; i < Bloom::size(); ++i) outcome.logs_bloom[i] |= receipt.logs_bloom[i];
    outcome.gas_used = used_.gas;
    outcome.blob_gas_used = used_.blob_gas;
    outcome.requests = requests_;
    if (environment_.rules().has_requests) outcome.requests_hash = requests_hash(requests_);
    return outcome;
}

}  // namespace scope::execution
