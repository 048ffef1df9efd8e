// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {Request, RootContext} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {World} from "./utils/World.sol";

/// @dev Calls its partner back and forth, and remembers what it saw. Each level leaves gas for those inside it.
contract Player {
    IScopedCallableExtension private immutable sc;
    uint256 private immutable chainOfPartner;
    address private partner;
    uint256 public rallies;

    constructor(IScopedCallableExtension sc_, uint256 chainOfPartner_) {
        (sc, chainOfPartner) = (sc_, chainOfPartner_);
    }

    function meet(address partner_) external {
        partner = partner_;
    }

    function hit(uint256 left) external payable returns (uint256) {
        ++rallies;
        uint256 told = left == 0 ? 0 : _ask(left - 1);
        return told * 10 + rallies;
    }

    function hitTwiceAndForgetOne(uint256 forgotten, uint256 left) external returns (uint256 lost, uint256 kept) {
        try this.hitAndRevert(forgotten) {}
        catch (bytes memory reason) {
            lost = abi.decode(reason, (uint256));
        }
        kept = _ask(left);
    }

    function hitAndRevert(uint256 left) external {
        bytes memory reason = abi.encode(_ask(left));
        assembly {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    function _ask(uint256 left) private returns (uint256) {
        IScopedCallable.ScopedRequest memory request =
            IScopedCallable.ScopedRequest(partner, 0, 1_000_000 * (left + 1), abi.encodeCall(Player.hit, (left)));
        return abi.decode(sc.scopedCall(chainOfPartner, address(this), request), (uint256));
    }
}

contract PingPongTest is World {
    Player private a;
    Player private b;
    Plan private plan;

    function setUp() external {
        makeRollup(A, address(0x5e77));
        makeRollup(B, address(0x5e77));
        know(A, B);
        know(B, A);
        a = new Player(sc[A], B);
        b = new Player(sc[B], A);
        a.meet(address(b));
        b.meet(address(a));
        open(A, B);
        open(B, A);
        plan = new Plan(L1, address(0x5e77), RootContext(A, keccak256("transaction"), 0));
    }

    function _hit(uint256 source, uint256 left) private returns (Request memory) {
        (address from, address to) = source == A ? (address(a), address(b)) : (address(b), address(a));
        uint256 target = source == A ? B : A;
        return plan.asks(source, from, target, to, 0, 1_000_000 * (left + 1), abi.encodeCall(Player.hit, (left)));
    }

    function test_one_call() external {
        Request memory q = _hit(A, 0);
        plan.answers(q, true, abi.encode(1));
        serve(plan, B);
        load(plan, A);
        assertEq(a.hit(1), 11, "a consumes what b returned");
        close(A);
        assertMirrored(A, B);
        assertEq(b.rallies(), 1, "b ran");
    }

    function test_callbacks_see_each_others_state() external {
        Request memory q1 = _hit(A, 2);
        Request memory q2 = _hit(B, 1);
        Request memory q3 = _hit(A, 0);
        plan.answers(q3, true, abi.encode(2)); // b's second rally
        plan.answers(q2, true, abi.encode(22)); // a's second rally
        plan.answers(q1, true, abi.encode(222)); // b sees both of its own
        serve(plan, B);
        load(plan, A);
        assertEq(a.hit(3), 2222, "a sees its rally made in the callback");
        close(A);
        assertMirrored(A, B);
        assertEq(a.rallies(), 2, "a");
        assertEq(b.rallies(), 2, "b");
    }

    function test_a_rolled_back_call_is_answered_and_undone() external {
        // In a frame that reverts: b's callback sees a as it was.
        Plan.Baton memory before = plan.baton();
        Request memory q1 = _hit(A, 1);
        Request memory q2 = _hit(B, 0);
        plan.answers(q2, true, abi.encode(1)); // a's first rally
        plan.answersInVain(q1, true, abi.encode(11)); // b's first rally
        plan.rollsBack(before);
        // Then another call, which stays. Nothing of the first is left on b.
        Request memory q3 = _hit(A, 0);
        plan.answers(q3, true, abi.encode(1));

        serve(plan, B);
        load(plan, A);
        (uint256 lost, uint256 kept) = a.hitTwiceAndForgetOne(1, 0);
        close(A);
        assertEq(lost, 11, "what the reverted frame was told");
        assertEq(kept, 1, "what stays");
        assertMirrored(A, B);
        assertEq(a.rallies(), 0, "the callback went with its frame");
        assertEq(b.rallies(), 1, "only the kept call");
    }
}
