// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableL1} from "./IScopedCallableL1.sol";
import {IVerifier} from "./IVerifier.sol";
import {Operation} from "./IScopedAccount.sol";
import {Fill, Record, RootContext, Streams} from "./ScopeTypes.sol";

/// @title Registry of rollups, and the one transaction that settles a scope (§11)
interface ISettlement {
    // ---- what executeScope takes -----------------------------------------------------------------------------------------------

    /// @notice Parts of the L1 environment that a simulation may have assumed.
    enum EnvironmentField {
        ParentHash,
        Number,
        Timestamp,
        PrevRandao,
        Coinbase,
        GasLimit,
        BaseFee,
        BlobBaseFee,
        GasPrice
    }

    /// @notice One assumption; addresses and numbers right-aligned.
    struct EnvironmentValue {
        EnvironmentField field;
        bytes32 value;
    }

    /// @notice One rollup's batch.
    /// @param batchNumber Batches settled before, so 0 for the first one.
    /// @param firstBlock Number of its first block.
    /// @param l1OriginHash,l1OriginNumber The L1 block it builds on: an ancestor of this one, never before the last batch's.
    /// @param data The batch bytes, or empty: then they are in the transaction's blobs `firstBlob` to `firstBlob + blobCount - 1`.
    /// @param forcedQueuePosition Forced transactions taken from the queue up to here. The queue is empty: 0.
    /// @param remotes Per remote chain with a non-empty stream, strictly ascending.
    struct Batch {
        uint256 chainId;
        uint256 batchNumber;
        bytes32 preStateRoot;
        bytes32 postStateRoot;
        uint256 firstBlock;
        bytes32 lastBlockHash;
        bytes32 l1OriginHash;
        uint256 l1OriginNumber;
        bytes data;
        uint256 firstBlob;
        uint256 blobCount;
        uint256 forcedQueuePosition;
        Streams[] remotes;
        bytes proof;
    }

    /// @notice A root's leg on L1.
    /// @param context Roots of L1 have L1's chain id and {operationHashOf} their operation.
    /// @param signedOperation `abi.encode(SignedOperation)` for a root of L1; empty for a root of another chain, whose records
    ///        are run.
    struct L1Leg {
        RootContext context;
        Fill[] fills;
        Record[] records;
        bytes signedOperation;
    }

    /// @notice A root of L1 with its account's signature, 65 bytes `r || s || v`.
    struct SignedOperation {
        Operation operation;
        bytes signature;
    }

    /// @param environment Checked first.
    /// @param batches Strictly ascending chain id. They are the scope's chains, with L1.
    /// @param legs In order of strictly increasing root index; only roots that touch L1.
    struct Scope {
        EnvironmentValue[] environment;
        Batch[] batches;
        L1Leg[] legs;
    }

    // ---- what proofs speak about -------------------------------------------------------------------------------------------------

    /// @notice `publicInputsHash = keccak256(abi.encode(keccak256("scope.public-inputs.v1"), PublicInputs))`.
    /// @param daCommitment Bytes in calldata: `keccak256(abi.encode(keccak256("scope.da.calldata.v1"), keccak256(data)))`;
    ///        in blobs: `keccak256(abi.encode(keccak256("scope.da.blobs.v1"), bytes32[] versionedHashes))`.
    struct PublicInputs {
        uint256 l1ChainId;
        address settlement;
        uint256 chainId;
        uint256 batchNumber;
        bytes32 preStateRoot;
        bytes32 postStateRoot;
        uint256 firstBlock;
        bytes32 lastBlockHash;
        bytes32 l1OriginHash;
        uint256 l1OriginNumber;
        bytes32 daCommitment;
        uint256 forcedQueuePosition;
        Streams[] remotes;
        bytes32 programId;
    }

    /// @notice A registered rollup.
    /// @param escrow Wei that L1 holds for it.
    /// @param nextBatch Number of the next batch.
    struct Rollup {
        IVerifier verifier;
        bytes32 programId;
        bytes32 stateRoot;
        bytes32 lastBlockHash;
        uint256 escrow;
        uint64 nextBatch;
        uint64 l1OriginNumber;
        uint64 forcedQueuePosition;
    }

    /// @notice The part of a settled batch that a follower needs, beside the transaction that settled it: a batch with
    ///         `blobCount` 0 has its bytes in that transaction's calldata.
    struct SettledBatch {
        uint256 chainId;
        uint256 batchNumber;
        bytes32 postStateRoot;
        bytes32 lastBlockHash;
        bytes32 daCommitment;
        uint256 firstBlob;
        uint256 blobCount;
    }

    // ---- refusals ------------------------------------------------------------------------------------------------------------------

