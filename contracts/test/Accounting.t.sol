// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {Alias} from "../src/core/Alias.sol";
import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {Baton, Fill, Limit, Mark, Record, Request, RootContext} from "../src/interfaces/ScopeTypes.sol";
import {SYSTEM_ADDRESS} from "../src/l2/ScopedCallableL2.sol";
import {ScopeLib} from "../src/libraries/ScopeLib.sol";
import {Plan} from "./utils/Plan.sol";
import {RawResponse} from "./utils/RawResponse.sol";
import {World} from "./utils/World.sol";

/// @dev What a call meets on the other chain.
contract Target {
    uint256 public gasSeen;
    uint256 public runs;

    receive() external payable {}

    function look() external payable returns (address, uint256) {
        ++runs;
        return (msg.sender, msg.value);
    }

    function fail(bytes calldata reason) external payable {
        ++runs;
        bytes memory data = reason;
        assembly {
            revert(add(data, 0x20), mload(data))
        }
    }

    function burn() external pure {
        assembly {
            invalid()
        }
    }

    function measure() external {
        gasSeen = gasleft();
    }

    function answerWith(uint256 size) external {
        ++runs;
        assembly {
            return(0x1000, size)
        }
    }

    function failWith(uint256 size) external {
        ++runs;
        assembly {
            revert(0x1000, size)
        }
    }
}

