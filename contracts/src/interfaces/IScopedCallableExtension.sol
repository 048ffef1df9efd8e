// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "./IScopedCallable.sol";
import {Baton, Fill, Limit, Record, Request, RootContext} from "./ScopeTypes.sol";

/// @title The functions that protocol.md adds to the seed's ABI
/// @notice Implemented once and deployed twice: on L1 (transient accumulators, holds the escrowed ETH, its loader is the
///         settlement contract) and on each rollup (accumulators in storage, its loader is the system address).
///
/// A root's life on one chain. On its own chain: `loadRoot`, the user's operation, `closeRoot` (a rollup needs none: the
/// transient storage of the predeploy ends with the user's transaction). On every other chain: `runRoot`, which does it all.
///
/// Order of folds in a load: the fills in the order given, each into `responsesIn` of its chain; then the records in the
/// order given, each into `responsesOut` of its source. Request streams are folded as calls are made and served.
interface IScopedCallableExtension is IScopedCallable {
    // ---- faults (§1): ScopedCallable can't go on. Never the callee's failure; reserved selectors --------------------------
    //
    // In a root's transaction on a rollup a fault makes the block invalid, whatever frame catches it: ScopedCallable calls the
    // abort precompile (0x5c09e00000000000000000000000000000000002), which is there for it alone. On L1 a fault takes the gas
    // of its frame, but for what the revert needs (§7).

    /// @notice There is no fill for this request.
    error ResponseMissing(bytes32 requestHash);
    /// @notice A request or its answer is not where control is: a mark differs from this chain's own trace (§5).
    error OutOfPosition(bytes32 requestHash);
    /// @notice A record ran and gave another answer than recorded (§6).
    error NotReproduced(bytes32 requestHash);
    /// @notice Whoever serves has too little gas: the target can't get exactly its `gasLimit`, or asking its share (§7).
    error TooLittleGas();
    /// @notice Serving would release more than L1 holds for the rollup and what this scope brought in so far (§10).
    error EscrowExceeded(uint256 chainId, uint256 value);

    // ---- plain refusals of who asks: they follow from the transaction alone (§7) -------------------------------------------

    /// @notice No root is open: outside `executeScope`, in an ordinary transaction of a rollup (§12).
    error NoOpenRoot();
    /// @notice No chain of this id is known here: neither L1 nor a registered rollup (§9).
    error UnknownChain(uint256 chainId);
    /// @notice More gas must be left to find out whether this is a static context (§8).
    error TooLittleGasToAsk(uint256 gasLeft);
    /// @notice More than 64 scoped calls would be nested (§7).
    error TooDeep();
    /// @notice More than 253 chains have taken part in the root, or are to take part in the scope (§7, §14).
    error TooManyChains();
    /// @notice The gas limit is above what may be asked with here, {askableGas} (§7).
    error GasLimitTooHigh(uint256 gasLimit, uint256 askable);
    /// @notice The request's data are longer than 24,576 bytes. It is not asked.
    error DataTooLong(uint256 sizeBytes);
    /// @notice The target chain is this chain.
    error TargetIsLocal();
    /// @notice `from` is neither the caller nor named by the caller as an alias (§2).
    error FromMismatch(address from, address caller);
    /// @notice `request.value` differs from `msg.value`, or is that of a static call (§10).
    error ValueMismatch(uint256 declared, uint256 sent);

    // ---- failures of a target: its answer ----------------------------------------------------------------------------------

    /// @notice What a target answered is longer than 24,576 bytes: it failed with this, and all that it did is undone (§7).
    error AnswerTooLong(uint256 sizeBytes);
    /// @notice A served request names ScopedCallable, the settlement contract, an alias or a system address (§2). The
    ///         request fails with this as its answer; it is not run.
    error ForbiddenTarget(address to);

    // ---- refusals of what is loaded, and of callers ------------------------------------------------------------------------

