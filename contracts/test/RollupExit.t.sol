// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

import {Alias} from "../src/core/Alias.sol";
import {IRollupExit} from "../src/interfaces/IRollupExit.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {ITokenBridge} from "../src/interfaces/ITokenBridge.sol";
import {ITokenBridgeL1} from "../src/interfaces/ITokenBridgeL1.sol";
import {AliasAddress} from "../src/libraries/AliasAddress.sol";
import {StateProof} from "../src/libraries/StateProof.sol";
import {ExitWorld} from "./utils/ExitWorld.sol";
import {StateTrie} from "./utils/StateTrie.sol";
import {Test} from "./utils/Test.sol";

/// @dev Makes a call each time that it is paid, and takes the payment whatever comes of that.
contract Receiver {
    address private _target;
    bytes private _data;
    bool public refuses;
    /// @dev Calls of its that succeeded, and that didn't.
    uint256 public successes;
    uint256 public failures;

    function whenPaid(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    receive() external payable {
        require(!refuses, "refused");
        if (_target == address(0)) return;
        (bool success,) = _target.call(_data);
        if (success) ++successes;
        else ++failures;
    }
}

/// @dev A bridge of nobody's: it connects itself with whatever it likes.
contract FakeBridge {
    address private immutable REMOTE;
    uint256 public exited;

    constructor(address remote) {
        REMOTE = remote;
    }

    function connection(uint256) external view returns (address) {
        return REMOTE;
    }

    function exit(uint256, address, address, uint256 amount) external {
        exited += amount;
    }
}

/// @title Leaving a closed rollup
contract RollupExitTest is ExitWorld {
    using StateTrie for StateTrie.Trie;

    uint256 private constant A = 901;
    uint256 private constant B = 902;
    uint256 private constant SUPPLY = 100 ether;

    address private alice = makeAddress("alice");
    address private delegating = makeAddress("delegating");
    address private delegate = makeAddress("delegate");
    address private fresh = makeAddress("never signed");
    address private absent = makeAddress("not there");
    address private vault = makeAddress("a contract");
    address private owner = makeAddress("an account of L1");
    address private stranger = makeAddress("stranger");
    Receiver private receiver = new Receiver();

    bytes private header;

    function setUp() external {
        makeL1();
        (StateTrie.Trie memory state,) = _state();
        header = StateTrie.header(7, state.root());
        register(A, header, state.root(), SUPPLY);
        register(B, header, state.root(), SUPPLY);
        bridge.connect(A, REMOTE_BRIDGE);
        bridge.connect(B, REMOTE_BRIDGE);
        _lock(A, 100);
        close(A);
    }

    /// @dev As if this much had been sent there.
    function _lock(uint256 chainId, uint256 amount) private {
        coin.approve(address(bridge), amount);
        bridge.deposit{value: 1 ether}(address(coin), chainId, alice, amount);
    }

    receive() external payable {}

    function _state() private view returns (StateTrie.Trie memory state, StateTrie.Trie memory balances) {
        balances = StateTrie.make(8);
        balances.addWord(bytes32(uint256(2)), 71); // the supply
        balances.addWord(balanceSlot(alice), 10);
        balances.addWord(balanceSlot(delegating), 20);
        balances.addWord(balanceSlot(absent), 1);
        balances.addWord(balanceSlot(vault), 30);
        balances.addWord(balanceSlot(exits.aliasOf(owner)), 8);
        balances.addWord(balanceSlot(exits.aliasOf(address(receiver))), 2);
        state = StateTrie.make(16);
        state.addAccount(alice, 3, 5 ether, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        state.addAccount(delegating, 4, 3 ether, StateTrie.EMPTY_ROOT, delegation(delegate));
        state.addAccount(fresh, 0, 1 ether, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        state.addAccount(stranger, 9, 0, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        state.addAccount(vault, 1, 4 ether, StateTrie.EMPTY_ROOT, keccak256("vault"));
        // Deployed or not.
        state.addAccount(exits.aliasOf(owner), 1, 2 ether, StateTrie.EMPTY_ROOT, keccak256("alias"));
        state.addAccount(exits.aliasOf(address(receiver)), 0, 6 ether, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        state.addAccount(_aliasOf(B, owner), 1, 7 ether, StateTrie.EMPTY_ROOT, keccak256("alias"));
        addContracts(state, address(coin), balances);
    }

    function _aliasOf(uint256 chainId, address account) private view returns (address) {
        address implementation = address(
            uint160(
                uint256(
                    keccak256(abi.encodePacked(hex"ff", PREDEPLOY, bytes32(0), keccak256(type(Alias).creationCode)))
                )
            )
        );
        return AliasAddress.compute(PREDEPLOY, implementation, chainId, account);
    }

    function _proof(address holder, address delegate_) private view returns (IRollupExit.AccountProof memory) {
        (StateTrie.Trie memory state,) = _state();
        return accountProof(state, holder, delegate_);
    }

    function _nodes(address holder) private view returns (bytes[] memory) {
        return _proof(holder, address(0)).nodes;
    }

    function _tokenProof(address holder) private view returns (IRollupExit.TokenProof memory) {
        (StateTrie.Trie memory state, StateTrie.Trie memory balances) = _state();
        return tokenProof(state, address(coin), balances, holder);
    }

    function _exitTokens(address holder, address delegate_) private returns (uint256) {
        return
            exits.exitTokens(A, header, bridge, address(coin), holder, _proof(holder, delegate_), _tokenProof(holder));
    }

    // ---- ETH --------------------------------------------------------------------------------------------------------------------

    function test_pays_a_key_to_its_address() external {
        IRollupExit.AccountProof memory proof = _proof(alice, address(0));
        vm.expectEmit(address(exits));
        emit IRollupExit.EtherPaid(A, alice, alice, 5 ether);
        vm.prank(stranger);
        assertEq(exits.exitEther(A, header, alice, proof), 5 ether, "answered");
        assertEq(alice.balance, 5 ether, "paid");
        assertEq(settlement.escrowOf(A), SUPPLY - 5 ether, "out of the escrow");
        assertTrue(exits.isPaid(A, address(0), address(0), alice), "noted");
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.AlreadyPaid.selector, A, address(0), address(0), alice));
        exits.exitEther(A, header, alice, proof);
    }

    function test_pays_a_key_that_delegates() external {
        exits.exitEther(A, header, delegating, _proof(delegating, delegate));
        assertEq(delegating.balance, 3 ether, "paid");
    }

    function test_pays_a_key_that_never_signed_if_it_signs_on_l1() external {
        IRollupExit.AccountProof memory proof = _proof(fresh, address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.OnlyHolder.selector, fresh));
        exits.exitEther(A, header, fresh, proof);
        vm.prank(fresh);
        exits.exitEther(A, header, fresh, proof);
        assertEq(fresh.balance, 1 ether, "paid");
    }

    function test_pays_an_alias_to_its_owner() external {
        vm.prank(stranger);
        exits.exitEtherOfAlias(A, header, owner, _nodes(exits.aliasOf(owner)));
        assertEq(owner.balance, 2 ether, "paid");
        bytes[] memory nodes = _nodes(exits.aliasOf(owner));
        vm.expectPartialRevert(IRollupExit.AlreadyPaid.selector);
        exits.exitEtherOfAlias(A, header, owner, nodes);
    }

    /// @dev Else anyone could have it paid to an address that is nobody's on L1.
    function test_an_alias_that_is_not_deployed_is_no_key() external {
        address holder = exits.aliasOf(address(receiver));
        IRollupExit.AccountProof memory proof = _proof(holder, address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.OnlyHolder.selector, holder));
        exits.exitEther(A, header, holder, proof);
        exits.exitEtherOfAlias(A, header, address(receiver), proof.nodes);
        assertEq(address(receiver).balance, 6 ether, "paid");
    }

    function test_the_alias_is_the_one_that_the_predeploy_deploys() external view {
        assertEq(exits.aliasOf(owner), _aliasOf(L1, owner), "of L1");
    }

    function test_refuses_a_rollup_that_is_not_closed() external {
        IRollupExit.AccountProof memory proof = _proof(alice, address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotClosed.selector, B));
        exits.exitEther(B, header, alice, proof);
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotClosed.selector, 903));
        exits.exitEther(903, header, alice, proof);
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotClosed.selector, B));
        exits.exitEtherOfAlias(B, header, owner, proof.nodes);
    }

    function test_the_same_on_another_rollup_is_another_payment() external {
        exits.exitEther(A, header, alice, _proof(alice, address(0)));
        close(B);
        exits.exitEther(B, header, alice, _proof(alice, address(0)));
        assertEq(alice.balance, 10 ether, "twice");
    }

    function test_refuses_another_header() external {
        IRollupExit.AccountProof memory proof = _proof(alice, address(0));
        (StateTrie.Trie memory state,) = _state();
        _refusesHeader(StateTrie.header(8, state.root()), proof);
        _refusesHeader(bytes.concat(header, hex"00"), proof);
        _refusesHeader("", proof);
    }

    function _refusesHeader(bytes memory other, IRollupExit.AccountProof memory proof) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRollupExit.WrongHeader.selector, A, keccak256(other), keccak256(header))
        );
        exits.exitEther(A, other, alice, proof);
    }

    function test_refuses_contracts() external {
        IRollupExit.AccountProof memory proof = _proof(vault, address(0));
        bytes memory refusal = abi.encodeWithSelector(IRollupExit.NotAKey.selector, vault);
        vm.expectRevert(refusal);
        exits.exitEther(A, header, vault, proof);
        proof.delegate = delegate;
        vm.prank(vault);
        vm.expectRevert(refusal);
        exits.exitEther(A, header, vault, proof);
        // What the rollup mints from isn't there.
        proof = _proof(PREDEPLOY, address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotAKey.selector, PREDEPLOY));
        exits.exitEther(A, header, PREDEPLOY, proof);
    }

    function test_refuses_another_delegation() external {
        bytes memory refusal = abi.encodeWithSelector(IRollupExit.NotAKey.selector, delegating);
        IRollupExit.AccountProof memory proof = _proof(delegating, stranger);
        vm.expectRevert(refusal);
        exits.exitEther(A, header, delegating, proof);
        proof.delegate = address(0);
        vm.expectRevert(refusal);
        exits.exitEther(A, header, delegating, proof);
        proof = _proof(alice, delegate);
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotAKey.selector, alice));
        exits.exitEther(A, header, alice, proof);
    }

    function test_refuses_who_has_nothing() external {
        IRollupExit.AccountProof memory proof = _proof(stranger, address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NothingToPay.selector, stranger));
        exits.exitEther(A, header, stranger, proof);
    }

    function test_refuses_the_alias_of_an_account_of_another_chain() external {
        address other = _aliasOf(B, owner);
        IRollupExit.AccountProof memory proof = _proof(other, address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotAKey.selector, other));
        exits.exitEther(A, header, other, proof);
        vm.expectRevert();
        exits.exitEtherOfAlias(A, header, owner, proof.nodes);
    }

    function test_refuses_the_proof_of_another_account() external {
        IRollupExit.AccountProof memory proof = _proof(alice, address(0));
        vm.expectRevert();
        exits.exitEther(A, header, stranger, proof);
        vm.expectRevert();
        exits.exitEtherOfAlias(A, header, owner, proof.nodes);
        proof = _proof(absent, address(0));
        vm.expectRevert();
        exits.exitEther(A, header, absent, proof);
    }

    function test_refuses_proofs_that_are_cut_or_go_on() external {
        IRollupExit.AccountProof memory proof = _proof(alice, address(0));
        bytes[] memory nodes = proof.nodes;
        assertTrue(nodes.length > 1, "a path");
        for (uint256 length = 0; length <= nodes.length + 1; ++length) {
            if (length == nodes.length) continue;
            proof.nodes = new bytes[](length);
            for (uint256 i = 0; i < length; ++i) {
                proof.nodes[i] = nodes[i < nodes.length ? i : nodes.length - 1];
            }
            vm.expectRevert();
            exits.exitEther(A, header, alice, proof);
        }
        proof.nodes = new bytes[](1000);
        for (uint256 i = 0; i < 1000; ++i) {
            proof.nodes[i] = nodes[0];
        }
        vm.expectRevert();
        exits.exitEther(A, header, alice, proof);
    }

    /// @param place Which bit of the proof.
    function testFuzz_refuses_proofs_with_a_bit_turned_over(uint256 place) external {
        IRollupExit.AccountProof memory proof = _proof(alice, address(0));
        bytes memory node = proof.nodes[place % proof.nodes.length];
        place /= proof.nodes.length;
        node[place / 8 % node.length] ^= bytes1(uint8(1 << (place % 8)));
        vm.expectRevert();
        exits.exitEther(A, header, alice, proof);
    }

    function test_pays_once_whatever_the_receiver_does() external {
        bytes[] memory nodes = _nodes(exits.aliasOf(address(receiver)));
        bytes memory again = abi.encodeCall(IRollupExit.exitEtherOfAlias, (A, header, address(receiver), nodes));
        receiver.whenPaid(address(exits), again);
        exits.exitEtherOfAlias(A, header, address(receiver), nodes);
        assertEq(receiver.failures(), 1, "refused");
        assertEq(address(receiver).balance, 6 ether, "once");

        bytes memory another = abi.encodeCall(IRollupExit.exitEther, (A, header, alice, _proof(alice, address(0))));
        close(B);
        receiver.whenPaid(address(exits), another);
        exits.exitEtherOfAlias(B, header, address(receiver), nodes);
        assertEq(receiver.successes(), 1, "another's payment is no matter");
        assertEq(alice.balance, 5 ether, "paid");
    }

    function test_a_payment_that_is_refused_is_still_due() external {
        bytes[] memory nodes = _nodes(exits.aliasOf(address(receiver)));
        receiver.refuse(true);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.PaymentFailed.selector, receiver));
        exits.exitEtherOfAlias(A, header, address(receiver), nodes);
        receiver.refuse(false);
        exits.exitEtherOfAlias(A, header, address(receiver), nodes);
        assertEq(address(receiver).balance, 6 ether, "paid");
    }

    /// @dev A verifier that takes anything takes a state with more than there is.
    function test_pays_no_more_than_the_escrow() external {
        StateTrie.Trie memory state = StateTrie.make(2);
        state.addAccount(alice, 1, 11 ether, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        state.addAccount(stranger, 1, 10 ether, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        bytes memory other = StateTrie.header(1, state.root());
        register(903, other, state.root(), 10 ether);
        close(903);
        IRollupExit.AccountProof memory proof = accountProof(state, alice, address(0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EscrowNegative.selector, 903));
        exits.exitEther(903, other, alice, proof);
        exits.exitEther(903, other, stranger, accountProof(state, stranger, address(0)));
        assertEq(settlement.escrowOf(903), 0, "all of it");
        assertEq(settlement.escrowOf(A), SUPPLY, "and of no other's");
    }

    // ---- tokens -----------------------------------------------------------------------------------------------------------------

    function test_pays_tokens_of_keys() external {
        IRollupExit.AccountProof memory account = _proof(alice, address(0));
        IRollupExit.TokenProof memory proof = _tokenProof(alice);
        vm.expectEmit(address(exits));
        emit IRollupExit.TokensPaid(A, alice, alice, address(bridge), address(coin), 10);
        exits.exitTokens(A, header, bridge, address(coin), alice, account, proof);
        assertEq(coin.balanceOf(alice), 10, "paid");
        assertEq(bridge.locked(address(coin), A), 90, "left");
        assertEq(bridge.totalLocked(address(coin)), 90, "left in all");
        vm.expectRevert(
            abi.encodeWithSelector(IRollupExit.AlreadyPaid.selector, A, address(bridge), address(coin), alice)
        );
        exits.exitTokens(A, header, bridge, address(coin), alice, account, proof);
        // ETH is something else.
        exits.exitEther(A, header, alice, account);
        _exitTokens(delegating, delegate);
        assertEq(coin.balanceOf(delegating), 20, "delegating");
    }

    function test_pays_tokens_of_a_key_that_is_not_there() external {
        IRollupExit.AccountProof memory account = _proof(absent, address(0));
        IRollupExit.TokenProof memory proof = _tokenProof(absent);
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.OnlyHolder.selector, absent));
        exits.exitTokens(A, header, bridge, address(coin), absent, account, proof);
        vm.prank(absent);
        exits.exitTokens(A, header, bridge, address(coin), absent, account, proof);
        assertEq(coin.balanceOf(absent), 1, "paid");
    }

    function test_pays_tokens_of_aliases_to_their_owners() external {
        exits.exitTokensOfAlias(A, header, bridge, address(coin), owner, _tokenProof(exits.aliasOf(owner)));
        assertEq(coin.balanceOf(owner), 8, "paid");
        IRollupExit.TokenProof memory proof = _tokenProof(exits.aliasOf(owner));
        vm.expectPartialRevert(IRollupExit.AlreadyPaid.selector);
        exits.exitTokensOfAlias(A, header, bridge, address(coin), owner, proof);
    }

    function test_refuses_tokens_of_contracts() external {
        IRollupExit.TokenProof memory proof = _tokenProof(vault);
        IRollupExit.AccountProof memory account = _proof(vault, address(0));
        vm.prank(vault);
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotAKey.selector, vault));
        exits.exitTokens(A, header, bridge, address(coin), vault, account, proof);
        // Nor can it be made to look as if it were not there.
        account = _proof(absent, address(0));
        vm.prank(vault);
        vm.expectRevert();
        exits.exitTokens(A, header, bridge, address(coin), vault, account, proof);
        account.nodes = new bytes[](0);
        vm.prank(vault);
        vm.expectRevert();
        exits.exitTokens(A, header, bridge, address(coin), vault, account, proof);
    }

    function test_refuses_tokens_of_who_has_none() external {
        IRollupExit.AccountProof memory account = _proof(stranger, address(0));
        IRollupExit.TokenProof memory proof = _tokenProof(stranger);
        vm.expectRevert();
        exits.exitTokens(A, header, bridge, address(coin), stranger, account, proof);
        proof = _tokenProof(alice);
        vm.expectRevert();
        exits.exitTokens(A, header, bridge, address(coin), stranger, account, proof);
    }

    function test_refuses_another_token() external {
        IRollupExit.AccountProof memory account = _proof(alice, address(0));
        IRollupExit.TokenProof memory proof = _tokenProof(alice);
        vm.expectRevert();
        exits.exitTokens(A, header, bridge, address(0xdead), alice, account, proof);
    }

    /// @dev Whatever a bridge says of itself, nobody else's tokens are claimed by it.
    function test_another_bridge_is_another_claim() external {
        FakeBridge fake = new FakeBridge(REMOTE_BRIDGE);
        IRollupExit.AccountProof memory account = _proof(alice, address(0));
        IRollupExit.TokenProof memory proof = _tokenProof(alice);
        exits.exitTokens(A, header, ITokenBridgeL1(address(fake)), address(coin), alice, account, proof);
        assertEq(fake.exited(), 10, "its own matter");
        assertEq(coin.balanceOf(alice), 0, "nothing paid");
        exits.exitTokens(A, header, bridge, address(coin), alice, account, proof);
        assertEq(coin.balanceOf(alice), 10, "paid");

        FakeBridge unconnected = new FakeBridge(address(0));
        vm.expectRevert(abi.encodeWithSelector(IRollupExit.NotConnected.selector, unconnected, A));
        exits.exitTokens(A, header, ITokenBridgeL1(address(unconnected)), address(coin), alice, account, proof);
    }

    function test_pays_no_more_tokens_than_are_locked_for_the_rollup() external {
        close(B);
        IRollupExit.AccountProof memory account = _proof(alice, address(0));
        IRollupExit.TokenProof memory proof = _tokenProof(alice);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.NotEnoughLocked.selector, B, address(coin), 10));
        exits.exitTokens(B, header, bridge, address(coin), alice, account, proof);
    }
}

