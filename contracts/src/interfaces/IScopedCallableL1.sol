// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableExtension} from "./IScopedCallableExtension.sol";

/// @title ScopedCallable on L1, which holds the escrowed ETH of all rollups
interface IScopedCallableL1 is IScopedCallableExtension {
    /// @notice Makes a new rollup known, and takes its genesis ETH into escrow. Settlement only.
    function addRollup(uint256 chainId) external payable;
}
