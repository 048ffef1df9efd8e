#include "rpc/call_logs.hpp"

#include <iterator>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "execution/host.hpp"

namespace scope::rpc {

namespace {

using namespace literals;

/// keccak256("Transfer(address,address,uint256)")
constexpr Hash TRANSFER{literals::fixed_literal<32>(
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")};
constexpr Address ETHER = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"_address;  // ERC-7528

Hash word_of(const Address& address) {
    return to_be(to_uint256(address));
}

}  // namespace

void CallLogs::add(Log log) {
    if (!open_.empty()) open_.back().push_back({std::move(log), next_index_++});
}

void CallLogs::add_transfer(const Address& from, const Address& to, const uint256& value) {
    if (!with_transfers_ || value.is_zero()) return;
    add({.address = ETHER,
         .topics = {TRANSFER, word_of(from), word_of(to)},
         .data = to_bytes(to_be(value))});
}

/// Returns whom a message reaches: of a create the address that it will have.
Address CallLogs::target_of(const evm::Message& message) const {
    if (message.kind == evm::CallKind::create)
        return execution::create_address(message.sender, state_.nonce(message.sender));
    if (message.kind == evm::CallKind::create2)
        return execution::create2_address(message.sender, message.salt,
                                          crypto::keccak256(message.input));
    return message.recipient;
}

void CallLogs::on_call_start(const evm::Message& message) {
    open_.emplace_back();
    const bool moves_value =
        message.kind != evm::CallKind::delegatecall && message.kind != evm::CallKind::callcode;
    if (moves_value && with_transfers_ && !message.value.is_zero())
        add_transfer(message.sender, target_of(message), message.value);
}

void CallLogs::on_call_end(const evm::CallResult& result) {
    auto logs = std::move(open_.back());
    open_.pop_back();
    if (result.status != evm::Status::success) logs.clear();
    auto& around = open_.empty() ? ended_ : open_.back();
    std::ranges::move(logs, std::back_inserter(around));
}

void CallLogs::on_instruction(const evm::TraceStep& step) {
    if (step.opcode == evm::OP_SELFDESTRUCT) {
        beneficiary_ = account_named_by(step);
        destroyed_value_ = state_.balance(owner());
    }
    if (step.opcode < evm::OP_LOG0 || step.opcode > evm::OP_LOG0 + 4) return;
    const size_t topics = step.opcode - evm::OP_LOG0;
    if (step.stack.size() < 2 + topics) return;
    announced_ = {.address = owner(),
                  .topics = {},
                  .data = memory_bytes(step, *stack_word(step, 0), *stack_word(step, 1))};
    for (size_t i = 0; i < topics; ++i)
        announced_->topics.push_back(to_be(*stack_word(step, 2 + i)));
}

void CallLogs::on_cost(int64_t /*gas_cost*/, int64_t /*gas_refund*/,
                       std::optional<evm::Status> failure) {
    if (announced_ && !failure) add(std::move(*announced_));
    if (beneficiary_ && !failure) add_transfer(owner(), *beneficiary_, destroyed_value_);
    announced_.reset();
    beneficiary_.reset();
}

}  // namespace scope::rpc
