// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICommitteeVerifier} from "../src/interfaces/ICommitteeVerifier.sol";
import {IScopedAccount, Operation} from "../src/interfaces/IScopedAccount.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL1} from "../src/interfaces/IScopedCallableL1.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {RootContext, Streams} from "../src/interfaces/ScopeTypes.sol";
import {CommitteeVerifier} from "../src/verifiers/CommitteeVerifier.sol";
import {Plan} from "./utils/Plan.sol";
import {ScriptWorld} from "./utils/Script.sol";
import {Vm} from "./utils/Vm.sol";

contract SubmitterContract {
    function submit(ISettlement settlement, ISettlement.Scope calldata scope) external {
        settlement.executeScope(scope);
    }
}

/// @title Every rule of executeScope, the registry and the account, each with its refusal
contract SettlementTest is ScriptWorld {
    function setUp() external {
        makeScriptWorld();
    }

    function _error(bytes4 selector, uint256 a, uint256 b) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a, b);
    }

    function _error(bytes4 selector, uint256 a) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a);
    }

    // ---- the caller ------------------------------------------------------------------------------------------------------------

    function test_refuses_a_contract_as_caller() external {
        ISettlement.Scope memory scope = makeScope();
        SubmitterContract other = new SubmitterContract();
        on(L1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.CallerNotPlainSigner.selector, address(other)));
        vm.prank(submitter, submitter);
        other.submit(settlement, scope);
    }

    function test_refuses_a_delegated_signer() external {
        ISettlement.Scope memory scope = makeScope();
        vm.etch(submitter, abi.encodePacked(hex"ef0100", address(script[L1])));
        settle(scope, abi.encodeWithSelector(ISettlement.CallerNotPlainSigner.selector, submitter));
    }

    function test_is_not_reentrant() external {
        ISettlement.Scope memory scope = makeScope();
        Operation memory operation = operationOf(address(settlement), abi.encodeCall(ISettlement.executeScope, (scope)));
        addOperationRoot(operation);
        vm.recordLogs();
        settle(makeScope());
        (bool success, bytes memory reason) = _outcome();
        assertTrue(!success, "refused");
        assertEq(
            reason, abi.encodeWithSelector(ISettlement.CallerNotPlainSigner.selector, user), "as a caller with code"
        );
    }

    /// @dev Of the one operation in the recorded logs.
    function _outcome() private returns (bool success, bytes memory returnData) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IScopedAccount.OperationExecuted.selector) {
                return abi.decode(logs[i].data, (bool, bytes));
            }
        }
        assertTrue(false, "no operation was executed");
    }

    // ---- the environment -----------------------------------------------------------------------------------------------------

    function test_the_declared_environment_is_checked() external {
        on(L1);
        vm.warp(1_700_000_000);
        vm.prevrandao(keccak256("randao"));
        vm.coinbase(address(0xc01));
        vm.fee(7 gwei);
        vm.txGasPrice(9 gwei);
        bytes32[9] memory actual = [
            keccak256("block 99"),
            bytes32(uint256(100)),
            bytes32(uint256(1_700_000_000)),
            keccak256("randao"),
            bytes32(uint256(0xc01)),
            bytes32(block.gaslimit),
            bytes32(uint256(7 gwei)),
            bytes32(block.blobbasefee),
            bytes32(uint256(9 gwei))
        ];
        ISettlement.Scope memory scope = makeScope();
        scope.environment = new ISettlement.EnvironmentValue[](9);
        for (uint256 i = 0; i < 9; ++i) {
            scope.environment[i] = ISettlement.EnvironmentValue(ISettlement.EnvironmentField(i), actual[i]);
        }
        for (uint256 i = 0; i < 9; ++i) {
            scope.environment[i].value = keccak256("drifted");
            settle(
                scope,
                abi.encodeWithSelector(ISettlement.EnvironmentDrifted.selector, i, keccak256("drifted"), actual[i])
            );
            scope.environment[i].value = actual[i];
        }
        settle(scope);
    }

    // ---- batches ---------------------------------------------------------------------------------------------------------------

    function test_refuses_batches_that_do_not_continue() external {
        ISettlement.Scope memory scope = makeScope();
        scope.batches[0].batchNumber = 1;
        settle(scope, abi.encodeWithSelector(ISettlement.WrongBatchNumber.selector, A, 1, 0));
        scope = makeScope();
        bytes32 root = scope.batches[0].preStateRoot;
        scope.batches[0].preStateRoot = keccak256("another");
        settle(scope, abi.encodeWithSelector(ISettlement.WrongPreStateRoot.selector, A, keccak256("another"), root));
        scope = makeScope();
        scope.batches[0].forcedQueuePosition = 1;
        settle(scope, _error(ISettlement.WrongForcedQueuePosition.selector, A, 1));
    }

    function test_refuses_batches_out_of_order() external {
        ISettlement.Scope memory scope = makeScope();
        (scope.batches[0], scope.batches[1]) = (scope.batches[1], scope.batches[0]);
        settle(scope, _error(ISettlement.ChainsNotAscending.selector, A));
        scope.batches[1] = scope.batches[0];
        settle(scope, _error(ISettlement.ChainsNotAscending.selector, B));
        scope.batches = new ISettlement.Batch[](0);
        settle(scope, abi.encodeWithSelector(ISettlement.NoBatches.selector));
    }

    function test_refuses_unknown_rollups() external {
        ISettlement.Scope memory scope = makeScope();
        scope.batches[1].chainId = 903;
        settle(scope, _error(ISettlement.UnknownRollup.selector, 903));
    }

    function test_refuses_an_l1_origin_that_is_no_ancestor() external {
        ISettlement.Scope memory scope = makeScope();
        ISettlement.Batch memory batch = scope.batches[0];
        bytes4 selector = ISettlement.WrongL1Origin.selector;
        batch.l1OriginHash = keccak256("another");
        settle(scope, abi.encodeWithSelector(selector, A, 99, keccak256("another")));
        (batch.l1OriginNumber, batch.l1OriginHash) = (100, 0);
        settle(scope, abi.encodeWithSelector(selector, A, 100, 0));
        (batch.l1OriginNumber, batch.l1OriginHash) = (5000, keccak256("future"));
        settle(scope, abi.encodeWithSelector(selector, A, 5000, keccak256("future")));
        // Nor may it go back.
        settle(makeScope());
        vm.setBlockhash(98, keccak256("block 98"));
        scope = makeScope();
        (scope.batches[0].l1OriginNumber, scope.batches[0].l1OriginHash) = (98, keccak256("block 98"));
        settle(scope, abi.encodeWithSelector(selector, A, 98, keccak256("block 98")));
    }

    function test_batch_bytes_are_in_calldata_or_in_blobs() external {
        ISettlement.Scope memory scope = makeScope();
        scope.batches[0].blobCount = 1;
        settle(scope, _error(ISettlement.AmbiguousData.selector, A));
        (scope.batches[0].data, scope.batches[0].blobCount) = ("", 0);
        settle(scope, _error(ISettlement.AmbiguousData.selector, A));
    }

    function test_a_batch_in_blobs() external {
        ISettlement.Scope memory scope = makeScope();
        ISettlement.Batch memory batch = scope.batches[1];
        bytes32[] memory all = new bytes32[](3);
        for (uint256 i = 0; i < 3; ++i) {
            all[i] = bytes32((uint256(1) << 248) | i);
        }
        _blobs = [all[1], all[2]];
        (batch.data, batch.firstBlob, batch.blobCount) = ("", 1, 2);
        prove(batch, 0, 2);
        settle(scope, _error(ISettlement.MissingBlob.selector, 1));
        vm.blobhashes(all);
        batch.blobCount = 3;
        settle(scope, _error(ISettlement.MissingBlob.selector, 3));
        (batch.firstBlob, batch.blobCount) = (0, 2);
        vm.expectPartialRevert(ICommitteeVerifier.NotAMember.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
        batch.firstBlob = 1;
        settle(scope);
    }

    function test_a_settled_scope_says_what_followers_need() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        vm.recordLogs();
        settle(scope);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.emitter, address(settlement), "the settlement's");
        assertEq(last.topics[0], ISettlement.ScopeSettled.selector, "event");
        assertEq(last.topics[1], bytes32(0), "the first scope");
        ISettlement.SettledBatch[] memory settled = abi.decode(last.data, (ISettlement.SettledBatch[]));
        assertEq(settled.length, 2, "both batches");
        assertEq(settled[0].chainId, A, "chain");
        assertEq(settled[0].postStateRoot, scope.batches[0].postStateRoot, "root");
        assertEq(settled[0].lastBlockHash, scope.batches[0].lastBlockHash, "head");
        assertEq(
            settled[0].daCommitment,
            keccak256(abi.encode(keccak256("scope.da.calldata.v1"), keccak256(scope.batches[0].data))),
            "data"
        );
        assertEq(settlement.getRollup(A).stateRoot, scope.batches[0].postStateRoot, "the rollup advanced");
        assertEq(settlement.getRollup(A).nextBatch, 1, "by one batch");
        assertEq(settlement.scopeCount(), 1, "one scope");
    }

    // ---- pairs -----------------------------------------------------------------------------------------------------------------

    function _onlyBatch(uint256 i) private returns (ISettlement.Scope memory scope) {
        scope = makeScope();
        ISettlement.Batch[] memory one = new ISettlement.Batch[](1);
        one[0] = scope.batches[i];
        scope.batches = one;
    }

    function test_all_chains_of_a_root_settle_together() external {
        rootOnA("root", 0, list(step(B)));
        settle(_onlyBatch(0), _error(ISettlement.RemoteNotInScope.selector, A, B));
        settle(_onlyBatch(1), _error(ISettlement.RemoteNotInScope.selector, B, A));
        settle(makeScope());
    }

    function test_the_l1_leg_may_only_name_chains_of_the_scope() external {
        rootOnA("root", 0, list(step(L1)));
        settle(_onlyBatch(1), _error(IScopedCallableExtension.RemoteNotOpen.selector, A));
    }

    /// @dev A committee that signs anything: the checks of L1 still hold.
    function test_streams_of_two_rollups_match_whatever_is_proved() external {
        rootOnA("root", 1 ether, list(step(B, 1 ether)));
        ISettlement.Scope memory scope = makeScope();
        Streams memory streams = scope.batches[1].remotes[0];
        assertEq(streams.chainId, A, "B's streams toward A");

        streams.requestsIn = keccak256("another");
        prove(scope.batches[1], 0, 1);
        settle(scope, _error(ISettlement.RequestsDiffer.selector, A, B));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.requestsOut = keccak256("another");
        prove(scope.batches[1], 0, 1);
        settle(scope, _error(ISettlement.RequestsDiffer.selector, B, A));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.responsesOut = keccak256("another");
        prove(scope.batches[1], 0, 1);
        settle(scope, _error(ISettlement.ResponsesDiffer.selector, A, B));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.responsesIn = keccak256("another");
        prove(scope.batches[1], 0, 1);
        settle(scope, _error(ISettlement.ResponsesDiffer.selector, B, A));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.valueIn += 1;
        prove(scope.batches[1], 0, 1);
        settle(scope, _error(ISettlement.ValuesDiffer.selector, A, B));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.valueOut += 1;
        prove(scope.batches[1], 0, 1);
        settle(scope, _error(ISettlement.ValuesDiffer.selector, B, A));
        // One side says nothing of the other.
        scope = makeScope();
        scope.batches[0].remotes = new Streams[](0);
        prove(scope.batches[0], 0, 1);
        settle(scope, _error(ISettlement.RequestsDiffer.selector, A, B));
        settle(makeScope());
    }

    function test_refuses_remotes_out_of_order() external {
        rootOnA("root", 0, list(step(L1), step(B)));
        ISettlement.Scope memory scope = makeScope();
        Streams[] memory remotes = scope.batches[0].remotes;
        (remotes[0], remotes[1]) = (remotes[1], remotes[0]);
        prove(scope.batches[0], 0, 1);
        settle(scope, _error(ISettlement.ChainsNotAscending.selector, L1));
        // Nor may a chain be its own remote.
        scope = makeScope();
        scope.batches[0].remotes[1].chainId = A;
        prove(scope.batches[0], 0, 1);
        settle(scope, _error(ISettlement.ChainsNotAscending.selector, A));
    }

    // ---- value -------------------------------------------------------------------------------------------------------------------

    function test_escrow_follows_value() external {
        rootOnL1(5 ether, list(step(A, 5 ether)));
        rootOnA("root", 8 ether, list(step(L1, 1 ether), step(B, 2 ether)));
        settle(makeScope());
        assertEq(settlement.escrowOf(A), ESCROW + 5 ether - 1 ether - 2 ether, "A");
        assertEq(settlement.escrowOf(B), ESCROW + 2 ether, "B");
        assertEq(address(sc[L1]).balance, settlement.escrowOf(A) + settlement.escrowOf(B), "all of it is here");
        assertEq(address(script[L1]).balance, 1 ether, "and the rest is out");
    }

    function test_l1_releases_no_more_than_it_holds_for_a_rollup() external {
        rootOnA("root", ESCROW + 1, list(step(L1, ESCROW + 1)));
        settle(makeScope(), _error(IScopedCallableExtension.EscrowExceeded.selector, A, ESCROW + 1));
    }

    function test_l1_releases_what_came_in_in_the_same_scope() external {
        rootOnL1(5 ether, list(step(A, 5 ether)));
        rootOnA("root", ESCROW + 5 ether, list(step(L1, ESCROW + 5 ether)));
        settle(makeScope());
        assertEq(settlement.escrowOf(A), 0, "nothing is left");
        assertEq(address(sc[L1]).balance, ESCROW, "but B's");
    }

    function test_a_rollup_gives_no_more_than_l1_holds_for_it() external {
        rootOnA("root", ESCROW + 1, list(step(B, ESCROW + 1)));
        settle(makeScope(), _error(ISettlement.EscrowNegative.selector, A));
    }

    // ---- operations --------------------------------------------------------------------------------------------------------------

    function test_a_failed_operation_uses_its_nonce() external {
        Operation memory operation = operationOf(address(script[L1]), hex"deadbeef");
        addOperationRoot(operation);
        vm.recordLogs();
        settle(makeScope());
        (bool success,) = _outcome();
        assertTrue(!success, "it failed");
        assertEq(IScopedAccount(user).operationNonce(), 1, "its nonce is used");
        beginBatches();
        addOperationRoot(operation);
        settle(makeScope(), _error(IScopedAccount.WrongNonce.selector, 0, 1));
    }

    function test_refuses_operations_that_are_not_the_root() external {
        rootOnL1(0, list(step(A)));
        ISettlement.Scope memory scope = makeScope();
        bytes32 hash = scope.legs[0].context.operationHash;
        scope.legs[0].context.operationHash = keccak256("another");
        settle(scope, abi.encodeWithSelector(ISettlement.WrongOperationHash.selector, keccak256("another"), hash));
        scope = makeScope();
        scope.legs[0].signedOperation = "";
        settle(scope, _error(ISettlement.UnexpectedOperation.selector, 0));
        scope = makeScope();
        scope.legs[0].context.rootChainId = A;
        settle(scope, _error(ISettlement.UnexpectedOperation.selector, 0));
    }

    /// @dev An operation that calls A's script, changed, with a plan that matches it.
    function _operation() private view returns (Operation memory) {
        return scriptOperation(0, list(step(A)));
    }

    function _add(Operation memory operation) private returns (Plan plan) {
        plan = addOperationRoot(operation);
        writePlan(plan, L1, list(step(A)));
        serve(plan, A);
    }

    function test_refuses_another_submitter() external {
        Operation memory operation = _operation();
        operation.submitter = makeAddress("another");
        _add(operation);
        settle(makeScope(), abi.encodeWithSelector(ISettlement.WrongSubmitter.selector, operation.submitter, submitter));
    }

    function test_accepts_its_submitter() external {
        Operation memory operation = _operation();
        operation.submitter = submitter;
        _add(operation);
        settle(makeScope());
        assertEq(script[A].runs(), 1, "run");
    }

    function test_runs_alone_if_it_says_so() external {
        Operation memory operation = _operation();
        operation.runsAlone = true;
        _add(operation);
        uint256 fresh = vm.snapshotState();
        settle(makeScope());
        vm.revertToState(fresh);
        rootOnA("another", 0, list(step(L1)));
        settle(makeScope(), abi.encodeWithSelector(ISettlement.OperationNotAlone.selector, identityOf(operation)));
    }

    function test_ends_at_its_final_trace() external {
        Operation memory operation = _operation();
        Plan rehearsal = new Plan(L1, address(settlement), RootContext(L1, identityOf(operation), 0));
        writePlan(rehearsal, L1, list(step(A)));
        operation.finalTrace = rehearsal.baton().trace;
        _add(operation);
        ISettlement.Scope memory scope = makeScope();
        uint256 fresh = vm.snapshotState();
        settle(scope);
        vm.revertToState(fresh);

        // A submitter makes the call fail: the trace stays at the beginning.
        scope.legs[0].fills[0].response[31] = 0x00;
        bytes32 start = keccak256(abi.encode(rehearsal.rootId()));
        settle(scope, abi.encodeWithSelector(ISettlement.WrongFinalTrace.selector, start, operation.finalTrace));
    }

    function test_refuses_an_account_without_code() external {
        rootOnL1(0, list(step(A)));
        vm.etch(user, "");
        settle(makeScope(), abi.encodeWithSelector(ISettlement.AccountWithoutCode.selector, user));
    }

    function test_refuses_late_operations() external {
        vm.warp(1000);
        Operation memory operation = _operation();
        operation.deadline = 1500;
        _add(operation);
        ISettlement.Scope memory scope = makeScope();
        vm.warp(1501);
        settle(scope, _error(IScopedAccount.DeadlinePassed.selector, 1500));
        vm.warp(1500);
        settle(scope);
    }

    function test_refuses_a_signature_of_another_key() external {
        Operation memory operation = _operation();
        _add(operation);
        ISettlement.Scope memory scope = makeScope();
        scope.legs[0].signedOperation =
            abi.encode(ISettlement.SignedOperation(operation, sign(0xbad, digestOf(operation))));
        settle(scope, abi.encodeWithSelector(IScopedAccount.WrongSignature.selector, vm.addr(0xbad)));
        scope.legs[0].signedOperation = abi.encode(ISettlement.SignedOperation(operation, hex"00"));
        settle(scope, abi.encodeWithSelector(IScopedAccount.WrongSignature.selector, address(0)));
    }

    function test_refuses_gas_that_is_not_there() external {
        Operation memory operation = _operation();
        operation.gas = type(uint64).max;
        _add(operation);
        settle(makeScope(), _error(IScopedAccount.TooLittleOperationGas.selector, operation.gas));
        beginBatches();
        operation.gas = type(uint256).max;
        _add(operation);
        settle(makeScope(), _error(IScopedAccount.TooLittleOperationGas.selector, operation.gas));
    }

    function test_only_the_settlement_runs_operations() external {
        Operation memory operation = _operation();
        on(L1);
        vm.expectRevert(abi.encodeWithSelector(IScopedAccount.OnlySettlement.selector, address(this)));
        IScopedAccount(user).executeOperation(operation, "");
        vm.expectRevert(abi.encodeWithSelector(IScopedAccount.OnlyAccount.selector, address(this)));
        IScopedAccount(user).executeBatch(new IScopedAccount.Call[](0));
        operation.account = address(this);
        vm.expectRevert(abi.encodeWithSelector(IScopedAccount.WrongAccount.selector, address(this)));
        vm.prank(address(settlement));
        IScopedAccount(user).executeOperation(operation, "");
    }

    function test_a_batch_of_calls_is_all_or_nothing() external {
        IScopedAccount.Call[] memory calls = new IScopedAccount.Call[](2);
        calls[0] = IScopedAccount.Call(address(script[L1]), 1 ether, "");
        calls[1] = IScopedAccount.Call(address(script[L1]), 0, hex"deadbeef");
        addOperationRoot(operationOf(user, abi.encodeCall(IScopedAccount.executeBatch, (calls))));
        settle(makeScope());
        assertEq(address(script[L1]).balance, 0, "none");
        beginBatches();
        calls[1].data = abi.encodeWithSignature("runs()");
        addOperationRoot(operationOf(user, abi.encodeCall(IScopedAccount.executeBatch, (calls))));
        settle(makeScope());
        assertEq(address(script[L1]).balance, 1 ether, "all");
    }

    // ---- the registry ------------------------------------------------------------------------------------------------------------

    function test_the_registry() external {
        on(L1);
        uint256[3] memory taken = [uint256(0), L1, A];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(_error(ISettlement.CannotRegister.selector, taken[i]));
            settlement.registerRollup(taken[i], PROGRAM, committee, 0, 0);
        }
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", user));
        vm.prank(user);
        settlement.registerRollup(903, PROGRAM, committee, 0, 0);
        settlement.registerRollup{value: 3 ether}(903, PROGRAM, committee, keccak256("root"), keccak256("genesis"));
        assertEq(settlement.escrowOf(903), 3 ether, "its escrow");
        assertEq(settlement.getRollup(903).stateRoot, keccak256("root"), "its root");
        assertEq(address(sc[L1]).balance, 2 * ESCROW + 3 ether, "held by ScopedCallable");
    }

    function test_only_the_settlement_locks() external {
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.OnlyLoader.selector, address(this)));
        IScopedCallableL1(address(sc[L1])).lock{value: 1}();
    }

    function test_refuses_bad_committees() external {
        address[] memory members = new address[](2);
        (members[0], members[1]) = (address(1), address(1));
        _refusesCommittee(members, 1);
        members[1] = address(0);
        _refusesCommittee(members, 1);
        members[1] = address(2);
        _refusesCommittee(members, 0);
        _refusesCommittee(members, 3);
        new CommitteeVerifier(members, 2);
    }

    function _refusesCommittee(address[] memory members, uint256 threshold) private {
        vm.expectRevert(ICommitteeVerifier.BadCommittee.selector);
        new CommitteeVerifier(members, threshold);
    }
}
