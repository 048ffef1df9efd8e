// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {IUniswapV2Pair, UniswapV2} from "./UniswapV2.sol";

/// @title A swapper as seen from another chain
interface ISwapper {
    /// @notice Reads the pool there as it is at that moment: through an alias this is a static call.
    function quote(address pair, address tokenIn, uint256 amountIn) external view returns (uint256 amountOut);

    /// @notice Swaps tokens that were sent here before, in the same root, and sends what they buy to `to` on `chainId`.
    function swapAndSend(
        address pair,
        address tokenIn,
        uint256 amountIn,
        address tokenOut,
        uint256 minOut,
        uint256 chainId,
        address to
    ) external returns (uint256 amountOut);
}

/// @title Swaps for contracts of other chains (stories 1 and 3)
/// @dev It owns nothing between roots: whoever sends it tokens has them swapped in the same root.
contract Swapper is ISwapper {
    /// @notice The pool gives less than asked for.
    error TooLittleOut(uint256 amountOut, uint256 minOut);

    ITokenBridge private immutable BRIDGE;

    constructor(ITokenBridge bridge) {
        BRIDGE = bridge;
    }

    /// @inheritdoc ISwapper
    function quote(address pair, address tokenIn, uint256 amountIn) external view returns (uint256 amountOut) {
        return UniswapV2.quote(IUniswapV2Pair(pair), tokenIn, amountIn);
    }

    /// @inheritdoc ISwapper
    function swapAndSend(
        address pair,
        address tokenIn,
        uint256 amountIn,
        address tokenOut,
        uint256 minOut,
        uint256 chainId,
        address to
    ) external returns (uint256 amountOut) {
        amountOut = UniswapV2.swap(IUniswapV2Pair(pair), tokenIn, amountIn, address(this));
        if (amountOut < minOut) revert TooLittleOut(amountOut, minOut);
        IERC20(tokenOut).approve(address(BRIDGE), amountOut);
        BRIDGE.send(tokenOut, chainId, to, amountOut);
    }
}
