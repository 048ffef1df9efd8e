// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {TokenBridge} from "../../src/bridge/TokenBridge.sol";
import {Arbitrage} from "../../src/examples/Arbitrage.sol";
import {Answerer, Asker} from "../../src/examples/Conversation.sol";
import {Courier} from "../../src/examples/Courier.sol";
import {Persistent, Refuser} from "../../src/examples/Refusal.sol";
import {RemoteSwap, Shop} from "../../src/examples/RemoteSwap.sol";
import {Swapper} from "../../src/examples/Swapper.sol";
import {IScopedAccount, Operation} from "../../src/interfaces/IScopedAccount.sol";
import {ITokenBridge} from "../../src/interfaces/ITokenBridge.sol";
import {Request, RootContext} from "../../src/interfaces/ScopeTypes.sol";
import {Plan} from "./Plan.sol";
import {ScopeWorld} from "./ScopeWorld.sol";

contract Coin is ERC20 {
    constructor(string memory name, string memory symbol) ERC20(name, symbol) {
        _mint(msg.sender, 1_000_000 ether);
    }
}

interface IUniswapV2Factory {
    function createPair(address tokenA, address tokenB) external returns (address pair);
}

interface IUniswapV2Liquidity {
    function mint(address to) external returns (uint256 liquidity);
}

