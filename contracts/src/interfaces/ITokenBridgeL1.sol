// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "./ISettlement.sol";
import {ITokenBridge} from "./ITokenBridge.sol";

/// @title L1's bridge, through which tokens come to a rollup and back without its builder
interface ITokenBridgeL1 is ITokenBridge {
    /// @notice Only {IRollupExit} may.
    error OnlyExits(address caller);
    /// @notice The transaction pays less than the forced queue takes.
    error FeeTooLow(uint256 value, uint256 fee);
    /// @notice The caller did not take back what it paid too much.
    error RestRefused(address caller);
    /// @notice Nobody gets bridged tokens at address 0.
    error NoReceiver();
    /// @notice A deposit is of a token of L1; this one is of another chain.
    error NotAtHome(address token);
    /// @notice No such deposit, or it was refunded.
    error UnknownDeposit(uint256 chainId, uint256 index);
    /// @notice The rollup is not closed, or has taken the deposit.
    error NotRefundable(uint256 chainId, uint256 index);

    /// @param index Of the entry in the rollup's forced queue.
    event TokensDeposited(
        uint256 indexed chainId,
        uint256 indexed index,
        address indexed depositor,
        address token,
        address to,
        uint256 amount
    );

    /// @notice Locks tokens of the caller, taken by allowance, and has the rollup mint them to `to`: by an entry in its forced queue, which
    ///         no builder can leave out.
    /// @dev `msg.value` pays the queue's fee, {depositFeeOf}; the rest goes back.
    /// @return index Of the entry.
    function deposit(address token, uint256 chainId, address to, uint256 amount)
        external
        payable
        returns (uint256 index);

    /// @notice Returns the fee of a deposit in this block, in wei. Every entry before it raises it: pay some more.
    function depositFeeOf(address token, uint256 chainId) external view returns (uint256);

    /// @notice Gives back a deposit that a closed rollup never took. Anyone may, for the depositor.
    function refundDeposit(uint256 chainId, uint256 index, address depositor, address token, uint256 amount) external;

    /// @notice Releases what was locked for a closed rollup. {IRollupExit} only, which has seen the proof.
    function exit(uint256 chainId, address token, address to, uint256 amount) external;

    /// @notice Returns the settlement contract.
    function settlement() external view returns (ISettlement);
}