/// @dev A token of L1 at whatever address.
contract AnyToken is ERC20("Any", "ANY") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @title Leaving a rollup that our own state transition has made: real contracts, headers and tries (exits.json)
contract RealRollupTest is ExitWorld {
    uint256 private constant HOLDERS = 6;
    uint256 private constant LOCKED = 10_000;

    string private json = vm.readFile("contracts/test/vectors/exits.json");
    uint256 private chainId = vm.parseJsonUint(json, ".chain_id");
    address private token = vm.parseJsonAddress(json, ".token");
    bytes private header = vm.parseJsonBytes(json, ".header");

    function setUp() external {
        makeL1();
        register(chainId, header, vm.parseJsonBytes32(json, ".state_root"), vm.parseJsonUint(json, ".supply"));
        bridge.connect(chainId, vm.parseJsonAddress(json, ".bridge"));
        vm.etch(token, address(new AnyToken()).code);
        AnyToken(token).mint(address(this), LOCKED);
        AnyToken(token).approve(address(bridge), LOCKED);
        bridge.deposit{value: 1 ether}(token, chainId, address(1), LOCKED);
        close(chainId);
    }

    receive() external payable {}

    function test_everybody_leaves_once_but_contracts() external {
        assertEq(vm.parseJsonUint(json, ".l1_chain_id"), L1, "of this L1");
        for (uint256 i = 0; i < HOLDERS; ++i) {
            for (uint256 times = 0; times < 2; ++times) {
                _leaves(string.concat(".holders[", vm.toString(i), "]"), times == 0);
            }
        }
        uint256 supply = vm.parseJsonUint(json, ".supply");
        assertTrue(settlement.escrowOf(chainId) < supply, "paid");
        assertTrue(bridge.locked(token, chainId) < LOCKED, "tokens paid");
    }

    function _leaves(string memory path, bool first) private {
        (address holder, address owner) = (_account(path, ".address"), _account(path, ".owner"));
        bool isContract =
            keccak256(bytes(vm.parseJsonString(json, string.concat(path, ".kind")))) == keccak256("contract");
        uint256 amount = _number(path, ".wei");
        uint256 before = owner.balance;
        vm.prank(owner);
        (bool success,) = address(exits).call(_etherCall(path, holder, owner));
        bool isDue = first && !isContract && amount != 0;
        assertTrue(success == isDue, path);
        assertEq(owner.balance - before, isDue ? amount : 0, path);

        amount = _number(path, ".tokens");
        before = AnyToken(token).balanceOf(owner);
        vm.prank(owner);
        (success,) = address(exits).call(_tokenCall(path, holder, owner));
        isDue = first && !isContract && amount != 0;
        assertTrue(success == isDue, path);
        assertEq(AnyToken(token).balanceOf(owner) - before, isDue ? amount : 0, path);
    }

    function _etherCall(string memory path, address holder, address owner) private view returns (bytes memory) {
        IRollupExit.AccountProof memory account = _accountProof(path);
        if (holder == owner) return abi.encodeCall(IRollupExit.exitEther, (chainId, header, holder, account));
        assertEq(exits.aliasOf(owner), holder, "the alias");
        return abi.encodeCall(IRollupExit.exitEtherOfAlias, (chainId, header, owner, account.nodes));
    }

    function _tokenCall(string memory path, address holder, address owner) private view returns (bytes memory) {
        IRollupExit.TokenProof memory proof = IRollupExit.TokenProof({
            bridge: _nodes("", ".bridge_proof"),
            bridgedToken: _nodes("", ".bridged_token_proof"),
            token: _nodes("", ".token_proof"),
            balance: _nodes(path, ".balance_proof")
        });
        if (holder != owner) {
            return abi.encodeCall(IRollupExit.exitTokensOfAlias, (chainId, header, bridge, token, owner, proof));
        }
        return
            abi.encodeCall(IRollupExit.exitTokens, (chainId, header, bridge, token, holder, _accountProof(path), proof));
    }

    function _accountProof(string memory path) private view returns (IRollupExit.AccountProof memory) {
        return IRollupExit.AccountProof(_nodes(path, ".account_proof"), _account(path, ".delegate"));
    }

    function _nodes(string memory path, string memory field) private view returns (bytes[] memory) {
        return vm.parseJsonBytesArray(json, string.concat(path, field));
    }

    function _account(string memory path, string memory field) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(path, field));
    }

    function _number(string memory path, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(path, field));
    }
}

