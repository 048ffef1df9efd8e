#include "execution/transaction.hpp"

#include <algorithm>

#include "base/findings.hpp"
#include "base/hex.hpp"
#include "crypto/kzg.hpp"
#include "crypto/secp256k1.hpp"
#include "evm/analysis.hpp"
#include "evm/precompiles.hpp"
#include "evm/tracer.hpp"
#include "execution/forced.hpp"
#include "execution/statistics.hpp"
#include "types/blob.hpp"

namespace scope::execution {

using namespace literals;
using evm::Revision;

namespace {

constexpr uint64_t TOKENS_PER_BYTE = 4;          // EIP-7623: of one that is not zero
constexpr int64_t SYSTEM_CALL_GAS = 30'000'000;  // EIP-4788
constexpr Address SYSTEM_ADDRESS = "0xfffffffffffffffffffffffffffffffffffffffe"_address;
static_assert(evm::rules_of(Revision::osaka).max_blobs_per_transaction ==
              MAX_BLOBS_PER_TRANSACTION);

/// Returns the product; nullopt if it does not fit.
std::optional<uint256> checked_multiply(const uint256& a, uint64_t b) {
    if (significant_bytes(a) + 8 > 32 && b != 0 && a > ~uint256{} / uint256{b}) return std::nullopt;
    return a * uint256{b};
}
std::optional<uint256> checked_add(const uint256& a, const uint256& b) {
    const uint256 sum = a + b;
    return sum < a ? std::nullopt : std::optional{sum};
}

bool is_create(const Transaction& tx) {
    return !tx.to.has_value();
}

/// Returns the rollup whose own transaction it is; null for Ethereum's.
const RollupRule* rollup_of(const Transaction& tx, const Environment& environment) {
    const RollupRule* const rollup = environment.rollup.get();
    return rollup != nullptr && rollup->is_own(tx) ? rollup : nullptr;
}

/// The rule that keeps a type out, if one does.
std::optional<TxError> type_error(const Transaction& tx, const evm::Rules& rules) {
    switch (tx.type) {
        case TxType::legacy:
            break;
        case TxType::access_list:
            if (!rules.has_access_lists) return TxError::type_1_before_berlin;
            break;
        case TxType::dynamic_fee:
            if (!rules.has_fee_market) return TxError::type_2_before_london;
            break;
        case TxType::blob:
            if (!rules.has_blobs) return TxError::type_3_before_cancun;
            break;
        case TxType::set_code:
            if (!rules.has_delegations) return TxError::type_4_before_prague;
            break;
        case TxType::system:
            return TxError::system_not_enabled;
    }
    return std::nullopt;
}

using TxFindings = Findings<TxError, TX_ERROR_COUNT>;

void check_blobs(TxFindings& findings, const Transaction& tx, const Environment& environment,
                 const Room& room) {
    const auto& hashes = tx.blob_versioned_hashes;
    findings.check(is_create(tx), TxError::blob_creates);
    findings.check(hashes.empty(), TxError::no_blobs);
    findings.check(
        hashes.size() > environment.blobs.max || hashes.size() * GAS_PER_BLOB > room.blob_gas,
        TxError::block_blob_gas_exceeded);
    findings.check(hashes.size() > std::min<uint64_t>(environment.rules().max_blobs_per_transaction,
                                                      environment.blobs.max),
                   TxError::too_many_blobs);
    findings.check(
        std::ranges::any_of(
            hashes, [](const Hash& hash) { return hash[0] != crypto::VERSIONED_HASH_VERSION_KZG; }),
        TxError::invalid_versioned_hash);
    findings.check(tx.max_fee_per_blob_gas < environment.block.blob_base_fee,
                   TxError::blob_fee_below_base_fee);
}

/// Returns whether somebody else than a signer is said to have sent it: a contract may be.
bool is_forced(const Transaction& tx, const Environment& environment) {
    return environment.forced && environment.forced->sender(tx).has_value();
}

/// Checks a transaction's rules about its sender.
void check_sender(TxFindings& findings, const state::State& state, const Environment& environment,
                  const Transaction& tx, const Address& sender, uint64_t blob_gas) {
    const Account account = state.account(sender).value_or(Account{});
    findings.check(tx.nonce < account.nonce, TxError::nonce_too_low);
    findings.check(tx.nonce > account.nonce, TxError::nonce_too_high);
    const auto gas_cost = checked_multiply(tx.max_fee_per_gas, tx.gas_limit);
    const auto blob_cost = checked_multiply(tx.max_fee_per_blob_gas, blob_gas);
    findings.check(!gas_cost || !blob_cost, TxError::gas_cost_overflow);
    const auto fees = gas_cost && blob_cost ? checked_add(*gas_cost, *blob_cost) : std::nullopt;
    const auto total = fees ? checked_add(*fees, tx.value) : std::nullopt;
    findings.check(!total || account.balance < *total, TxError::insufficient_funds);
    findings.check(
        account.code_hash != EMPTY_CODE_HASH &&
            (!environment.rules().has_delegations || !delegation_of(state.code(sender)->bytes)) &&
            !is_forced(tx, environment),
        TxError::sender_not_eoa);
}

/// Rules in the order in which the official tests name them where several are broken. What it
/// returns counts only if none is.
Costs check_rules(TxFindings& findings, const state::State& state, const Environment& environment,
                  const Transaction& tx, const Address& sender, const Room& room) {
    const evm::Rules& rules = environment.rules();
    const auto wrong_type = type_error(tx, rules);
    if (wrong_type) findings.add(*wrong_type);

    // First what the block has room for and asks for.
    findings.check(tx.gas_limit > rules.max_transaction_gas, TxError::gas_limit_above_maximum);
    findings.check(tx.gas_limit > std::min(room.gas, room.all_gas), TxError::block_gas_exceeded);
    findings.check(rules.has_fee_market && tx.max_fee_per_gas < environment.block.base_fee,
                   TxError::fee_below_base_fee);

    // What the transaction says by itself.
    const IntrinsicGas gas = intrinsic_gas(tx, environment.revision);
    findings.check(tx.gas_limit < gas.intrinsic, TxError::intrinsic_gas_too_low);
    findings.check(tx.gas_limit < gas.floor, TxError::below_floor_gas);
    findings.check(tx.nonce == UINT64_MAX, TxError::nonce_is_max);
    findings.check(is_create(tx) && tx.data.size() > rules.max_init_code_size,
                   TxError::init_code_too_large);
    findings.check(tx.max_priority_fee_per_gas > tx.max_fee_per_gas,
                   TxError::priority_fee_above_max_fee);
    Costs costs{.intrinsic_gas = gas.intrinsic,
                .floor_gas = gas.floor,
                .gas_price = tx.max_fee_per_gas,
                .priority_fee = tx.max_fee_per_gas,
                .blob_gas = tx.blob_versioned_hashes.size() * GAS_PER_BLOB};
    if (rules.has_fee_market) {
        costs.gas_price = effective_gas_price(tx, environment.block.base_fee);
        costs.priority_fee = costs.gas_price - environment.block.base_fee;
    }
    if (tx.type == TxType::blob && !wrong_type) check_blobs(findings, tx, environment, room);
    if (tx.type == TxType::set_code && !wrong_type) {
        findings.check(is_create(tx), TxError::set_code_creates);
        findings.check(tx.authorization_list.empty(), TxError::no_authorizations);
    }
    check_sender(findings, state, environment, tx, sender, costs.blob_gas);
    if (environment.rollup)
        if (const auto error = environment.rollup->why_refused(state, tx, room))
            findings.add(*error);
    return costs;
}

/// EIP-7702, "Behavior". Returns the refund.
uint64_t apply_authorizations(state::State& state, const Transaction& tx,
                              const Environment& environment) {
    uint64_t refund = 0;
    for (const Authorization& authorization : tx.authorization_list) {
        if (!authorization.chain_id.is_zero() &&
            authorization.chain_id != uint256{environment.block.chain_id})
            continue;
        if (authorization.nonce == UINT64_MAX) continue;
        const auto authority = recover_authority(authorization);
        if (!authority) continue;
        state.access_account(*authority);
        const auto code = state.code(*authority);
        if (!code->bytes.empty() && !delegation_of(code->bytes)) continue;
        if (state.nonce(*authority) != authorization.nonce) continue;
        if (state.exists(*authority)) refund += environment.rules().authorization_refund;
        if (authorization.address.is_zero())
            state.set_code(*authority, evm::empty_code());
        else
            state.set_code(*authority, evm::make_code(concat("ef0100"_hex, authorization.address)));
        state.set_nonce(*authority, authorization.nonce + 1);
    }
    return refund;
}

}  // namespace

IntrinsicGas intrinsic_gas(const Transaction& tx, Revision revision) {
    const evm::Rules& rules = evm::rules_of(revision);
    const auto zero_bytes = static_cast<uint64_t>(std::ranges::count(tx.data, uint8_t{0}));
    const uint64_t other_bytes = tx.data.size() - zero_bytes;
    uint64_t gas =
        rules.transaction_gas + zero_bytes * rules.zero_byte_gas + other_bytes * rules.byte_gas;
    if (is_create(tx))
        gas += rules.create_gas +
               static_cast<uint64_t>(evm::words_of(tx.data.size()) * rules.gas.init_code_word);
    for (const auto& entry : tx.access_list)
        gas +=
            rules.access_list_address_gas + entry.storage_keys.size() * rules.access_list_key_gas;
    gas += tx.authorization_list.size() * rules.authorization_gas;

    IntrinsicGas result{gas, 0};
    if (rules.floor_token_gas != 0)
        result.floor = rules.transaction_gas +
                       (zero_bytes + other_bytes * TOKENS_PER_BYTE) * rules.floor_token_gas;
    return result;
}

uint256 effective_gas_price(const Transaction& tx, const std::optional<uint256>& base_fee) {
    if (!base_fee) return tx.max_fee_per_gas;
    return *base_fee + std::min(tx.max_priority_fee_per_gas, tx.max_fee_per_gas - *base_fee);
}

Result<Address, TxError> sender_of(const Transaction& tx, const Environment& environment) {
    if (const auto* rollup = rollup_of(tx, environment)) return rollup->sender_of(tx, environment);
    const evm::Rules& rules = environment.rules();
    if (const auto error = type_error(tx, rules)) return std::unexpected{*error};
    if (tx.chain_id) {
        if (tx.type == TxType::legacy && !rules.has_replay_protection)
            return std::unexpected{TxError::chain_id_before_spurious_dragon};
        if (*tx.chain_id != environment.block.chain_id)
            return std::unexpected{TxError::wrong_chain_id};
    }
    if (environment.forced)
        if (const auto sender = environment.forced->sender(tx)) return *sender;
    if (rules.has_low_s && tx.s > crypto::SECP256K1_HALF_N) return std::unexpected{TxError::high_s};
    statistics.recovered.fetch_add(1, std::memory_order_relaxed);
    const auto sender = recover_sender(tx, SignatureRule::frontier);
    if (!sender) return std::unexpected{TxError::invalid_signature};
    return *sender;
}

Result<Costs, TxError> validate_transaction(const state::State& state,
                                            const Environment& environment, const Transaction& tx,
                                            const Address& sender, const Room& room) {
    if (const auto* rollup = rollup_of(tx, environment))
        return rollup->validate_transaction(state, environment, tx, sender, room);
    TxFindings findings;
    const Costs costs = check_rules(findings, state, environment, tx, sender, room);
    if (findings.first()) return std::unexpected{*findings.first()};
    return costs;
}

TxErrors broken_rules(const state::State& state, const Environment& environment,
                      const Transaction& tx, const Address& sender, const Room& room) {
    TxFindings findings;
    if (const auto* rollup = rollup_of(tx, environment)) {
        const auto costs = rollup->validate_transaction(state, environment, tx, sender, room);
        if (!costs) findings.add(costs.error());
    } else {
        check_rules(findings, state, environment, tx, sender, room);
    }
    return findings.all();
}

evm::Message frame_of(const Transaction& tx, const Address& sender, const Costs& costs) {
    evm::Message message;
    message.kind = tx.to ? evm::CallKind::call : evm::CallKind::create;
    message.gas = static_cast<int64_t>(tx.gas_limit - costs.intrinsic_gas);
    message.recipient = message.code_address = tx.to.value_or(Address{});
    message.sender = sender;
    message.input = tx.data;
    message.value = tx.value;
    return message;
}

uint64_t log_bytes(std::span<const Log> logs) noexcept {
    uint64_t bytes = 0;
    for (const Log& log : logs)
        bytes += Address::size() + log.topics.size() * Hash::size() + log.data.size();
    return bytes;
}

std::optional<TxError> why_undone(Host& host, const Room& room) {
    if (host.rollup() == nullptr) return std::nullopt;
    if (host.rollup()->abort_reason()) return TxError::aborted;
    if (log_bytes(host.state().logs()) > room.log_bytes) return TxError::block_logs_exceeded;
    return std::nullopt;
}

Outcome outcome_of(const Host& host, const Transaction& tx, const Costs& costs,
                   evm::CallResult result, uint64_t authorization_refund) {
    Outcome outcome;
    outcome.status = result.status;
    outcome.output = std::move(result.output);
    if (is_create(tx) && outcome.succeeded()) outcome.created = result.created;
    outcome.blob_gas_used = costs.blob_gas;
    if (host.rollup() != nullptr) outcome.rollup_gas_used = host.rollup()->gas_used();
    const uint64_t gas_taken = tx.gas_limit - static_cast<uint64_t>(result.gas_left);
    const int64_t frames_refund = outcome.succeeded() ? std::max<int64_t>(result.gas_refund, 0) : 0;
    outcome.gas_taken = gas_taken;
    outcome.gas_refunded = std::min(gas_taken / host.rules().refund_quotient,
                                    static_cast<uint64_t>(frames_refund) + authorization_refund);
    outcome.gas_used = std::max(gas_taken - outcome.gas_refunded, costs.floor_gas);
    return outcome;
}

Result<Outcome, TxError> run_validated(Host& host, const Transaction& tx, const Address& sender,
                                       const Costs& costs, const Room& room) {
    state::State& state = host.state();
    const Environment& environment = host.environment();
    const auto before = state.checkpoint();
    host.open_transaction({sender, costs.gas_price, tx.blob_versioned_hashes});
    if (host.rollup() != nullptr)
        host.rollup()->limit_gas(room.all_gas - std::min(room.all_gas, tx.gas_limit));
    state.subtract_balance(sender, costs.gas_price * uint256{tx.gas_limit} +
                                       environment.block.blob_base_fee * uint256{costs.blob_gas});
    if (tx.to) {
        state.set_nonce(sender, state.nonce(sender) + 1);  // a create does this itself
        state.access_account(*tx.to);
    }
    for (const auto& [address, keys] : tx.access_list) {
        state.access_account(address);
        for (const Hash& key : keys) state.access_storage(address, key);
    }
    const uint64_t authorization_refund = apply_authorizations(state, tx, environment);
    if (host.tracer() != nullptr)
        host.tracer()->on_transaction_start(static_cast<int64_t>(authorization_refund));
    if (tx.to)
        if (const auto target = host.delegation(*tx.to)) state.access_account(*target);

    evm::CallResult result = host.call(frame_of(tx, sender, costs));
    if (const auto error = why_undone(host, room)) {
        state.rollback(before);
        return std::unexpected{*error};
    }

    Outcome outcome = outcome_of(host, tx, costs, std::move(result), authorization_refund);
    state.add_balance(sender, costs.gas_price * uint256{tx.gas_limit - outcome.gas_used});
    state.add_balance(environment.block.coinbase, costs.priority_fee * uint256{outcome.gas_used});
    outcome.logs = host.close_transaction();
    return outcome;
}

Result<Outcome, TxError> execute_transaction(Host& host, const Transaction& tx,
                                             const Address& sender, const Room& room) {
    state::State& state = host.state();
    const Environment& environment = host.environment();
    if (const auto* rollup = rollup_of(tx, environment))
        return rollup->execute_transaction(host, tx, sender, room);
    const Costs costs = TRY(validate_transaction(state, environment, tx, sender, room));

    return run_validated(host, tx, sender, costs, room);
}

evm::CallResult system_call(Host& host, const Address& target, BytesView input) {
    host.state().drop_carried_transient();
    host.open_transaction({SYSTEM_ADDRESS, {}, {}});
    evm::Message message;
    message.gas = SYSTEM_CALL_GAS;
    message.recipient = message.code_address = target;
    message.sender = SYSTEM_ADDRESS;
    message.input = input;
    auto result = host.call(message);
    host.close_transaction();
    return result;
}

}  // namespace scope::execution
