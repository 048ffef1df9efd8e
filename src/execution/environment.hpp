#pragma once

#include <memory>

#include "evm/host.hpp"
#include "evm/rules.hpp"

namespace scope::execution {

class RollupRule;

using evm::BlobParameters;
inline constexpr BlobParameters CANCUN_BLOBS = evm::rules_of(evm::Revision::cancun).blobs;
inline constexpr BlobParameters PRAGUE_BLOBS = evm::rules_of(evm::Revision::prague).blobs;

/// Hashes of a block's ancestors, for BLOCKHASH.
class BlockHashes {
  public:
    virtual ~BlockHashes() = default;
    /// Zero if it does not know. @p number is one of the last 256 before the block.
    [[nodiscard]] virtual Hash block_hash(uint64_t number) const = 0;
};

/// What the transactions of one block have in common.
struct Environment {
    evm::Revision revision = evm::LATEST_REVISION;
    evm::BlockContext block;
    BlobParameters blobs;
    std::shared_ptr<const RollupRule> rollup;   ///< null: Ethereum's rules alone
    const BlockHashes* block_hashes = nullptr;  ///< null: knows none

    [[nodiscard]] const evm::Rules& rules() const noexcept { return evm::rules_of(revision); }
};

/// EIP-4844: wei per blob gas.
uint256 blob_base_fee(uint64_t excess_blob_gas, const BlobParameters& blobs);

}  // namespace scope::execution
