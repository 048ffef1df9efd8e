// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {StoryWorld} from "./utils/StoryWorld.sol";

/// @title The five stories, settled
contract StoriesTest is StoryWorld {
    function setUp() external {
        makeStoryWorld();
    }

    function test_story_1_swap_on_a_rollup_and_spend_on_l1() external {
        story1();
        settle(makeScope());
        _checkStory1();
    }

    function test_story_2_callback_into_a_waiting_contract() external {
        story2();
        settle(makeScope());
        _checkStory2();
    }

    function test_story_3_arbitrage_between_rollups() external {
        story3();
        ISettlement.Scope memory scope = makeScope();
        assertEq(scope.legs.length, 0, "L1 has no leg");
        settle(scope);
        _checkStory3();
    }

    function test_story_4_value_through_three_chains() external {
        story4();
        settle(makeScope());
        _checkStory4(0);
    }

    function test_story_5_refused_and_going_on() external {
        story5();
        settle(makeScope());
        _checkStory5();
    }

    function test_all_five_in_one_scope() external {
        story1();
        story2();
        story3();
        story4();
        story5();
        settle(makeScope());
        _checkStory1();
        _checkStory2();
        _checkStory3();
        _checkStory4(1 ether);
        _checkStory5();
        assertEq(settlement.scopeCount(), 1, "one scope");
    }

    function test_one_scope_after_the_other() external {
        story1();
        settle(makeScope());
        beginBatches();
        story2();
        settle(makeScope());
        beginBatches();
        story4();
        settle(makeScope());
        _checkStory1();
        _checkStory2();
        _checkStory4(0);
        assertEq(settlement.scopeCount(), 3, "three scopes");
        assertEq(settlement.getRollup(A).nextBatch, 3, "three batches of A");
        assertEq(settlement.getRollup(B).lastBlockHash, keccak256(abi.encode("block", B, 3)), "B advanced");
    }

    function _checkStory1() private view {
        assertEq(gold.balanceOf(user), 0, "the user's gold is sold");
        assertEq(silver.balanceOf(address(shop)), silverBought(), "the silver is spent");
        assertEq(shop.spent(address(remoteSwap), address(silver)), silverBought(), "and booked");
        assertEq(bridge[L1].locked(address(gold), A), 1100 ether, "gold on A");
        assertEq(IERC20(goldOnA).totalSupply(), 1100 ether, "is all there");
        assertEq(bridge[L1].locked(address(silver), A), 2000 ether - silverBought(), "silver on A");
        assertEq(IERC20(silverOnA).totalSupply(), 2000 ether - silverBought(), "is all there");
        assertEq(settlement.nonceOf(user), 1, "the operation's nonce is used");
    }

    function _checkStory2() private view {
        assertEq(asker.answer(), 42, "the asker has its answer");
        assertEq(asker.secret(), 0, "the callback wrote");
        assertEq(answerer.answers(), 1, "the answerer saw it waiting");
    }

    function _checkStory3() private view {
        assertEq(money.balanceOf(user), moneyBack(), "the user has made a profit");
        assertTrue(moneyBack() > 10 ether, "a profit");
        assertEq(bridge[A].locked(address(money), B), 4000 ether - moneyBack(), "money on B");
        assertEq(IERC20(moneyOnB).totalSupply(), 4000 ether - moneyBack(), "is all there");
    }

    /// @param other Wei that another story of the scope took from A to B.
    function _checkStory4(uint256 other) private view {
        assertEq(address(courier[A]).balance, 7 ether, "A kept 4 and got 3");
        assertEq(address(courier[B]).balance, 2 ether, "B kept 2");
        assertEq(address(courier[L1]).balance, 1 ether, "L1 kept 1");
        assertEq(settlement.escrowOf(A), ESCROW - 3 ether - other, "6 out, 3 in");
        assertEq(settlement.escrowOf(B), ESCROW + 2 ether + other, "6 in, 4 out");
        assertEq(address(sc[L1]).balance, 2 * ESCROW - 1 ether, "held for the rollups");
    }

    function _checkStory5() private view {
        assertEq(persistent.refusals(), 3, "refused three times");
        assertEq(refuser.attempts(), 0, "a refusal leaves nothing");
        assertEq(refuser.accepted(), 1 ether, "accepted once");
        assertEq(address(refuser).balance, 1 ether, "with its value");
        assertEq(address(persistent).balance, 0, "none is left here");
    }
}
