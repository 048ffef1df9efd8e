#include "node/unsettled_rows.hpp"

#include <algorithm>

#include "rlp/encode.hpp"
#include "store/decode_row.hpp"
#include "store/keys.hpp"

namespace scope::node {

namespace {

struct UnsettledRow {
    Bytes block;
    uint64_t l1_origin_number = 0;
    Hash l1_origin_hash;
};
constexpr auto rlp_fields(const UnsettledRow*) {
    return std::tuple{&UnsettledRow::block, &UnsettledRow::l1_origin_number,
                      &UnsettledRow::l1_origin_hash};
}

Bytes key_of(ChainId chain_id, const builder::UnsettledBlock& block) {
    return store::number_key(store::Column::unsettled, chain_id, block.block->header().number);
}

}  // namespace

void UnsettledRows::save(const builder::UnsettledBlocks& blocks) {
    for (const auto& [chain_id, before] : saved_) {
        const auto now = blocks.find(chain_id);
        for (size_t i = 0; i < before.size(); ++i)
            if (now == blocks.end() || i >= now->second.size() || now->second[i] != before[i])
                rows_.erase(key_of(chain_id, *before[i]));
    }
    for (const auto& [chain_id, now] : blocks) {
        const auto before = saved_.find(chain_id);
        for (size_t i = 0; i < now.size(); ++i)
            if (before == saved_.end() || i >= before->second.size() || before->second[i] != now[i])
                rows_.put(key_of(chain_id, *now[i]),
                          rlp::encode(UnsettledRow{encode(now[i]->block->block),
                                                   now[i]->content.l1_origin_number,
                                                   now[i]->content.l1_origin_hash}));
    }
    saved_ = blocks;
}

std::vector<UnsettledRows::Saved> UnsettledRows::load(ChainId chain_id) const {
    std::vector<Saved> saved;
    rows_.scan(store::column_prefix(store::Column::unsettled, chain_id), store::Order::ascending,
               [&](BytesView key, BytesView value) {
                   const auto row = store::decode_row<UnsettledRow>(key, value);
                   auto block = decode_block(row.block);
                   if (!block) store::refuse_row(key, to_string(block.error()));
                   saved.push_back({std::move(*block), {row.l1_origin_number, row.l1_origin_hash}});
                   return true;
               });
    return saved;
}

}  // namespace scope::node
