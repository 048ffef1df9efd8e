// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The public ABI of SCOPE, as the seed text gives it
/// @notice Signatures and selectors are those of the seed, unchanged. What they mean exactly is protocol.md §2 to §10; what
///         they don't carry is in {IScopedCallableExtension}.
interface IScopedCallable {
    /// @notice A cross-chain function call.
    /// @param to Contract on the target chain.
    /// @param value Wei carried along; equals `msg.value` of the call that asks (§10).
    /// @param gasLimit Gas that the target gets, exactly: never more, never less (§2). For what an alias asks it
    ///        is ignored: the target gets {IScopedCallableExtension-aliasGasLimit}.
    /// @param data Calldata of the target.
    struct ScopedRequest {
        address to;
        uint256 value;
        uint256 gasLimit;
        bytes data;
    }

    /// @notice Calls a contract on another chain and returns what it returned.
    /// @dev A failed callee's revert data bubbles, as a local call's would; the call is then rolled back with this frame.
    /// @param targetChainId Chain that the request executes on.
    /// @param from Account that asks: the caller itself, or, if the caller is the alias of `(targetChainId, request.to)`, the
    ///        alias's own caller (§9).
    /// @param request The call.
    /// @return response Raw return data of the target.
    function scopedCall(uint256 targetChainId, address from, ScopedRequest calldata request)
        external
        payable
        returns (bytes memory response);

    /// @notice Executes a call of another chain. Only ScopedCallable itself calls it, from a record (§6).
    /// @dev What this signature doesn't carry follows the arguments as trailing calldata:
    ///      `abi.encode(uint8 kind, uint256 depth, uint256 variant, Mark[] marks)`, then two words: its length in bytes, and
    ///      `bool still`: this chain waits in a static call, so nothing may be stored (§8).
    ///      The return data of the low-level call are the raw, packed response bytes (§3), without a wrapping.
    /// @param sourceChainId Chain that asks.
    /// @param from Account that asks there.
    /// @param nonce The trace at the moment of the request (§3).
    /// @param request The call.
    function handleScopedCall(uint256 sourceChainId, address from, uint256 nonce, ScopedRequest calldata request)
        external;

    /// @notice Fills in answers of other chains, and folds each into `responsesIn` of its chain.
    /// @dev Loader only, while a root is open; one fill per request. All arrays have the same length.
    /// @param chainIds The chain that answers.
    /// @param reqHashes The request that is answered.
    /// @param responses The raw response bytes.
    function fillResponsesIn(uint256[] calldata chainIds, bytes32[] calldata reqHashes, bytes[] calldata responses)
        external;

    /// @notice Returns the four rolling hashes toward `chainId` in the current scope; an empty stream is `keccak256(bytes32(0))`.
    /// @dev While a root is open, to the loader alone: contracts would else see what a builder loaded (§4).
    function getRollingHashes(uint256 chainId)
        external
        view
        returns (bytes32 requestsOut, bytes32 requestsIn, bytes32 responsesOut, bytes32 responsesIn);
}