/// @title The rules of the accounting core, each with its refusal
/// @dev A is the root's chain, B serves. This contract is the caller on A.
contract AccountingTest is World {
    address private constant SETTLEMENT = address(0x5e77);

    Target private target;
    Plan private plan;

    function setUp() external {
        makeRollup(A, SETTLEMENT);
        makeRollup(B, SETTLEMENT);
        know(A, B);
        know(B, A);
        open(A, L1, B);
        open(B, L1, A);
        target = new Target();
        plan = new Plan(L1, SETTLEMENT, RootContext(A, keccak256("transaction"), 0));
        vm.deal(address(this), 100 ether);
    }

    receive() external payable {}

    // ---- helpers ----------------------------------------------------------------------------------------------------------------

    function _request(address to, uint256 value, bytes memory data)
        private
        pure
        returns (IScopedCallable.ScopedRequest memory)
    {
        return IScopedCallable.ScopedRequest(to, value, 100_000, data);
    }

    function _look() private view returns (IScopedCallable.ScopedRequest memory) {
        return _request(address(target), 0, abi.encodeCall(Target.look, ()));
    }

    /// @dev This contract asks B's `to`.
    function _asks(address to, uint256 value, bytes memory data) private returns (Request memory) {
        return plan.asks(A, address(this), B, to, value, 100_000, data);
    }

    function _asksLook() private returns (Request memory q) {
        q = _asks(address(target), 0, abi.encodeCall(Target.look, ()));
        plan.answers(q, true, abi.encode(_aliasOfThis(), 0));
    }

    function _aliasOfThis() private returns (address) {
        on(B);
        return sc[B].aliasOf(A, address(this));
    }

    function _call(IScopedCallable.ScopedRequest memory request) private returns (bytes memory) {
        on(A);
        return sc[A].scopedCall{value: request.value}(B, address(this), request);
    }

    function _callReverts(IScopedCallable.ScopedRequest memory request, bytes memory reason) private {
        on(A);
        vm.expectRevert(reason);
        sc[A].scopedCall{value: request.value}(B, address(this), request);
    }

    function _error(bytes4 selector) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector);
    }

    function _error(bytes4 selector, bytes32 argument) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, argument);
    }

    function _error(bytes4 selector, uint256 argument) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, argument);
    }

    // ---- asking ------------------------------------------------------------------------------------------------------------------

    function test_refuses_a_call_without_a_root() external {
        _callReverts(_look(), _error(IScopedCallableExtension.NoOpenRoot.selector));
        vm.expectRevert(IScopedCallableExtension.NoOpenRoot.selector);
        sc[A].tryScopedCall(B, address(this), _look());
        vm.expectRevert(IScopedCallableExtension.NoOpenRoot.selector);
        sc[A].forwardStranded(B, address(target));
    }

    function test_refuses_a_local_target() external {
        load(plan, A);
        vm.expectRevert(IScopedCallableExtension.TargetIsLocal.selector);
        sc[A].scopedCall(A, address(this), _look());
    }

    function test_refuses_to_speak_for_another() external {
        load(plan, A);
        address victim = address(0xbeef);
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.FromMismatch.selector, victim, address(this)));
        sc[A].scopedCall(B, victim, _look());
    }

    function test_an_alias_names_its_caller_only_toward_its_own_account() external {
        address other = aliasOn(A, B, address(0x07e4));
        load(plan, A);
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.FromMismatch.selector, address(this), other));
        vm.prank(other);
        sc[A].scopedCall(B, address(this), _look());
    }

    function test_refuses_value_that_was_not_sent() external {
        load(plan, A);
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.ValueMismatch.selector, 2, 1));
        sc[A].scopedCall{value: 1}(B, address(this), _request(address(target), 2, ""));
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.ValueMismatch.selector, 2, 0));
        sc[A].tryScopedCall(B, address(this), _request(address(target), 2, ""));
    }

    function test_a_missing_response_is_a_fault() external {
        bytes32 missing = plan.hashOf(_asksLook());
        load(plan, A, new Fill[](0), "");
        _callReverts(_look(), _error(IScopedCallableExtension.ResponseMissing.selector, missing));
        // Also out of tryScopedCall.
        vm.expectRevert(_error(IScopedCallableExtension.ResponseMissing.selector, missing));
        sc[A].tryScopedCall(B, address(this), _look());
    }

    function test_a_call_to_a_chain_outside_the_scope_finds_no_response() external {
        know(A, 7);
        load(plan, A);
        vm.expectPartialRevert(IScopedCallableExtension.ResponseMissing.selector);
        sc[A].scopedCall(7, address(this), _look());
    }

    function test_an_answer_out_of_position_is_a_fault() external {
        Request memory q = _asksLook();
        Fill[] memory fills = plan.fills(A);
        (bool success, bytes memory data, bytes32 trace, Mark[] memory marks) = RawResponse.partsOf(fills[0].response);
        assertEq(marks[0].chainId, A, "A's mark");
        marks[0].trace = keccak256("elsewhere");
        fills[0].response = RawResponse.ofCall(success, data, trace, marks);
        load(plan, A, fills, "");
        _callReverts(_look(), _error(IScopedCallableExtension.OutOfPosition.selector, plan.hashOf(q)));
    }

    function test_a_failed_callee_bubbles_and_leaves_nothing() external {
        bytes memory reason = abi.encodeWithSignature("Nope(uint256)", 7);
        bytes memory data = abi.encodeCall(Target.fail, (reason));
        Plan.Baton memory before = plan.baton();
        plan.answersInVain(_asks(address(target), 1 ether, data), false, reason);
        plan.rollsBack(before);
        plan.answers(_asks(address(target), 0, data), false, reason);

        serve(plan, B);
        load(plan, A);
        _callReverts(_request(address(target), 1 ether, data), reason);
        assertEq(address(this).balance, 100 ether, "the value is back");
        (bool success, bytes memory got) = sc[A].tryScopedCall(B, address(this), _request(address(target), 0, data));
        assertTrue(!success, "failed");
        assertEq(got, reason, "with its reason");
        close(A);
        assertMirrored(A, B);
        assertEq(target.runs(), 0, "and left nothing");
        assertEq(streams(A, B)[0], keccak256(bytes.concat(SEED, plan.hashOf(_lastAsked()))), "one call survived");
    }

    function _lastAsked() private view returns (Request memory) {
        Record[] memory records = plan.records(B);
        return records[records.length - 1].request;
    }

    function tryWithLibrary(IScopedCallable.ScopedRequest memory request) external returns (bool, bytes memory) {
        return ScopeLib.tryScopedCall(sc[A], B, request);
    }

    function test_the_library_takes_a_failure_but_no_fault() external {
        bytes memory data = abi.encodeCall(Target.fail, (hex"0badf00d"));
        for (uint256 value = 0; value < 2; ++value) {
            Plan.Baton memory before = plan.baton();
            Request memory q = _asks(address(target), value, data);
            if (value == 0) {
                plan.answers(q, false, hex"0badf00d");
            } else {
                plan.answersInVain(q, false, hex"0badf00d");
                plan.rollsBack(before);
            }
        }
        serve(plan, B);
        load(plan, A);
        for (uint256 value = 0; value < 2; ++value) {
            (bool success, bytes memory reason) = this.tryWithLibrary(_request(address(target), value, data));
            assertTrue(!success, "failed");
            assertEq(reason, hex"0badf00d", "with its reason");
        }
        for (uint256 value = 0; value < 2; ++value) {
            vm.expectPartialRevert(IScopedCallableExtension.ResponseMissing.selector);
            this.tryWithLibrary(_request(address(target), value, "no fill for this"));
        }
        close(A);
        assertMirrored(A, B);
    }

    // ---- serving -----------------------------------------------------------------------------------------------------------------

    function test_the_target_sees_the_alias_and_the_value() external {
        Request memory q = _asks(address(target), 3 ether, abi.encodeCall(Target.look, ()));
        plan.answers(q, true, abi.encode(_aliasOfThis(), 3 ether));
        serve(plan, B);
        assertEq(address(target).balance, 3 ether, "minted out of the reserve");
        load(plan, A);
        bytes memory response = _call(_request(address(target), 3 ether, abi.encodeCall(Target.look, ())));
        assertEq(response, abi.encode(_aliasOfThis(), 3 ether), "raw return data");
        close(A);
        assertMirrored(A, B);
    }

    function test_refuses_an_answer_that_is_not_reproduced() external {
        Request memory q = _asks(address(target), 0, abi.encodeCall(Target.look, ()));
        plan.answers(q, true, abi.encode(address(0xbad), 0));
        serve(plan, B, plan.records(B), _error(IScopedCallableExtension.NotReproduced.selector, plan.hashOf(q)));
    }

    function test_refuses_an_answer_that_is_not_reproduced_though_rolled_back() external {
        Request memory q = _asks(address(target), 0, abi.encodeCall(Target.look, ()));
        plan.answersInVain(q, true, abi.encode(address(0xbad), 0));
        serve(plan, B, plan.records(B), _error(IScopedCallableExtension.NotReproduced.selector, plan.hashOf(q)));
    }

    function test_no_request_reaches_the_machinery() external {
        address[3] memory forbidden = [address(sc[B]), SYSTEM_ADDRESS, aliasOn(B, A, address(0xa11a5))];
        for (uint256 i = 0; i < 3; ++i) {
            Request memory q = _asks(forbidden[i], 0, hex"01020304");
            plan.answers(
                q, false, abi.encodeWithSelector(IScopedCallableExtension.ForbiddenTarget.selector, forbidden[i])
            );
        }
        serve(plan, B);
    }

    function test_all_gas_burnt_is_the_callees_failure() external {
        plan.answers(_asks(address(target), 0, abi.encodeCall(Target.burn, ())), false, "");
        serve(plan, B);
    }

    function test_a_callee_cannot_pass_for_a_fault() external {
        bytes memory fault = _error(IScopedCallableExtension.TooLittleGas.selector);
        plan.answers(_asks(address(target), 0, abi.encodeCall(Target.fail, (fault))), false, fault);
        plan.answers(_asks(address(target), 0, abi.encodeCall(Target.fail, (hex"01"))), false, hex"01");
        plan.answers(_asks(address(target), 0, abi.encodeCall(Target.fail, (""))), false, "");
        serve(plan, B);
    }

    function test_an_answer_has_at_most_24576_bytes() external {
        for (uint256 size = 24_576; size <= 24_577; ++size) {
            bytes memory tooLong = abi.encodeWithSelector(IScopedCallableExtension.AnswerTooLong.selector, size);
            bool fits = size == 24_576;
            plan.answers(
                _asks(address(target), 0, abi.encodeCall(Target.answerWith, (size))),
                fits,
                fits ? new bytes(size) : tooLong
            );
            plan.answers(
                _asks(address(target), 0, abi.encodeCall(Target.failWith, (size))),
                false,
                fits ? new bytes(size) : tooLong
            );
        }
        serve(plan, B);
        assertEq(target.runs(), 1, "what answers with more is undone");
    }

    function test_too_little_gas_is_a_fault() external {
        Request memory q =
            plan.asks(A, address(this), B, address(target), 0, 2_000_000, abi.encodeCall(Target.look, ()));
        plan.answers(q, true, abi.encode(_aliasOfThis(), 0));
        (RootContext memory context, Record[] memory records) = (plan.context(), plan.records(B));
        on(B);
        vm.expectRevert(IScopedCallableExtension.TooLittleGas.selector);
        vm.prank(SYSTEM_ADDRESS);
        sc[B].runRoot{gas: 2_200_000}(context, new Limit[](0), new Fill[](0), records);
    }

    function test_a_gas_limit_beyond_all_gas_is_a_fault() external {
        Request memory q = plan.asks(A, address(this), B, address(target), 0, type(uint256).max, "");
        plan.answers(q, true, "");
        serve(plan, B, plan.records(B), _error(IScopedCallableExtension.TooLittleGas.selector));
    }

    function test_the_target_gets_exactly_its_gas() external {
        Request memory q = _asks(address(target), 0, abi.encodeCall(Target.measure, ()));
        plan.answers(q, true, "");
        (RootContext memory context, Record[] memory records) = (plan.context(), plan.records(B));
        uint256[2] memory seen;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 fresh = vm.snapshotState();
            on(B);
            vm.prank(SYSTEM_ADDRESS);
            sc[B].runRoot{gas: (1 + i) * 2_000_000}(context, new Limit[](0), new Fill[](0), records);
            seen[i] = target.gasSeen();
            vm.revertToState(fresh);
        }
        assertEq(seen[0], seen[1], "whatever is there");
        assertTrue(seen[0] <= 100_000 && seen[0] > 99_000, "its limit");
    }

    // ---- loading -----------------------------------------------------------------------------------------------------------------

    function test_only_the_loader_loads() external {
        bytes memory refusal = abi.encodeWithSelector(IScopedCallableExtension.OnlyLoader.selector, address(this));
        (RootContext memory context, Fill[] memory fills, Record[] memory records) =
            (plan.context(), plan.fills(A), plan.records(A));
        on(A);
        vm.expectRevert(refusal);
        sc[A].openScope(new uint256[](0));
        vm.expectRevert(refusal);
        sc[A].loadRoot(context, new Limit[](0), fills, records);
        vm.expectRevert(refusal);
        sc[A].runRoot(context, new Limit[](0), fills, records);
        vm.expectRevert(refusal);
        sc[A].setBaton(Baton(0, 0, 0, new Mark[](0)));
        vm.expectRevert(refusal);
        sc[A].fillResponsesIn(new uint256[](0), new bytes32[](0), new bytes[](0));
        vm.expectRevert(refusal);
        sc[A].closeRoot();
    }

    function test_only_the_contract_itself_serves() external {
        bytes memory refusal = abi.encodeWithSelector(IScopedCallableExtension.OnlySelf.selector, address(this));
        vm.expectRevert(refusal);
        sc[A].handleScopedCall(B, address(this), 0, _look());
        vm.expectRevert(refusal);
        sc[A].runRolledBack(0);
        vm.expectRevert(refusal);
        sc[A].serveAnchor(0);
    }

    /// @dev Whoever asks for it would see what a builder loaded, and branch by it.
    function test_nobody_looks_for_an_answer() external {
        Request memory request;
        bytes memory refusal = abi.encodeWithSelector(IScopedCallableExtension.OnlySelf.selector, address(this));
        vm.expectRevert(refusal);
        sc[A].answerOf(0, request);
        load(plan, A);
        vm.expectRevert(refusal);
        sc[A].answerOf(0, request);
    }

    function test_loading_needs_a_root() external {
        vm.expectRevert(IScopedCallableExtension.NoOpenRoot.selector);
        asLoader(A).setBaton(Baton(0, 0, 0, new Mark[](0)));
        vm.expectRevert(IScopedCallableExtension.NoOpenRoot.selector);
        asLoader(A).fillResponsesIn(new uint256[](0), new bytes32[](0), new bytes[](0));
        vm.expectRevert(IScopedCallableExtension.NoOpenRoot.selector);
        asLoader(A).closeRoot();
    }

    function test_refuses_a_root_in_a_root() external {
        load(plan, A);
        bytes memory refusal = _error(IScopedCallableExtension.RootOpen.selector, plan.rootId());
        load(plan, A, new Fill[](0), refusal);
        vm.expectRevert(refusal);
        asLoader(A).openScope(new uint256[](0));
    }

    function test_refuses_a_root_index_that_does_not_increase() external {
        load(plan, A);
        close(A);
        bytes memory refusal = abi.encodeWithSelector(IScopedCallableExtension.RootIndexNotIncreasing.selector, 0, 1);
        load(plan, A, new Fill[](0), refusal);
        // Whatever chain the next root is of.
        plan = new Plan(L1, SETTLEMENT, RootContext(B, keccak256("another"), 0));
        serve(plan, A, new Record[](0), refusal);
        // A new scope starts anew.
        open(A, B);
        serve(plan, A);
    }

    function test_a_root_is_not_served_on_its_own_chain() external {
        serve(plan, A, new Record[](0), _error(IScopedCallableExtension.WrongRootChain.selector, A));
    }

    function test_refuses_bad_fills() external {
        bytes32 hash = plan.hashOf(_asksLook());
        Fill[] memory fills = new Fill[](2);
        (fills[0], fills[1]) = (plan.fills(A)[0], plan.fills(A)[0]);
        load(plan, A, fills, _error(IScopedCallableExtension.DuplicateFill.selector, hash));
        fills[0].response = "";
        load(plan, A, fills, _error(IScopedCallableExtension.EmptyResponse.selector, hash));
        fills[0].chainId = 7;
        load(plan, A, fills, _error(IScopedCallableExtension.RemoteNotOpen.selector, 7));
        load(plan, A);
        vm.expectRevert(IScopedCallableExtension.LengthMismatch.selector);
        asLoader(A).fillResponsesIn(new uint256[](1), new bytes32[](1), new bytes[](0));
    }

    function test_the_seeds_way_to_fill_is_the_same() external {
        _asksLook();
        Fill memory fill = plan.fills(A)[0];
        (uint256[] memory chainIds, bytes32[] memory hashes, bytes[] memory responses) =
            (new uint256[](1), new bytes32[](1), new bytes[](1));
        (chainIds[0], hashes[0], responses[0]) = (fill.chainId, fill.requestHash, fill.response);
        serve(plan, B);
        load(plan, A, new Fill[](0), "");
        asLoader(A).fillResponsesIn(chainIds, hashes, responses);
        _call(_look());
        close(A);
        assertMirrored(A, B);
    }

    function test_refuses_bad_records() external {
        Request memory q = _asksLook();
        q.rootId = keccak256("another root");
        _refusesRecord(q, _error(IScopedCallableExtension.RecordOfAnotherRoot.selector, q.rootId));
        q = plan.records(B)[0].request;
        q.targetChainId = L1;
        _refusesRecord(q, abi.encodeWithSelector(IScopedCallableExtension.RecordOfAnotherChain.selector, A, L1));
        (q.sourceChainId, q.targetChainId) = (B, B);
        _refusesRecord(q, abi.encodeWithSelector(IScopedCallableExtension.RecordOfAnotherChain.selector, B, B));
        q.sourceChainId = 7;
        _refusesRecord(q, _error(IScopedCallableExtension.RemoteNotOpen.selector, 7));
        q.sourceChainId = A;
        q.kind = 2;
        _refusesRecord(q, _error(IScopedCallableExtension.UnknownKind.selector, 2));
        q.kind = 1;
        _refusesRecord(q, _error(IScopedCallableExtension.StaticCallKept.selector, plan.hashOf(q)));
        q.kind = 0;
        q.marks = new Mark[](2);
        (q.marks[0], q.marks[1]) = (Mark(A, keccak256("a")), Mark(A, keccak256("b")));
        _refusesRecord(q, _error(IScopedCallableExtension.MarksNotAscending.selector, A));
        q.marks[1] = Mark(B, 0);
        _refusesRecord(q, _error(IScopedCallableExtension.MarksNotAscending.selector, B));
    }

    function _refusesRecord(Request memory request, bytes memory refusal) private {
        Record[] memory records = new Record[](1);
        records[0] = Record(request, keccak256("answer"), true);
        serve(plan, B, records, refusal);
    }

    function test_refuses_two_kept_records_at_one_anchor() external {
        _asksLook();
        Record[] memory records = new Record[](2);
        (records[0], records[1]) = (plan.records(B)[0], plan.records(B)[0]);
        serve(plan, B, records, _error(IScopedCallableExtension.TwoSuccessors.selector, bytes32(0)));
    }

    function test_a_record_elsewhere_than_where_control_is_never_runs() external {
        _asksLook();
        Record[] memory records = plan.records(B);
        records[0].request.marks = new Mark[](1);
        records[0].request.marks[0] = Mark(B, keccak256("never reached"));
        serve(plan, B, records, "");
        assertEq(target.runs(), 0, "not run");
        assertEq(streams(B, A)[1], SEED, "not folded: the pair can't match");
    }

    function test_refuses_remotes_out_of_order() external {
        uint256[] memory remotes = new uint256[](2);
        (remotes[0], remotes[1]) = (B, L1);
        vm.expectRevert(_error(IScopedCallableExtension.RemotesNotAscending.selector, L1));
        asLoader(A).openScope(remotes);
        (remotes[0], remotes[1]) = (L1, A);
        vm.expectRevert(_error(IScopedCallableExtension.RemotesNotAscending.selector, A));
        asLoader(A).openScope(remotes);
    }

    /// @dev Each is to be emptied by the scope that follows.
    function test_a_scope_has_at_most_253_remotes() external {
        uint256[] memory remotes = new uint256[](254);
        for (uint256 i = 0; i < remotes.length; ++i) {
            remotes[i] = 10_000 + i;
        }
        vm.expectRevert(IScopedCallableExtension.TooManyChains.selector);
        asLoader(A).openScope(remotes);
        assembly ("memory-safe") {
            mstore(remotes, 253)
        }
        asLoader(A).openScope(remotes);
        assertEq(sc[A].getRemotes().length, 253, "opened");
    }

    function test_a_new_scope_starts_from_the_seed() external {
        _asksLook();
        serve(plan, B);
        assertTrue(streams(B, A)[1] != SEED, "something was served");
        open(B, L1);
        assertEq(sc[B].getRemotes().length, 1, "remotes");
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(streams(B, A)[i], SEED, "a closed remote");
            assertEq(streams(B, L1)[i], SEED, "an open remote");
        }
        serve(plan, B, plan.records(B), _error(IScopedCallableExtension.RemoteNotOpen.selector, A));
    }

    // ---- aliases -----------------------------------------------------------------------------------------------------------------

    function test_an_alias_is_where_openzeppelin_says() external {
        address predicted = aliasOn(A, B, address(target));
        address implementation = address(
            uint160(
                uint256(
                    keccak256(
                        abi.encodePacked(hex"ff", address(sc[A]), bytes32(0), keccak256(type(Alias).creationCode))
                    )
                )
            )
        );
        assertTrue(implementation.code.length != 0, "deployed with the first alias");
        address expected = Clones.predictDeterministicAddressWithImmutableArgs(
            implementation, abi.encodePacked(B, address(target)), 0, address(sc[A])
        );
        assertEq(predicted, expected, "the same address");
        assertTrue(expected.code.length == 97, "deployed");
        assertEq(aliasOn(A, B, address(target)), expected, "deploying again changes nothing");
    }

    function test_there_is_no_alias_of_a_local_address() external {
        on(A);
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.AliasOfLocalAddress.selector, address(target)));
        sc[A].deployAlias(A, address(target));
    }

    function test_a_plain_call_to_an_alias_is_a_scoped_call() external {
        address remote = aliasOn(A, B, address(target));
        Request memory q =
            plan.asks(A, address(this), B, address(target), 2 ether, 2_000_000, abi.encodeCall(Target.look, ()));
        plan.answers(q, true, abi.encode(_aliasOfThis(), 2 ether));
        bytes memory reason = abi.encodeWithSignature("Nope()");
        Plan.Baton memory before = plan.baton();
        q = plan.asks(A, address(this), B, address(target), 1 ether, 2_000_000, abi.encodeCall(Target.fail, (reason)));
        plan.answersInVain(q, false, reason);
        plan.rollsBack(before);

        serve(plan, B);
        load(plan, A);
        on(A);
        (address seen, uint256 value) = Target(payable(remote)).look{value: 2 ether}();
        assertEq(seen, _aliasOfThis(), "a typed call");
        assertEq(value, 2 ether, "with value");
        on(A);
        try Target(payable(remote)).fail{value: 1 ether}(reason) {
            assertTrue(false, "fails");
        } catch (bytes memory caught) {
            assertEq(caught, reason, "with its reason");
        }
        close(A);
        assertMirrored(A, B);
        assertEq(address(this).balance, 98 ether, "the value of the failed call is back");
        assertEq(address(target).balance, 2 ether, "and not there");
    }

    function test_anyone_forwards_stranded_ether() external {
        address remote = aliasOn(A, B, address(target));
        vm.deal(remote, 5 ether);
        plan.answers(plan.asks(A, remote, B, address(target), 5 ether, 2_000_000, ""), true, "");
        serve(plan, B);
        load(plan, A);
        vm.prank(address(0xa11));
        sc[A].forwardStranded(B, address(target));
        close(A);
        assertMirrored(A, B);
        assertEq(remote.balance, 0, "nothing is stranded");
        assertEq(address(target).balance, 5 ether, "it is where it was meant to be");
    }
}
