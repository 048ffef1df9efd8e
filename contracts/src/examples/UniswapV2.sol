// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The part of a Uniswap V2 pair that we use
interface IUniswapV2Pair {
    function token0() external view returns (address);
    function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast);
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// @title Swaps against a pair directly
library UniswapV2 {
    /// @notice Returns the amount that `amountIn` buys: x * y = k, with 0.3 % of the input as fee.
    function quote(IUniswapV2Pair pair, address tokenIn, uint256 amountIn) internal view returns (uint256 amountOut) {
        (uint256 reserveIn, uint256 reserveOut,) = pair.getReserves();
        if (pair.token0() != tokenIn) (reserveIn, reserveOut) = (reserveOut, reserveIn);
        uint256 net = amountIn * 997;
        return net * reserveOut / (reserveIn * 1000 + net);
    }

    /// @notice Swaps tokens that this contract holds.
    function swap(IUniswapV2Pair pair, address tokenIn, uint256 amountIn, address to)
        internal
        returns (uint256 amountOut)
    {
        amountOut = quote(pair, tokenIn, amountIn);
        require(IERC20(tokenIn).transfer(address(pair), amountIn));
        if (pair.token0() == tokenIn) pair.swap(0, amountOut, to, "");
        else pair.swap(amountOut, 0, to, "");
    }
}
