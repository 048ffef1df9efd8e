#pragma once

#include <optional>

#include "base/check.hpp"
#include "base/hex.hpp"
#include "evm/host.hpp"
#include "evm/revision.hpp"

namespace scope::execution {

/// How many blobs a block aims at and may have, and how fast their price follows (EIP-4844,
/// EIP-7840, EIP-7892).
struct BlobParameters {
    uint64_t target = 0;  ///< blobs
    uint64_t max = 0;     ///< blobs
    uint64_t base_fee_update_fraction = 1;
    friend bool operator==(const BlobParameters&, const BlobParameters&) = default;
};

inline constexpr BlobParameters CANCUN_BLOBS{3, 6, 3338477};
inline constexpr BlobParameters PRAGUE_BLOBS{6, 9, 5007716};

inline constexpr Address ABORT_PRECOMPILE =
    literals::fixed_literal<20>("0x5c09e00000000000000000000000000000000002");

/// Selectors that the rule below knows: of ScopedCallableL2.ask, and of ScopedCallable's errors
/// NoOpenRoot() and TooLittleGas().
inline constexpr auto ASK = literals::fixed_literal<4>("1ecf60ac");
inline constexpr auto NO_OPEN_ROOT = literals::fixed_literal<4>("7b7d468e");
inline constexpr auto TOO_LITTLE_GAS = literals::fixed_literal<4>("5dd42bb6");
/// What asking takes at most at once: inside another one a 64th less than that one.
inline constexpr int64_t ASK_GAS = int64_t{1} << 24;

/// Transactions without a signature that a chain may have (docs/protocol.md, section 6): TxType
/// system. They pay nothing, must succeed, and leave the target's transient storage to the directly
/// following transaction of the same block.
struct SystemTransactionRule {
    Address sender;  ///< of all of them; its nonce counts them
    Address target;  ///< the only address that they may call
    /// A precompile for the target alone: what calls it, with a reason, is no transaction of any
    /// block, whatever frame catches (section 7). Called with NoOpenRoot(), it has the transaction
    /// revert with that (section 12). Warm from the start, as precompiles are (EIP-2929). For all
    /// others an account like any other.
    Address abort = ABORT_PRECOMPILE;
    // The target's call to itself of `ask`, in which it takes an answer and serves callbacks, has
    // gas of its own, not that of the frame that waits. Else what a builder has it serve could
    // starve that frame (section 7). All asking in a block takes at most the block's gas limit,
    // beside what its transactions pay for; more is an abort.
    // What a system transaction accessed before the target's first call to itself is cold from then
    // on: the accounts that it deploys as it loads are the builder's choice, too.
    friend bool operator==(const SystemTransactionRule&, const SystemTransactionRule&) = default;
};

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
    std::optional<SystemTransactionRule> system_transactions;
    const BlockHashes* block_hashes = nullptr;  ///< null: knows none
};

/// EIP-4844: wei per blob gas.
uint256 blob_base_fee(uint64_t excess_blob_gas, const BlobParameters& blobs);

}  // namespace scope::execution
