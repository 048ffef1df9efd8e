// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {Fill, Limit, Record, Request, RootContext} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {World} from "./utils/World.sol";
import {ScopedCallableL1} from "../src/l1/ScopedCallableL1.sol";

contract Purse {
    receive() external payable {}
}

/// @title What a rollup may release for another one: what L1 holds for that, as the builder says and L1 compares (§10)
/// @dev A sends, B receives. This contract is L1's settlement contract, too.
contract LimitsTest is World {
    uint256 private constant HELD = 100;

    Purse private purse;
    Plan private plan;

    function setUp() external {
        makeRollup(A, address(this));
        makeRollup(B, address(this));
        know(A, B);
        know(B, A);
        purse = new Purse();
        _begin();
    }

    function escrowOf(uint256) external pure returns (uint256) {
        return HELD;
    }

    function _begin() private {
        open(A, L1, B);
        open(B, L1, A);
        plan = _root(0);
    }

    function _root(uint256 index) private returns (Plan) {
        return new Plan(L1, address(this), RootContext(A, keccak256("transaction"), index));
    }

    /// @dev One call of A that brings this much.
    function _sends(uint256 value) private {
        plan.answers(plan.asks(A, address(this), B, address(purse), value, 100_000, ""), true, "");
    }

    function _serve(Limit[] memory limits, bytes memory refusal) private {
        serve(plan, B, limits, plan.records(B), refusal);
    }

    function _exceeded(uint256 value) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IScopedCallableExtension.EscrowExceeded.selector, A, value);
    }

    function _cannotLimit(uint256 chainId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IScopedCallableExtension.CannotLimit.selector, chainId);
    }

    function _two(Limit memory one, Limit memory other) private pure returns (Limit[] memory limits) {
        limits = new Limit[](2);
        (limits[0], limits[1]) = (one, other);
    }

    // ---- what is released ------------------------------------------------------------------------------------------------------

    function test_without_a_limit_nothing_is_released() external {
        _sends(1);
        _serve(new Limit[](0), _exceeded(1));
    }

    function test_a_call_without_value_needs_no_limit() external {
        _sends(0);
        _serve(new Limit[](0), "");
    }

    function test_all_of_the_limit_is_released() external {
        _sends(HELD);
        _serve(limit(A, HELD), "");
        assertEq(address(purse).balance, HELD, "all of it");
        assertEq(sc[B].getLimit(A), HELD, "the limit stays, for L1 to compare");
    }

    function test_no_wei_more_is() external {
        _sends(HELD + 1);
        _serve(limit(A, HELD), _exceeded(HELD + 1));
    }

    function test_calls_count_together() external {
        _sends(60);
        _sends(40);
        uint256 fresh = vm.snapshotState();
        _serve(limit(A, HELD), "");
        vm.revertToState(fresh);
        _sends(1);
        _serve(limit(A, HELD), _exceeded(1));
    }

    function test_roots_count_together() external {
        _sends(60);
        _serve(limit(A, HELD), "");
        plan = _root(1);
        _sends(41);
        _serve(new Limit[](0), _exceeded(41));
        plan = _root(2);
        _sends(40);
        _serve(new Limit[](0), "");
        assertEq(address(purse).balance, HELD, "all of it");
    }

    /// @dev Numbers at the end of their range.
    function test_the_greatest_values_are_no_more_than_the_limit() external {
        _sends(type(uint256).max);
        _serve(limit(A, HELD), _exceeded(type(uint256).max));
        _begin();
        _sends(1);
        _sends(type(uint256).max);
        _serve(limit(A, HELD), abi.encodeWithSignature("Panic(uint256)", 0x11));
    }

    function test_what_l1_sends_needs_no_limit() external {
        plan = new Plan(L1, address(this), RootContext(L1, keccak256("operation"), 0));
        plan.answers(plan.asks(L1, address(this), B, address(purse), 1 ether, 100_000, ""), true, "");
        _serve(new Limit[](0), "");
        assertEq(address(purse).balance, 1 ether, "released");
    }

    /// @dev A value that a failed call brought is back, and counts no longer.
    function test_what_a_failed_call_brought_does_not_count() external {
        Plan.Baton memory before = plan.baton();
        bytes memory refusal = "";
        Request memory q = plan.asks(A, address(this), B, address(new Refusing()), HELD, 100_000, "");
        plan.answersInVain(q, false, refusal);
        plan.rollsBack(before);
        _sends(HELD);
        _serve(limit(A, HELD), "");
        assertEq(address(purse).balance, HELD, "all of it");
    }

    // ---- what is loaded ------------------------------------------------------------------------------------------------------------

    function test_a_chain_has_one_limit_in_a_scope() external {
        _sends(1);
        _serve(_two(Limit(A, HELD), Limit(A, HELD)), _cannotLimit(A));
        _serve(limit(A, HELD), "");
        plan = _root(1);
        _sends(2);
        _serve(limit(A, HELD), _cannotLimit(A));
        _serve(new Limit[](0), "");
        // The next scope starts anew.
        open(B, L1, A);
        assertEq(sc[B].getLimit(A), 0, "none yet");
        plan = _root(2);
        _sends(3);
        _serve(limit(A, HELD - 1), "");
        assertEq(sc[B].getLimit(A), HELD - 1, "another one");
    }

    function test_a_limit_is_not_0() external {
        _sends(0);
        _serve(limit(A, 0), _cannotLimit(A));
    }

    function test_l1_has_no_limit() external {
        _sends(0);
        _serve(limit(L1, HELD), _cannotLimit(L1));
    }

    function test_only_chains_of_the_scope_have_limits() external {
        _sends(0);
        _serve(limit(7, HELD), _cannotLimit(7));
        _serve(limit(B, HELD), _cannotLimit(B));
    }

    function test_a_root_of_its_own_chain_loads_limits_too() external {
        RootContext memory context = plan.context();
        asLoader(A).loadRoot(context, limit(B, HELD), new Fill[](0), new Record[](0));
        close(A);
        assertEq(sc[A].getLimit(B), HELD, "loaded");
        context.rootIndex = 1;
        vm.expectRevert(_cannotLimit(B));
        asLoader(A).loadRoot(context, limit(B, HELD), new Fill[](0), new Record[](0));
    }

    function test_in_a_root_only_the_loader_sees_limits() external {
        load(plan, A);
        on(A);
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.OnlyLoader.selector, address(this)));
        sc[A].getLimit(B);
        assertEq(asLoader(A).getLimit(B), 0, "the loader does");
    }

    // ---- L1 ------------------------------------------------------------------------------------------------------------------------

    function test_l1_takes_no_limits() external {
        on(L1);
        ScopedCallableL1 here = new ScopedCallableL1(address(this));
        (sc[L1], loaderOf[L1]) = (here, address(this));
        here.addRollup{value: 0}(A);
        open(L1, A);
        RootContext memory context = RootContext(A, keccak256("transaction"), 0);
        uint256[2] memory values = [HELD, 0];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(_cannotLimit(A));
            asLoader(L1).runRoot(context, limit(A, values[i]), new Fill[](0), new Record[](0));
            context.rootChainId = L1;
            vm.expectRevert(_cannotLimit(A));
            asLoader(L1).loadRoot(context, limit(A, values[i]), new Fill[](0), new Record[](0));
            context.rootChainId = A;
        }
        assertEq(here.getLimit(A), 0, "none");
    }

    /// @dev L1 knows what it holds.
    function test_l1_releases_what_it_holds_without_a_limit() external {
        on(L1);
        ScopedCallableL1 here = new ScopedCallableL1(address(this));
        (sc[L1], loaderOf[L1]) = (here, address(this));
        vm.deal(address(this), HELD);
        here.addRollup{value: HELD}(A);
        open(L1, A);
        for (uint256 more = 0; more < 2; ++more) {
            plan = new Plan(L1, address(this), RootContext(A, keccak256("transaction"), 0));
            plan.answers(plan.asks(A, address(this), L1, address(purse), HELD + 1 - more, 100_000, ""), true, "");
            serve(plan, L1, new Limit[](0), plan.records(L1), more == 0 ? _exceeded(HELD + 1) : bytes(""));
        }
        assertEq(address(purse).balance, HELD, "all of it");
    }
}

contract Refusing {
    fallback() external payable {
        revert();
    }
}