    /// @notice A root is open already.
    error RootOpen(bytes32 rootId);
    /// @notice Only the loader may: the settlement contract on L1, the system address on a rollup.
    error OnlyLoader(address caller);
    /// @notice Only ScopedCallable itself may.
    error OnlySelf(address caller);
    /// @notice The remote chain is not one of the scope's, which `openScope` listed.
    error RemoteNotOpen(uint256 chainId);
    /// @notice Remote chains are not strictly ascending, or hold this chain or 0.
    error RemotesNotAscending(uint256 chainId);
    /// @notice `rootIndex` is below the least that may follow (§6).
    error RootIndexNotIncreasing(uint256 rootIndex, uint256 least);
    /// @notice `runRoot` is for roots of other chains.
    error WrongRootChain(uint256 rootChainId);
    /// @notice A record's request hash was built with another root's id.
    error RecordOfAnotherRoot(bytes32 rootId);
    /// @notice A record's request is not from another chain to this one.
    error RecordOfAnotherChain(uint256 sourceChainId, uint256 targetChainId);
    /// @notice Two kept records share an anchor (§6).
    error TwoSuccessors(bytes32 anchor);
    /// @notice Marks are not strictly ascending by chain id, or hold a zero.
    error MarksNotAscending(uint256 chainId);
    /// @notice The request has a fill already.
    error DuplicateFill(bytes32 requestHash);
    /// @notice A fill without bytes: a missing response is a fault, never data (§2).
    error EmptyResponse(bytes32 requestHash);
    /// @notice `fillResponsesIn` got arrays of different lengths.
    error LengthMismatch();
    /// @notice There is no alias of a local address (§9).
    error AliasOfLocalAddress(address account);
    /// @notice A record's kind is neither 0, call, nor 1, static.
    error UnknownKind(uint8 kind);
    /// @notice A static call leaves nothing, so its record can't be kept (§8).
    error StaticCallKept(bytes32 requestHash);
    /// @notice A limit for a chain that takes none: L1, one that is not of the scope or has one in it already; or it is 0. On L1: any
    ///         (§10).
    error CannotLimit(uint256 chainId);
    /// @notice The frame of a rolled-back record ends with this, always (§6). Never leaves ScopedCallable.
    error RolledBack();

    // ---- events ------------------------------------------------------------------------------------------------------------

    /// @notice This chain called another one and took the answer.
    event ScopedCallMade(bytes32 indexed requestHash, uint256 targetChainId, address from, bool success);
    /// @notice This chain served a call of another one.
    event ScopedCallServed(bytes32 indexed requestHash, uint256 sourceChainId, address from, bool success);
    /// @notice The alias of a remote account was deployed.
    event AliasDeployed(uint256 indexed chainId, address indexed account, address aliasAccount);

    // ---- asking ------------------------------------------------------------------------------------------------------------

    /// @notice Like {scopedCall}, but a failed callee doesn't revert: the failed call survives, in trace and streams (§7).
    /// @dev Not payable, so `request.value` must be 0. A fault still reverts.
    function tryScopedCall(uint256 targetChainId, address from, ScopedRequest calldata request)
        external
        returns (bool success, bytes memory data);

    /// @notice Like {scopedCall}, but changes nothing on any chain, and so may be asked by a view function (§8).
    /// @dev `request.value` must be 0. In a static context {scopedCall} and {tryScopedCall} are answered this way too, so that an alias
    ///      may be called from anywhere.
    function scopedStaticCall(uint256 targetChainId, address from, ScopedRequest calldata request)
        external
        view
        returns (bytes memory response);

    // ---- loading and running: the loader only --------------------------------------------------------------------------------

    /// @notice Begins a scope: every accumulator starts from its seed, and root indices from 0.
    /// @param remotes Chains this one may exchange calls with in this scope, strictly ascending, at most 253.
    function openScope(uint256[] calldata remotes) external;

    /// @notice Opens a root and loads it. For a root of this chain the user's operation follows; a root of another chain settles
    ///         only through {runRoot} (the loader sees to it: the settlement contract, a rollup's derivation). Simulation opens
    ///         both this way, because it finds what is to be served on the way.
    /// @param limits What L1 holds for remotes, as this root is the first of the scope that needs it; none on L1.
    function loadRoot(
        RootContext calldata context,
        Limit[] calldata limits,
        Fill[] calldata fills,
        Record[] calldata records
    ) external;

