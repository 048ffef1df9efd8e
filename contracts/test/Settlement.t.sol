// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICommitteeVerifier} from "../src/interfaces/ICommitteeVerifier.sol";
import {IScopedAccount, Operation} from "../src/interfaces/IScopedAccount.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL1} from "../src/interfaces/IScopedCallableL1.sol";
import {ISequencingPolicy} from "../src/interfaces/ISequencingPolicy.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Streams} from "../src/interfaces/ScopeTypes.sol";
import {CommitteeVerifier} from "../src/verifiers/CommitteeVerifier.sol";
import {OneProof} from "./utils/OneProof.sol";
import {Plan} from "./utils/Plan.sol";
import {Script, ScriptWorld, Step} from "./utils/Script.sol";
import {Vm} from "./utils/Vm.sol";

contract SubmitterContract {
    function submit(ISettlement settlement, ISettlement.Scope calldata scope) external {
        settlement.executeScope(scope);
    }
}

/// @dev Lets one submitter send batches with its word, and says a hash of both.
contract OneSubmitter is ISequencingPolicy {
    error NotYourTurn(address submitter);

    address private immutable SUBMITTER;
    IScopedCallableL1 private immutable SCOPED_CALLABLE;
    uint256 public remotesAsAsked;

    constructor(address submitter, IScopedCallableL1 scopedCallable) {
        (SUBMITTER, SCOPED_CALLABLE) = (submitter, scopedCallable);
    }

    function authorize(address submitter, ISettlement.Batch calldata batch) external returns (bytes32 policyHash) {
        if (submitter != SUBMITTER) revert NotYourTurn(submitter);
        remotesAsAsked = SCOPED_CALLABLE.getRemotes().length;
        return keccak256(abi.encode(submitter, batch.chainId, batch.policyData));
    }
}

