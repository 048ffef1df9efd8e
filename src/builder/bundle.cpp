#include "builder/bundle.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace scope::builder {

namespace {

/// Covers several full blocks between signing and inclusion (EIP-1559: an eighth each).
constexpr unsigned FEE_HEADROOM = 2;

/// Returns a fee that is not below @p least, nor above @p most.
uint256 between(const uint256& least, const uint256& fee, const uint256& most) {
    return std::min(std::max(least, fee), most);
}

}  // namespace

std::string_view to_string(SealRule rule) noexcept {
    switch (rule) {
        case SealRule::empty:
            return "empty";
        case SealRule::batch_too_large:
            return "batch_too_large";
        case SealRule::too_many_blobs:
            return "too_many_blobs";
        case SealRule::batch_refused:
            return "batch_refused";
        case SealRule::submitter_refused:
            return "submitter_refused";
        case SealRule::bundle_refused:
            return "bundle_refused";
        case SealRule::not_settled:
            return "not_settled";
        case SealRule::not_proved:
            return "not_proved";
        case SealRule::proof_refused:
            return "proof_refused";
        case SealRule::not_signed:
            return "not_signed";
    }
    return "unknown";
}

bool may_be_of_a_root(SealRule rule) noexcept {
    switch (rule) {
        case SealRule::batch_too_large:
        case SealRule::too_many_blobs:
        case SealRule::batch_refused:
        case SealRule::bundle_refused:
        case SealRule::not_settled:
            return true;
        case SealRule::empty:
        case SealRule::submitter_refused:
        case SealRule::not_proved:
        case SealRule::proof_refused:
        case SealRule::not_signed:
            return false;
    }
    return false;
}

uint256 priority_fee_of(const BuilderOptions& options) {
    return std::max(options.max_priority_fee_per_gas, options.least_fees.max_priority_fee_per_gas);
}

std::string to_string(const SealError& error) {
    return fmt::format("{}: {}", to_string(error.rule), error.reason);
}

Transaction make_bundle_transaction(const L1Snapshot& l1, const L1Contracts& contracts,
                                    const BuilderOptions& options, const protocol::Scope& scope,
                                    const std::vector<chain::StoredBlobPtr>& blobs) {
    const auto& parent = l1.head.header;
    const uint64_t time = parent.timestamp_s + 1;
    const auto sender = l1.state->account(options.submitter->address());

    Transaction tx;
    tx.type = blobs.empty() ? TxType::dynamic_fee : TxType::blob;
    tx.chain_id = l1.spec.chain_id;
    tx.nonce = sender ? sender->nonce : 0;
    const uint256 base_fee = chain::child_header(l1.spec, l1.head.hash, parent, l1.next)
                                 .base_fee_per_gas.value_or(uint256{});
    tx.max_priority_fee_per_gas = priority_fee_of(options);
    tx.max_fee_per_gas = between(options.least_fees.max_fee_per_gas,
                                 base_fee * uint256{FEE_HEADROOM} + tx.max_priority_fee_per_gas,
                                 options.max_fee_per_gas);
    tx.max_priority_fee_per_gas = std::min(tx.max_priority_fee_per_gas, tx.max_fee_per_gas);
    tx.gas_limit = execution::MAX_TRANSACTION_GAS;
    tx.to = contracts.settlement.settlement;
    tx.data = protocol::execute_scope(scope);
    if (!blobs.empty()) {
        for (const auto& blob : blobs)
            tx.blob_versioned_hashes.push_back(crypto::versioned_hash(blob->commitment));
        tx.max_fee_per_blob_gas =
            between(options.least_fees.max_fee_per_blob_gas,
                    execution::blob_base_fee(chain::next_excess_blob_gas(l1.spec, parent, time),
                                             l1.spec.blobs_at(time)) *
                        uint256{FEE_HEADROOM},
                    options.max_fee_per_blob_gas);
    }
    return tx;
}

}  // namespace scope::builder
