#include "builder/l1_budget.hpp"

#include <algorithm>

#include "execution/transaction.hpp"

namespace scope::builder {

namespace {

/// The gas of closing a scope (proofs, streams, the registry), in all and for each batch.
constexpr uint64_t CLOSE_GAS = 500'000;
constexpr uint64_t CLOSE_GAS_OF_BATCH = 250'000;
/// The gas of asking the forced queue what a batch takes, however many entries that are: 11,000 for a
/// cold contract and four cold words, and what is done with them, measured where all is warm: 5,200
/// (contracts/snapshots). Counted for each batch: whoever queues one just before the scope lands makes
/// it be asked.
constexpr uint64_t TAKE_GAS = 30'000;
/// Measured: 8 to 9.
constexpr uint64_t GAS_PER_DECODED_BYTE = 10;
constexpr uint64_t GAS_PER_LEG = 20'000;
/// The nonce and the hashes of an operation, beside what its data take.
constexpr uint64_t GAS_PER_OPERATION = 50'000;
constexpr uint64_t TOKENS_PER_BYTE = 4;  // EIP-7623: of one that is not zero

constexpr uint64_t memory_gas(uint64_t words) noexcept {
    return 3 * words + words * words / 512;
}

}  // namespace

L1Budget::L1Budget(const evm::Rules& rules) noexcept
    : rules_(&rules), gas_(rules.transaction_gas) {}

uint64_t L1Budget::left() const noexcept {
    const uint64_t floor = rules_->transaction_gas + rules_->floor_token_gas * calldata_tokens_;
    // What bundle.cpp signs, whatever more the rules allow.
    const uint64_t limit = std::min(rules_->max_transaction_gas, execution::MAX_TRANSACTION_GAS);
    const uint64_t gas = gas_ + CLOSE_GAS + (CLOSE_GAS_OF_BATCH + TAKE_GAS) * batches_;
    if (std::max(gas, floor) >= limit) return 0;
    const uint64_t left = limit - gas;
    return left - left / 64;  // EIP-150
}

void L1Budget::add_calldata(BytesView calldata) noexcept {
    for (const uint8_t byte : calldata) {
        gas_ += byte == 0 ? rules_->zero_byte_gas : rules_->byte_gas;
        calldata_tokens_ += byte == 0 ? 1 : TOKENS_PER_BYTE;
    }
}

void L1Budget::add_leg(const protocol::L1Leg& leg) {
    const Bytes calldata = protocol::execute_scope(
        {.environment = {}, .data = {}, .batches = {}, .legs = {leg}, .proofs = {}});
    add_calldata(calldata);
    uint64_t size = calldata.size();
    if (const auto signed_one = protocol::decode_signed_operation(leg.signed_operation)) {
        gas_ += GAS_PER_OPERATION;
        size += leg.signed_operation.size();  // encoded once more for its account
        if (!signed_one->operation.outcome.is_zero()) size += calldata.size();
    }
    const uint64_t words = memory_words_ + size / 32;
    gas_ +=
        GAS_PER_LEG + GAS_PER_DECODED_BYTE * size + memory_gas(words) - memory_gas(memory_words_);
    memory_words_ = words;
}

}  // namespace scope::builder
