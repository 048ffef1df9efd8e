// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICommitteeVerifier} from "../src/interfaces/ICommitteeVerifier.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Fill, Mark, Record, Request, RootContext, Streams} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {RawResponse} from "./utils/RawResponse.sol";
import {ScriptWorld, Step} from "./utils/Script.sol";

/// @title What a builder may try on a bundle, and what it gets
contract TamperTest is ScriptWorld {
    function setUp() external {
        makeScriptWorld();
    }

    function _differ(bytes4 selector, uint256 source, uint256 target) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, source, target);
    }

    // ---- fills: what L1 is told ----------------------------------------------------------------------------------------------

    function test_the_bundle_settles_as_it_is() external {
        rootOnL1(0, list(step(A, step(L1)), step(A)));
        settle(makeScope());
        assertEq(script[L1].runs(), 2, "the operation and the callback");
        assertEq(script[A].runs(), 2, "two calls");
    }

    function test_response_changed() external {
        rootOnL1(0, list(step(A)));
        ISettlement.Scope memory scope = makeScope();
        (bool success, bytes memory data, bytes32 trace, Mark[] memory marks) =
            RawResponse.partsOf(scope.legs[0].fills[0].response);
        data[31] = ~data[31];
        scope.legs[0].fills[0].response = RawResponse.ofCall(success, data, trace, marks);
        settle(scope, _differ(ISettlement.ResponsesDiffer.selector, L1, A));
    }

    function test_status_changed() external {
        rootOnL1(0, list(step(A)));
        ISettlement.Scope memory scope = makeScope();
        RawResponse.fail(scope.legs[0].fills[0].response);
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, L1, A));
    }

    function test_response_malformed() external {
        rootOnL1(0, list(step(A)));
        bytes[4] memory malformed =
            [bytes(hex"ff"), hex"03", hex"0700", abi.encodePacked(hex"03", keccak256("trace"), hex"01")];
        for (uint256 i = 0; i < 4; ++i) {
            ISettlement.Scope memory scope = makeScope();
            scope.legs[0].fills[0].response = malformed[i];
            settle(scope, _differ(ISettlement.RequestsDiffer.selector, L1, A));
        }
    }

    /// @dev The operation itself ends with the fault, which its account passes on.
    function _settleFaulted(ISettlement.Scope memory scope) private {
        on(L1);
        vm.expectPartialRevert(ISettlement.OperationRefused.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function test_two_responses_swapped() external {
        rootOnL1(0, list(step(A), step(A)));
        ISettlement.Scope memory scope = makeScope();
        Fill[] memory fills = scope.legs[0].fills;
        (fills[0].response, fills[1].response) = (fills[1].response, fills[0].response);
        _settleFaulted(scope);
    }

    function test_fill_left_out() external {
        rootOnL1(0, list(step(A), step(A)));
        ISettlement.Scope memory scope = makeScope();
        Fill[] memory fills = new Fill[](1);
        fills[0] = scope.legs[0].fills[0];
        scope.legs[0].fills = fills;
        _settleFaulted(scope);
    }

    function test_fills_in_another_order() external {
        rootOnL1(0, list(step(A), step(A)));
        ISettlement.Scope memory scope = makeScope();
        Fill[] memory fills = scope.legs[0].fills;
        (fills[0], fills[1]) = (fills[1], fills[0]);
        settle(scope, _differ(ISettlement.ResponsesDiffer.selector, L1, A));
    }

    // ---- records: what L1 serves ---------------------------------------------------------------------------------------------

    function test_call_dropped() external {
        rootOnA("root", 0, list(step(L1), step(L1)));
        ISettlement.Scope memory scope = makeScope();
        Record[] memory records = new Record[](1);
        records[0] = scope.legs[0].records[0];
        scope.legs[0].records = records;
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, A, L1));
    }

    function test_all_calls_dropped() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        scope.legs = new ISettlement.L1Leg[](0);
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, A, L1));
    }

    function test_call_loaded_but_not_run() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        scope.legs[0].records[0].kept = false;
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, A, L1));
    }

    function test_records_in_another_order() external {
        rootOnA("root", 0, list(step(L1), step(L1)));
        ISettlement.Scope memory scope = makeScope();
        Record[] memory records = scope.legs[0].records;
        (records[0], records[1]) = (records[1], records[0]);
        settle(scope, _differ(ISettlement.ResponsesDiffer.selector, A, L1));
    }

    /// @dev A consistent lie: a plan with other calls, or the same ones otherwise, that L1 runs without complaint.
    function _lie(uint256 rootIndex, Step[] memory steps) private returns (ISettlement.Scope memory scope) {
        scope = makeScope();
        RootContext memory context = scope.legs[0].context;
        context.rootIndex = rootIndex;
        Plan lie = new Plan(L1, address(settlement), context);
        writePlan(lie, A, steps);
        scope.legs[0].records = lie.records(L1);
    }

    function test_call_reordered() external {
        rootOnA("root", 3 ether, list(step(L1, 1 ether), step(L1, 2 ether)));
        ISettlement.Scope memory scope = _lie(0, list(step(L1, 2 ether), step(L1, 1 ether)));
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, A, L1));
    }

    function test_value_changed() external {
        rootOnA("root", 3 ether, list(step(L1, 1 ether)));
        ISettlement.Scope memory scope = _lie(0, list(step(L1, 2 ether)));
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, A, L1));
    }

    function test_call_added() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = _lie(0, list(step(L1), step(L1)));
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, A, L1));
    }

    function test_one_root_under_two_ids() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = _lie(3, list(step(L1)));
        settle(scope, _differ(ISettlement.RequestsDiffer.selector, A, L1));
        // Without a plan to match, the records don't even load.
        scope = makeScope();
        scope.legs[0].context.rootIndex = 3;
        vm.expectPartialRevert(IScopedCallableExtension.RecordOfAnotherRoot.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function test_from_changed() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        scope.legs[0].records[0].request.from = address(0xbad);
        vm.expectPartialRevert(IScopedCallableExtension.NotReproduced.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function test_callback_moved_out_of_its_parent() external {
        rootOnL1(0, list(step(A, step(L1)), step(A)));
        ISettlement.Scope memory scope = makeScope();
        assertEq(scope.legs[0].records.length, 1, "the callback");
        // To before its parent: where L1's own root starts.
        Request memory callback = scope.legs[0].records[0].request;
        for (uint256 i = 0; i < callback.marks.length; ++i) {
            if (callback.marks[i].chainId == L1) {
                callback.marks[i].trace = keccak256(abi.encode(callback.rootId));
            }
        }
        _settleFaulted(scope);
    }

    function test_roots_in_another_order() external {
        rootOnA("first", 0, list(step(L1)));
        rootOnA("second", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        (scope.legs[0], scope.legs[1]) = (scope.legs[1], scope.legs[0]);
        settle(scope, abi.encodeWithSelector(IScopedCallableExtension.RootIndexNotIncreasing.selector, 0, 2));
    }

    function test_root_run_twice() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        ISettlement.L1Leg[] memory legs = new ISettlement.L1Leg[](2);
        (legs[0], legs[1]) = (scope.legs[0], scope.legs[0]);
        scope.legs = legs;
        settle(scope, abi.encodeWithSelector(IScopedCallableExtension.RootIndexNotIncreasing.selector, 0, 1));
    }

    // ---- batches ---------------------------------------------------------------------------------------------------------------

    /// @dev A changed batch has another public inputs hash; the signatures are then somebody else's.
    function _refusedByCommittee(ISettlement.Scope memory scope) private {
        on(L1);
        vm.expectPartialRevert(ICommitteeVerifier.NotAMember.selector);
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function test_every_field_of_a_batch_is_proved() external {
        rootOnA("root", 1 ether, list(step(L1, 1 ether)));
        ISettlement.Scope memory scope = makeScope();
        ISettlement.Batch memory batch = scope.batches[0];

        scope.data = bytes.concat(scope.data, hex"00");
        _refusedByCommittee(scope);
        scope.data = hex"00";
        _refusedByCommittee(scope);
        batch = (scope = makeScope()).batches[0];
        batch.dataOffset += 1;
        _refusedByCommittee(scope);
        batch = (scope = makeScope()).batches[0];
        batch.dataLength += 1;
        _refusedByCommittee(scope);
        batch = (scope = makeScope()).batches[0];
        batch.firstBlock += 1;
        _refusedByCommittee(scope);
        batch = (scope = makeScope()).batches[0];
        batch.lastBlockHash = keccak256("another");
        _refusedByCommittee(scope);
        batch = (scope = makeScope()).batches[0];
        batch.builder = submitter;
        _refusedByCommittee(scope);
        batch = (scope = makeScope()).batches[0];
        vm.setBlockhash(98, keccak256("block 98"));
        (batch.l1OriginNumber, batch.l1OriginHash) = (98, keccak256("block 98"));
        _refusedByCommittee(scope);
    }

    function test_every_field_of_a_remote_is_proved() external {
        rootOnA("root", 1 ether, list(step(L1, 1 ether)));
        ISettlement.Scope memory scope = makeScope();
        Streams memory remote = scope.batches[0].remotes[0];
        remote.requestsOut = keccak256("another");
        _refusedByCommittee(scope);
        remote = (scope = makeScope()).batches[0].remotes[0];
        remote.requestsIn = keccak256("another");
        _refusedByCommittee(scope);
        remote = (scope = makeScope()).batches[0].remotes[0];
        remote.responsesOut = keccak256("another");
        _refusedByCommittee(scope);
        remote = (scope = makeScope()).batches[0].remotes[0];
        remote.responsesIn = keccak256("another");
        _refusedByCommittee(scope);
        remote = (scope = makeScope()).batches[0].remotes[0];
        remote.valueOut -= 1;
        _refusedByCommittee(scope);
        remote = (scope = makeScope()).batches[0].remotes[0];
        remote.valueIn += 1;
        _refusedByCommittee(scope);
        remote = (scope = makeScope()).batches[0].remotes[0];
        remote.limit += 1;
        _refusedByCommittee(scope);
        scope = makeScope();
        scope.batches[0].remotes = new Streams[](0);
        _refusedByCommittee(scope);
    }

    function test_bundle_replayed() external {
        rootOnA("root", 0, list(step(L1)));
        ISettlement.Scope memory scope = makeScope();
        settle(scope);
        settle(scope, abi.encodeWithSelector(ISettlement.WrongBatchNumber.selector, A, 0, 1));
    }

    function test_attestation_by_too_few() external {
        ISettlement.Scope memory scope = makeScope();
        scope.proofs[0] = _firstSignature(scope.proofs[0]);
        settle(scope, abi.encodeWithSelector(ICommitteeVerifier.TooFewSignatures.selector, 1, 2));
        scope.proofs[0] = "";
        settle(scope, abi.encodeWithSelector(ICommitteeVerifier.TooFewSignatures.selector, 0, 2));
    }

    function test_attestation_twice_by_one() external {
        ISettlement.Scope memory scope = makeScope();
        prove(scope, 1, 1);
        address twice = vm.addr(memberKeys[1]);
        settle(scope, abi.encodeWithSelector(ICommitteeVerifier.SignersNotAscending.selector, twice));
        prove(scope, 1, 0);
        address lower = vm.addr(memberKeys[0]);
        settle(scope, abi.encodeWithSelector(ICommitteeVerifier.SignersNotAscending.selector, lower));
    }

    function test_attestation_by_wrong_keys() external {
        ISettlement.Scope memory scope = makeScope();
        scope.proofs[0] = bytes.concat(_firstSignature(scope.proofs[0]), sign(0xbad, attestationOf(scope)));
        settle(scope, abi.encodeWithSelector(ICommitteeVerifier.NotAMember.selector, vm.addr(0xbad)));
    }

    function test_attestation_cut_off() external {
        ISettlement.Scope memory scope = makeScope();
        bytes memory proof = scope.proofs[0];
        assembly ("memory-safe") {
            mstore(proof, 129)
        }
        settle(scope, abi.encodeWithSelector(ICommitteeVerifier.MalformedProof.selector, 129));
    }

    function _firstSignature(bytes memory proof) private pure returns (bytes memory first) {
        first = new bytes(65);
        for (uint256 i = 0; i < 65; ++i) {
            first[i] = proof[i];
        }
    }
}
