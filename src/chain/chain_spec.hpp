#pragma once

#include <memory>
#include <vector>

#include "execution/environment.hpp"
#include "execution/forced.hpp"
#include "types/block.hpp"

namespace scope::chain {

/// The start of a revision's rules: a block number before Paris and at it, a time after.
struct ForkActivation {
    enum class By : uint8_t { number, timestamp };
    evm::Revision revision = evm::Revision::frontier;
    By by = By::timestamp;
    uint64_t from = 0;  ///< block number or seconds
};

struct BlobScheduleEntry {
    uint64_t from_timestamp_s = 0;
    execution::BlobParameters parameters;
};

/// All that makes a chain's rules.
struct ChainSpec {
    ChainId chain_id{1};
    std::vector<ForkActivation> forks;             ///< by revision; the first from 0
    std::vector<BlobScheduleEntry> blob_schedule;  ///< by time; BPO forks are entries (EIP-7892)
    /// Rules of the rollup that it is; null: Ethereum's rules alone.
    std::shared_ptr<const execution::RollupRule> rollup;
    Address deposit_contract;  ///< EIP-6110
    /// First blocks of forks that have no revision, since they change no execution rule: the fork
    /// id counts them (EIP-2124).
    std::vector<uint64_t> other_fork_blocks{};
    /// Changes by force, which all nodes of a devnet share; null elsewhere.
    std::shared_ptr<execution::Forced> forced = nullptr;

    [[nodiscard]] evm::Revision revision_at(uint64_t number, uint64_t timestamp_s) const noexcept;
    [[nodiscard]] const evm::Rules& rules_at(uint64_t number, uint64_t timestamp_s) const noexcept {
        return evm::rules_of(revision_at(number, timestamp_s));
    }
    /// Returns the blob parameters; zeros before Cancun.
    [[nodiscard]] execution::BlobParameters blobs_at(uint64_t timestamp_s) const noexcept;

    /// Returns a chain with one revision's rules from its genesis on, with Ethereum's parameters.
    static ChainSpec of(evm::Revision revision, ChainId chain_id);
};

// EIP-1559.
inline constexpr uint64_t INITIAL_BASE_FEE = 1'000'000'000;
inline constexpr uint64_t ELASTICITY_MULTIPLIER = 2;
inline constexpr uint64_t BASE_FEE_CHANGE_DENOMINATOR = 8;
// Yellow Paper, section 4.3.4.
inline constexpr uint64_t GAS_LIMIT_BOUND_DIVISOR = 1024;
inline constexpr uint64_t MIN_GAS_LIMIT = 5000;
inline constexpr size_t MAX_EXTRA_DATA_SIZE = 32;

/// Returns the base fee of a child of @p parent. REQUIRES: London at the child.
uint256 next_base_fee(const BlockHeader& parent);
/// Returns the excess blob gas of a child of @p parent (EIP-4844, EIP-7918). REQUIRES: Cancun at
/// the child.
uint64_t next_excess_blob_gas(const ChainSpec& spec, const BlockHeader& parent,
                              uint64_t timestamp_s);
/// Returns the difficulty of a child of @p parent: zero from Paris; before, by the formula of the
/// revision, without the bombs of forks that change nothing else.
uint256 next_difficulty(const ChainSpec& spec, const BlockHeader& parent, uint64_t timestamp_s);

}  // namespace scope::chain
