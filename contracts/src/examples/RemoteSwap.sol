// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {ISwapper} from "./Swapper.sol";

/// @title Takes a token as payment, on L1
contract Shop {
    event Bought(address indexed buyer, address indexed token, uint256 amount);

    mapping(address buyer => mapping(address token => uint256)) public spent;

    function buy(IERC20 token, uint256 amount) external returns (uint256 total) {
        require(token.transferFrom(msg.sender, address(this), amount));
        emit Bought(msg.sender, address(token), amount);
        return spent[msg.sender][address(token)] += amount;
    }
}

/// @title Story 1: on L1, sell a token in a rollup's pool, and spend what it bought on L1, in one go
contract RemoteSwap {
    /// @param tokenIn,tokenOut Tokens here, on L1; both live here.
    /// @param swapper,pair,remoteTokenOut On the rollup.
    struct Order {
        address tokenIn;
        uint256 amountIn;
        address tokenOut;
        uint256 minOut;
        uint256 chainId;
        address swapper;
        address pair;
        address remoteTokenOut;
        Shop shop;
    }

    IScopedCallableExtension private immutable SCOPED_CALLABLE;
    ITokenBridge private immutable BRIDGE;

    constructor(IScopedCallableExtension scopedCallable, ITokenBridge bridge) {
        (SCOPED_CALLABLE, BRIDGE) = (scopedCallable, bridge);
    }

    /// @notice Takes `amountIn` of the caller by allowance.
    function swapAndSpend(Order calldata order) external returns (uint256 spent) {
        require(IERC20(order.tokenIn).transferFrom(msg.sender, address(this), order.amountIn));
        IERC20(order.tokenIn).approve(address(BRIDGE), order.amountIn);
        address remoteTokenIn = BRIDGE.send(order.tokenIn, order.chainId, order.swapper, order.amountIn);

        ISwapper swapper = ISwapper(SCOPED_CALLABLE.deployAlias(order.chainId, order.swapper));
        uint256 bought = swapper.swapAndSend(
            order.pair, remoteTokenIn, order.amountIn, order.remoteTokenOut, order.minOut, block.chainid, address(this)
        );

        // The bridge has called back in between: the tokens are here.
        IERC20(order.tokenOut).approve(address(order.shop), bought);
        return order.shop.buy(IERC20(order.tokenOut), bought);
    }
}
