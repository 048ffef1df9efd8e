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

/// @dev Target of deposits: remembers what it is called with.
contract Receiver {
    address public caller;
    uint256 public value;
    uint256 public gas;
    bytes32 public dataHash;

    fallback() external payable {
        gas = gasleft();
        (caller, value, dataHash) = (msg.sender, msg.value, keccak256(msg.data));
    }
}

/// @dev Target of deposits: fails in a way that its first byte of data chooses.
contract Failing {
    fallback() external payable {
        uint8 how = uint8(msg.data[0]);
        assembly {
            switch how
            case 0 { revert(0, 0) }
            case 1 { invalid() }
            case 2 { revert(0, 100000) }
            case 3 { return(0, 100000) }
        }
        while (true) {}
    }
}

/// @dev Target of deposits: asks another chain, and passes on what it is told.
contract Asker {
    bytes public reason;

    function ask(IScopedCallableL2 scopedCallable, uint256 chainId) external payable {
        IScopedCallable.ScopedRequest memory request = IScopedCallable.ScopedRequest(address(1), msg.value, 1, "");
        try scopedCallable.scopedCall{value: msg.value}(chainId, address(this), request) {}
        catch (bytes memory refusal) {
            reason = refusal;
        }
        (bool success,) = address(scopedCallable).call(abi.encodeCall(scopedCallable.takeForced, (7)));
        assert(!success);
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

    function _two(uint256 first, uint256 second) private pure returns (uint256[] memory chainIds) {
        chainIds = new uint256[](2);
        (chainIds[0], chainIds[1]) = (first, second);
    }

    /// @dev The next call is the loader's, and refused if a refusal is given.
    function _asLoader(bytes memory refusal) private {
        on(A);
        if (refusal.length != 0) vm.expectRevert(refusal);
        vm.prank(loaderOf[A]);
    }

    function _add(uint256 first, uint256 second, bytes memory refusal) private {
        uint256[] memory chainIds = _two(first, second);
        _asLoader(refusal);
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

    function _remove(uint256 first, uint256 second, bytes memory refusal) private {
        uint256[] memory chainIds = _two(first, second);
        _asLoader(refusal);
        here.removeChains(chainIds);
    }

    function _cannotRemove(uint256 chainId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IScopedCallableL2.CannotRemoveChain.selector, chainId);
    }

    function test_the_loader_makes_chains_unknown() external {
        _add(5, B, "");
        _add(2, 7, "");
        vm.expectEmit(address(here));
        emit IScopedCallableL2.ChainRemoved(2);
        vm.expectEmit(address(here));
        emit IScopedCallableL2.ChainRemoved(B);
        _remove(2, B, "");
        assertTrue(!here.isKnown(2) && !here.isKnown(B), "both");
        assertTrue(here.isKnown(5) && here.isKnown(7) && here.isKnown(L1), "no other");
    }

    function test_refuses_chains_that_can_not_be_removed() external {
        _add(5, B, "");
        _remove(B, 5, _cannotRemove(5)); // not ascending
        _remove(5, 5, _cannotRemove(5)); // twice
        _remove(5, 7, _cannotRemove(7)); // never added
        _remove(L1, 5, _cannotRemove(L1));
        _remove(0, 5, _cannotRemove(0));
        _remove(5, A, _cannotRemove(A)); // this chain
        assertTrue(here.isKnown(5) && here.isKnown(B), "all are still known");
        _remove(5, B, "");
        _remove(5, B, _cannotRemove(5)); // again
    }

    function test_only_the_loader_does() external {
        bytes[5] memory calls = [
            abi.encodeCall(here.addChains, (new uint256[](1))),
            abi.encodeCall(here.removeChains, (new uint256[](1))),
            abi.encodeCall(here.upgrade, ("code")),
            abi.encodeCall(here.takeForced, (1)),
            abi.encodeCall(here.deposit, (0, address(1), address(2), 3, 4, ""))
        ];
        address[3] memory others = [address(this), SETTLEMENT, address(here)];
        on(A);
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 j = 0; j < others.length; ++j) {
                vm.prank(others[j]);
                (bool success, bytes memory reason) = address(here).call(calls[i]);
                assertTrue(!success, "refused");
                assertEq(reason, abi.encodeWithSelector(IScopedCallableExtension.OnlyLoader.selector, others[j]), "who");
            }
        }
    }

    // ---- upgrades and the forced queue -------------------------------------------------------------------------------------------

    /// @dev The code is the state transition's to put there.
    function test_an_upgrade_is_an_event() external {
        on(A);
        bytes memory before = address(here).code;
        vm.expectEmit(address(here));
        emit IScopedCallableL2.Upgraded(keccak256("code"));
        vm.prank(loaderOf[A]);
        here.upgrade("code");
        assertEq(address(here).code, before, "and nothing else");
    }

    function testFuzz_the_position_in_the_queue_only_rises(uint256 first, uint256 second) external {
        on(A);
        assertEq(here.forcedQueuePosition(), 0, "none is taken");
        uint256 position = 0;
        uint256[2] memory positions = [first, second];
        for (uint256 i = 0; i < 2; ++i) {
            bool rises = positions[i] > position;
            if (rises) {
                vm.expectEmit(address(here));
                emit IScopedCallableL2.ForcedTaken(positions[i]);
                position = positions[i];
            } else {
                vm.expectRevert(abi.encodeWithSelector(IScopedCallableL2.CannotTakeForced.selector, positions[i]));
            }
            vm.prank(loaderOf[A]);
            here.takeForced(positions[i]);
            assertEq(here.forcedQueuePosition(), position, "the highest");
        }
    }

    // ---- deposits ----------------------------------------------------------------------------------------------------------------

    address private constant DEPOSITOR = address(0xdeb051);

    function _deposit(address to, uint256 value, uint256 gasLimit, bytes memory data, bool success) private {
        on(A);
        vm.expectEmit(address(here));
        emit IScopedCallableL2.Deposited(7, DEPOSITOR, to, value, success);
        vm.prank(loaderOf[A]);
        here.deposit(7, DEPOSITOR, to, value, gasLimit, data);
    }

    function _alias() private view returns (address) {
        return here.aliasOf(L1, DEPOSITOR);
    }

    function testFuzz_a_deposit_is_a_call_of_its_makers_alias(uint96 value, uint256 gasLimit, bytes memory data)
        external
    {
        Receiver receiver = new Receiver();
        gasLimit = 150_000 + gasLimit % (1 << 24);
        uint256 reserve = address(here).balance;
        _deposit(address(receiver), value, gasLimit, data, true);
        assertEq(receiver.caller(), _alias(), "who");
        assertEq(receiver.value(), value, "the value");
        assertEq(receiver.dataHash(), keccak256(data), "the data");
        uint256 gas = receiver.gas() - (value == 0 ? 0 : 2300);
        assertTrue(gas < gasLimit && gas > gasLimit - 500, "exactly its gas");
        assertEq(address(receiver).balance, value, "arrived");
        assertEq(address(here).balance, reserve - value, "out of the reserve");
        assertTrue(here.isAlias(_alias()), "deployed");
    }

    function test_a_deposit_to_an_account_without_code_arrives() external {
        _deposit(address(0xe0a), 3, 0, "", true);
        _deposit(address(0xe0a), 4, 0, "data", true);
        assertEq(address(0xe0a).balance, 7, "both");
        assertEq(_alias().balance, 0, "nothing stays");
    }

    function test_a_deposit_whose_call_fails_is_with_the_alias() external {
        Failing failing = new Failing();
        for (uint8 how = 0; how < 5; ++how) {
            uint256 reserve = address(here).balance;
            uint256 before = _alias().balance;
            _deposit(address(failing), 5, 200_000, abi.encodePacked(how), false);
            assertEq(_alias().balance, before + 5, "with the alias");
            assertEq(address(here).balance, reserve - 5, "out of the reserve");
            assertEq(address(failing).balance, 0, "undone");
        }
        _deposit(address(failing), 0, 200_000, hex"00", false);
        assertEq(_alias().balance, 25, "nothing for nothing");
    }

    function test_a_deposit_calls_none_of_the_machinery() external {
        address other = aliasOn(A, B, address(0xa11a5));
        address[4] memory targets = [address(here), loaderOf[A], other, _alias()];
        for (uint256 i = 0; i < targets.length; ++i) {
            uint256 reserve = address(here).balance;
            _deposit(targets[i], 5, 200_000, abi.encodeCall(here.forwardStranded, (B, address(0xa11a5))), false);
            assertEq(_alias().balance, 5 * (i + 1), "with the alias");
            assertEq(address(here).balance, reserve - 5, "out of the reserve");
        }
        assertEq(other.balance + loaderOf[A].balance, 0, "none got it");
    }

    function test_in_a_deposit_nobody_asks_nor_speaks_for_the_loader() external {
        Asker asker = new Asker();
        open(A, L1);
        _deposit(address(asker), 5, 1_000_000, abi.encodeCall(Asker.ask, (here, L1)), true);
        assertEq(asker.reason(), abi.encodeWithSelector(IScopedCallableExtension.NoOpenRoot.selector), "plainly");
        assertEq(here.forcedQueuePosition(), 0, "not moved");
        (bytes32 rootId,) = here.getBaton();
        assertEq(rootId, 0, "no root");
    }

    /// @dev Anyone may deploy an alias before.
    function test_a_deposit_by_an_alias_that_is_there() external {
        address before = aliasOn(A, L1, DEPOSITOR);
        vm.deal(before, 11);
        _deposit(address(0xe0a), 3, 0, "", true);
        assertEq(address(0xe0a).balance, 3, "its own value");
        assertEq(before.balance, 11, "what was stranded stays");
        _deposit(address(here), 3, 0, "", false);
        assertEq(before.balance, 14, "beside it");
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
