#include "rollup/l1_origins.hpp"

namespace scope::rollup {

std::vector<uint256> chains_to_add(const L1Origins& l1, ChainId own, uint64_t origin_before,
                                   uint64_t origin) {
    std::vector<uint256> chain_ids;
    if (origin <= origin_before) return chain_ids;
    for (const ChainId chain_id : l1.registered(origin_before, origin))
        if (chain_id != own) chain_ids.emplace_back(chain_id);
    return chain_ids;
}

}  // namespace scope::rollup
