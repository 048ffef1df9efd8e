// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IScopedAccount, Operation} from "../interfaces/IScopedAccount.sol";
import {IScopedCallableL1} from "../interfaces/IScopedCallableL1.sol";
import {Baton, Streams} from "../interfaces/ScopeTypes.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {OperationHash} from "../libraries/OperationHash.sol";
import {PublicInputsHash} from "../libraries/PublicInputsHash.sol";
import {ScopeHash} from "../libraries/ScopeHash.sol";
import {ScopedCallableL1} from "./ScopedCallableL1.sol";

/// @title Registry of rollups, and the one transaction that settles a scope (§11)
/// @dev It opens, lets everything happen, and closes only if everything matches.
contract Settlement is ISettlement, Ownable {
    /// @dev EIP-2935: hashes of the last 8191 blocks.
    address private constant BLOCK_HASH_HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @inheritdoc ISettlement
    IScopedCallableL1 public immutable scopedCallable;
    /// @inheritdoc ISettlement
    uint256 public scopeCount;
    mapping(uint256 chainId => Rollup) private _rollups;

    constructor(address owner) Ownable(owner) {
        scopedCallable = new ScopedCallableL1(address(this));
    }

    // ---- registry -------------------------------------------------------------------------------------------------------------

    /// @inheritdoc ISettlement
    function registerRollup(
        uint256 chainId,
        bytes32 programId,
        IVerifier verifier,
        bytes32 genesisStateRoot,
        bytes32 genesisBlockHash
    ) external payable onlyOwner {
        Rollup storage rollup = _rollups[chainId];
        if (
            chainId == 0 || chainId == block.chainid || address(rollup.verifier) != address(0)
                || address(verifier) == address(0)
        ) {
            revert CannotRegister(chainId);
        }
        rollup.verifier = verifier;
        rollup.programId = programId;
        rollup.stateRoot = genesisStateRoot;
        rollup.lastBlockHash = genesisBlockHash;
        rollup.escrow = msg.value;
        scopedCallable.lock{value: msg.value}();
        emit RollupRegistered(chainId, verifier, programId, genesisStateRoot, msg.value);
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

    // ---- one scope ------------------------------------------------------------------------------------------------------------

    /// @inheritdoc ISettlement
    function executeScope(Scope calldata scope) external {
        // Nobody may hold transient state open around a scope: the caller is the signer, and runs no code. So nothing that runs inside
        // a scope can be such a caller either: it is not reentrant.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert CallerNotPlainSigner(msg.sender);

        for (uint256 i = 0; i < scope.environment.length; ++i) {
            _requireEnvironment(scope.environment[i]);
        }
        scopedCallable.openScope(_requireContinued(scope.batches));
        for (uint256 i = 0; i < scope.legs.length; ++i) {
            _run(scope.legs[i], scope.legs.length);
        }
        _close(scope.batches);
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
            if (batch.preStateRoot != rollup.stateRoot) {
                revert WrongPreStateRoot(batch.chainId, batch.preStateRoot, rollup.stateRoot);
            }
            if (
                batch.l1OriginNumber < rollup.l1OriginNumber || batch.l1OriginNumber >= block.number
                    || batch.l1OriginHash == 0 || batch.l1OriginHash != _blockHash(batch.l1OriginNumber)
            ) revert WrongL1Origin(batch.chainId, batch.l1OriginNumber, batch.l1OriginHash);
            if (batch.forcedQueuePosition != rollup.forcedQueuePosition) {
                revert WrongForcedQueuePosition(batch.chainId, batch.forcedQueuePosition);
            }
            if ((batch.data.length == 0) == (batch.blobCount == 0)) revert AmbiguousData(batch.chainId);
        }
    }

    /// @return hash 0 if the block is too old to know.
    function _blockHash(uint256 number) private view returns (bytes32 hash) {
        hash = blockhash(number);
        if (hash != 0) return hash;
        (bool success, bytes memory found) = BLOCK_HASH_HISTORY.staticcall(abi.encode(number));
        if (success && found.length == 32) hash = bytes32(found);
    }

    // ---- run ------------------------------------------------------------------------------------------------------------------

    function _run(L1Leg calldata leg, uint256 legCount) private {
        if ((leg.context.rootChainId == block.chainid) != (leg.signedOperation.length != 0)) {
            revert UnexpectedOperation(leg.context.rootIndex);
        }
        if (leg.context.rootChainId != block.chainid) {
            scopedCallable.runRoot(leg.context, leg.fills, leg.records);
            return;
        }
        SignedOperation memory signed = abi.decode(leg.signedOperation, (SignedOperation));
        Operation memory operation = signed.operation;
        bytes32 operationHash = OperationHash.identity(block.chainid, address(this), operation);
        if (leg.context.operationHash != operationHash) {
            revert WrongOperationHash(leg.context.operationHash, operationHash);
        }
        if (operation.submitter != address(0) && operation.submitter != msg.sender) {
            revert WrongSubmitter(operation.submitter, msg.sender);
        }
        if (operation.runsAlone && legCount != 1) revert OperationNotAlone(operationHash);
        if (operation.account.code.length == 0) revert AccountWithoutCode(operation.account);

        scopedCallable.loadRoot(leg.context, leg.fills, leg.records);
        IScopedAccount(operation.account).executeOperation(operation, signed.signature);
        (, Baton memory baton) = scopedCallable.getBaton();
        if (operation.finalTrace != 0 && operation.finalTrace != baton.trace) {
            revert WrongFinalTrace(baton.trace, operation.finalTrace);
        }
        scopedCallable.closeRoot();
    }

    // ---- close ----------------------------------------------------------------------------------------------------------------

    function _close(Batch[] calldata batches) private {
        SettledBatch[] memory settled = new SettledBatch[](batches.length);
        for (uint256 i = 0; i < batches.length; ++i) {
            settled[i] = _verify(batches[i]);
        }
        for (uint256 i = 0; i < batches.length; ++i) {
            _requireMatched(batches, i);
        }
        for (uint256 i = 0; i < batches.length; ++i) {
            _advance(batches[i]);
        }
        emit ScopeSettled(scopeCount++, settled);
    }

    function _verify(Batch calldata batch) private view returns (SettledBatch memory) {
        Rollup storage rollup = _rollups[batch.chainId];
        bytes32 daCommitment = _daCommitment(batch);
        bytes32 inputs = PublicInputsHash.hash(
            PublicInputs({
                l1ChainId: block.chainid,
                settlement: address(this),
                chainId: batch.chainId,
                batchNumber: batch.batchNumber,
                preStateRoot: batch.preStateRoot,
                postStateRoot: batch.postStateRoot,
                firstBlock: batch.firstBlock,
                lastBlockHash: batch.lastBlockHash,
                l1OriginHash: batch.l1OriginHash,
                l1OriginNumber: batch.l1OriginNumber,
                daCommitment: daCommitment,
                forcedQueuePosition: batch.forcedQueuePosition,
                remotes: batch.remotes,
                programId: rollup.programId
            })
        );
        rollup.verifier.verify(rollup.programId, inputs, batch.proof);
        return SettledBatch(
            batch.chainId,
            batch.batchNumber,
            batch.postStateRoot,
            batch.lastBlockHash,
            daCommitment,
            batch.firstBlob,
            batch.blobCount
        );
    }

    function _daCommitment(Batch calldata batch) private view returns (bytes32) {
        if (batch.blobCount == 0) return PublicInputsHash.calldataCommitment(batch.data);
        bytes32[] memory hashes = new bytes32[](batch.blobCount);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = blobhash(batch.firstBlob + i);
            if (hashes[i] == 0) revert MissingBlob(batch.firstBlob + i);
        }
        return PublicInputsHash.blobsCommitment(hashes);
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
            if (remote == block.chainid) continue;
            uint256 k = 0;
            while (k < batches.length && batches[k].chainId != remote) ++k;
            if (k == batches.length) revert RemoteNotInScope(batch.chainId, remote);
            _requireMirrored(batch.chainId, batch.remotes[j], _streams(batches[k], batch.chainId), remote);
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
        return Streams(remote, ScopeHash.SEED, ScopeHash.SEED, ScopeHash.SEED, ScopeHash.SEED, 0, 0);
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
        rollup.stateRoot = batch.postStateRoot;
        rollup.lastBlockHash = batch.lastBlockHash;
        rollup.nextBatch += 1;
        // Fits: it is a number of a block.
        rollup.l1OriginNumber = uint64(batch.l1OriginNumber);
    }
}
