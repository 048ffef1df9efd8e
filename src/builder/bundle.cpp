#include "builder/bundle.hpp"

#include <fmt/format.h>

#include "types/signing.hpp"

namespace scope::builder {

namespace {

chain::BlockAttributes l1_attributes(const SlotAttributes& attributes) {
    return {.timestamp_s = attributes.timestamp_s,
            .coinbase = attributes.coinbase,
            .prev_randao = attributes.prev_randao};
}

/// Covers several full blocks between signing and inclusion (EIP-1559: an eighth each).
constexpr unsigned FEE_HEADROOM = 2;

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
        case SealRule::not_proved:
            return "not_proved";
        case SealRule::not_settled:
            return "not_settled";
        case SealRule::bundle_refused:
            return "bundle_refused";
    }
    return "unknown";
}

std::string to_string(const SealError& error) {
    return fmt::format("{}: {}", to_string(error.rule), error.reason);
}

Transaction make_bundle_transaction(const Network& network, const BuilderOptions& options,
                                    const protocol::Scope& scope,
                                    const std::vector<chain::StoredBlobPtr>& blobs) {
    const auto& l1 = *network.l1;
    const auto& parent = l1.head()->header();
    const uint64_t time = parent.timestamp_s + 1;
    const auto sender = l1.head_state()->account(crypto::address_of(options.submitter));

    Transaction tx;
    tx.type = blobs.empty() ? TxType::dynamic_fee : TxType::blob;
    tx.chain_id = l1.spec().chain_id;
    tx.nonce = sender ? sender->nonce : 0;
    tx.max_priority_fee_per_gas = options.max_priority_fee_per_gas;
    tx.max_fee_per_gas =
        chain::next_base_fee(parent) * uint256{FEE_HEADROOM} + options.max_priority_fee_per_gas;
    tx.gas_limit = execution::MAX_TRANSACTION_GAS;
    tx.to = network.settlement.settlement;
    tx.data = protocol::execute_scope(scope);
    if (!blobs.empty()) {
        for (const auto& blob : blobs)
            tx.blob_versioned_hashes.push_back(crypto::versioned_hash(blob->commitment));
        tx.max_fee_per_blob_gas =
            execution::blob_base_fee(chain::next_excess_blob_gas(l1.spec(), parent, time),
                                     l1.spec().blobs_at(time)) *
            uint256{FEE_HEADROOM};
    }
    sign(tx, options.submitter);
    return tx;
}

Result<execution::Outcome, execution::TxError> dry_run(const Network& network,
                                                       const SlotAttributes& attributes,
                                                       const Transaction& transaction) {
    chain::BlockBuilder block{*network.l1, network.l1->head()->hash, l1_attributes(attributes)};
    return block.try_transaction(transaction);
}

Result<Settled, SealError> settle(const Network& network, const Bundle& bundle) {
    const auto refused = [](std::string reason) {
        return std::unexpected{SealError{SealRule::bundle_refused, std::move(reason)}};
    };
    if (network.l1->head()->hash != bundle.l1_parent)
        return refused("L1 has another head than the bundle was built on");

    chain::BlockBuilder block{*network.l1, bundle.l1_parent, l1_attributes(bundle.attributes)};
    const auto outcome = block.try_transaction(bundle.transaction);
    if (!outcome) return refused(std::string{to_string(outcome.error())});
    if (!outcome->succeeded())
        return std::unexpected{SealError{SealRule::not_settled, describe_revert(outcome->output)}};
    auto sealed = block.seal();
    if (!sealed) return refused(to_string(sealed.error()));

    for (const auto& blob : bundle.blobs)
        if (!network.l1->add_blob(blob)) return refused("a blob's KZG proof does not hold");
    const auto imported = network.l1->import(sealed->block.block);
    if (!imported) return refused(to_string(imported.error()));
    for (const auto& part : bundle.parts) {
        for (const auto& node : network.rollups) {
            if (node.config.chain_id() != part.chain_id) continue;
            const auto advanced = rollup::import_batch(*node.chain, part.execution);
            CHECK(advanced.has_value());  // it was executed on this chain's head, and settled
        }
    }
    return Settled{*imported, (*imported)->receipts.front(), outcome->gas_used};
}

}  // namespace scope::builder
