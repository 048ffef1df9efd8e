// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../src/interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../src/interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL2} from "../src/interfaces/IScopedCallableL2.sol";
import {ScopeLib} from "../src/libraries/ScopeLib.sol";
import {RootContext} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {World} from "./utils/World.sol";

/// @dev Declares itself, as a contract that wants its transactions to be roots does.
contract Entry {
    constructor(IScopedCallableL2 scopedCallable) {
        scopedCallable.declareEntry();
    }
}

/// @dev Code that relayers run, and that calls strangers.
contract Guarded {
    IScopedCallableL2 private immutable SCOPED_CALLABLE;
    uint256 public runs;

    constructor(IScopedCallableL2 scopedCallable) {
        SCOPED_CALLABLE = scopedCallable;
    }

    receive() external payable {}

    function run() external {
        ScopeLib.requireRoot(SCOPED_CALLABLE);
        ++runs;
    }

    function callStranger(address stranger, uint256 value, uint256 gas, bytes calldata data)
        external
        returns (bool success, bytes memory answer)
    {
        return ScopeLib.callWithoutAsking(SCOPED_CALLABLE, stranger, value, gas, data);
    }
}

contract Stranger {
    error Refused(uint256 number);

    function whoCalls(uint256 number) external payable returns (address, uint256, uint256) {
        return (msg.sender, msg.value, number);
    }

    function refuse(uint256 number) external payable {
        revert Refused(number);
    }

    function gasHere() external view returns (uint256) {
        return gasleft();
    }
}

