#include "chain/header_rules.hpp"

#include <algorithm>

#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"
#include "types/blob.hpp"

namespace scope::chain {

namespace {

std::unexpected<BlockError> refuse(BlockError error) {
    return std::unexpected{error};
}

Hash ommers_hash(const std::vector<BlockHeader>& ommers) {
    if (ommers.empty()) return EMPTY_OMMERS_HASH;
    Bytes list;
    for (const BlockHeader& ommer : ommers) append(list, encode(ommer));
    rlp::close_list(list, 0);
    return crypto::keccak256(list);
}

Result<void, BlockError> validate_before_or_after_paris(const ChainSpec& spec,
                                                        const BlockHeader& header,
                                                        const BlockHeader& parent,
                                                        const evm::Rules& rules) {
    if (header.difficulty != next_difficulty(spec, parent, header.timestamp_s))
        return refuse(BlockError::wrong_difficulty);
    if (!rules.is_proof_of_stake) return {};
    if (!header.nonce.is_zero()) return refuse(BlockError::wrong_pow_nonce);
    if (header.ommers_hash != EMPTY_OMMERS_HASH) return refuse(BlockError::wrong_ommers);
    return {};
}

Result<void, BlockError> validate_blob_fields(const ChainSpec& spec, const BlockHeader& header,
                                              const BlockHeader& parent) {
    if (*header.excess_blob_gas != next_excess_blob_gas(spec, parent, header.timestamp_s))
        return refuse(BlockError::wrong_excess_blob_gas);
    if (*header.blob_gas_used > spec.blobs_at(header.timestamp_s).max * GAS_PER_BLOB)
        return refuse(BlockError::blob_gas_above_limit);
    if (*header.blob_gas_used % GAS_PER_BLOB != 0) return refuse(BlockError::wrong_blob_gas_used);
    return {};
}

}  // namespace

bool is_gas_limit_allowed(uint64_t gas_limit, const BlockHeader& parent, bool is_first_london) {
    const uint64_t before = parent.gas_limit * (is_first_london ? ELASTICITY_MULTIPLIER : 1);
    const uint64_t distance = gas_limit > before ? gas_limit - before : before - gas_limit;
    return distance < before / GAS_LIMIT_BOUND_DIVISOR && gas_limit >= MIN_GAS_LIMIT &&
           gas_limit <= INT64_MAX;
}

Result<void, BlockError> validate_header(const ChainSpec& spec, const BlockHeader& header,
                                         const BlockHeader& parent) {
    if (header.number != parent.number + 1) return refuse(BlockError::wrong_number);
    if (header.timestamp_s <= parent.timestamp_s)
        return refuse(BlockError::timestamp_not_after_parent);
    if (header.extra_data.size() > MAX_EXTRA_DATA_SIZE)
        return refuse(BlockError::extra_data_too_long);
    const evm::Rules& rules = spec.rules_at(header.number, header.timestamp_s);
    if (!is_gas_limit_allowed(header.gas_limit, parent,
                              rules.has_fee_market && !parent.base_fee_per_gas))
        return refuse(BlockError::gas_limit_out_of_bounds);
    if (header.gas_used > header.gas_limit) return refuse(BlockError::gas_used_above_limit);
    if (header.base_fee_per_gas !=
        (rules.has_fee_market ? std::optional{next_base_fee(parent)} : std::nullopt))
        return refuse(BlockError::wrong_base_fee);
    TRY_VOID(validate_before_or_after_paris(spec, header, parent, rules));

    // What came with a fork is there from it on, and not before.
    if (header.withdrawals_root.has_value() != rules.has_withdrawals)
        return refuse(BlockError::missing_withdrawals);
    if (header.blob_gas_used.has_value() != rules.has_blobs ||
        header.excess_blob_gas.has_value() != rules.has_blobs)
        return refuse(BlockError::wrong_blob_fields);
    if (header.parent_beacon_block_root.has_value() != rules.has_beacon_root)
        return refuse(BlockError::wrong_parent_beacon_root);
    if (header.requests_hash.has_value() != rules.has_requests)
        return refuse(BlockError::wrong_requests_hash);
    return rules.has_blobs ? validate_blob_fields(spec, header, parent)
                           : Result<void, BlockError>{};
}

Result<void, BlockError> validate_body(const ChainSpec& spec, const Block& block) {
    const BlockHeader& header = block.header;
    if (ommers_hash(block.ommers) != header.ommers_hash)
        return refuse(BlockError::wrong_ommers_hash);
    if (block.withdrawals.has_value() != header.withdrawals_root.has_value())
        return refuse(BlockError::missing_withdrawals);
    if (block.withdrawals && withdrawals_root(*block.withdrawals) != header.withdrawals_root)
        return refuse(BlockError::wrong_withdrawals_root);
    if (header.blob_gas_used) {
        uint64_t blobs = 0;
        for (const Transaction& tx : block.transactions) blobs += tx.blob_versioned_hashes.size();
        // More than fit is said of the transaction that is one too many.
        if (blobs <= spec.blobs_at(header.timestamp_s).max &&
            blobs * GAS_PER_BLOB != *header.blob_gas_used)
            return refuse(BlockError::wrong_blob_gas_used);
    }
    const uint64_t max_size = spec.rules_at(header.number, header.timestamp_s).max_block_size;
    if (max_size != UINT64_MAX && encode(block).size() > max_size)
        return refuse(BlockError::too_large);
    return {};
}

Result<void, BlockError> validate_ommers(const ChainSpec& spec, const Block& block,
                                         const Store& store) {
    constexpr size_t MAX_OMMERS = 2;
    constexpr size_t GENERATIONS = 7;
    if (block.ommers.empty()) return {};
    if (block.ommers.size() > MAX_OMMERS) return refuse(BlockError::wrong_ommers);

    std::vector<StoredBlockPtr> ancestors;
    for (Hash next = block.header.parent_hash; ancestors.size() < GENERATIONS;) {
        auto ancestor = store.block(next);
        if (!ancestor) break;
        next = ancestor->header().parent_hash;
        ancestors.push_back(std::move(ancestor));
    }
    std::vector<Hash> taken;  // by ancestors, their ommers and those of this block
    for (const auto& ancestor : ancestors) {
        taken.push_back(ancestor->hash);
        for (const BlockHeader& ommer : ancestor->block.ommers) taken.push_back(hash(ommer));
    }
    for (const BlockHeader& ommer : block.ommers) {
        const Hash ommer_hash = hash(ommer);
        if (std::ranges::find(taken, ommer_hash) != taken.end())
            return refuse(BlockError::wrong_ommers);
        taken.push_back(ommer_hash);
        // Not a child of the parent: that would be a brother.
        const auto parent = std::ranges::find_if(ancestors, [&](const StoredBlockPtr& ancestor) {
            return ancestor->hash == ommer.parent_hash;
        });
        if (parent == ancestors.begin() || parent == ancestors.end() ||
            !validate_header(spec, ommer, (*parent)->header()))
            return refuse(BlockError::wrong_ommers);
    }
    return {};
}

}  // namespace scope::chain
