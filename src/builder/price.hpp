#pragma once

#include <optional>
#include <string>

#include "base/uint256.hpp"

namespace scope::builder {

/// The builder's price rule: a root pays for what it costs the builder, or is refused.
struct PriceRule {
    /// The least that a root has to pay, in percent of what it costs; 0: the rule is off.
    uint64_t margin_percent = 0;
    uint256 proving_wei;     ///< cost of proving a root
    uint256 unpaid_gas_wei;  ///< cost of a gas on a rollup that no transaction pays for
};

/// A root's use of what the builder pays for.
struct RootUse {
    uint64_t l1_gas = 0;      ///< of its leg, and of its data if that is in calldata
    uint64_t unpaid_gas = 0;  ///< on rollups: of system transactions, and for asking
    uint64_t blob_bytes = 0;  ///< of its batches' data, if that is in blobs
};

/// The prices that the builder pays with the scope's L1 transaction.
struct L1Prices {
    uint256 gas_wei;        ///< a gas, the tip included
    uint256 blob_byte_wei;  ///< a byte of a blob's content
};

/// Returns the wei that a root costs the builder.
uint256 cost_of(const RootUse& use, const L1Prices& prices, const PriceRule& rule) noexcept;

/// Returns the wei that the rule asks of a root; 0 if it is off.
uint256 asked_of(const RootUse& use, const L1Prices& prices, const PriceRule& rule) noexcept;

/// Returns the least priority fee of a gas by which a transaction pays that, wei.
uint256 priority_fee_for(const uint256& asked_wei, uint64_t gas_used) noexcept;

/// Returns the human-readable reason why @p paid_wei is too little for the root; nullopt if it is
/// enough, or the rule is off.
std::optional<std::string> why_underpaid(const uint256& paid_wei, const RootUse& use,
                                         const L1Prices& prices, const PriceRule& rule);

}  // namespace scope::builder