    /// @notice Opens a root of another chain, loads it, serves what is recorded at anchor 0, and closes it.
    function runRoot(
        RootContext calldata context,
        Limit[] calldata limits,
        Fill[] calldata fills,
        Record[] calldata records
    ) external;

    /// @notice Puts the open root's baton elsewhere. A settled scope never needs it: simulation does, which runs a static call's callbacks
    ///         while other chains are still in it, and they must be asked as they stood before (§8).
    function setBaton(Baton calldata baton) external;

    /// @notice Closes the root that {loadRoot} opened.
    function closeRoot() external;

    // ---- calls of ScopedCallable to itself -----------------------------------------------------------------------------------

    /// @notice Returns the fill of a request. {scopedCall} gets its answer by a STATICCALL to this function of its own address,
    ///         after all checks and folds, so that simulation can fill on demand at no difference in gas.
    /// @dev Only `requestHash` is used. Reverts with {ResponseMissing} if there is none.
    /// @return response The raw response bytes.
    function answerOf(bytes32 requestHash, Request calldata request) external view returns (bytes memory response);

    /// @notice Serves what is recorded at an anchor at which this chain waits, in a frame that can be undone (§7, variants).
    function serveAnchor(bytes32 anchor) external;

    /// @notice Runs a record that is not kept, and all that follows it at its anchors, in a frame that always reverts:
    ///         with {RolledBack} if everything was reproduced.
    /// @param index Place among the records loaded for the open root.
    function runRolledBack(uint256 index) external;

    // ---- aliases (§9) ----------------------------------------------------------------------------------------------------------

    /// @notice Returns the gas limit of what an alias would ask now. Never what gas is left, for a request hash may not depend on it:
    ///         2,000,000, or if that is less half of what the served call has left to ask with.
    function aliasGasLimit() external view returns (uint256);

    /// @notice Returns whether `account` is an alias of this chain.
    function isAlias(address account) external view returns (bool);

    /// @notice Returns the address that stands here for `account` of `chainId`, deployed or not.
    function aliasOf(uint256 chainId, address account) external view returns (address);

    /// @notice Deploys the alias if it is missing; anyone may.
    function deployAlias(uint256 chainId, address account) external returns (address);

    /// @notice Sends the ETH stranded on an alias to the account it stands for, by a scoped call; anyone may, in a root.
    /// @dev An alias holds ETH only if it was sent there without running its code, or before it was deployed.
    function forwardStranded(uint256 chainId, address account) external returns (bytes memory response);

    // ---- views -----------------------------------------------------------------------------------------------------------------

    /// @notice Returns the chain id of L1; part of every root id.
    function l1ChainId() external view returns (uint256);

    /// @notice Returns the settlement contract on L1; part of every root id.
    function settlement() external view returns (address);

    /// @notice Returns the only address that loads: the settlement contract on L1, the system address on a rollup.
    function loader() external view returns (address);

    /// @notice Returns whether `chainId` may be asked: L1, or a rollup that was registered (§9).
    function isKnown(uint256 chainId) external view returns (bool);

    /// @notice Returns the highest gas limit that may be asked with now: 2^24 at the root's own level, and in a served call what its own
    ///         limit has left, less a 64th (§7).
    function askableGas() external view returns (uint256);

    /// @notice Returns the state of the open root; `rootId` is 0 if none is open.
    function getBaton() external view returns (bytes32 rootId, Baton memory baton);

    /// @notice Returns the id of a root.
    function rootIdOf(RootContext calldata context) external view returns (bytes32);

    // While a root is open, to the loader alone (§4):

    /// @notice Returns the wei of surviving successful calls to and from `chainId` in the current scope.
    function getValues(uint256 chainId) external view returns (uint256 valueOut, uint256 valueIn);

    /// @notice Returns the limit of `chainId` in the current scope; 0 if none was loaded (§10).
    function getLimit(uint256 chainId) external view returns (uint256);

    /// @notice Returns the chains that {openScope} listed, ascending.
    function getRemotes() external view returns (uint256[] memory chainIds);
}
