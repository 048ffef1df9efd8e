// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {Request} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {StoryWorld} from "./utils/StoryWorld.sol";

interface INumber {
    /// @dev Not `view`, so that calling it through an alias is a call.
    function number() external returns (uint256);
}

contract Number is INumber {
    function number() external pure returns (uint256) {
        return uint256(keccak256("an answer of 32 bytes"));
    }
}

/// @dev On L1: calls another chain's contract several times, through its alias.
contract Repeater {
    function repeat(INumber remote, uint256 count) external returns (uint256 sum) {
        // Unchecked: only to use each answer.
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                sum += remote.number();
            }
        }
    }
}

/// @title What things cost on L1: contracts/snapshots/
contract GasTest is StoryWorld {
    Repeater private repeater = new Repeater();
    Number private number = new Number();

    function setUp() external {
        makeStoryWorld();
    }

    /// @dev Fill and call, 32-byte answer, one alias hop: executeScope with N + 1 such calls less executeScope with N, calldata
    ///      included.
    function test_a_scoped_call_from_l1() external {
        uint256 five = _repeated(5);
        uint256 four = _repeated(4);
        vm.snapshotValue("Settlement", "scoped call from L1, marginal", five - four);
        assertTrue(five - four <= 30_855, "a scoped call takes no more");
    }

    function test_the_stories() external {
        uint256 fresh = vm.snapshotState();
        story1();
        _snapshot("story 1: swap on a rollup, spend on L1");
        vm.revertToState(fresh);
        story2();
        _snapshot("story 2: callback");
        vm.revertToState(fresh);
        story3();
        _snapshot("story 3: arbitrage between rollups, no L1 leg");
        vm.revertToState(fresh);
        story4();
        _snapshot("story 4: value through three chains");
        vm.revertToState(fresh);
        story5();
        _snapshot("story 5: refusals");
        vm.revertToState(fresh);
        story1();
        story2();
        story3();
        story4();
        story5();
        _snapshot("all five stories");
    }

    /// @dev Transactions of an account that queues. The second finds the queue's slots in use, and warm: a test is one transaction.
    function test_the_forced_queue() external {
        bytes memory deposit = abi.encodeCall(ISettlement.deposit, (A, user));
        _measured(user, deposit, 2 ether);
        vm.snapshotValue("Settlement", "deposit", _measured(user, deposit, 2 ether));
        bytes memory forced = abi.encodeCall(ISettlement.forceTransaction, (A, new bytes(110), 21_000));
        vm.snapshotValue("Settlement", "forced transaction of 110 bytes", _measured(user, forced, 1 ether));
        uint256 fresh = vm.snapshotState();
        uint256 none = _settleMeasured();
        vm.revertToState(fresh);
        ISettlement.Scope memory scope = makeScope();
        scope.batches[0].forcedQueuePosition = 3;
        prove(scope, 0, 1);
        uint256 all = _settleMeasured(scope);
        vm.snapshotValue("Settlement", "a scope without roots, a queue waits", none);
        vm.snapshotValue("Settlement", "a scope without roots, takes a queue", all);
    }

    function _repeated(uint256 count) private returns (uint256 gasUsed) {
        uint256 fresh = vm.snapshotState();
        address remote = aliasOn(L1, A, address(number));
        Plan plan =
            addOperationRoot(operationOf(address(repeater), abi.encodeCall(Repeater.repeat, (INumber(remote), count))));
        for (uint256 i = 0; i < count; ++i) {
            Request memory q =
                plan.asks(L1, address(repeater), A, address(number), 0, ALIAS_GAS, abi.encodeCall(INumber.number, ()));
            plan.answers(q, true, abi.encode(number.number()));
        }
        serve(plan, A);
        gasUsed = _settleMeasured();
        vm.revertToState(fresh);
    }

    function _snapshot(string memory name) private {
        vm.snapshotValue("Settlement", name, _settleMeasured());
    }

    function _settleMeasured() private returns (uint256 gasUsed) {
        return _settleMeasured(makeScope());
    }

    function _settleMeasured(ISettlement.Scope memory scope) private returns (uint256 gasUsed) {
        return _measured(submitter, abi.encodeCall(ISettlement.executeScope, (scope)), 0);
    }

    /// @return gasUsed Of a transaction with this call of the settlement contract, by EIP-2028; the floor of EIP-7623 is far below.
    function _measured(address sender, bytes memory data, uint256 value) private returns (uint256 gasUsed) {
        gasUsed = 21_000;
        for (uint256 i = 0; i < data.length; ++i) {
            gasUsed += data[i] == 0 ? 4 : 16;
        }
        on(L1);
        vm.prank(sender, sender);
        uint256 before = gasleft();
        (bool success,) = address(settlement).call{value: value}(data);
        gasUsed += before - gasleft();
        assertTrue(success, "done");
    }
}
