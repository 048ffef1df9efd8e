// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The account that stands on this chain for an account of another one (§9)
/// @notice It has no functions: whatever is sent to it is meant for the account it stands for.
///
/// Called by its ScopedCallable with `to (20 bytes) || gasLimit (32 bytes) || data`, it calls `to` with `gasLimit` (2,300 more with
/// value), the value it got, and `data`, as itself. It returns what the target returned. If the target failed, it reverts with the byte 0 and
/// the target's revert data; if the target can't get its gas, with the byte 1; when it runs out of gas itself, with nothing.
/// So a callee can't pass its failure off as a fault.
///
/// Called by anyone else, it makes a scoped call to the account it stands for, from its caller, with the value it got and
/// {IScopedCallableExtension-aliasGasLimit}; in a static context, a static one. It returns or reverts with what that account did.
interface IAlias {
    fallback() external payable;
}
