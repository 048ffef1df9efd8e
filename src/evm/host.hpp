#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/chain_id.hpp"
#include "evm/message.hpp"

namespace scope::evm {

enum class AccessStatus : uint8_t { cold, warm };

/// What an SSTORE met: the value at the start of the transaction, the value before, and whether it
/// is a change. Gas and refunds follow from it (EIP-2200, EIP-1283; a table in the interpreter).
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

class Analysis;  // jump destinations and what else the interpreter precomputes; evm/analysis.hpp

/// Code with its analysis, shared by all frames that run it.
struct Code {
    Bytes bytes;
    Hash hash;  ///< keccak256(bytes)
    std::shared_ptr<const Analysis> analysis;
};
using CodePtr = std::shared_ptr<const Code>;

/// What code may ask of its surroundings. One implementation executes transactions
/// (execution::Host); the builder's simulation overrides call and nothing else.
///
/// Gas is the interpreter's business alone: the host answers, says what is cold, and counts
/// nothing.
class Host {
  public:
    virtual ~Host() = default;

    [[nodiscard]] virtual const BlockContext& block() const noexcept = 0;
    [[nodiscard]] virtual const TransactionContext& transaction() const noexcept = 0;
    /// Hash of an ancestor; zero outside of the last 256 blocks. @p number < block().number.
    virtual Hash block_hash(uint64_t number) = 0;

    /// Exists as EIP-161 has it from spurious dragon (not empty), as a trie entry before.
    virtual bool account_exists(const Address& address) = 0;
    virtual uint256 balance(const Address& address) = 0;
    /// Code as EXTCODECOPY sees it (a delegation's 23 bytes, not what it points to). Never null.
    virtual CodePtr code(const Address& address) = 0;
    /// keccak256 of the code; zero for an account that does not exist or is empty (EIP-1052).
    virtual Hash code_hash(const Address& address) = 0;

    virtual Hash storage(const Address& address, const Hash& key) = 0;
    /// Writes, and tells what was there.
    virtual StorageChange set_storage(const Address& address, const Hash& key,
                                      const Hash& value) = 0;
    virtual Hash transient_storage(const Address& address, const Hash& key) = 0;
    virtual void set_transient_storage(const Address& address, const Hash& key,
                                       const Hash& value) = 0;

    /// EIP-2929: marks as warm, tells what it was.
    virtual AccessStatus access_account(const Address& address) = 0;
    virtual AccessStatus access_storage(const Address& address, const Hash& key) = 0;

    virtual void emit_log(const Address& address, std::span<const Hash> topics, BytesView data) = 0;
    /// Moves the balance and marks for deletion by the rules of the revision (EIP-6780 from
    /// Cancun).
    /// @return whether it is the first time for @p address in this transaction (refunds before
    /// London).
    virtual bool self_destruct(const Address& address, const Address& beneficiary) = 0;

    /// Runs a frame: moves value, enters the precompile or the code, undoes everything if it does
    /// not succeed. message.depth is that of the new frame; depth and balance checks of CALL/CREATE
    /// are the host's: it answers call_depth_exceeded or insufficient_balance with all gas left.
    virtual CallResult call(const Message& message) = 0;
    /// EIP-7702: the account that @p address delegates to, if its code is a delegation.
    virtual std::optional<Address> delegation(const Address& address) = 0;
};

}  // namespace scope::evm