    /// @notice The chain is registered already, or is L1, or 0; or there is no verifier.
    error CannotRegister(uint256 chainId);
    /// @notice The caller is not the transaction's signer, or has code (§11).
    error CallerNotPlainSigner(address caller);
    /// @notice L1 is not as the simulation assumed.
    error EnvironmentDrifted(EnvironmentField field, bytes32 declared, bytes32 actual);
    /// @notice A scope settles at least one batch.
    error NoBatches();
    /// @notice Batches, or a batch's remotes, are not strictly ascending by chain id.
    error ChainsNotAscending(uint256 chainId);
    /// @notice No rollup of this chain id is registered.
    error UnknownRollup(uint256 chainId);
    /// @notice The batch is not the rollup's next one; replayed, say.
    error WrongBatchNumber(uint256 chainId, uint256 batchNumber, uint256 expected);
    /// @notice The batch doesn't start from the rollup's state root.
    error WrongPreStateRoot(uint256 chainId, bytes32 preStateRoot, bytes32 expected);
    /// @notice The L1 origin is no ancestor of this block, or lies before the previous batch's.
    error WrongL1Origin(uint256 chainId, uint256 number, bytes32 hash);
    /// @notice The batch says calldata and blobs, or neither.
    error AmbiguousData(uint256 chainId);
    /// @notice The transaction has no blob of this index.
    error MissingBlob(uint256 index);
    /// @notice The forced queue is not at this position.
    error WrongForcedQueuePosition(uint256 chainId, uint256 position);
    /// @notice A root of L1 names another hash than its operation's.
    error WrongOperationHash(bytes32 operationHash, bytes32 expected);
    /// @notice A root of another chain carries an operation, or one of L1 carries none.
    error UnexpectedOperation(uint256 rootIndex);
    /// @notice The account has no code: it isn't delegated.
    error AccountWithoutCode(address account);
    /// @notice The operation names another submitter.
    error WrongSubmitter(address submitter, address caller);
    /// @notice The operation signs that no other root has a leg on L1 in this scope.
    error OperationNotAlone(bytes32 operationHash);
    /// @notice The root's trace ended elsewhere than the operation signed.
    error WrongFinalTrace(bytes32 trace, bytes32 signed);
    /// @notice A batch exchanged calls with a chain that is not in this scope.
    error RemoteNotInScope(uint256 chainId, uint256 remote);
    /// @notice What `source` asked is not what `target` served.
    error RequestsDiffer(uint256 source, uint256 target);
    /// @notice What `source` was told is not what `target` answered.
    error ResponsesDiffer(uint256 source, uint256 target);
    /// @notice What `source` sent is not what `target` received, in wei.
    error ValuesDiffer(uint256 source, uint256 target);
    /// @notice The rollup gave out more than L1 holds for it.
    error EscrowNegative(uint256 chainId);

    // ---- events --------------------------------------------------------------------------------------------------------------------

    event RollupRegistered(
        uint256 indexed chainId, IVerifier verifier, bytes32 programId, bytes32 stateRoot, uint256 escrow
    );
    /// @notice A scope settled. The only thing that followers derive from (§12).
    event ScopeSettled(uint256 indexed scopeNumber, SettledBatch[] batches);

    // ---- functions -----------------------------------------------------------------------------------------------------------------

    /// @notice Registers a rollup; the registry's owner only, and never changed after.
    /// @dev `msg.value` is the rollup's escrow: the ETH that exists on it at genesis, all balances but the predeploy's reserve.
    function registerRollup(
        uint256 chainId,
        bytes32 programId,
        IVerifier verifier,
        bytes32 genesisStateRoot,
        bytes32 genesisBlockHash
    ) external payable;

    /// @notice Settles a scope, or reverts with the reason and leaves nothing.
    ///
    /// Order: caller and environment; each batch continues its rollup; `openScope` with the batches' chains; each leg in turn:
    /// a root of L1 is loaded, its operation run, its final trace checked, closed; a root of another chain is loaded, served
    /// and closed; proofs, in order of the batches; streams and values of every pair; escrow; the rollups advance; one event.
    function executeScope(Scope calldata scope) external;

    function scopedCallable() external view returns (IScopedCallableL1);

    /// @notice Returns a registered rollup; all zeros if it is not registered.
    function getRollup(uint256 chainId) external view returns (Rollup memory);

    /// @notice Returns the wei that L1 holds for a rollup.
    function escrowOf(uint256 chainId) external view returns (uint256);

    /// @notice Returns the number of scopes settled so far; the number of the next one.
    function scopeCount() external view returns (uint256);

    /// @notice Returns the `operationHash` that identifies an operation's root: {operationDigest} with a final trace of 0, because the
    ///         final trace that it signs follows from the root's id.
    function operationHashOf(Operation calldata operation) external view returns (bytes32);

    /// @notice Returns the EIP-712 digest of an operation, which its account's key signs.
    function operationDigest(Operation calldata operation) external view returns (bytes32);
}
