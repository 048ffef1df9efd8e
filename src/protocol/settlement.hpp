#pragma once

#include <optional>
#include <span>

#include "protocol/plan.hpp"
#include "protocol/rolling_hash.hpp"

/// The arguments of executeScope and the statements of proofs (docs/protocol.md §11;
/// contracts/src/interfaces/ISettlement.sol).
namespace scope::protocol {

/// One chain's streams and values toward a remote in one scope (§4, §10).
struct Streams {
    uint256 chain_id;
    RollingHashes hashes;
    uint256 value_in;   ///< wei
    uint256 value_out;  ///< wei
    uint256 limit;      ///< loaded as the remote's Limit, in wei; 0 if none was
    friend bool operator==(const Streams&, const Streams&) = default;
};

/// Parts of the L1 environment that a simulation may have assumed.
enum class EnvironmentField : uint8_t {
    parent_hash,
    number,
    timestamp,
    prev_randao,
    coinbase,
    gas_limit,
    base_fee,
    blob_base_fee,
    gas_price,
};
struct EnvironmentValue {
    uint8_t field = 0;  ///< an EnvironmentField
    Hash value;         ///< addresses and numbers right-aligned
    friend bool operator==(const EnvironmentValue&, const EnvironmentValue&) = default;
};

/// A bundle's claim about one rollup's batch: ISettlement.Batch.
struct BatchClaim {
    uint256 chain_id;
    uint256 batch_number;  ///< batches settled before
    uint256 first_block;
    Hash parent_block_hash;    ///< of the block that its first one builds on
    Hash last_block_hash;      ///< it holds the state root
    Address builder;           ///< who has to settle it; zero: anyone
    uint256 l1_origin_number;  ///< of its last block
    Hash l1_origin_hash;
    uint256 data_offset;           ///< of its bytes in the scope's data
    uint256 data_length;           ///< in bytes
    std::vector<Streams> remotes;  ///< with a non-empty stream or a limit, strictly ascending
    Bytes policy_data;             ///< for the rollup's sequencing policy
    uint256 forced_queue_position;
    friend bool operator==(const BatchClaim&, const BatchClaim&) = default;
};

/// An L1 root as its user signs it (EIP-712).
struct Operation {
    Address account;
    uint256 nonce;
    Address target;
    uint256 value;  ///< wei
    Bytes data;
    uint256 gas;               ///< of the target, exactly
    uint256 verification_gas;  ///< for the account's check of the signature
    uint256 fee;               ///< wei, for who submits
    uint256 deadline;          ///< seconds
    Address submitter;         ///< zero: anyone
    Hash outcome;              ///< see outcome_of; zero: any
    bool runs_alone = false;
    friend bool operator==(const Operation&, const Operation&) = default;
};
struct SignedOperation {
    Operation operation;
    Bytes signature;  ///< r || s || v, 65 bytes
    Address owner;    ///< zero, or of an account that its first operation deploys
    friend bool operator==(const SignedOperation&, const SignedOperation&) = default;
};

/// A root's leg on L1.
struct L1Leg {
    RootContext context;
    std::vector<Fill> fills;
    std::vector<Record> records;
    Bytes signed_operation;  ///< abi.encode(SignedOperation) for a root of L1, empty otherwise
    friend bool operator==(const L1Leg&, const L1Leg&) = default;
};

struct Scope {
    std::vector<EnvironmentValue> environment;
    Bytes data;  ///< the bytes of all batches, or empty: then they are in blobs
    std::vector<BatchClaim> batches;  ///< strictly ascending chain id
    std::vector<L1Leg> legs;          ///< strictly increasing root index
    /// One for all batches whose rollups share verifier and program, in the order in which these
    /// first appear.
    std::vector<Bytes> proofs;
    friend bool operator==(const Scope&, const Scope&) = default;
};

/// A batch's bytes in the data that all batches of a scope share.
struct DataSlice {
    Hash commitment;  ///< data_commitment_of_calldata or data_commitment_of_blobs
    uint256 offset;
    uint256 length;
    friend bool operator==(const DataSlice&, const DataSlice&) = default;
};

struct PublicInputs {
    uint256 l1_chain_id;
    Address settlement;
    uint256 chain_id;
    Hash program_id;
    uint256 batch_number;
    uint256 first_block;
    Hash parent_block_hash;
    Hash last_block_hash;
    Address builder;
    uint256 l1_origin_number;
    Hash l1_origin_hash;
    DataSlice data;
    std::vector<Streams> remotes;
    Hash policy_hash;  ///< what the sequencing policy says of the batch; zero without one
    uint256 forced_queue_position;
    friend bool operator==(const PublicInputs&, const PublicInputs&) = default;
};

/// A batch in the event ScopeSettled.
struct SettledBatch {
    uint256 chain_id;
    uint256 batch_number;
    Hash last_block_hash;
    uint256 data_offset;
    uint256 data_length;
    friend bool operator==(const SettledBatch&, const SettledBatch&) = default;
};
/// The event ScopeSettled, without its indexed number.
struct ScopeSettled {
    Hash data_commitment;
    std::vector<SettledBatch> batches;
    friend bool operator==(const ScopeSettled&, const ScopeSettled&) = default;
};

/// A rollup as the registry has it: ISettlement.Rollup.
struct RegisteredRollup {
    Address verifier;
    Hash program_id;
    Address policy;  ///< who may submit batches; zero: anyone
    Hash last_block_hash;
    uint256 escrow;  ///< wei
    uint64_t next_batch = 0;
    uint64_t l1_origin_number = 0;  ///< of its last block; 0 before the first batch
    uint64_t forced_queue_position = 0;
    uint64_t forced_queue_length = 0;
    bool closed = false;  ///< for good
};
/// Encodes calldata of getRollup, which returns all zeros for a rollup that is not registered.
Bytes get_rollup(ChainId chain_id);
std::optional<RegisteredRollup> decode_rollup(BytesView output);

/// Returns the first topic of RollupRegistered.
Hash rollup_registered_topic();
/// Returns the chain id in the topics of RollupRegistered; nullopt for another event.
std::optional<uint256> decode_rollup_registered(std::span<const Hash> topics);

/// Encodes calldata of nonceOf: the nonce of an account's next operation.
Bytes nonce_of(const Address& account);
std::optional<uint256> decode_nonce(BytesView output);
/// Encodes calldata of accountFactory, which returns who deploys accounts with an owner.
Bytes account_factory();
/// Encodes calldata of IScopedAccountFactory.accountOf and deploy. They return the account.
Bytes account_of(const Address& owner);
Bytes deploy_account(const Address& owner);
/// Decodes the one address that a function returns.
std::optional<Address> decode_address(BytesView output);

/// Encodes calldata of IScopedAccount.executeOperation.
/// @param digest  See operation_digest.
Bytes execute_operation(const SignedOperation& operation, const Hash& digest);
/// Returns the gas that the settlement contract gives executeOperation, exactly; nullopt if it is
/// 2^64 or more, which no transaction has.
std::optional<uint64_t> operation_gas(const Operation& operation);
/// The answer of executeOperation.
struct OperationResult {
    bool success = false;   ///< of the target
    Hash return_data_hash;  ///< see return_data_hash
};
std::optional<OperationResult> decode_operation_result(BytesView output);
/// Returns whether executeScope reverted since less gas is left than the operation is to get.
bool is_too_little_gas_for_operation(BytesView revert_data);
/// Returns whether executeOperation reverted since verification left less gas than the user signed
/// for the target.
bool is_too_little_operation_gas(BytesView revert_data);
/// Returns the first topic of OperationExecuted; the second is the digest.
Hash operation_executed_topic();
/// The event OperationExecuted, without its indexed digest.
struct OperationExecuted {
    bool success = false;
    Bytes return_data;  ///< of the target, or its revert data; the first 2,048 bytes
};
std::optional<OperationExecuted> decode_operation_executed(BytesView data);

/// Encodes calldata of executeScope.
Bytes execute_scope(const Scope& scope);
/// Decodes the scope of such calldata; accepts only what execute_scope gives. For what L1 has
/// executed use decode_settled_scope: the contract accepts more.
Result<Scope, DecodeError> decode_execute_scope(BytesView calldata);

/// A scope that settled, as far as rollups follow from it.
struct SettledScope {
    Bytes data;  ///< empty: it is in blobs
    /// Without policy_data: the contract does not look at them for a rollup that has no policy.
    std::vector<BatchClaim> batches;
};
/// Decodes what the settlement contract reads in a successful executeScope's calldata, however it
/// is encoded (abi/calldata.hpp). Nothing else of it is looked at.
///
/// @param gas_limit  Of the transaction. The contract copies every word of the data and of a
///                   batch's remotes to memory, at 3 gas or more each: so this bounds what is
///                   decoded, and never refuses a scope that settled.
Result<SettledScope, DecodeError> decode_settled_scope(BytesView calldata, uint64_t gas_limit);

/// Encodes abi.encode(SignedOperation), as an L1Leg carries it.
Bytes encode(const SignedOperation& operation);
Result<SignedOperation, DecodeError> decode_signed_operation(BytesView bytes);

/// Returns the first topic of ScopeSettled.
Hash scope_settled_topic();
/// Decodes the data of ScopeSettled.
Result<ScopeSettled, DecodeError> decode_scope_settled(BytesView data);

/// Returns the commitment to the bytes of all batches of a scope, in calldata.
Hash data_commitment_of_calldata(BytesView data);
/// Returns the commitment to all blobs of the transaction.
Hash data_commitment_of_blobs(std::span<const Hash> versioned_hashes);

Hash public_inputs_hash(const PublicInputs& inputs);
/// Returns the hash that a committee member signs for all batches of one program.
/// @param inputs_hashes  Of their public inputs, in the order of the scope.
Hash attestation_hash(const Hash& program_id, std::span<const Hash> inputs_hashes);
/// Returns the bytes of which attestation_hash is the hash: what a Signer is given.
Bytes attestation_message(const Hash& program_id, std::span<const Hash> inputs_hashes);

/// Returns the hash of what a target returned, or reverted with, for outcome_of: of its first
/// MAX_DATA_BYTES bytes.
Hash return_data_hash(BytesView return_data);
/// Returns the outcome of a root's leg on L1, which an operation may sign (§11).
/// @param return_data_hash  See the function.
/// @param trace    L1's own when the operation has ended.
/// @param fills    As loaded; the canonical order is by chain id, then the target's.
/// @param records  As loaded, in L1's own order.
Hash outcome_of(bool success, const Hash& return_data_hash, const Hash& trace,
                const std::vector<Fill>& fills, const std::vector<Record>& records);

/// Returns the EIP-712 digest that the account signs.
Hash operation_digest(const SettlementId& settlement, const Operation& operation);
/// Returns an L1 root's operationHash: the digest with an outcome of 0, for the outcome follows
/// from the root's id.
Hash operation_hash(const SettlementId& settlement, const Operation& operation);

}  // namespace scope::protocol
