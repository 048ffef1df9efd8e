// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ForcedEntry, ForcedKind, IForcedQueue} from "../interfaces/IForcedQueue.sol";
import {IRollupExit} from "../interfaces/IRollupExit.sol";
import {IRollupRegistry} from "../interfaces/IRollupRegistry.sol";
import {IScopedAccount, IScopedAccountFactory, Operation} from "../interfaces/IScopedAccount.sol";
import {IScopedCallableL1} from "../interfaces/IScopedCallableL1.sol";
import {ISequencingPolicy} from "../interfaces/ISequencingPolicy.sol";
import {ISettlement, SettlementParts} from "../interfaces/ISettlement.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {Baton, Limit, Streams} from "../interfaces/ScopeTypes.sol";
import {OperationHash} from "../libraries/OperationHash.sol";
import {PublicInputsHash} from "../libraries/PublicInputsHash.sol";
import {ScopeHash} from "../libraries/ScopeHash.sol";
import {ScopedCallableL1} from "./ScopedCallableL1.sol";

/// @title The gateway of all rollups: the one transaction that settles a scope (§11), and what enters and leaves beside it (§12)
/// @dev A scope opens, lets everything happen, and closes only if everything matches.
contract Settlement is ISettlement {
    /// @dev The gas that an account gets to run an operation beside what its user signed: for the call, its event, the fee; and for a
    ///      byte of its data.
    uint256 private constant ACCOUNT_GAS = 100_000;
    uint256 private constant ACCOUNT_GAS_PER_BYTE = 32;
    /// @dev At least what CALL costs before it forwards gas; see Alias.
    uint256 private constant CALL_COST = 40_000;
    /// @dev The most bytes of an account's reason that are passed on.
    uint256 private constant MAX_REASON = 2048;
    /// @dev For the call of a deposit that asks for none: what receives ETH on a rollup may run this much.
    uint256 private constant DEFAULT_DEPOSIT_GAS = 100_000;

    /// @inheritdoc ISettlement
    IScopedCallableL1 public immutable scopedCallable;
    /// @inheritdoc ISettlement
    IScopedAccountFactory public immutable accountFactory;
    /// @inheritdoc ISettlement
    IForcedQueue public immutable forcedQueue;
    /// @inheritdoc ISettlement
    IRollupRegistry public immutable registry;
    /// @inheritdoc ISettlement
    IRollupExit public immutable exits;
    /// @inheritdoc ISettlement
    uint256 public scopeCount;
    /// @inheritdoc ISettlement
    mapping(address account => uint256) public nonceOf;
    mapping(uint256 chainId => Rollup) private _rollups;

    /// @param parts Each made for the address that this contract gets.
    constructor(SettlementParts memory parts) {
        _requireOwn(address(parts.accountFactory), parts.accountFactory.settlement());
        _requireOwn(address(parts.forcedQueue), address(parts.forcedQueue.settlement()));
        _requireOwn(address(parts.registry), address(parts.registry.settlement()));
        _requireOwn(address(parts.exits), address(parts.exits.settlement()));
        accountFactory = parts.accountFactory;
        forcedQueue = parts.forcedQueue;
        registry = parts.registry;
        exits = parts.exits;
        scopedCallable = new ScopedCallableL1(address(this));
    }

    function _requireOwn(address part, address settlement) private view {
        if (settlement != address(this)) revert WrongPart(part);
    }

    modifier only(address part) {
        if (msg.sender != part) revert OnlyPart(part, msg.sender);
        _;
    }

    // ---- rollups, as the registry says ---------------------------------------------------------------------------------------------

    /// @inheritdoc ISettlement
    function addRollup(
        uint256 chainId,
        bytes32 programId,
        IVerifier verifier,
        ISequencingPolicy policy,
        bytes32 genesisBlockHash
    ) external payable only(address(registry)) {
        Rollup storage rollup = _rollups[chainId];
        if (
            chainId == 0 || chainId > type(uint64).max || chainId == block.chainid
                || address(rollup.verifier) != address(0) || rollup.closed || address(verifier) == address(0)
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
    function changeRollup(uint256 chainId, IVerifier verifier, bytes32 programId, ISequencingPolicy policy)
        external
        only(address(registry))
    {
        Rollup storage rollup = _openRollup(chainId);
        (rollup.verifier, rollup.programId, rollup.policy) = (verifier, programId, policy);
        emit RollupChanged(chainId, verifier, programId, policy);
    }

    /// @inheritdoc ISettlement
    function upgradePredeploy(uint256 chainId, bytes calldata code) external only(address(registry)) {
        _openRollup(chainId);
        emit PredeployUpgraded(chainId, code);
    }

    /// @inheritdoc ISettlement
    function removeRollup(uint256 chainId) external only(address(registry)) {
        Rollup storage rollup = _openRollup(chainId);
        (rollup.verifier, rollup.programId, rollup.policy) = (IVerifier(address(0)), 0, ISequencingPolicy(address(0)));
        rollup.closed = true;
        scopedCallable.forget(chainId);
        emit RollupClosed(chainId);
    }

    function _openRollup(uint256 chainId) private view returns (Rollup storage rollup) {
        rollup = _rollups[chainId];
        if (address(rollup.verifier) == address(0)) revert UnknownRollup(chainId);
    }

    // ---- in and out, beside scopes ---------------------------------------------------------------------------------------------------

    /// @inheritdoc ISettlement
    function deposit(uint256 chainId, address to) external payable returns (uint256 index) {
        uint256 fee = forcedQueue.feeOf(chainId, ForcedKind.Deposit, DEFAULT_DEPOSIT_GAS, 0);
        if (msg.value < fee) revert TooLittlePaid(msg.value, 0, fee);
        return
            _queue(chainId, ForcedEntry(ForcedKind.Deposit, msg.sender, to, msg.value - fee, DEFAULT_DEPOSIT_GAS, ""));
    }

    /// @inheritdoc ISettlement
    function depositAndCall(uint256 chainId, address to, uint256 value, uint256 gasLimit, bytes calldata data)
        external
        payable
        returns (uint256 index)
    {
        return _queue(chainId, ForcedEntry(ForcedKind.Deposit, msg.sender, to, value, gasLimit, data));
    }

    /// @inheritdoc ISettlement
    function forceTransaction(uint256 chainId, bytes calldata transaction, uint256 gasLimit)
        external
        payable
        returns (uint256 index)
    {
        return _queue(chainId, ForcedEntry(ForcedKind.Transaction, msg.sender, address(0), 0, gasLimit, transaction));
    }

    /// @dev Queues an entry, burns its fee, takes its value in, and gives back what is paid beyond that.
    function _queue(uint256 chainId, ForcedEntry memory entry) private returns (uint256 index) {
        // Nobody could give back to it, nor to its own alias, what comes to nothing.
        if (scopedCallable.isAlias(msg.sender)) revert AccountIsAlias(msg.sender);
        Rollup storage rollup = _openRollup(chainId);
        index = rollup.forcedQueueLength;
        uint256 fee = forcedQueue.push(chainId, index, rollup.forcedQueuePosition, entry);
        if (msg.value < fee || msg.value - fee < entry.value) revert TooLittlePaid(msg.value, entry.value, fee);
        rollup.forcedQueueLength = uint64(index + 1);
        emit EntryQueued(chainId, index, entry);
        if (entry.value != 0) scopedCallable.lock{value: entry.value}();
        _pay(address(0), fee);
        uint256 rest = msg.value - fee - entry.value;
        if (rest != 0) _pay(msg.sender, rest);
    }

    function _pay(address to, uint256 amount) private {
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed(to);
    }

    /// @inheritdoc ISettlement
    function payOut(uint256 chainId, address to, uint256 amount) external only(address(exits)) {
        Rollup storage rollup = _rollups[chainId];
        if (!rollup.closed) revert NotClosed(chainId);
        if (amount > rollup.escrow) revert EscrowNegative(chainId);
        rollup.escrow -= amount;
        scopedCallable.withdraw(to, amount);
    }

    /// @inheritdoc ISettlement
    function refund(address to, uint256 amount) external only(address(forcedQueue)) {
        scopedCallable.withdraw(to, amount);
    }

    // ---- views ------------------------------------------------------------------------------------------------------------------

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
            // One slot, read once.
            (uint256 nextBatch, uint256 origin) = (rollup.nextBatch, rollup.l1OriginNumber);
            (uint256 position, uint256 length) = (rollup.forcedQueuePosition, rollup.forcedQueueLength);
            if (batch.batchNumber != nextBatch) revert WrongBatchNumber(batch.chainId, batch.batchNumber, nextBatch);
            if (batch.parentBlockHash != rollup.lastBlockHash) {
                revert WrongParentBlock(batch.chainId, batch.parentBlockHash, rollup.lastBlockHash);
            }
            if (batch.builder != address(0) && batch.builder != msg.sender) {
                revert WrongBuilder(batch.chainId, batch.builder, msg.sender);
            }
            // BLOCKHASH is 0 for what is no block of the last 256.
            if (
                batch.l1OriginNumber < origin || batch.l1OriginHash == 0
                    || batch.l1OriginHash != blockhash(batch.l1OriginNumber)
            ) revert WrongL1Origin(batch.chainId, batch.l1OriginNumber, batch.l1OriginHash);
            if (batch.forcedQueuePosition < position || batch.forcedQueuePosition > length) {
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
            (address verifier, bytes32 programId) = (address(first.verifier), first.programId);
            bytes32[] memory group = new bytes32[](batches.length - i);
            group[0] = inputHashes[i];
            uint256 size = 1;
            for (uint256 j = i + 1; j < batches.length; ++j) {
                Rollup storage rollup = _rollups[batches[j].chainId];
                if (address(rollup.verifier) != verifier || rollup.programId != programId) continue;
                proved[j] = true;
                group[size++] = inputHashes[j];
            }
            // Memory-safe: an array becomes shorter.
            assembly ("memory-safe") {
                mstore(group, size)
            }
            if (count == proofs.length) revert WrongProofCount(proofs.length, count + 1);
            IVerifier(verifier).verify(programId, group, proofs[count++]);
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
        // One slot, read and written once.
        (uint64 nextBatch, uint256 origin) = (rollup.nextBatch, rollup.l1OriginNumber);
        (uint256 position, uint256 length) = (rollup.forcedQueuePosition, rollup.forcedQueueLength);
        // Passes over nothing that was due when the batch before this one settled, whatever its proof says (§12).
        if (position != length) {
            escrow += forcedQueue.take(batch.chainId, position, batch.forcedQueuePosition, origin);
        }
        uint256 given = 0;
        for (uint256 i = 0; i < batch.remotes.length; ++i) {
            escrow += batch.remotes[i].valueIn;
            given += batch.remotes[i].valueOut;
        }
        if (given > escrow) revert EscrowNegative(batch.chainId);
        rollup.escrow = escrow - given;
        rollup.lastBlockHash = batch.lastBlockHash;
        // Fit: the number of a block, and one up to the queue's length.
        rollup.nextBatch = nextBatch + 1;
        rollup.l1OriginNumber = uint64(batch.l1OriginNumber);
        rollup.forcedQueuePosition = uint64(batch.forcedQueuePosition);
    }
}
