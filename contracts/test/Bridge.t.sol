// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {BridgedToken} from "../src/bridge/BridgedToken.sol";
import {TokenBridge} from "../src/bridge/TokenBridge.sol";
import {ITokenBridge} from "../src/interfaces/ITokenBridge.sol";
import {Request} from "../src/interfaces/ScopeTypes.sol";
import {Bare, Enormous, Hooked, IHolder, Laborious, Rebasing, Surcharge, Toll} from "./utils/OddTokens.sol";
import {Plan} from "./utils/Plan.sol";
import {ScopeWorld} from "./utils/ScopeWorld.sol";

contract Coin is ERC20("Coin", "COIN") {
    constructor() {
        _mint(msg.sender, 1000);
    }
}

/// @dev Answers its token's hooks as it is told to.
contract Holder is IHolder {
    error Refused();

    TokenBridge private immutable BRIDGE;
    IERC20 private immutable TOKEN;

    bool public refuses;
    uint256 public targetChainId;
    uint256 public amountWhenSending;
    uint256 public amountWhenReceived;
    uint256 public kept;

    constructor(TokenBridge bridge, Hooked token) {
        (BRIDGE, TOKEN) = (bridge, token);
        token.approve(address(bridge), type(uint256).max);
        token.tellMe();
    }

    function refuse(bool refuses_) external {
        refuses = refuses_;
    }

    function sendWhenReceived(uint256 chainId, uint256 amount) external {
        (targetChainId, amountWhenReceived) = (chainId, amount);
    }

    function sendWhenSending(uint256 chainId, uint256 amount, uint256 kept_) external {
        (targetChainId, amountWhenSending, kept) = (chainId, amount, kept_);
    }

    function send(uint256 chainId, uint256 amount) public {
        BRIDGE.send(address(TOKEN), chainId, address(this), amount);
    }

    function sending(address, uint256) external returns (uint256) {
        uint256 amount = amountWhenSending;
        if (amount == 0) return 0;
        amountWhenSending = 0;
        send(targetChainId, amount);
        return kept;
    }

    function received(address, uint256) external {
        if (refuses) revert Refused();
        if (amountWhenReceived != 0) send(targetChainId, amountWhenReceived);
    }
}

