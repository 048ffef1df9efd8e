#include "builder/price.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace scope::builder {

uint256 cost_of(const RootUse& use, const L1Prices& prices, const PriceRule& rule) noexcept {
    return uint256{use.l1_gas} * prices.gas_wei + uint256{use.blob_bytes} * prices.blob_byte_wei +
           uint256{use.unpaid_gas} * rule.unpaid_gas_wei + rule.proving_wei;
}

uint256 asked_of(const RootUse& use, const L1Prices& prices, const PriceRule& rule) noexcept {
    if (rule.margin_percent == 0) return {};
    // Rounded up.
    return (cost_of(use, prices, rule) * uint256{rule.margin_percent} + uint256{99u}) /
           uint256{100u};
}

uint256 priority_fee_for(const uint256& asked_wei, uint64_t gas_used) noexcept {
    const uint256 gas{std::max<uint64_t>(gas_used, 1)};
    return asked_wei / gas + uint256{asked_wei % gas != uint256{} ? 1u : 0u};
}

std::optional<std::string> why_underpaid(const uint256& paid_wei, const RootUse& use,
                                         const L1Prices& prices, const PriceRule& rule) {
    const uint256 asked = asked_of(use, prices, rule);
    if (paid_wei >= asked) return std::nullopt;
    return fmt::format(
        "it pays the builder {} wei, and has to pay {}: {} percent of the {} wei that {} gas on "
        "L1, {} gas that nobody pays for on rollups, {} bytes in blobs and proving cost",
        to_decimal(paid_wei), to_decimal(asked), rule.margin_percent,
        to_decimal(cost_of(use, prices, rule)), use.l1_gas, use.unpaid_gas, use.blob_bytes);
}

}  // namespace scope::builder
