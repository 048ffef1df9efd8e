#include "builder/unsettled.hpp"

#include "chain/header_rules.hpp"
#include "rollup/forced.hpp"

namespace scope::builder {

UnsettledBlockPtr rebuild_unsettled(const rollup::ScratchChain& scratch, const Block& block,
                                    const l1::L1BlockId& l1_origin,
                                    const rollup::Follower& follower) {
    const auto& spec = scratch.chain().spec();
    const auto* const followed = follower.rollup(spec.chain_id);
    CHECK(followed != nullptr);
    auto one = std::make_shared<UnsettledBlock>();
    one->content = {.l1_origin_number = l1_origin.number,
                    .l1_origin_hash = l1_origin.hash,
                    .timestamp_s = block.header.timestamp_s,
                    .coinbase = block.header.coinbase,
                    .transactions = {}};
    const auto attributes = rollup::attributes_of(one->content);
    if (block.header.parent_hash != scratch.head()->hash ||
        !chain::are_allowed(spec, scratch.head()->header(), attributes))
        return nullptr;
    chain::BlockBuilder builder{scratch.chain(), scratch.head()->hash, attributes};
    size_t size = 0;
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        const auto& tx = block.transactions[i];
        if (!has_encoding(tx) || !builder.try_transaction(tx)) return nullptr;
        size += rollup::size_in_batch(tx);
        one->content.transactions.push_back(tx);
        const auto taken = rollup::position_taken_by(tx);
        if (!taken) continue;
        const auto entries = rollup::entries_between(follower, spec.chain_id,
                                                     followed->forced_queue_position(), *taken);
        const auto ran = entries ? rollup::run_forced(builder, followed->config, *entries)
                                 : Result<size_t, rollup::ForcedRefusal>{0};
        if (!entries || !ran) return nullptr;
        i += *ran;  // the block has them, or its hash is another one
        one->forced_position = taken;
    }
    one->all_gas_used = builder.all_gas_used();
    one->batch_size = rollup::size_in_batch(one->content, size);
    auto sealed = builder.seal();
    if (!sealed || sealed->block.hash != hash(block.header)) return nullptr;
    one->block = std::make_shared<const chain::StoredBlock>(std::move(sealed->block));
    one->state = std::move(sealed->state);
    return one;
}

}  // namespace scope::builder
