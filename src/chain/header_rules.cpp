#include "chain/header_rules.hpp"

#include <algorithm>

#include "crypto/keccak.hpp"
#include "execution/transaction.hpp"
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

void check_blob_fields(BlockFindings& findings, const ChainSpec& spec, const BlockHeader& header,
                       const BlockHeader& parent) {
    findings.check(
        *header.excess_blob_gas != next_excess_blob_gas(spec, parent, header.timestamp_s),
        BlockError::wrong_excess_blob_gas);
    findings.check(*header.blob_gas_used > spec.blobs_at(header.timestamp_s).max * GAS_PER_BLOB,
                   BlockError::blob_gas_above_limit);
    findings.check(*header.blob_gas_used % GAS_PER_BLOB != 0, BlockError::wrong_blob_gas_used);
}

}  // namespace

execution::Forced::Child forced_child(const ChainSpec& spec, const Hash& parent_hash) {
    return spec.forced ? spec.forced->child(parent_hash) : execution::Forced::Child{};
}

bool is_gas_limit_allowed(uint64_t gas_limit, const BlockHeader& parent, bool is_first_london) {
    const uint64_t before = parent.gas_limit * (is_first_london ? ELASTICITY_MULTIPLIER : 1);
    const uint64_t distance = gas_limit > before ? gas_limit - before : before - gas_limit;
    return distance < before / GAS_LIMIT_BOUND_DIVISOR && gas_limit >= MIN_GAS_LIMIT &&
           gas_limit <= execution::MAX_GAS;
}

void check_header(BlockFindings& findings, const ChainSpec& spec, const BlockHeader& header,
                  const BlockHeader& parent) {
    findings.check(header.number != parent.number + 1, BlockError::wrong_number);
    findings.check(header.timestamp_s <= parent.timestamp_s,
                   BlockError::timestamp_not_after_parent);
    findings.check(header.extra_data.size() > MAX_EXTRA_DATA_SIZE, BlockError::extra_data_too_long);
    const evm::Rules& rules = spec.rules_at(header.number, header.timestamp_s);
    const auto forced = forced_child(spec, header.parent_hash);
    findings.check(header.gas_limit > execution::MAX_GAS, BlockError::gas_limit_too_big);
    findings.check(forced.gas_limit
                       ? header.gas_limit != *forced.gas_limit
                       : !is_gas_limit_allowed(header.gas_limit, parent,
                                               rules.has_fee_market && !parent.base_fee_per_gas),
                   BlockError::gas_limit_out_of_bounds);
    findings.check(header.gas_used > header.gas_limit, BlockError::gas_used_above_limit);
    findings.check(
        header.base_fee_per_gas !=
            (rules.has_fee_market ? std::optional{forced.base_fee.value_or(next_base_fee(parent))}
                                  : std::nullopt),
        BlockError::wrong_base_fee);
    findings.check(header.difficulty != next_difficulty(spec, parent, header.timestamp_s),
                   BlockError::wrong_difficulty);
    if (rules.is_proof_of_stake) {
        findings.check(!header.nonce.is_zero(), BlockError::wrong_pow_nonce);
        findings.check(header.ommers_hash != EMPTY_OMMERS_HASH, BlockError::wrong_ommers);
    }

    // What came with a fork is there from it on, and not before.
    findings.check(header.withdrawals_root.has_value() != rules.has_withdrawals,
                   BlockError::missing_withdrawals);
    const bool has_blob_fields =
        header.blob_gas_used.has_value() && header.excess_blob_gas.has_value();
    const bool has_any_blob_field =
        header.blob_gas_used.has_value() || header.excess_blob_gas.has_value();
    findings.check((rules.has_blobs ? !has_blob_fields : has_any_blob_field),
                   BlockError::wrong_blob_fields);
    findings.check(header.parent_beacon_block_root.has_value() != rules.has_beacon_root,
                   BlockError::wrong_parent_beacon_root);
    findings.check(header.requests_hash.has_value() != rules.has_requests,
                   BlockError::wrong_requests_hash);
    if (rules.has_blobs && has_blob_fields) check_blob_fields(findings, spec, header, parent);
}

void check_body(BlockFindings& findings, const ChainSpec& spec, const Block& block) {
    const BlockHeader& header = block.header;
    findings.check(ommers_hash(block.ommers) != header.ommers_hash, BlockError::wrong_ommers_hash);
    findings.check(block.withdrawals.has_value() != header.withdrawals_root.has_value(),
                   BlockError::missing_withdrawals);
    findings.check(
        block.withdrawals && withdrawals_root(*block.withdrawals) != header.withdrawals_root,
        BlockError::wrong_withdrawals_root);
    if (header.blob_gas_used) {
        uint64_t blobs = 0;
        for (const Transaction& tx : block.transactions) blobs += tx.blob_versioned_hashes.size();
        // More than fit is said of the transaction that is one too many.
        findings.check(blobs <= spec.blobs_at(header.timestamp_s).max &&
                           blobs * GAS_PER_BLOB != *header.blob_gas_used,
                       BlockError::wrong_blob_gas_used);
    }
    const uint64_t max_size = spec.rules_at(header.number, header.timestamp_s).max_block_size;
    findings.check(max_size != UINT64_MAX && encode(block).size() > max_size,
                   BlockError::too_large);
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
        if (parent == ancestors.begin() || parent == ancestors.end())
            return refuse(BlockError::wrong_ommers);
        BlockFindings findings;
        check_header(findings, spec, ommer, (*parent)->header());
        if (findings.first()) return refuse(BlockError::wrong_ommers);
    }
    return {};
}

}  // namespace scope::chain
