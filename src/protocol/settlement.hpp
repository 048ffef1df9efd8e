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
    uint256 batch_number;
    Hash pre_state_root;
    Hash post_state_root;
    uint256 first_block;
    Hash last_block_hash;
    Hash l1_origin_hash;
    uint256 l1_origin_number;
    Bytes data;  ///< the batch bytes, or empty: then they are in blobs
    uint256 first_blob;
    uint256 blob_count;
    uint256 forced_queue_position;
    std::vector<Streams> remotes;  ///< with a non-empty stream, strictly ascending
    Bytes proof;
    friend bool operator==(const BatchClaim&, const BatchClaim&) = default;
};

/// An L1 root as its user signs it (EIP-712).
struct Operation {
    Address account;
    uint256 nonce;
    Address target;
    uint256 value;  ///< wei
    Bytes data;
    uint256 gas;
    uint256 deadline;   ///< seconds
    Address submitter;  ///< zero: anyone
    Hash final_trace;   ///< zero: any
    bool runs_alone = false;
    friend bool operator==(const Operation&, const Operation&) = default;
};
struct SignedOperation {
    Operation operation;
    Bytes signature;  ///< r || s || v, 65 bytes
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
    std::vector<BatchClaim> batches;  ///< strictly ascending chain id
    std::vector<L1Leg> legs;          ///< strictly increasing root index
    friend bool operator==(const Scope&, const Scope&) = default;
};

struct PublicInputs {
    uint256 l1_chain_id;
    Address settlement;
    uint256 chain_id;
    uint256 batch_number;
    Hash pre_state_root;
    Hash post_state_root;
    uint256 first_block;
    Hash last_block_hash;
    Hash l1_origin_hash;
    uint256 l1_origin_number;
    Hash da_commitment;
    uint256 forced_queue_position;
    std::vector<Streams> remotes;
    Hash program_id;
    friend bool operator==(const PublicInputs&, const PublicInputs&) = default;
};

/// A batch in the event ScopeSettled.
struct SettledBatch {
    uint256 chain_id;
    uint256 batch_number;
    Hash post_state_root;
    Hash last_block_hash;
    Hash da_commitment;
    uint256 first_blob;
    uint256 blob_count;
    friend bool operator==(const SettledBatch&, const SettledBatch&) = default;
};

/// A rollup as the registry has it: ISettlement.Rollup.
struct RegisteredRollup {
    Address verifier;
    Hash program_id;
    Hash state_root;
    Hash last_block_hash;
    uint256 escrow;  ///< wei
    uint64_t next_batch = 0;
    uint64_t l1_origin_number = 0;
    uint64_t forced_queue_position = 0;
};
/// Encodes calldata of getRollup, which returns all zeros for a rollup that is not registered.
Bytes get_rollup(ChainId chain_id);
std::optional<RegisteredRollup> decode_rollup(BytesView output);

/// Encodes calldata of IScopedAccount.executeOperation.
Bytes execute_operation(const SignedOperation& operation);
/// Returns whether it reverted since the settling transaction has less gas left than the user
/// signed.
bool is_too_little_operation_gas(BytesView revert_data);
/// Returns the first topic of OperationExecuted; the second is the digest.
Hash operation_executed_topic();
struct OperationOutcome {
    bool success = false;
    Bytes return_data;  ///< of the target, or its revert data
};
std::optional<OperationOutcome> decode_operation_executed(BytesView data);

/// Encodes calldata of executeScope.
Bytes execute_scope(const Scope& scope);
/// Decodes the scope of such calldata; accepts only what execute_scope gives. For what L1 has
/// executed use decode_settled_batches: the contract accepts more.
Result<Scope, DecodeError> decode_execute_scope(BytesView calldata);
/// Decodes the batches that the settlement contract reads in a successful executeScope's calldata,
/// however they are encoded (abi/calldata.hpp). Nothing else of it is looked at.
///
/// @param gas_limit  Of the transaction. The contract copies every word of a batch's data, remotes
///                   and proof to memory, at 3 gas or more each: so this bounds what is decoded,
///                   and never refuses a scope that settled.
Result<std::vector<BatchClaim>, DecodeError> decode_settled_batches(BytesView calldata,
                                                                    uint64_t gas_limit);

/// Encodes abi.encode(SignedOperation), as an L1Leg carries it.
Bytes encode(const SignedOperation& operation);
Result<SignedOperation, DecodeError> decode_signed_operation(BytesView bytes);

/// Returns the first topic of ScopeSettled.
Hash scope_settled_topic();
Result<std::vector<SettledBatch>, DecodeError> decode_scope_settled(BytesView data);

Hash da_commitment_of_calldata(BytesView batch_bytes);
Hash da_commitment_of_blobs(std::span<const Hash> versioned_hashes);

Hash public_inputs_hash(const PublicInputs& inputs);
/// Returns the hash that a committee member signs.
Hash attestation_hash(const Hash& program_id, const Hash& public_inputs_hash);
/// Returns the EIP-712 digest that the account signs.
Hash operation_digest(const SettlementId& settlement, const Operation& operation);
/// Returns an L1 root's operationHash: the digest with finalTrace 0, for a trace can't be part of
/// the root id that it starts from.
Hash operation_hash(const SettlementId& settlement, const Operation& operation);

}  // namespace scope::protocol