/// @title The contracts of the five stories on three chains, and each story's plan by hand
/// @notice Gold and silver live on L1, money and goods on A. Pools: gold and silver on A, money and goods on A and on B.
abstract contract StoryWorld is ScopeWorld {
    uint256 internal constant ALIAS_GAS = 2_000_000;

    mapping(uint256 chainId => TokenBridge) internal bridge;
    mapping(uint256 chainId => Courier) internal courier;
    Coin internal gold;
    Coin internal silver;
    Coin internal money;
    Coin internal goods;
    address internal goldOnA;
    address internal silverOnA;
    address internal moneyOnB;
    address internal goodsOnB;
    address internal metalPool;
    address internal poolOnA;
    address internal poolOnB;
    mapping(uint256 chainId => Swapper) internal swapper;
    RemoteSwap internal remoteSwap;
    Shop internal shop;
    Asker internal asker;
    Answerer internal answerer;
    Arbitrage internal arbitrage;
    Persistent internal persistent;
    Refuser internal refuser;

    /// @dev Roots before the stories' own scopes, to fund the pools.
    uint256 private _fundings;

    function makeStoryWorld() internal {
        makeScopeWorld();
        uint256[3] memory chains = [L1, A, B];
        for (uint256 i = 0; i < 3; ++i) {
            on(chains[i]);
            bridge[chains[i]] = new TokenBridge(sc[chains[i]], address(this));
            courier[chains[i]] = new Courier(sc[chains[i]]);
            swapper[chains[i]] = new Swapper(bridge[chains[i]]);
        }
        for (uint256 i = 0; i < 3; ++i) {
            on(chains[i]);
            for (uint256 j = 0; j < 3; ++j) {
                if (i != j) bridge[chains[i]].connect(chains[j], address(bridge[chains[j]]));
            }
        }
        (gold, silver) = (new Coin("Gold", "GOLD"), new Coin("Silver", "SILVER"));
        (money, goods) = (new Coin("Money", "MONEY"), new Coin("Goods", "GOODS"));
        (remoteSwap, shop) = (new RemoteSwap(sc[L1], bridge[L1]), new Shop());
        (asker, answerer) = (new Asker(sc[A]), new Answerer());
        arbitrage = new Arbitrage(sc[A], bridge[A]);
        (persistent, refuser) = (new Persistent(sc[A]), new Refuser());

        goldOnA = _fund(L1, gold, A, 1000 ether, 2);
        silverOnA = _fund(L1, silver, A, 2000 ether, 3);
        moneyOnB = _fund(A, money, B, 4000 ether, 2);
        goodsOnB = _fund(A, goods, B, 1000 ether, 3);
        metalPool = _pool(A, goldOnA, 1000 ether, silverOnA, 2000 ether);
        poolOnA = _pool(A, address(money), 2000 ether, address(goods), 1000 ether);
        poolOnB = _pool(B, moneyOnB, 4000 ether, goodsOnB, 1000 ether);

        gold.transfer(user, 100 ether);
        money.transfer(user, 10 ether);
        vm.deal(user, 100 ether);
        beginBatches();
    }

    // ---- the stories ------------------------------------------------------------------------------------------------------------

    /// @dev The operation, and the order in it.
    function swapOperation() internal view returns (Operation memory operation) {
        RemoteSwap.Order memory order = RemoteSwap.Order({
            tokenIn: address(gold),
            amountIn: 100 ether,
            tokenOut: address(silver),
            minOut: 150 ether,
            chainId: A,
            swapper: address(swapper[A]),
            pair: metalPool,
            remoteTokenOut: silverOnA,
            shop: shop
        });
        IScopedAccount.Call[] memory calls = new IScopedAccount.Call[](2);
        calls[0] =
            IScopedAccount.Call(address(gold), 0, abi.encodeCall(IERC20.approve, (address(remoteSwap), 100 ether)));
        calls[1] = IScopedAccount.Call(address(remoteSwap), 0, abi.encodeCall(RemoteSwap.swapAndSpend, (order)));
        return operationOf(user, abi.encodeCall(IScopedAccount.executeBatch, (calls)));
    }

    /// @dev What 100 gold buy of silver.
    function silverBought() internal pure returns (uint256) {
        return _bought(100 ether, 1000 ether, 2000 ether);
    }

    function story1() internal returns (Plan plan) {
        plan = addOperationRoot(swapOperation());
        planOfStory1(plan);
        serve(plan, A);
    }

    function planOfStory1(Plan plan) internal {
        Request memory q = plan.asks(
            L1,
            address(bridge[L1]),
            A,
            address(bridge[A]),
            0,
            ALIAS_GAS,
            abi.encodeCall(ITokenBridge.mint, (address(gold), "Gold", "GOLD", 18, address(swapper[A]), 100 ether))
        );
        plan.answers(q, true, abi.encode(goldOnA));
        q = plan.asks(
            L1,
            address(remoteSwap),
            A,
            address(swapper[A]),
            0,
            ALIAS_GAS,
            abi.encodeCall(
                Swapper.swapAndSend, (metalPool, goldOnA, 100 ether, silverOnA, 150 ether, L1, address(remoteSwap))
            )
        );
        Request memory back = plan.asks(
            A,
            address(bridge[A]),
            L1,
            address(bridge[L1]),
            0,
            ALIAS_GAS / 2,
            abi.encodeCall(ITokenBridge.release, (address(silver), address(remoteSwap), silverBought()))
        );
        plan.answers(back, true, abi.encode(silver));
        plan.answers(q, true, abi.encode(silverBought()));
    }

    function story2() internal returns (Plan plan) {
        plan = addRollupRoot(A, "story 2");
        Request memory q =
            plan.asks(A, address(asker), L1, address(answerer), 0, ALIAS_GAS, abi.encodeCall(Answerer.answer, (7)));
        Request memory back =
            plan.asks(L1, address(answerer), A, address(asker), 0, ALIAS_GAS / 2, abi.encodeCall(Asker.reveal, ()));
        plan.answers(back, true, abi.encode(Asker.Phase.Waiting, 6));
        plan.answers(q, true, abi.encode(42));

        load(plan, A);
        vm.prank(user);
        assertEq(asker.ask(L1, address(answerer), 6), 42, "story 2: the answer");
        close(A);
    }

    function goodsBought() internal pure returns (uint256) {
        return _bought(10 ether, 2000 ether, 1000 ether);
    }

    function moneyBack() internal pure returns (uint256) {
        return _bought(goodsBought(), 1000 ether, 4000 ether);
    }

    function story3() internal returns (Plan plan) {
        plan = addRollupRoot(A, "story 3");
        address there = address(swapper[B]);
        plan.looks(
            A,
            address(arbitrage),
            B,
            there,
            ALIAS_GAS,
            abi.encodeCall(Swapper.quote, (poolOnB, goodsOnB, goodsBought())),
            abi.encode(moneyBack())
        );
        Request memory q = plan.asks(
            A,
            address(bridge[A]),
            B,
            address(bridge[B]),
            0,
            ALIAS_GAS,
            abi.encodeCall(ITokenBridge.mint, (address(goods), "Goods", "GOODS", 18, there, goodsBought()))
        );
        plan.answers(q, true, abi.encode(goodsOnB));
        q = plan.asks(
            A,
            address(arbitrage),
            B,
            there,
            0,
            ALIAS_GAS,
            abi.encodeCall(Swapper.swapAndSend, (poolOnB, goodsOnB, goodsBought(), moneyOnB, 10 ether + 1, A, user))
        );
        Request memory back = plan.asks(
            B,
            address(bridge[B]),
            A,
            address(bridge[A]),
            0,
            ALIAS_GAS / 2,
            abi.encodeCall(ITokenBridge.release, (address(money), user, moneyBack()))
        );
        plan.answers(back, true, abi.encode(money));
        plan.answers(q, true, abi.encode(moneyBack()));

        serve(plan, B);
        on(A);
        vm.prank(user);
        money.approve(address(arbitrage), 10 ether);
        load(plan, A);
        vm.prank(user);
        uint256 back_ = arbitrage.run(
            Arbitrage.Route(address(money), address(goods), poolOnA, B, there, poolOnB, moneyOnB, goodsOnB), 10 ether
        );
        close(A);
        assertEq(back_, moneyBack(), "story 3: what the arbitrage gave");
    }

    function story4() internal returns (Plan plan) {
        plan = addRollupRoot(A, "story 4");
        Courier.Stop[] memory stops = new Courier.Stop[](3);
        stops[0] = Courier.Stop(B, address(courier[B]), 1_500_000, 6 ether);
        stops[1] = Courier.Stop(L1, address(courier[L1]), 1_000_000, 4 ether);
        stops[2] = Courier.Stop(A, address(courier[A]), 500_000, 3 ether);
        Request[3] memory asked;
        uint256 source = A;
        for (uint256 i = 0; i < 3; ++i) {
            Courier.Stop[] memory ahead = new Courier.Stop[](2 - i);
            for (uint256 j = 0; j < ahead.length; ++j) {
                ahead[j] = stops[i + 1 + j];
            }
            asked[i] = plan.asks(
                source,
                address(courier[source]),
                stops[i].chainId,
                stops[i].courier,
                stops[i].value,
                stops[i].gasLimit,
                abi.encodeCall(Courier.carry, (ahead))
            );
            source = stops[i].chainId;
        }
        for (uint256 i = 3; i > 0; --i) {
            plan.answers(asked[i - 1], true, abi.encode(stops[i - 1].value));
        }

        serve(plan, B);
        load(plan, A);
        vm.prank(user);
        assertEq(courier[A].carry{value: 10 ether}(stops), 10 ether, "story 4: all accounted for");
        close(A);
    }

    function story5() internal returns (Plan plan) {
        plan = addRollupRoot(A, "story 5");
        Plan.Baton memory before = plan.baton();
        plan.answersInVain(_refuse(plan, 1, 1 ether, ALIAS_GAS), false, _refused(1, 1 ether));
        plan.rollsBack(before);
        plan.answers(_refuse(plan, 2, 0, 200_000), false, _refused(2, 0));
        before = plan.baton();
        plan.answersInVain(_refuse(plan, 3, 1 ether, 200_000), false, _refused(3, 1 ether));
        plan.rollsBack(before);
        Request memory q = plan.asks(
            A, address(persistent), B, address(refuser), 1 ether, ALIAS_GAS, abi.encodeCall(Refuser.accept, ())
        );
        plan.answers(q, true, abi.encode(1 ether));

        serve(plan, B);
        load(plan, A);
        vm.prank(user);
        assertEq(persistent.insist{value: 1 ether}(B, address(refuser)), 1 ether, "story 5: accepted in the end");
        close(A);
    }

    function _refuse(Plan plan, uint256 attempt, uint256 value, uint256 gasLimit) private returns (Request memory) {
        bytes memory data = abi.encodeCall(Refuser.refuse, (attempt));
        return plan.asks(A, address(persistent), B, address(refuser), value, gasLimit, data);
    }

    function _refused(uint256 attempt, uint256 value) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Refuser.Refused.selector, attempt, value);
    }

    // ---- funding ---------------------------------------------------------------------------------------------------------------------

    /// @dev Uniswap V2: x * y = k, with 0.3 % of the input as fee.
    function _bought(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) private pure returns (uint256) {
        return amountIn * 997 * reserveOut / (reserveIn * 1000 + amountIn * 997);
    }

    /// @dev Sends tokens of this test from their home to another chain; a root of its own.
    /// @param creation How many contracts the other bridge creates up to this token.
    function _fund(uint256 home, Coin token, uint256 target, uint256 amount, uint256 creation)
        private
        returns (address created)
    {
        created = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", bridge[target], uint8(creation))))));
        uint256[] memory targets = new uint256[](1);
        targets[0] = target;
        asLoader(home).openScope(targets);
        targets[0] = home;
        asLoader(target).openScope(targets);
        Plan plan =
            new Plan(L1, address(settlement), RootContext(home, keccak256(abi.encode("funding", ++_fundings)), 0));
        bytes memory data = abi.encodeCall(
            ITokenBridge.mint, (address(token), token.name(), token.symbol(), 18, address(this), amount)
        );
        Request memory q = plan.asks(home, address(bridge[home]), target, address(bridge[target]), 0, ALIAS_GAS, data);
        plan.answers(q, true, abi.encode(created));
        serve(plan, target);
        on(home);
        token.approve(address(bridge[home]), amount);
        load(plan, home);
        bridge[home].send(address(token), target, address(this), amount);
        close(home);
    }

    function _pool(uint256 chainId, address token, uint256 amount, address other, uint256 otherAmount)
        private
        returns (address pair)
    {
        on(chainId);
        bytes memory code = abi.encodePacked(
            vm.parseBytes(
                string.concat(
                    "0x",
                    vm.parseJsonString(
                        vm.readFile("node_modules/@uniswap/v2-core/build/UniswapV2Factory.json"), ".bytecode"
                    )
                )
            ),
            abi.encode(address(0))
        );
        address factory;
        assembly ("memory-safe") {
            factory := create(0, add(code, 0x20), mload(code))
        }
        pair = IUniswapV2Factory(factory).createPair(token, other);
        IERC20(token).transfer(pair, amount);
        IERC20(other).transfer(pair, otherAmount);
        IUniswapV2Liquidity(pair).mint(address(this));
    }
}