/// @dev Makes a library's functions callable, so that their proofs are calldata.
contract Proofs {
    function accountOf(bytes32 stateRoot, address account, bytes[] calldata nodes)
        external
        pure
        returns (StateProof.Account memory)
    {
        return StateProof.accountOf(stateRoot, account, nodes);
    }

    function wordOf(bytes32 storageRoot, bytes32 slot, bytes[] calldata nodes) external pure returns (uint256) {
        return StateProof.wordOf(storageRoot, slot, nodes);
    }

    function isAbsent(bytes32 stateRoot, address account, bytes[] calldata nodes) external pure returns (bool) {
        return StateProof.isAbsent(stateRoot, account, nodes);
    }
}

/// @title Proofs of what is in a state, and of what isn't
contract StateProofTest is Test {
    using StateTrie for StateTrie.Trie;

    uint256 private constant MOST = 24;
    Proofs private proofs = new Proofs();

    function testFuzz_an_account_is_proved_to_be_there_or_not(uint256 seed, uint256 count) external view {
        count = count % MOST + 1;
        StateTrie.Trie memory state = StateTrie.make(MOST);
        for (uint256 i = 0; i < count; ++i) {
            state.addAccount(_address(seed, i), i, i << 100, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        }
        bytes32 root = state.root();
        for (uint256 i = 0; i < 2 * count; ++i) {
            address account = _address(seed, i);
            bytes[] memory nodes = state.proveAccount(account);
            assertTrue(proofs.isAbsent(root, account, nodes) == (i >= count), "absent");
            assertTrue(!proofs.isAbsent(root, account, _cut(nodes)), "cut");
            assertTrue(!proofs.isAbsent(keccak256("another"), account, nodes), "of another state");
            if (i >= count) continue;
            StateProof.Account memory found = proofs.accountOf(root, account, nodes);
            assertEq(found.nonce, i, "nonce");
            assertEq(found.balance, i << 100, "balance");
            assertEq(found.storageRoot, StateTrie.EMPTY_ROOT, "storage");
            assertEq(found.codeHash, StateTrie.NO_CODE, "code");
            // Nor do another's nodes prove that it isn't there.
            assertTrue(!proofs.isAbsent(root, account, state.proveAccount(_address(seed, i + 1))), "another's");
        }
    }

    function testFuzz_what_is_not_there_has_no_account(uint256 seed, uint256 count) external {
        count = count % MOST + 1;
        StateTrie.Trie memory state = StateTrie.make(MOST);
        for (uint256 i = 0; i < count; ++i) {
            state.addAccount(_address(seed, i), i, 1, StateTrie.EMPTY_ROOT, StateTrie.NO_CODE);
        }
        (bytes32 root, address account) = (state.root(), _address(seed, count));
        bytes[] memory nodes = state.proveAccount(account);
        vm.expectRevert();
        proofs.accountOf(root, account, nodes);
    }

    function testFuzz_a_word_is_proved(uint256 seed, uint256 count) external {
        count = count % MOST + 1;
        StateTrie.Trie memory words = StateTrie.make(MOST);
        for (uint256 i = 0; i < count; ++i) {
            // Small ones lie in their parents.
            words.addWord(bytes32(seed ^ i), i % 2 == 0 ? i + 1 : ~i);
        }
        bytes32 root = words.root();
        for (uint256 i = 0; i < count; ++i) {
            bytes32 slot = bytes32(seed ^ i);
            assertEq(proofs.wordOf(root, slot, words.proveWord(slot)), i % 2 == 0 ? i + 1 : ~i, "word");
        }
        bytes[] memory nodes = words.proveWord(bytes32(~seed));
        vm.expectRevert();
        proofs.wordOf(root, bytes32(~seed), nodes);
    }

    function test_nothing_is_proved_by_nothing() external {
        bytes[] memory nodes = new bytes[](0);
        assertTrue(!proofs.isAbsent(StateTrie.EMPTY_ROOT, address(1), nodes), "an empty state is no rollup's");
        vm.expectRevert(
            abi.encodeWithSelector(TrieProof.TrieProofTraversalError.selector, TrieProof.ProofError.INVALID_PROOF)
        );
        proofs.accountOf(StateTrie.EMPTY_ROOT, address(1), nodes);
    }

    /// @dev What a verifier took may be no trie at all.
    function testFuzz_any_nodes_end_in_order(bytes[] calldata nodes, address account) external view {
        bytes32 root = nodes.length == 0 ? bytes32(0) : keccak256(nodes[0]);
        try proofs.isAbsent(root, account, nodes) {} catch {}
        try proofs.accountOf(root, account, nodes) {} catch {}
    }

    function _address(uint256 seed, uint256 i) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(seed, i)))));
    }

    function _cut(bytes[] memory nodes) private pure returns (bytes[] memory cut) {
        cut = new bytes[](nodes.length - 1);
        for (uint256 i = 0; i < cut.length; ++i) {
            cut[i] = nodes[i];
        }
    }
}