/// @title Every rule of executeScope, each with its refusal
/// @dev Operations have a file of their own.
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
        settle(makeScope());
        bytes32 head = settlement.getRollup(A).lastBlockHash;
        for (uint256 i = 0; i < 2; ++i) {
            scope = makeScope();
            // Its genesis, say, or a sibling of its last block.
            bytes32 another = i == 0 ? keccak256("genesis") : keccak256("sibling");
            scope.batches[0].parentBlockHash = another;
            prove(scope, 0, 1);
            settle(scope, abi.encodeWithSelector(ISettlement.WrongParentBlock.selector, A, another, head));
        }
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
        batch.l1OriginNumber = type(uint256).max;
        settle(scope, abi.encodeWithSelector(selector, A, type(uint256).max, keccak256("future")));
        // Nor may it go back.
        settle(makeScope());
        vm.setBlockhash(98, keccak256("block 98"));
        scope = makeScope();
        (scope.batches[0].l1OriginNumber, scope.batches[0].l1OriginHash) = (98, keccak256("block 98"));
        settle(scope, abi.encodeWithSelector(selector, A, 98, keccak256("block 98")));
    }

    function test_an_l1_origin_is_at_most_256_blocks_old() external {
        vm.roll(355);
        ISettlement.Scope memory scope = makeScope();
        assertEq(scope.batches[0].l1OriginNumber, 99, "the origin");
        uint256 fresh = vm.snapshotState();
        settle(scope);
        vm.revertToState(fresh);
        vm.roll(356);
        // EIP-2935 knows it still.
        vm.mockCall(0x0000F90827F1C53a10cb7A02335B175320002935, abi.encode(99), abi.encode(keccak256("block 99")));
        settle(scope, abi.encodeWithSelector(ISettlement.WrongL1Origin.selector, A, uint256(99), keccak256("block 99")));
    }

    function test_the_builder_is_who_sends_or_0() external {
        ISettlement.Scope memory scope = makeScope();
        address another = makeAddress("another");
        scope.batches[0].builder = another;
        prove(scope, 0, 1);
        settle(scope, abi.encodeWithSelector(ISettlement.WrongBuilder.selector, A, another, submitter));
        scope.batches[0].builder = submitter;
        prove(scope, 0, 1);
        uint256 fresh = vm.snapshotState();
        settle(scope);
        vm.revertToState(fresh);
        // One batch names a builder, the other leaves it open.
        scope = makeScope();
        scope.batches[1].builder = submitter;
        prove(scope, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongBuilder.selector, B, submitter, another));
        vm.prank(another, another);
        settlement.executeScope(scope);
        settle(scope);
    }

    // ---- data ------------------------------------------------------------------------------------------------------------------

    bytes32[] private _threeBlobs =
        [bytes32(uint256(1) << 248), bytes32((uint256(1) << 248) | 1), bytes32((uint256(1) << 248) | 2)];

    function test_batch_bytes_are_in_calldata_or_in_blobs() external {
        ISettlement.Scope memory scope = makeScope();
        bytes memory data = scope.data;
        scope.data = "";
        settle(scope, abi.encodeWithSelector(ISettlement.AmbiguousData.selector));
        vm.blobhashes(_threeBlobs);
        scope.data = data;
        settle(scope, abi.encodeWithSelector(ISettlement.AmbiguousData.selector));
        vm.blobhashes(new bytes32[](0));
        settle(scope);
    }

    function test_batches_in_blobs() external {
        ISettlement.Scope memory scope = makeScope();
        scope.data = "";
        _blobs = _threeBlobs;
        prove(scope, 0, 2);
        bytes32 commitment = keccak256(abi.encode(keccak256("scope.da.blobs.v2"), _threeBlobs));
        // All of the transaction's, in order.
        bytes32[] memory fewer = new bytes32[](2);
        (fewer[0], fewer[1]) = (_threeBlobs[0], _threeBlobs[1]);
        vm.blobhashes(fewer);
        _refusedByCommittee(scope);
        bytes32[] memory swapped = new bytes32[](3);
        (swapped[0], swapped[1], swapped[2]) = (_threeBlobs[1], _threeBlobs[0], _threeBlobs[2]);
        vm.blobhashes(swapped);
        _refusedByCommittee(scope);
        vm.blobhashes(_threeBlobs);
        vm.recordLogs();
        settle(scope);
        (bytes32 settledCommitment,) = _settled();
        assertEq(settledCommitment, commitment, "the commitment to all");
    }

    /// @dev The proof binds the slice; what lies in it is for followers and attesters to read.
    function test_a_batch_names_its_slice_of_the_data() external {
        ISettlement.Scope memory scope = makeScope();
        scope.batches[0].dataOffset = 3;
        _refusedByCommittee(scope);
        scope.batches[0].dataOffset = 0;
        scope.batches[0].dataLength = 3;
        _refusedByCommittee(scope);
        prove(scope, 0, 1);
        vm.recordLogs();
        settle(scope);
        (, ISettlement.SettledBatch[] memory settled) = _settled();
        assertEq(settled[0].dataOffset, 0, "from the beginning");
        assertEq(settled[0].dataLength, 3, "as proved");
        assertEq(settled[1].dataOffset, scope.batches[1].dataOffset, "the other's");
        assertEq(settled[1].dataLength, scope.batches[1].dataLength, "length too");
    }

    /// @dev A changed batch has another public inputs hash; the signatures are then somebody else's.
    function _refusedByCommittee(ISettlement.Scope memory scope) private {
        on(L1);
        vm.expectPartialRevert(ICommitteeVerifier.NotAMember.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    /// @dev The last scope in the recorded logs.
    function _settled() private returns (bytes32 commitment, ISettlement.SettledBatch[] memory settled) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.emitter, address(settlement), "the settlement's");
        assertEq(last.topics[0], ISettlement.ScopeSettled.selector, "event");
        assertEq(last.topics[1], bytes32(settlement.scopeCount() - 1), "its number");
        return abi.decode(last.data, (bytes32, ISettlement.SettledBatch[]));
    }

    // ---- proofs ----------------------------------------------------------------------------------------------------------------

    OneProof private _other;

    /// @dev Five batches: 900 and 903 share a program of another verifier, whose other program 904 has; A and B share the committee's.
    function _makeThreeGroups() private returns (ISettlement.Scope memory scope) {
        _other = new OneProof();
        ISequencingPolicy anyone = ISequencingPolicy(address(0));
        register(900, keccak256("first program"), _other, anyone, 0);
        register(903, keccak256("first program"), _other, anyone, 0);
        register(904, keccak256("second program"), _other, anyone, 0);
        uint256[] memory chainIds = new uint256[](5);
        (chainIds[0], chainIds[1], chainIds[2], chainIds[3], chainIds[4]) = (900, A, B, 903, 904);
        addBatches(scope, chainIds);

        scope.proofs = new bytes[](3);
        bytes32[] memory inputs = new bytes32[](2);
        (inputs[0], inputs[1]) =
        (
            publicInputsHash(scope, 0, keccak256("first program"), 0),
            publicInputsHash(scope, 3, keccak256("first program"), 0)
        );
        scope.proofs[0] = "first proof";
        _other.accept(keccak256("first program"), inputs, "first proof");
        scope.proofs[1] =
            _committeeProof(publicInputsHash(scope, 1, PROGRAM, 0), publicInputsHash(scope, 2, PROGRAM, 0));
        inputs = new bytes32[](1);
        inputs[0] = publicInputsHash(scope, 4, keccak256("second program"), 0);
        scope.proofs[2] = "second proof";
        _other.accept(keccak256("second program"), inputs, "second proof");
    }

    function _committeeProof(bytes32 one, bytes32 other) private view returns (bytes memory) {
        bytes32 message =
            keccak256(abi.encode(keccak256("scope.attestation.v2"), PROGRAM, keccak256(bytes.concat(one, other))));
        return bytes.concat(sign(memberKeys[0], message), sign(memberKeys[2], message));
    }

    function test_one_proof_is_for_all_batches_of_one_verifier_and_program() external {
        ISettlement.Scope memory scope = _makeThreeGroups();
        settle(scope);
        uint256[5] memory chainIds = [uint256(900), A, B, 903, 904];
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(settlement.getRollup(chainIds[i]).nextBatch, 1, "settled");
        }
    }

    function test_proofs_are_as_many_as_pairs_of_verifier_and_program() external {
        ISettlement.Scope memory scope = _makeThreeGroups();
        bytes[] memory proofs = scope.proofs;
        scope.proofs = new bytes[](0);
        settle(scope, _error(ISettlement.WrongProofCount.selector, 0, 1));
        scope.proofs = new bytes[](2);
        (scope.proofs[0], scope.proofs[1]) = (proofs[0], proofs[1]);
        settle(scope, _error(ISettlement.WrongProofCount.selector, 2, 3));
        scope.proofs = new bytes[](4);
        (scope.proofs[0], scope.proofs[1], scope.proofs[2]) = (proofs[0], proofs[1], proofs[2]);
        settle(scope, _error(ISettlement.WrongProofCount.selector, 4, 3));
    }

    function test_proofs_are_in_order_of_first_appearance() external {
        ISettlement.Scope memory scope = _makeThreeGroups();
        (scope.proofs[0], scope.proofs[2]) = (scope.proofs[2], scope.proofs[0]);
        on(L1);
        vm.expectPartialRevert(OneProof.AnotherProof.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function test_the_inputs_of_a_proof_are_in_the_order_of_the_batches() external {
        ISettlement.Scope memory scope = _makeThreeGroups();
        scope.proofs[1] =
            _committeeProof(publicInputsHash(scope, 2, PROGRAM, 0), publicInputsHash(scope, 1, PROGRAM, 0));
        _refusedByCommittee(scope);
        // Nor does a proof of one of them do.
        bytes32 message = keccak256(
            abi.encode(
                keccak256("scope.attestation.v2"),
                PROGRAM,
                keccak256(bytes.concat(publicInputsHash(scope, 1, PROGRAM, 0)))
            )
        );
        scope.proofs[1] = bytes.concat(sign(memberKeys[0], message), sign(memberKeys[1], message));
        _refusedByCommittee(scope);
    }

    // ---- the policy --------------------------------------------------------------------------------------------------------------

    function _underPolicy(address allowed) private returns (OneSubmitter policy, ISettlement.Scope memory scope) {
        policy = new OneSubmitter(allowed, settlement.scopedCallable());
        _other = new OneProof();
        register(903, PROGRAM, _other, policy, 0);
        uint256[] memory chainIds = new uint256[](1);
        chainIds[0] = 903;
        addBatches(scope, chainIds);
        scope.batches[0].policyData = "my turn";
        bytes32[] memory inputs = new bytes32[](1);
        inputs[0] = publicInputsHash(scope, 0, PROGRAM, keccak256(abi.encode(submitter, 903, bytes("my turn"))));
        _other.accept(PROGRAM, inputs, "proof");
        scope.proofs = new bytes[](1);
        scope.proofs[0] = "proof";
    }

    function test_a_policy_says_who_may_submit() external {
        (OneSubmitter policy, ISettlement.Scope memory scope) = _underPolicy(makeAddress("another"));
        assertEq(address(settlement.getRollup(903).policy), address(policy), "the rollup's policy");
        settle(scope, abi.encodeWithSelector(OneSubmitter.NotYourTurn.selector, submitter));
    }

    function test_what_a_policy_says_is_proved() external {
        (OneSubmitter policy, ISettlement.Scope memory scope) = _underPolicy(submitter);
        scope.batches[0].policyData = "not my turn";
        on(L1);
        vm.expectPartialRevert(OneProof.AnotherProof.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
        scope.batches[0].policyData = "my turn";
        settle(scope);
        assertEq(settlement.getRollup(903).nextBatch, 1, "settled");
        assertEq(policy.remotesAsAsked(), 0, "asked before the scope opens");
    }

    // ---- what a settled scope leaves -----------------------------------------------------------------------------------------------

    function test_a_settled_scope_says_what_followers_need() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        vm.recordLogs();
        settle(scope);
        (bytes32 commitment, ISettlement.SettledBatch[] memory settled) = _settled();
        assertEq(
            commitment, keccak256(abi.encode(keccak256("scope.da.calldata.v2"), keccak256(scope.data))), "the data"
        );
        assertEq(settled.length, 2, "both batches");
        for (uint256 i = 0; i < 2; ++i) {
            ISettlement.Batch memory batch = scope.batches[i];
            assertEq(settled[i].chainId, batch.chainId, "chain");
            assertEq(settled[i].batchNumber, 0, "number");
            assertEq(settled[i].lastBlockHash, batch.lastBlockHash, "head");
            assertEq(settled[i].dataOffset, batch.dataOffset, "offset");
            assertEq(settled[i].dataLength, batch.dataLength, "length");
            ISettlement.Rollup memory rollup = settlement.getRollup(batch.chainId);
            assertEq(rollup.lastBlockHash, batch.lastBlockHash, "the rollup advanced");
            assertEq(rollup.nextBatch, 1, "by one batch");
            assertEq(rollup.l1OriginNumber, 99, "with its origin");
        }
        assertEq(settlement.scopeCount(), 1, "one scope");
    }

    // ---- pairs -----------------------------------------------------------------------------------------------------------------

    function _onlyBatch(uint256 i) private returns (ISettlement.Scope memory scope) {
        scope = makeScope();
        ISettlement.Batch[] memory one = new ISettlement.Batch[](1);
        one[0] = scope.batches[i];
        scope.batches = one;
        prove(scope, 0, 1);
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
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.RequestsDiffer.selector, A, B));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.requestsOut = keccak256("another");
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.RequestsDiffer.selector, B, A));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.responsesOut = keccak256("another");
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.ResponsesDiffer.selector, A, B));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.responsesIn = keccak256("another");
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.ResponsesDiffer.selector, B, A));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.valueIn += 1;
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.ValuesDiffer.selector, A, B));
        streams = (scope = makeScope()).batches[1].remotes[0];
        streams.valueOut += 1;
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.ValuesDiffer.selector, B, A));
        // One side says nothing of the other.
        scope = makeScope();
        scope.batches[0].remotes = new Streams[](0);
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.RequestsDiffer.selector, A, B));
        settle(makeScope());
    }

    function test_refuses_remotes_out_of_order() external {
        rootOnA("root", 0, list(step(L1), step(B)));
        ISettlement.Scope memory scope = makeScope();
        Streams[] memory remotes = scope.batches[0].remotes;
        (remotes[0], remotes[1]) = (remotes[1], remotes[0]);
        prove(scope, 0, 1);
        settle(scope, _error(ISettlement.ChainsNotAscending.selector, L1));
        // Nor may a chain be its own remote.
        scope = makeScope();
        scope.batches[0].remotes[1].chainId = A;
        prove(scope, 0, 1);
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

    /// @dev L1 and B each find it within what L1 holds for A.
    function test_a_rollup_gives_no_more_than_l1_holds_for_it() external {
        rootOnA("root", ESCROW + 1, list(step(B, 1), step(L1, ESCROW)));
        settle(makeScope(), _error(ISettlement.EscrowNegative.selector, A));
    }

    // ---- limits ------------------------------------------------------------------------------------------------------------------

    /// @dev What L1 holds for A changes in the scope; what counts is what it held before.
    function test_a_limit_is_what_l1_holds_as_the_scope_begins() external {
        rootOnL1(5 ether, list(step(A, 5 ether)));
        rootOnA("root", 8 ether, list(step(L1, 1 ether), step(B, 2 ether)));
        ISettlement.Scope memory scope = makeScope();
        Streams memory ofA = scope.batches[1].remotes[0];
        assertEq(ofA.chainId, A, "B's view of A");
        assertEq(ofA.limit, ESCROW, "its limit");
        for (uint256 i = 0; i < 3; ++i) {
            uint256 another = [ESCROW + 1, ESCROW - 1, ESCROW + 2 ether][i];
            ofA.limit = another;
            prove(scope, 0, 1);
            settle(scope, abi.encodeWithSelector(ISettlement.WrongLimit.selector, B, A, another, ESCROW));
        }
        ofA.limit = ESCROW;
        prove(scope, 0, 1);
        settle(scope);
        beginBatches();
        rootOnA("next", 1 ether, list(step(B, 1 ether)));
        assertEq((scope = makeScope()).batches[1].remotes[0].limit, ESCROW + 2 ether, "the next scope's");
        settle(scope);
    }

    function test_a_limit_that_a_builder_invents_does_not_settle() external {
        Plan plan = addRollupRoot(A, "root");
        writePlan(plan, A, list(step(B, ESCROW + 1)));
        serve(plan, B, limit(A, ESCROW + 1), plan.records(B), "");
        load(plan, A);
        vm.prank(user);
        script[A].run{value: ESCROW + 1}(list(step(B, ESCROW + 1)));
        close(A);
        settle(makeScope(), abi.encodeWithSelector(ISettlement.WrongLimit.selector, B, A, ESCROW + 1, ESCROW));
    }

    function test_l1_has_no_limit_and_none_is_no_claim() external {
        rootOnA("root", 2 ether, list(step(L1, 1 ether), step(B)));
        ISettlement.Scope memory scope = makeScope();
        assertEq(scope.batches[0].remotes[0].chainId, L1, "A's view of L1");
        scope.batches[0].remotes[0].limit = 1;
        prove(scope, 0, 1);
        settle(scope, abi.encodeWithSelector(ISettlement.WrongLimit.selector, A, L1, 1, 0));
        scope = makeScope();
        assertEq(scope.batches[1].remotes[0].limit, 0, "B has none for A");
        settle(scope);
    }

    function test_what_a_rollup_gave_back_counts() external {
        vm.deal(address(script[B]), 3 ether);
        Step[] memory steps =
            list(Step(B, 0, 600_000, abi.encodeCall(Script.run, (list(step(A, 3 ether))))), step(B, ESCROW + 3 ether));
        rootOnA("root", ESCROW + 3 ether, steps);
        settle(makeScope());
        assertEq(settlement.escrowOf(A), 0, "A has given all");
        assertEq(settlement.escrowOf(B), 2 * ESCROW, "B has it");
    }

    // ---- the committee -----------------------------------------------------------------------------------------------------------

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

    function newCommittee(address[] memory members, uint256 threshold) external returns (CommitteeVerifier) {
        return new CommitteeVerifier(members, threshold);
    }

    /// @dev expectRevert would end the test here, with success: forge's own code makes this call.
    function _refusesCommittee(address[] memory members, uint256 threshold) private {
        try this.newCommittee(members, threshold) {
            assertTrue(false, "created");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(ICommitteeVerifier.BadCommittee.selector), "its reason");
        }
    }
}
