#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/chain_id.hpp"
#include "evm/message.hpp"

namespace scope::evm {

enum class AccessStatus : uint8_t { cold, warm };

/// The values that an SSTORE met: the one at the start of the transaction, and the one before. Gas
/// and refunds follow from them (EIP-2200, EIP-1283; storage_gas in gas.hpp).
struct StorageChange {
    Hash original;
    Hash current;
};

/// The environment of the block and the transaction.
struct BlockContext {
    Address coinbase;
    uint64_t number = 0;
    uint64_t timestamp_s = 0;
    uint64_t gas_limit = 0;
    Hash prev_randao;       ///< from Paris; DIFFICULTY before
    uint256 difficulty;     ///< before Paris
    uint256 base_fee;       ///< wei; London
    uint256 blob_base_fee;  ///< wei; Cancun
    ChainId chain_id{1};
};

struct TransactionContext {
    Address origin;
    uint256 gas_price;  ///< effective, wei
    std::vector<Hash> blob_hashes;
};

class Analysis;  // jump destinations and all else that the interpreter precomputes

/// Code with its analysis, shared by all frames that run it.
struct Code {
    Bytes bytes;
    Hash hash;  ///< keccak256(bytes)
    std::shared_ptr<const Analysis> analysis;
};
using CodePtr = std::shared_ptr<const Code>;

/// The surroundings of code, as far as it may ask for them. One implementation executes
/// transactions (execution::Host); the builder's simulation overrides call and nothing else.
///
/// Gas is the interpreter's business alone: the host answers, says what is cold, and counts
/// nothing.
class Host {
  public:
    virtual ~Host() = default;

    [[nodiscard]] virtual const BlockContext& block() const noexcept = 0;
    [[nodiscard]] virtual const TransactionContext& transaction() const noexcept = 0;
    /// Returns the hash of an ancestor; zero outside of the last 256 blocks.
    /// REQUIRES: number < block().number.
    virtual Hash block_hash(uint64_t number) = 0;

    /// Returns whether the account exists: as EIP-161 has it from Spurious Dragon (not empty), as a
    /// trie entry before.
    virtual bool account_exists(const Address& address) = 0;
    virtual uint256 balance(const Address& address) = 0;
    /// Returns the code as EXTCODECOPY sees it (a delegation's 23 bytes, not what it points to).
    /// Never null.
    virtual CodePtr code(const Address& address) = 0;
    /// Returns keccak256 of the code; zero for an account that does not exist or is empty
    /// (EIP-1052).
    virtual Hash code_hash(const Address& address) = 0;

    virtual Hash storage(const Address& address, const Hash& key) = 0;
    /// Writes, and returns what was there.
    virtual StorageChange set_storage(const Address& address, const Hash& key,
                                      const Hash& value) = 0;
    virtual Hash transient_storage(const Address& address, const Hash& key) = 0;
    virtual void set_transient_storage(const Address& address, const Hash& key,
                                       const Hash& value) = 0;

    /// Marks as warm; returns what it was (EIP-2929).
    virtual AccessStatus access_account(const Address& address) = 0;
    virtual AccessStatus access_storage(const Address& address, const Hash& key) = 0;

    virtual void emit_log(const Address& address, std::span<const Hash> topics, BytesView data) = 0;
    /// Moves the balance and marks for deletion by the rules of the revision (EIP-6780 from
    /// Cancun).
    /// @return  Whether it is the first time for @p address in this transaction (refunds before
    ///          London).
    virtual bool self_destruct(const Address& address, const Address& beneficiary) = 0;

    /// Runs a frame: moves value, enters the precompile or the code, undoes everything if it does
    /// not succeed. message.depth is that of the new frame. Depth and balance checks of CALL and
    /// CREATE are the host's: it returns call_depth_exceeded or insufficient_balance with all gas
    /// left.
    virtual CallResult call(const Message& message) = 0;
    /// Returns the account that @p address delegates to; nullopt if its code is no delegation
    /// (EIP-7702).
    virtual std::optional<Address> delegation(const Address& address) = 0;
};

}  // namespace scope::evm
