// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ForcedEntry, IForcedQueue} from "./IForcedQueue.sol";
import {IRollupExit} from "./IRollupExit.sol";
import {IRollupRegistry} from "./IRollupRegistry.sol";
import {IScopedCallableL1} from "./IScopedCallableL1.sol";
import {ISequencingPolicy} from "./ISequencingPolicy.sol";
import {IVerifier} from "./IVerifier.sol";
import {IScopedAccountFactory, Operation} from "./IScopedAccount.sol";
import {Fill, Record, RootContext, Streams} from "./ScopeTypes.sol";

/// @notice The contracts beside the settlement contract; each names it as its `settlement()`.
/// @param accountFactory Deploys accounts with an owner.
/// @param forcedQueue Keeps what is queued for rollups.
/// @param registry Registers, changes and closes rollups.
/// @param exits Pays who leaves a closed rollup.
struct SettlementParts {
    IScopedAccountFactory accountFactory;
    IForcedQueue forcedQueue;
    IRollupRegistry registry;
    IRollupExit exits;
}

/// @title The gateway of all rollups: the one transaction that settles a scope (§11), and what enters and leaves beside it (§12)
/// @notice It has no owner. All events that rollups are derived from are its own.
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
    /// @param parentBlockHash Hash of the block that it builds on: the rollup's last one.
    /// @param lastBlockHash Hash of its last block, which holds the state root.
    /// @param builder Who has to call `executeScope`; 0 is anyone.
    /// @param l1OriginNumber,l1OriginHash The L1 block its last block names: one of the last 256, never before the last batch's.
    /// @param dataOffset,dataLength Its bytes in the scope's data.
    /// @param remotes Per remote chain with a non-empty stream or a limit, strictly ascending.
    /// @param policyData For the rollup's sequencing policy.
    /// @param forcedQueuePosition Entries of the rollup's forced queue that it has taken, with this batch's.
    struct Batch {
        uint256 chainId;
        uint256 batchNumber;
        uint256 firstBlock;
        bytes32 parentBlockHash;
        bytes32 lastBlockHash;
        address builder;
        uint256 l1OriginNumber;
        bytes32 l1OriginHash;
        uint256 dataOffset;
        uint256 dataLength;
        Streams[] remotes;
        bytes policyData;
        uint256 forcedQueuePosition;
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
    /// @param owner 0, or the owner of an account that is not there yet: its first operation deploys it.
    struct SignedOperation {
        Operation operation;
        bytes signature;
        address owner;
    }

    /// @param environment Checked first.
    /// @param data The bytes of all batches, or empty: then they are in the transaction's blobs, all of them.
    /// @param batches Strictly ascending chain id. They are the scope's chains, with L1.
    /// @param legs In order of strictly increasing root index; only roots that touch L1.
    /// @param proofs One for all batches whose rollups share verifier and program, in the order in which these first appear.
    struct Scope {
        EnvironmentValue[] environment;
        bytes data;
        Batch[] batches;
        L1Leg[] legs;
        bytes[] proofs;
    }

    // ---- what proofs speak about -------------------------------------------------------------------------------------------------

    /// @notice A batch's bytes in the data that all batches of a scope share.
    /// @param commitment Bytes in calldata: `keccak256(abi.encode(keccak256("scope.da.calldata.v2"), keccak256(data)))`;
    ///        in blobs: `keccak256(abi.encode(keccak256("scope.da.blobs.v2"), bytes32[] versionedHashes))`.
    struct DataSlice {
        bytes32 commitment;
        uint256 offset;
        uint256 length;
    }

    /// @notice The hash of public inputs is `keccak256(abi.encode(keccak256("scope.public-inputs.v2"), PublicInputs))`.
    /// @param policyHash What the rollup's sequencing policy says of the batch; 0 without one.
    struct PublicInputs {
        uint256 l1ChainId;
        address settlement;
        uint256 chainId;
        bytes32 programId;
        uint256 batchNumber;
        uint256 firstBlock;
        bytes32 parentBlockHash;
        bytes32 lastBlockHash;
        address builder;
        uint256 l1OriginNumber;
        bytes32 l1OriginHash;
        DataSlice data;
        Streams[] remotes;
        bytes32 policyHash;
        uint256 forcedQueuePosition;
    }

    /// @notice A registered rollup.
    /// @param verifier Not 0; of a closed rollup 0.
    /// @param policy Who may submit batches; 0: anyone.
    /// @param lastBlockHash What exits from a closed rollup are proved against.
    /// @param escrow Wei that L1 holds for it, without deposits that it has not taken.
    /// @param nextBatch Number of the next batch.
    /// @param l1OriginNumber Of its last block; 0 before the first batch.
    /// @param forcedQueuePosition Entries of its forced queue that it has taken.
    /// @param forcedQueueLength Entries of its forced queue, with those taken.
    /// @param closed Closed for good: it settles no batch, and takes nothing in.
    struct Rollup {
        IVerifier verifier;
        bytes32 programId;
        ISequencingPolicy policy;
        bytes32 lastBlockHash;
        uint256 escrow;
        uint64 nextBatch;
        uint64 l1OriginNumber;
        uint64 forcedQueuePosition;
        uint64 forcedQueueLength;
        bool closed;
    }

    /// @notice The part of a settled batch that a follower needs, beside the transaction that settled it.
    struct SettledBatch {
        uint256 chainId;
        uint256 batchNumber;
        bytes32 lastBlockHash;
        uint256 dataOffset;
        uint256 dataLength;
    }

    // ---- refusals ------------------------------------------------------------------------------------------------------------------

    /// @notice The contract belongs to another settlement contract.
    error WrongPart(address part);
    /// @notice Only this contract may: the registry, the exits, or the queue.
    error OnlyPart(address part, address caller);
    /// @notice The chain was registered before, or is L1, or 0 or above 64 bits; or there is no verifier.
    error CannotRegister(uint256 chainId);
    /// @notice Only a closed rollup pays out so.
    error NotClosed(uint256 chainId);
    /// @notice The payment covers less than the entry's value and fee.
    error TooLittlePaid(uint256 paid, uint256 value, uint256 fee);
    /// @notice The receiver refused its ETH.
    error PaymentFailed(address to);
    /// @notice The caller is not the transaction's signer, or has code (§11).
    error CallerNotPlainSigner(address caller);
    /// @notice L1 is not as the simulation assumed.
    error EnvironmentDrifted(EnvironmentField field, bytes32 declared, bytes32 actual);
    /// @notice A scope settles at least one batch.
    error NoBatches();
    /// @notice Batches, or a batch's remotes, are not strictly ascending by chain id.
    error ChainsNotAscending(uint256 chainId);
    /// @notice No rollup of this chain id is registered, or it is closed.
    error UnknownRollup(uint256 chainId);
    /// @notice The batch is not the rollup's next one; replayed, say.
    error WrongBatchNumber(uint256 chainId, uint256 batchNumber, uint256 expected);
    /// @notice The batch doesn't build on the rollup's last block.
    error WrongParentBlock(uint256 chainId, bytes32 parentBlockHash, bytes32 expected);
    /// @notice The batch names another builder.
    error WrongBuilder(uint256 chainId, address builder, address caller);
    /// @notice The L1 origin is none of the last 256 blocks, or lies before the previous batch's.
    error WrongL1Origin(uint256 chainId, uint256 number, bytes32 hash);
    /// @notice The scope has calldata and blobs, or neither.
    error AmbiguousData();
    /// @notice The position is before the rollup's, or behind the end of its queue.
    error WrongForcedQueuePosition(uint256 chainId, uint256 position);
    /// @notice There are more or fewer proofs than pairs of verifier and program.
    error WrongProofCount(uint256 count, uint256 expected);
    /// @notice A limit that the batch worked with is not what L1 holds for that rollup.
    error WrongLimit(uint256 chainId, uint256 remote, uint256 limit, uint256 expected);
    /// @notice A root of L1 names another hash than its operation's.
    error WrongOperationHash(bytes32 operationHash, bytes32 expected);
    /// @notice A root of another chain carries an operation, or one of L1 carries none.
    error UnexpectedOperation(uint256 rootIndex);
    /// @notice The account has no code: it is neither delegated nor the owner's own.
    error AccountWithoutCode(address account);
    /// @notice An alias signs nothing, and queues nothing.
    error AccountIsAlias(address account);
    /// @notice The operation's nonce is not the account's next one.
    error WrongNonce(address account, uint256 nonce, uint256 expected);
    /// @notice The operation's deadline has passed.
    error DeadlinePassed(uint256 deadline);
    /// @notice The transaction has too little gas left for what the operation signed.
    error TooLittleGasForOperation(uint256 gas);
    /// @notice The account ran the operation, and did not pay its fee.
    error FeeNotPaid(address account, uint256 fee);
    /// @notice The account refused the operation, with its reason, at most 2,048 bytes of it: a fault's data if the operation
    ///         ended with one, nothing if the account ran out of gas.
    error OperationRefused(bytes reason);
    /// @notice The operation names another submitter.
    error WrongSubmitter(address submitter, address caller);
    /// @notice The operation signs that no other root has a leg on L1 in this scope.
    error OperationNotAlone(bytes32 operationHash);
    /// @notice The root's outcome is another one than the operation signed.
    error WrongOutcome(bytes32 outcome, bytes32 signed);
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
        uint256 indexed chainId,
        IVerifier verifier,
        bytes32 programId,
        ISequencingPolicy policy,
        bytes32 genesisBlockHash,
        uint256 escrow
    );
    /// @notice Its owner changed how the rollup's batches are verified.
    event RollupChanged(uint256 indexed chainId, IVerifier verifier, bytes32 programId, ISequencingPolicy policy);
    /// @notice The rollup's predeploy gets this code, in its first block with this L1 block as its origin or behind that.
    event PredeployUpgraded(uint256 indexed chainId, bytes code);
    /// @notice The rollup is closed for good.
    event RollupClosed(uint256 indexed chainId);
    /// @notice The entry waits for the rollup; 64 L1 blocks later it is due, and the rollup's batches have to take it (§12).
    event EntryQueued(uint256 indexed chainId, uint256 indexed index, ForcedEntry entry);
    /// @notice A scope settled. With what enters and changes rollups, all that followers derive from (§12).
    event ScopeSettled(uint256 indexed scopeNumber, bytes32 dataCommitment, SettledBatch[] batches);
    /// @notice An account gave up its operations up to this nonce.
    event NonceInvalidated(address indexed account, uint256 nextNonce);

    // ---- functions -----------------------------------------------------------------------------------------------------------------

    /// @notice Settles a scope, or reverts with the reason and leaves nothing.
    ///
    /// Order: caller and environment; policies; each batch continues its rollup; `openScope` with the batches' chains; each leg in turn:
    /// a root of L1 is loaded, its operation run, its outcome checked, closed; a root of another chain is loaded, served
    /// and closed; proofs; streams, values and limits of every pair; queue and escrow; the rollups advance; one event.
    function executeScope(Scope calldata scope) external;

    /// @notice Queues a deposit of all that is paid but the fee, with a call without data and 100,000 gas for it: what is minted for
    ///         `to` on the rollup is `msg.value` less the fee ({IForcedQueue-feeOf}). From any account, inside a scope too.
    /// @return index Of the entry in the rollup's queue.
    function deposit(uint256 chainId, address to) external payable returns (uint256 index);

    /// @notice Queues a deposit with a call: on the rollup, the caller's alias calls `to` with `value`, `data` and `gasLimit` (2,300
    ///         more with value). If that fails, the value is left with the alias. What is paid beyond value and fee goes back to the
    ///         caller.
    /// @param gasLimit At most 2^24.
    /// @param data At most 24,576 bytes.
    /// @return index Of the entry in the rollup's queue.
    function depositAndCall(uint256 chainId, address to, uint256 value, uint256 gasLimit, bytes calldata data)
        external
        payable
        returns (uint256 index);

    /// @notice Queues a transaction of the rollup. One that can't stand where it comes counts as taken and does nothing: one that is a
    ///         root, say. What is paid beyond the fee goes back to the caller.
    /// @param transaction Its EIP-2718 envelope; at most 24,576 bytes.
    /// @param gasLimit At least its own, else it has no effect; at most 2^24.
    /// @return index Of the entry in the rollup's queue.
    function forceTransaction(uint256 chainId, bytes calldata transaction, uint256 gasLimit)
        external
        payable
        returns (uint256 index);

    /// @notice Takes a new rollup in. The registry only.
    /// @dev `msg.value` is the rollup's escrow: the ETH that exists on it at genesis, all balances but the predeploy's reserve.
    function addRollup(
        uint256 chainId,
        bytes32 programId,
        IVerifier verifier,
        ISequencingPolicy policy,
        bytes32 genesisBlockHash
    ) external payable;

    /// @notice Changes how a rollup's batches are verified. The registry only.
    function changeRollup(uint256 chainId, IVerifier verifier, bytes32 programId, ISequencingPolicy policy) external;

    /// @notice Has derivation give the rollup's predeploy other code. The registry only.
    function upgradePredeploy(uint256 chainId, bytes calldata code) external;

    /// @notice Closes a rollup for good. The registry only.
    function removeRollup(uint256 chainId) external;

    /// @notice Pays out of a closed rollup's escrow. The exits only.
    function payOut(uint256 chainId, address to, uint256 amount) external;

    /// @notice Pays a deposit back that its rollup never took. The queue only.
    function refund(address to, uint256 amount) external;

    function scopedCallable() external view returns (IScopedCallableL1);

    /// @notice Returns who deploys accounts with an owner.
    function accountFactory() external view returns (IScopedAccountFactory);

    /// @notice Returns what keeps the rollups' forced queues.
    function forcedQueue() external view returns (IForcedQueue);

    /// @notice Returns who registers, changes and closes rollups.
    function registry() external view returns (IRollupRegistry);

    /// @notice Returns who pays those that leave a closed rollup.
    function exits() external view returns (IRollupExit);

    /// @notice Returns the nonce of an account's next operation.
    function nonceOf(address account) external view returns (uint256);

    /// @notice Gives up the caller's operations with nonces below `nextNonce`, which has to be above {nonceOf}.
    function invalidateNonce(uint256 nextNonce) external;

    /// @notice Returns a registered rollup; all zeros if it is not registered.
    function getRollup(uint256 chainId) external view returns (Rollup memory);

    /// @notice Returns the wei that L1 holds for a rollup.
    function escrowOf(uint256 chainId) external view returns (uint256);

    /// @notice Returns the number of scopes settled so far; the number of the next one.
    function scopeCount() external view returns (uint256);

    /// @notice Returns the `operationHash` that identifies an operation's root: {operationDigest} with an outcome of 0, because the
    ///         outcome that it signs follows from the root's id.
    function operationHashOf(Operation calldata operation) external view returns (bytes32);

    /// @notice Returns the EIP-712 digest of an operation, which its account's key signs.
    function operationDigest(Operation calldata operation) external view returns (bytes32);
}
