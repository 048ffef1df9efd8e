#include "evm/instructions_call.hpp"

namespace scope::evm {

namespace {

/// All but one 64th (EIP-150).
constexpr int64_t all_but_one_64th(int64_t gas) noexcept {
    return gas - gas / 64;
}

/// Under a tracer: the instruction has its price, before frames below have theirs.
void tell_cost(Frame& f, int64_t gas_left) {
    if (f.tracer == nullptr) return;
    f.tracer->on_cost(f.gas_before - gas_left, f.gas_refund, std::nullopt);
    f.cost_is_told = true;
}

/// Returns whether a CALL pays for a new account.
bool makes_account(Frame& f, const Address& recipient, bool has_value) {
    // EIP-161: an account that stays empty is not made.
    if (f.rules.clears_empty_accounts && !has_value) return false;
    return !f.host.account_exists(recipient);
}

}  // namespace

template <Opcode OP>
Status call(Step& s, Frame& f) {
    constexpr bool HAS_VALUE = OP == OP_CALL || OP == OP_CALLCODE;
    const uint256* arguments = s.top;
    const uint256& gas_wanted = arguments[0];
    const Address address = address_of(arguments[-1]);
    const uint256 value = HAS_VALUE ? arguments[-2] : uint256{};
    arguments -= HAS_VALUE ? 3 : 2;
    const uint256& input_offset = arguments[0];
    const uint256& input_size = arguments[-1];
    const uint256& output_offset = arguments[-2];
    const uint256& output_size = arguments[-3];
    uint256& result = s.top[INSTRUCTIONS[OP].growth];
    int64_t& gas = s.gas;

    if (OP == OP_CALL && f.message.is_static && !value.is_zero()) return Status::static_violation;

    if (!use_memory(f, gas, input_offset, input_size) ||
        !use_memory(f, gas, output_offset, output_size))
        return Status::out_of_gas;
    if (!charge_account(f, gas, address)) return Status::out_of_gas;
    if (f.rules.has_delegations) {
        if (const auto delegate = f.host.delegation(address)) {
            gas -= f.rules.gas.warm_access;
            if (!charge_account(f, gas, *delegate)) return Status::out_of_gas;
        }
    }
    if (!value.is_zero()) gas -= GAS_CALL_VALUE;
    if (OP == OP_CALL && makes_account(f, address, !value.is_zero())) gas -= GAS_NEW_ACCOUNT;
    if (gas < 0) return Status::out_of_gas;

    int64_t callee_gas;
    if (f.rules.caps_call_gas) {
        callee_gas = all_but_one_64th(gas);
        if (gas_wanted < uint256{callee_gas}) callee_gas = static_cast<int64_t>(gas_wanted[0]);
    } else {
        if (uint256{gas} < gas_wanted) return Status::out_of_gas;
        callee_gas = static_cast<int64_t>(gas_wanted[0]);
    }
    gas -= callee_gas;
    tell_cost(f, gas);
    if (!value.is_zero()) callee_gas += GAS_CALL_STIPEND;

    f.return_data.clear();
    Message message;
    message.is_static = OP == OP_STATICCALL || f.message.is_static;
    message.depth = f.message.depth + 1;
    message.gas = callee_gas;
    message.gas_kept = gas;
    message.code_address = address;
    message.input = memory_view(f, input_offset, input_size);
    if constexpr (OP == OP_DELEGATECALL) {
        message.kind = CallKind::delegatecall;
        message.recipient = f.message.recipient;
        message.sender = f.message.sender;
        message.value = f.message.value;
    } else {
        message.kind = OP == OP_CALLCODE ? CallKind::callcode : CallKind::call;
        message.recipient = OP == OP_CALLCODE ? f.message.recipient : address;
        message.sender = f.message.recipient;
        message.value = value;
    }

    CallResult outcome = f.host.call(message);
    if (outcome.status == Status::aborted) [[unlikely]]
        return Status::aborted;

    gas += outcome.gas_left;
    f.gas_refund += outcome.gas_refund;
    f.return_data = std::move(outcome.output);
    if (!output_size.is_zero()) {
        const auto size = std::min<uint64_t>(output_size[0], f.return_data.size());
        if (size != 0) std::memcpy(f.memory.data() + output_offset[0], f.return_data.data(), size);
    }
    result = uint64_t{outcome.status == Status::success};
    return NEXT;
}

template <Opcode OP>
Status create(Step& s, Frame& f) {
    const uint256& value = s.top[0];
    const uint256& offset = s.top[-1];
    const uint256& size = s.top[-2];
    uint256& result = s.top[INSTRUCTIONS[OP].growth];
    int64_t& gas = s.gas;

    if (f.message.is_static) return Status::static_violation;
    if (size > uint256{f.rules.max_init_code_size}) return Status::init_code_size_exceeded;
    if (!use_memory(f, gas, offset, size)) return Status::out_of_gas;
    gas -= words_of(size[0]) *
           (f.rules.gas.init_code_word + (OP == OP_CREATE2 ? GAS_KECCAK256_WORD : 0));
    if (gas < 0) return Status::out_of_gas;

    Message message;
    message.kind = OP == OP_CREATE2 ? CallKind::create2 : CallKind::create;
    message.depth = f.message.depth + 1;
    message.gas = f.rules.caps_call_gas ? all_but_one_64th(gas) : gas;
    message.sender = f.message.recipient;
    message.input = memory_view(f, offset, size);
    message.value = value;
    if (OP == OP_CREATE2) message.salt = hash_of(s.top[-3]);

    tell_cost(f, gas);
    gas -= message.gas;
    message.gas_kept = gas;
    f.return_data.clear();
    CallResult outcome = f.host.call(message);
    if (outcome.status == Status::aborted) [[unlikely]]
        return Status::aborted;

    gas += outcome.gas_left;
    f.gas_refund += outcome.gas_refund;
    const bool created = outcome.status == Status::success;
    if (!created) f.return_data = std::move(outcome.output);
    result = created ? load_address(outcome.created) : uint256{};
    return NEXT;
}

Status self_destruct(Step& s, Frame& f) {
    if (f.message.is_static) return Status::static_violation;
    const Address beneficiary = address_of(s.top[0]);
    int64_t& gas = s.gas;
    if (f.rules.gas.cold_beneficiary != 0 &&
        f.host.access_account(beneficiary) == AccessStatus::cold) {
        gas -= f.rules.gas.cold_beneficiary;
        if (gas < 0) return Status::out_of_gas;
    }
    if (f.rules.gas.self_destruct_new_account != 0) {
        const bool has_value =
            !f.rules.clears_empty_accounts || !f.host.balance(f.message.recipient).is_zero();
        if (has_value && !f.host.account_exists(beneficiary)) {
            gas -= f.rules.gas.self_destruct_new_account;
            if (gas < 0) return Status::out_of_gas;
        }
    }
    if (f.host.self_destruct(f.message.recipient, beneficiary))
        f.gas_refund += f.rules.gas.self_destruct_refund;
    return Status::success;
}

template Status call<OP_CALL>(Step&, Frame&);
template Status call<OP_CALLCODE>(Step&, Frame&);
template Status call<OP_DELEGATECALL>(Step&, Frame&);
template Status call<OP_STATICCALL>(Step&, Frame&);
template Status create<OP_CREATE>(Step&, Frame&);
template Status create<OP_CREATE2>(Step&, Frame&);

}  // namespace scope::evm
