#include "execution/host.hpp"

#include "base/check.hpp"
#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "evm/interpreter.hpp"
#include "evm/precompiles.hpp"
#include "evm/tracer.hpp"
#include "rlp/encode.hpp"

namespace scope::execution {

using namespace literals;
using evm::AccessStatus;
using evm::CallKind;
using evm::CallResult;
using evm::Message;
using evm::Status;

namespace {

constexpr int MAX_CALL_DEPTH = 1024;
constexpr uint8_t RESERVED_CODE_START = 0xef;  // EIP-3541
constexpr Address RIPEMD160 = "0x0000000000000000000000000000000000000003"_address;
constexpr std::array<uint8_t, 3> DELEGATION_PREFIX{0xef, 0x01, 0x00};  // EIP-7702

CallResult failure(Status status, int64_t gas_left = 0) {
    CallResult result;
    result.status = status;
    result.gas_left = gas_left;
    return result;
}

}  // namespace

Address create_address(const Address& sender, uint64_t nonce) {
    return Address::from(BytesView{crypto::keccak256(rlp::encode_list(sender, nonce))}.subspan(12));
}

Address create2_address(const Address& sender, const Hash& salt, const Hash& init_code_hash) {
    constexpr std::array<uint8_t, 1> PREFIX{0xff};
    return Address::from(
        BytesView{crypto::keccak256(concat(PREFIX, sender, salt, init_code_hash))}.subspan(12));
}

std::optional<Address> delegation_of(BytesView code) noexcept {
    if (code.size() != DELEGATION_PREFIX.size() + Address::size() ||
        !equal(code.first(DELEGATION_PREFIX.size()), DELEGATION_PREFIX))
        return std::nullopt;
    return Address::from(code.subspan(DELEGATION_PREFIX.size()));
}

Host::Host(state::State& state, const Environment& environment)
    : state_(state), environment_(environment) {
    if (environment.rollup) rollup_ = environment.rollup->make_host(*this);
}

void Host::open_transaction(evm::TransactionContext context) {
    transaction_ = std::move(context);
    state_.begin_transaction();
    warm_up();
    if (rollup_) rollup_->open_transaction(transaction_);
}

void Host::warm_up() {
    state_.access_account(transaction_.origin);
    // A rollup's builder chooses the coinbase; gas that tells it would choose branches.
    if (rules().warms_coinbase && !rollup_) state_.access_account(environment_.block.coinbase);
}

std::vector<Log> Host::close_transaction(std::optional<Address> carry_transient) {
    return state_.end_transaction(
        rules().clears_empty_accounts ? state::EmptyAccounts::remove : state::EmptyAccounts::keep,
        carry_transient);
}

Hash Host::block_hash(uint64_t number) {
    const uint64_t current = environment_.block.number;
    if (environment_.block_hashes == nullptr || number >= current || current - number > 256)
        return {};
    return environment_.block_hashes->block_hash(number);
}

bool Host::account_exists(const Address& address) {
    return rules().clears_empty_accounts ? !state_.is_empty(address) : state_.exists(address);
}

uint256 Host::balance(const Address& address) {
    return state_.balance(address);
}

evm::CodePtr Host::code(const Address& address) {
    return state_.code(address);
}

Hash Host::code_hash(const Address& address) {
    const auto account = state_.account(address);
    return !account || account->is_empty() ? Hash{} : account->code_hash;
}

Hash Host::storage(const Address& address, const Hash& key) {
    return state_.storage(address, key);
}

evm::StorageChange Host::set_storage(const Address& address, const Hash& key, const Hash& value) {
    return state_.set_storage(address, key, value);
}

Hash Host::transient_storage(const Address& address, const Hash& key) {
    return state_.transient_storage(address, key);
}

void Host::set_transient_storage(const Address& address, const Hash& key, const Hash& value) {
    state_.set_transient_storage(address, key, value);
}

AccessStatus Host::access_account(const Address& address) {
    if (evm::is_precompile(revision(), address)) return AccessStatus::warm;
    return state_.access_account(address);
}

AccessStatus Host::access_storage(const Address& address, const Hash& key) {
    return state_.access_storage(address, key);
}

void Host::emit_log(const Address& address, std::span<const Hash> topics, BytesView data) {
    state_.add_log({address, {topics.begin(), topics.end()}, to_bytes(data)});
}

bool Host::self_destruct(const Address& address, const Address& beneficiary) {
    const uint256 balance = state_.balance(address);
    // EIP-6780: an account that was there before the transaction only gives its balance away.
    const bool destroys = !rules().destructs_created_only || state_.created_in_transaction(address);
    if (beneficiary != address) {
        state_.subtract_balance(address, balance);
        state_.add_balance(beneficiary, balance);
    } else if (destroys) {
        state_.set_balance(address, {});  // burned
    } else {
        state_.touch(address);
    }
    return destroys && state_.mark_destructed(address);
}

std::optional<Address> Host::delegation(const Address& address) {
    if (!rules().has_delegations) return std::nullopt;
    return delegation_of(state_.code(address)->bytes);
}

CallResult Host::call(const Message& message) {
    if (tracer_ != nullptr) tracer_->on_call_start(message);
    CallResult result = rollup_ ? rollup_->call(message) : run(message);
    if (tracer_ != nullptr) tracer_->on_call_end(result);
    return result;
}

std::optional<Address> Host::precompile_at(const Address& address) const {
    if (environment_.moved_precompiles) {
        const auto moved = environment_.moved_precompiles->find(address);
        if (moved != environment_.moved_precompiles->end()) return moved->second;
    }
    return evm::is_precompile(revision(), address) ? std::optional{address} : std::nullopt;
}

CallResult Host::run(const Message& message) {
    if (message.depth > MAX_CALL_DEPTH) return failure(Status::call_depth_exceeded, message.gas);
    if (!message.value.is_zero() && message.kind != CallKind::delegatecall &&
        state_.balance(message.sender) < message.value)
        return failure(Status::insufficient_balance, message.gas);
    return message.kind == CallKind::create || message.kind == CallKind::create2
               ? run_create(message)
               : run_call(message);
}

void Host::rollback_frame(state::Journal::Checkpoint checkpoint) {
    // Mainnet's history has it (block 2675119) that a touch of this precompile stays when the frame
    // fails, and clients agree to do so ever since.
    const bool keep_touch =
        rules().clears_empty_accounts && state_.touched_in_transaction(RIPEMD160);
    state_.rollback(checkpoint);
    if (keep_touch) state_.touch(RIPEMD160);
}

CallResult Host::run_call(const Message& message) {
    const auto checkpoint = state_.checkpoint();
    if (message.kind == CallKind::call) {
        if (message.value.is_zero()) {
            state_.touch(message.recipient);
        } else {
            state_.subtract_balance(message.sender, message.value);
            state_.add_balance(message.recipient, message.value);
        }
    }

    CallResult result;
    if (const auto precompile = precompile_at(message.code_address)) {
        auto ran = evm::execute_precompile(revision(), *precompile, message.input, message.gas);
        result.status = ran.success ? Status::success : Status::precompile_failure;
        result.gas_left = ran.gas_left;
        result.output = std::move(ran.output);
    } else {
        evm::CodePtr code = state_.code(message.code_address);
        if (rules().has_delegations) {
            // One level: what a delegation points to is run as it is. A precompile has no code.
            if (const auto target = delegation_of(code->bytes))
                code = precompile_at(*target) ? evm::empty_code() : state_.code(*target);
        }
        if (code->bytes.empty())
            result.gas_left = message.gas;
        else
            result = evm::execute(*this, revision(), message, *code, tracer_);
    }
    if (result.status != Status::success) rollback_frame(checkpoint);
    return result;
}

CallResult Host::run_create(const Message& message) {
    const uint64_t nonce = state_.nonce(message.sender);
    if (nonce == UINT64_MAX) return failure(Status::nonce_overflow, message.gas);
    state_.set_nonce(message.sender, nonce + 1);
    const Address address =
        message.kind == CallKind::create
            ? create_address(message.sender, nonce)
            : create2_address(message.sender, message.salt, crypto::keccak256(message.input));
    if (rules().warms_created) state_.access_account(address);

    const auto checkpoint = state_.checkpoint();
    // EIP-684, and EIP-7610 for storage.
    if (state_.nonce(address) != 0 || state_.code_hash(address) != EMPTY_CODE_HASH ||
        state_.has_storage(address))
        return failure(Status::address_collision);
    state_.mark_created(address);
    if (rules().clears_empty_accounts) state_.set_nonce(address, 1);
    state_.subtract_balance(message.sender, message.value);
    state_.add_balance(address, message.value);

    Message frame = message;
    frame.recipient = address;
    frame.code_address = address;
    frame.input = {};
    const evm::CodePtr init_code = evm::make_init_code(message.input);
    CallResult result = evm::execute(*this, revision(), frame, *init_code, tracer_);
    if (result.status == Status::success) {
        const Bytes code = std::exchange(result.output, {});
        const int64_t deposit = rules().gas.code_deposit_byte * static_cast<int64_t>(code.size());
        if (rules().reserves_code_start && !code.empty() && code[0] == RESERVED_CODE_START)
            result.status = Status::invalid_code;
        else if (code.size() > rules().max_code_size)
            result.status = Status::code_size_exceeded;
        else if (deposit > result.gas_left && rules().unpaid_code_fails)
            result.status = Status::out_of_gas;
        else if (deposit <= result.gas_left && !code.empty()) {
            // Frontier: without gas for it, the contract stays without code.
            result.gas_left -= deposit;
            state_.set_code(address, evm::make_code(code));
        }
        if (result.status != Status::success) result.gas_left = result.gas_refund = 0;
    }
    if (result.status == Status::success)
        result.created = address;
    else
        rollback_frame(checkpoint);
    return result;
}

}  // namespace scope::execution
