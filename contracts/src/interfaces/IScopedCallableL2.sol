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
    /// @notice The chain is not known, or is L1; or the list is not ascending.
    error CannotRemoveChain(uint256 chainId);
    /// @notice The forced queue is at this position already, or behind it.
    error CannotTakeForced(uint256 position);

    /// @notice The account declared that transactions to it are roots.
    event EntryDeclared(address indexed account);
    /// @notice A chain is known from here on.
    event ChainAdded(uint256 indexed chainId);
    /// @notice A chain that L1 has closed is not known any more.
    event ChainRemoved(uint256 indexed chainId);
    /// @notice The predeploy's code is another one from the next transaction on.
    event Upgraded(bytes32 codeHash);
    /// @notice The entries of the forced queue below `position` are taken.
    event ForcedTaken(uint256 position);
    /// @notice A deposit was minted.
    /// @param index Its place in the forced queue.
    /// @param from Who made it on L1.
    /// @param success Of the call that `from`'s alias made. If it failed, the value is with that alias.
    event Deposited(uint256 indexed index, address indexed from, address indexed to, uint256 value, bool success);

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

    /// @notice Makes chains unknown: those that L1 closed between the L1 origins of the block before and of this one (§12).
    /// @dev Loader only, by a system transaction that derivation demands.
    /// @param chainIds Strictly ascending.
    function removeChains(uint256[] calldata chainIds) external;

    /// @notice Announces the code that the predeploy has from the next transaction on (§12).
    /// @dev Loader only, by a system transaction that derivation demands. The state transition puts the code there.
    function upgrade(bytes calldata code) external;

    /// @notice Moves the position in the forced queue; the entries below it that were not taken before follow at once (§12).
    /// @dev Loader only, by a system transaction that derivation demands.
    function takeForced(uint256 position) external;

    /// @notice Mints a deposit, and has the alias of the L1 account that made it call `to` with it (§12).
    /// @dev Loader only, by a system transaction that derivation itself makes, with gas that suffices. Never reverts: if the call
    ///      fails, or may not be made (§2), the value goes to the alias.
    /// @param gasLimit What `to` gets, exactly; with value, the EVM's 2,300 more.
    function deposit(uint256 index, address from, address to, uint256 value, uint256 gasLimit, bytes calldata data)
        external;

    /// @notice Returns the index of the first entry of the forced queue that is not taken.
    function forcedQueuePosition() external view returns (uint256);
}