/// @title The token bridge
contract BridgeTest is ScopeWorld {
    mapping(uint256 chainId => TokenBridge) private bridge;
    /// @dev Those of the rollups' bridges on L1.
    mapping(uint256 chainId => address) private peer;
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
        (peer[A], peer[B]) = (_aliasOfBridge(L1, A), _aliasOfBridge(L1, B));
        coin = new Coin();
    }

    function _aliasOfBridge(uint256 chainId, uint256 remote) private returns (address) {
        on(chainId);
        return sc[chainId].aliasOf(remote, address(bridge[remote]));
    }

    /// @dev As if the coin's home, B, had sent it: what the bridge does with a call of its peer.
    function _mintOnA(uint256 amount) private returns (BridgedToken) {
        address bridgeThere = _aliasOfBridge(A, B);
        vm.prank(bridgeThere);
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
        address bridgeThere = _aliasOfBridge(A, L1);
        vm.prank(bridgeThere);
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
        address bridgeThere = _aliasOfBridge(A, B);
        bytes memory refusal = abi.encodeWithSelector(ITokenBridge.NotEnoughLocked.selector, B, address(coin), 1);
        vm.expectRevert(refusal);
        vm.prank(bridgeThere);
        bridge[A].release(address(coin), address(this), 1);
        vm.expectRevert(refusal);
        vm.prank(bridgeThere);
        bridge[A].move(address(coin), L1, address(this), 1);
    }

    function test_refuses_tokens_that_take_a_fee() external {
        Toll toll = new Toll();
        toll.approve(address(bridge[A]), 10);
        on(A);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.WrongAmountReceived.selector, toll, 9, 10));
        bridge[A].send(address(toll), B, address(this), 10);
    }

    // ---- odd tokens, at home on L1 -----------------------------------------------------------------------------------------------

    /// @dev Whatever L1's bridge has minted on a rollup from here on is.
    function _mintingSucceeds() private {
        for (uint256 chainId = A; chainId <= B; ++chainId) {
            vm.mockCall(peer[chainId], abi.encodePacked(ITokenBridge.mint.selector), abi.encode(address(1)));
        }
        on(L1);
    }

    function _send(IERC20 token, uint256 chainId, uint256 amount) private {
        token.approve(address(bridge[L1]), amount);
        bridge[L1].send(address(token), chainId, address(this), amount);
    }

    function _releaseFor(uint256 chainId, IERC20 token, address to, uint256 amount) private {
        vm.prank(peer[chainId]);
        bridge[L1].release(address(token), to, amount);
    }

    function _refusesAsShort(uint256 chainId, IERC20 token, uint256 amount, uint256 balance, uint256 locked) private {
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.TokenShort.selector, token, balance, locked));
        _releaseFor(chainId, token, address(this), amount);
    }

    function _assertLocked(IERC20 token, uint256 forA, uint256 forB) private view {
        assertEq(bridge[L1].locked(address(token), A), forA, "locked for A");
        assertEq(bridge[L1].locked(address(token), B), forB, "locked for B");
        assertEq(bridge[L1].totalLocked(address(token)), forA + forB, "locked in all");
    }

    function test_no_chain_takes_what_is_anothers_of_a_token_that_shrinks() external {
        _mintingSucceeds();
        Rebasing token = new Rebasing();
        _send(token, A, 500);
        _send(token, B, 300);
        token.rebase(50);
        _refusesAsShort(A, token, 400, 400, 800);
        _refusesAsShort(A, token, 1, 400, 800);
        _refusesAsShort(B, token, 300, 400, 800);
        token.approve(address(bridge[L1]), 1);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.TokenShort.selector, token, 400, 800));
        bridge[L1].send(address(token), A, address(this), 1);
        _assertLocked(token, 500, 300);

        token.rebase(100); // or somebody gives what is missing
        _releaseFor(A, token, address(this), 500);
        _releaseFor(B, token, address(this), 300);
        _assertLocked(token, 0, 0);
        assertEq(token.balanceOf(address(this)), 1000, "all is back");
    }

    function test_who_gives_what_is_missing_frees_a_short_token() external {
        _mintingSucceeds();
        Rebasing token = new Rebasing();
        _send(token, A, 400);
        token.rebase(50);
        _refusesAsShort(A, token, 400, 200, 400);
        token.transfer(address(bridge[L1]), 200);
        _releaseFor(A, token, address(this), 400);
        _assertLocked(token, 0, 0);
    }

    function test_a_short_token_still_moves_between_other_chains() external {
        _mintingSucceeds();
        Rebasing token = new Rebasing();
        _send(token, A, 500);
        token.rebase(50);
        vm.prank(peer[A]);
        bridge[L1].move(address(token), B, address(this), 200);
        _assertLocked(token, 300, 200);
        _refusesAsShort(B, token, 200, 250, 500);
    }

    function test_what_a_token_grows_by_is_nobodys() external {
        _mintingSucceeds();
        Rebasing token = new Rebasing();
        _send(token, A, 500);
        token.rebase(200);
        _send(token, B, 300);
        _releaseFor(A, token, address(this), 500);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.NotEnoughLocked.selector, A, token, 1));
        _releaseFor(A, token, address(this), 1);
        _assertLocked(token, 0, 300);
        assertEq(token.balanceOf(address(bridge[L1])), 800, "the surplus stays");
    }

    function test_a_surcharge_is_not_paid_out_of_what_is_locked() external {
        _mintingSucceeds();
        Surcharge token = new Surcharge();
        _send(token, A, 10);
        _refusesAsShort(A, token, 4, 5, 6);
        token.transfer(address(bridge[L1]), 1);
        _releaseFor(A, token, address(this), 4);
        _assertLocked(token, 6, 0);
        assertEq(token.balanceOf(address(bridge[L1])), 6, "all of it");
    }

    function test_refuses_what_is_not_a_token_of_this_chain() external {
        address[3] memory nothing = [aliasOn(L1, A, address(coin)), sc[L1].aliasOf(B, address(coin)), user];
        vm.etch(user, "");
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ITokenBridge.NotAToken.selector, nothing[i]));
            bridge[L1].send(nothing[i], A, address(this), 1);
        }
    }

    function test_a_proxy_as_long_as_an_alias_may_be_a_token() external {
        _mintingSucceeds();
        IERC20 clone = IERC20(Clones.cloneWithImmutableArgs(address(coin), abi.encodePacked(uint256(A), address(coin))));
        assertEq(address(clone).code.length, 97, "its size");
        _send(clone, A, 0);
    }

    function test_a_receiver_that_refuses_stops_its_own_transfer_only() external {
        _mintingSucceeds();
        Hooked token = new Hooked();
        _send(token, A, 100);
        Holder holder = new Holder(bridge[L1], token);
        holder.refuse(true);
        vm.expectRevert(Holder.Refused.selector);
        _releaseFor(A, token, address(holder), 60);
        _assertLocked(token, 100, 0);
        _releaseFor(A, token, address(this), 70);
        holder.refuse(false);
        _releaseFor(A, token, address(holder), 30);
        _assertLocked(token, 0, 0);
    }

    function test_a_failed_mint_leaves_nothing_locked() external {
        _mintingSucceeds();
        Hooked token = new Hooked();
        token.approve(address(bridge[L1]), 100);
        vm.mockCallRevert(peer[B], abi.encodePacked(ITokenBridge.mint.selector), "no");
        vm.expectRevert(bytes("no"));
        bridge[L1].send(address(token), B, address(this), 100);
        _assertLocked(token, 0, 0);
        assertEq(token.balanceOf(address(this)), 1000, "kept");
        _send(token, A, 100);
    }

    function test_a_receiver_may_send_on_in_its_hook() external {
        _mintingSucceeds();
        Hooked token = new Hooked();
        _send(token, A, 100);
        Holder holder = new Holder(bridge[L1], token);
        holder.sendWhenReceived(B, 40);
        _releaseFor(A, token, address(holder), 60);
        _assertLocked(token, 40, 40);
        assertEq(token.balanceOf(address(bridge[L1])), 80, "all of it");
        assertEq(token.balanceOf(address(holder)), 20, "the rest");
    }

    function test_a_sender_may_send_more_in_its_hook() external {
        _mintingSucceeds();
        Hooked token = new Hooked();
        Holder holder = new Holder(bridge[L1], token);
        token.transfer(address(holder), 100);
        holder.sendWhenSending(B, 10, 0);
        holder.send(A, 30);
        _assertLocked(token, 30, 10);
        assertEq(token.balanceOf(address(bridge[L1])), 40, "each is counted once");
    }

    function test_what_a_send_within_a_send_brings_does_not_count_twice() external {
        _mintingSucceeds();
        Hooked token = new Hooked();
        Holder holder = new Holder(bridge[L1], token);
        token.transfer(address(holder), 100);
        token.transfer(address(bridge[L1]), 50); // a surplus, which would hide it
        holder.sendWhenSending(B, 10, 10);
        vm.expectRevert(abi.encodeWithSelector(ITokenBridge.WrongAmountReceived.selector, token, 20, 30));
        holder.send(A, 30);
        _assertLocked(token, 0, 0);
    }

    // ---- what tokens say of themselves -----------------------------------------------------------------------------------------

    /// @dev Sending a unit of the token says this of it.
    function _says(address token, string memory name, string memory symbol, uint8 decimals) private {
        bytes memory mint = abi.encodeCall(ITokenBridge.mint, (token, name, symbol, decimals, address(this), 1));
        vm.mockCallRevert(peer[A], abi.encodePacked(ITokenBridge.mint.selector), "something else");
        vm.mockCall(peer[A], mint, abi.encode(address(1)));
        on(L1);
        bridge[L1].send{gas: 1_000_000}(token, A, address(this), 1);
    }

    function test_a_name_may_be_a_word() external {
        Bare token = new Bare();
        token.tell(IERC20Metadata.name.selector, abi.encode(bytes32("Maker")));
        token.tell(IERC20Metadata.symbol.selector, abi.encode(bytes32("A symbol that is a word, in full")));
        token.tell(IERC20Metadata.decimals.selector, abi.encode(18));
        _says(address(token), "Maker", "A symbol that is a word, in full", 18);
    }

    function test_a_token_without_name_symbol_and_decimals_has_empty_ones_and_0() external {
        _says(address(new Bare()), "", "", 0);
    }

    function test_a_name_that_is_no_string_is_empty() external {
        Bare token = new Bare();
        token.tell(IERC20Metadata.name.selector, "31 bytes are not a name, by far");
        token.tell(IERC20Metadata.symbol.selector, abi.encode(64, 1, "x"));
        token.tell(IERC20Metadata.decimals.selector, "31 bytes are not a number, no..");
        _says(address(token), "", "", 0);
        token.tell(IERC20Metadata.name.selector, abi.encode(""));
        _says(address(token), "", "", 0);
    }

    function test_a_name_is_cut_after_64_bytes() external {
        Enormous token = new Enormous();
        token.approve(address(bridge[L1]), 1);
        _says(
            address(token),
            "an enormous name, more than two words, which is cut after this: ",
            "all that is there, and not more.",
            0
        );
    }

    function test_a_name_that_is_not_UTF8_is_passed_on() external {
        bytes memory name = hex"ff00c328";
        Bare token = new Bare();
        token.tell(IERC20Metadata.name.selector, abi.encode(name));
        _says(address(token), string(name), "", 0);
        address bridgeThere = _aliasOfBridge(A, B);
        vm.prank(bridgeThere);
        BridgedToken there = BridgedToken(bridge[A].mint(address(token), string(name), "", 0, address(this), 1));
        assertEq(bytes(there.name()), name, "the same bytes");
    }

    function test_nobody_takes_a_name_away_by_giving_little_gas() external {
        Laborious token = new Laborious();
        token.approve(address(bridge[L1]), 1000);
        _says(address(token), "Laborious", "ODD", 18);
        // If the name were missing, the mint would not be the one that succeeds.
        for (uint256 gasLimit = 80_000; gasLimit < 400_000; gasLimit += 2_500) {
            try bridge[L1].send{gas: gasLimit}(address(token), A, address(this), 1) {}
            catch (bytes memory reason) {
                assertTrue(bytes32(reason) != bytes32("something else"), "another name");
            }
        }
    }

    function test_a_new_token_with_the_longest_names_fits_an_alias_in_an_alias() external {
        string memory long = "sixty-four bytes of a name, which are as many as any token says:";
        assertEq(bytes(long).length, 64, "the longest");
        address bridgeThere = _aliasOfBridge(A, B);
        vm.prank(bridgeThere);
        address token = bridge[A].mint{gas: 500_000}(address(coin), long, long, 18, address(this), 1);
        assertEq(bytes(BridgedToken(token).symbol()), bytes(long), "all of it");
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
