// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {ScopedAccountFactory} from "../accounts/ScopedAccountFactory.sol";
import {IScopedAccount, IScopedAccountFactory, Operation} from "../interfaces/IScopedAccount.sol";
import {IScopedCallableL1} from "../interfaces/IScopedCallableL1.sol";
import {ISequencingPolicy} from "../interfaces/ISequencingPolicy.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {Baton, Limit, Streams} from "../interfaces/ScopeTypes.sol";
import {OperationHash} from "../libraries/OperationHash.sol";
import {PublicInputsHash} from "../libraries/PublicInputsHash.sol";
import {ScopeHash} from "../libraries/ScopeHash.sol";
import {ScopedCallableL1} from "./ScopedCallableL1.sol";

/// @title Registry of rollups, and the one transaction that settles a scope (§11)
/// @dev It opens, lets everything happen, and closes only if everything matches.
contract Settlement is ISettlement, Ownable {
    /// @dev The gas that an account gets to run an operation beside what its user signed: for the call, its event, the fee; and for a
    ///      byte of its data.
    uint256 private constant ACCOUNT_GAS = 100_000;
    uint256 private constant ACCOUNT_GAS_PER_BYTE = 32;
    /// @dev At least what CALL costs before it forwards gas; see Alias.
    uint256 private constant CALL_COST = 40_000;
    /// @dev The most bytes of an account's reason that are passed on.
    uint256 private constant MAX_REASON = 2048;

    /// @inheritdoc ISettlement
    IScopedCallableL1 public immutable scopedCallable;
    /// @inheritdoc ISettlement
    IScopedAccountFactory public immutable accountFactory;
    /// @inheritdoc ISettlement
    uint256 public scopeCount;
    /// @inheritdoc ISettlement
    mapping(address account => uint256) public nonceOf;
    mapping(uint256 chainId => Rollup) private _rollups;

    constructor(address owner) Ownable(owner) {
        scopedCallable = new ScopedCallableL1(address(this));
        accountFactory = new ScopedAccountFactory(address(this));
    }

    // ---- registry -------------------------------------------------------------------------------------------------------------

    /// @inheritdoc ISettlement
    function registerRollup(
        uint256 chainId,
        bytes32 programId,
        IVerifier verifier,
        ISequencingPolicy policy,
        bytes32 genesisBlockHash
    ) external payable onlyOwner {
        Rollup storage rollup = _rollups[chainId];
        if (
            chainId == 0 || chainId > type(uint64).max || chainId == block.chainid
                || address(rollup.verifier) != address(0) || address(verifier) == address(0)
        ) {
            revert CannotRegister(chainId);
        }
        rollup.verifier = verifier;
        rollup.programId = programId;
        rollup.policy = policy;
        rollup.lastBlockHash = genesisBlockHash;
        rollup.escrow = msg.value;
        scopedCallable.addRollup{value: msg.value}(chainId);
        emit RollupRegistered(chainId, verifier, programId, policy, genesisBlockHash, msg.value);
    }

    /// @inheritdoc ISettlement
    function getRollup(uint256 chainId) external view returns (Rollup memory) {
        return _rollups[chainId];
    }

    /// @inheritdoc ISettlement
    function escrowOf(uint256 chainId) external view returns (uint256) {
        return _rollups[chainId].escrow;
    }

    /// @inheritdoc ISettlement
    function operationHashOf(Operation calldata operation) external view returns (bytes32) {
        return OperationHash.identity(block.chainid, address(this), operation);
    }

    /// @inheritdoc ISettlement
    function operationDigest(Operation calldata operation) external view returns (bytes32) {
        return OperationHash.digest(block.chainid, address(this), operation);
    }

    /// @inheritdoc ISettlement
    function invalidateNonce(uint256 nextNonce) external {
        if (nextNonce <= nonceOf[msg.sender]) revert WrongNonce(msg.sender, nextNonce, nonceOf[msg.sender] + 1);
        nonceOf[msg.sender] = nextNonce;
        emit NonceInvalidated(msg.sender, nextNonce);
    }

    // ---- one scope ------------------------------------------------------------------------------------------------------------

    /// @inheritdoc ISettlement
    function executeScope(Scope calldata scope) external {
        // Nobody may hold transient state open around a scope: the caller is the signer, and runs no code. So nothing that runs inside
        // a scope can be such a caller either: it is not reentrant.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert CallerNotPlainSigner(msg.sender);

        for (uint256 i = 0; i < scope.environment.length; ++i) {
            _requireEnvironment(scope.environment[i]);
        }
        bytes32[] memory policyHashes = _authorize(scope.batches);
        scopedCallable.openScope(_requireContinued(scope.batches));
        for (uint256 i = 0; i < scope.legs.length; ++i) {
            _run(scope.legs[i], scope.legs.length);
        }
        _close(scope, policyHashes);
    }

    // ---- open -----------------------------------------------------------------------------------------------------------------

    function _requireEnvironment(EnvironmentValue calldata declared) private view {
        bytes32 actual = _environment(declared.field);
        if (actual != declared.value) revert EnvironmentDrifted(declared.field, declared.value, actual);
    }

    function _environment(EnvironmentField field) private view returns (bytes32) {
        if (field == EnvironmentField.ParentHash) return blockhash(block.number - 1);
        if (field == EnvironmentField.Number) return bytes32(block.number);
        if (field == EnvironmentField.Timestamp) return bytes32(block.timestamp);
        if (field == EnvironmentField.PrevRandao) return bytes32(block.prevrandao);
        if (field == EnvironmentField.Coinbase) return bytes32(uint256(uint160(address(block.coinbase))));
        if (field == EnvironmentField.GasLimit) return bytes32(block.gaslimit);
        if (field == EnvironmentField.BaseFee) return bytes32(block.basefee);
        if (field == EnvironmentField.BlobBaseFee) return bytes32(block.blobbasefee);
        return bytes32(tx.gasprice);
    }

    /// @dev Checks that each batch is its rollup's next one. Its other claims are for its proof, in `_close`.
    function _requireContinued(Batch[] calldata batches) private view returns (uint256[] memory chainIds) {
        if (batches.length == 0) revert NoBatches();
        chainIds = new uint256[](batches.length);
        uint256 last = 0;
        for (uint256 i = 0; i < batches.length; ++i) {
            Batch calldata batch = batches[i];
            if (batch.chainId <= last) revert ChainsNotAscending(batch.chainId);
            last = chainIds[i] = batch.chainId;
            Rollup storage rollup = _rollups[batch.chainId];
            if (address(rollup.verifier) == address(0)) revert UnknownRollup(batch.chainId);
            if (batch.batchNumber != rollup.nextBatch) {
                revert WrongBatchNumber(batch.chainId, batch.batchNumber, rollup.nextBatch);
            }
            if (batch.parentBlockHash != rollup.lastBlockHash) {
                revert WrongParentBlock(batch.chainId, batch.parentBlockHash, rollup.lastBlockHash);
            }
            if (batch.builder != address(0) && batch.builder != msg.sender) {
                revert WrongBuilder(batch.chainId, batch.builder, msg.sender);
            }
            // BLOCKHASH is 0 for what is no block of the last 256.
            if (
                batch.l1OriginNumber < rollup.l1OriginNumber || batch.l1OriginHash == 0
                    || batch.l1OriginHash != blockhash(batch.l1OriginNumber)
            ) revert WrongL1Origin(batch.chainId, batch.l1OriginNumber, batch.l1OriginHash);
            if (batch.forcedQueuePosition != rollup.forcedQueuePosition) {
                revert WrongForcedQueuePosition(batch.chainId, batch.forcedQueuePosition);
            }
        }
    }

    /// @dev Asks each rollup's policy, before anything of the scope is open.
    function _authorize(Batch[] calldata batches) private returns (bytes32[] memory policyHashes) {
        policyHashes = new bytes32[](batches.length);
        for (uint256 i = 0; i < batches.length; ++i) {
            ISequencingPolicy policy = _rollups[batches[i].chainId].policy;
            if (address(policy) != address(0)) policyHashes[i] = policy.authorize(msg.sender, batches[i]);
        }
    }

    // ---- run ------------------------------------------------------------------------------------------------------------------

    function _run(L1Leg calldata leg, uint256 legCount) private {
        if ((leg.context.rootChainId == block.chainid) != (leg.signedOperation.length != 0)) {
            revert UnexpectedOperation(leg.context.rootIndex);
        }
        if (leg.context.rootChainId != block.chainid) {
            scopedCallable.runRoot(leg.context, new Limit[](0), leg.fills, leg.records);
            return;
        }
        SignedOperation memory signed = abi.decode(leg.signedOperation, (SignedOperation));
        Operation memory operation = signed.operation;
        _requireRunnable(operation, leg.context.operationHash, legCount);
        if (operation.account.code.length == 0) {
            if (accountFactory.accountOf(signed.owner) != operation.account) {
                revert AccountWithoutCode(operation.account);
            }
            accountFactory.deploy(signed.owner);
        }
        nonceOf[operation.account] += 1;

        scopedCallable.loadRoot(leg.context, new Limit[](0), leg.fills, leg.records);
        (bool success, bytes32 returnDataHash) = _execute(operation, signed.signature);
        if (operation.outcome != 0) {
            (, Baton memory baton) = scopedCallable.getBaton();
            bytes32 outcome = OperationHash.outcome(success, returnDataHash, baton.trace, leg.fills, leg.records);
            if (outcome != operation.outcome) revert WrongOutcome(outcome, operation.outcome);
        }
        scopedCallable.closeRoot();
    }

    /// @dev Checks all that an operation says of itself, but for its signature, which its account checks.
    function _requireRunnable(Operation memory operation, bytes32 claimed, uint256 legCount) private view {
        bytes32 operationHash = OperationHash.identity(block.chainid, address(this), operation);
        if (claimed != operationHash) revert WrongOperationHash(claimed, operationHash);
        if (operation.submitter != address(0) && operation.submitter != msg.sender) {
            revert WrongSubmitter(operation.submitter, msg.sender);
        }
        if (operation.runsAlone && legCount != 1) revert OperationNotAlone(operationHash);
        if (block.timestamp > operation.deadline) revert DeadlinePassed(operation.deadline);
        // Else a remote account's word, which its own chain's root gave, would be this root's.
        if (scopedCallable.isAlias(operation.account)) revert AccountIsAlias(operation.account);
        uint256 nonce = nonceOf[operation.account];
        if (operation.nonce != nonce) revert WrongNonce(operation.account, operation.nonce, nonce);
    }

    /// @dev Has the account run its operation, with gas that follows from what it signed: never more, never less (§11).
    function _execute(Operation memory operation, bytes memory signature)
        private
        returns (bool success, bytes32 returnDataHash)
    {
        bytes32 digest = OperationHash.digest(block.chainid, address(this), operation);
        bytes memory input = abi.encodeCall(IScopedAccount.executeOperation, (operation, digest, signature));
        // A proxy keeps a 64th twice; so a 31st is enough.
        uint256 gasLimit = operation.gas + operation.gas / 31 + operation.verificationGas + ACCOUNT_GAS
            + ACCOUNT_GAS_PER_BYTE * operation.data.length;
        uint256 left = gasleft();
        if (gasLimit > type(uint64).max || left < CALL_COST || (left - CALL_COST) * 63 < gasLimit * 64) {
            revert TooLittleGasForOperation(gasLimit);
        }
        address account = operation.account;
        uint256 balance = msg.sender.balance;
        bool ran;
        uint256 size;
        // Memory-safe: the two words of scratch space take the answer.
        assembly ("memory-safe") {
            ran := call(gasLimit, account, 0, add(input, 0x20), mload(input), 0x00, 0x40)
            size := returndatasize()
            success := iszero(iszero(mload(0x00)))
            returnDataHash := mload(0x20)
        }
        if (!ran || size < 64) revert OperationRefused(_reason(size));
        // An account's code is its own: what was signed is paid, or nothing settles.
        if (msg.sender.balance < balance + operation.fee) revert FeeNotPaid(account, operation.fee);
    }

    /// @return reason What the last call gave, as far as it is passed on.
    function _reason(uint256 size) private pure returns (bytes memory reason) {
        reason = new bytes(size < MAX_REASON ? size : MAX_REASON);
        assembly ("memory-safe") {
            returndatacopy(add(reason, 0x20), 0, mload(reason))
        }
    }

    // ---- close ----------------------------------------------------------------------------------------------------------------

    function _close(Scope calldata scope, bytes32[] memory policyHashes) private {
        Batch[] calldata batches = scope.batches;
        bytes32 commitment = _dataCommitment(scope.data);
        bytes32[] memory inputHashes = new bytes32[](batches.length);
        SettledBatch[] memory settled = new SettledBatch[](batches.length);
        for (uint256 i = 0; i < batches.length; ++i) {
            Batch calldata batch = batches[i];
            inputHashes[i] = _inputsHash(batch, commitment, policyHashes[i]);
            settled[i] =
                SettledBatch(batch.chainId, batch.batchNumber, batch.lastBlockHash, batch.dataOffset, batch.dataLength);
        }
        _prove(batches, inputHashes, scope.proofs);
        for (uint256 i = 0; i < batches.length; ++i) {
            _requireMatched(batches, i);
        }
        for (uint256 i = 0; i < batches.length; ++i) {
            _advance(batches[i]);
        }
        emit ScopeSettled(scopeCount++, commitment, settled);
    }

    /// @dev Commits to the bytes that the batches share: the given ones, or those in all the transaction's blobs.
    function _dataCommitment(bytes calldata data) private view returns (bytes32) {
        uint256 blobCount = 0;
        while (blobhash(blobCount) != 0) ++blobCount;
        if ((data.length == 0) == (blobCount == 0)) revert AmbiguousData();
        if (blobCount == 0) return PublicInputsHash.calldataCommitment(data);
        bytes32[] memory hashes = new bytes32[](blobCount);
        for (uint256 i = 0; i < blobCount; ++i) {
            hashes[i] = blobhash(i);
        }
        return PublicInputsHash.blobsCommitment(hashes);
    }

    function _inputsHash(Batch calldata batch, bytes32 commitment, bytes32 policyHash) private view returns (bytes32) {
        return PublicInputsHash.hash(
            PublicInputs({
                l1ChainId: block.chainid,
                settlement: address(this),
                chainId: batch.chainId,
                programId: _rollups[batch.chainId].programId,
                batchNumber: batch.batchNumber,
                firstBlock: batch.firstBlock,
                parentBlockHash: batch.parentBlockHash,
                lastBlockHash: batch.lastBlockHash,
                builder: batch.builder,
                l1OriginNumber: batch.l1OriginNumber,
                l1OriginHash: batch.l1OriginHash,
                data: DataSlice(commitment, batch.dataOffset, batch.dataLength),
                remotes: batch.remotes,
                policyHash: policyHash,
                forcedQueuePosition: batch.forcedQueuePosition
            })
        );
    }

    /// @dev Has each pair of verifier and program verify all its batches by one proof.
    function _prove(Batch[] calldata batches, bytes32[] memory inputHashes, bytes[] calldata proofs) private view {
        bool[] memory proved = new bool[](batches.length);
        uint256 count = 0;
        for (uint256 i = 0; i < batches.length; ++i) {
            if (proved[i]) continue;
            Rollup storage first = _rollups[batches[i].chainId];
            bytes32[] memory group = new bytes32[](batches.length - i);
            uint256 size = 0;
            for (uint256 j = i; j < batches.length; ++j) {
                Rollup storage rollup = _rollups[batches[j].chainId];
                if (address(rollup.verifier) != address(first.verifier) || rollup.programId != first.programId) {
                    continue;
                }
                proved[j] = true;
                group[size++] = inputHashes[j];
            }
            // Memory-safe: an array becomes shorter.
            assembly ("memory-safe") {
                mstore(group, size)
            }
            if (count == proofs.length) revert WrongProofCount(proofs.length, count + 1);
            first.verifier.verify(first.programId, group, proofs[count++]);
        }
        if (count != proofs.length) revert WrongProofCount(proofs.length, count);
    }

    /// @dev Checks that every stream toward every chain of the scope has its mirror, L1's own included; so each pair is seen from both
    ///      sides.
    function _requireMatched(Batch[] calldata batches, uint256 i) private view {
        Batch calldata batch = batches[i];
        _requireMirrored(block.chainid, _streamsOfL1(batch.chainId), _streams(batch, block.chainid), batch.chainId);
        uint256 last = 0;
        for (uint256 j = 0; j < batch.remotes.length; ++j) {
            uint256 remote = batch.remotes[j].chainId;
            if (remote <= last || remote == batch.chainId) revert ChainsNotAscending(remote);
            last = remote;
            _requireLimit(batch.chainId, batch.remotes[j]);
            if (remote == block.chainid) continue;
            uint256 k = 0;
            while (k < batches.length && batches[k].chainId != remote) ++k;
            if (k == batches.length) revert RemoteNotInScope(batch.chainId, remote);
            _requireMirrored(batch.chainId, batch.remotes[j], _streams(batches[k], batch.chainId), remote);
        }
    }

    /// @dev Checks what a batch was told that L1 holds for a remote: nothing, or what it held before this scope (§10).
    function _requireLimit(uint256 chainId, Streams calldata remote) private view {
        uint256 held = _rollups[remote.chainId].escrow;
        if (remote.limit != 0 && remote.limit != held) {
            revert WrongLimit(chainId, remote.chainId, remote.limit, held);
        }
    }

    /// @param here Streams of `x` toward `y`.
    /// @param there Streams of `y` toward `x`.
    function _requireMirrored(uint256 x, Streams memory here, Streams memory there, uint256 y) private pure {
        if (here.requestsOut != there.requestsIn) revert RequestsDiffer(x, y);
        if (there.requestsOut != here.requestsIn) revert RequestsDiffer(y, x);
        if (here.responsesIn != there.responsesOut) revert ResponsesDiffer(x, y);
        if (there.responsesIn != here.responsesOut) revert ResponsesDiffer(y, x);
        if (here.valueOut != there.valueIn) revert ValuesDiffer(x, y);
        if (there.valueOut != here.valueIn) revert ValuesDiffer(y, x);
    }

    function _streamsOfL1(uint256 remote) private view returns (Streams memory streams) {
        streams.chainId = remote;
        (streams.requestsOut, streams.requestsIn, streams.responsesOut, streams.responsesIn) =
            scopedCallable.getRollingHashes(remote);
        (streams.valueOut, streams.valueIn) = scopedCallable.getValues(remote);
    }

    /// @return A batch's streams toward a remote; empty ones if it doesn't name it.
    function _streams(Batch calldata batch, uint256 remote) private pure returns (Streams memory) {
        for (uint256 i = 0; i < batch.remotes.length; ++i) {
            if (batch.remotes[i].chainId == remote) return batch.remotes[i];
        }
        return Streams(remote, ScopeHash.SEED, ScopeHash.SEED, ScopeHash.SEED, ScopeHash.SEED, 0, 0, 0);
    }

    /// @dev Advances the rollup. Pessimistic: whatever proofs say, a rollup gives out no more than L1 holds for it (§10).
    function _advance(Batch calldata batch) private {
        Rollup storage rollup = _rollups[batch.chainId];
        uint256 escrow = rollup.escrow;
        uint256 given = 0;
        for (uint256 i = 0; i < batch.remotes.length; ++i) {
            escrow += batch.remotes[i].valueIn;
            given += batch.remotes[i].valueOut;
        }
        if (given > escrow) revert EscrowNegative(batch.chainId);
        rollup.escrow = escrow - given;
        rollup.lastBlockHash = batch.lastBlockHash;
        rollup.nextBatch += 1;
        // Fits: it is a number of a block.
        rollup.l1OriginNumber = uint64(batch.l1OriginNumber);
    }
}
