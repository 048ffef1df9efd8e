// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {BridgedToken} from "../src/bridge/BridgedToken.sol";
import {TokenBridge} from "../src/bridge/TokenBridge.sol";
import {ForcedEntry, ForcedKind, IForcedQueue} from "../src/interfaces/IForcedQueue.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {ITokenBridge} from "../src/interfaces/ITokenBridge.sol";
import {ITokenBridgeL1} from "../src/interfaces/ITokenBridgeL1.sol";
import {Streams} from "../src/interfaces/ScopeTypes.sol";
import {ExitWorld} from "./utils/ExitWorld.sol";
import {Enormous, Toll} from "./utils/OddTokens.sol";
import {StateTrie} from "./utils/StateTrie.sol";

/// @title L1's bridge: what a deposit queues, and what comes back
contract TokenBridgeL1Test is ExitWorld {
    using StateTrie for StateTrie.Trie;

    uint256 private constant A = 901;
    uint256 private constant MINT_GAS = 1_000_000;

    address private holder = makeAddress("holder");
    address private to = makeAddress("to");
    bool private refuses;

    function setUp() external {
        makeL1();
        pass(1);
        StateTrie.Trie memory state = StateTrie.make(3);
        addContracts(state, address(coin), StateTrie.make(0));
        register(A, StateTrie.header(0, state.root()), state.root(), 0);
        bridge.connect(A, REMOTE_BRIDGE);
        coin.transfer(holder, 1000);
        vm.deal(holder, 10 ether);
        vm.prank(holder);
        coin.approve(address(bridge), 1000);
    }

    receive() external payable {
        require(!refuses, "refused");
    }

    function _deposit(uint256 amount) private returns (uint256 index) {
        uint256 fee = bridge.depositFeeOf(address(coin), A);
        vm.prank(holder);
        return bridge.deposit{value: fee}(address(coin), A, to, amount);
    }

    function _mintOf(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(ITokenBridge.mint, (address(coin), "Home", "HOME", 18, to, amount));
    }

    // ---- in ---------------------------------------------------------------------------------------------------------------------

    function test_a_deposit_locks_and_queues_a_mint() external {
        uint256 fee = bridge.depositFeeOf(address(coin), A);
        assertEq(
            fee,
            settlement.forcedQueue().feeOf(A, ForcedKind.Deposit, MINT_GAS, _mintOf(0).length),
            "what the queue takes"
        );
        uint256 burnt = address(0).balance;
        ForcedEntry memory entry =
            ForcedEntry(ForcedKind.Deposit, address(bridge), REMOTE_BRIDGE, 0, MINT_GAS, _mintOf(70));
        vm.expectEmit(address(settlement));
        emit ISettlement.EntryQueued(A, 0, entry);
        vm.expectEmit(address(bridge));
        emit ITokenBridgeL1.TokensDeposited(A, 0, holder, address(coin), to, 70);
        vm.prank(holder);
        assertEq(bridge.deposit{value: fee + 5}(address(coin), A, to, 70), 0, "index");
        assertEq(coin.balanceOf(address(bridge)), 70, "taken");
        assertEq(bridge.locked(address(coin), A), 70, "locked");
        assertEq(bridge.totalLocked(address(coin)), 70, "in all");
        assertEq(holder.balance, 10 ether - fee, "the rest is back");
        assertEq(address(0).balance, burnt + fee, "the fee is burnt");
        assertEq(_deposit(30), 1, "the next");
        assertEq(bridge.locked(address(coin), A), 100, "locked");
    }

    function test_refuses_what_could_not_be_minted() external {
        vm.prank(holder);
        vm.expectRevert(ITokenBridgeL1.NoReceiver.selector);
        bridge.deposit{value: 1 ether}(address(coin), A, address(0), 1);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.NotConnected.selector, 902));
        bridge.deposit{value: 1 ether}(address(coin), 902, to, 1);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.NotAToken.selector, holder));
        bridge.deposit{value: 1 ether}(holder, A, to, 1);
        Toll toll = new Toll();
        toll.approve(address(bridge), 10);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.WrongAmountReceived.selector, toll, 9, 10));
        bridge.deposit{value: 1 ether}(address(toll), A, to, 10);
    }

    function test_refuses_tokens_of_other_chains() external {
        address peer = settlement.scopedCallable().aliasOf(A, REMOTE_BRIDGE);
        vm.prank(peer);
        address token = bridge.mint(address(0xc011), "", "", 0, address(this), 10);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridgeL1.NotAtHome.selector, token));
        bridge.deposit{value: 1 ether}(token, A, to, 10);
    }

    function test_refuses_too_low_a_fee() external {
        uint256 fee = bridge.depositFeeOf(address(coin), A);
        vm.prank(holder);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridgeL1.FeeTooLow.selector, fee - 1, fee));
        bridge.deposit{value: fee - 1}(address(coin), A, to, 1);
    }

    function test_who_does_not_take_the_rest_deposits_nothing() external {
        refuses = true;
        coin.approve(address(bridge), 1);
        uint256 fee = bridge.depositFeeOf(address(coin), A);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridgeL1.RestRefused.selector, this));
        bridge.deposit{value: fee + 1}(address(coin), A, to, 1);
        bridge.deposit{value: fee}(address(coin), A, to, 1);
    }

    /// @dev A mint that failed on the rollup would leave tokens locked that are nobody's.
    function test_a_mint_takes_less_gas_than_a_deposit_gives() external {
        vm.chainId(A);
        TokenBridge remote = new TokenBridge(settlement.scopedCallable(), address(this));
        vm.mockCall(
            address(settlement.scopedCallable()),
            abi.encodeWithSignature("deployAlias(uint256,address)", L1, address(bridge)),
            abi.encode(holder)
        );
        remote.connect(L1, address(bridge));
        string memory long = "sixty-four bytes of a name, which are the most that a bridge tells";
        assertTrue(bytes(long).length >= 64, "as long as it may be");
        vm.prank(holder);
        uint256 before = gasleft();
        remote.mint{gas: MINT_GAS}(address(coin), long, long, 18, to, 1);
        assertTrue(before - gasleft() < MINT_GAS / 2, "with room");
    }

    // ---- back -------------------------------------------------------------------------------------------------------------------

    function test_only_exits_release_so() external {
        _deposit(10);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridgeL1.OnlyExits.selector, this));
        bridge.exit(A, address(coin), to, 10);
        vm.prank(address(exits));
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.NotEnoughLocked.selector, A, address(coin), 11));
        bridge.exit(A, address(coin), to, 11);
        vm.prank(address(exits));
        bridge.exit(A, address(coin), to, 10);
        assertEq(coin.balanceOf(to), 10, "released");
    }

    function test_a_deposit_that_a_closed_rollup_never_took_comes_back_once() external {
        _deposit(10);
        _deposit(20);
        _take(1);
        bytes memory taken = abi.encodeWithSelector(ITokenBridgeL1.NotRefundable.selector, A, 0);
        bytes memory open = abi.encodeWithSelector(ITokenBridgeL1.NotRefundable.selector, A, 1);
        vm.expectRevert(open);
        bridge.refundDeposit(A, 1, holder, address(coin), 20);
        close(A);
        vm.expectRevert(taken);
        bridge.refundDeposit(A, 0, holder, address(coin), 10);

        bytes memory unknown = abi.encodeWithSelector(ITokenBridgeL1.UnknownDeposit.selector, A, 1);
        vm.expectRevert(unknown);
        bridge.refundDeposit(A, 1, holder, address(coin), 19);
        vm.expectRevert(unknown);
        bridge.refundDeposit(A, 1, to, address(coin), 20);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridgeL1.UnknownDeposit.selector, A, 2));
        bridge.refundDeposit(A, 2, holder, address(coin), 20);

        bridge.refundDeposit(A, 1, holder, address(coin), 20);
        assertEq(coin.balanceOf(holder), 990, "back");
        assertEq(bridge.locked(address(coin), A), 10, "what was taken stays locked");
        vm.expectRevert(unknown);
        bridge.refundDeposit(A, 1, holder, address(coin), 20);
    }

    function _take(uint256 position) private {
        ISettlement.Scope memory scope;
        (scope.data, scope.proofs, scope.batches) = (hex"00", new bytes[](1), new ISettlement.Batch[](1));
        scope.batches[0] = ISettlement.Batch({
            chainId: A,
            batchNumber: 0,
            firstBlock: 1,
            parentBlockHash: settlement.getRollup(A).lastBlockHash,
            lastBlockHash: keccak256("block 1"),
            builder: address(0),
            l1OriginNumber: number - 1,
            l1OriginHash: blockHashOf(number - 1),
            dataOffset: 0,
            dataLength: 0,
            remotes: new Streams[](0),
            policyData: "",
            forcedQueuePosition: position
        });
        vm.prank(holder, holder);
        settlement.executeScope(scope);
    }

    // ---- owner and layout ---------------------------------------------------------------------------------------------------------

    function test_the_owner_changes_in_two_steps() external {
        bridge.transferOwnership(holder);
        assertEq(bridge.owner(), address(this), "not yet");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, to));
        vm.prank(to);
        bridge.acceptOwnership();
        vm.prank(holder);
        bridge.acceptOwnership();
        assertEq(bridge.owner(), holder, "taken");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, this));
        bridge.connect(902, REMOTE_BRIDGE);
    }

    function test_the_connected_bridge_is_known() external view {
        assertEq(bridge.connection(A), REMOTE_BRIDGE, "its address there");
        assertEq(bridge.connection(902), address(0), "none");
    }

    /// @dev Proofs are about slots.
    function test_the_slots_of_proofs_are_those_of_the_compiler() external {
        address peer = settlement.scopedCallable().aliasOf(A, REMOTE_BRIDGE);
        vm.prank(peer);
        address token = bridge.mint(address(0xc011), "", "", 0, to, 10);
        bytes32 slot = keccak256(abi.encode(address(0xc011), keccak256(abi.encode(A, BRIDGED_TOKEN_SLOT))));
        assertEq(vm.load(address(bridge), slot), bytes32(uint256(uint160(token))), "bridgedToken");
        assertEq(vm.load(token, balanceSlot(to)), bytes32(uint256(10)), "a balance");
    }
}
