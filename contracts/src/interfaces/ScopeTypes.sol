// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The trace with which `chainId` last let go of control in this root (§5).
struct Mark {
    uint256 chainId;
    bytes32 trace;
}

/// @notice The state of a chain that moves as control comes and goes in a root (§5).
/// @param trace The chain's own: the root's while it has control, else the one it let go with.
/// @param depth Scoped calls around the innermost one that the chain is serving, that one counted; 0 if it serves none.
/// @param gasToAsk What is left of that call's gas limit for the requests below it; 0 if none. Does not travel.
/// @param marks Those of the root, as the chain knows them.
struct Baton {
    bytes32 trace;
    uint256 depth;
    uint256 gasToAsk;
    Mark[] marks;
}

/// @notice A scoped call with all that its hash commits to (§3).
/// @param kind 0 call, 1 static.
/// @param nonce The trace when it was asked, as a number.
/// @param marks Ascending chain id, no zero traces; as they were before the request.
/// @param depth Scoped calls that are nested here, this one counted: 1 to 64.
/// @param variant 0, or how many equal requests at the same point have another answer (§7).
struct Request {
    bytes32 rootId;
    uint8 kind;
    uint256 sourceChainId;
    uint256 targetChainId;
    address from;
    uint256 nonce;
    Mark[] marks;
    uint256 depth;
    uint256 variant;
    address to;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

/// @notice An inbound call as loaded at the target (§6).
/// @param rawResponseHash `keccak256(response)`, of the raw bytes that running it has to reproduce.
/// @param kept It still stands when the target's wait at the record's anchor ends (anchor 0: when the root ends). Otherwise a frame
///        around the call reverted on its source before, and it is run and undone (§7). A callback inside a call that is itself
///        rolled back is kept: it stands as long as its wait does. A static call never is: nothing of it stands.
struct Record {
    Request request;
    bytes32 rawResponseHash;
    bool kept;
}

/// @notice The answer to one outbound call of this chain, as loaded before its root runs (§6).
/// @param chainId Chain that answers.
/// @param response Raw, packed (§3).
struct Fill {
    uint256 chainId;
    bytes32 requestHash;
    bytes response;
}

/// @notice A root as a chain's transaction names it; `rootId` follows from it (§3).
/// @param rootChainId Chain of the user's own transaction or operation.
/// @param operationHash Hash of the user's signed L2 transaction, or {ISettlement-operationHashOf} the signed L1 operation.
/// @param rootIndex Place among all roots of the scope, from 0.
struct RootContext {
    uint256 rootChainId;
    bytes32 operationHash;
    uint256 rootIndex;
}

/// @notice What L1 holds for the rollup `chainId` as a scope begins, in wei (§10).
struct Limit {
    uint256 chainId;
    uint256 value;
}

/// @notice One chain's streams and values toward the remote chain `chainId` in one scope (§4, §10).
/// @param limit What was loaded as the remote's {Limit}; 0 if nothing was.
struct Streams {
    uint256 chainId;
    bytes32 requestsOut;
    bytes32 requestsIn;
    bytes32 responsesOut;
    bytes32 responsesIn;
    uint256 valueIn;
    uint256 valueOut;
    uint256 limit;
}
