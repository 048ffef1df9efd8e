// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {ISwapper} from "./Swapper.sol";
import {IUniswapV2Pair, UniswapV2} from "./UniswapV2.sol";

/// @title Story 3: buys in this rollup's pool, sells in another one's, in one transaction here
contract Arbitrage {
    /// @notice The other pool doesn't give more than it takes.
    error NoProfit(uint256 amountIn, uint256 amountBack);

    event Profit(uint256 amountIn, uint256 bought, uint256 amountBack);

    /// @param money,goods Tokens here.
    /// @param pair Pool here.
    /// @param chainId,swapper,remotePair,remoteMoney,remoteGoods The other rollup and its side.
    struct Route {
        address money;
        address goods;
        address pair;
        uint256 chainId;
        address swapper;
        address remotePair;
        address remoteMoney;
        address remoteGoods;
    }

    IScopedCallableExtension private immutable SCOPED_CALLABLE;
    ITokenBridge private immutable BRIDGE;

    constructor(IScopedCallableExtension scopedCallable, ITokenBridge bridge) {
        (SCOPED_CALLABLE, BRIDGE) = (scopedCallable, bridge);
    }

    /// @notice Takes `amountIn` money of the caller by allowance, and gives all of it back with the profit.
    function run(Route calldata route, uint256 amountIn) external returns (uint256 amountBack) {
        ISwapper remote = ISwapper(SCOPED_CALLABLE.deployAlias(route.chainId, route.swapper));
        uint256 bought = UniswapV2.quote(IUniswapV2Pair(route.pair), route.money, amountIn);
        amountBack = remote.quote(route.remotePair, route.remoteGoods, bought);
        if (amountBack <= amountIn) revert NoProfit(amountIn, amountBack);

        require(IERC20(route.money).transferFrom(msg.sender, address(this), amountIn));
        UniswapV2.swap(IUniswapV2Pair(route.pair), route.money, amountIn, address(this));
        IERC20(route.goods).approve(address(BRIDGE), bought);
        BRIDGE.send(route.goods, route.chainId, route.swapper, bought);
        amountBack = remote.swapAndSend(
            route.remotePair, route.remoteGoods, bought, route.remoteMoney, amountIn + 1, block.chainid, msg.sender
        );
        emit Profit(amountIn, bought, amountBack);
    }
}
