// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallableExtension} from "./IScopedCallableExtension.sol";

/// @title ScopedCallable on a rollup, a predeploy at 0x5c09e00000000000000000000000000000000001
interface IScopedCallableL2 is IScopedCallableExtension {
    /// @notice Asking is paused: a frame around the caller called {pauseAsking}. A rule of the state transition says this.
    error AskingPaused();
    /// @notice Only a contract declares itself an entry, and only in its constructor.
    error OnlyInConstruction(address caller);
    /// @notice The chain is this one, known already, or 0 or above 64 bits; or the list is not ascending.
    error CannotAddChain(uint256 chainId);

    /// @notice The account declared that transactions to it are roots.
    event EntryDeclared(address indexed account);
    /// @notice A chain is known from here on.
    event ChainAdded(uint256 indexed chainId);

    /// @notice Declares that every later transaction whose `to` is the caller is a root, marked or not (§12). Never undone.
    /// @dev Only in the caller's construction (a proxy's initialisation is in it, if its constructor runs it; a minimal
    ///      clone has none): else whoever has a contract call for strangers could have it declared.
    function declareEntry() external;

    /// @notice Returns whether `account` declared itself an entry.
    function isEntry(address account) external view returns (bool);

    /// @notice Has scoped calls below the calling frame revert with {AskingPaused} until that frame ends (§12). Its own
    ///         direct ones don't; those that it makes by calling an alias do.
    /// @dev A rule of the state transition: what calls this need not trust whom it calls. Here it does nothing.
    function pauseAsking() external view;

    /// @notice Makes chains known: those whose registration lies between the L1 origins of the block before and of this one (§12).
    /// @dev Loader only, by a system transaction that derivation demands.
    /// @param chainIds Strictly ascending.
    function addChains(uint256[] calldata chainIds) external;
}
