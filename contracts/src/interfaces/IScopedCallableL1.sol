// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableExtension} from "./IScopedCallableExtension.sol";

/// @title ScopedCallable on L1, which holds the escrowed ETH of all rollups
interface IScopedCallableL1 is IScopedCallableExtension {
    /// @notice The receiver refused its ETH.
    error PaymentFailed(address to);

    /// @notice Makes a new rollup known, and takes its genesis ETH into escrow. Settlement only.
    function addRollup(uint256 chainId) external payable;

    /// @notice Has a rollup that is closed unknown from here on; its escrow stays. Settlement only.
    function forget(uint256 chainId) external;

    /// @notice Takes ETH in: a deposit that its rollup has not taken yet. Settlement only.
    function lock() external payable;

    /// @notice Pays ETH out, with an empty call. Settlement only.
    function withdraw(address to, uint256 amount) external;
}
