// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {BridgedToken} from "../src/bridge/BridgedToken.sol";
import {TokenBridge} from "../src/bridge/TokenBridge.sol";
import {ITokenBridge} from "../src/interfaces/ITokenBridge.sol";
import {Request} from "../src/interfaces/ScopeTypes.sol";
import {Plan} from "./utils/Plan.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";

contract Coin is ERC20("Coin", "COIN") {
    constructor() {
        _mint(msg.sender, 1000);
    }
}

/// @dev Keeps one unit of every transfer.
contract Toll is ERC20("Toll", "TOLL") {
    constructor() {
        _mint(msg.sender, 1000);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0)) super._update(to, address(this), 1);
    }
}

/// @title The token bridge
contract BridgeTest is ScopeWorld {
    mapping(uint256 chainId => TokenBridge) private bridge;
    Coin private coin;

    function setUp() external {
        makeScopeWorld();
        uint256[3] memory chains = [L1, A, B];
        for (uint256 i = 0; i < 3; ++i) {
            on(chains[i]);
            bridge[chains[i]] = new TokenBridge(sc[chains[i]], address(this));
        }
        for (uint256 i = 0; i < 3; ++i) {
            on(chains[i]);
            for (uint256 j = 0; j < 3; ++j) {
                if (i != j) bridge[chains[i]].connect(chains[j], address(bridge[chains[j]]));
            }
        }
        coin = new Coin();
    }

    function _aliasOfBridge(uint256 chainId, uint256 remote) private returns (address) {
        on(chainId);
        return sc[chainId].aliasOf(remote, address(bridge[remote]));
    }

    /// @dev As if the coin's home, B, had sent it: what the bridge does with a call of its peer.
    function _mintOnA(uint256 amount) private returns (BridgedToken) {
        address peer = _aliasOfBridge(A, B);
        vm.prank(peer);
        return BridgedToken(bridge[A].mint(address(coin), "Coin", "COIN", 6, address(this), amount));
    }

    function _bridgeAsks(Plan plan, uint256 source, uint256 target, uint256 gasLimit, bytes memory data)
        private
        returns (Request memory)
    {
        return plan.asks(source, address(bridge[source]), target, address(bridge[target]), 0, gasLimit, data);
    }

    function test_a_bridged_token_is_what_it_is_at_home() external {
        BridgedToken token = _mintOnA(10);
        assertEq(bytes(token.name()), "Coin", "name");
        assertEq(bytes(token.symbol()), "COIN", "symbol");
        assertEq(token.decimals(), 6, "decimals");
        assertEq(token.identity().homeChainId, B, "home chain");
        assertEq(token.identity().homeToken, address(coin), "home token");
        assertEq(token.balanceOf(address(this)), 10, "minted");
        assertEq(address(_mintOnA(5)), address(token), "one token for one home");
        assertEq(bridge[A].bridgedToken(B, address(coin)), address(token), "known");
        assertEq(token.totalSupply(), 15, "all");
    }

    function test_the_same_address_on_two_chains_is_two_tokens() external {
        BridgedToken ofB = _mintOnA(1);
        address peer = _aliasOfBridge(A, L1);
        vm.prank(peer);
        address ofL1 = bridge[A].mint(address(coin), "Coin", "COIN", 18, address(this), 1);
        assertTrue(ofL1 != address(ofB), "a bad chain can't speak for another");
    }

    function test_between_two_chains_through_the_home() external {
        // L1 to A, then A to B in a root of A: B's bridge hears from L1's only.
        bytes memory mint = abi.encodeCall(ITokenBridge.mint, (address(coin), "Coin", "COIN", 18, address(this), 100));
        address onA = _create(address(bridge[A]));
        address onB = _create(address(bridge[B]));
        coin.approve(address(bridge[L1]), 100);
        open(L1, A, B);
        Plan plan = addRollupRoot(L1, "fund");
        plan.answers(_bridgeAsks(plan, L1, A, 2_000_000, mint), true, abi.encode(onA));
        serve(plan, A);
        load(plan, L1);
        on(L1);
        assertEq(bridge[L1].send(address(coin), A, address(this), 100), onA, "the token on A");
        close(L1);

        beginBatches();
        plan = addRollupRoot(A, "move");
        Request memory move = _bridgeAsks(
            plan, A, L1, 2_000_000, abi.encodeCall(ITokenBridge.move, (address(coin), B, address(this), 40))
        );
        mint = abi.encodeCall(ITokenBridge.mint, (address(coin), "Coin", "COIN", 18, address(this), 40));
        plan.answers(_bridgeAsks(plan, L1, B, 1_000_000, mint), true, abi.encode(onB));
        plan.answers(move, true, abi.encode(onB));
        serve(plan, B);
        load(plan, A);
        on(A);
        assertEq(bridge[A].send(onA, B, address(this), 40), onB, "the token on B");
        close(A);
        settle(makeScope());
        assertEq(BridgedToken(onA).totalSupply(), 60, "left on A");
        assertEq(BridgedToken(onB).balanceOf(address(this)), 40, "come to B");
        assertEq(bridge[L1].locked(address(coin), A), 60, "locked for A");
        assertEq(bridge[L1].locked(address(coin), B), 40, "locked for B");
        assertEq(coin.balanceOf(address(bridge[L1])), 100, "all of it");
    }

    /// @dev A bridge creates its token implementation first, then this.
    function _create(address creator) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", creator, uint8(2))))));
    }

    function test_refuses_strangers() external {
        bytes memory refusal = abi.encodeWithSelector(ITokenBridge.OnlyRemoteBridge.selector, address(this));
        on(A);
        vm.expectRevert(refusal);
        bridge[A].mint(address(coin), "", "", 0, address(this), 1);
        vm.expectRevert(refusal);
        bridge[A].release(address(coin), address(this), 1);
        vm.expectRevert(refusal);
        bridge[A].move(address(coin), B, address(this), 1);
        BridgedToken token = _mintOnA(1);
        vm.expectRevert(abi.encodeWithSelector(BridgedToken.OnlyBridge.selector, address(this)));
        token.mint(address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(BridgedToken.OnlyBridge.selector, address(this)));
        token.burn(address(this), 1);
    }

    function test_releases_no_more_than_it_locked_for_the_chain() external {
        coin.transfer(address(bridge[A]), 100); // somebody else's
        address peer = _aliasOfBridge(A, B);
        bytes memory refusal = abi.encodeWithSelector(ITokenBridge.NotEnoughLocked.selector, B, address(coin), 1);
        vm.expectRevert(refusal);
        vm.prank(peer);
        bridge[A].release(address(coin), address(this), 1);
        vm.expectRevert(refusal);
        vm.prank(peer);
        bridge[A].move(address(coin), L1, address(this), 1);
    }

    function test_refuses_tokens_that_take_a_fee() external {
        Toll toll = new Toll();
        toll.approve(address(bridge[A]), 10);
        on(A);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.WrongAmountReceived.selector, toll, 9, 10));
        bridge[A].send(address(toll), B, address(this), 10);
    }

    function test_connects_each_chain_once() external {
        on(A);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.CannotConnect.selector, B));
        bridge[A].connect(B, address(this));
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.CannotConnect.selector, A));
        bridge[A].connect(A, address(this));
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", user));
        vm.prank(user);
        bridge[A].connect(7, address(this));
        coin.approve(address(bridge[A]), 1);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.NotConnected.selector, 7));
        bridge[A].send(address(coin), 7, address(this), 1);
    }
}