/// @title What only a rollup's predeploy has: entries, pauses, known chains (§12)
contract RollupTest is World {
    address private constant SETTLEMENT = address(0x5e77);

    IScopedCallableL2 private here;

    function setUp() external {
        makeRollup(A, SETTLEMENT);
        here = predeploy(A);
    }

    // ---- entries ---------------------------------------------------------------------------------------------------------------

    /// @dev Where the state transition reads it.
    function _entrySlot(address account) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("scope.entries"), account));
    }

    function test_a_contract_declares_itself_an_entry() external {
        Entry entry = new Entry(here);
        assertTrue(here.isEntry(address(entry)), "in its constructor");
        assertTrue(vm.load(address(here), _entrySlot(address(entry))) != 0, "where the state transition reads it");
    }

    function test_nobody_declares_another() external {
        new Entry(here);
        assertTrue(!here.isEntry(SETTLEMENT) && !here.isEntry(address(0)), "nobody else");
        assertTrue(!here.isEntry(address(this)), "nor who deployed it");
        assertEq(vm.load(address(here), _entrySlot(address(here))), 0, "not the predeploy");
        assertEq(vm.load(address(here), _entrySlot(tx.origin)), 0, "nor who signed");
    }

    /// @dev It may call for strangers: one of them would make all its transactions roots.
    function test_what_has_code_is_no_entry() external {
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableL2.OnlyInConstruction.selector, address(this)));
        here.declareEntry();
        assertTrue(!here.isEntry(address(this)), "not declared");
    }

    function test_a_signer_is_no_entry() external {
        address signer = vm.addr(0x51);
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableL2.OnlyInConstruction.selector, signer));
        vm.prank(signer, signer);
        here.declareEntry();
        assertTrue(!here.isEntry(signer), "not declared");
    }

    function test_an_alias_is_no_entry() external {
        address speaker = aliasOn(A, B, address(0xa11a5));
        vm.expectRevert(abi.encodeWithSelector(IScopedCallableL2.OnlyInConstruction.selector, speaker));
        vm.prank(speaker);
        here.declareEntry();
        assertTrue(!here.isEntry(speaker), "not declared");
        // Nor before it is deployed can anybody speak as it: there is no code, and no key.
        assertTrue(here.isAlias(speaker) && !here.isAlias(address(this)), "only aliases are");
    }

    function test_an_entry_outlives_scopes_and_roots() external {
        Entry entry = new Entry(here);
        open(A, L1);
        Plan plan = new Plan(L1, SETTLEMENT, RootContext(A, keccak256("transaction"), 0));
        load(plan, A);
        close(A);
        open(A, L1);
        assertTrue(here.isEntry(address(entry)), "still declared");
    }

    // ---- known chains ------------------------------------------------------------------------------------------------------------

    function _add(uint256 first, uint256 second, bytes memory refusal) private {
        uint256[] memory chainIds = new uint256[](2);
        (chainIds[0], chainIds[1]) = (first, second);
        on(A);
        if (refusal.length != 0) vm.expectRevert(refusal);
        vm.prank(loaderOf[A]);
        here.addChains(chainIds);
    }

    function _cannotAdd(uint256 chainId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IScopedCallableL2.CannotAddChain.selector, chainId);
    }

    function test_l1_is_known_from_the_beginning() external {
        on(A);
        assertTrue(here.isKnown(L1), "L1");
        assertTrue(!here.isKnown(A) && !here.isKnown(B) && !here.isKnown(0), "nothing else");
    }

    function test_the_loader_makes_chains_known() external {
        vm.expectEmit(address(here));
        emit IScopedCallableL2.ChainAdded(5);
        vm.expectEmit(address(here));
        emit IScopedCallableL2.ChainAdded(type(uint64).max);
        _add(5, type(uint64).max, "");
        assertTrue(here.isKnown(5) && here.isKnown(type(uint64).max), "both");
        // Later ones may be lower.
        _add(2, B, "");
        assertTrue(here.isKnown(2) && here.isKnown(B) && here.isKnown(5), "all four");
    }

    function test_refuses_chains_that_can_not_be_added() external {
        _add(B, 5, _cannotAdd(5)); // not ascending
        _add(B, B, _cannotAdd(B)); // twice
        _add(0, B, _cannotAdd(0));
        _add(L1, B, _cannotAdd(L1)); // known from the beginning
        _add(5, A, _cannotAdd(A)); // this chain
        _add(5, 1 << 64, _cannotAdd(1 << 64));
        _add(5, type(uint256).max, _cannotAdd(type(uint256).max));
        assertTrue(!here.isKnown(5) && !here.isKnown(B), "none is");
        _add(5, B, "");
        _add(5, 7, _cannotAdd(5)); // again
        _add(4, B, _cannotAdd(B));
        assertTrue(!here.isKnown(7) && !here.isKnown(4), "nor those beside it");
    }

    function test_only_the_loader_does() external {
        address[2] memory others = [address(this), SETTLEMENT];
        for (uint256 i = 0; i < 2; ++i) {
            on(A);
            vm.expectRevert(abi.encodeWithSelector(IScopedCallableExtension.OnlyLoader.selector, others[i]));
            vm.prank(others[i]);
            here.addChains(new uint256[](1));
        }
    }

    // ---- pauses ------------------------------------------------------------------------------------------------------------------

    /// @dev The rule is the state transition's; here it has no effect, and every frame may call it.
    function test_pausing_is_a_rule_of_the_state_transition() external view {
        here.pauseAsking();
        (bool success, bytes memory answer) = address(here).staticcall(abi.encodeCall(here.pauseAsking, ()));
        assertTrue(success && answer.length == 0, "nothing happens");
    }

    function test_a_call_without_asking_is_the_callers() external {
        Guarded guarded = new Guarded(here);
        Stranger stranger = new Stranger();
        vm.deal(address(guarded), 3);
        vm.expectCall(address(here), abi.encodeCall(here.pauseAsking, ()));
        (bool success, bytes memory answer) =
            guarded.callStranger(address(stranger), 3, 100_000, abi.encodeCall(Stranger.whoCalls, (7)));
        assertTrue(success, "called");
        assertEq(answer, abi.encode(address(guarded), 3, 7), "who sees its caller");
        (success, answer) = guarded.callStranger(address(stranger), 0, 100_000, abi.encodeCall(Stranger.refuse, (7)));
        assertTrue(!success, "a failure is told");
        assertEq(answer, abi.encodeWithSelector(Stranger.Refused.selector, 7), "with its reason");
        (, answer) = guarded.callStranger(address(stranger), 0, 50_000, abi.encodeCall(Stranger.gasHere, ()));
        uint256 gas = abi.decode(answer, (uint256));
        assertTrue(gas < 50_000 && gas > 49_000, "with its gas");
    }

    // ---- roots -------------------------------------------------------------------------------------------------------------------

    function test_code_that_relayers_run_asks_for_a_root() external {
        Guarded guarded = new Guarded(here);
        vm.expectRevert(IScopedCallableExtension.NoOpenRoot.selector);
        guarded.run();
        open(A, L1);
        load(new Plan(L1, SETTLEMENT, RootContext(A, keccak256("transaction"), 0)), A);
        guarded.run();
        close(A);
        vm.expectRevert(IScopedCallableExtension.NoOpenRoot.selector);
        guarded.run();
        assertEq(guarded.runs(), 1, "in the root alone");
    }

    /// @dev Who catches it may go on: an ordinary transaction is plain Ethereum.
    function test_without_a_root_a_scoped_call_is_a_plain_revert() external {
        open(A, L1);
        on(A);
        IScopedCallable.ScopedRequest memory request = IScopedCallable.ScopedRequest(address(1), 0, 1, "");
        uint256 before = gasleft();
        try here.scopedCall(L1, address(this), request) {
            assertTrue(false, "refused");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IScopedCallableExtension.NoOpenRoot.selector), "plainly");
        }
        assertTrue(before - gasleft() < 100_000, "at hardly any gas");
        assertTrue(
            !ScopeLib.isFault(abi.encodeWithSelector(IScopedCallableExtension.NoOpenRoot.selector)), "it is no fault"
        );
    }
}
