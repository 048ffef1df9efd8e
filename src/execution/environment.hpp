#pragma once

#include <map>
#include <memory>
#include <optional>

#include "evm/host.hpp"
#include "evm/rules.hpp"
#include "types/blob.hpp"

namespace scope::execution {

class Forced;
class RollupRule;

using evm::BlobParameters;
inline constexpr BlobParameters CANCUN_BLOBS = evm::rules_of(evm::Revision::cancun).blobs;
inline constexpr BlobParameters PRAGUE_BLOBS = evm::rules_of(evm::Revision::prague).blobs;

/// The hashes of a block's ancestors, for BLOCKHASH.
class BlockHashes {
  public:
    virtual ~BlockHashes() = default;
    /// Returns a block's hash, zero if it is not known.
    /// REQUIRES: @p number is one of the last 256 before the block.
    [[nodiscard]] virtual Hash block_hash(uint64_t number) const = 0;
};

/// Precompiles that a simulation has elsewhere than the revision: what runs at an address, by its
/// own address in the revision; nullopt: the account's code.
using MovedPrecompiles = std::map<Address, std::optional<Address>>;

/// The environment that the transactions of one block have in common.
struct Environment {
    evm::Revision revision = evm::LATEST_REVISION;
    evm::BlockContext block;
    BlobParameters blobs;
    std::shared_ptr<const RollupRule> rollup;   ///< null: Ethereum's rules alone
    const BlockHashes* block_hashes = nullptr;  ///< null: none is known
    std::shared_ptr<const MovedPrecompiles> moved_precompiles = nullptr;  ///< null: none is moved
    std::shared_ptr<const Forced> forced = nullptr;  ///< changes by force; null but on a devnet

    [[nodiscard]] const evm::Rules& rules() const noexcept { return evm::rules_of(revision); }
};

/// Returns the price of blob gas, in wei (EIP-4844).
inline uint256 blob_base_fee(uint64_t excess_blob_gas, const BlobParameters& blobs) {
    // EIP-4844 fake_exponential: the Taylor series of MIN * e^(excess / fraction), times fraction.
    const uint256 fraction{blobs.base_fee_update_fraction};
    const uint256 excess{excess_blob_gas};
    uint256 term = uint256{MIN_BASE_FEE_PER_BLOB_GAS} * fraction;
    uint256 sum;
    for (uint64_t i = 1; !term.is_zero(); ++i) {
        sum += term;
        // No price that anybody could pay; stops before the product below loses bits.
        if (significant_bytes(term) > 22) return ~uint256{};
        term = term * excess / (fraction * uint256{i});
    }
    return sum / fraction;
}

}  // namespace scope::execution
