// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mark, Request, RootContext} from "../interfaces/ScopeTypes.sol";

/// @title The hashes of protocol.md §3 to §5
library ScopeHash {
    bytes32 internal constant ROOT_DOMAIN = keccak256("scope.root.v2");
    bytes32 internal constant REQUEST_DOMAIN = keccak256("scope.request.v2");
    bytes32 internal constant RESPONSE_DOMAIN = keccak256("scope.response.v2");

    /// @notice The hash from which every rolling hash starts in every scope: `H(0)`.
    bytes32 internal constant SEED = keccak256(abi.encode(bytes32(0)));

    function rootId(uint256 l1ChainId, address settlement, RootContext memory context) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                ROOT_DOMAIN, l1ChainId, settlement, context.rootChainId, context.operationHash, context.rootIndex
            )
        );
    }

    function requestHash(Request memory request) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                REQUEST_DOMAIN,
                request.rootId,
                request.kind,
                request.sourceChainId,
                request.targetChainId,
                request.from,
                request.nonce,
                keccak256(abi.encode(request.marks)),
                request.depth,
                request.variant,
                request.to,
                request.value,
                request.gasLimit,
                keccak256(request.data)
            )
        );
    }

    function responseHash(bytes32 requestHash_, bool success, bytes memory data) internal pure returns (bytes32) {
        return keccak256(abi.encode(RESPONSE_DOMAIN, requestHash_, success, keccak256(data)));
    }

    /// @param response Hash of the raw response bytes.
    function answerHash(bytes32 requestHash_, bytes32 response) internal pure returns (bytes32) {
        return fold(requestHash_, response);
    }

    /// @notice Returns `keccak256(h || item)`, by which a rolling hash takes an item, and a trace a step.
    function fold(bytes32 h, bytes32 item) internal pure returns (bytes32 folded) {
        // Memory-safe: the two words of scratch space.
        assembly ("memory-safe") {
            mstore(0x00, h)
            mstore(0x20, item)
            folded := keccak256(0x00, 0x40)
        }
    }
}
